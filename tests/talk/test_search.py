"""SEARCH (IRCv3 search, a draft; and soju.im/search, as clients know it)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from razem.talk.log import MemoryLog
from razem.talk.requests import ReadLog
from tests.talk.harness import DurableLog, Person, World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from razem.talk.log import Log

CAPS = "batch message-tags server-time draft/search"


class Clock:
    """Milliseconds since 1970: a second more at each look."""

    now = 1_546_612_400_000  # 2019-01-04T14:33:20Z

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


def found(person: Person, attributes: str, kind: str = "search") -> list[str]:
    """Return the texts of what was found, after checking the batch around them."""
    first, *lines, last = person.ask(f"SEARCH {attributes}")
    assert (first.command, first.params[1:], last.command) == ("BATCH", (kind,), "BATCH")
    assert all({"batch", "msgid", "time"} <= m.tags.keys() for m in lines)
    assert all(m.command in {"PRIVMSG", "NOTICE"} for m in lines)
    return [m.params[1] for m in lines]


def spoken(world: World) -> tuple[Person, Person]:
    jackie, bill = world.person("jackie", "#chan", "#other", caps=CAPS), world.person("Bill")
    bill.say("JOIN #chan,#secret")
    bill.say("PRIVMSG #chan :That was fast!")
    jackie.say("PRIVMSG #chan :Fasting is hard.", "PRIVMSG #other :Be what you want")
    bill.say("PRIVMSG jackie :fast and private", "PRIVMSG #secret :fast and secret")
    bill.say("NOTICE #chan :Want what you be", "TOPIC #chan :fast topic")
    jackie.heard()
    return jackie, bill


def test_messages_are_found_by_text_sender_and_place(world: World) -> None:
    jackie, _ = spoken(world)
    both = ["That was fast!", "Fasting is hard."]
    assert found(jackie, "text=fast;in=#chan") == both
    assert found(jackie, "text=fast;in=#CHAN;limit=1") == both[1:]
    assert found(jackie, "text=fast") == [*both, "fast and private"]
    assert found(jackie, "text=FAST;from=bill") == [both[0], "fast and private"]
    assert found(jackie, "text=fast;in=bill") == ["fast and private"]
    assert found(jackie, "from=jackie;in=#chan") == ["Fasting is hard."]
    assert found(jackie, "from=jackie") == ["Fasting is hard.", "Be what you want"]
    assert found(jackie, "in=#other") == ["Be what you want"]
    assert found(jackie, r"text=what\syou") == ["Be what you want", "Want what you be"]
    assert found(jackie, r'text="you\sbe"') == ["Want what you be"]
    assert found(jackie, "text=nothing;in=#chan") == []
    assert found(jackie, "in=#chan;unknown=attribute;text=hard") == ["Fasting is hard."]


def test_messages_are_found_by_time(world: World) -> None:
    jackie, _ = spoken(world)
    lines = [m for m in jackie.ask("SEARCH in=#chan") if m.command != "BATCH"]
    first, second, third = (m.tags["time"] for m in lines)
    assert found(jackie, f"in=#chan;before={first}") == ["That was fast!"]
    assert found(jackie, f"in=#chan;after={second};before={second}") == ["Fasting is hard."]
    assert found(jackie, f"in=#chan;after={first};limit=2") == [
        "That was fast!",
        "Fasting is hard.",
    ]
    assert found(jackie, f"in=#chan;before={third};limit=2")[-1] == "Want what you be"
    assert found(jackie, "before=2010-01-01T00:00:00.000Z;in=#chan") == []


def test_the_name_that_clients_know_has_a_batch_of_its_own(world: World) -> None:
    jackie, _ = spoken(world)
    jackie.say("CAP REQ :soju.im/search")
    assert found(jackie, "text=hard", "soju.im/search") == ["Fasting is hard."]


@pytest.mark.parametrize(
    ("attributes", "answer"),
    [
        ("in=#secret;text=fast", "in :"),
        ("in=#nowhere", "in :"),
        ("in=5", "in :"),
        ("limit=0", "limit :"),
        ("limit=many", "limit :"),
        ("after=yesterday", "after :"),
        ("before=now", "before :"),
        ("text=???", "text :"),
    ],
)
def test_what_cannot_be_searched_for_is_refused(world: World, attributes: str, answer: str) -> None:
    jackie, _ = spoken(world)
    (line,) = jackie.say(f"SEARCH {attributes}")
    assert line.startswith(f":hub.test FAIL SEARCH INVALID_PARAMS {answer}")


def test_the_command_needs_its_capability(world: World) -> None:
    ana = world.person("ana", "#a", caps="batch")
    assert [m.command for m in ana.ask("SEARCH text=x")] == ["421"]
    ana.say("CAP REQ draft/search")
    assert [m.command for m in ana.ask("SEARCH")] == ["461"]


def test_a_search_that_takes_too_long_is_told(world: World) -> None:
    jackie, _ = spoken(world)
    world.reads_held = True
    jackie.say("SEARCH text=fast")
    requests, world.hub.requests = world.hub.requests, []
    for request in requests:
        assert isinstance(request, ReadLog)
        request.answer(None, world.now)
    world.settle()
    assert jackie.heard() == [":hub.test FAIL SEARCH INTERNAL_ERROR :The search could not be run"]
