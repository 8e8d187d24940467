/**
 * A channel, or a talk with one person: its lines, members, and what is unread.
 *
 * @module
 */

import { fold } from "./irc.js";
import { Timeline } from "./timeline.js";

/** @typedef {import("./timeline.js").Line} Line */

/**
 * @typedef {object} Member
 * @property {string} nick
 * @property {string} signs of ranks, the highest first
 * @property {boolean} away
 */

const TYPING_SECONDS = 6; // IRCv3 typing: "active" is over when it is not repeated for so long
const PAUSED_SECONDS = 30;

export class Conversation {
  /**
   * @param {string} name
   * @param {"channel" | "direct"} kind
   */
  constructor(name, kind) {
    this.name = name;
    this.kind = kind;
    this.topic = "";
    this.joined = false;
    this.timeline = new Timeline();
    /** @type {Map<string, Member>} by folded nick */
    this.members = new Map();
    /** @type {Map<string, Member> | null} a list of names that is arriving */
    this.naming = null;
    /** @type {Map<string, { nick: string, until: number }>} by folded nick; seconds */
    this.typing = new Map();
    /** Until when it was read: milliseconds since 1970; null: that is not known. */
    this.readUntil = /** @type {number | null} */ (null);
    this.loadingOlder = false;
    this.muted = false;
  }

  get key() {
    return fold(this.name);
  }

  /** Lines of others after the read marker, and how many of them mention us. */
  get unread() {
    const lines = this.timeline.lines;
    let count = 0;
    let mentions = 0;
    for (let index = lines.length - 1; index >= 0; index -= 1) {
      const line = lines[index];
      if (line.time <= (this.readUntil ?? 0)) break;
      if (line.own || line.kind === "event" || line.redacted) continue;
      count += 1;
      if (this.kind === "direct" || this.isMention(line)) mentions += 1;
    }
    return { count, mentions };
  }

  /** @type {(line: Line) => boolean} set by the client, who knows our nick */
  isMention = () => false;

  /** The time of the newest line that can be read, or 0. */
  get newest() {
    const lines = this.timeline.lines;
    for (let index = lines.length - 1; index >= 0; index -= 1) {
      if (lines[index].msgid) return lines[index].time;
    }
    return 0;
  }

  // Members

  /**
   * @param {string} nick
   * @param {Partial<Member>} [facts]
   */
  putMember(nick, facts = {}) {
    const before = this.members.get(fold(nick));
    this.members.set(fold(nick), { signs: "", away: false, ...before, ...facts, nick });
  }

  /**
   * @param {string} nick
   * @returns {boolean} whether it was a member
   */
  removeMember(nick) {
    this.typing.delete(fold(nick));
    return this.members.delete(fold(nick));
  }

  /**
   * @param {string} old
   * @param {string} nick
   */
  renameMember(old, nick) {
    const member = this.members.get(fold(old));
    if (!member) return false;
    this.removeMember(old);
    this.putMember(nick, { ...member });
    return true;
  }

  /**
   * @param {string} nick
   * @param {string} sign
   * @param {boolean} adding
   * @param {string} allSigns the highest first
   */
  changeRank(nick, sign, adding, allSigns) {
    const member = this.members.get(fold(nick));
    if (!member) return;
    const held = new Set(member.signs);
    if (adding) held.add(sign);
    else held.delete(sign);
    member.signs = [...allSigns].filter((one) => held.has(one)).join("");
  }

  /**
   * Members by rank, then by name.
   *
   * @param {string} allSigns the highest first
   */
  sortedMembers(allSigns) {
    /** @param {Member} member */
    const rank = (member) => (member.signs ? allSigns.indexOf(member.signs[0]) : allSigns.length);
    return [...this.members.values()].sort(
      (one, other) => rank(one) - rank(other) || (fold(one.nick) < fold(other.nick) ? -1 : 1),
    );
  }

  // Typing

  /**
   * @param {string} nick
   * @param {string} state `active`, `paused` or `done` (IRCv3 typing)
   * @param {number} now seconds
   */
  noteTyping(nick, state, now) {
    if (state === "active") this.typing.set(fold(nick), { nick, until: now + TYPING_SECONDS });
    else if (state === "paused") this.typing.set(fold(nick), { nick, until: now + PAUSED_SECONDS });
    else this.typing.delete(fold(nick));
  }

  /**
   * Forgets who has stopped typing without saying so.
   *
   * @param {number} now seconds
   * @returns {boolean} whether there was one
   */
  expireTyping(now) {
    let changed = false;
    for (const [nick, { until }] of this.typing) {
      if (until <= now) changed = this.typing.delete(nick) || changed;
    }
    return changed;
  }
}
