/**
 * The lines of the conversation that is shown: a window over them that follows the scrolling.
 *
 * Only some hundred rows are in the page at any time, however long the history is; rows that stay
 * are not touched. The window sticks to the end until somebody scrolls up.
 *
 * @module
 */

import { h, reconcile } from "./dom.js";
import { eventsElement, lineElement, outgoingElement } from "./line.js";
import { dayName, sameDay } from "./time.js";

/** @typedef {import("./conversation.js").Conversation} Conversation */
/** @typedef {import("./timeline.js").Line} Line */
/** @typedef {import("./dom.js").Row} Row */
/** @typedef {import("./line.js").LineActions} LineActions */
/** @typedef {import("./outgoing.js").Outgoing} Outgoing */

const WINDOW = 160; // lines in the page
const STEP = 40; // by which the window moves
const NEAR = 900; // pixels from an end at which it moves
const TOGETHER = 5 * 60_000; // milliseconds between lines of one sender under one name

/**
 * @typedef {object} ListOwner
 * @property {() => LineActions} actions
 * @property {(conversation: Conversation) => Outgoing[]} outgoing
 * @property {(message: Outgoing, again: boolean) => void} onRefused
 * @property {(conversation: Conversation) => void} onOlder
 * @property {() => void} onAtEnd
 */

export class MessageList {
  /**
   * @param {HTMLElement} scroller
   * @param {HTMLElement} list
   * @param {ListOwner} owner
   */
  constructor(scroller, list, owner) {
    this.#scroller = scroller;
    this.#list = list;
    this.#owner = owner;
    scroller.addEventListener("scroll", () => this.#onScroll(), { passive: true });
    new ResizeObserver(() => this.#keep()).observe(scroller);
  }

  #scroller;
  #list;
  #owner;
  /** @type {Conversation | null} */
  #conversation = null;
  #start = 0;
  #end = 0;
  /** How far it was scrolled when we looked last. */
  #top = 0;
  /** Whether the end is shown, and what is new scrolls into view. */
  atEnd = true;
  /** The time after which lines are unread, as it was when the conversation was opened. */
  #unreadAfter = Infinity;

  /** @param {Conversation} conversation */
  show(conversation) {
    this.#conversation = conversation;
    this.#unreadAfter = conversation.readUntil ?? Infinity;
    this.atEnd = true;
    this.#toEnd();
    this.render();
  }

  /** Shows the newest line. */
  jumpToEnd() {
    this.atEnd = true;
    this.#toEnd();
    this.render();
  }

  /** Takes the unread line away. */
  forgetUnread() {
    this.#unreadAfter = Infinity;
  }

  #toEnd() {
    const length = this.#conversation?.timeline.lines.length ?? 0;
    this.#end = length;
    this.#start = Math.max(0, length - WINDOW);
  }

  /**
   * Lines were put before the first one.
   *
   * @param {number} count
   */
  shift(count) {
    this.#start += count;
    this.#end += count;
    if (this.#scroller.scrollTop < NEAR) this.#start = Math.max(0, this.#start - STEP);
    this.render();
  }

  /** Makes the page show what is there now. */
  render() {
    const conversation = this.#conversation;
    if (!conversation) return;
    if (this.atEnd) this.#toEnd();
    const anchors = this.atEnd ? [] : this.#anchors();
    reconcile(this.#list, this.#rows(conversation));
    const anchor = anchors.find(({ element }) => element.isConnected);
    if (anchor) this.#scroller.scrollTop += anchor.element.getBoundingClientRect().top - anchor.top;
    else this.#keep();
  }

  #keep() {
    if (!this.atEnd) return;
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
    this.#top = this.#scroller.scrollTop;
  }

  /**
   * The messages that are seen, and where. Not all may be there after a change: one that is no
   * longer the first of its sender is made anew. Other rows may move to another place.
   */
  #anchors() {
    const { top, bottom } = this.#scroller.getBoundingClientRect();
    const anchors = [];
    for (const element of this.#list.getElementsByClassName("line")) {
      const box = element.getBoundingClientRect();
      if (box.top > bottom) break;
      if (box.bottom > top) anchors.push({ element, top: box.top });
    }
    return anchors;
  }

  #onScroll() {
    const conversation = this.#conversation;
    if (!conversation) return;
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    const below = scrollHeight - scrollTop - clientHeight;
    const length = conversation.timeline.lines.length;
    const wasAtEnd = this.atEnd;
    if (below < 40 && this.#end >= length) this.atEnd = true;
    // Only who scrolls up leaves the end: what else is in the page may have grown meanwhile.
    else if (scrollTop < this.#top) this.atEnd = false;
    else this.#keep();
    this.#top = this.#scroller.scrollTop;
    if (this.atEnd !== wasAtEnd) this.#owner.onAtEnd();
    if (scrollTop < NEAR) this.#moveUp(conversation);
    else if (below < NEAR && this.#end < length) this.#moveTo(this.#start + STEP, this.#end + STEP);
  }

  /** @param {Conversation} conversation */
  #moveUp(conversation) {
    if (this.#start > 0) this.#moveTo(this.#start - STEP, Math.max(this.#end - STEP, this.#start - STEP + WINDOW));
    else if (!conversation.timeline.complete) this.#owner.onOlder(conversation);
  }

  /**
   * @param {number} start
   * @param {number} end
   */
  #moveTo(start, end) {
    const length = this.#conversation?.timeline.lines.length ?? 0;
    this.#end = Math.min(end, length);
    this.#start = Math.max(0, Math.min(start, this.#end - WINDOW));
    this.render();
  }

  /**
   * Scrolls to a line, and marks it for a moment.
   *
   * @param {Line} line
   */
  reveal(line) {
    const lines = this.#conversation?.timeline.lines ?? [];
    const index = lines.indexOf(line);
    if (index < 0) return;
    this.atEnd = false;
    this.#end = Math.min(lines.length, index + WINDOW / 2);
    this.#start = Math.max(0, this.#end - WINDOW);
    this.render();
    const element = this.#list.querySelector(`[data-msgid="${CSS.escape(line.msgid)}"]`);
    if (!(element instanceof HTMLElement)) return;
    element.scrollIntoView({ block: "center" });
    element.focus({ preventScroll: true });
    element.classList.add("revealed");
    setTimeout(() => element.classList.remove("revealed"), 2000);
  }

  /**
   * @param {Conversation} conversation
   * @returns {Row[]}
   */
  #rows(conversation) {
    const actions = this.#owner.actions();
    const { timeline } = conversation;
    /** @type {Row[]} */
    const rows = [];
    if (this.#start === 0) rows.push(beginning(conversation));
    /** @type {Line | null} */
    let before = null;
    /** @type {Line[]} */
    let events = [];
    /** @type {boolean} */
    let unreadShown = false;
    const flush = () => {
      if (events.length) rows.push(eventsRow(events));
      events = [];
    };
    for (let index = this.#start; index < this.#end; index += 1) {
      const line = timeline.lines[index];
      const newDay = !before || !sameDay(before.time, line.time);
      /** @type {boolean} */
      const unread = !unreadShown && !line.own && line.kind !== "event" && line.time > this.#unreadAfter;
      if (newDay || unread) flush();
      if (newDay) rows.push(dayRow(line.time));
      if (unread) rows.push(unreadRow());
      unreadShown ||= unread;
      if (line.kind === "event") events.push(line);
      else {
        flush();
        const withHead = newDay || unread || !isContinued(before, line);
        rows.push(lineRow(line, index, withHead, conversation.isMention(line), actions));
      }
      before = line;
    }
    flush();
    if (this.#end === timeline.lines.length) rows.push(...this.#outgoingRows(conversation, actions.ownNick));
    return rows;
  }

  /**
   * @param {Conversation} conversation
   * @param {string} nick
   */
  #outgoingRows(conversation, nick) {
    return this.#owner.outgoing(conversation).map((message) => ({
      key: `out ${message.id}`,
      state: message.status + message.reason,
      make: () =>
        outgoingElement(message, nick, {
          onRetry: () => this.#owner.onRefused(message, true),
          onEdit: () => this.#owner.onRefused(message, false),
        }),
    }));
  }
}

