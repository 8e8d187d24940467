/**
 * History: the questions that are open, the catching up after a loss, and older lines. No I/O.
 *
 * @module
 */

import { isBatch } from "./batches.js";
import { isChannel } from "./irc.js";
import { readEvent, readText } from "./reading.js";

/** @typedef {import("./batches.js").Batch} Batch */
/** @typedef {import("./client.js").ChatClient} ChatClient */
/** @typedef {import("./conversation.js").Conversation} Conversation */
/** @typedef {import("./irc.js").Message} Message */
/** @typedef {import("./timeline.js").Line} Line */

/**
 * @typedef {object} Request
 * @property {string} label
 * @property {string} target
 * @property {"catch-up" | "older"} purpose
 * @property {number} limit
 */

const BEGINNING = "timestamp=1970-01-01T00:00:00.000Z";

export class History {
  /**
   * @param {ChatClient} client
   * @param {(conversation: Conversation, message: Message) => void} react takes a TAGMSG
   */
  constructor(client, react) {
    this.#client = client;
    this.#react = react;
  }

  #client;
  #react;
  /** @type {Map<string, Request>} by label */
  #open = new Map();

  lose() {
    this.#open.clear();
  }

  /**
   * Asks for all that was said since the last line shown.
   *
   * @param {Conversation} conversation
   */
  catchUp(conversation) {
    if (conversation.timeline.catchingUp) return;
    if (!this.#client.can("draft/chathistory")) return;
    const { historyLimit } = this.#client.registration.features;
    this.ask(conversation.name, conversation.timeline.begin(historyLimit), "catch-up");
  }

  /**
   * @param {string} target
   * @param {import("./timeline.js").Query} query
   * @param {"catch-up" | "older"} purpose
   */
  ask(target, query, purpose) {
    const label = this.#client.newLabel();
    this.#open.set(label, { label, target, purpose, limit: query.limit });
    const { subcommand, selector, limit } = query;
    this.#client.say("CHATHISTORY", [subcommand, target, selector, String(limit)], { label });
  }

  /**
   * @param {Batch} batch
   * @param {number} now
   */
  receive(batch, now) {
    const request = this.#take(batch.label);
    const conversation = request && this.#client.find(request.target);
    if (!request || !conversation) return;
    const { lines, tags } = this.#readHistory(batch, now);
    for (const line of lines) {
      if (line.id && this.#client.pending.get(line.id)) {
        this.#client.pending.remove(line.id);
        this.#client.note({ type: "pending", conversation });
      }
    }
    if (request.purpose === "older") {
      conversation.loadingOlder = false;
      const older = conversation.timeline.receiveOlder(lines, request.limit);
      this.#client.note({ type: "older", conversation, lines: older });
    } else {
      this.goOn(conversation, conversation.timeline.receivePage(lines));
    }
    for (const message of tags) this.#react(conversation, message);
  }

  /**
   * @param {Batch} batch
   * @param {number} now
   */
  #readHistory(batch, now) {
    /** @type {Line[]} */
    const lines = [];
    /** @type {Message[]} */
    const tags = [];
    for (const item of batch.items) {
      const read = readText(item, this.#client.nick, now * 1000);
      if (read) lines.push(read.line);
      else if (isBatch(item)) continue;
      else if (item.command === "TAGMSG") tags.push(item);
      else {
        const line = readEvent(item, now * 1000);
        if (line) lines.push(line);
      }
    }
    return { lines, tags };
  }

  /**
   * @param {Conversation} conversation
   * @param {{ shown: Line[], ask: import("./timeline.js").Query | null }} answer
   */
  goOn(conversation, { shown, ask }) {
    this.#client.note({ type: "lines", conversation, lines: shown, fresh: false });
    if (ask) this.ask(conversation.name, ask, "catch-up");
    else {
      // What was said before we first came is not unread, unless the hub knows better.
      conversation.readUntil ??= conversation.newest;
      this.#client.note({ type: "caught-up", conversation });
    }
  }

  /** @param {Batch} batch of `CHATHISTORY TARGETS target timestamp` */
  receiveTargets(batch) {
    for (const item of batch.items) {
      if (isBatch(item) || item.command !== "CHATHISTORY") continue;
      const name = item.params[1] ?? "";
      if (name && !isChannel(name) && !this.#client.find(name)) this.#client.open(name);
    }
  }

  /** Asks which people there are talks with. */
  askTargets() {
    if (!this.#client.can("draft/chathistory")) return;
    const until = `timestamp=${new Date(this.#client.clock() + 60_000).toISOString()}`;
    this.#client.say("CHATHISTORY", ["TARGETS", until, BEGINNING, "50"]);
  }

  /**
   * Takes a refusal.
   *
   * @param {string} label
   * @returns {boolean} whether it was one of these questions
   */
  refuse(label) {
    const request = this.#take(label);
    if (!request) return false;
    const conversation = this.#client.find(request.target);
    if (conversation && request.purpose === "older") conversation.loadingOlder = false;
    else if (conversation) this.goOn(conversation, conversation.timeline.refuse());
    return true;
  }

  /** @param {string} label */
  #take(label) {
    const request = this.#open.get(label);
    this.#open.delete(label);
    return request;
  }
}
