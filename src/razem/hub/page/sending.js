/**
 * How our messages go to the hub: in one line, in a batch of several, or in pieces.
 *
 * @module
 */

import { byteLength, cutLine, roomForText, wrapAction } from "./irc.js";
import { CONCAT_TAG, ID_TAG, REPLY_TAGS } from "./reading.js";

/** @typedef {import("./client.js").ChatClient} ChatClient */
/** @typedef {import("./outgoing.js").Outgoing} Outgoing */

const MAX_BYTES = 4096; // of a message of several lines, where the hub does not say

export class Sender {
  /** @param {ChatClient} client */
  constructor(client) {
    this.#client = client;
  }

  #client;

  /**
   * Tells whether lines can be sent as one message.
   *
   * @param {string} target
   * @param {string[]} texts
   */
  fits(target, texts) {
    const room = roomForText(target, this.#client.registration.features.nickBytes);
    if (texts.length === 1 && byteLength(texts[0]) <= room) return true;
    if (!this.#client.can("draft/multiline")) return false;
    const limits = new Map(
      (this.#client.registration.offered.get("draft/multiline") ?? "")
        .split(",")
        .map((word) => /** @type {[string, number]} */ ([word.split("=")[0], Number(word.split("=")[1])])),
    );
    const pieces = texts.flatMap((text) => cutLine(text, room)).length;
    const bytes = byteLength(texts.join("\n"));
    return pieces <= (limits.get("max-lines") ?? Infinity) && bytes <= (limits.get("max-bytes") ?? MAX_BYTES);
  }

  /** Sends what waits and may be sent. */
  sendDue() {
    const due = this.#client.pending.due((target) => this.#mayTalkTo(target));
    for (const message of due) this.#transmit(message);
  }

  /** @param {string} target */
  #mayTalkTo(target) {
    const conversation = this.#client.find(target);
    if (!conversation || conversation.kind === "direct") return !conversation?.timeline.catchingUp;
    return conversation.joined && !conversation.timeline.catchingUp;
  }

  /** @param {Outgoing} message */
  #transmit(message) {
    const label = this.#client.newLabel();
    message.label = label;
    message.status = "sent";
    /** @type {Record<string, string>} */
    const tags = { label, [ID_TAG]: message.id };
    if (message.reply) tags[REPLY_TAGS[0]] = message.reply;
    const room = roomForText(message.target, this.#client.registration.features.nickBytes);
    const pieces = message.texts.map((text) => cutLine(text, room));
    if (pieces.length === 1 && pieces[0].length === 1) {
      const text = message.action ? wrapAction(pieces[0][0]) : pieces[0][0];
      this.#client.say("PRIVMSG", [message.target, text], tags);
      return;
    }
    if (!this.#client.can("draft/multiline")) {
      this.#transmitInPieces(message, pieces.flat(), tags);
      return;
    }
    this.#client.say("BATCH", [`+${label}`, "draft/multiline", message.target], tags);
    for (const line of pieces) {
      (line.length ? line : [""]).forEach((piece, index) => {
        /** @type {Record<string, string>} */
        const own = index ? { batch: label, [CONCAT_TAG]: "" } : { batch: label };
        this.#client.say("PRIVMSG", [message.target, piece], own);
      });
    }
    this.#client.say("BATCH", [`-${label}`]);
  }

  /**
   * A long line for a hub without multiline: its first piece bears the marks, the others follow.
   *
   * @param {Outgoing} message
   * @param {string[]} pieces
   * @param {Record<string, string>} tags
   */
  #transmitInPieces(message, pieces, tags) {
    pieces.forEach((piece, index) => {
      const text = message.action ? wrapAction(piece) : piece;
      const own = index ? { [ID_TAG]: `${message.id}-${index}` } : tags;
      this.#client.say("PRIVMSG", [message.target, text], own);
    });
  }
}
