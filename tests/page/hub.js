/** A hub as the client of the page sees it: scripted, in memory. */

import { ChatClient } from "../../src/razem/hub/page/client.js";

export const CAPABILITIES =
  "batch draft/chathistory draft/message-redaction draft/multiline=max-bytes=4096,max-lines=100 " +
  "draft/read-marker echo-message labeled-response message-tags server-time standard-replies";

export class Scene {
  constructor({ channels = ["#a"], nick = "ana", key = "" } = {}) {
    this.now = 0;
    this.ids = 0;
    this.client = new ChatClient({
      identity: { nick, password: key, account: "", accountPassword: "" },
      newId: () => `id${(this.ids += 1)}`,
      clock: () => 1_700_000_000_000 + this.now * 1000,
      channels,
    });
  }

  /** Lines that the client sent since the last look. */
  sent() {
    return this.client.takeLines();
  }

  /** @param {...string} lines of the hub */
  hear(...lines) {
    for (const line of lines) this.client.receive(line, this.now);
    return this.sent();
  }

  /** Connects and registers; returns what the client says after the welcome. */
  welcome({ capabilities = CAPABILITIES } = {}) {
    this.client.connected(this.now);
    const first = this.sent();
    const names = capabilities.split(" ").map((word) => word.split("=")[0]);
    const [request] = this.hear(`:hub CAP * LS :${capabilities}`);
    this.request = request;
    this.hear(`:hub CAP * ACK :${names.join(" ")}`);
    const after = this.hear(
      ":hub 001 ana :Welcome",
      ":hub 005 ana NICKLEN=30 PREFIX=(qaohv)~&@%+ CHATHISTORY=100 :are supported",
      ":hub 422 ana :No message of the day",
    );
    return { first, after };
  }

  /** Joins #a and answers its catch-up with these lines (msgid and text). */
  enter(...history) {
    const [question] = this.hear(":ana!~a@h JOIN #a", ":hub 353 ana = #a :@ana bo", ":hub 366 ana #a :End");
    return this.answer(question, ...history);
  }

  /**
   * Answers a question for history.
   *
   * @param {string} question `@label=x CHATHISTORY …`
   * @param {...[string, string]} history msgid and text
   */
  answer(question, ...history) {
    const label = /@label=(\S+) CHATHISTORY/.exec(question)?.[1];
    const target = question.split(" ")[3];
    return this.hear(
      `@label=${label} :hub BATCH +h chathistory ${target}`,
      ...history.map(([msgid, text]) => `@batch=h;msgid=${msgid};time=${timeOf(msgid)} :bo!b@h PRIVMSG ${target} :${text}`),
      ":hub BATCH -h",
    );
  }

  /** Connection and channel lost, and there again. */
  again(reason = "gone") {
    this.client.lost(reason);
    return this.welcome();
  }

  texts(name = "#a") {
    return this.client.find(name)?.timeline.lines.filter((line) => line.kind !== "event").map((line) => line.text);
  }

  changes() {
    return this.client.takeChanges();
  }
}

/** @param {string} msgid `m12`: the twelfth second */
export function timeOf(msgid) {
  return new Date(1_700_000_000_000 + Number(msgid.slice(1)) * 1000).toISOString();
}
