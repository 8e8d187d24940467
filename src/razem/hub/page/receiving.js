/**
 * What the hub says, after registration -> conversations, and what of them changed. No I/O.
 *
 * @module
 */

import { isBatch } from "./batches.js";
import { fold, isChannel, nickOf } from "./irc.js";
import { REACT_TAG, REPLY_TAGS, UNREACT_TAG, makeLine, readText, readTime } from "./reading.js";

/** @typedef {import("./batches.js").Batch} Batch */
/** @typedef {import("./client.js").ChatClient} ChatClient */
/** @typedef {import("./conversation.js").Conversation} Conversation */
/** @typedef {import("./irc.js").Message} Message */

const MAX_REACTION = 32; // characters

export class Receiver {
  /** @param {ChatClient} client */
  constructor(client) {
    this.#client = client;
  }

  #client;
  /** Why the hub ends the connection, as it said itself. */
  farewell = "";

  /**
   * @param {Message | Batch} item
   * @param {number} now
   * @param {string} outerLabel
   */
  take(item, now, outerLabel) {
    if (!isBatch(item)) {
      this.#onMessage(item, item.tags.label ?? outerLabel, now);
      return;
    }
    if (item.kind === "chathistory") this.#client.history.receive(item, now);
    else if (item.kind === "draft/chathistory-targets") this.#client.history.receiveTargets(item);
    else if (item.kind === "draft/multiline") this.#onText(item, item.label);
    else if (["search", "draft/search", "soju.im/search"].includes(item.kind)) this.#onFound(item);
    else for (const one of item.items) this.take(one, now, item.label);
  }

  /**
   * @param {Message} message
   * @param {string} label
   * @param {number} now
   */
  #onMessage(message, label, now) {
    const wasReady = this.#client.registration.done;
    for (const line of this.#client.registration.receive(message)) this.#client.sayLine(line);
    if (this.#client.registration.done && !wasReady) {
      this.#onWelcome();
      return;
    }
    const { command, params } = message;
    const handlers = /** @type {Record<string, () => void>} */ ({
      PING: () => this.#client.say("PONG", params.slice(-1)),
      PONG: () => this.#client.noteAnswer(params[params.length - 1] ?? "", now),
      PRIVMSG: () => this.#onText(message, label),
      NOTICE: () => this.#onText(message, label),
      TAGMSG: () => this.#onTags(message, now),
      REDACT: () => this.#onRedact(params[0] ?? "", params[1] ?? ""),
      MARKREAD: () => this.#onMarkRead(params),
      FAIL: () => this.#onFail(params, label),
      ACK: () => this.#onAck(label),
      ERROR: () => (this.farewell = params[0] ?? ""),
    });
    const handler = Object.hasOwn(handlers, command) ? handlers[command] : undefined;
    if (handler) handler();
    else if (/^[45]\d\d$/.test(command) && command !== "422") this.#onRefused(message, label);
    else this.#client.roster.receive(message);
  }

  #onWelcome() {
    this.#client.phase = "ready";
    this.#client.reason = "";
    this.#client.note({ type: "phase" });
    const names = [...this.#client.wanted.values()];
    for (let start = 0; start < names.length; start += 10) {
      this.#client.say("JOIN", [names.slice(start, start + 10).join(",")]);
    }
    for (const conversation of this.#client.conversations.values()) {
      if (conversation.kind === "direct") this.#client.history.catchUp(conversation);
    }
    this.#client.history.askTargets();
  }

  /**
   * @param {Message | Batch} item
   * @param {string} label
   */
  #onText(item, label) {
    const read = readText(item, this.#client.nick, this.#client.clock());
    if (!read) {
      const text = isBatch(item) ? "" : (item.params[item.params.length - 1] ?? "");
      if (text && this.#client.registration.server) this.#client.note({ type: "notice", text });
      return;
    }
    const conversation = this.#client.open(read.conversation);
    // A talk that begins with this line is unread from it on.
    if (conversation.kind === "direct") conversation.readUntil ??= read.line.time - 1;
    conversation.typing.delete(fold(read.line.sender));
    const ours = this.#client.pending.byLabel(label) ?? this.#client.pending.get(read.line.id);
    if (ours) this.#client.pending.remove(ours.id);
    const lines = conversation.timeline.receiveLive(read.line);
    if (read.line.own && lines.length) this.#client.markRead(conversation);
    this.#client.note({ type: "lines", conversation, lines, fresh: true });
    if (ours) this.#client.note({ type: "pending", conversation });
  }

  /** @param {string} label */
  #onAck(label) {
    const ours = this.#client.pending.byLabel(label);
    if (!ours) return;
    // The hub took it without sending it back: it knew it already, from before a loss.
    this.#client.pending.remove(ours.id);
    const conversation = this.#client.find(ours.target);
    if (conversation) this.#client.note({ type: "pending", conversation });
  }

