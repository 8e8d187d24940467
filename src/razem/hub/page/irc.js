/**
 * IRC messages, names and texts: text <-> values (RFC 1459 2.3.1, Modern IRC, IRCv3 message-tags).
 *
 * @module
 */

/**
 * One IRC message.
 *
 * @typedef {object} Message
 * @property {string} command upper case, or three digits
 * @property {string[]} params the trailing one like any other
 * @property {Record<string, string>} tags unescaped; "" without a value
 * @property {string} source `nick!user@host`, a server's name, or ""
 */

/** @type {Record<string, string>} */
const UNESCAPED = { ":": ";", s: " ", "\\": "\\", r: "\r", n: "\n" };
/** @type {Record<string, string>} */
const ESCAPED = { ";": "\\:", " ": "\\s", "\\": "\\\\", "\r": "\\r", "\n": "\\n" };

const LINE_BYTES = 512;
// What the server puts around a text that it relays: ":!@ PRIVMSG  :\r\n", a user name, a host.
const AROUND_BYTES = 18 + 19 + 63;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** @param {string} text */
export function byteLength(text) {
  return encoder.encode(text).length;
}

/**
 * Reads one line, given without its line end.
 *
 * @param {string} line
 * @returns {Message | null} null when there is no command in it
 */
export function parseMessage(line) {
  /** @type {Record<string, string>} */
  const tags = Object.create(null);
  let rest = line;
  let source = "";
  if (rest.startsWith("@")) {
    const end = rest.indexOf(" ");
    if (end < 0) return null;
    for (const item of rest.slice(1, end).split(";")) {
      const at = item.indexOf("=");
      const key = at < 0 ? item : item.slice(0, at);
      if (key) tags[key] = at < 0 ? "" : unescapeTag(item.slice(at + 1));
    }
    rest = rest.slice(end).trimStart();
  }
  if (rest.startsWith(":")) {
    const end = rest.indexOf(" ");
    if (end < 0) return null;
    source = rest.slice(1, end);
    rest = rest.slice(end + 1);
  }
  const colon = rest.indexOf(" :");
  const head = colon < 0 ? rest : rest.slice(0, colon);
  const words = head.split(" ").filter(Boolean);
  if (colon >= 0) words.push(rest.slice(colon + 2));
  const command = words.shift();
  return command ? { command: command.toUpperCase(), params: words, tags, source } : null;
}

/**
 * Returns a line without its line end.
 *
 * @param {string} command
 * @param {string[]} params only the last may be empty, have spaces, or begin with a colon
 * @param {Record<string, string>} [tags]
 */
export function formatMessage(command, params = [], tags = {}) {
  const words = Object.entries(tags).map(([key, value]) =>
    value ? `${key}=${escapeTag(value)}` : key,
  );
  const parts = words.length ? [`@${words.join(";")}`, command] : [command];
  params.forEach((param, index) => {
    const last = index === params.length - 1;
    const plain = param && !param.startsWith(":") && !param.includes(" ");
    if (!last && !plain) throw new Error(`only the last parameter may be "${param}"`);
    parts.push(plain ? param : `:${param}`);
  });
  const line = parts.join(" ");
  if (/[\r\n\0]/.test(line)) throw new Error("a line end inside a message");
  return line;
}

/** @param {string} value */
function unescapeTag(value) {
  return value.replace(/\\(.?)/gs, (_, character) => UNESCAPED[character] ?? character);
}

/** @param {string} value */
function escapeTag(value) {
  return value.replace(/[; \\\r\n]/g, (character) => ESCAPED[character]);
}

/**
 * The form under which names are compared (CASEMAPPING=ascii).
 *
 * @param {string} name
 */
export function fold(name) {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** @param {string} source */
export function nickOf(source) {
  return source.split("!", 1)[0];
}

/** @param {string} name */
export function isChannel(name) {
  return name.startsWith("#");
}

/**
 * How many bytes of text fit into one message to a target, however it is relayed.
 *
 * @param {string} target
 * @param {number} nickBytes
 */
export function roomForText(target, nickBytes) {
  return Math.max(LINE_BYTES - AROUND_BYTES - nickBytes - byteLength(target), 64);
}

/**
 * Cuts one line into pieces of at most `room` bytes, at a space where there is a good one.
 *
 * @param {string} line
 * @param {number} room
 * @returns {string[]}
 */
export function cutLine(line, room) {
  const pieces = [];
  let rest = line;
  while (byteLength(rest) > room) {
    let head = decoder.decode(encoder.encode(rest).slice(0, room)).replace(/\ufffd+$/u, "");
    const space = head.lastIndexOf(" ");
    if (space > head.length / 2) head = head.slice(0, space);
    pieces.push(head);
    rest = rest.slice(head.length);
    if (rest.startsWith(" ")) rest = rest.slice(1);
  }
  if (rest) pieces.push(rest);
  return pieces;
}

/**
 * Returns the text of a message, and whether it is a /me.
 *
 * @param {string} text
 * @returns {{ text: string, action: boolean }}
 */
export function unwrapAction(text) {
  const found = /^\x01ACTION (.*?)\x01?$/s.exec(text);
  return found ? { text: found[1], action: true } : { text, action: false };
}

/** @param {string} text */
export function wrapAction(text) {
  return `\x01ACTION ${text}\x01`;
}
