"""Who is sent away, and who may not come: kills and bans, as those concerned see them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from razem.talk import changes as do
from razem.talk import events as ev
from razem.talk.bans import parse_ban_target
from razem.talk.origin import Origin
from tests.talk.harness import World

if TYPE_CHECKING:
    from collections.abc import Sequence

    from razem.talk.events import Event


def ban(world: World, target: str, reason: str = "", milliseconds: int = 0) -> Sequence[Event]:
    """Ban, as whoever runs the hub does."""
    kind, mask = parse_ban_target(target)
    events = world.order(lambda order: do.AddBan(order, kind, mask, reason, milliseconds, "root"))
    assert events is not None
    return events


def unban(world: World, target: str) -> Sequence[Event]:
    kind, mask = parse_ban_target(target)
    events = world.order(lambda order: do.RemoveBan(order, kind, mask))
    assert events is not None
    return events


def arrive(world: World, nick: str, address: str = "192.0.2.7") -> list[str]:
    """Register from an address; return what is heard."""
    person = world.connect(origin=Origin(address, address))
    return person.say(f"NICK {nick}", f"USER {nick} 0 * :{nick}")


@pytest.mark.parametrize("target", ["192.0.2.7", "192.0.2.0/25", "bo", "b?!*@192.0.*", "*!~bo@*"])
def test_who_is_banned_may_not_come_in(target: str) -> None:
    world = World()
    ban(world, target, "spam")
    assert arrive(world, "bo") == [
        ":hub.test 465 bo :You are banned from this server: spam",
        "ERROR :Closing link: You are banned from this server: spam",
    ]
    assert world.hub.sessions == {}
    assert arrive(world, "cy", "192.0.2.200")[0].split()[1] == "001"
    unban(world, target)
    assert arrive(world, "bo")[0].split()[1] == "001"


def test_who_is_here_and_banned_has_to_leave() -> None:
    world = World()
    ana = world.person("ana", "#a")
    bo = world.person("bo", "#a", host="192.0.2.7")
    ban(world, "*!*@192.0.2.*", "spam")
    assert bo.heard() == ["ERROR :Closing link: You are banned from this server: spam"]
    assert ana.heard() == [
        ":bo!~bo@192.0.2.7 QUIT :You are banned from this server: spam",
    ]
    assert [user.nick for user in world.hub.state.users.values()] == ["ana"]
    assert world.hub.state.channels["#a"].returning == {}


def test_a_ban_ends_by_the_time_of_the_entries() -> None:
    world = World()
    ban(world, "192.0.2.7", milliseconds=60_000)
    world.now = 59.9
    assert "465" in arrive(world, "bo")[0]
    assert len(world.hub.state.bans) == 1
    world.now = 60
    assert arrive(world, "bo")[0].split()[1] == "001"
    assert len(world.hub.state.bans) == 0


def test_a_ban_may_be_set_again_with_other_words() -> None:
    world = World()
    ban(world, "bo", "one")
    ban(world, "bo", "two")
    assert [each.reason for each in world.hub.state.bans] == ["two"]


def test_whoever_runs_the_hub_hears_what_cannot_be_done() -> None:
    world = World()
    assert unban(world, "bo") == [ev.NotDone("There is no such ban: bo!*@*")]
    kill = world.order(lambda order: do.Kill(order, "bo"))
    assert kill == [ev.NotDone("No such nick or channel: bo")]
    assert world.order(lambda order: do.Promote(order, "bo")) == kill


def test_nobody_is_called_what_is_banned() -> None:
    world = World()
    ban(world, "bad*")
    ana = world.person("ana")
    assert ana.say("NICK badly") == [":hub.test 432 ana badly :That nickname is banned here"]


def test_whoever_runs_the_hub_sends_somebody_away() -> None:
    world = World()
    ana, bo = world.person("ana", "#a"), world.person("bo", "#a")
    world.order(lambda order: do.Kill(order, "bo", "bye", "root"))
    assert bo.heard() == [
        ":hub.test KILL bo :bye",
        "ERROR :Closing link: Killed (root (bye))",
    ]
    assert ana.heard() == [":bo!~bo@localhost QUIT :Killed (root (bye))"]


def test_whoever_runs_the_hub_makes_an_operator_and_takes_it_back() -> None:
    world = World()
    ana = world.person("ana")
    world.order(lambda order: do.Promote(order, "ana"))
    assert ana.heard() == [
        ":hub.test 381 ana :You are now an IRC operator",
        ":ana MODE ana :+o",
    ]
    world.order(lambda order: do.Promote(order, "ana", operator=False))
    assert ana.heard() == [":ana MODE ana :-o"]
    assert world.hub.state.users[ana.session.id].operator == ""
