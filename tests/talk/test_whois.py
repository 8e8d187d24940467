"""WHOIS, WHOWAS, USERHOST, ISON: about one user (RFC 2812 3.6, Modern IRC)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from razem.talk import changes as do
from razem.talk.departed import Departed
from razem.talk.model import User
from razem.talk.origin import Origin
from razem.talk.settings import Policy
from tests.talk.harness import World

if TYPE_CHECKING:
    from tests.talk.harness import Person

END = ":hub.test 318 bo ana :End of /WHOIS list"


@pytest.fixture
def world() -> World:
    return World(policy=Policy(access="open"))


def arrive(world: World, nick: str, origin: Origin) -> Person:
    person = world.connect(origin=origin)
    person.say(f"NICK {nick}", f"USER {nick} 0 * :{nick.title()}")
    return person


def promote(world: World, nick: str) -> None:
    world.order(lambda order: do.Promote(order, nick))
    for person in world.people:
        person.heard()


def numerics(lines: list[str]) -> list[str]:
    return [line.split()[1] for line in lines]


def test_what_everybody_may_know(world: World) -> None:
    arrive(world, "ana", Origin("192.0.2.7", "192.0.2.7", local=False, secure=False)).say(
        "JOIN #a", "JOIN #b"
    )
    bo = world.person("bo")
    world.now = 5.0
    assert bo.say("WHOIS ana") == [
        ":hub.test 311 bo ana ~ana 192.0.2.7 * :Ana",
        ":hub.test 319 bo ana :@#a @#b",
        ":hub.test 312 bo ana hub.test :a Razem hub",
        ":hub.test 317 bo ana 5 1700000000 :seconds idle, signon time",
        END,
    ]


def test_what_is_told_of_who_is_more_than_others(world: World) -> None:
    ana = world.person("ana", account="countess")
    ana.say("MODE ana +B", "AWAY :out")
    promote(world, "ana")
    bo = world.person("bo")
    assert bo.say("WHOIS ana")[1:-2] == [
        ":hub.test 312 bo ana hub.test :a Razem hub",
        ":hub.test 313 bo ana :is an IRC operator",
        ":hub.test 330 bo ana countess :is logged in as",
        ":hub.test 335 bo ana :is a bot on Test",
        ":hub.test 301 bo ana :out",
    ]


def test_what_one_is_told_of_oneself(world: World) -> None:
    origin = Origin("host.example", "2001:db8::7", local=False, certificate="00ff")
    ana = arrive(world, "ana", origin)
    ana.say("MODE ana +iw")
    assert ana.say("WHOIS ana")[2:-2] == [
        ":hub.test 671 ana ana :is using a secure connection",
        ":hub.test 379 ana ana :is using modes +iw",
        ":hub.test 338 ana ana 2001:db8::7 :is actually using host",
        ":hub.test 276 ana ana :has client certificate fingerprint 00ff",
    ]
    bo = world.person("bo")
    assert numerics(bo.say("WHOIS ana")) == ["311", "312", "671", "317", "318"]
    promote(world, "bo")
    assert numerics(bo.say("WHOIS ana")) == ["311", "312", "671", "379", "338", "276", "317", "318"]


def test_channels_are_told_as_far_as_one_may_know_of_them(world: World) -> None:
    ana = world.person("ana", "#open", "#secret", "#shared")
    ana.say("MODE #secret +s", "MODE #shared +s")
    bo = world.person("bo", "#shared")

    def channels() -> str:
        found = [line for line in bo.say("WHOIS ana") if line.split()[1] == "319"]
        return found[0].partition(" :")[2] if found else ""

    assert channels() == "@#open @#shared"
    ana.say("MODE ana +i")
    assert channels() == "@#shared"
    bo.say("PART #shared")
    assert channels() == ""
    promote(world, "bo")
    assert channels() == "@#open @#secret @#shared"
    assert " :@#open @#secret @#shared" in ana.say("WHOIS ana")[1]


def test_many_channels_take_several_lines(world: World) -> None:
    names = [f"#{'x' * 60}{number:02}" for number in range(20)]
    world.person("ana").say(*(f"JOIN {name}" for name in names))
    bo = world.person("bo")
    lines = [line for line in bo.say("WHOIS ana") if line.split()[1] == "319"]
    assert len(lines) > 1
    assert all(len(line.encode()) <= 510 for line in lines)
    told = [word for line in lines for word in line.partition(" :")[2].split()]
    assert told == [f"@{name}" for name in names]


@pytest.mark.parametrize("server", ["hub.test", "hub.*", "ana", "HUB.TEST"])
def test_a_server_may_be_named(world: World, server: str) -> None:
    world.person("ana")
    bo = world.person("bo")
    assert bo.say(f"WHOIS {server} ana")[0] == ":hub.test 311 bo ana ~ana localhost * :Ana"


def test_who_or_what_is_not_there(world: World) -> None:
    bo = world.person("bo")
    assert bo.say("WHOIS ana") == [":hub.test 401 bo ana :No such nick or channel", END]
    assert bo.say("WHOIS elsewhere ana") == [":hub.test 402 bo elsewhere :No such server"]
    assert bo.say("WHOIS", "WHOIS :") == [":hub.test 431 bo :No nickname given"] * 2


def test_several_at_once(world: World) -> None:
    world.person("ana")
    bo = world.person("bo")
    lines = bo.say("WHOIS ana,cy,BO")
    ends = [line.split()[3] for line in lines if line.split()[1] == "318"]
    assert ends == ["ana", "cy", "BO"]
    assert numerics(lines).count("311") == 2
    assert bo.say("WHOIS " + ",".join(f"n{n}" for n in range(21)))[0].split()[1] == "407"


def test_of_a_user_at_another_hub_nobody_knows_how_idle_it_is(world: World) -> None:
    world.log.append([do.Arrive("other.1", "other", "ana", "~ana", "far", "Ana")])
    bo = world.person("bo")
    assert numerics(bo.say("WHOIS ana")) == ["311", "312", "318"]
    assert bo.ask("WHO ana %nl")[0].params[1:] == ("ana", "0")


# WHOWAS


def test_who_was_here_is_told_the_latest_first(world: World) -> None:
    bo = world.person("bo")
    for host in ("192.0.2.1", "192.0.2.2"):
        world.now += 60
        arrive(world, "ana", Origin(host, host)).say("QUIT")
    first = [
        ":hub.test 314 bo ana ~ana 192.0.2.2 * :Ana",
        ":hub.test 312 bo ana hub.test :2023-11-14T22:15:20.000Z",
    ]
    second = [
        ":hub.test 314 bo ana ~ana 192.0.2.1 * :Ana",
        ":hub.test 312 bo ana hub.test :2023-11-14T22:14:20.000Z",
    ]
    end = [":hub.test 369 bo ana :End of WHOWAS"]
    assert bo.say("WHOWAS ana") == first + second + end
    assert bo.say("WHOWAS ana 1") == first + end
    for count in ("2", "0", "-1", "x"):
        assert bo.say(f"WHOWAS ana {count}") == first + second + end
    assert bo.say("WHOWAS *na 1") == [*first, ":hub.test 369 bo *na :End of WHOWAS"]
    promote(world, "bo")
    assert bo.say("WHOWAS ana 1")[1] == ":hub.test 338 bo ana 192.0.2.2 :was using host"


def test_another_nick_is_a_departure_too(world: World) -> None:
    ana, bo = world.person("ana"), world.person("bo")
    ana.say("NICK Eva")
    assert bo.say("WHOWAS ANA")[0] == ":hub.test 314 bo ana ~ana localhost * :Ana"
    assert bo.say("WHOWAS eva")[0].split()[1] == "406"


def test_several_who_were_here(world: World) -> None:
    bo = world.person("bo")
    for nick in ("ana", "cy"):
        world.person(nick).say("QUIT")
    for asked in ("ana,cy", "cy,ana"):
        lines = bo.say(f"WHOWAS {asked}")
        assert [line.split()[3] for line in lines] == ["cy", "cy", "ana", "ana", asked]


def test_who_was_never_here(world: World) -> None:
    bo = world.person("bo")
    assert bo.say("WHOWAS ana") == [
        ":hub.test 406 bo ana :There was no such nickname",
        ":hub.test 369 bo ana :End of WHOWAS",
    ]
    assert numerics(bo.say("WHOWAS")) == ["431"]
    assert numerics(bo.say("WHOWAS ana 1 elsewhere")) == ["402"]


def test_the_memory_of_who_was_here_is_bounded() -> None:
    departed = Departed(most=3)
    for number in range(5):
        user = User("u", {}, f"n{number}", "~u", "h", "Real")
        departed.add(user, user.source, number)
    assert [gone.nick for gone in departed.find(["*"], 0)] == ["n4", "n3", "n2"]


# USERHOST, ISON


def test_userhost_tells_of_up_to_five(world: World) -> None:
    for nick in ("ana", "cy", "dee", "eva", "fay"):
        world.person(nick, host="192.0.2.7")
    world.people[1].say("AWAY :out")
    promote(world, "dee")
    bo = world.person("bo")
    (line,) = bo.say("USERHOST ANA nobody cy dee eva fay")
    told = "ana=+~ana@192.0.2.7 cy=-~cy@192.0.2.7 dee*=+~dee@192.0.2.7 eva=+~eva@192.0.2.7"
    assert line == f":hub.test 302 bo :{told}"
    assert bo.say("USERHOST nobody") == [":hub.test 302 bo :"]


def test_ison_tells_who_is_here_as_they_write_themselves(world: World) -> None:
    world.person("Ana")
    bo = world.person("bo")
    assert bo.say("ISON ana nobody BO") == [":hub.test 303 bo :Ana bo"]
    assert bo.say("ISON :ana nobody") == [":hub.test 303 bo :Ana"]
    assert bo.say("ISON nobody") == [":hub.test 303 bo :"]
