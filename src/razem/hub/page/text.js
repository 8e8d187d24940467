/**
 * The text of a message -> elements: links, code, emphasis, and nothing that could do harm.
 *
 * Every character of others goes into text nodes; nothing is ever parsed as markup.
 *
 * @module
 */

import { h } from "./dom.js";

const FENCE = /```(?:[\w+-]*\n)?([\s\S]*?)```/;
const PARTS = new RegExp(
  [
    "(?<code>`[^`\\n]+`)",
    "(?<link>\\bhttps?://[^\\s<>\"'`]+)",
    "(?<channel>(?<![\\p{L}\\p{N}&/])#[\\p{L}\\p{N}][^\\s,\\x07.!?:;)\"']*)",
  ].join("|"),
  "gu",
);
// IRC formatting (modern.ircdocs.horse/formatting): bold, italic, underline, strike, mono, reset;
// colours are left out: they rarely can be read on another background.
const FORMATS = /\x03(?:\d{1,2}(?:,\d{1,2})?)?|\x04(?:[0-9a-f]{6})?|[\x02\x1d\x1f\x1e\x11\x16\x0f]/gi;
/** @type {Record<string, string>} */
const STYLES = { "\x02": "bold", "\x1d": "italic", "\x1f": "underline", "\x1e": "strike", "\x11": "mono" };
// Characters that turn the direction of all that follows, or are invisible: shown by their number.
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e007f}]/gu;

/**
 * Text in which nothing is invisible or turns around what follows.
 *
 * @param {string} text
 */
export function visible(text) {
  return text.replace(HIDDEN, (character) => {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x20) return String.fromCodePoint(0x2400 + code);
    return `<U+${code.toString(16).toUpperCase().padStart(4, "0")}>`;
  });
}

/**
 * @param {string} text
 * @param {{ isOwnNick?: (word: string) => boolean, onChannel?: (name: string) => void }} [how]
 * @returns {(Node | string)[]}
 */
export function textNodes(text, how = {}) {
  const fence = FENCE.exec(text);
  if (fence && fence[1].trim()) {
    const before = text.slice(0, fence.index);
    const after = text.slice(fence.index + fence[0].length);
    const code = h("pre.code", {}, h("code", {}, visible(fence[1].replace(/\n$/, ""))));
    return [...textNodes(before.replace(/\n$/, ""), how), code, ...textNodes(after.replace(/^\n/, ""), how)];
  }
  return styled(text).flatMap(({ piece, classes }) => {
    const nodes = inlineNodes(piece, how);
    return classes ? [h(`span.${classes}`, {}, nodes)] : nodes;
  });
}

/**
 * Splits a text by its formatting characters.
 *
 * @param {string} text
 * @returns {{ piece: string, classes: string }[]}
 */
function styled(text) {
  /** @type {{ piece: string, classes: string }[]} */
  const pieces = [];
  const active = new Set();
  let start = 0;
  const add = (/** @type {number} */ end) => {
    const piece = text.slice(start, end);
    if (piece) pieces.push({ piece, classes: [...active].join(".") });
  };
  for (const found of text.matchAll(FORMATS)) {
    add(found.index ?? 0);
    start = (found.index ?? 0) + found[0].length;
    const style = STYLES[found[0]];
    if (found[0] === "\x0f") active.clear();
    else if (style && !active.delete(style)) active.add(style);
  }
  add(text.length);
  return pieces;
}

/**
 * @param {string} text
 * @param {{ isOwnNick?: (word: string) => boolean, onChannel?: (name: string) => void }} how
 * @returns {(Node | string)[]}
 */
function inlineNodes(text, how) {
  const nodes = [];
  let start = 0;
  for (const found of text.matchAll(PARTS)) {
    const index = found.index ?? 0;
    const { code, link, channel } = found.groups ?? {};
    let whole = found[0];
    nodes.push(...words(text.slice(start, index), how));
    if (code) nodes.push(h("code", {}, visible(code.slice(1, -1))));
    else if (link) {
      whole = withoutTail(link);
      nodes.push(linkTo(whole));
    } else if (channel) nodes.push(channelLink(channel, how.onChannel));
    start = index + whole.length;
  }
  nodes.push(...words(text.slice(start), how));
  return nodes;
}

/**
 * A link without the sign that ends the sentence, and without a bracket that was not opened.
 *
 * @param {string} link
 */
function withoutTail(link) {
  let end = link.replace(/[.,;:!?]+$/, "");
  while (end.endsWith(")") && end.split(")").length > end.split("(").length) end = end.slice(0, -1);
  return end;
}

/** @param {string} address */
function linkTo(address) {
  let safe = "";
  try {
    const url = new URL(address);
    if (url.protocol === "http:" || url.protocol === "https:") safe = url.href;
  } catch {
    return visible(address);
  }
  if (!safe) return visible(address);
  return h("a", { href: safe, target: "_blank", rel: "noopener noreferrer" }, visible(address));
}

/**
 * @param {string} name
 * @param {((name: string) => void) | undefined} onChannel
 */
function channelLink(name, onChannel) {
  if (!onChannel) return visible(name);
  return h("button.channel-link", { type: "button", onclick: () => onChannel(name) }, visible(name));
}

/**
 * @param {string} text
 * @param {{ isOwnNick?: (word: string) => boolean }} how
 * @returns {(Node | string)[]}
 */
function words(text, { isOwnNick }) {
  if (!text) return [];
  if (!isOwnNick) return [visible(text)];
  return text
    .split(/([\p{L}\p{N}[\]\\`_^{|}-]+)/u)
    .filter(Boolean)
    .map((word) => (isOwnNick(word) ? h("mark.me", {}, word) : visible(word)));
}

/**
 * One of a few colours for a name, always the same: the number of a CSS class.
 *
 * @param {string} nick
 */
export function colourOf(nick) {
  let hash = 5381;
  for (const character of nick.toLowerCase().replace(/[_\d]+$/, "")) {
    hash = (hash * 33 + (character.codePointAt(0) ?? 0)) >>> 0;
  }
  return hash % 12;
}
