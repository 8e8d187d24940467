/**
 * Telling somebody who looks elsewhere: notifications, the title, the icon.
 *
 * @module
 */

import { recall } from "./store.js";
import { visible } from "./text.js";

/** @typedef {import("./conversation.js").Conversation} Conversation */
/** @typedef {import("./timeline.js").Line} Line */

const ICON = "icon.svg";

/**
 * @param {Conversation} conversation
 * @param {Line} line
 * @param {() => void} onClick
 */
export function notify(conversation, line, onClick) {
  if (!recall("notify", false) || !("Notification" in window)) return;
  if (Notification.permission !== "granted" || document.hasFocus()) return;
  const where = conversation.kind === "channel" ? ` in ${visible(conversation.name)}` : "";
  const notification = new Notification(`${visible(line.sender)}${where}`, {
    body: visible(line.text).slice(0, 200),
    tag: conversation.key,
    icon: ICON,
  });
  notification.onclick = () => {
    window.focus();
    onClick();
    notification.close();
  };
}

/**
 * @param {string} place
 * @param {number} mentions
 * @param {boolean} unread
 */
export function showInTitle(place, mentions, unread) {
  const mark = mentions ? `(${mentions}) ` : unread ? "• " : "";
  document.title = `${mark}${visible(place)}`;
}
