/**
 * Finding messages, and finding a conversation.
 *
 * @module
 */

import { byId, h, replace } from "./dom.js";
import { dialog } from "./dialogs.js";
import { fold } from "./irc.js";
import { textNodes, visible } from "./text.js";
import { clockTime, dayName } from "./time.js";

/** @typedef {import("./client.js").ChatClient} ChatClient */
/** @typedef {import("./conversation.js").Conversation} Conversation */
/** @typedef {import("./timeline.js").Line} Line */

export class Search {
  /**
   * @param {() => ChatClient | null} client
   * @param {() => Conversation | null} current
   * @param {(name: string, line: Line) => void} onShow
   */
  constructor(client, current, onShow) {
    this.#client = client;
    this.#current = current;
    this.#onShow = onShow;
    byId("search-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#ask();
    });
    byId("search-close").addEventListener("click", () => this.close());
    byId("search").addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close();
    });
  }

  #client;
  #current;
  #onShow;

  get #input() {
    return /** @type {HTMLInputElement} */ (byId("search-input"));
  }

  open(text = "") {
    byId("search").hidden = false;
    if (text) {
      this.#input.value = text;
      this.#ask();
    }
    this.#input.focus();
    this.#input.select();
  }

  close() {
    byId("search").hidden = true;
    byId("input").focus();
  }

  #ask() {
    const client = this.#client();
    const text = this.#input.value.trim();
    if (!client || !text) return;
    if (!client.ready) {
      replace(byId("found"), h("p", {}, "There is no connection now."));
      return;
    }
    const here = /** @type {HTMLInputElement} */ (byId("search-here")).checked;
    replace(byId("found"), h("p", {}, "Searching…"));
    client.search(text, here ? this.#current() : null);
  }

  /**
   * @param {Line[]} lines each with the name of its conversation as `account`
   * @param {string} problem
   */
  show(lines, problem) {
    if (!lines.length) {
      replace(byId("found"), h("p", {}, problem || "Nothing was found."));
      return;
    }
    replace(
      byId("found"),
      h("p", { role: "status" }, lines.length === 1 ? "One message" : `${lines.length} messages`),
      lines.map((line) =>
        h(
          "button.hit",
          { type: "button", onclick: () => this.#onShow(line.account, line) },
          h("span.where", {}, `${visible(line.account)} · ${dayName(line.time, Date.now())} ${clockTime(line.time)}`),
          h("span", {}, h("b", {}, visible(line.sender)), " ", textNodes(line.text)),
        ),
      ),
    );
  }
}

/**
 * Lets one choose a conversation by typing a part of its name.
 *
 * @param {ChatClient} client
 * @param {(conversation: Conversation) => void} onShow
 * @param {(name: string) => void} onJoin
 */
export function quickSwitch(client, onShow, onJoin) {
  const input = /** @type {HTMLInputElement} */ (byId("switch-input"));
  const list = byId("switch-list");
  const box = dialog("switch");
  /** @type {Conversation[]} */
  let found = [];
  const update = () => {
    const wanted = fold(input.value.trim());
    found = [...client.conversations.values()]
      .filter(({ key }) => key.includes(wanted))
      .sort((one, other) => other.unread.mentions - one.unread.mentions || other.newest - one.newest)
      .slice(0, 10);
    const choose = (/** @type {Conversation} */ one) => () => {
      box.close();
      onShow(one);
    };
    replace(
      list,
      found.map((one) => h("li", {}, h("button", { type: "button", onclick: choose(one) }, h("bdi", {}, visible(one.name))))),
      !found.length && wanted ? h("li.hint", {}, `Enter joins ${wanted.startsWith("#") ? wanted : `#${wanted}`}`) : null,
    );
  };
  input.value = "";
  input.oninput = update;
  byId("switch-form").onsubmit = (event) => {
    event.preventDefault();
    box.close();
    if (found[0]) onShow(found[0]);
    else if (input.value.trim()) onJoin(input.value.trim());
  };
  update();
  box.showModal();
}
