/**
 * Messages of the hub -> lines of a conversation.
 *
 * @module
 */

import { fold, isChannel, nickOf, unwrapAction } from "./irc.js";
import { isBatch } from "./batches.js";

/** @typedef {import("./irc.js").Message} Message */
/** @typedef {import("./batches.js").Batch} Batch */
/** @typedef {import("./timeline.js").Line} Line */

export const ID_TAG = "+razem/id";
export const REPLY_TAGS = ["+draft/reply", "+reply"];
export const REACT_TAG = "+draft/react";
export const UNREACT_TAG = "+draft/unreact";
export const CONCAT_TAG = "draft/multiline-concat";

/**
 * @typedef {object} Read
 * @property {string} conversation the name of the channel or person
 * @property {Line} line
 */

/**
 * Reads a PRIVMSG or NOTICE of a user, or a batch of them that is one message.
 *
 * @param {Message | Batch} item
 * @param {string} ownNick
 * @param {number} now milliseconds since 1970, where the hub tells no time
 * @returns {Read | null} null when it is the hub's own, or something else
 */
export function readText(item, ownNick, now) {
  const first = isBatch(item) ? item.items.find((one) => !isBatch(one)) : item;
  if (!first || isBatch(first)) return null;
  const { command, source, params } = first;
  const text = isBatch(item) ? joinedText(item) : (params[1] ?? "");
  if (command !== "PRIVMSG" && command !== "NOTICE") return null;
  const tags = isBatch(item) ? { ...first.tags, ...item.start.tags } : first.tags;
  const sender = nickOf(source);
  const target = withoutStatus(params[0] ?? "");
  if (!target || (!source.includes("!") && !isChannel(target))) return null;
  const own = fold(sender) === fold(ownNick);
  const { text: plain, action } = unwrapAction(text);
  return {
    conversation: isChannel(target) || own ? target : sender,
    line: makeLine({
      msgid: tags.msgid ?? "",
      time: readTime(tags.time, now),
      kind: action ? "action" : command === "NOTICE" ? "notice" : "message",
      sender,
      account: tags.account ?? "",
      text: plain,
      own,
      bot: "bot" in tags,
      reply: REPLY_TAGS.map((tag) => tags[tag]).find(Boolean) ?? "",
      id: tags[ID_TAG] ?? "",
    }),
  };
}

/**
 * A line, with what is not said of it as usual.
 *
 * @param {Partial<Line>} facts
 * @returns {Line}
 */
export function makeLine(facts) {
  return {
    msgid: "",
    time: 0,
    kind: "message",
    sender: "",
    account: "",
    text: "",
    own: false,
    bot: false,
    redacted: false,
    reply: "",
    reactions: new Map(),
    id: "",
    ...facts,
  };
}

/**
 * `@#channel` is a message to the operators of it: it is told in the channel.
 *
 * @param {string} target
 */
function withoutStatus(target) {
  return target.replace(/^[~&@%+]+(?=#)/, "");
}

/** @param {Batch} batch of IRCv3 multiline */
function joinedText(batch) {
  let text = "";
  let first = true;
  for (const item of batch.items) {
    if (isBatch(item)) continue;
    if (!first && !(CONCAT_TAG in item.tags)) text += "\n";
    text += item.params[1] ?? "";
    first = false;
  }
  return text;
}

/**
 * @param {string | undefined} text of server-time
 * @param {number} otherwise
 */
export function readTime(text, otherwise) {
  const time = text ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? otherwise : time;
}

/**
 * What somebody did, as a quiet line; null for what is no such thing.
 *
 * @param {Message} message JOIN, PART, QUIT, KICK, NICK, TOPIC, MODE, INVITE …
 * @param {number} now milliseconds since 1970
 * @returns {Line | null}
 */
export function readEvent(message, now) {
  const { command, params, source, tags } = message;
  const who = nickOf(source);
  const because = (/** @type {string | undefined} */ why) => (why ? ` (${why})` : "");
  /** @type {Record<string, () => string>} */
  const texts = {
    JOIN: () => `${who} came in`,
    PART: () => `${who} left${because(params[1])}`,
    QUIT: () => `${who} is gone${because(params[0])}`,
    KICK: () => `${who} put ${params[1]} out${because(params[2])}`,
    NICK: () => `${who} is called ${params[0]} now`,
    TOPIC: () => (params[1] ? `${who} set the topic: ${params[1]}` : `${who} took the topic away`),
    MODE: () => `${who} set ${params.slice(1).join(" ")}`,
  };
  const text = texts[command];
  if (!text) return null;
  return makeLine({
    kind: "event",
    sender: who,
    text: text(),
    msgid: tags.msgid ?? "",
    time: readTime(tags.time, now),
  });
}
