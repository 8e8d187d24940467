"""Who is made an operator stays one, if there is an account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from razem.talk import events as ev
from razem.talk.changes import Promote

from .harness import DurableLog, World

if TYPE_CHECKING:
    from pathlib import Path


def promote(world: World, name: str, *, operator: bool = True) -> list[ev.Event]:
    made = world.order(lambda order: Promote(order, name, operator))
    assert made is not None
    return list(made)


def is_operator(world: World, nick: str) -> bool:
    user = world.hub.state.user_by_nick(nick)
    return user is not None and user.is_operator


def test_an_account_is_an_operator_again_after_a_restart(tmp_path: Path) -> None:
    log = DurableLog(tmp_path / "log")
    world = World(log)
    ana = world.person("ana")
    ana.say("REGISTER * * the-password")
    assert not is_operator(world, "ana")
    promote(world, "ana")
    assert is_operator(world, "ana")
    log.end()
    log = DurableLog(tmp_path / "log")
    world = World(log)
    guest = world.person("bo")
    assert not is_operator(world, "bo")
    heard = guest.ask("NS IDENTIFY ana the-password")
    assert "381" in [message.command for message in heard]
    assert is_operator(world, "ana")
    promote(world, "ana", operator=False)
    assert not is_operator(world, "ana")
    log.end()
    world = World(DurableLog(tmp_path / "log"))
    ana = world.connect()
    ana.say("PASS ana:the-password", "NICK ana", "USER ana 0 * :Ana")
    assert world.hub.state.user_by_nick("ana") is not None
    assert not is_operator(world, "ana")


def test_an_account_that_is_not_here_becomes_one_when_it_comes() -> None:
    world = World()
    ana = world.person("ana")
    ana.say("REGISTER * * the-password", "QUIT")
    assert promote(world, "Ana") == []
    ana = world.connect()
    ana.say("PASS ana:the-password", "NICK ana", "USER ana 0 * :Ana")
    assert is_operator(world, "ana")
    ana.say("NS LOGOUT")
    assert not any(user.is_operator for user in world.hub.state.users.values())


def test_who_has_no_account_is_one_for_this_time_only() -> None:
    world = World()
    bo = world.person("bo")
    promote(world, "bo")
    assert is_operator(world, "bo")
    bo.say("QUIT")
    world.person("bo")
    assert not is_operator(world, "bo")
    assert isinstance(promote(world, "nobody")[0], ev.NotDone)
