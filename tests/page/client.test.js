import assert from "node:assert/strict";
import { test } from "node:test";

import { Scene, timeOf } from "./hub.js";

test("registration asks for what is offered and waits for the answer", () => {
  const scene = new Scene({ key: "invite:abc" });
  const { first, after } = scene.welcome();
  assert.deepEqual(first, ["CAP LS 302", "PASS invite:abc", "NICK ana", "USER ana 0 * ana"]);
  assert.match(scene.request ?? "", /^CAP REQ :batch draft\/chathistory/);
  assert.equal(after[0], "JOIN #a");
  assert.equal(scene.client.phase, "ready");
});

test("a nick that is taken is asked for with a little more", () => {
  const scene = new Scene();
  scene.client.connected(0);
  scene.sent();
  assert.deepEqual(scene.hear(":hub 433 * ana :taken"), ["NICK ana_"]);
  assert.deepEqual(scene.hear(":hub 433 * ana_ :taken"), ["NICK ana__"]);
  assert.deepEqual(scene.hear(":hub 433 * ana__ :taken"), ["NICK ana2"]);
});

test("a hub that does not let us in is told with its reason, and not tried again", () => {
  const scene = new Scene();
  scene.client.connected(0);
  scene.hear(":hub 464 * :This hub lets in who is invited", "ERROR :bye");
  scene.client.lost("closed");
  assert.equal(scene.client.phase, "refused");
  assert.equal(scene.client.reason, "This hub lets in who is invited");
  assert.ok(scene.client.registration.needsKey);
});

test("live lines wait for the history before them", () => {
  const scene = new Scene();
  scene.welcome();
  const [question] = scene.hear(":ana!~a@h JOIN #a");
  scene.hear(`@msgid=m3;time=${timeOf("m3")} :bo!b@h PRIVMSG #a :three`);
  assert.deepEqual(scene.texts(), []);
  scene.answer(question, ["m1", "one"], ["m2", "two"]);
  assert.deepEqual(scene.texts(), ["one", "two", "three"]);
});

