/**
 * The beginning of a connection: capabilities, log-in, nick, until the hub's welcome. No I/O.
 *
 *     CAP LS 302, PASS, NICK, USER --> CAP REQ --> (AUTHENTICATE) --> CAP END --> 001 … 376
 *
 * @module
 */

import { formatMessage } from "./irc.js";
import { Features } from "./features.js";

/** @typedef {import("./irc.js").Message} Message */

/**
 * Who we are.
 *
 * @typedef {object} Identity
 * @property {string} nick wanted
 * @property {string} password of the hub (PASS), such as `invite:TOKEN`; "" for none
 * @property {string} account to log in to; "" for none
 * @property {string} accountPassword
 */

const WANTED = [
  "account-notify",
  "account-tag",
  "away-notify",
  "batch",
  "chghost",
  "draft/channel-rename",
  "draft/chathistory",
  "draft/event-playback",
  "draft/message-redaction",
  "draft/multiline",
  "draft/read-marker",
  "draft/search",
  "echo-message",
  "extended-join",
  "invite-notify",
  "labeled-response",
  "message-tags",
  "multi-prefix",
  "sasl",
  "server-time",
  "setname",
  "standard-replies",
];
const NICK_TAKEN = new Set(["433", "436", "437"]);
const FATAL = new Set(["432", "463", "464", "465", "466"]);
const LOGGED_IN = "903";
const NOT_LOGGED_IN = new Set(["902", "904", "905", "906", "908"]);
const MAX_TRIES = 12;

export class Registration {
  /** @param {Identity} identity */
  constructor(identity) {
    this.identity = identity;
    this.nick = identity.nick;
    this.account = "";
    this.server = "";
    this.done = false;
    /** Why the hub will not let us in, or "". */
    this.refused = "";
    /** The hub asks for an invitation or a log-in. */
    this.needsKey = false;
    this.features = new Features();
    /** @type {Set<string>} */
    this.capabilities = new Set();
    /** @type {Map<string, string>} what is offered, with its value */
    this.offered = new Map();
    this.#tries = 0;
    this.#loggingIn = false;
  }

  /** @type {number} */
  #tries;
  /** @type {boolean} */
  #loggingIn;

  /** What to say first. */
  begin() {
    const { nick, password } = this.identity;
    const lines = ["CAP LS 302"];
    if (password) lines.push(formatMessage("PASS", [password]));
    const user = nick.replace(/[^A-Za-z0-9]/g, "").slice(0, 10) || "user";
    return [...lines, `NICK ${nick}`, formatMessage("USER", [user, "0", "*", nick])];
  }

  /** @param {string} name */
  has(name) {
    return this.capabilities.has(name);
  }

  /**
   * Takes a message of the hub.
   *
   * @param {Message} message
   * @returns {string[]} what to say to it
   */
  receive(message) {
    const { command, params } = message;
    if (command === "CAP") return this.#onCap(params);
    if (command === "AUTHENTICATE") return this.#onAuthenticate(params);
    if (command === "900") this.account = params[2] ?? "";
    else if (command === "901") this.account = "";
    else if (command === "005") this.features.learn(params.slice(1, -1));
    else if (command === "001") {
      this.nick = params[0] || this.nick;
      this.server = message.source;
    } else if (this.server && (command === "376" || command === "422")) this.done = true;
    else if (this.#loggingIn && command === LOGGED_IN) return this.#end();
    else if (this.#loggingIn && NOT_LOGGED_IN.has(command)) this.#refuse(message);
    else if (!this.done && NICK_TAKEN.has(command)) return this.#tryAnotherNick();
    else if (!this.done && FATAL.has(command)) this.#refuse(message);
    return [];
  }

  /** @param {Message} message */
  #refuse({ command, params }) {
    this.refused = params[params.length - 1] || command;
    this.needsKey = command === "464";
  }

  /** @param {string[]} params */
  #onCap(params) {
    const subcommand = (params[1] ?? "").toUpperCase();
    const words = (params[params.length - 1] ?? "").split(" ").filter(Boolean);
    if (subcommand === "LS" || subcommand === "NEW") {
      for (const word of words) {
        const at = word.indexOf("=");
        this.offered.set(at < 0 ? word : word.slice(0, at), at < 0 ? "" : word.slice(at + 1));
      }
      if (params[2] === "*" && params.length > 3) return []; // the list goes on
      const wanted = WANTED.filter((name) => this.offered.has(name) && !this.has(name));
      if (wanted.length) return [formatMessage("CAP", ["REQ", wanted.join(" ")])];
      return subcommand === "LS" ? this.#end() : [];
    }
    if (subcommand === "DEL") {
      for (const word of words) {
        this.capabilities.delete(word);
        this.offered.delete(word);
      }
    } else if (subcommand === "ACK") {
      for (const word of words) {
        if (word.startsWith("-")) this.capabilities.delete(word.slice(1));
        else this.capabilities.add(word);
      }
      return this.done ? [] : this.#logIn();
    } else if (subcommand === "NAK") return this.done ? [] : this.#end();
    return [];
  }

  #logIn() {
    const { account } = this.identity;
    const mechanisms = (this.offered.get("sasl") ?? "").split(",");
    if (!account || !this.has("sasl") || !mechanisms.includes("PLAIN")) return this.#end();
    this.#loggingIn = true;
    return ["AUTHENTICATE PLAIN"];
  }

  /** @param {string[]} params */
  #onAuthenticate(params) {
    if (params[0] !== "+") return [];
    const { account, accountPassword } = this.identity;
    const bytes = new TextEncoder().encode(`${account}\0${account}\0${accountPassword}`);
    const text = btoa(String.fromCharCode(...bytes));
    const lines = [];
    for (let start = 0; start <= text.length; start += 400) {
      lines.push(`AUTHENTICATE ${text.slice(start, start + 400) || "+"}`);
    }
    return lines;
  }

  #end() {
    this.#loggingIn = false;
    return this.done ? [] : ["CAP END"];
  }

  /** `ana` is taken: `ana_`, `ana__`, then `ana2` and on. */
  #tryAnotherNick() {
    this.#tries += 1;
    if (this.#tries > MAX_TRIES) {
      this.refused = `the name ${this.identity.nick} and all like it are taken`;
      return [];
    }
    const suffix = this.#tries < 3 ? "_".repeat(this.#tries) : String(this.#tries - 1);
    this.nick = this.identity.nick.slice(0, this.features.nickBytes - suffix.length) + suffix;
    return [`NICK ${this.nick}`];
  }
}
