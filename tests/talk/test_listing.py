"""LIST and its conditions (Modern IRC, ELIST)."""

from __future__ import annotations

import pytest

from razem.talk import changes as do
from razem.talk.settings import Limits
from tests.talk.harness import Person, World


@pytest.fixture
def world() -> World:
    """Three channels: made 0, 2 and 3 minutes after the start; it is minute 4.

    #b got its topic when it was made, #c when it is minute 4; #a has none.
    """
    world = World(limits=Limits(flood=False, targets=5))
    ana = world.person("ana", "#a")
    world.person("bo", "#a")
    world.now = 120.0
    ana.say("JOIN #bell", "TOPIC #bell :ding: dong")
    world.now = 180.0
    ana.say("JOIN #cell")
    world.now = 240.0
    ana.say("TOPIC #cell :x")
    return world


def listed(person: Person, line: str) -> set[str]:
    start, *lines, end = person.ask(line)
    assert (start.command, start.params[1:]) == ("321", ("Channel", "Users  Name"))
    assert (end.command, end.params[1:]) == ("323", ("End of /LIST",))
    assert {each.command for each in lines} <= {"322"}
    return {each.params[1] for each in lines}


def test_all_are_listed_with_members_and_topic(world: World) -> None:
    assert world.person("cy").say("LIST") == [
        ":hub.test 321 cy Channel :Users  Name",
        ":hub.test 322 cy #a 2 :",
        ":hub.test 322 cy #bell 1 :ding: dong",
        ":hub.test 322 cy #cell 1 :x",
        ":hub.test 323 cy :End of /LIST",
    ]


@pytest.mark.parametrize(
    ("condition", "channels"),
    [
        ("#A", "#a"),
        ("#bell,#nowhere,#a", "#a #bell"),
        ("#nowhere", ""),
        ("*ell", "#bell #cell"),
        ("#B*", "#bell"),
        ("!*ell", "#a"),
        ("!#b*,!#c*", "#a"),
        ("#b*,#a", "#a #bell"),
        ("*ell,!#b*", "#cell"),
        (">0", "#a #bell #cell"),
        (">1", "#a"),
        ("<2", "#bell #cell"),
        ("<1", ""),
        ("C>2", "#a"),
        ("c>1", "#a #bell"),
        ("C<2", "#cell"),
        ("C<3", "#bell #cell"),
        ("C<0", ""),
        ("T>1", "#bell"),
        ("T<1", "#cell"),
        ("t<9", "#bell #cell"),
        ("T>9", ""),
        ("T<9,#b*", "#bell"),
        ("C>1,<2", "#bell"),
        ("C", ""),
    ],
)
def test_conditions(world: World, condition: str, channels: str) -> None:
    assert listed(world.people[0], f"LIST {condition}") == set(channels.split())


def test_secret_channels_are_listed_to_members_and_operators_only(world: World) -> None:
    ana, bo = world.people
    ana.say("MODE #bell +s")
    assert listed(bo, "LIST") == {"#a", "#cell"}
    assert listed(bo, "LIST #bell") == set()
    assert listed(ana, "LIST") == {"#a", "#bell", "#cell"}
    world.order(lambda order: do.Promote(order, "bo"))
    bo.heard()
    assert listed(bo, "LIST") == {"#a", "#bell", "#cell"}


def test_too_many_conditions_list_nothing(world: World) -> None:
    heard = world.people[0].ask("LIST " + ",".join(f"#{n}" for n in range(6)))
    assert [each.command for each in heard] == ["407", "321", "323"]


def test_another_server_cannot_be_asked(world: World) -> None:
    assert [m.command for m in world.people[0].ask("LIST #a elsewhere")] == ["402"]
    assert listed(world.people[0], "LIST #a hub.test") == {"#a"}


def test_what_comes_after_it_waits_while_the_time_is_asked(world: World) -> None:
    ana = world.people[0]
    world.reads_held = True
    assert ana.say("LIST C>1", "PING 1", "PRIVMSG #a :x", "PING 2") == []
    world.read_pages()
    heard = [m.command for m in ana.messages()]
    assert heard == ["321", "322", "322", "323", "PONG", "PONG"]
