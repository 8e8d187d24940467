"""CHATHISTORY LATEST, BEFORE, AFTER (IRCv3 chathistory), over every log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from razem.talk.irc.message import Message
from razem.talk.log import MemoryLog
from razem.talk.requests import ReadLog
from razem.talk.settings import Limits
from tests.talk.harness import DurableLog, Person, World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from razem.talk.log import Log

CAPS = "batch draft/chathistory message-tags server-time"
EPOCH = 1_700_000_000_000
YEAR_1970 = "timestamp=1970-01-01T00:00:00.000Z"


class Clock:
    """Milliseconds since 1970, as the test says."""

    now = EPOCH

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["memory", "sqlite"])
def log(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[Log]:
    if request.param == "memory":
        yield MemoryLog("log0", clock)
        return
    durable = DurableLog(tmp_path / "log", clock)
    yield durable
    durable.end()


@pytest.fixture
def world(log: Log) -> World:
    return World(log, Limits(flood=False, history=50))


def page(person: Person, question: str) -> list[Message]:
    """Return the lines of a page, after checking the batch around them."""
    first, *lines, last = person.ask(f"CHATHISTORY {question}")
    reference = first.params[0].removeprefix("+")
    assert (first.command, first.params[1:]) == (
        "BATCH",
        ("chathistory", question.split()[1].lower()),
    )
    assert (last.command, last.params) == ("BATCH", (f"-{reference}",))
    assert all(line.tags["batch"] == reference for line in lines)
    return lines


def texts(lines: list[Message]) -> list[str]:
    return [line.params[-1] for line in lines]


def msgid(line: Message) -> str:
    return f"msgid={line.tags['msgid']}"


def timestamp(line: Message) -> str:
    return f"timestamp={line.tags['time']}"


def spoken(world: World, count: int, *, clock: Clock | None = None) -> tuple[Person, list[Message]]:
    """Let `count` lines be said, a second apart; return who was in the channel, and the lines."""
    ana = world.person("ana", "#a", "#b", caps=CAPS)
    bo = world.person("bo", "#a", "#b", caps="echo-message " + CAPS)
    lines = []
    for number in range(count):
        if clock is not None:
            clock.now += 1000
        bo.say("PRIVMSG #b :elsewhere")
        lines += bo.ask(f"PRIVMSG #a :{number}")
    ana.heard()
    return ana, lines


# What a page holds


def test_a_page_has_the_lines_as_they_were_told(world: World) -> None:
    ana = world.person("ana", "#a", caps=CAPS)
    bo = world.person("bo", "#a", caps="message-tags")
    ana.heard()
    bo.say(r"@+x=a\sb PRIVMSG #a ::) hi", "NOTICE #A :there")
    told = ana.heard()
    assert len(told) == 2
    lines = page(ana, "LATEST #a * 10")
    assert [(m.command, m.params, m.source) for m in lines] == [
        ("PRIVMSG", ("#a", ":) hi"), "bo!~bo@localhost"),
        ("NOTICE", ("#A", "there"), "bo!~bo@localhost"),
    ]
    for line, before in zip(lines, map(Message.parse, told), strict=True):
        assert {**line.tags, "batch": ""} == {**before.tags, "batch": ""}


@pytest.mark.parametrize("by", [msgid, timestamp])
def test_pages_are_counted_from_a_message_or_a_time(
    world: World, clock: Clock, by: Callable[[Message], str]
) -> None:
    ana, lines = spoken(world, 6, clock=clock)
    for question, wanted in {
        "LATEST #a * 3": "345",
        "LATEST #a * 50": "012345",
        f"LATEST #a {by(lines[3])} 50": "45",
        f"LATEST #a {by(lines[1])} 2": "45",
        f"LATEST #a {by(lines[5])} 5": "",
        f"BEFORE #a {by(lines[3])} 2": "12",
        f"BEFORE #a {by(lines[3])} 50": "012",
        f"BEFORE #a {by(lines[0])} 5": "",
        f"AFTER #a {by(lines[3])} 50": "45",
        f"AFTER #A {by(lines[1])} 2": "23",
        f"AFTER #a {by(lines[5])} 5": "",
        f"after #a {by(lines[0])} 1": "1",
        f"AROUND #a {by(lines[3])} 3": "234",
        f"AROUND #a {by(lines[3])} 1": "3",
        f"AROUND #a {by(lines[0])} 3": "012",
        f"AROUND #a {by(lines[5])} 4": "2345",
        f"AROUND #a {by(lines[2])} 50": "012345",
        f"BETWEEN #a {by(lines[1])} {by(lines[4])} 50": "23",
        f"BETWEEN #a {by(lines[4])} {by(lines[1])} 50": "23",
        f"BETWEEN #a {by(lines[0])} {by(lines[5])} 2": "12",
        f"BETWEEN #a {by(lines[5])} {by(lines[0])} 2": "34",
        f"BETWEEN #a {msgid(lines[0])} {timestamp(lines[3])} 9": "12",
        f"BETWEEN #a {timestamp(lines[3])} {msgid(lines[0])} 9": "12",
        f"BETWEEN #a {by(lines[2])} {by(lines[2])} 9": "",
        f"BETWEEN #a {by(lines[2])} {by(lines[3])} 9": "",
    }.items():
        assert "".join(texts(page(ana, question))) == wanted, question


@pytest.mark.parametrize(
    ("time", "before", "after"),
    [
        ("1970-01-01T00:00:00.000Z", "", "012"),
        ("0001-01-01T00:00:00.000Z", "", "012"),
        ("9999-12-31T23:59:59.999Z", "012", ""),
        ("2023-11-14T22:13:21.999Z", "0", "12"),
        ("2023-11-14T22:13:22.000Z", "0", "2"),
        ("2023-11-14T22:13:22.001Z", "01", "2"),
        ("2023-11-14T22:13:22Z", "0", "2"),
    ],
)
def test_a_time_need_not_be_that_of_a_message(
    world: World, clock: Clock, time: str, before: str, after: str
) -> None:
    ana, _ = spoken(world, 3, clock=clock)
    assert "".join(texts(page(ana, f"BEFORE #a timestamp={time} 9"))) == before
    assert "".join(texts(page(ana, f"AFTER #a timestamp={time} 9"))) == after
    assert "".join(texts(page(ana, f"LATEST #a timestamp={time} 9"))) == after


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(size=st.integers(1, 12), by=st.sampled_from(["forward", "backward", "latest"]))
def test_pages_of_any_size_have_every_line_once_also_when_all_share_a_millisecond(
    world: World, size: int, by: str
) -> None:
    nick = f"ana{len(world.people)}"
    channel = f"#{nick}"
    ana = world.person(nick, channel, caps="echo-message " + CAPS)
    lines = ana.ask(*(f"PRIVMSG {channel},#nowhere,{nick} :{number}" for number in range(10)))
    lines = [line for line in lines if line.command == "PRIVMSG" and line.params[0] == channel]
    assert len({line.tags["time"] for line in lines}) == 1
    seen: list[Message] = []
    if by == "forward":
        seen = [lines[0]]
        while more := page(ana, f"AFTER {channel} {msgid(seen[-1])} {size}"):
            assert len(more) <= size
            seen += more
    else:
        seen = page(ana, f"LATEST {channel} * {size}") if by == "latest" else [lines[-1]]
        while more := page(ana, f"BEFORE {channel} {msgid(seen[0])} {size}"):
            assert len(more) <= size
            seen = more + seen
    assert [line.tags["msgid"] for line in seen] == [line.tags["msgid"] for line in lines]


def test_what_was_refused_or_repeated_or_private_is_in_no_page(world: World) -> None:
    ana = world.person("ana", "#a", caps=CAPS)
    bo = world.person("bo", "#a", caps="message-tags")
    cy = world.person("cy")
    for person, line in (
        (bo, "PRIVMSG #a :1"),
        (cy, "PRIVMSG #a :refused"),
        (bo, "@+razem/id=m PRIVMSG #a :2"),
        (bo, "@+razem/id=m PRIVMSG #a :2"),
        (bo, "PRIVMSG ana :private"),
        (bo, "TOPIC #a :topic"),
        (bo, "PRIVMSG #a,#x :3"),
        (ana, "MODE #a +m"),
        (bo, "PRIVMSG #a :refused"),
    ):
        person.say(line)
        ana.heard()
        assert "refused" not in texts(page(ana, "LATEST #a * 50"))
    assert texts(page(ana, "LATEST #a * 50")) == ["1", "2", "3"]
    assert texts(page(ana, "LATEST #a * 2")) == ["2", "3"]


def test_lines_of_somebody_who_left_at_once_are_there_and_those_after_not(world: World) -> None:
    ana = world.person("ana", "#a", caps=CAPS)
    world.person("bo", "#a").say("PRIVMSG #a :last words", "QUIT", "PRIVMSG #a :ghost")
    ana.heard()
    assert texts(page(ana, "LATEST #a * 50")) == ["last words"]


# The form of the answer


def test_without_batch_the_lines_come_bare(world: World) -> None:
    ana, _ = spoken(world, 3)
    ana.say("CAP REQ :-batch -server-time -message-tags")
    assert ana.say("CHATHISTORY LATEST #a * 2") == [
        ":bo!~bo@localhost PRIVMSG #a :1",
        ":bo!~bo@localhost PRIVMSG #a :2",
    ]


def test_a_limit_over_the_hubs_own_is_taken_for_that() -> None:
    world = World(limits=Limits(flood=False, history=2))
    ana, _ = spoken(world, 4)
    assert texts(page(ana, "LATEST #a * 99999999999999999999")) == ["2", "3"]
    assert texts(page(ana, "LATEST #a * 1")) == ["3"]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("", "INVALID_PARAMS * :"),
        ("LATEST", "INVALID_PARAMS LATEST :"),
        ("LATEST #a", "INVALID_PARAMS LATEST :"),
        ("LATEST #a *", "INVALID_PARAMS LATEST :"),
        ("LATEST #a * 5 5", "INVALID_PARAMS LATEST :"),
        ("NEWEST #a * 5", "INVALID_PARAMS NEWEST :"),
        ("BEFORE #a * 5", "INVALID_PARAMS BEFORE * :"),
        ("AFTER #a * 5", "INVALID_PARAMS AFTER * :"),
        ("AROUND #a * 5", "INVALID_PARAMS AROUND * :"),
        ("BETWEEN #a * 5", "INVALID_PARAMS BETWEEN :"),
        ("BETWEEN #a * msgid=log0-1 5", "INVALID_PARAMS BETWEEN * :"),
        ("BETWEEN #a msgid=log0-1 * 5", "INVALID_PARAMS BETWEEN * :"),
        ("LATEST #a * 0", "INVALID_PARAMS LATEST 0 :"),
        ("LATEST #a * -1", "INVALID_PARAMS LATEST -1 :"),
        ("LATEST #a * many", "INVALID_PARAMS LATEST many :"),
        ("LATEST #a * \u0665", "INVALID_PARAMS LATEST \u0665 :"),
        ("LATEST #a 5 5", "INVALID_PARAMS LATEST 5 :"),
        ("LATEST #a msgid= 5", "INVALID_PARAMS LATEST msgid= :"),
        ("LATEST #a id=5 5", "INVALID_PARAMS LATEST id=5 :"),
        ("LATEST #a timestamp=yesterday 5", "INVALID_PARAMS LATEST timestamp=yesterday :"),
        ("LATEST #a timestamp= 5", "INVALID_PARAMS LATEST timestamp= :"),
        ("TARGETS", "INVALID_PARAMS TARGETS :"),
        (f"TARGETS {YEAR_1970} {YEAR_1970}", "INVALID_PARAMS TARGETS :"),
        (f"TARGETS {YEAR_1970} * 5", "INVALID_PARAMS TARGETS * :"),
        (f"TARGETS msgid=log0-1 {YEAR_1970} 5", "INVALID_PARAMS TARGETS msgid=log0-1 :"),
        ("LATEST #a msgid=other-1 5", "MESSAGE_ERROR LATEST #a msgid=other-1 :"),
        ("LATEST #a msgid=log0-zz 5", "MESSAGE_ERROR LATEST #a msgid=log0-zz :"),
        ("LATEST #a msgid=log0-01 5", "MESSAGE_ERROR LATEST #a msgid=log0-01 :"),
        ("LATEST #a msgid=log0--1 5", "MESSAGE_ERROR LATEST #a msgid=log0--1 :"),
        ("LATEST #x * 5", "INVALID_TARGET LATEST #x :"),
        ("LATEST #c * 5", "INVALID_TARGET LATEST #c :"),
        ("LATEST #c,#a * 5", "INVALID_TARGET LATEST #c,#a :"),
        ("LATEST 5bo * 5", "INVALID_TARGET LATEST 5bo :"),
        ("LATEST * * 5", "INVALID_TARGET LATEST * :"),
    ],
)
def test_a_question_that_cannot_be_meant_is_refused(
    world: World, question: str, answer: str
) -> None:
    cy = world.person("cy", "#c")
    cy.say("PRIVMSG #c :secret")
    ana, _ = spoken(world, 1)
    (heard,) = ana.say(f"CHATHISTORY {question}")
    assert heard.startswith(f":hub.test FAIL CHATHISTORY {answer}")
    assert ana.say("PING 1") == [":hub.test PONG hub.test :1"]


@pytest.mark.parametrize("place", ["7fffffffffffffff", "ffffffffffffffff", "8000000000000000"])
@pytest.mark.parametrize("order", ["LATEST", "BEFORE", "AFTER"])
def test_a_message_that_never_was_is_survived(world: World, order: str, place: str) -> None:
    ana, _ = spoken(world, 2)
    heard = ana.ask(f"CHATHISTORY {order} #a msgid=log0-{place} 5")
    assert heard[0].command in {"BATCH", "FAIL"}
    assert ana.say("PING 1") == [":hub.test PONG hub.test :1"]


def test_who_left_the_channel_may_not_read_it_any_more(world: World) -> None:
    ana, _ = spoken(world, 1)
    ana.say("PART #a")
    assert [m.command for m in ana.ask("CHATHISTORY LATEST #a * 5")] == ["FAIL"]


def test_nothing_said_after_the_question_is_in_its_answer() -> None:
    world = World()
    ana, _ = spoken(world, 2)
    world.reads_held = True
    ana.say("CHATHISTORY LATEST #a * 9", "PING after")
    bo = world.people[1]
    bo.say("PRIVMSG #a :later")
    assert texts(ana.messages()) == ["later"]
    world.read_pages()
    batch, *lines, end, pong = ana.messages()
    assert (batch.command, end.command, pong.command) == ("BATCH", "BATCH", "PONG")
    assert texts(lines) == ["0", "1"]


def test_a_page_for_somebody_who_is_gone_is_dropped() -> None:
    world = World()
    ana, _ = spoken(world, 2)
    world.reads_held = True
    ana.say("CHATHISTORY LATEST #a * 9")
    ana.drop()
    world.read_pages()
    assert ana.heard() == []
    assert world.people[1].say("PING 1")[-1] == ":hub.test PONG hub.test :1"


def test_a_log_that_cannot_be_read_is_told(world: World) -> None:
    ana, _ = spoken(world, 2)
    world.reads_held = True
    ana.say("CHATHISTORY LATEST #a * 9", "PING after")
    requests, world.hub.requests = world.hub.requests, []
    for request in requests:
        assert isinstance(request, ReadLog)
        request.answer(None, world.now)
    world.settle()
    fail, pong = ana.heard()
    assert fail.startswith(":hub.test FAIL CHATHISTORY MESSAGE_ERROR LATEST #a :")
    assert pong == ":hub.test PONG hub.test :after"