/**
 * Whether a line goes on under the name of the one before.
 *
 * @param {Line | null} before
 * @param {Line} line
 */
function isContinued(before, line) {
  if (!before || before.kind === "event" || before.sender !== line.sender) return false;
  if (before.kind === "notice" || line.kind !== "message" || line.reply) return false;
  return line.time - before.time < TOGETHER;
}

/**
 * @param {Line} line
 * @param {number} index
 * @param {boolean} withHead
 * @param {boolean} mention
 * @param {LineActions} actions
 * @returns {Row}
 */
function lineRow(line, index, withHead, mention, actions) {
  const reactions = [...line.reactions].map(([one, who]) => one + [...who].join()).join();
  return {
    key: line.msgid || `at ${index}`,
    state: `${withHead} ${mention} ${line.redacted} ${actions.canRedactAll} ${actions.ownNick} ${reactions}`,
    make: () => lineElement(line, withHead, mention, actions),
  };
}

/**
 * @param {Line[]} events
 * @returns {Row}
 */
function eventsRow(events) {
  const [first] = events;
  const copy = [...events];
  return {
    key: `events ${first.msgid || `${first.time}${first.text}`}`,
    state: String(events.length),
    make: () => eventsElement(copy),
  };
}

/**
 * @param {number} time
 * @returns {Row}
 */
function dayRow(time) {
  const name = dayName(time, Date.now());
  return {
    key: `day ${new Date(time).toDateString()}`,
    state: name,
    make: () => h("div.day", { role: "separator" }, h("span", {}, name)),
  };
}

/** @returns {Row} */
function unreadRow() {
  return { key: "unread", state: "", make: () => h("div.unread", { role: "separator" }, h("span", {}, "New")) };
}

/**
 * @param {Conversation} conversation
 * @returns {Row}
 */
function beginning({ name, kind, timeline, loadingOlder }) {
  const whole = timeline.complete || (!timeline.first && !timeline.catchingUp);
  const place = kind === "channel" ? name : `your talk with ${name}`;
  const text = whole ? `This is the beginning of ${place}.` : loadingOlder ? "Loading…" : "Scroll up for more.";
  return { key: "beginning", state: text, make: () => h("div.beginning", {}, h("bdi", {}, text)) };
}
