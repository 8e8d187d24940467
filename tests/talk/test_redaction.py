"""REDACT (IRCv3 message-redaction)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from razem.talk.irc.message import Message
from razem.talk.log import MemoryLog
from razem.talk.settings import Limits
from tests.talk.harness import DurableLog, Person, World
from tests.talk.test_sessions import attach

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from razem.talk.log import Log

CAPS = "batch draft/chathistory message-tags server-time echo-message labeled-response"
REDACTION = CAPS + " draft/message-redaction"
LIMITS = Limits(flood=False, redaction_seconds=600)


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


def say(person: Person, line: str) -> str:
    """Let somebody say something; return its message id."""
    (echo,) = person.ask(line)
    return echo.tags["msgid"]


def history(person: Person, target: str = "#a") -> list[tuple[str, ...]]:
    lines = person.ask(f"CHATHISTORY LATEST {target} * 50")[1:-1]
    return [(m.command, *m.params) for m in lines]


def test_who_said_it_removes_it_and_those_hear_who_know_what_it_means(world: World) -> None:
    bo = world.person("bo", "#a", caps=REDACTION)
    ana = world.person("ana", "#a", caps=REDACTION)
    cy = world.person("cy", "#a", caps=CAPS)
    first = say(ana, "PRIVMSG #a :an example")
    say(ana, "PRIVMSG #a :another")
    for one in (bo, cy):
        one.heard()
    (echo,) = ana.ask(f"REDACT #a {first} :bad example")
    (heard,) = bo.messages()
    for line in (echo, heard):
        assert (line.command, line.params) == ("REDACT", ("#a", first, "bad example"))
        assert line.source == "ana!~ana@localhost"
        assert line.tags["msgid"] not in {"", first}
    assert cy.heard() == []
    assert history(cy) == [("PRIVMSG", "#a", "another")]
    assert history(bo) == [
        ("PRIVMSG", "#a", "another"),
        ("REDACT", "#a", first, "bad example"),
    ]
    # What was redacted is not there a second time.
    (refused,) = ana.say(f"REDACT #a {first}")
    assert refused.startswith(f":hub.test FAIL REDACT UNKNOWN_MSGID #a {first} :")


def test_without_a_reason_there_is_none(world: World) -> None:
    ana = world.person("ana", "#a", caps=REDACTION)
    said = say(ana, "NOTICE #a :oops")
    assert ana.ask(f"REDACT #A {said}")[0].params == ("#A", said)


def test_a_channel_is_moderated_by_those_who_have_the_status(world: World) -> None:
    ana = world.person("ana", "#a", caps=REDACTION)
    bo = world.person("bo", "#a", caps=REDACTION)
    cy = world.person("cy", "#a", caps=REDACTION)
    spam = say(bo, "PRIVMSG #a :join my network for cold hard chats")
    for one in (ana, bo, cy):
        one.heard()
    (refused,) = cy.say(f"REDACT #a {spam}")
    assert refused.startswith(f":hub.test FAIL REDACT REDACT_FORBIDDEN #a {spam} :")
    assert bo.heard() == []
    (echo,) = ana.ask(f"REDACT #a {spam} spam")
    assert echo.params == ("#a", spam, "spam")
    assert [m.command for m in bo.messages()] == ["REDACT"]
    cy.heard()
    assert history(cy) == [("REDACT", "#a", spam, "spam")]


def test_a_reaction_is_removed_too(world: World) -> None:
    ana = world.person("ana", "#a", caps=REDACTION + " draft/event-playback")
    said = say(ana, "PRIVMSG #a :hello")
    reaction = say(ana, f"@+draft/react=x;+draft/reply={said} TAGMSG #a")
    assert [line[0] for line in history(ana)] == ["PRIVMSG", "TAGMSG"]
    ana.say(f"REDACT #a {reaction}")
    assert [line[0] for line in history(ana)] == ["PRIVMSG", "REDACT"]


def test_the_window_ends_for_who_said_it_but_not_for_moderators() -> None:
    world = World(limits=LIMITS)
    ana = world.person("ana", "#a", caps=REDACTION)
    bo = world.person("bo", "#a", caps=REDACTION)
    early, late = say(bo, "PRIVMSG #a :early"), say(bo, "PRIVMSG #a :late")
    world.now += 600
    assert bo.ask(f"REDACT #a {late}")[0].command == "REDACT"
    world.now += 1
    (refused,) = bo.say(f"REDACT #a {early}")
    head = f":hub.test FAIL REDACT REDACT_WINDOW_EXPIRED #a {early} 600 :"
    assert refused.startswith(head)
    ana.heard()
    assert ana.ask(f"REDACT #a {early}")[0].command == "REDACT"


def test_a_direct_message_is_removed_by_who_sent_it(world: World) -> None:
    ana = world.person("ana", caps=REDACTION)
    bo = world.person("bo", caps=REDACTION)
    said = say(ana, "PRIVMSG bo :psst")
    (heard,) = bo.messages()
    assert heard.tags["msgid"] == said
    (refused,) = bo.say(f"REDACT ana {said}")
    assert refused.startswith(f":hub.test FAIL REDACT REDACT_FORBIDDEN ana {said} :")
    assert ana.ask(f"REDACT bo {said} :oops")[0].params == ("bo", said, "oops")
    (heard,) = bo.messages()
    assert (heard.command, heard.params) == ("REDACT", ("bo", said, "oops"))
    assert history(bo, "ana") == [("REDACT", "bo", said, "oops")]


def test_an_account_removes_what_it_said_by_another_session_before(world: World) -> None:
    bo = world.person("bo", caps=REDACTION)
    first = attach(world, "ana", "ana", REDACTION)
    first.heard()
    said = say(first, "PRIVMSG bo :psst")
    first.say("QUIT")
    bo.say("QUIT")
    again = attach(world, "ana2", "ana", REDACTION)
    again.heard()
    assert again.ask(f"REDACT bo {said}")[0].command == "REDACT"
    assert history(again, "bo") == [("REDACT", "bo", said)]
    stranger = attach(world, "ana", "other", REDACTION)
    stranger.heard()
    (refused,) = stranger.say(f"REDACT bo {said}")
    assert " UNKNOWN_MSGID " in refused


@pytest.mark.parametrize(
    ("target", "message_id", "code"),
    [
        ("#nowhere", "log0-1", "INVALID_TARGET #nowhere :"),
        ("#b", "log0-1", "INVALID_TARGET #b :"),
        ("5", "log0-1", "INVALID_TARGET 5 :"),
        ("#a", "log0-1", "UNKNOWN_MSGID #a log0-1 :"),
        ("#a", "log0-ffffffff", "UNKNOWN_MSGID #a log0-ffffffff :"),
        ("#a", "elsewhere-5", "UNKNOWN_MSGID #a elsewhere-5 :"),
        ("#a", "nonsense", "UNKNOWN_MSGID #a nonsense :"),
        ("#a", "{secret}", "UNKNOWN_MSGID #a {secret} :"),
        ("#a", "{topic}", "UNKNOWN_MSGID #a {topic} :"),
        ("bo", "{secret}", "UNKNOWN_MSGID bo {secret} :"),
    ],
)
def test_what_cannot_be_redacted(world: World, target: str, message_id: str, code: str) -> None:
    bo = world.person("bo", "#b", caps=REDACTION)
    secret = say(bo, "PRIVMSG #b :ana does not know")
    ana = world.person("ana", "#a", caps=REDACTION)
    ana.say("TOPIC #a :new")
    topic = f"log0-{world.hub.state.applied:x}"
    names = {"secret": secret, "topic": topic}
    (line,) = ana.say(f"REDACT {target} {message_id.format(**names)}")
    assert line.startswith(f":hub.test FAIL REDACT {code.format(**names)}")
    assert ana.say("PING 1") == [":hub.test PONG hub.test :1"]


def test_the_command_needs_its_capability_and_parameters(world: World) -> None:
    ana = world.person("ana", "#a", caps=CAPS)
    said = say(ana, "PRIVMSG #a :hello")
    assert ana.ask(f"REDACT #a {said}")[0].command == "421"
    ana.say("CAP REQ draft/message-redaction")
    assert ana.ask("REDACT #a")[0].command == "461"


def test_a_label_is_answered_and_what_follows_waits(world: World) -> None:
    bo = world.person("bo", "#a", caps=REDACTION)
    ana = world.person("ana", "#a", caps="message-tags labeled-response draft/message-redaction")
    bo.heard()
    ana.say("PRIVMSG #a :oops")
    (heard,) = bo.messages()
    said = heard.tags["msgid"]
    answers = ana.say(f"@label=1 REDACT #a {said}", "@label=2 PING x")
    assert answers == ["@label=1 :hub.test ACK", "@label=2 :hub.test PONG hub.test :x"]
    bo.heard()
    theirs = say(bo, "PRIVMSG #a :mine")
    ana.heard()
    (refused,) = [Message.parse(line) for line in ana.say(f"@label=3 REDACT #a {theirs}")]
    assert (refused.command, refused.tags["label"]) == ("FAIL", "3")


def test_what_was_redacted_is_gone_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "log"
    log = DurableLog(path)
    ana = World(log).person("ana", "#a", caps=REDACTION)
    said = say(ana, "PRIVMSG #a :hushhush")
    say(ana, "PRIVMSG #a :the rest")
    ana.say(f"REDACT #a {said}")
    log.end()
    log = DurableLog(path)
    ana = World(log).person("ana", "#a", caps=CAPS)
    assert history(ana) == [("PRIVMSG", "#a", "the rest")]
    log.end()
