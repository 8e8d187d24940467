/**
 * One conversation as the page sees it: the order of the hub's log, no gap, nothing doubled.
 *
 * Live lines come in the order of the log; after a connection was lost some are missing. Once it
 * is back, every live line is held, and the hub is asked for all that followed the last line
 * shown, page by page. The held lines are contiguous, so the catch-up is complete when a page
 * reaches one of them, or when there is nothing more; then what is held follows.
 *
 * @module
 */

/**
 * A line of a conversation, as shown.
 *
 * @typedef {object} Line
 * @property {string} msgid "" where the hub gave none
 * @property {number} time milliseconds since 1970
 * @property {"message" | "notice" | "action" | "event"} kind
 * @property {string} sender
 * @property {string} account of the sender, or ""
 * @property {string} text
 * @property {boolean} own
 * @property {boolean} bot
 * @property {boolean} redacted
 * @property {string} reply msgid of the line that it answers, or ""
 * @property {Map<string, Set<string>>} reactions who reacted, by reaction
 * @property {string} id our own name for it, while it is ours (`+razem/id`)
 */

/**
 * A question for history: `CHATHISTORY subcommand target selector limit`.
 *
 * @typedef {object} Query
 * @property {string} subcommand
 * @property {string} selector
 * @property {number} limit
 */

const BEGINNING = "timestamp=1970-01-01T00:00:00.000Z";
const MAX_HELD = 2000;
export const PAGE = 100;

export class Timeline {
  /** @type {Line[]} */
  #held = [];
  /** @type {Query | null} */
  #query = null;
  #last = "";
  #lastTime = 0;
  #fromBeginning = false;

  constructor() {
    /** @type {Line[]} everything shown, in order */
    this.lines = [];
    /** @type {Map<string, Line>} */
    this.byId = new Map();
    this.catchingUp = false;
    /** Lines may be missing before the catch-up. */
    this.gap = false;
    /** There is nothing before the first line. */
    this.complete = false;
  }

  /**
   * Starts to catch up; until it is complete, live lines are held.
   *
   * @param {number} limit of the hub
   * @returns {Query}
   */
  begin(limit) {
    this.#held = [];
    this.catchingUp = true;
    this.gap = false;
    const most = Math.min(PAGE, limit);
    if (this.#last) return this.#ask("AFTER", `msgid=${this.#last}`, most);
    if (this.#fromBeginning) return this.#ask("AFTER", BEGINNING, most);
    return this.#ask("LATEST", "*", most);
  }

  /**
   * Takes a line as it happens.
   *
   * @param {Line} line
   * @returns {Line[]} what to show now
   */
  receiveLive(line) {
    if (!this.catchingUp) return this.#take(line) ? [line] : [];
    if (this.#held.length >= MAX_HELD) this.#held.shift();
    this.#held.push(line);
    return [];
  }

  /**
   * Takes an answer to the open question.
   *
   * @param {Line[]} page
   * @returns {{ shown: Line[], ask: Query | null }}
   */
  receivePage(page) {
    const query = this.#query;
    if (!query) return { shown: [], ask: null };
    const held = new Set(this.#held.map((line) => line.msgid).filter(Boolean));
    const reached = page.some((line) => held.has(line.msgid));
    if (query.subcommand === "LATEST" && !this.#last) {
      this.#fromBeginning = !page.length;
      this.complete = page.length < query.limit;
    }
    const shown = page.filter((line) => this.#take(line));
    const last = page.length ? page[page.length - 1].msgid : "";
    const done = query.subcommand === "LATEST" || reached || !page.length;
    if (done || !last || query.selector === `msgid=${last}`) {
      return { shown: [...shown, ...this.#finish(!done)], ask: null };
    }
    return { shown, ask: this.#ask("AFTER", `msgid=${last}`, query.limit) };
  }

  /**
   * Takes the refusal of the open question: this log does not know our last line.
   *
   * @returns {{ shown: Line[], ask: Query | null }}
   */
  refuse() {
    const query = this.#query;
    if (!query || query.subcommand === "LATEST") return { shown: this.#finish(true), ask: null };
    this.gap = true;
    if (query.selector.startsWith("msgid=") && this.#lastTime) {
      const since = new Date(this.#lastTime).toISOString();
      return { shown: [], ask: this.#ask("AFTER", `timestamp=${since}`, query.limit) };
    }
    return { shown: [], ask: this.#ask("LATEST", "*", query.limit) };
  }

  /**
   * Puts a page of older lines before the first one.
   *
   * @param {Line[]} page in ascending order
   * @param {number} asked how many were asked for
   * @returns {Line[]} those that were not there
   */
  receiveOlder(page, asked) {
    if (page.length < asked) this.complete = true;
    const older = page.filter((line) => line.msgid && !this.byId.has(line.msgid));
    for (const line of older) this.byId.set(line.msgid, line);
    this.lines.unshift(...older);
    return older;
  }

  /** Gives up what is open: the connection is lost. What is held comes again. */
  stop() {
    this.catchingUp = false;
    this.#query = null;
    this.#held = [];
  }

  /** The selector of the first line, by which to ask for older ones; "" when there is none. */
  get first() {
    const line = this.lines.find((one) => one.msgid);
    return line ? `msgid=${line.msgid}` : "";
  }

  /** @param {boolean} gap */
  #finish(gap) {
    this.catchingUp = false;
    this.#query = null;
    this.gap ||= gap;
    const held = this.#held;
    this.#held = [];
    return held.filter((line) => this.#take(line));
  }

  /**
   * @param {string} subcommand
   * @param {string} selector
   * @param {number} limit
   */
  #ask(subcommand, selector, limit) {
    this.#query = { subcommand, selector, limit };
    return this.#query;
  }

  /**
   * Notes a line as shown; false when it was before.
   *
   * @param {Line} line
   */
  #take(line) {
    if (line.msgid) {
      if (this.byId.has(line.msgid)) return false;
      this.byId.set(line.msgid, line);
      this.#last = line.msgid;
      this.#lastTime = line.time;
    }
    this.lines.push(line);
    return true;
  }
}
