"""WHO: by channel, nick and mask, its flags, and chosen fields (Modern IRC, IRCv3 WHOX)."""

from __future__ import annotations

import pytest

from razem.talk import changes as do
from razem.talk.origin import Origin
from razem.talk.settings import Limits
from tests.talk.harness import Person, World


@pytest.fixture
def world() -> World:
    return World()


def promote(world: World, nick: str) -> None:
    world.order(lambda order: do.Promote(order, nick))
    for person in world.people:
        person.heard()


def rows(person: Person, line: str) -> list[tuple[str, ...]]:
    """Return the parameters after one's own nick, of all lines but the last."""
    *replies, end = person.ask(line)
    assert (end.command, end.params[1:]) == ("315", (line.split()[1], "End of WHO list"))
    assert {reply.command for reply in replies} <= {"352", "354"}
    return [reply.params[1:] for reply in replies]


def nicks(person: Person, line: str) -> list[str]:
    return [row[4] for row in rows(person, line)]


def test_a_channel_is_told_member_by_member(world: World) -> None:
    ana, bo = world.person("ana", "#Chan"), world.person("bo", "#chan", host="192.0.2.7")
    ana.say("AWAY :out")
    assert rows(bo, "WHO #CHAN") == [
        ("#Chan", "~ana", "localhost", "hub.test", "ana", "G@", "0 Ana"),
        ("#Chan", "~bo", "192.0.2.7", "hub.test", "bo", "H", "0 Bo"),
    ]


@pytest.mark.parametrize("mask", ["ana", "ANA", "an*", "?na", "~ana", "local*t", "Ana", "an?"])
def test_somebody_is_found_by_nick_and_by_mask(world: World, mask: str) -> None:
    world.person("ana")
    bo = world.person("bo", host="192.0.2.7")
    assert rows(bo, f"WHO {mask}") == [
        ("*", "~ana", "localhost", "hub.test", "ana", "H", "0 Ana"),
    ]


def test_everybody_is_found_by_what_fits_all(world: World) -> None:
    for nick in ("ana", "bo", "cy"):
        person = world.person(nick)
    assert nicks(person, "WHO *") == ["ana", "bo", "cy"]
    assert nicks(person, "WHO 0") == ["ana", "bo", "cy"]
    assert nicks(person, "WHO hub.*") == ["ana", "bo", "cy"]
    assert [m.command for m in person.ask("WHO")] == ["352", "352", "352", "315"]


def test_nobody_is_told_when_nobody_is_there(world: World) -> None:
    assert rows(world.person("ana"), "WHO nobody") == []
    assert rows(world.people[0], "WHO #nowhere") == []


def test_flags_before_the_fields_say_what_the_mask_is_of(world: World) -> None:
    world.person("ana", host="bo.example")
    bo = world.person("bo")
    assert nicks(bo, "WHO bo*") == ["ana", "bo"]
    assert nicks(bo, "WHO bo* n") == ["bo"]
    assert nicks(bo, "WHO bo* h") == ["ana"]
    assert nicks(bo, "WHO bo* r") == ["bo"]
    assert nicks(bo, "WHO *bo* u") == ["bo"]
    assert nicks(bo, "WHO hub.* s") == ["ana", "bo"]
    assert nicks(bo, "WHO hub.* nuhr") == []


def test_an_account_can_be_asked_for(world: World) -> None:
    world.person("ana", account="countess")
    bo = world.person("bo")
    assert nicks(bo, "WHO count* a") == ["ana"]
    assert rows(bo, "WHO * %na") == [("ana", "countess"), ("bo", "0")]


def test_only_operators_when_asked(world: World) -> None:
    world.person("ana")
    bo = world.person("bo", "#a")
    assert nicks(bo, "WHO * o") == []
    promote(world, "ana")
    assert rows(bo, "WHO * o") == [
        ("*", "~ana", "localhost", "hub.test", "ana", "H*", "0 Ana"),
    ]
    assert rows(bo, "WHO * o%nf") == [("ana", "H*")]
    assert nicks(bo, "WHO #a o") == []


def test_the_flags_of_a_bot_and_of_all_that_one_is(world: World) -> None:
    ana = world.person("ana", "#a", caps="multi-prefix")
    ana.say("MODE ana +B", "MODE #a +v ana", "AWAY :out")
    promote(world, "ana")
    assert [row[5] for row in rows(ana, "WHO #a")] == ["G*@+B"]
    bo = world.person("bo")
    assert [row[5] for row in rows(bo, "WHO #a")] == ["G*@B"]
    assert [row[5] for row in rows(bo, "WHO ana")] == ["G*B"]


