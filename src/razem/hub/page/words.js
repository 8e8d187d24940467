/**
 * What is typed -> what is meant: the slash commands, the same as at a terminal.
 *
 * @module
 */

import { isChannel } from "./irc.js";

/** @typedef {import("./client.js").ChatClient} ChatClient */
/** @typedef {import("./conversation.js").Conversation} Conversation */

/**
 * @typedef {object} Place
 * @property {ChatClient} client
 * @property {Conversation | null} conversation
 * @property {(conversation: Conversation) => void} show
 * @property {(text: string) => void} tell a line for the user only
 * @property {() => void} help
 * @property {(text: string) => void} search
 * @property {() => void} settings
 */

/**
 * @typedef {object} Word
 * @property {string} usage
 * @property {string} help
 * @property {(rest: string, place: Place) => void} run
 */

/** @type {Map<string, Word>} */
export const WORDS = new Map();

/**
 * @param {string} name
 * @param {string} usage
 * @param {string} help
 * @param {(rest: string, place: Place) => void} run
 */
function word(name, usage, help, run) {
  WORDS.set(name, { usage: `/${name}${usage ? ` ${usage}` : ""}`, help, run });
}

const asChannel = (/** @type {string} */ name) => (isChannel(name) ? name : `#${name}`);

/**
 * @param {Place} place
 * @param {(conversation: Conversation) => void} run
 */
function inChannel(place, run) {
  if (place.conversation?.kind === "channel") run(place.conversation);
  else place.tell("This is for channels.");
}

word("join", "#channel [key]", "enter a channel, or turn to one we are in", (rest, { client, show, tell }) => {
  const [name, key] = rest.split(/\s+/);
  if (name) show(client.join(asChannel(name), key));
  else tell("Which channel? /join #channel");
});
word("part", "[reason]", "leave the channel", (rest, place) =>
  inChannel(place, (channel) => {
    if (channel.joined) place.client.say("PART", rest ? [channel.name, rest] : [channel.name]);
    place.client.wanted.delete(channel.key);
  }),
);
word("close", "", "leave the channel, or end the talk, and take it off the list", (_, { client, conversation }) => {
  if (conversation) client.close(conversation);
});
word("msg", "NICK text", "say something to one person only", (rest, { client, show, tell }) => {
  const [, target, text] = /^(\S+)\s+(.+)$/s.exec(rest) ?? [];
  if (!target) tell("To whom, and what? /msg NICK text");
  else {
    const conversation = client.open(target);
    client.sayText(conversation, text);
    show(conversation);
  }
});
word("query", "NICK [text]", "talk with one person", (rest, { client, show, tell }) => {
  const [, nick, text] = /^(\S+)\s*(.*)$/s.exec(rest) ?? [];
  if (!nick) tell("With whom? /query NICK");
  else {
    const conversation = client.open(nick);
    if (text) client.sayText(conversation, text);
    show(conversation);
  }
});
word("me", "does something", "say what you do", (rest, { client, conversation }) => {
  if (conversation && rest) client.sayText(conversation, rest, { action: true });
});
word("nick", "NAME", "be called otherwise", (rest, { client, tell }) => {
  if (/^\S+$/.test(rest)) client.say("NICK", [rest]);
  else tell("Which name? /nick NAME");
});
word("topic", "[text]", "see the channel's topic, or change it", (rest, place) =>
  inChannel(place, (channel) => {
    if (rest) place.client.say("TOPIC", [channel.name, rest]);
    else place.tell(channel.topic ? `The topic is: ${channel.topic}` : "There is no topic.");
  }),
);
word("invite", "NICK", "ask somebody into the channel", (rest, place) =>
  inChannel(place, (channel) => place.client.say("INVITE", [rest, channel.name])),
);
word("kick", "NICK [reason]", "put somebody out of the channel", (rest, place) =>
  inChannel(place, (channel) => {
    const [nick, ...why] = rest.split(" ");
    place.client.say("KICK", [channel.name, nick, why.join(" ") || nick]);
  }),
);
word("names", "", "see who is in the channel", (_, place) =>
  inChannel(place, (channel) => {
    const names = [...channel.members.values()].map((member) => member.signs.slice(0, 1) + member.nick);
    place.tell(`In ${channel.name}: ${names.join(" ")}`);
  }),
);
word("away", "[text]", "say that you are away; without a text, that you are back", (rest, { client }) =>
  client.say("AWAY", rest ? [rest] : []),
);
word("search", "text", "find messages", (rest, { search }) => search(rest));
word("mode", "[+-modes …]", "see or set the modes of the channel", (rest, place) =>
  inChannel(place, (channel) => place.client.say("MODE", [channel.name, ...rest.split(/\s+/).filter(Boolean)])),
);
word("settings", "", "name, theme, notifications", (_, { settings }) => settings());
word("help", "", "this list", (_, { help }) => help());

/** @type {Record<string, string>} */
export const SHORT = { j: "join", leave: "part", q: "close", s: "search", h: "help", "?": "help" };

/**
 * Does what a typed text says.
 *
 * @param {string} text
 * @param {Place} place
 * @param {{ reply?: string }} [how]
 */
export function runTyped(text, place, how = {}) {
  const { client, conversation, tell } = place;
  if (!text.startsWith("/") || text.startsWith("//")) {
    if (!conversation) tell("We are in no channel: /join #channel");
    else client.sayText(conversation, text.startsWith("//") ? text.slice(1) : text, how);
    return;
  }
  const [, name, rest] = /^\/(\S*)\s*(.*)$/s.exec(text) ?? ["", "", ""];
  const known = WORDS.get(SHORT[name.toLowerCase()] ?? name.toLowerCase());
  if (!known) tell(`There is no command /${name}: /help lists them.`);
  else if (!client.ready && !["help", "settings", "me", "msg", "query"].includes(name)) tell("There is no connection now.");
  else known.run(rest.trim(), place);
}
