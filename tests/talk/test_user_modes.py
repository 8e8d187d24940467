"""Modes of users: who may set which, and what they do."""

from __future__ import annotations

import pytest

from razem.talk import changes as do
from tests.talk.harness import World


@pytest.fixture
def world() -> World:
    return World()


def test_one_sets_modes_of_oneself(world: World) -> None:
    ana = world.person("ana")
    assert ana.say("MODE ana +iwBR") == [":ana MODE ana :+iwBR"]
    assert ana.say("MODE ana") == [":hub.test 221 ana :+BRiw"]
    assert ana.say("MODE ana -w+i-B") == [":ana MODE ana :-wB"]
    assert ana.say("MODE ana") == [":hub.test 221 ana :+Ri"]


@pytest.mark.parametrize("modes", ["+o", "+r", "-r", "-o"])
def test_what_the_server_sets_nobody_sets(world: World, modes: str) -> None:
    ana = world.person("ana")
    assert ana.say(f"MODE ana {modes}", "MODE ana") == [":hub.test 221 ana :+"]


def test_who_is_logged_in_cannot_hide_it(world: World) -> None:
    ana = world.person("ana", account="ana")
    assert ana.say("MODE ana -r", "MODE ana") == [":hub.test 221 ana :+r"]


def test_unknown_modes_are_refused(world: World) -> None:
    assert world.person("ana").say("MODE ana +xi") == [":hub.test 501 ana :Unknown MODE flag"]


def test_a_bot_is_marked_from_then_on(world: World) -> None:
    bo = world.person("bo", "#a", caps="message-tags")
    ana = world.person("ana", "#a")
    bo.heard()

    def marked() -> bool:
        ana.say("PRIVMSG #a :beep")
        (line,) = bo.heard()
        return "bot" in line.partition(" ")[0].split(";") or "@bot" in line.partition(" ")[0]

    assert not marked()
    ana.say("MODE ana +B")
    assert marked()
    ana.say("MODE ana -B")
    assert not marked()


@pytest.mark.parametrize("line", ["PRIVMSG ana :hi", "@+x=1 TAGMSG ana"])
def test_who_wants_to_hear_only_those_with_an_account(world: World, line: str) -> None:
    ana = world.person("ana", caps="message-tags")
    ana.say("MODE ana +R")
    bo = world.person("bo", caps="message-tags")
    text = "You must be logged in to an account to write to this user"
    assert bo.say(line) == [f":hub.test 486 bo ana :{text}"]
    assert ana.heard() == []
    world.person("cy", account="cy", caps="message-tags").say(line)
    assert len(ana.heard()) == 1
    world.order(lambda order: do.Promote(order, "bo"))
    bo.say(line)
    assert len(ana.heard()) == 1
    assert ana.say(line)[0].endswith(line.split(" ", 1)[1] if line[0] != "@" else "TAGMSG ana")
    bo.say("MODE bo -o", "NOTICE ana :psst")
    assert ana.heard() == []
