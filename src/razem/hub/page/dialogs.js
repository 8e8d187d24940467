/**
 * The questions before one comes in, settings, and help.
 *
 * @module
 */

import { byId, h, replace } from "./dom.js";
import { recall, remember } from "./store.js";
import { WORDS } from "./words.js";

const KEYS = [
  ["Enter", "send; Shift+Enter begins another line"],
  ["Tab", "complete a name, a channel, a command, an emoji"],
  ["Ctrl+K", "find a channel or person"],
  ["Ctrl+F", "find messages"],
  ["Alt+↑, Alt+↓", "the conversation above, below"],
  ["Alt+Shift+↓", "the next one with something unread"],
  ["Esc", "to the newest message; everything is read"],
  ["F6", "move between the parts of the page"],
];

/** @param {string} id */
export function dialog(id) {
  return /** @type {HTMLDialogElement} */ (byId(id));
}

/**
 * What the person answers who comes in.
 *
 * @typedef {object} Entry
 * @property {string} nick
 * @property {string} key invitation or password of the hub; ""
 * @property {string} account
 * @property {string} accountPassword
 * @property {string} channel
 */

/**
 * Asks for a name, and for what else is missing.
 *
 * @param {{ invited: boolean, channel: string, problem: string }} how
 * @param {(entry: Entry) => void} onEnter
 */
export function askEntry({ invited, channel, problem }, onEnter) {
  const form = /** @type {HTMLFormElement} */ (byId("enter-form"));
  const field = (/** @type {string} */ name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name));
  byId("enter-problem").textContent = problem;
  byId("enter-problem").hidden = !problem;
  byId("enter-invited").hidden = !invited;
  byId("enter-key").hidden = invited;
  field("nick").value = recall("nick", "");
  field("channel").value = channel;
  field("account").value = recall("account", "");
  form.onsubmit = () => {
    const text = (/** @type {string} */ name) => field(name).value.trim();
    const entry = {
      nick: text("nick").replace(/\s+/g, "_"),
      key: text("key"),
      account: text("account"),
      accountPassword: field("secret").value,
      channel: text("channel"),
    };
    remember("nick", entry.nick);
    remember("account", entry.account || undefined);
    onEnter(entry);
  };
  dialog("enter").addEventListener("cancel", (event) => event.preventDefault());
  if (!dialog("enter").open) dialog("enter").showModal();
  field("nick").focus();
}

export function showHelp() {
  const rows = (/** @type {string[][]} */ pairs) => pairs.map(([term, text]) => [h("dt", {}, term), h("dd", {}, text)]).flat();
  replace(
    byId("help-body"),
    h("h3", {}, "Keys"),
    h("dl", {}, rows(KEYS)),
    h("h3", {}, "Commands"),
    h("dl", {}, rows([...WORDS.values()].map(({ usage, help }) => [usage, help]))),
    h("p", {}, "//text says a line that begins with a slash. ```code``` and `code` are shown as they are."),
  );
  dialog("help").showModal();
}

/**
 * @param {() => string} nick
 * @param {(nick: string) => void} onNick
 */
export function showSettings(nick, onNick) {
  const form = /** @type {HTMLFormElement} */ (byId("settings-form"));
  const field = (/** @type {string} */ name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name));
  field("nick").value = nick();
  field("theme").value = recall("theme", "system");
  field("notify").checked = recall("notify", false);
  form.onsubmit = () => {
    applyTheme(field("theme").value);
    remember("notify", field("notify").checked);
    if (field("notify").checked && "Notification" in window) void Notification.requestPermission();
    if (field("nick").value && field("nick").value !== nick()) onNick(field("nick").value);
  };
  dialog("settings").showModal();
}

/** @param {string} theme `system`, `light` or `dark` */
export function applyTheme(theme) {
  remember("theme", theme);
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}
