/**
 * What a word that is being typed may become: nicks, channels, commands, emoji.
 *
 * @module
 */

import { EMOJI } from "./emoji.js";
import { fold } from "./irc.js";
import { WORDS } from "./words.js";

/** @typedef {import("./client.js").ChatClient} ChatClient */
/** @typedef {import("./conversation.js").Conversation} Conversation */

const MOST = 8;

/**
 * @typedef {object} Offer
 * @property {string} shown
 * @property {string} text what takes the place of the word
 * @property {number} start where the word begins
 * @property {number} end
 */

/**
 * Returns what the word before the cursor may become, the likeliest first.
 *
 * @param {string} text
 * @param {number} cursor
 * @param {ChatClient} client
 * @param {Conversation | null} conversation
 * @returns {Offer[]}
 */
export function offersFor(text, cursor, client, conversation) {
  const start = text.slice(0, cursor).search(/\S*$/);
  const begun = text.slice(start, cursor);
  if (!begun) return [];
  return candidates(begun, start, client, conversation)
    .slice(0, MOST)
    .map(({ shown, text: whole }) => ({ shown, text: whole, start, end: cursor }));
}

/**
 * @param {string} begun
 * @param {number} start
 * @param {ChatClient} client
 * @param {Conversation | null} conversation
 * @returns {{ shown: string, text: string }[]}
 */
function candidates(begun, start, client, conversation) {
  const wanted = fold(begun.replace(/^@/, ""));
  if (begun.startsWith("/") && start === 0) {
    return [...WORDS]
      .filter(([name]) => `/${name}`.startsWith(begun.toLowerCase()))
      .map(([name, { usage }]) => ({ shown: usage, text: `/${name} ` }));
  }
  if (begun.startsWith("#")) {
    return [...client.conversations.values()]
      .filter(({ key, kind }) => kind === "channel" && key.startsWith(wanted))
      .map(({ name }) => ({ shown: name, text: `${name} ` }));
  }
  if (/^:[a-z0-9_+-]{2,}$/.test(begun)) {
    return Object.entries(EMOJI)
      .filter(([name]) => name.startsWith(begun.slice(1)))
      .map(([name, sign]) => ({ shown: `${sign} :${name}:`, text: `${sign} ` }));
  }
  const suffix = start === 0 ? ": " : " ";
  return nicks(conversation, client.nick)
    .filter((nick) => fold(nick).startsWith(wanted))
    .map((nick) => ({ shown: nick, text: nick + suffix }));
}

/**
 * The nicks of a conversation, those who spoke last first.
 *
 * @param {Conversation | null} conversation
 * @param {string} ownNick
 */
function nicks(conversation, ownNick) {
  if (!conversation) return [];
  const spoke = conversation.timeline.lines.slice(-200).reverse().map((line) => line.sender);
  const members = [...conversation.members.values()].map((member) => member.nick);
  const here = new Set(members.map(fold));
  const own = fold(ownNick);
  return [...new Set([...spoke.filter((nick) => here.has(fold(nick))), ...members.sort()])].filter(
    (nick) => fold(nick) !== own,
  );
}
