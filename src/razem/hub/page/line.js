/**
 * One line of a conversation as an element.
 *
 * @module
 */

import { h } from "./dom.js";
import { REACTIONS } from "./emoji.js";
import { fold } from "./irc.js";
import { colourOf, textNodes, visible } from "./text.js";
import { clockTime, wholeTime } from "./time.js";

/** @typedef {import("./timeline.js").Line} Line */
/** @typedef {import("./outgoing.js").Outgoing} Outgoing */

/**
 * What a line can be asked to do, and what it has to know.
 *
 * @typedef {object} LineActions
 * @property {string} ownNick
 * @property {boolean} canRedactAll
 * @property {(line: Line) => Line | undefined} repliedTo
 * @property {(line: Line) => void} onReply
 * @property {(line: Line, reaction: string) => void} onReact
 * @property {(line: Line) => void} onRedact
 * @property {(line: Line) => void} onShow
 * @property {(name: string) => void} onChannel
 * @property {(nick: string) => void} onNick
 */

const FOLDED_LINES = 20;
const FOLDED_CHARACTERS = 2000;

/**
 * @param {Line} line
 * @param {boolean} withHead whether it begins with the name of its sender
 * @param {boolean} mention
 * @param {LineActions} actions
 */
export function lineElement(line, withHead, mention, actions) {
  const name = line.sender;
  const time = h("time", { dateTime: new Date(line.time).toISOString(), title: wholeTime(line.time) }, clockTime(line.time));
  const body = h("div.body", {}, replyElement(line, actions), textElement(line, actions), reactionsElement(line, actions));
  return h(
    "article.line",
    {
      className: classesOf(line, withHead, mention),
      tabIndex: -1,
      "data-msgid": line.msgid,
      "aria-label": `${visible(name)}, ${clockTime(line.time)}`,
    },
    h("div.gutter", {}, withHead ? avatar(name) : time),
    h(
      "div.content",
      {},
      withHead &&
        h(
          "header",
          {},
          nickButton(name, actions),
          line.bot && h("span.tag", {}, "bot"),
          line.kind === "notice" && h("span.tag", {}, "notice"),
          time,
        ),
      body,
    ),
    line.msgid && !line.redacted ? toolbar(line, actions) : null,
  );
}

/**
 * @param {Line} line
 * @param {boolean} withHead
 * @param {boolean} mention
 */
function classesOf(line, withHead, mention) {
  const classes = ["line", line.kind];
  if (withHead) classes.push("first");
  if (line.own) classes.push("own");
  if (mention) classes.push("mention");
  if (line.redacted) classes.push("redacted");
  return classes.join(" ");
}

/** @param {string} name */
function avatar(name) {
  const letter = [...name.replace(/[^\p{L}\p{N}]/gu, "")][0] ?? "?";
  return h(`span.avatar.nick-${colourOf(name)}`, { "aria-hidden": "true" }, letter.toUpperCase());
}

/**
 * @param {string} name
 * @param {LineActions} actions
 */
function nickButton(name, actions) {
  const props = { type: "button", title: `Talk to ${visible(name)}`, onclick: () => actions.onNick(name) };
  return h(`button.nick.nick-${colourOf(name)}`, props, h("bdi", {}, visible(name)));
}

/**
 * @param {Line} line
 * @param {LineActions} actions
 */
function textElement(line, actions) {
  if (line.redacted) return h("div.text", {}, h("em", {}, "This message was removed."));
  const isOwnNick = (/** @type {string} */ word) => !line.own && fold(word) === fold(actions.ownNick);
  const nodes = textNodes(line.text, { isOwnNick, onChannel: actions.onChannel });
  const who = line.kind === "action" ? [h("bdi.actor", {}, visible(line.sender)), " "] : [];
  const text = h("div.text", { dir: "auto" }, who, nodes);
  const long = line.text.length > FOLDED_CHARACTERS || line.text.split("\n").length > FOLDED_LINES;
  return long ? folded(text) : text;
}

/** @param {HTMLElement} text */
function folded(text) {
  text.classList.add("folded");
  const button = h("button.link", { type: "button", "aria-expanded": "false" }, "Show all of it");
  button.addEventListener("click", () => {
    const open = text.classList.toggle("folded");
    button.textContent = open ? "Show all of it" : "Show less";
    button.setAttribute("aria-expanded", String(!open));
  });
  return h("div", {}, text, button);
}

