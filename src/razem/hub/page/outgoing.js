/**
 * Our own messages, from saying them until the hub has them on its disk. No I/O.
 *
 * A message has an id for all its life, carried by the tag `+razem/id` (the hub takes each id
 * once), and for each connection a label. It waits until its conversation is ready, is sent, and
 * is resolved by its echo, by being found in the history, or by a refusal. When the connection is
 * lost, what was sent and is not resolved waits again, in its old place.
 *
 * @module
 */

/**
 * @typedef {object} Outgoing
 * @property {string} id
 * @property {string} target
 * @property {string[]} texts the lines of it; several are sent as one batch (IRCv3 multiline)
 * @property {boolean} action
 * @property {string} reply msgid, or ""
 * @property {string} label "" while it is not sent
 * @property {"waiting" | "sent" | "refused"} status
 * @property {string} reason why it was refused
 * @property {number} time milliseconds since 1970, when it was said
 */

const MAX_PENDING = 1000;
const IN_FLIGHT = 64;

export class Pending {
  /** @type {Map<string, Outgoing>} */
  #byId = new Map();

  /** @param {Outgoing} message */
  add(message) {
    if (this.#byId.size >= MAX_PENDING) throw new Error("too many messages are on their way");
    this.#byId.set(message.id, message);
  }

  /** @param {string} id */
  get(id) {
    return this.#byId.get(id);
  }

  /** @param {string} id */
  remove(id) {
    this.#byId.delete(id);
  }

  /** @param {string} label */
  byLabel(label) {
    if (!label) return undefined;
    return [...this.#byId.values()].find((message) => message.label === label);
  }

  /**
   * Those to a conversation that are not acknowledged, in order.
   *
   * @param {(target: string) => boolean} isTarget
   */
  to(isTarget) {
    return [...this.#byId.values()].filter((message) => isTarget(message.target));
  }

  /**
   * Those to be sent now.
   *
   * @param {(target: string) => boolean} isReady
   */
  due(isReady) {
    const all = [...this.#byId.values()];
    const room = IN_FLIGHT - all.filter((message) => message.status === "sent").length;
    return all
      .filter((message) => message.status === "waiting" && isReady(message.target))
      .slice(0, Math.max(room, 0));
  }

  /**
   * @param {Outgoing} message
   * @param {string} reason
   */
  refuse(message, reason) {
    message.status = "refused";
    message.reason = reason;
    message.label = "";
  }

  /** The connection is lost: what was on the wire waits to be sent again. */
  lose() {
    for (const message of this.#byId.values()) {
      if (message.status === "sent") message.status = "waiting";
      message.label = "";
    }
  }
}
