"""MARKREAD (IRCv3 read-marker)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.talk.harness import DurableLog, Person, World
from tests.talk.test_sessions import attach

if TYPE_CHECKING:
    from pathlib import Path

CAPS = "draft/read-marker server-time"
EARLY = "timestamp=2019-01-04T14:33:26.123Z"
LATE = "timestamp=2019-01-04T14:34:00.000Z"


def somebody(world: World, nick: str, account: str, caps: str = CAPS) -> Person:
    person = attach(world, nick, account, caps)
    person.heard()
    return person


def test_a_marker_is_set_told_and_never_goes_back() -> None:
    world = World()
    ana = world.person("ana", "#Chan", caps=CAPS)
    assert ana.say("MARKREAD #chan") == [":hub.test MARKREAD #Chan *"]
    assert ana.say(f"MARKREAD #chan {EARLY}") == [f":hub.test MARKREAD #Chan {EARLY}"]
    assert ana.say(f"MARKREAD #CHAN {LATE}") == [f":hub.test MARKREAD #Chan {LATE}"]
    assert ana.say(f"MARKREAD #chan {EARLY}") == [f":hub.test MARKREAD #Chan {LATE}"]
    assert ana.say("MARKREAD #chan") == [f":hub.test MARKREAD #Chan {LATE}"]
    assert ana.say("MARKREAD bo") == [":hub.test MARKREAD bo *"]
    assert ana.say(f"MARKREAD Bo {EARLY}") == [f":hub.test MARKREAD Bo {EARLY}"]
    assert ana.say("MARKREAD bo") == [f":hub.test MARKREAD bo {EARLY}"]


def test_a_marker_is_not_ahead_of_the_time() -> None:
    ana = World().person("ana", "#a", caps=CAPS)
    (line,) = ana.say("MARKREAD #a timestamp=2100-01-01T00:00:00.000Z")
    assert line == ":hub.test MARKREAD #a timestamp=2023-11-14T22:13:20.000Z"


def test_every_session_of_the_user_hears_of_it_and_nobody_else() -> None:
    world = World()
    first, second = somebody(world, "ana", "ana"), somebody(world, "ana", "ana")
    third = somebody(world, "ana", "ana", caps="server-time")
    bo = somebody(world, "bo", "bo")
    first.say(f"MARKREAD bo {EARLY}")
    told = [f":hub.test MARKREAD bo {EARLY}"]
    assert second.heard() == told
    assert third.heard() == []
    assert bo.heard() == []
    assert second.say(f"MARKREAD bo {EARLY}") == told
    assert first.heard() == []  # it did not change
    assert bo.say("MARKREAD bo") == [":hub.test MARKREAD bo *"]


def test_the_marker_comes_after_the_join_and_before_the_end_of_the_names() -> None:
    world = World()
    ana = somebody(world, "ana", "ana")
    commands = [message.command for message in ana.ask("JOIN #a")]
    assert commands.index("JOIN") < commands.index("MARKREAD") < commands.index("366")
    ana.say(f"MARKREAD #a {EARLY}")
    second = attach(world, "ana", "ana", CAPS)
    assert f":hub.test MARKREAD #a {EARLY}" in second.heard()
    bo = world.person("bo", caps="server-time")
    assert "MARKREAD" not in [message.command for message in bo.ask("JOIN #a")]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("MARKREAD", "NEED_MORE_PARAMS :Missing parameters"),
        ("MARKREAD #a *", "INVALID_PARAMS * :"),
        ("MARKREAD #a 2019-01-04T14:33:26.123Z", "INVALID_PARAMS 2019-01-04T14:33:26.123Z :"),
        ("MARKREAD #a timestamp=now", "INVALID_PARAMS timestamp=now :"),
        ("MARKREAD #a msgid=log0-1", "INVALID_PARAMS msgid=log0-1 :"),
        ("MARKREAD 5", "INVALID_PARAMS 5 :"),
        (f"MARKREAD * {EARLY}", "INVALID_PARAMS * :"),
    ],
)
def test_what_is_no_marker_is_refused(question: str, answer: str) -> None:
    ana = World().person("ana", "#a", caps=CAPS)
    (line,) = ana.say(question)
    assert line.startswith(f":hub.test FAIL MARKREAD {answer}")


def test_the_command_needs_its_capability() -> None:
    ana = World().person("ana", "#a")
    assert [m.command for m in ana.ask("MARKREAD #a", f"MARKREAD #a {EARLY}")] == ["421", "421"]


def test_who_registers_keeps_the_markers() -> None:
    ana = World().person("ana", "#a", caps=CAPS)
    ana.say(f"MARKREAD #a {EARLY}", "REGISTER * * :a password of ana's")
    assert ana.say("MARKREAD #a") == [f":hub.test MARKREAD #a {EARLY}"]


def test_the_markers_of_an_account_stay_and_those_of_a_guest_go(tmp_path: Path) -> None:
    log = DurableLog(tmp_path / "log")
    world = World(log)
    somebody(world, "ana", "ana").say(f"MARKREAD #a {EARLY}")
    guest = world.person("bo", "#a", caps=CAPS)
    guest.say(f"MARKREAD #a {EARLY}", "QUIT")
    assert world.person("bo", "#a", caps=CAPS).say("MARKREAD #a") == [":hub.test MARKREAD #a *"]
    log.checkpoint(world.hub.state.applied, world.hub.state.snapshot())
    somebody(world, "ana", "ana").say(f"MARKREAD bo {LATE}")
    log.end()
    log = DurableLog(tmp_path / "log")
    ana = somebody(World(log), "ana", "ana")
    assert ana.say("MARKREAD #a", "MARKREAD bo") == [
        f":hub.test MARKREAD #a {EARLY}",
        f":hub.test MARKREAD bo {LATE}",
    ]
    log.end()
