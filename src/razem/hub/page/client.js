/**
 * The chat client of the page: lines of the hub and intents go in, lines to send and changes come
 * out. No I/O, no clock: the driver (link.js) carries lines and tells the time.
 *
 * @module
 */

import { Batches } from "./batches.js";
import { Conversation } from "./conversation.js";
import { History } from "./history.js";
import { fold, formatMessage, isChannel, parseMessage } from "./irc.js";
import { Pending } from "./outgoing.js";
import { REACT_TAG, REPLY_TAGS, UNREACT_TAG } from "./reading.js";
import { Receiver } from "./receiving.js";
import { Registration } from "./registration.js";
import { Roster } from "./roster.js";
import { Sender } from "./sending.js";

/** @typedef {import("./timeline.js").Line} Line */
/** @typedef {import("./outgoing.js").Outgoing} Outgoing */
/** @typedef {import("./registration.js").Identity} Identity */

/**
 * What is not as it was, for a face to show.
 *
 * @typedef {object} Change
 * @property {"phase" | "conversations" | "lines" | "older" | "line" | "pending" | "members"
 *   | "topic" | "typing" | "unread" | "notice" | "found" | "caught-up"} type
 * @property {Conversation} [conversation]
 * @property {Line[]} [lines]
 * @property {Line} [line]
 * @property {string} [text]
 * @property {boolean} [fresh] the lines are said now, not told from history
 */

const PING_SECONDS = 20;
const DEAD_SECONDS = 20;
const REGISTER_SECONDS = 30;
const TYPING_EVERY = 3; // seconds; IRCv3 typing: "at most once every 3 seconds"

