/**
 * The list of channels and people, with what is unread, and the list of members.
 *
 * @module
 */

import { byId, h, reconcile } from "./dom.js";
import { colourOf, visible } from "./text.js";

/** @typedef {import("./client.js").ChatClient} ChatClient */
/** @typedef {import("./conversation.js").Conversation} Conversation */
/** @typedef {import("./dom.js").Row} Row */

/**
 * @param {ChatClient} client
 * @param {Conversation | null} current
 * @param {(conversation: Conversation) => void} onShow
 */
export function renderSidebar(client, current, onShow) {
  const all = [...client.conversations.values()].sort((one, other) => (one.key < other.key ? -1 : 1));
  const rows = (/** @type {string} */ kind) =>
    all.filter((one) => one.kind === kind).map((one) => conversationRow(one, one === current, onShow));
  reconcile(byId("channels"), rows("channel"));
  reconcile(byId("people"), rows("direct"));
  byId("people-title").hidden = !rows("direct").length;
}

/**
 * @param {Conversation} conversation
 * @param {boolean} current
 * @param {(conversation: Conversation) => void} onShow
 * @returns {Row}
 */
function conversationRow(conversation, current, onShow) {
  const { count, mentions } = current && document.hasFocus() ? { count: 0, mentions: 0 } : conversation.unread;
  const { name, kind, key, joined } = conversation;
  const label = `${visible(name)}${count ? `, ${count} unread` : ""}${mentions ? `, ${mentions} for you` : ""}`;
  const classes = ["conversation", count ? "has-unread" : "", kind === "channel" && !joined ? "outside" : ""];
  return {
    key,
    state: `${current} ${count} ${mentions} ${joined} ${name}`,
    make: () =>
      h(
        "li",
        {},
        h(
          "button",
          {
            type: "button",
            className: classes.filter(Boolean).join(" "),
            "aria-current": current ? "page" : undefined,
            "aria-label": label,
            onclick: () => onShow(conversation),
          },
          h("span.sign", { "aria-hidden": "true" }, kind === "channel" ? "#" : "@"),
          h("bdi.name", {}, visible(kind === "channel" ? name.slice(1) : name)),
          count ? h("span", { className: mentions ? "badge mentions" : "badge" }, count > 99 ? "99+" : String(mentions || count)) : null,
        ),
      ),
  };
}

/**
 * @param {Conversation | null} conversation
 * @param {string} signs of ranks, the highest first
 * @param {(nick: string) => void} onNick
 */
export function renderMembers(conversation, signs, onNick) {
  const members = conversation?.kind === "channel" ? conversation.sortedMembers(signs) : [];
  byId("members-title").textContent = `Members — ${members.length}`;
  reconcile(
    byId("member-list"),
    members.map(({ nick, signs: own, away }) => ({
      key: nick,
      state: `${own} ${away}`,
      make: () =>
        h(
          "li",
          {},
          h(
            "button",
            {
              type: "button",
              className: away ? "member away" : "member",
              "aria-label": `${visible(nick)}${own ? ", operator" : ""}${away ? ", away" : ""}`,
              onclick: () => onNick(nick),
            },
            h("span.sign", { "aria-hidden": "true" }, own.slice(0, 1)),
            h(`bdi.nick-${colourOf(nick)}`, {}, visible(nick)),
          ),
        ),
    })),
  );
}
