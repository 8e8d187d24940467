/**
 * Who is in which channel, kept by what the hub says.
 *
 * @module
 */

import { fold, isChannel, nickOf } from "./irc.js";
import { readEvent } from "./reading.js";

/** @typedef {import("./irc.js").Message} Message */
/** @typedef {import("./client.js").ChatClient} ChatClient */
/** @typedef {import("./conversation.js").Conversation} Conversation */

export class Roster {
  /** @param {ChatClient} client */
  constructor(client) {
    this.#client = client;
    this.#handlers = {
      332: (message) => this.#setTopic(message.params[1], message.params[2] ?? ""),
      331: (message) => this.#setTopic(message.params[1], ""),
      353: (message) => this.#onNames(message),
      366: (message) => this.#onNamesEnd(message),
      AWAY: (message) => this.#onAway(message),
      JOIN: (message) => this.#onJoin(message),
      KICK: (message) => this.#onLeft(message, message.params[1] ?? ""),
      MODE: (message) => this.#onMode(message),
      NICK: (message) => this.#onNick(message),
      PART: (message) => this.#onLeft(message, nickOf(message.source)),
      QUIT: (message) => this.#onQuit(message),
      RENAME: (message) => this.#onRename(message),
      TOPIC: (message) => this.#onTopic(message),
    };
  }

  #client;
  /** @type {Record<string, (message: Message) => void>} */
  #handlers;

  /** @param {Message} message */
  receive(message) {
    const { command } = message;
    if (Object.hasOwn(this.#handlers, command)) this.#handlers[command](message);
  }

  /** @param {string} nick */
  #isOwn(nick) {
    return fold(nick) === fold(this.#client.nick);
  }

  /**
   * @param {Conversation} conversation
   * @param {Message} message
   */
  #tell(conversation, message) {
    const line = readEvent(message, this.#client.clock());
    if (!line) return;
    const lines = conversation.timeline.receiveLive(line);
    this.#client.note({ type: "lines", conversation, lines, fresh: true });
  }

  /** @param {Message} message */
  #onJoin(message) {
    const client = this.#client;
    const nick = nickOf(message.source);
    const name = message.params[0] ?? "";
    if (!isChannel(name)) return;
    if (!this.#isOwn(nick)) {
      const known = client.find(name);
      if (!known) return;
      known.putMember(nick);
      this.#tell(known, message);
      client.note({ type: "members", conversation: known });
      return;
    }
    const conversation = client.open(name);
    conversation.name = name;
    conversation.joined = true;
    conversation.members.clear();
    conversation.putMember(nick);
    client.wanted.set(conversation.key, name);
    client.note({ type: "conversations" });
    client.history.catchUp(conversation);
  }

  /**
   * @param {Message} message PART or KICK
   * @param {string} nick who is out
   */
  #onLeft(message, nick) {
    const client = this.#client;
    const conversation = client.find(message.params[0] ?? "");
    if (!conversation) return;
    conversation.removeMember(nick);
    this.#tell(conversation, message);
    if (this.#isOwn(nick)) {
      conversation.joined = false;
      conversation.timeline.stop();
      conversation.members.clear();
      client.wanted.delete(conversation.key);
      client.note({ type: "conversations" });
    }
    client.note({ type: "members", conversation });
  }

  /** @param {Message} message */
  #onQuit(message) {
    const nick = nickOf(message.source);
    for (const conversation of this.#client.conversations.values()) {
      if (!conversation.removeMember(nick)) continue;
      this.#tell(conversation, message);
      this.#client.note({ type: "members", conversation });
    }
  }

  /** @param {Message} message */
  #onNick(message) {
    const client = this.#client;
    const old = nickOf(message.source);
    const nick = message.params[0] ?? "";
    if (!nick) return;
    if (this.#isOwn(old)) {
      client.registration.nick = nick;
      client.identity.nick = nick;
      client.note({ type: "phase" });
    }
    for (const conversation of client.conversations.values()) {
      if (!conversation.renameMember(old, nick)) continue;
      this.#tell(conversation, message);
      client.note({ type: "members", conversation });
    }
  }

  /** @param {Message} message */
  #onAway({ source, params }) {
    const nick = nickOf(source);
    for (const conversation of this.#client.conversations.values()) {
      if (!conversation.members.has(fold(nick))) continue;
      conversation.putMember(nick, { away: Boolean(params[0]) });
      this.#client.note({ type: "members", conversation });
    }
  }

  /** @param {Message} message `RENAME old new :reason` (IRCv3 channel-rename) */
  #onRename({ params }) {
    const client = this.#client;
    const conversation = client.find(params[0] ?? "");
    const name = params[1] ?? "";
    if (!conversation || !isChannel(name)) return;
    client.conversations.delete(conversation.key);
    client.wanted.delete(conversation.key);
    conversation.name = name;
    client.conversations.set(conversation.key, conversation);
    client.wanted.set(conversation.key, name);
    client.note({ type: "conversations" });
  }

  /** @param {Message} message */
  #onTopic(message) {
    const conversation = this.#client.find(message.params[0] ?? "");
    if (conversation) this.#tell(conversation, message);
    this.#setTopic(message.params[0], message.params[1] ?? "");
  }

  /**
   * @param {string | undefined} name
   * @param {string} topic
   */
  #setTopic(name, topic) {
    const conversation = this.#client.find(name ?? "");
    if (!conversation) return;
    conversation.topic = topic;
    this.#client.note({ type: "topic", conversation });
  }

  /** @param {Message} message `353 us = #channel :@ana +bo cy` */
  #onNames({ params }) {
    const conversation = this.#client.find(params[2] ?? "");
    if (!conversation) return;
    conversation.naming ??= new Map();
    const { signs } = this.#client.registration.features;
    for (const word of (params[3] ?? "").split(" ").filter(Boolean)) {
      let end = 0;
      while (signs.includes(word[end] ?? " ")) end += 1;
      const nick = nickOf(word.slice(end));
      const away = conversation.members.get(fold(nick))?.away ?? false;
      if (nick) conversation.naming.set(fold(nick), { nick, signs: word.slice(0, end), away });
    }
  }

  /** @param {Message} message */
  #onNamesEnd({ params }) {
    const conversation = this.#client.find(params[1] ?? "");
    if (!conversation?.naming) return;
    conversation.members = conversation.naming;
    conversation.naming = null;
    this.#client.note({ type: "members", conversation });
  }

  /** @param {Message} message */
  #onMode(message) {
    const [target = "", letters = "", ...rest] = message.params;
    const conversation = this.#client.find(target);
    if (!conversation) return;
    const { features } = this.#client.registration;
    let adding = true;
    for (const letter of letters) {
      if (letter === "+" || letter === "-") {
        adding = letter === "+";
        continue;
      }
      const argument = features.takesArgument(letter, adding) ? (rest.shift() ?? "") : "";
      const sign = features.prefixes.get(letter);
      if (sign) conversation.changeRank(argument, sign, adding, features.signs);
    }
    this.#tell(conversation, message);
    this.#client.note({ type: "members", conversation });
  }
}