export class ChatClient {
  /**
   * @param {object} environment
   * @param {Identity} environment.identity
   * @param {() => string} environment.newId draws an unguessable id
   * @param {() => number} environment.clock milliseconds since 1970
   * @param {string[]} environment.channels to join
   */
  constructor({ identity, newId, clock, channels }) {
    this.identity = identity;
    this.#newId = newId;
    this.clock = clock;
    /** @type {Map<string, string>} channels to be in: name by folded name */
    this.wanted = new Map(channels.map((name) => [fold(name), name]));
    /** @type {Map<string, Conversation>} by folded name */
    this.conversations = new Map();
    this.pending = new Pending();
    /** @type {"waiting" | "registering" | "ready" | "refused"} */
    this.phase = "waiting";
    this.reason = "";
    /** @type {number | null} seconds that the hub took to answer last */
    this.lag = null;
    this.registration = new Registration(identity);
    this.history = new History(this, (conversation, message) => this.#receiver.receiveReaction(conversation, message));
    /** @type {Set<string>} labels of searches */
    this.searches = new Set();
    this.roster = new Roster(this);
  }

  #newId;
  /** @type {Change[]} since `takeChanges` */
  #changes = [];
  /** @type {string[]} lines to send since `takeLines` */
  #out = [];
  #batches = new Batches();
  #receiver = new Receiver(this);
  #sender = new Sender(this);
  #labels = 0;
  #opened = 0;
  #heard = 0;
  #nextPing = 0;
  /** @type {{ token: string, at: number } | null} */
  #ping = null;
  /** @type {Map<string, number>} when we told last that we are typing; seconds */
  #typingTold = new Map();

  get nick() {
    return this.registration.nick;
  }

  get ready() {
    return this.phase === "ready";
  }

  /** @param {string} name */
  can(name) {
    return this.registration.has(name);
  }

  // What the driver does

  takeChanges() {
    const changes = this.#changes;
    this.#changes = [];
    return changes;
  }

  takeLines() {
    if (this.ready) this.#sender.sendDue();
    const lines = this.#out;
    this.#out = [];
    return lines;
  }

  /** @param {number} now seconds */
  connected(now) {
    this.registration = new Registration(this.identity);
    this.#batches = new Batches();
    this.#opened = this.#heard = now;
    this.#nextPing = now + PING_SECONDS;
    this.#ping = null;
    this.phase = "registering";
    this.#out = this.registration.begin();
    this.note({ type: "phase" });
  }

  /** @param {string} reason */
  lost(reason) {
    this.pending.lose();
    this.history.lose();
    this.searches.clear();
    this.lag = null;
    for (const conversation of this.conversations.values()) {
      conversation.joined = false;
      conversation.loadingOlder = false;
      conversation.typing.clear();
      conversation.timeline.stop();
    }
    if (this.registration.refused) {
      this.phase = "refused";
      this.reason = this.registration.refused;
    } else {
      this.phase = "waiting";
      this.reason = this.#receiver.farewell || reason;
    }
    this.#receiver.farewell = "";
    this.#out = [];
    this.note({ type: "phase" });
  }

  /**
   * Takes a line of the hub.
   *
   * @param {string} text
   * @param {number} now seconds
   */
  receive(text, now) {
    this.#heard = now;
    const message = parseMessage(text);
    if (!message) return;
    const item = this.#batches.receive(message);
    if (item) this.#receiver.take(item, now, "");
  }

  /**
   * Does what is due; calling early is harmless.
   *
   * @param {number} now seconds
   * @returns {string} why the connection should be given up, or ""
   */
  expire(now) {
    if (this.phase === "registering" && now > this.#opened + REGISTER_SECONDS) {
      return "the hub did not welcome us in time";
    }
    for (const conversation of this.conversations.values()) {
      if (conversation.expireTyping(now)) this.note({ type: "typing", conversation });
    }
    if (!this.ready) return "";
    if (this.#ping && now > Math.max(this.#ping.at, this.#heard) + DEAD_SECONDS) {
      return "the hub does not answer";
    }
    if (now >= this.#nextPing && !this.#ping) {
      this.#ping = { token: `lag-${now}`, at: now };
      this.#nextPing = now + PING_SECONDS;
      this.say("PING", [this.#ping.token]);
    }
    return "";
  }

  // What a face asks

  /**
   * The conversation of that name, made when it is not there.
   *
   * @param {string} name
   */
  open(name) {
    const known = this.conversations.get(fold(name));
    if (known) return known;
    const conversation = new Conversation(name, isChannel(name) ? "channel" : "direct");
    conversation.isMention = (line) => this.mentions(line);
    this.conversations.set(conversation.key, conversation);
    this.note({ type: "conversations" });
    if (conversation.kind === "direct" && this.ready) this.history.catchUp(conversation);
    return conversation;
  }

  /** @param {string} name */
  find(name) {
    return this.conversations.get(fold(name));
  }

  /** @param {Conversation} conversation */
  close(conversation) {
    if (conversation.kind === "channel") {
      this.wanted.delete(conversation.key);
      if (this.ready && conversation.joined) this.say("PART", [conversation.name]);
    }
    this.conversations.delete(conversation.key);
    this.note({ type: "conversations" });
  }

  /**
   * Tells whether a line of another calls us by our name.
   *
   * @param {Line} line
   */
  mentions(line) {
    if (line.own || line.kind === "event") return false;
    const nick = this.nick.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    return new RegExp(`(^|[^\\p{L}\\p{N}_])${nick}($|[^\\p{L}\\p{N}_])`, "iu").test(line.text);
  }

  /** @param {string} name */
  join(name, key = "") {
    this.wanted.set(fold(name), name);
    const conversation = this.open(name);
    if (this.ready) this.say("JOIN", key ? [name, key] : [name]);
    return conversation;
  }

  /**
   * Says something: a text of one line or several.
   *
   * @param {Conversation} conversation
   * @param {string} text
   * @param {{ action?: boolean, reply?: string }} [how]
   */
  sayText(conversation, text, how = {}) {
    const { action = false, reply = "" } = how;
    const texts = text.replace(/\r\n?/g, "\n").replace(/\0/g, "").split("\n");
    while (texts.length && !texts[texts.length - 1].trim()) texts.pop();
    while (texts.length && !texts[0].trim()) texts.shift();
    if (!texts.length) return;
    const groups = this.#sender.fits(conversation.name, texts) ? [texts] : texts.map((one) => [one]);
    for (const lines of groups) {
      if (!lines.join("").trim()) continue;
      this.pending.add({
        id: this.#newId(),
        target: conversation.name,
        texts: lines,
        action,
        reply,
        label: "",
        status: "waiting",
        reason: "",
        time: this.clock(),
      });
    }
    this.#typingTold.delete(conversation.key);
    this.note({ type: "pending", conversation });
  }

  /**
   * Sends again what was refused, or takes it back to be edited.
   *
   * @param {Outgoing} message
   * @param {boolean} again
   */
  resolveRefused(message, again) {
    if (again) message.status = "waiting";
    else this.pending.remove(message.id);
    const conversation = this.find(message.target);
    if (conversation) this.note({ type: "pending", conversation });
  }

  /**
   * Tells others that we are typing, or have stopped.
   *
   * @param {Conversation} conversation
   * @param {"active" | "paused" | "done"} state
   * @param {number} now seconds
   */
  tellTyping(conversation, state, now) {
    if (!this.ready || !this.can("message-tags")) return;
    const told = this.#typingTold.get(conversation.key);
    if (state === "active") {
      if (told !== undefined && now < told + TYPING_EVERY) return;
      this.#typingTold.set(conversation.key, now);
    } else if (told === undefined) return;
    else this.#typingTold.delete(conversation.key);
    this.say("TAGMSG", [conversation.name], { "+typing": state });
  }

  /**
   * Puts a reaction to a line, or takes it away again.
   *
   * @param {Conversation} conversation
   * @param {Line} line
   * @param {string} reaction
   */
  react(conversation, line, reaction) {
    const has = line.reactions.get(reaction)?.has(fold(this.nick));
    const tag = has ? UNREACT_TAG : REACT_TAG;
    this.say("TAGMSG", [conversation.name], { [tag]: reaction, [REPLY_TAGS[0]]: line.msgid });
  }

  /**
   * @param {Conversation} conversation
   * @param {Line} line
   */
  redact(conversation, line) {
    this.say("REDACT", [conversation.name, line.msgid]);
  }

  /** @param {Conversation} conversation */
  markRead(conversation) {
    const newest = conversation.newest;
    if (!newest || newest <= (conversation.readUntil ?? 0)) return;
    conversation.readUntil = newest;
    if (this.ready && this.can("draft/read-marker")) {
      const time = new Date(newest).toISOString();
      this.say("MARKREAD", [conversation.name, `timestamp=${time}`]);
    }
    this.note({ type: "unread", conversation });
  }

  /**
   * Asks for lines before the first one.
   *
   * @param {Conversation} conversation
   */
  loadOlder(conversation) {
    const { timeline } = conversation;
    if (!this.ready || timeline.complete || timeline.catchingUp || conversation.loadingOlder) return;
    if (!timeline.first) return;
    conversation.loadingOlder = true;
    const limit = Math.min(100, this.registration.features.historyLimit);
    const query = { subcommand: "BEFORE", selector: timeline.first, limit };
    this.history.ask(conversation.name, query, "older");
  }

  /**
   * Searches; a change of type "found" brings the lines.
   *
   * @param {string} text
   * @param {Conversation | null} conversation where; null: everywhere
   */
  search(text, conversation) {
    const label = this.newLabel();
    this.searches.add(label);
    /** @type {Record<string, string>} */
    const attributes = { text, limit: "50" };
    if (conversation) attributes.in = conversation.name;
    const words = formatMessage("X", [], attributes).slice(1).split(" ")[0];
    this.say("SEARCH", [words], { label });
  }

  /**
   * Sends any command.
   *
   * @param {string} command
   * @param {string[]} [params]
   * @param {Record<string, string>} [tags]
   */
  say(command, params = [], tags = {}) {
    this.#out.push(formatMessage(command, params, tags));
  }

  /** @param {string} line made by `formatMessage` */
  sayLine(line) {
    this.#out.push(line);
  }

  /** @param {Change} change */
  note(change) {
    this.#changes.push(change);
  }

  /**
   * Takes the answer to a PING.
   *
   * @param {string} token
   * @param {number} now seconds
   */
  noteAnswer(token, now) {
    if (this.#ping?.token !== token) return;
    this.lag = now - this.#ping.at;
    this.#ping = null;
    this.note({ type: "phase" });
  }

  newLabel() {
    this.#labels += 1;
    return `p${this.#labels}`;
  }
}
