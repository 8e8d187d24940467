/**
 * The page of a hub: starts the client, and shows what changes.
 *
 * @module
 */

import { ChatClient } from "./client.js";
import { Composer } from "./composer.js";
import { applyTheme, askEntry, dialog, showHelp, showSettings } from "./dialogs.js";
import { byId, h, replace } from "./dom.js";
import { fold } from "./irc.js";
import { Link } from "./link.js";
import { MessageList } from "./list.js";
import { notify, showInTitle } from "./notify.js";
import { Search, quickSwitch } from "./search.js";
import { renderMembers, renderSidebar } from "./sidebar.js";
import { recall, remember } from "./store.js";
import { textNodes, visible } from "./text.js";
import { runTyped } from "./words.js";

/** @typedef {import("./conversation.js").Conversation} Conversation */
/** @typedef {import("./client.js").Change} Change */
/** @typedef {import("./dialogs.js").Entry} Entry */
/** @typedef {import("./timeline.js").Line} Line */

const LOBBY = "#lobby";
const UNSEEN_MILLISECONDS = 250; // a page that nobody sees gets no frames, but has a title

class App {
  constructor() {
    applyTheme(recall("theme", "system"));
    /** @type {ChatClient | null} */
    this.client = null;
    /** @type {Link | null} */
    this.link = null;
    /** @type {Conversation | null} */
    this.current = null;
    this.composer = new Composer({
      client: () => this.client,
      onSend: (text, reply) => this.#send(text, reply),
      onTyping: (state) => this.#typing(state),
    });
    this.list = new MessageList(byId("scroller"), byId("lines"), {
      actions: () => this.#lineActions(),
      outgoing: (conversation) => this.client?.pending.to((target) => fold(target) === conversation.key) ?? [],
      onRefused: (message, again) => {
        this.client?.resolveRefused(message, again);
        if (!again) this.composer.edit(message.texts.join("\n"));
        this.link?.flush();
      },
      onOlder: (conversation) => {
        this.client?.loadOlder(conversation);
        this.link?.flush();
      },
      onAtEnd: () => this.#onAtEnd(),
    });
    this.search = new Search(
      () => this.client,
      () => this.current,
      (name, line) => this.#reveal(name, line),
    );
    this.invitation = readInvitation();
    this.#listen();
    this.#begin("");
  }

  // Coming in

