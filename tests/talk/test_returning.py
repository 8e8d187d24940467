"""Nothing twice and nothing missed: lines sent again, and clients that come back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from razem.talk.irc.message import Message
from razem.talk.settings import Limits
from tests.talk.harness import LIMITS, DurableLog, HeldLog, Person, World

if TYPE_CHECKING:
    from pathlib import Path

CAPS = "message-tags server-time echo-message batch labeled-response"


def texts(person: Person) -> list[str]:
    return [m.params[-1] for m in person.messages() if m.command in {"PRIVMSG", "NOTICE"}]


def place(line: str) -> tuple[str, str]:
    """Return the message id and the time of a line."""
    tags = Message.parse(line).tags
    return tags["msgid"], tags["time"]


# Lines sent again


@pytest.mark.parametrize("target", ["#a", "#A", "bo"])
@pytest.mark.parametrize("how", ["same connection", "another connection", "after a restart"])
def test_a_line_sent_again_with_its_mark_is_delivered_once_and_echoed_as_the_first(
    tmp_path: Path, how: str, target: str
) -> None:
    log = DurableLog(tmp_path / "log", iter(range(10_000)).__next__)
    world = World(log)
    ana, bo = world.person("ana", "#a", caps=CAPS), world.person("bo", "#a")
    bo.heard()
    (first,) = ana.say(f"@+razem/id=m1 PRIVMSG {target} :once")
    assert texts(bo) == ["once"]
    if how != "same connection":
        ana.drop()
    if how == "after a restart":
        log.end()
        log = DurableLog(tmp_path / "log", iter(range(20_000, 30_000)).__next__)
        world = World(log)
        bo = world.person("bo", "#a")
    if how != "same connection":
        ana = world.person("ana", "#a", caps=CAPS)
    bo.heard()
    (again,) = ana.say(f"@label=5;+razem/id=m1 PRIVMSG {target.lower()} :once")
    assert place(again) == place(first)
    assert Message.parse(again).tags["label"] == "5"
    assert bo.heard() == []
    (other,) = ana.say(f"@+razem/id=m2 PRIVMSG {target} :twice")
    assert place(other) > place(first)
    assert texts(bo) == ["twice"]
    if target != "bo":
        page = [
            m.params[-1] for m in ana.ask("CHATHISTORY LATEST #a * 9") if m.command == "PRIVMSG"
        ]
        assert page == ["once", "twice"]
    log.end()


def test_a_mark_is_of_one_target() -> None:
    world = World()
    ana = world.person("ana", "#a", "#b", caps=CAPS)
    bo = world.person("bo", "#a", "#b")
    ana.heard()
    ana.say("@+razem/id=m1 PRIVMSG #a,#b,bo :x", "@+razem/id=m1 PRIVMSG #a,#b,bo :x")
    assert texts(bo) == ["x", "x", "x"]


def test_a_refused_line_may_be_sent_again() -> None:
    world = World()
    bo, ana = world.person("bo", "#a"), world.person("ana", caps=CAPS)
    assert [m.command for m in ana.ask("@+razem/id=m1 PRIVMSG #a :x")] == ["404"]
    ana.say("JOIN #a", "@+razem/id=m1 PRIVMSG #a :x")
    assert texts(bo) == ["x"]


def test_lines_without_a_mark_are_never_taken_for_one() -> None:
    world = World()
    ana, bo = world.person("ana", "#a", caps=CAPS), world.person("bo", "#a")
    for tags in ("", "@+razem/id", "@+razem/id=", "@razem/id=1", "@+x=1"):
        ana.say(f"{tags} PRIVMSG #a :x", f"{tags} PRIVMSG #a :x")
    assert texts(bo) == ["x"] * 10


# Clients that come back


def talk(person: Person, channel: str, *lines: str) -> None:
    person.say(*(f"PRIVMSG {channel} :{line}" for line in lines))


def test_who_was_cut_off_is_shown_what_it_missed_once_and_in_order() -> None:
    world = World()
    ana, bo = world.person("ana", "#a"), world.person("bo", "#a", caps="server-time")
    talk(ana, "#a", "before")
    assert texts(bo) == ["before"]
    bo.drop()
    talk(ana, "#a", "1", "2")
    ana.say("NOTICE #a :3", "PRIVMSG #a")
    bo = world.person("bo", caps="server-time")
    heard = bo.ask("JOIN #a")
    assert [m.command for m in heard] == ["JOIN", "353", "366", "PRIVMSG", "PRIVMSG", "NOTICE"]
    assert [m.params[-1] for m in heard[3:]] == ["1", "2", "3"]
    assert all(m.tags["time"] for m in heard[3:])
    assert bo.say("PART #a", "JOIN #a")[-1].startswith(":hub.test 366")


@pytest.mark.parametrize(
    ("nick", "caps", "host", "parting"),
    [
        ("bo", "draft/chathistory", "localhost", None),
        ("bob", "", "localhost", None),
        ("bo", "", "elsewhere", None),
        ("bo", "", "localhost", "PART #a"),
        ("bo", "", "localhost", "QUIT"),
    ],
)
def test_nothing_is_shown_to_who_can_ask_for_it_or_is_another_or_went_willingly(
    nick: str, caps: str, host: str, parting: str | None
) -> None:
    world = World()
    ana, bo = world.person("ana", "#a"), world.person("bo", "#a")
    if parting:
        bo.say(parting)
    bo.drop()
    talk(ana, "#a", "1")
    bo = world.person(nick, caps=caps, host=host)
    bo.say("JOIN #a")
    assert texts(bo) == []


def test_lines_that_were_on_their_way_when_the_connection_was_lost_are_shown() -> None:
    log = HeldLog()
    world = World(log)
    log.commit()
    ana, bo = world.connect(), world.connect()
    for person, nick in ((ana, "ana"), (bo, "bo")):
        person.say(f"NICK {nick}", f"USER {nick} 0 * :x", "JOIN #a")
        log.commit()
        world.settle()
        log.commit()
        world.settle()
    talk(ana, "#a", "0")
    log.commit()
    world.settle()
    assert texts(bo) == ["0"]
    talk(ana, "#a", "1", "2")
    bo.drop()
    talk(ana, "#a", "3")
    log.commit()
    bo = world.connect()
    bo.say("NICK bo", "USER bo 0 * :x", "JOIN #a")
    log.commit()
    world.settle()
    log.commit()
    world.settle()
    assert texts(bo) == ["1", "2", "3"]


def test_lines_said_while_the_missed_ones_are_read_come_after_them() -> None:
    world = World()
    ana, bo = world.person("ana", "#a", "#b"), world.person("bo", "#a", "#b")
    bo.drop()
    talk(ana, "#a", "1", "2")
    bo = world.person("bo")
    world.reads_held = True
    bo.say("JOIN #a")
    talk(ana, "#a", "3", "4")
    ana.say("PRIVMSG bo :5")
    assert texts(bo) == []
    world.read_pages()
    assert texts(bo) == ["1", "2", "3", "4", "5"]
    talk(ana, "#a", "6")
    assert texts(bo) == ["6"]


@pytest.mark.parametrize("label", ["", "@label=1 "])
@pytest.mark.parametrize("joins", [("JOIN #a,#b",), ("JOIN #a", "JOIN #b")])
def test_what_was_missed_in_several_channels_is_shown_for_each(
    joins: tuple[str, ...], label: str
) -> None:
    world = World()
    caps = "labeled-response batch"
    ana, bo = world.person("ana", "#a", "#b"), world.person("bo", "#a", "#b", caps=caps)
    bo.drop()
    talk(ana, "#a", "a1", "a2")
    talk(ana, "#b", "b1", "b2")
    bo = world.person("bo", caps=caps)
    world.reads_held = True
    heard = bo.ask(*(label + join for join in joins))
    talk(ana, "#a", "a3")
    talk(ana, "#b", "b3")
    world.read_pages()
    heard += bo.messages()
    shown = [(m.command, m.params) for m in heard if m.command in {"JOIN", "PRIVMSG"}]
    for channel in ("#a", "#b"):
        assert [(command, params[1:]) for command, params in shown if params[0] == channel] == [
            ("JOIN", ()),
            *(("PRIVMSG", (f"{channel[1]}{number}",)) for number in (1, 2, 3)),
        ]


def test_no_more_is_shown_than_the_limit_and_it_is_the_last() -> None:
    world = World(limits=Limits(flood=False, missed=3))
    ana, bo = world.person("ana", "#a"), world.person("bo", "#a")
    bo.drop()
    talk(ana, "#a", *"123456")
    bo = world.person("bo")
    bo.say("JOIN #a")
    world.settle()
    assert world.hub.sessions[bo.session.id] is bo.session
    bo.drop()
    bo = world.person("bo")
    talk(ana, "#a", *"abcde")
    assert [m.params[-1] for m in bo.ask("JOIN #a") if m.command == "PRIVMSG"] == ["c", "d", "e"]


def test_a_connection_lost_while_the_missed_lines_are_read_does_no_harm() -> None:
    world = World()
    ana, bo = world.person("ana", "#a"), world.person("bo", "#a")
    bo.drop()
    talk(ana, "#a", "1")
    bo = world.person("bo")
    world.reads_held = True
    bo.say("JOIN #a")
    bo.drop()
    world.read_pages()
    talk(ana, "#a", "2")
    bo = world.person("bo")
    assert [m.params[-1] for m in bo.ask("JOIN #a") if m.command == "PRIVMSG"][-1:] == ["2"]


def test_what_a_hub_had_not_told_before_it_crashed_is_shown_and_may_be_sent_again(
    tmp_path: Path,
) -> None:
    log = DurableLog(tmp_path / "log")
    world = World(log)
    ana, bo = world.person("ana", "#a", caps=CAPS), world.person("bo", "#a")
    bo.heard()
    talk(ana, "#a", "told")
    ana.say("@+razem/id=m1 PRIVMSG bo :told")
    told = world.hub.state.applied
    talk(ana, "#a", "untold")
    ana.say("@+razem/id=m2 PRIVMSG bo :untold", "@+razem/id=m3 PRIVMSG #a :untold")
    log.end()
    log = DurableLog(tmp_path / "log")
    world = World(log, told=told)
    ana, bo = world.person("ana", "#a", caps=CAPS), world.person("bo")
    assert [m.params for m in bo.ask("JOIN #a") if m.command == "PRIVMSG"] == [
        ("#a", "untold"),
        ("#a", "untold"),
    ]
    ana.say(
        *(f"@+razem/id=m{n} PRIVMSG {to} :again" for n, to in ((1, "bo"), (2, "bo"), (3, "#a")))
    )
    assert [m.params for m in bo.messages()] == [("bo", "again")]
    log.end()


def test_after_a_restart_who_comes_back_is_shown_what_it_missed(tmp_path: Path) -> None:
    log = DurableLog(tmp_path / "log")
    world = World(log, LIMITS)
    ana, bo = world.person("ana", "#a"), world.person("bo", "#a")
    talk(ana, "#a", "before")
    assert texts(bo) == ["before"]
    log.end()
    log = DurableLog(tmp_path / "log")
    world = World(log, LIMITS)
    ana = world.person("ana", "#a")
    talk(ana, "#a", "1", "2")
    bo = world.person("bo")
    assert [m.params[-1] for m in bo.ask("JOIN #a") if m.command == "PRIVMSG"] == ["1", "2"]
    log.end()


def test_who_is_lost_again_while_the_missed_lines_are_read_is_shown_them_next_time() -> None:
    world = World()
    ana, bo = world.person("ana", "#a"), world.person("bo", "#a")
    bo.drop()
    talk(ana, "#a", "1", "2")
    bo = world.person("bo")
    world.reads_held = True
    bo.say("JOIN #a")
    bo.drop()
    world.read_pages()
    bo = world.person("bo")
    talk(ana, "#a", "3")
    assert [m.params[-1] for m in bo.ask("JOIN #a") if m.command == "PRIVMSG"] == ["1", "2", "3"]
