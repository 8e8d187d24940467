"""MONITOR, and what else is told of those who are monitored (IRCv3 monitor, extended-monitor)."""

from __future__ import annotations

import pytest

from razem.talk import changes as do
from razem.talk.settings import Limits
from tests.talk.accounts import plain, registered
from tests.talk.harness import World


@pytest.fixture
def world() -> World:
    return World(limits=Limits(flood=False, monitor=3))


def test_coming_and_going_is_told(world: World) -> None:
    ana = world.person("ana")
    assert ana.say("MONITOR + bo") == [":hub.test 731 ana :bo"]
    bo = world.person("Bo")
    world.person("cy")
    bo.say("NICK bo", "QUIT")
    assert ana.heard() == [":hub.test 731 ana :bo"]
    world.connect("192.0.2.7").say("NICK BO", "USER b 0 * :B")
    assert ana.heard() == [":hub.test 730 ana :BO!~b@192.0.2.7"]
    world.people[-1].drop()
    assert ana.heard() == [":hub.test 731 ana :BO"]


def test_who_is_here_is_told_at_once(world: World) -> None:
    world.person("Bo")
    ana = world.person("ana")
    assert ana.say("MONITOR + bo,cy,bo") == [
        ":hub.test 730 ana :Bo!~Bo@localhost",
        ":hub.test 731 ana :cy",
    ]
    assert ana.say("MONITOR + bo") == []  # it is there already
    assert ana.say("MONITOR s") == [
        ":hub.test 730 ana :Bo!~Bo@localhost",
        ":hub.test 731 ana :cy",
    ]


def test_another_nick_is_going_and_coming(world: World) -> None:
    ana, bo = world.person("ana"), world.person("bo")
    ana.say("MONITOR + bo,eva")
    bo.say("NICK BO")
    assert ana.heard() == []
    bo.say("NICK Eva")
    assert ana.heard() == [":hub.test 731 ana :BO", ":hub.test 730 ana :Eva!~bo@localhost"]


def test_what_is_taken_out_is_told_no_more(world: World) -> None:
    ana, dee = world.person("ana"), world.person("dee")
    ana.say("MONITOR + bo,cy")
    dee.say("MONITOR + bo")
    assert ana.say("MONITOR - BO,nobody") == []
    bo = world.person("bo")
    bo.say("QUIT")
    assert ana.heard() == []
    assert len(dee.heard()) == 1
    assert ana.say("MONITOR L") == [
        ":hub.test 732 ana :cy",
        ":hub.test 733 ana :End of MONITOR list",
    ]
    assert ana.say("MONITOR C", "MONITOR L", "MONITOR S") == [
        ":hub.test 733 ana :End of MONITOR list"
    ]


def test_the_list_is_bounded(world: World) -> None:
    ana = world.person("ana")
    assert ana.say("MONITOR + a,b,c,d,e") == [
        ":hub.test 731 ana :a,b,c",
        ":hub.test 734 ana 3 d,e :Monitor list is full",
    ]
    ana.say("MONITOR - a")
    assert ana.say("MONITOR + d") == [":hub.test 731 ana :d"]


def test_masks_and_nonsense_are_not_monitored(world: World) -> None:
    ana = world.person("ana")
    assert ana.say("MONITOR + *!bo@localhost", "MONITOR + b*,1", "MONITOR L") == [
        ":hub.test 733 ana :End of MONITOR list"
    ]
    assert [m.command for m in ana.ask("MONITOR", "MONITOR x", "MONITOR +")] == [
        *("461", "400", "461")
    ]


def test_long_lists_take_several_lines() -> None:
    world = World()
    ana = world.person("ana")
    nicks = [f"{'n' * 25}{number:03}" for number in range(60)]
    for start in range(0, 60, 10):
        ana.say(f"MONITOR + {','.join(nicks[start : start + 10])}")
    *lines, _ = ana.say("MONITOR L")
    assert len(lines) > 1
    assert all(len(line.encode()) <= 510 for line in lines)
    assert [nick for line in lines for nick in line.rpartition(":")[2].split(",")] == nicks


def test_a_session_that_is_gone_watches_nobody(world: World) -> None:
    ana = world.person("ana")
    ana.say("MONITOR + bo")
    ana.drop()
    world.person("bo")
    assert len(world.hub.watching.watchers_of("bo")) == 0


ALL = "extended-monitor away-notify setname chghost account-notify"


@pytest.mark.parametrize("name", ["extended-monitor", "draft/extended-monitor"])
def test_more_is_told_of_those_who_share_no_channel(world: World, name: str) -> None:
    ana = world.person("ana", caps=ALL.replace("extended-monitor", name))
    ana.say("MONITOR + bo")
    bo = world.person("bo")
    ana.heard()
    bo.say("AWAY :out", "AWAY", "SETNAME :Bo the Second")
    world.order(lambda order: do.Promote(order, "bo"))
    bo.say("CHGHOST bo b elsewhere")
    assert ana.heard() == [
        ":bo!~bo@localhost AWAY :out",
        ":bo!~bo@localhost AWAY",
        ":bo!~bo@localhost SETNAME :Bo the Second",
        ":bo!~bo@localhost CHGHOST b elsewhere",
    ]


def test_it_is_told_once_to_those_who_share_a_channel(world: World) -> None:
    ana = world.person("ana", "#a", caps=ALL)
    ana.say("MONITOR + bo")
    bo = world.person("bo", "#a")
    ana.heard()
    bo.say("AWAY :out")
    assert ana.heard() == [":bo!~bo@localhost AWAY :out"]


@pytest.mark.parametrize("caps", ["extended-monitor", "away-notify setname chghost"])
def test_without_either_capability_nothing_more_is_told(world: World, caps: str) -> None:
    ana = world.person("ana", caps=caps)
    ana.say("MONITOR + bo")
    bo = world.person("bo")
    ana.heard()
    bo.say("AWAY :out", "SETNAME :B")
    assert ana.heard() == []


def test_logging_in_is_told(world: World) -> None:
    registered(world, "cy").say("QUIT")
    ana = world.person("ana", caps=ALL)
    ana.say("MONITOR + bo")
    bo = world.person("bo")
    ana.heard()
    bo.say("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('cy')}")
    assert ana.heard() == [":bo!~bo@localhost ACCOUNT cy"]


def test_who_joins_the_user_of_its_account_is_gone(world: World) -> None:
    registered(world, "cy")
    ana = world.person("ana")
    ana.say("MONITOR + bo")
    bo = world.person("bo")
    bo.say("MODE bo +i")
    ana.heard()
    bo.say("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('cy')}")
    assert ana.heard() == [":hub.test 731 ana :bo"]
    assert ana.say("WHOWAS bo")[0] == ":hub.test 314 ana bo ~bo localhost * :Bo"
    assert ana.say("LUSERS")[0].endswith(":There are 2 users and 0 invisible on 1 servers")


def test_an_account_that_is_banned_cannot_be_logged_in_to(world: World) -> None:
    registered(world, "cy").say("QUIT")
    world.order(lambda order: do.AddBan(order, "account", "cy", "spam"))
    bo = world.person("bo")
    heard = bo.say("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('cy')}")
    assert heard[-2:] == [
        ":hub.test 465 bo :You are banned from this server: spam",
        "ERROR :Closing link: You are banned from this server: spam",
    ]
