import assert from "node:assert/strict";
import { test } from "node:test";

import { byteLength, cutLine, fold, formatMessage, parseMessage, unwrapAction, wrapAction } from "../../src/razem/hub/page/irc.js";

test("a message is read as RFC 1459 and message-tags have it", () => {
  const message = parseMessage("@label=7;+x=a\\sb\\:;y :ana!a@host PRIVMSG #net :good morning");
  assert.deepEqual({ ...message, tags: { ...message?.tags } }, {
    command: "PRIVMSG",
    params: ["#net", "good morning"],
    tags: { label: "7", "+x": "a b;", y: "" },
    source: "ana!a@host",
  });
  assert.deepEqual(parseMessage("ping  a   :")?.params, ["a", ""]);
  for (const nothing of ["", " ", "@tags", ":source", ":source ", "@a=b "]) assert.equal(parseMessage(nothing), null);
});

test("a tag that is named like a property of objects is a tag like any other", () => {
  const message = parseMessage("@__proto__=x;constructor=y PING 1");
  assert.equal(message?.tags.__proto__, "x");
  assert.equal(message?.tags.toString, undefined);
});

test("what is written is read again as it was", () => {
  const line = formatMessage("PRIVMSG", ["#a", ":x y"], { "+a": "; \\\r\n" });
  assert.deepEqual(parseMessage(line)?.params, ["#a", ":x y"]);
  assert.equal(parseMessage(line)?.tags["+a"], "; \\\r\n");
  assert.throws(() => formatMessage("PRIVMSG", ["a b", "c"]));
  assert.throws(() => formatMessage("PRIVMSG", ["a", "b\r\nQUIT"]));
});

test("names are folded in ASCII only", () => {
  assert.equal(fold("Ana[Å]"), "ana[Å]");
});

test("a long line is cut at spaces, and never within a character", () => {
  const line = "über ".repeat(50) + "👍".repeat(60);
  const pieces = cutLine(line, 64);
  assert.ok(pieces.every((piece) => byteLength(piece) <= 64 && !piece.includes("\ufffd")));
  assert.equal(pieces.join("").replaceAll(" ", ""), line.replaceAll(" ", ""));
});

test("a /me is unwrapped, also where its end is missing", () => {
  assert.deepEqual(unwrapAction(wrapAction("waves")), { text: "waves", action: true });
  assert.deepEqual(unwrapAction("\x01ACTION waves"), { text: "waves", action: true });
  assert.deepEqual(unwrapAction("hello"), { text: "hello", action: false });
});