/**
 * @param {Line} line
 * @param {LineActions} actions
 */
function replyElement(line, actions) {
  if (!line.reply) return null;
  const original = actions.repliedTo(line);
  const label = original ? `${visible(original.sender)}: ${visible(original.text).slice(0, 80)}` : "an earlier message";
  const show = () => original && actions.onShow(original);
  return h("button.reply", { type: "button", onclick: show }, `↩ ${label}`);
}

/**
 * @param {Line} line
 * @param {LineActions} actions
 */
function reactionsElement(line, actions) {
  if (!line.reactions.size) return null;
  const buttons = [...line.reactions].map(([reaction, who]) =>
    h(
      "button.reaction",
      {
        type: "button",
        title: [...who].join(", "),
        "aria-pressed": String(who.has(fold(actions.ownNick))),
        "aria-label": `${visible(reaction)}: ${who.size}`,
        onclick: () => actions.onReact(line, reaction),
      },
      `${visible(reaction)} ${who.size}`,
    ),
  );
  return h("div.reactions", {}, buttons);
}

/**
 * @param {Line} line
 * @param {LineActions} actions
 */
function toolbar(line, actions) {
  const tool = (/** @type {string} */ sign, /** @type {string} */ name, /** @type {() => void} */ onclick) =>
    h("button", { type: "button", title: name, "aria-label": name, onclick }, sign);
  const reactions = REACTIONS.slice(0, 4).map((one) => tool(one, `React with ${one}`, () => actions.onReact(line, one)));
  const canRedact = line.own || actions.canRedactAll;
  return h(
    "div.tools",
    { role: "toolbar", "aria-label": "Message" },
    reactions,
    tool("↩", "Reply", () => actions.onReply(line)),
    canRedact ? tool("🗑", "Remove", () => actions.onRedact(line)) : null,
  );
}

/**
 * A message of ours that the hub does not have yet.
 *
 * @param {Outgoing} message
 * @param {string} nick
 * @param {{ onRetry: () => void, onEdit: () => void }} actions
 */
export function outgoingElement(message, nick, { onRetry, onEdit }) {
  const refused = message.status === "refused";
  const state = refused ? `Not sent: ${message.reason}` : message.status === "sent" ? "Sending…" : "Waiting to be sent";
  const button = (/** @type {string} */ text, /** @type {() => void} */ onclick) =>
    h("button.link", { type: "button", onclick }, text);
  return h(
    `article.line.own.outgoing.${message.status}`,
    { "aria-label": `${nick}: ${state}` },
    h("div.gutter"),
    h(
      "div.content",
      {},
      h("div.text", { dir: "auto" }, textNodes(message.texts.join("\n"))),
      h("div.state", {}, visible(state), refused ? [" ", button("Send again", onRetry), " ", button("Edit", onEdit)] : null),
    ),
  );
}

/**
 * Joins, parts and the like, folded into one quiet line.
 *
 * @param {Line[]} events
 */
export function eventsElement(events) {
  const texts = events.map((line) => visible(line.text));
  if (texts.length <= 2) {
    return h("div.events", { title: wholeTime(events[0].time) }, h("bdi", {}, texts.join(" · ")));
  }
  return h(
    "details.events",
    {},
    h("summary", {}, summaryOf(events)),
    texts.map((text, index) => h("div", { title: wholeTime(events[index].time) }, h("bdi", {}, text))),
  );
}

/** @param {Line[]} events */
function summaryOf(events) {
  /** @type {Map<string, Set<string>>} */
  const byKind = new Map();
  for (const { text, sender } of events) {
    const kind = /(came in|left|is gone|is called|put|set)/.exec(text)?.[1] ?? "did something";
    byKind.set(kind, (byKind.get(kind) ?? new Set()).add(sender));
  }
  /** @type {Record<string, string>} */
  const words = { "is called": "changed names", put: "put others out", set: "changed settings" };
  const parts = [...byKind].map(([kind, who]) => {
    const names = [...who];
    const shown = names.length > 3 ? `${names.slice(0, 2).join(", ")} and ${names.length - 2} others` : names.join(", ");
    const verb = words[kind] ?? (names.length > 1 ? kind.replace("is gone", "are gone") : kind);
    return `${shown} ${verb}`;
  });
  return visible(parts.join(" · "));
}