test("after a loss what was missed is told once, page by page, in order", () => {
  const scene = new Scene();
  scene.welcome();
  scene.enter(["m1", "one"]);
  scene.again();
  const [question] = scene.hear(":ana!~a@h JOIN #a");
  assert.match(question, /CHATHISTORY AFTER #a msgid=m1 100$/);
  scene.hear(`@msgid=m4;time=${timeOf("m4")} :bo!b@h PRIVMSG #a :four`);
  const [next] = scene.answer(question, ["m2", "two"]);
  assert.match(next, /CHATHISTORY AFTER #a msgid=m2 100$/);
  scene.answer(next, ["m3", "three"], ["m4", "four"]);
  assert.deepEqual(scene.texts(), ["one", "two", "three", "four"]);
});

test("a log that does not know our last line leaves a gap, and nothing twice", () => {
  const scene = new Scene();
  scene.welcome();
  scene.enter(["m1", "one"]);
  scene.again();
  const [question] = scene.hear(":ana!~a@h JOIN #a");
  const label = /@label=(\S+)/.exec(question)?.[1];
  const [byTime] = scene.hear(`@label=${label} :hub FAIL CHATHISTORY MESSAGE_ERROR AFTER #a :unknown`);
  assert.match(byTime, /AFTER #a timestamp=/);
  scene.answer(byTime, ["m9", "nine"]);
  assert.ok(scene.client.find("#a")?.timeline.gap);
});

test("a message is sent when its channel is complete, and shown where the hub put it", () => {
  const scene = new Scene();
  scene.welcome();
  const channel = scene.client.find("#a") ?? scene.client.open("#a");
  scene.client.sayText(channel, "hello");
  assert.deepEqual(scene.sent(), []);
  const lines = scene.enter(["m1", "one"]);
  const label = /label=(\w+)/.exec(lines[0])?.[1];
  assert.match(lines[0], /^@label=\w+;\+razem\/id=id1 PRIVMSG #a hello$/);
  scene.hear(`@label=${label};msgid=m2;+razem/id=id1;time=${timeOf("m2")} :ana!~a@h PRIVMSG #a :hello`);
  assert.deepEqual(scene.texts(), ["one", "hello"]);
  assert.deepEqual(scene.client.pending.to(() => true), []);
});

test("what was on its way when the connection was lost is sent again under its id", () => {
  const scene = new Scene();
  scene.welcome();
  scene.enter();
  scene.client.sayText(scene.client.open("#a"), "hello");
  assert.equal(scene.sent().length, 1);
  scene.again();
  const [question] = scene.hear(":ana!~a@h JOIN #a");
  const [again] = scene.answer(question);
  assert.match(again, /\+razem\/id=id1 PRIVMSG #a hello/);
});

test("what is found in the history is not sent again", () => {
  const scene = new Scene();
  scene.welcome();
  scene.enter(["m1", "one"]);
  scene.client.sayText(scene.client.open("#a"), "hello");
  scene.sent();
  scene.again();
  const [question] = scene.hear(":ana!~a@h JOIN #a");
  const label = /@label=(\S+)/.exec(question)?.[1];
  const sent = scene.hear(
    `@label=${label} :hub BATCH +h chathistory #a`,
    `@batch=h;msgid=m2;+razem/id=id1;time=${timeOf("m2")} :ana!~a@h PRIVMSG #a :hello`,
    ":hub BATCH -h",
  );
  assert.ok(!sent.some((line) => line.includes("PRIVMSG")));
  assert.deepEqual(scene.texts(), ["one", "hello"]);
  assert.deepEqual(scene.client.pending.to(() => true), []);
});

test("a refusal is told with its reason, and can be tried again", () => {
  const scene = new Scene();
  scene.welcome();
  scene.enter();
  scene.client.sayText(scene.client.open("#a"), "hello");
  const label = /label=(\w+)/.exec(scene.sent()[0])?.[1];
  scene.hear(`@label=${label} :hub 404 ana #a :Cannot send to channel: it is moderated (+m)`);
  const [message] = scene.client.pending.to(() => true);
  assert.equal(message.status, "refused");
  assert.match(message.reason, /moderated/);
  scene.client.resolveRefused(message, true);
  assert.equal(scene.sent().length, 1);
  scene.client.resolveRefused(message, false);
  assert.deepEqual(scene.client.pending.to(() => true), []);
});

test("several lines are one message where the hub knows that, and come back as one", () => {
  const scene = new Scene();
  scene.welcome();
  scene.enter();
  scene.client.sayText(scene.client.open("#a"), "one\n\ntwo");
  const [begin, ...rest] = scene.sent();
  assert.match(begin, /^@label=(\w+);\+razem\/id=id1 BATCH \+\1 draft\/multiline #a$/);
  const label = /label=(\w+)/.exec(begin)?.[1];
  assert.deepEqual(rest, [
    `@batch=${label} PRIVMSG #a one`,
    `@batch=${label} PRIVMSG #a :`,
    `@batch=${label} PRIVMSG #a two`,
    `BATCH -${label}`,
  ]);
  scene.hear(
    `@label=${label};msgid=m1;+razem/id=id1;time=${timeOf("m1")} :ana!~a@h BATCH +q draft/multiline #a`,
    "@batch=q :ana!~a@h PRIVMSG #a :one",
    "@batch=q :ana!~a@h PRIVMSG #a :",
    "@batch=q :ana!~a@h PRIVMSG #a :tw",
    "@batch=q;draft/multiline-concat :ana!~a@h PRIVMSG #a :o",
    ":hub BATCH -q",
  );
  assert.deepEqual(scene.texts(), ["one\n\ntwo"]);
});

test("a hub without multiline gets one message a line", () => {
  const scene = new Scene();
  scene.welcome({ capabilities: "batch echo-message labeled-response message-tags" });
  scene.hear(":ana!~a@h JOIN #a");
  scene.client.sayText(scene.client.open("#a"), "one\n\ntwo");
  assert.deepEqual(scene.sent().map((line) => line.replace(/^@\S+ /, "")), ["PRIVMSG #a one", "PRIVMSG #a two"]);
});

test("a removed message loses its text, wherever it stands", () => {
  const scene = new Scene();
  scene.welcome();
  scene.enter(["m1", "secret"], ["m2", "two"]);
  scene.hear(":bo!b@h REDACT #a m1 :slip");
  assert.deepEqual(scene.texts(), ["", "two"]);
  assert.ok(scene.client.find("#a")?.timeline.byId.get("m1")?.redacted);
});

test("reactions are counted by person, and taken away again", () => {
  const scene = new Scene();
  scene.welcome();
  scene.enter(["m1", "one"]);
  const line = () => scene.client.find("#a")?.timeline.byId.get("m1");
  scene.hear(
    "@+draft/react=👍;+draft/reply=m1 :bo!b@h TAGMSG #a",
    "@+draft/react=👍;+draft/reply=m1 :bo!b@h TAGMSG #a",
    "@+draft/react=👍;+draft/reply=m1 :cy!c@h TAGMSG #a",
  );
  assert.deepEqual([...(line()?.reactions.get("👍") ?? [])], ["bo", "cy"]);
  scene.hear("@+draft/unreact=👍;+draft/reply=m1 :cy!c@h TAGMSG #a", "@+draft/unreact=👍;+draft/reply=m1 :bo!b@h TAGMSG #a");
  assert.equal(line()?.reactions.size, 0);
});

test("typing is told, and ends by itself", () => {
  const scene = new Scene();
  scene.welcome();
  scene.enter();
  scene.hear("@+typing=active :bo!b@h TAGMSG #a");
  const channel = scene.client.find("#a");
  assert.equal(channel?.typing.size, 1);
  scene.now = 7;
  scene.client.expire(7);
  assert.equal(channel?.typing.size, 0);
});

test("our own typing is told at most every three seconds, and its end once", () => {
  const scene = new Scene();
  scene.welcome();
  scene.enter();
  const channel = scene.client.open("#a");
  for (const now of [0, 1, 2, 3, 4]) scene.client.tellTyping(channel, "active", now);
  scene.client.tellTyping(channel, "done", 5);
  scene.client.tellTyping(channel, "done", 6);
  assert.deepEqual(scene.sent(), ["@+typing=active TAGMSG #a", "@+typing=active TAGMSG #a", "@+typing=done TAGMSG #a"]);
});

test("what is unread is counted from the read marker, mentions apart", () => {
  const scene = new Scene();
  scene.welcome();
  const channel = scene.client.open("#a");
  scene.hear(`:hub MARKREAD #a timestamp=${timeOf("m0")}`);
  scene.enter(["m1", "one"], ["m2", "Ana: two"], ["m3", "banana"]);
  assert.deepEqual(channel.unread, { count: 3, mentions: 1 });
  scene.hear(`:hub MARKREAD #a timestamp=${timeOf("m2")}`);
  assert.deepEqual(channel.unread, { count: 1, mentions: 0 });
  scene.client.markRead(channel);
  assert.deepEqual(scene.sent(), [`MARKREAD #a timestamp=${timeOf("m3")}`]);
  scene.client.markRead(channel);
  assert.deepEqual(scene.sent(), []);
});

test("what was said before one first came is not unread", () => {
  const scene = new Scene();
  scene.welcome();
  scene.enter(["m1", "one"]);
  const channel = scene.client.open("#a");
  assert.deepEqual(channel.unread, { count: 0, mentions: 0 });
  scene.hear(`@msgid=m2;time=${timeOf("m2")} :bo!b@h PRIVMSG #a :two`);
  assert.deepEqual(channel.unread, { count: 1, mentions: 0 });
});

test("older lines are put before the first, until there are none", () => {
  const scene = new Scene();
  scene.welcome();
  const many = Array.from({ length: 100 }, (_, index) => /** @type {[string, string]} */ ([`m${index + 11}`, `${index}`]));
  scene.enter(...many);
  const channel = scene.client.open("#a");
  scene.client.loadOlder(channel);
  scene.client.loadOlder(channel);
  const [question, ...more] = scene.sent();
  assert.match(question, /CHATHISTORY BEFORE #a msgid=m11 100$/);
  assert.deepEqual(more, []);
  scene.answer(question, ["m1", "first"]);
  assert.equal(scene.texts()?.[0], "first");
  scene.client.loadOlder(channel);
  assert.deepEqual(scene.sent(), []);
});

test("members, ranks and names are kept by what the hub says", () => {
  const scene = new Scene();
  scene.welcome();
  scene.enter();
  const channel = scene.client.open("#a");
  const list = () => channel.sortedMembers("~&@%+").map((member) => member.signs + member.nick);
  scene.hear(":cy!c@h JOIN #a", ":ana!~a@h MODE #a +vo cy cy", ":bo!b@h NICK bob");
  assert.deepEqual(list(), ["@ana", "@+cy", "bob"]);
  scene.hear(":ana!~a@h MODE #a -o+b cy *!*@x", ":bob!b@h QUIT :bye");
  assert.deepEqual(list(), ["@ana", "+cy"]);
  scene.hear(":ana!~a@h KICK #a cy :out", ":ana!~a@h NICK eve");
  assert.deepEqual(list(), ["@eve"]);
  assert.equal(scene.client.nick, "eve");
});

test("a silent hub is given up", () => {
  const scene = new Scene();
  scene.welcome();
  assert.equal(scene.client.expire(21), "");
  assert.match(scene.sent().join(), /PING/);
  assert.equal(scene.client.expire(40), "");
  assert.notEqual(scene.client.expire(42), "");
});

test("a private talk opens by itself and is caught up", () => {
  const scene = new Scene();
  scene.welcome();
  const sent = scene.hear(`@msgid=m1;time=${timeOf("m1")} :bo!b@h PRIVMSG ana :psst`);
  assert.match(sent[0], /CHATHISTORY LATEST bo \* 100$/);
  scene.answer(sent[0], ["m1", "psst"]);
  assert.deepEqual(scene.texts("bo"), ["psst"]);
});

test("what a search finds is no line of the conversation", () => {
  const scene = new Scene();
  scene.welcome();
  scene.enter(["m1", "one"]);
  scene.client.takeChanges();
  scene.client.search("one", null);
  const [question] = scene.sent();
  const label = /label=([^; ]+)/.exec(question)?.[1];
  // The kind of the batch is "search" (IRCv3 search), whatever the capability is called.
  scene.hear(
    `@label=${label} :hub BATCH +s search`,
    `@batch=s;msgid=m0;time=${timeOf("m1")} :bo!b@h PRIVMSG #a :one of old`,
    ":hub BATCH -s",
  );
  const found = scene.client.takeChanges().find(({ type }) => type === "found");
  assert.deepEqual(found?.lines?.map(({ text }) => text), ["one of old"]);
  assert.deepEqual(scene.texts(), ["one"]);
});
