"""History of direct messages, and of which targets there is any (IRCv3 chathistory)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from razem.talk.log import MemoryLog
from tests.talk.harness import DurableLog, Person, World
from tests.talk.test_sessions import attach

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from razem.talk.irc.message import Message
    from razem.talk.log import Log

CAPS = "batch draft/chathistory message-tags server-time echo-message"
EPOCH = 1_700_000_000_000
LONG_AGO = "timestamp=1970-01-01T00:00:00.000Z"
FAR_OFF = "timestamp=2100-01-01T00:00:00.000Z"


class Clock:
    """Milliseconds since 1970: a second more at each look."""

    def __init__(self) -> None:
        self.now = EPOCH

    def __call__(self) -> int:
        self.now += 1000
        return self.now


@pytest.fixture(params=["memory", "sqlite"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Log]:
    if request.param == "memory":
        yield MemoryLog("log0", Clock())
        return
    durable = DurableLog(tmp_path / "log", Clock())
    yield durable
    durable.end()


@pytest.fixture
def world(log: Log) -> World:
    return World(log)


def somebody(world: World, nick: str, account: str = "", caps: str = CAPS) -> Person:
    """Return somebody who is here, logged in where an account is named."""
    if not account:
        return world.person(nick, caps=caps)
    person = attach(world, nick, account, caps)
    for one in world.people:
        one.heard()
    return person


def page(person: Person, question: str) -> list[tuple[str, str, str]]:
    """Return sender, target and text of the lines of a page."""
    first, *lines, last = person.ask(f"CHATHISTORY {question}")
    assert (first.command, last.command) == ("BATCH", "BATCH")
    return [(m.source.partition("!")[0], m.params[0], m.params[1]) for m in lines]


def targets(person: Person, question: str = f"{LONG_AGO} {FAR_OFF} 50") -> list[tuple[str, ...]]:
    """Return the targets and times of an answer to TARGETS."""
    first, *lines, last = person.ask(f"CHATHISTORY TARGETS {question}")
    assert (first.command, first.params[1:]) == ("BATCH", ("draft/chathistory-targets",))
    assert last.command == "BATCH"
    assert all(m.command == "CHATHISTORY" and m.params[0] == "TARGETS" for m in lines)
    assert all(m.tags == {"batch": first.params[0][1:]} for m in lines)
    return [m.params[1:] for m in lines]


def names(answer: list[tuple[str, ...]]) -> list[str]:
    return [name for name, _ in answer]


def test_both_see_the_whole_conversation_and_nobody_else(world: World) -> None:
    ana, bo, cy = (somebody(world, nick) for nick in ("ana", "bo", "cy"))
    ana.say("PRIVMSG bo :hello", "NOTICE BO :psst")
    (heard,) = [line for line in bo.heard() if "psst" in line]
    bo.say("PRIVMSG ana :hi! how are you?")
    ana.say("PRIVMSG cy :something else")
    ana.heard()
    conversation = [
        ("ana", "bo", "hello"),
        ("ana", "BO", "psst"),
        ("bo", "ana", "hi! how are you?"),
    ]
    assert page(ana, "LATEST bo * 50") == conversation
    bo.heard()
    assert page(bo, "LATEST ANA * 50") == conversation
    assert page(bo, "LATEST ana * 1") == conversation[-1:]
    cy.heard()
    assert page(cy, "LATEST bo * 50") == []
    assert page(cy, "LATEST ana * 50") == [("ana", "cy", "something else")]
    lines = bo.say("CHATHISTORY LATEST ana * 50")
    assert lines[0].endswith(" chathistory ana")
    assert heard.removeprefix("@") in lines[2]
    assert page(ana, "LATEST nobody * 50") == []


def test_a_line_to_oneself_is_there_once(world: World) -> None:
    ana = somebody(world, "ana")
    ana.say("PRIVMSG ana :note")
    assert page(ana, "LATEST ana * 9") == [("ana", "ana", "note")]
    assert names(targets(ana)) == ["ana"]


def test_a_conversation_goes_on_over_changes_of_nick(world: World) -> None:
    ana, bo = somebody(world, "ana"), somebody(world, "bo")
    ana.say("PRIVMSG bo :1")
    bo.say("NICK robert", "PRIVMSG ana :2")
    ana.say("NICK anna", "PRIVMSG robert :3")
    ana.heard()
    bo.heard()
    texts = ["1", "2", "3"]
    assert [text for _, _, text in page(ana, "LATEST robert * 9")] == texts
    assert [text for _, _, text in page(ana, "LATEST bo * 9")] == texts
    assert [text for _, _, text in page(bo, "LATEST anna * 9")] == texts
    assert names(targets(ana)) == ["robert"]
    assert names(targets(bo)) == ["anna"]


def test_another_under_the_same_nick_reads_nothing(world: World) -> None:
    ana, bo = somebody(world, "ana"), somebody(world, "bo")
    ana.say("PRIVMSG bo :for bo only")
    bo.say("QUIT")
    other = somebody(world, "bo")
    assert page(other, "LATEST ana * 9") == []
    assert targets(other) == []
    ana.heard()
    ana.say("PRIVMSG bo :who are you?")
    other.heard()
    assert page(other, "LATEST ana * 9") == [("ana", "bo", "who are you?")]
    # Who wrote to both of them finds both.
    assert [text for _, _, text in page(ana, "LATEST bo * 9")] == ["for bo only", "who are you?"]
    assert names(targets(ana)) == ["bo"]


def test_an_account_reads_its_conversations_again_and_on_every_session(world: World) -> None:
    ana, bo = somebody(world, "ana", "ana"), somebody(world, "bo", "bo")
    bo.say("PRIVMSG ana :1")
    ana.say("PRIVMSG bo :2")
    ana.say("QUIT")
    back = somebody(world, "ana_", "ana")
    conversation = [("bo", "ana", "1"), ("ana", "bo", "2")]
    assert page(back, "LATEST bo * 9") == conversation
    bo.heard()
    assert page(bo, "LATEST ana_ * 9") == conversation
    assert page(bo, "LATEST ana * 9") == conversation
    assert names(targets(bo)) == ["ana_"]
    stranger = somebody(world, "ana")
    assert page(stranger, "LATEST bo * 9") == []


def test_who_registers_meanwhile_keeps_the_conversation(world: World) -> None:
    ana, bo = somebody(world, "ana"), somebody(world, "bo")
    ana.say("PRIVMSG bo :before")
    message_id = ana.ask("PRIVMSG bo :to be removed")[0].tags["msgid"]
    ana.say("REGISTER * * :a password of ana's")
    bo.say("PRIVMSG ana :after")
    ana.heard()
    bo.heard()
    texts = ["before", "to be removed", "after"]
    assert [text for _, _, text in page(ana, "LATEST bo * 9")] == texts
    assert [text for _, _, text in page(bo, "LATEST ana * 9")] == texts
    assert names(targets(ana)) == ["bo"]
    assert names(targets(bo)) == ["ana"]
    ana.say("CAP REQ :draft/message-redaction", f"REDACT bo {message_id}")
    assert [text for _, _, text in page(bo, "LATEST ana * 9")] == ["before", "after"]


def test_targets_are_ordered_by_their_last_message_between_two_times(world: World) -> None:
    ana, bo = somebody(world, "ana"), somebody(world, "bo")
    ana.say("JOIN #A,#b,#empty")
    bo.say("JOIN #A,#b,#secret", "PRIVMSG #secret :not for ana", "PRIVMSG #a :1")
    bo.say("PRIVMSG ana :2")
    bo.say("PRIVMSG #b :3")
    bo.say("PRIVMSG #a :4", "TOPIC #b :no message")
    ana.heard()
    answer = targets(ana)
    assert names(answer) == ["bo", "#b", "#A"]
    two, three, four = (f"timestamp={time}" for _, time in answer)
    assert names(targets(ana, f"{FAR_OFF} {LONG_AGO} 50")) == ["bo", "#b", "#A"]
    assert names(targets(ana, f"{LONG_AGO} {FAR_OFF} 2")) == ["bo", "#b"]
    assert names(targets(ana, f"{FAR_OFF} {LONG_AGO} 1")) == ["#A"]
    assert names(targets(ana, f"{two} {four} 50")) == ["#b"]
    assert names(targets(ana, f"{four} {two} 50")) == ["#b"]
    assert names(targets(ana, f"{three} {three} 50")) == []
    ana.say("PART #b")
    assert names(targets(ana)) == ["bo", "#A"]
    (line,) = [m for m in ana.ask("CHATHISTORY LATEST #a * 1") if m.command == "PRIVMSG"]
    assert f"timestamp={line.tags['time']}" == four


def test_conversations_of_accounts_are_there_after_a_restart(tmp_path: Path) -> None:
    clock = Clock()
    log = DurableLog(tmp_path / "log", clock)
    world = World(log)
    ana, bo = somebody(world, "ana", "ana"), somebody(world, "bo", "bo")
    ana.say("PRIVMSG bo :before the checkpoint")
    log.checkpoint(world.hub.state.applied, world.hub.state.snapshot())
    bo.say("PRIVMSG ana :after it", "PRIVMSG nobody :refused")
    log.end()

    log = DurableLog(tmp_path / "log", clock)
    ana = somebody(World(log), "ana", "ana")
    assert page(ana, "LATEST bo * 9") == [
        ("ana", "bo", "before the checkpoint"),
        ("bo", "ana", "after it"),
    ]
    assert names(targets(ana)) == ["bo"]
    log.end()


def test_a_conversation_that_was_not_filed_when_the_hub_was_killed_is_filed_at_its_start(
    tmp_path: Path,
) -> None:
    class Forgetful(DurableLog):
        def file(self, filings: object) -> None:
            """Forget it, as a hub does that is killed before it can."""

    clock = Clock()
    log: DurableLog = Forgetful(tmp_path / "log", clock)
    world = World(log)
    ana, bo = somebody(world, "ana", "ana"), somebody(world, "bo", "bo")
    ana.say("JOIN #a", "PRIVMSG bo :told", "TOPIC #a :new")
    bo.say("PRIVMSG #a :refused")
    log.end()

    log = DurableLog(tmp_path / "log", clock)
    world = World(log)
    ana = somebody(world, "ana", "ana", CAPS + " draft/event-playback")
    assert page(ana, "LATEST bo * 9") == [("ana", "bo", "told")]
    ana.say("JOIN #a")
    assert page(ana, "LATEST #a * 9") == [("ana", "#a", "new")]
    log.end()


# What may be shown again beside messages


def playback(person: Person, question: str = "LATEST #a * 50") -> list[Message]:
    return person.ask(f"CHATHISTORY {question}")[1:-1]


def test_changes_have_an_id_of_their_own_when_they_come_and_when_they_are_shown_again(
    world: World,
) -> None:
    ana = somebody(world, "ana", caps=CAPS + " echo-message draft/event-playback")
    bo = somebody(world, "bo")
    ana.say("JOIN #a")
    bo.say("JOIN #a")
    ana.heard()
    told = ana.ask(
        *("TOPIC #a :new", "PRIVMSG #a :1", "MODE #a +m", "KICK #a bo :bye"),
        f"MODE #a +bbbb {' '.join(letter * 115 for letter in 'uvwx')}",
    )
    assert [m.command for m in told] == ["TOPIC", "PRIVMSG", "MODE", "KICK", "MODE", "MODE"]
    ids = [m.tags.get("msgid") for m in told]
    assert ids[-1] is None  # it goes on with the line before it
    assert len({*ids}) == len(ids)
    again = playback(ana)
    assert [(m.params, m.tags.get("msgid")) for m in again] == [
        (m.params, m.tags.get("msgid")) for m in told
    ]
    assert [m.command for m in playback(ana, f"AFTER #a msgid={ids[2]} 1")] == ["KICK"]


def test_changes_of_a_channel_are_shown_again_to_those_who_asked_for_it(world: World) -> None:
    ana = somebody(world, "ana")
    bo = somebody(world, "bo")
    ana.say("JOIN #a", "PRIVMSG #a :1", "TOPIC #a :new topic", "MODE #a +mo-t bo")
    bo.say("JOIN #a")
    ana.say("MODE #a +v bo", "PRIVMSG #a :2")
    ana.say("@+draft/react=x;+draft/reply=y TAGMSG #a", "@+typing=active TAGMSG #a")
    ana.say("KICK #a bo :bye", "TOPIC #a :")
    ana.heard()
    assert [(m.command, m.params) for m in playback(ana)] == [
        ("PRIVMSG", ("#a", "1")),
        ("PRIVMSG", ("#a", "2")),
    ]
    ana.say("CAP REQ :draft/event-playback")
    shown = playback(ana)
    assert [(m.command, *m.params) for m in shown] == [
        ("PRIVMSG", "#a", "1"),
        ("TOPIC", "#a", "new topic"),
        ("MODE", "#a", "+m-t"),
        ("MODE", "#a", "+v", "bo"),
        ("PRIVMSG", "#a", "2"),
        ("TAGMSG", "#a"),
        ("KICK", "#a", "bo", "bye"),
        ("TOPIC", "#a", ""),
    ]
    assert all(m.source == "ana!~ana@localhost" and "time" in m.tags for m in shown)
    assert shown[5].tags["+draft/react"] == "x"
    assert [m.command for m in playback(ana, "LATEST #a * 3")] == ["TAGMSG", "KICK", "TOPIC"]
    ana.say("CAP REQ :-message-tags")
    assert "TAGMSG" not in [m.command for m in playback(ana)]


def test_reactions_to_a_user_are_part_of_the_conversation(world: World) -> None:
    ana = somebody(world, "ana", caps=CAPS + " draft/event-playback")
    bo = somebody(world, "bo", caps=CAPS + " draft/event-playback")
    ana.say("PRIVMSG bo :1")
    bo.say("@+draft/react=x TAGMSG ana")
    bo.heard()
    assert [m.command for m in playback(bo, "LATEST ana * 9")] == ["PRIVMSG", "TAGMSG"]


def test_a_renamed_channel_is_shown_under_its_new_name(world: World) -> None:
    ana = somebody(world, "ana", caps=CAPS + " draft/event-playback draft/message-redaction")
    ana.say("JOIN #old", "TOPIC #old :topic", "PRIVMSG #old :line")
    message_id = ana.ask("PRIVMSG #old :oops")[0].tags["msgid"]
    ana.say("@+draft/react=x TAGMSG #old", f"REDACT #old {message_id}", "RENAME #old #New")
    ana.heard()
    shown = playback(ana, "LATEST #new * 50")
    assert [(m.command, m.params[0]) for m in shown] == [
        ("TOPIC", "#New"),
        ("PRIVMSG", "#New"),
        ("TAGMSG", "#New"),
        ("REDACT", "#New"),
    ]
    assert [m.command for m in ana.ask("CHATHISTORY LATEST #old * 9")] == ["FAIL"]
