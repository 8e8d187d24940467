/**
 * Where one types: several lines, completion, drafts, replies.
 *
 * @module
 */

import { offersFor } from "./completion.js";
import { byId, h, replace } from "./dom.js";
import { withEmoji } from "./emoji.js";
import { recall, remember } from "./store.js";
import { visible } from "./text.js";

/** @typedef {import("./completion.js").Offer} Offer */
/** @typedef {import("./client.js").ChatClient} ChatClient */
/** @typedef {import("./conversation.js").Conversation} Conversation */
/** @typedef {import("./timeline.js").Line} Line */

const MAX_HEIGHT = 240; // pixels

/**
 * @typedef {object} ComposerOwner
 * @property {() => ChatClient | null} client
 * @property {(text: string, reply: string) => void} onSend
 * @property {(state: "active" | "paused" | "done") => void} onTyping
 */

export class Composer {
  /** @param {ComposerOwner} owner */
  constructor(owner) {
    this.#owner = owner;
    this.#input = /** @type {HTMLTextAreaElement} */ (byId("input"));
    this.#offers = byId("offers");
    this.#replyBox = byId("replying");
    this.#input.addEventListener("input", () => this.#onInput());
    this.#input.addEventListener("keydown", (event) => this.#onKey(event));
    this.#input.addEventListener("blur", () => setTimeout(() => this.#showOffers([]), 150));
    byId("composer").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
  }

  #owner;
  #input;
  #offers;
  #replyBox;
  /** @type {Conversation | null} */
  #conversation = null;
  /** @type {Offer[]} */
  #offered = [];
  #chosen = 0;
  #asked = false;
  /** @type {Line | null} */
  #reply = null;

  focus() {
    this.#input.focus();
  }

  /**
   * Turns to a conversation: what was begun there stands there again.
   *
   * @param {Conversation | null} conversation
   */
  show(conversation) {
    this.#owner.onTyping("done");
    this.#conversation = conversation;
    this.replyTo(null);
    this.#input.value = conversation ? (this.#drafts()[conversation.key] ?? "") : "";
    this.#input.placeholder = conversation ? `Message ${visible(conversation.name)}` : "Join a channel: /join #channel";
    this.#input.setAttribute("aria-label", this.#input.placeholder);
    this.#fit();
    this.#showOffers([]);
  }

  /** @param {string} text */
  edit(text) {
    this.#input.value = text;
    this.#onInput();
    this.focus();
  }

  /** @param {Line | null} line */
  replyTo(line) {
    this.#reply = line;
    this.#replyBox.hidden = !line;
    if (!line) return;
    const cancel = h("button.link", { type: "button", onclick: () => this.replyTo(null) }, "Cancel");
    const quoted = visible(line.text).slice(0, 100);
    replace(this.#replyBox, h("span", {}, "Replying to ", h("b", {}, visible(line.sender)), `: ${quoted}`), cancel);
    this.focus();
  }

  /** @returns {Record<string, string>} */
  #drafts() {
    return recall("drafts", {});
  }

  #keepDraft() {
    if (!this.#conversation) return;
    const drafts = this.#drafts();
    if (this.#input.value.trim()) drafts[this.#conversation.key] = this.#input.value;
    else delete drafts[this.#conversation.key];
    remember("drafts", drafts);
  }

  #onInput() {
    this.#fit();
    this.#keepDraft();
    this.#asked = false;
    const text = this.#input.value;
    const talking = text.trim() && !text.startsWith("/");
    this.#owner.onTyping(talking ? "active" : "done");
    const offers = this.#find();
    // Names are offered when asked for by Tab or @; commands, channels and emoji at once.
    const begun = text.slice(offers[0]?.start ?? 0, this.#input.selectionStart);
    this.#showOffers(/^[/#:@]/.test(begun) ? offers : []);
  }

  #fit() {
    this.#input.style.height = "auto";
    this.#input.style.height = `${Math.min(this.#input.scrollHeight, MAX_HEIGHT)}px`;
  }

  /** @returns {Offer[]} */
  #find() {
    const client = this.#owner.client();
    if (!client) return [];
    return offersFor(this.#input.value, this.#input.selectionStart, client, this.#conversation);
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.isComposing) return; // an input method is choosing a character
    const open = this.#offered.length > 0;
    if (event.key === "Tab" && !event.shiftKey && this.#input.value) {
      if (this.#complete()) event.preventDefault();
    } else if (open && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      this.#choose(this.#chosen + (event.key === "ArrowDown" ? 1 : -1));
      event.preventDefault();
    } else if (event.key === "Escape" && (open || this.#reply)) {
      if (open) this.#showOffers([]);
      else this.replyTo(null);
      event.preventDefault();
      event.stopPropagation();
    } else if (event.key === "Enter" && !event.shiftKey && !event.altKey) {
      if (open && this.#asked) this.#take(this.#offered[this.#chosen]);
      else this.#send();
      event.preventDefault();
    }
  }

  /** Completes the word; with several ways, the first Tab shows them and each further one moves on. */
  #complete() {
    if (!this.#offered.length) this.#showOffers(this.#find());
    if (!this.#offered.length) return false;
    if (this.#offered.length === 1) this.#take(this.#offered[0]);
    else if (this.#asked) this.#choose(this.#chosen + 1);
    this.#asked = true;
    return true;
  }

  /** @param {Offer} offer */
  #take(offer) {
    this.#input.setRangeText(offer.text, offer.start, offer.end, "end");
    this.#onInput();
    this.#showOffers([]);
    this.focus();
  }

  /** @param {number} index */
  #choose(index) {
    this.#asked = true;
    this.#chosen = (index + this.#offered.length) % this.#offered.length;
    [...this.#offers.children].forEach((element, at) =>
      element.setAttribute("aria-selected", String(at === this.#chosen)),
    );
    this.#input.setAttribute("aria-activedescendant", `offer-${this.#chosen}`);
  }

  /** @param {Offer[]} offers */
  #showOffers(offers) {
    this.#offered = offers;
    this.#chosen = 0;
    this.#offers.hidden = !offers.length;
    this.#input.setAttribute("aria-expanded", String(offers.length > 0));
    if (!offers.length) this.#input.removeAttribute("aria-activedescendant");
    replace(
      this.#offers,
      offers.map((offer, index) =>
        h(
          "li",
          {
            id: `offer-${index}`,
            role: "option",
            "aria-selected": String(index === 0),
            onmousedown: (/** @type {Event} */ event) => {
              event.preventDefault();
              this.#take(offer);
            },
          },
          visible(offer.shown),
        ),
      ),
    );
  }

  #send() {
    const text = withEmoji(this.#input.value);
    if (!text.trim()) return;
    this.#input.value = "";
    const reply = this.#reply?.msgid ?? "";
    this.replyTo(null);
    this.#onInput();
    this.#owner.onSend(text, reply);
  }
}