def test_the_invisible_are_found_by_their_nick_only_or_in_a_common_channel(world: World) -> None:
    ana, bo = world.person("ana", "#a"), world.person("bo")
    ana.say("MODE ana +i")
    assert nicks(bo, "WHO an*") == []
    assert nicks(bo, "WHO #a") == []
    assert nicks(bo, "WHO ana") == ["ana"]
    assert nicks(ana, "WHO an*") == ["ana"]
    bo.say("JOIN #a")
    assert nicks(bo, "WHO an*") == ["ana"]
    assert nicks(bo, "WHO #a") == ["ana", "bo"]


def test_operators_find_all(world: World) -> None:
    ana, bo = world.person("ana", "#a"), world.person("bo")
    ana.say("MODE ana +i", "MODE #a +s")
    assert nicks(bo, "WHO #a") == []
    promote(world, "bo")
    assert nicks(bo, "WHO an*") == ["ana"]
    assert nicks(bo, "WHO #a") == ["ana"]


@pytest.mark.parametrize("letters", ["tcuihsnfdlaor", "roaldfnshiuct"])
def test_chosen_fields_come_in_one_order(world: World, letters: str) -> None:
    world.person("ana", host="192.0.2.7")
    bo = world.person("bo")
    world.now = 12.0
    (row,) = rows(bo, f"WHO ana %{letters},123")
    assert row == (
        *("123", "*", "~ana", "255.255.255.255", "192.0.2.7", "hub.test", "ana", "H", "0", "12"),
        *("0", "n/a", "Ana"),
    )


def test_addresses_are_told_to_oneself_and_to_operators(world: World) -> None:
    bo = world.person("bo")
    ana = world.connect(origin=Origin("host.example", "2001:db8::7"))
    six = world.connect(origin=Origin("0::1", "::1"))
    ana.say("NICK ana", "USER a 0 * :A")
    six.say("NICK six", "USER s 0 * :S")
    assert rows(ana, "WHO ana %in") == [("2001:db8::7", "ana")]
    assert rows(bo, "WHO ana %in") == [("255.255.255.255", "ana")]
    assert rows(bo, "WHO 2001:db8:*") == []
    promote(world, "bo")
    assert rows(bo, "WHO ana %in") == [("2001:db8::7", "ana")]
    assert rows(bo, "WHO six %in") == [("0::1", "six")]
    assert nicks(bo, "WHO 2001:db8:*") == ["ana"]
    assert nicks(bo, "WHO 2001:db8:* i") == ["ana"]


@pytest.mark.parametrize(
    ("chosen", "row"),
    [
        ("%tn,7", ("7", "ana")),
        ("%tn", ("0", "ana")),
        ("%tn,1234", ("0", "ana")),
        ("%tn,x", ("0", "ana")),
        ("%nzq,1", ("ana",)),
        ("%r", ("Ana",)),
        ("%zz", None),
    ],
)
def test_tokens_and_unknown_fields(world: World, chosen: str, row: tuple[str, ...] | None) -> None:
    world.person("ana")
    assert rows(world.person("bo"), f"WHO ana {chosen}") == ([row] if row else [])


def test_a_channel_stands_in_the_chosen_fields(world: World) -> None:
    ana = world.person("ana", "#a")
    assert rows(ana, "WHO #a %cnf") == [("#a", "ana", "H@")]


def test_a_mask_that_fits_too_many_is_cut_short() -> None:
    world = World(limits=Limits(flood=False, who=2))
    for nick in ("ana", "bo", "cy"):
        person = world.person(nick, "#a")
    heard = person.ask("WHO *")
    assert [m.command for m in heard] == ["352", "352", "416", "315"]
    assert heard[2].params[1] == "*"
    assert len(rows(person, "WHO #a")) == 3


def test_being_idle_counts_from_the_last_line(world: World) -> None:
    ana, bo = world.person("ana", "#a"), world.person("bo")
    world.now = 50.0
    ana.say("PING 1", "MODE ana")
    assert rows(bo, "WHO ana %l") == [("50",)]
    ana.say("PRIVMSG #a :hi")
    world.now = 57.0
    assert rows(bo, "WHO ana %l") == [("7",)]
    ana.say("NOTICE #a,bo :hi")
    assert bo.ask("WHO ana %l")[1].params[1] == "0"
