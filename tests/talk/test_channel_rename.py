"""RENAME (IRCv3 channel-rename), and the history that goes along."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from razem.talk.log import MemoryLog
from tests.talk.harness import DurableLog, Person, World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from razem.talk.log import Log

CAPS = "draft/channel-rename draft/chathistory batch message-tags"


class Clock:
    """Milliseconds since 1970, as the test says."""

    now = 1_700_000_000_000

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
def world() -> World:
    return World()


def page(person: Person, channel: str) -> list[tuple[str, str]]:
    heard = person.ask(f"CHATHISTORY LATEST {channel} * 50")
    return [(m.params[0], m.params[1]) for m in heard if m.command == "PRIVMSG"]


def test_a_channel_is_renamed_for_those_who_know_it_and_rejoined_for_the_others(
    world: World,
) -> None:
    ana = world.person("ana", "#bar", caps=CAPS)
    bo = world.person("bo", "#bar")
    dee = world.person("dee", "#bar", caps="extended-join")
    ana.say("TOPIC #bar :about", "MODE #bar +v bo")
    for person in (ana, bo, dee):
        person.heard()
    told = ":ana!~ana@localhost RENAME #bar #qux :Typo fix"
    assert ana.say("RENAME #BAR #qux :Typo fix") == [told]
    assert bo.heard() == [
        ":bo!~bo@localhost PART #bar :Typo fix",
        ":bo!~bo@localhost JOIN #qux",
        ":hub.test 332 bo #qux :about",
        ":hub.test 333 bo #qux ana!~ana@localhost :1700000000",
        ":hub.test 353 bo = #qux :@ana +bo dee",
        ":hub.test 366 bo #qux :End of /NAMES list",
    ]
    assert dee.heard()[1] == ":dee!~dee@localhost JOIN #qux * :Dee"
    ana.say("PRIVMSG #qux :here", "PRIVMSG #bar :gone")
    assert bo.heard() == [":ana!~ana@localhost PRIVMSG #qux :here"]
    text = "This channel has been renamed a moment ago: wait a little"
    assert ana.say("RENAME #qux #other") == [
        f":hub.test FAIL RENAME CANNOT_RENAME #qux #other :{text}"
    ]
    world.now += 10
    assert ana.say("RENAME #qux #other") == [":ana!~ana@localhost RENAME #qux #other :"]
    assert bo.heard()[0] == ":bo!~bo@localhost PART #qux"


def test_the_old_name_is_free_for_another_channel(world: World) -> None:
    ana, bo = world.person("ana", "#bar", caps=CAPS), world.person("bo", "#bar")
    ana.say("RENAME #bar #qux")
    bo.heard()
    assert bo.ask("JOIN #bar")[0].command == "JOIN"
    assert [m.command for m in bo.ask("MODE #bar +k beer")] == ["MODE"]
    assert sorted(world.hub.state.channels) == ["#bar", "#qux"]
    bo.say("PRIVMSG #bar :x")
    ana.heard()
    assert bo.ask("NAMES #qux")[0].params[-1] == "@ana bo"


def test_case_alone_is_changed_without_leaving(world: World) -> None:
    ana, bo = world.person("ana", "#bar", caps=CAPS), world.person("bo", "#bar")
    ana.heard()
    assert ana.say("RENAME #bar #Bar") == [":ana!~ana@localhost RENAME #bar #Bar :"]
    assert bo.heard() == []
    assert bo.ask("NAMES #bar")[0].params[2] == "#Bar"
    ana.say("PRIVMSG #bar :x")
    assert bo.heard() == [":ana!~ana@localhost PRIVMSG #bar :x"]


@pytest.mark.parametrize(
    ("line", "refusal"),
    [
        (
            "RENAME #a #b",
            "FAIL RENAME CHANNEL_NAME_IN_USE #a #b :The channel name is already taken",
        ),
        ("RENAME #a #a", "FAIL RENAME CANNOT_RENAME #a #a :The channel has this name already"),
        ("RENAME #b #c", "482 ana #b :You're not channel operator"),
        ("RENAME #x #c", "403 ana #x :No such channel"),
        ("RENAME #c #d", "442 ana #c :You're not on that channel"),
        ("RENAME #a b", "403 ana b :No such channel"),
        (
            "RENAME #a #",
            "476 ana # :Not a valid channel name: it begins with # and has no spaces or commas",
        ),
        ("RENAME #a", "461 ana RENAME :Not enough parameters"),
    ],
)
def test_a_channel_that_cannot_be_renamed_stays_as_it_is(
    world: World, line: str, refusal: str
) -> None:
    world.person("bo", "#b", "#c")
    ana = world.person("ana", "#a", "#b")
    assert ana.say(line) == [f":hub.test {refusal}"]
    assert sorted(world.hub.state.channels) == ["#a", "#b", "#c"]


def test_a_registered_channel_is_renamed_by_its_owner_alone(world: World) -> None:
    ana, bo = world.person("ana", "#a", account="ana"), world.person("bo", "#a")
    ana.say("CS REGISTER #a", "MODE #a +o bo")
    bo.heard()
    assert bo.say("RENAME #a #b") == [
        ":hub.test 482 bo #a :Only its owner can rename a registered channel"
    ]
    ana.say("RENAME #a #b")
    assert ana.ask("CS INFO #b")[0].params[-1] == "#b belongs to ana"


def test_what_led_to_a_channel_leads_to_its_new_name(world: World) -> None:
    ana = world.person("ana", "#a", "#b")
    ana.say("MODE #a +if #b", "RENAME #b #c")
    assert world.person("bo").say("JOIN #a")[1] == ":bo!~bo@localhost JOIN #c"


def test_a_line_sent_again_after_a_renaming_is_known(world: World) -> None:
    ana = world.person("ana", "#a", caps=CAPS)
    bo = world.person("bo", "#a", caps=CAPS)
    ana.say("@+razem/id=1 PRIVMSG #a :once", "RENAME #a #b", "@+razem/id=1 PRIVMSG #b :once")
    assert [m.params for m in bo.messages() if m.command == "PRIVMSG"] == [("#a", "once")]


def test_the_read_marker_goes_along(world: World) -> None:
    ana = world.person("ana", "#a", caps=f"draft/read-marker {CAPS}")
    ana.say("MARKREAD #a timestamp=2023-11-14T22:13:20.000Z", "RENAME #a #b")
    assert ana.ask("MARKREAD #b")[0].params == ("#b", "timestamp=2023-11-14T22:13:20.000Z")


def test_the_history_goes_along(log: Log, clock: Clock) -> None:
    world = World(log)
    ana = world.person("ana", "#a", caps=CAPS)
    ana.say("PRIVMSG #a :1", "PRIVMSG #a :2", "RENAME #a #b", "PRIVMSG #b :3")
    assert page(ana, "#b") == [("#b", "1"), ("#b", "2"), ("#b", "3")]
    ana.say("JOIN #a")
    assert page(ana, "#a") == []
    clock.now += 10_000
    ana.say("PRIVMSG #a :other", "RENAME #b #c", "RENAME #a #b", "PRIVMSG #b :more")
    assert page(ana, "#b") == [("#b", "other"), ("#b", "more")]
    assert page(ana, "#c") == [("#c", "1"), ("#c", "2"), ("#c", "3")]


def test_the_history_goes_along_also_when_the_hub_was_killed_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = DurableLog(tmp_path / "log")
    world = World(log)
    ana = world.person("ana", "#a", caps=CAPS)
    ana.say("PRIVMSG #a :1", "PRIVMSG #a :2")
    monkeypatch.setattr(log, "file", lambda _filings: None)  # it does not come to that
    ana.say("RENAME #a #b", "PRIVMSG #b :3", "JOIN #a", "PRIVMSG #a :other")
    log.end()
    log = DurableLog(tmp_path / "log")
    world = World(log)
    ana = world.person("ana", "#a", "#b", caps=CAPS)
    assert page(ana, "#b") == [("#b", "1"), ("#b", "2"), ("#b", "3")]
    assert page(ana, "#a") == [("#a", "other")]
    log.end()
