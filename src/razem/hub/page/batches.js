/**
 * Batches: messages that belong together (IRCv3 batch, labeled-response, multiline).
 *
 * @module
 */

/** @typedef {import("./irc.js").Message} Message */

/**
 * @typedef {object} Batch
 * @property {string} kind
 * @property {string[]} params
 * @property {Message} start the message that opened it; its tags are those of the whole
 * @property {string} label
 * @property {(Message | Batch)[]} items
 * @property {Batch | null} outer
 */

const MAX_OPEN = 64;
const MAX_ITEMS = 10_000;

/**
 * @param {Message | Batch} item
 * @returns {item is Batch}
 */
export function isBatch(item) {
  return "items" in item;
}

export class Batches {
  /** @type {Map<string, Batch>} */
  #open = new Map();

  /**
   * Takes the next message.
   *
   * @param {Message} message
   * @returns {Message | Batch | null} a message of no batch, a whole batch, or nothing yet
   */
  receive(message) {
    const outer = this.#open.get(message.tags.batch ?? "") ?? null;
    if (message.command === "BATCH") return this.#onBatch(message, outer);
    if (!outer) return message;
    if (outer.items.length < MAX_ITEMS) outer.items.push(message);
    return null;
  }

  /**
   * @param {Message} message
   * @param {Batch | null} outer
   */
  #onBatch(message, outer) {
    const reference = message.params[0] ?? "";
    const name = reference.slice(1);
    if (reference.startsWith("+")) {
      if (this.#open.size < MAX_OPEN) {
        const [, kind = "", ...params] = message.params;
        const label = message.tags.label ?? outer?.label ?? "";
        this.#open.set(name, { kind, params, start: message, label, items: [], outer });
      }
      return null;
    }
    const batch = this.#open.get(name);
    if (!batch) return null;
    this.#open.delete(name);
    if (!batch.outer) return batch;
    batch.outer.items.push(batch);
    return null;
  }
}