  /** @param {string} problem */
  #begin(problem) {
    const { key, channel } = this.invitation;
    const known = recall("nick", "");
    if (known && !problem && recall("entered", false)) {
      this.#enter({ nick: known, key, account: "", accountPassword: "", channel });
      return;
    }
    askEntry({ invited: Boolean(key), channel: channel || LOBBY, problem }, (entry) =>
      this.#enter({ ...entry, key: entry.key || key }),
    );
  }

  /** @param {Entry} entry */
  #enter({ nick, key, account, accountPassword, channel }) {
    const channels = new Set([...(recall("channels", [])), channel || (recall("channels", []).length ? "" : LOBBY)]);
    channels.delete("");
    if (key) remember("key", key);
    const password = key || recall("key", "");
    this.client = new ChatClient({
      identity: { nick, password, account, accountPassword },
      newId: () => crypto.randomUUID?.() ?? String(Math.random()).slice(2),
      clock: () => Date.now(),
      channels: [...channels].map((name) => (name.startsWith("#") ? name : `#${name}`)),
    });
    const address = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`;
    this.link = new Link(this.client, address, () => this.#onChanges());
    for (const name of this.client.wanted.values()) this.client.open(name);
    for (const name of recall("people", [])) this.client.open(name);
    const first = channel || recall("current", LOBBY);
    this.show(this.client.find(first) ?? [...this.client.conversations.values()][0]);
  }

  // What changed

  #onChanges() {
    const { client } = this;
    if (!client) return;
    const changes = client.takeChanges();
    for (const change of changes) this.#onChange(client, change);
    this.#renderStatus(client);
    if (changes.length) this.#schedule();
  }

  #scheduled = false;
  #sidebarToo = false;
  #membersToo = false;

  #schedule() {
    this.#sidebarToo = true;
    if (this.#scheduled) return;
    this.#scheduled = true;
    const render = () => {
      if (!this.#scheduled) return;
      this.#scheduled = false;
      this.#render();
    };
    requestAnimationFrame(render);
    setTimeout(render, UNSEEN_MILLISECONDS);
  }

  /**
   * @param {ChatClient} client
   * @param {Change} change
   */
  #onChange(client, { type, conversation, lines = [], text = "", fresh }) {
    if (type === "notice") this.#tell(text);
    else if (type === "found") this.search.show(lines, text);
    else if (type === "conversations") this.#onConversations(client);
    else if (type === "phase") this.#onPhase(client);
    else if (type === "members") this.#membersToo ||= conversation === this.current;
    else if (type === "older" && conversation === this.current) this.list.shift(lines.length);
    else if (type === "lines" && fresh && conversation) this.#onLines(client, conversation, lines);
  }

  /**
   * @param {ChatClient} client
   * @param {Conversation} conversation
   * @param {Line[]} lines
   */
  #onLines(client, conversation, lines) {
    for (const line of lines) {
      if (line.own || line.kind === "event") continue;
      if (conversation.kind === "direct" || client.mentions(line)) {
        notify(conversation, line, () => this.show(conversation));
      }
    }
    this.#readIfSeen();
  }

  /** @param {ChatClient} client */
  #onConversations(client) {
    remember("channels", [...client.wanted.values()]);
    remember("people", [...client.conversations.values()].filter((one) => one.kind === "direct").map((one) => one.name));
    if (this.current && !client.conversations.has(this.current.key)) {
      this.show([...client.conversations.values()][0] ?? null);
    }
  }

  /** @param {ChatClient} client */
  #onPhase(client) {
    if (client.phase === "ready") {
      remember("entered", true);
      remember("nick", client.identity.nick);
      document.documentElement.dataset.ready = "yes";
    } else if (client.phase === "refused") {
      this.link?.close();
      remember("entered", undefined);
      if (client.registration.needsKey) remember("key", undefined);
      this.#begin(explain(client));
    }
  }

  // Showing

  /** @param {Conversation | null | undefined} conversation */
  show(conversation) {
    this.current = conversation ?? null;
    document.body.classList.remove("sidebar-open", "members-open");
    this.composer.show(this.current);
    if (conversation) {
      remember("current", conversation.name);
      this.list.show(conversation);
    }
    this.#sidebarToo = this.#membersToo = true;
    this.#render();
    this.#readIfSeen();
    if (matchMedia("(pointer: fine)").matches) this.composer.focus();
  }

  #render() {
    const { client, current } = this;
    if (!client) return;
    if (this.#sidebarToo) renderSidebar(client, current, (one) => this.show(one));
    this.#sidebarToo = false;
    this.#renderHead(client, current);
    if (this.#membersToo) {
      renderMembers(current, client.registration.features.signs, (nick) => this.#talkTo(nick));
    }
    this.#membersToo = false;
    this.list.render();
    this.#renderTyping(current);
    this.#renderJump();
    this.#renderTitle(client);
  }

  /**
   * @param {ChatClient} client
   * @param {Conversation | null} current
   */
  #renderHead(client, current) {
    byId("place").textContent = current ? visible(current.name) : "";
    replace(byId("topic"), current ? textNodes(current.topic, { onChannel: (name) => this.#openChannel(name) }) : null);
    byId("topic").title = visible(current?.topic ?? "");
    const network = client.registration.features.network;
    if (network) byId("network").textContent = visible(network);
    byId("me").textContent = visible(client.nick);
    const isChannel = current?.kind === "channel";
    document.body.classList.toggle("direct", !isChannel);
    byId("rejoin").hidden = !(isChannel && client.ready && !current.joined);
  }

  /** @param {Conversation | null} current */
  #renderTyping(current) {
    const names = [...(current?.typing.values() ?? [])].map(({ nick }) => visible(nick));
    const text =
      names.length === 0 ? "" : names.length === 1 ? `${names[0]} is typing…` : names.length < 4 ? `${names.join(", ")} are typing…` : "Several people are typing…";
    byId("typing").textContent = text;
  }

  #renderJump() {
    byId("jump").hidden = this.list.atEnd;
  }

  /** @param {ChatClient} client */
  #renderTitle(client) {
    let mentions = 0;
    let unread = false;
    for (const conversation of client.conversations.values()) {
      if (conversation === this.current && document.hasFocus()) continue;
      const own = conversation.unread;
      mentions += own.mentions;
      unread ||= own.count > 0;
    }
    showInTitle(this.current?.name ?? client.registration.features.network ?? "Razem", mentions, unread);
  }

  /** @param {ChatClient} client */
  #renderStatus(client) {
    const { phase, lag } = client;
    const status = byId("status");
    status.hidden = phase === "ready";
    document.documentElement.dataset.phase = phase;
    if (phase === "waiting") {
      const seconds = Math.max(0, Math.ceil((this.link?.retryAt ?? 0) - (this.link?.now() ?? 0)));
      const why = client.reason || "There is no connection yet";
      const text = seconds ? `${why}. Trying again in ${seconds} s; what you write is sent then.` : "Connecting…";
      if (byId("status-text").textContent !== text) byId("status-text").textContent = visible(text);
    } else if (phase === "registering") byId("status-text").textContent = "Coming in…";
    byId("lag").textContent = phase === "ready" ? (lag === null ? "connected" : `${Math.round(lag * 1000)} ms`) : "offline";
  }

  // Reading

  #onAtEnd() {
    this.#renderJump();
    this.#readIfSeen();
  }

  #readIfSeen() {
    const { client, current } = this;
    if (!client || !current || !document.hasFocus() || !this.list.atEnd) return;
    if (current.timeline.catchingUp) return;
    client.markRead(current);
    this.link?.flush();
  }

  // Intents

  /**
   * @param {string} text
   * @param {string} reply
   */
  #send(text, reply) {
    const { client, current } = this;
    if (!client) return;
    this.list.forgetUnread();
    this.list.atEnd = true;
    try {
      runTyped(
        text,
        {
          client,
          conversation: current,
          show: (conversation) => this.show(conversation),
          tell: (line) => this.#tell(line),
          help: showHelp,
          search: (words) => this.search.open(words),
          settings: () => this.#settings(),
        },
        { reply },
      );
    } catch (error) {
      this.#tell(error instanceof Error ? error.message : String(error));
    }
    this.link?.flush();
    this.#schedule();
  }

  /** @param {"active" | "paused" | "done"} state */
  #typing(state) {
    if (!this.client || !this.current || !this.link) return;
    this.client.tellTyping(this.current, state, this.link.now());
    this.link.flush();
  }

  #settings() {
    showSettings(
      () => this.client?.nick ?? "",
      (nick) => this.#send(`/nick ${nick}`, ""),
    );
  }

  /** @returns {import("./line.js").LineActions} */
  #lineActions() {
    const { client, current } = this;
    const member = current?.members.get(fold(client?.nick ?? ""));
    const act = (/** @type {(one: ChatClient, where: Conversation) => void} */ run) => {
      if (client?.ready && current) run(client, current);
      else this.#tell("There is no connection now.");
      this.link?.flush();
    };
    return {
      ownNick: client?.nick ?? "",
      canRedactAll: /[~&@]/.test(member?.signs ?? ""),
      repliedTo: (line) => current?.timeline.byId.get(line.reply),
      onReply: (line) => this.composer.replyTo(line),
      onReact: (line, reaction) => act((one, where) => one.react(where, line, reaction)),
      onRedact: (line) => act((one, where) => one.redact(where, line)),
      onShow: (line) => this.list.reveal(line),
      onChannel: (name) => this.#openChannel(name),
      onNick: (nick) => this.#talkTo(nick),
    };
  }

  /** @param {string} name */
  #openChannel(name) {
    const { client } = this;
    if (client) this.show(client.find(name) ?? client.join(name));
    this.link?.flush();
  }

  /** @param {string} nick */
  #talkTo(nick) {
    const { client } = this;
    if (!client || fold(nick) === fold(client.nick)) return;
    this.show(client.open(nick));
    this.link?.flush();
  }

  /**
   * @param {string} name
   * @param {Line} line
   */
  #reveal(name, line) {
    const conversation = this.client?.find(name);
    if (!conversation) return;
    const known = conversation.timeline.byId.get(line.msgid);
    if (conversation !== this.current) this.show(conversation);
    if (known) this.list.reveal(known);
    else this.#tell("That message is older than what is loaded: scroll up for it.");
  }

  /** @param {string} text a line that nobody else sees */
  #tell(text) {
    const note = h("div.toast", {}, visible(text));
    const close = h("button", { type: "button", "aria-label": "Dismiss", onclick: () => note.remove() }, "×");
    note.append(close);
    byId("toasts").append(note);
    setTimeout(() => note.remove(), 10_000);
    while (byId("toasts").children.length > 4) byId("toasts").firstElementChild?.remove();
  }

  // Keys and buttons

  #listen() {
    const on = (/** @type {string} */ id, /** @type {() => void} */ run) => byId(id).addEventListener("click", run);
    on("jump", () => this.#toEnd());
    on("menu", () => document.body.classList.toggle("sidebar-open"));
    on("show-members", () => document.body.classList.toggle("members-open"));
    on("show-search", () => this.search.open());
    on("show-help", showHelp);
    on("show-settings", () => this.#settings());
    on("add", () => this.client && quickSwitch(this.client, (one) => this.show(one), (name) => this.#send(`/join ${name}`, "")));
    on("retry", () => this.link?.retry());
    on("rejoin", () => this.current && this.#send(`/join ${this.current.name}`, ""));
    on("shade", () => document.body.classList.remove("sidebar-open", "members-open"));
    addEventListener("focus", () => {
      this.#readIfSeen();
      this.#schedule();
    });
    addEventListener("keydown", (event) => this.#onKey(event));
  }

  #toEnd() {
    this.list.forgetUnread();
    this.list.jumpToEnd();
    this.#readIfSeen();
    this.#schedule();
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (document.querySelector("dialog[open]")) return;
    const control = event.ctrlKey || event.metaKey;
    if (control && event.key === "k") byId("add").click();
    else if (control && event.key === "f") this.search.open();
    else if (event.altKey && event.key === "ArrowDown") this.#move(1, event.shiftKey);
    else if (event.altKey && event.key === "ArrowUp") this.#move(-1, event.shiftKey);
    else if (event.key === "F6") nextPart(event.shiftKey ? -1 : 1);
    else if (event.key === "Escape") {
      document.body.classList.remove("sidebar-open", "members-open");
      this.#toEnd();
      this.composer.focus();
    } else return;
    event.preventDefault();
  }

  /**
   * @param {number} step
   * @param {boolean} unreadOnly
   */
  #move(step, unreadOnly) {
    const { client } = this;
    if (!client) return;
    const kinds = ["channel", "direct"];
    const all = [...client.conversations.values()].sort(
      (one, other) => kinds.indexOf(one.kind) - kinds.indexOf(other.kind) || (one.key < other.key ? -1 : 1),
    );
    const start = this.current ? all.indexOf(this.current) : 0;
    for (let count = 1; count <= all.length; count += 1) {
      const next = all[(start + step * count + all.length * count) % all.length];
      if (unreadOnly && !next.unread.count) continue;
      this.show(next);
      return;
    }
  }
}

/** @param {number} step */
function nextPart(step) {
  const parts = ["sidebar", "scroller", "composer", "members"].map(byId).filter((part) => part.offsetParent);
  const at = parts.findIndex((part) => part.contains(document.activeElement));
  const next = parts[(at + step + parts.length) % parts.length];
  const inside = next.querySelector("button:not([hidden]), textarea");
  (next.id === "scroller" || !(inside instanceof HTMLElement) ? next : inside).focus();
}

/** What follows `#` in an invitation link never leaves the browser: `#invite=TOKEN&join=#channel`. */
function readInvitation() {
  const facts = new URLSearchParams(location.hash.slice(1));
  const token = facts.get("invite") ?? "";
  if (token) history.replaceState(null, "", location.pathname);
  return { key: token && `invite:${token}`, channel: facts.get("join") ?? "" };
}

/** @param {ChatClient} client */
function explain({ reason, registration }) {
  const hint = registration.needsKey
    ? " Ask somebody who runs the hub for an invitation link (razem hub invite), or log in to your account."
    : "";
  return visible(`The hub says: ${reason.replace(/\.?$/, ".")}${hint}`);
}

for (const button of document.querySelectorAll("dialog [data-close]")) {
  button.addEventListener("click", () => button.closest("dialog")?.close());
}
// For the tests of the page.
Object.assign(window, { razem: new App(), razemDialog: dialog });
