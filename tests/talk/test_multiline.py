"""Messages in several lines (IRCv3 multiline)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from razem.talk.irc.message import Message
from razem.talk.log import MemoryLog
from razem.talk.settings import Limits
from tests.talk.harness import DurableLog, Person, World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from razem.talk.log import Log

CAPS = "batch message-tags echo-message draft/multiline"
LIMITS = Limits(flood=False, multiline_bytes=60, multiline_lines=4)
SOURCE = "ana!~ana@localhost"
# The example of the specification.
EXAMPLE = (
    "BATCH +123 draft/multiline #channel",
    "@batch=123 PRIVMSG #channel hello",
    "@batch=123 privmsg #channel :how is ",
    "@batch=123;draft/multiline-concat PRIVMSG #channel :everyone?",
    "BATCH -123",
)


@pytest.fixture(params=["memory", "sqlite"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Log]:
    if request.param == "memory":
        yield MemoryLog("log0", lambda: 1_700_000_000_000)
        return
    durable = DurableLog(tmp_path / "log")
    yield durable
    durable.end()


@pytest.fixture
def world(log: Log) -> World:
    return World(log, LIMITS)


def batch(lines: list[str]) -> tuple[Message, list[tuple[str, bool]]]:
    """Return the first line of a batch, and the texts in it, with whether they are joined."""
    first, *inside, last = map(Message.parse, lines)
    reference = first.params[0].removeprefix("+")
    assert first.command == "BATCH"
    assert (last.command, last.params) == ("BATCH", (f"-{reference}",))
    for line in inside:
        assert (line.command, line.params[0]) == ("PRIVMSG", first.params[2])
        assert line.source == first.source
        assert line.tags.keys() <= {"batch", "draft/multiline-concat"}
        assert line.tags["batch"] == reference
    return first, [(m.params[1], "draft/multiline-concat" in m.tags) for m in inside]


def test_the_example_of_the_specification(world: World) -> None:
    knowing = world.person("bo", "#channel", caps=CAPS)
    other = world.person("cy", "#channel", caps="message-tags server-time")
    plain = world.person("dee", "#channel")
    ana = world.person("ana", "#channel", caps=CAPS)
    echo = ana.say(*EXAMPLE)
    heard = knowing.heard()
    first, lines = batch(heard)
    assert first.params[1:] == ("draft/multiline", "#channel")
    assert first.source == SOURCE
    assert lines == [("hello", False), ("how is ", False), ("everyone?", True)]
    assert echo == heard
    message_id = first.tags["msgid"]
    bare = other.messages()
    assert [m.params for m in bare] == [
        ("#channel", "hello"),
        ("#channel", "how is "),
        ("#channel", "everyone?"),
    ]
    # "Servers MUST only include a message ID on the first message of a batch when sending a
    # fallback to non-supporting clients."
    assert [m.tags.get("msgid") for m in bare] == [message_id, None, None]
    assert all("time" in m.tags and "batch" not in m.tags for m in bare)
    assert plain.heard() == [
        f":{SOURCE} PRIVMSG #channel :hello",
        f":{SOURCE} PRIVMSG #channel :how is ",
        f":{SOURCE} PRIVMSG #channel :everyone?",
    ]


def test_blank_lines_are_kept_in_the_batch_and_left_out_of_the_fallback(world: World) -> None:
    plain = world.person("bo", "#a")
    tagged = world.person("cy", "#a", caps="message-tags")
    ana = world.person("ana", "#a", caps=CAPS)
    echo = ana.say(
        "@+draft/reply=x BATCH +1 draft/multiline #a",
        "@batch=1 PRIVMSG #a :",
        "@batch=1 PRIVMSG #a :text",
        "@batch=1 PRIVMSG #a :",
        "@batch=1 PRIVMSG #a :more",
        "BATCH -1",
    )
    first, lines = batch(echo)
    assert first.tags["+draft/reply"] == "x"
    assert lines == [("", False), ("text", False), ("", False), ("more", False)]
    assert plain.heard() == [f":{SOURCE} PRIVMSG #a :text", f":{SOURCE} PRIVMSG #a :more"]
    assert [line.tags["+draft/reply"] for line in tagged.messages()] == ["x", "x"]


def test_a_user_hears_it_too(world: World) -> None:
    bo = world.person("bo", caps=CAPS)
    ana = world.person("ana", caps=CAPS)
    ana.say("BATCH +x draft/multiline bo", "@batch=x PRIVMSG bo 1", "@batch=x PRIVMSG BO 2")
    assert bo.heard() == []
    ana.say("BATCH -x")
    first, lines = batch(bo.heard())
    assert first.params[1:] == ("draft/multiline", "bo")
    assert lines == [("1", False), ("2", False)]


def test_the_label_is_on_the_opening_of_the_batch_alone(world: World) -> None:
    ana = world.person("ana", "#a", caps=CAPS + " labeled-response")
    answer = ana.say(
        "@label=L BATCH +1 draft/multiline #a",
        "@batch=1 PRIVMSG #a :1",
        "@batch=1 PRIVMSG #a :2",
        "BATCH -1",
    )
    assert [Message.parse(line).tags.get("label") for line in answer] == ["L", None, None, None]
    ana.say("CAP REQ :-echo-message")
    answer = ana.say("@label=M BATCH +1 draft/multiline #a", "@batch=1 PRIVMSG #a :1", "BATCH -1")
    assert answer == ["@label=M :hub.test ACK"]
    answer = ana.say(
        "@label=N BATCH +1 draft/multiline #none", "@batch=1 PRIVMSG #none :1", "BATCH -1"
    )
    assert [(m.command, m.tags["label"]) for m in map(Message.parse, answer)] == [("403", "N")]


@pytest.mark.parametrize(
    ("lines", "answer"),
    [
        (["@batch=1 PRIVMSG #b :x"], "MULTILINE_INVALID_TARGET #a #b :"),
        (["@batch=1 PRIVMSG #a :" + "x" * 61], "MULTILINE_MAX_BYTES 60 :"),
        (["@batch=1 PRIVMSG #a :" + "x" * 30] * 2, "MULTILINE_MAX_BYTES 60 :"),
        (["@batch=1 PRIVMSG #a :" + "é" * 31], "MULTILINE_MAX_BYTES 60 :"),
        (["@batch=1 PRIVMSG #a :x"] * 5, "MULTILINE_MAX_LINES 4 :"),
        (["@batch=1 NOTICE #a :x"], "MULTILINE_INVALID :"),
        (["@batch=1 PRIVMSG #a"], "MULTILINE_INVALID :"),
        (["@batch=1 PRIVMSG #a :x", "@batch=2 PRIVMSG #a :y"], "MULTILINE_INVALID :"),
        (["@batch=1;draft/multiline-concat PRIVMSG #a :first"], "MULTILINE_INVALID :"),
        (
            ["@batch=1 PRIVMSG #a :x", "@batch=1;draft/multiline-concat PRIVMSG #a :"],
            "MULTILINE_INVALID :",
        ),
        (["@batch=1 PRIVMSG #a :", "@batch=1 PRIVMSG #a :"], "MULTILINE_INVALID :"),
        ([], "MULTILINE_INVALID :"),
    ],
)
def test_what_is_no_multiline_message_is_refused_once_and_as_a_whole(
    world: World, lines: list[str], answer: str
) -> None:
    bo = world.person("bo", "#a", "#b")
    ana = world.person("ana", "#a", "#b", caps=CAPS + " labeled-response")
    bo.heard()
    heard = ana.say("@label=L BATCH +1 draft/multiline #a", *lines, "PRIVMSG #b :other", "BATCH -1")
    refused = [line for line in heard if "FAIL" in line]
    assert len(refused) == 1
    assert refused[0].startswith(f"@label=L :hub.test FAIL BATCH {answer}")
    assert [line.endswith(":other") for line in bo.heard()] == [True]
    first, said = batch(ana.say(*(line.replace("#channel", "#a") for line in EXAMPLE)))
    assert (first.params[2], len(said)) == ("#a", 3)


@pytest.mark.parametrize(
    "line",
    [
        "BATCH -1",
        "BATCH +1 netsplit a b",
        "BATCH +1 draft/multiline",
        "BATCH",
        "BATCH 1",
        "BATCH +",
    ],
)
def test_a_batch_that_cannot_be_begun_or_ended_is_refused(world: World, line: str) -> None:
    ana = world.person("ana", "#a", caps=CAPS)
    (answer,) = ana.say(line)
    assert answer.startswith(":hub.test FAIL BATCH MULTILINE_INVALID :")


def test_it_needs_its_capabilities_and_registration() -> None:
    world = World(limits=LIMITS)
    ana = world.person("ana", "#a", caps="batch")
    assert ana.ask(EXAMPLE[0])[0].command == "421"
    ana.say("CAP REQ :draft/multiline -batch")
    assert ana.ask(EXAMPLE[0])[0].command == "421"
    assert world.connect().ask(EXAMPLE[0])[0].command == "451"
    offers = " ".join(world.connect().say("CAP LS 302"))
    assert " draft/multiline=max-bytes=60,max-lines=4 " in offers


def test_lines_that_would_be_too_long_for_others_are_cut_in_two() -> None:
    world = World(limits=Limits(flood=False))
    bo = world.person("bo", "#a")
    ana = world.person("ana", "#a", caps=CAPS)
    text = "é" * 245
    echo = ana.say(
        "BATCH +1 draft/multiline #a",
        f"@batch=1 PRIVMSG #a :{text}",
        "@batch=1 PRIVMSG #a :end",
        "BATCH -1",
    )
    _, lines = batch(echo)
    assert [joined for _, joined in lines] == [False, True, False]
    assert lines[0][0] + lines[1][0] == text
    assert all(len(f"{line}\r\n".encode()) <= 512 for line in bo.heard())


def history(person: Person) -> list[str]:
    return person.say("CHATHISTORY LATEST #a * 9")


def test_history_has_it_as_it_was_told_and_finds_every_line_of_it(world: World) -> None:
    ana = world.person("ana", "#a", caps=CAPS + " draft/chathistory draft/search")
    echo = ana.say(*(line.replace("#channel", "#a") for line in EXAMPLE))
    ana.say("PRIVMSG #a :after")
    outer, *inner, last, end = history(ana)
    reference = Message.parse(outer).params[0][1:]
    assert Message.parse(end).params == (f"-{reference}",)
    assert Message.parse(last).params[1] == "after"
    first, lines = batch(inner)
    assert first.tags["batch"] == Message.parse(inner[-1]).tags["batch"] == reference
    assert first.tags["msgid"] == Message.parse(echo[0]).tags["msgid"]
    assert lines == batch(echo)[1]
    found = ana.say(r"SEARCH text=everyone\shello")
    assert batch(found[1:-1])[1] == lines
    ana.say("CAP REQ :-draft/multiline")
    _, *bare, last_line = map(Message.parse, history(ana))
    assert [m.params[1] for m in bare] == ["hello", "how is ", "everyone?", "after"]
    reference = last_line.params[0][1:]
    assert all(m.tags["batch"] == reference for m in bare)
    ana.say("CAP REQ :draft/message-redaction")
    ana.say(f"REDACT #a {first.tags['msgid']}")
    assert Message.parse(history(ana)[1]).params[1] == "after"


_TEXT = st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]), max_size=40)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.booleans(), _TEXT), min_size=1, max_size=6))
def test_whatever_is_said_arrives_whole(drawn: list[tuple[bool, str]]) -> None:
    said = [
        (bool(text) and joined and place > 0, text) for place, (joined, text) in enumerate(drawn)
    ]
    if not any(text for _, text in said):
        return
    world = World(limits=Limits(flood=False))
    bo = world.person("bo", "#a", caps=CAPS)
    ana = world.person("ana", "#a", caps=CAPS)
    bo.heard()
    tags = ("batch=1", "batch=1;draft/multiline-concat")
    lines = [f"@{tags[joined]} PRIVMSG #a :{text}" for joined, text in said]
    ana.say("BATCH +1 draft/multiline #a", *lines, "BATCH -1")
    whole = "".join(text if joined else f"\n{text}" for joined, text in said)[1:]
    lines = bo.heard()
    # A message of one line is an ordinary one.
    parts = batch(lines)[1] if len(lines) > 1 else [(Message.parse(lines[0]).params[1], False)]
    assert "".join(text if joined else f"\n{text}" for text, joined in parts)[1:] == whole