  /**
   * @param {Message} message
   * @param {number} now
   */
  #onTags(message, now) {
    const sender = nickOf(message.source);
    const own = fold(sender) === fold(this.#client.nick);
    const target = message.params[0] ?? "";
    const conversation = this.#client.find(isChannel(target) || own ? target : sender);
    if (!conversation) return;
    const { tags } = message;
    if (tags["+typing"] && !own) {
      conversation.noteTyping(sender, tags["+typing"], now);
      this.#client.note({ type: "typing", conversation });
    }
    this.receiveReaction(conversation, message);
  }

  /**
   * @param {Conversation} conversation
   * @param {Message} message TAGMSG
   */
  receiveReaction(conversation, { tags, source }) {
    const reply = REPLY_TAGS.map((tag) => tags[tag]).find(Boolean) ?? "";
    const line = conversation.timeline.byId.get(reply);
    const reaction = tags[REACT_TAG] ?? tags[UNREACT_TAG];
    if (!line || !reaction || reaction.length > MAX_REACTION) return;
    const who = line.reactions.get(reaction) ?? new Set();
    if (tags[REACT_TAG]) who.add(fold(nickOf(source)));
    else who.delete(fold(nickOf(source)));
    if (who.size) line.reactions.set(reaction, who);
    else line.reactions.delete(reaction);
    this.#client.note({ type: "line", conversation, line });
  }

  /**
   * @param {string} target
   * @param {string} msgid
   */
  #onRedact(target, msgid) {
    for (const conversation of this.#client.conversations.values()) {
      const line = conversation.timeline.byId.get(msgid);
      if (!line || (isChannel(target) && conversation.key !== fold(target))) continue;
      line.redacted = true;
      line.text = "";
      line.reactions.clear();
      this.#client.note({ type: "line", conversation, line });
      this.#client.note({ type: "unread", conversation });
    }
  }

  /** @param {string[]} params `target timestamp=…`, or `target *` */
  #onMarkRead([target = "", stamp = ""]) {
    const conversation = this.#client.find(target);
    if (!conversation) return;
    const time = readTime(stamp.replace(/^timestamp=/, ""), 0);
    conversation.readUntil = Math.max(conversation.readUntil ?? 0, time);
    this.#client.note({ type: "unread", conversation });
  }

  /**
   * FAIL command code [context …] :description (IRCv3 standard-replies).
   *
   * @param {string[]} params
   * @param {string} label
   */
  #onFail(params, label) {
    const reason = params[params.length - 1] ?? "refused";
    if (this.#client.history.refuse(label)) return;
    if (params[0] === "CHATHISTORY" && !label) return; // a question of ours without a place
    if (this.#client.searches.delete(label)) {
      this.#client.note({ type: "found", lines: [], text: reason });
      return;
    }
    this.#refuse(label, reason, "");
  }

  /**
   * @param {Message} message an error numeric
   * @param {string} label
   */
  #onRefused({ command, params }, label) {
    const reason = params[params.length - 1] ?? command;
    const subject = params.length > 2 ? params[1] : "";
    const conversation = isChannel(subject) ? this.#client.find(subject) : undefined;
    if (conversation && !conversation.joined && /^4(03|05|71|73|74|75|77|89)$/.test(command)) {
      this.#client.wanted.delete(conversation.key);
    }
    this.#refuse(label, reason, subject);
  }

  /**
   * @param {string} label
   * @param {string} reason
   * @param {string} subject
   */
  #refuse(label, reason, subject) {
    const ours = this.#client.pending.byLabel(label);
    if (!ours) {
      this.#client.note({ type: "notice", text: subject ? `${subject}: ${reason}` : reason });
      return;
    }
    this.#client.pending.refuse(ours, reason);
    const conversation = this.#client.find(ours.target);
    if (conversation) this.#client.note({ type: "pending", conversation });
  }

  /** @param {Batch} batch */
  #onFound(batch) {
    this.#client.searches.delete(batch.label);
    const lines = [];
    for (const item of batch.items) {
      const read = readText(item, this.#client.nick, 0);
      if (read) lines.push(makeLine({ ...read.line, account: read.conversation }));
    }
    this.#client.note({ type: "found", lines });
  }
}
