"""Server operators: how one becomes one, and what one may do (RFC 2812 3.1.4, 3.7.1, 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from razem.talk.origin import Origin
from razem.talk.settings import Limits, Operator, Policy
from tests.talk.harness import World

if TYPE_CHECKING:
    from tests.talk.harness import Person

# argon2id of "sesame", as cheap as it can be
HASH = (
    "$argon2id$v=19$m=8,t=1,p=1$jzF4Q7ha7JaaGo0VgtQA5Q$jRP082IMmBfx4DxCoy7Atzqo+dLV9a5tkwobrsU6Fhg"
)
POLICY = Policy(
    access="open",
    operators={"root": Operator(password="open"), "mia": Operator(password=HASH)},
)
NO = "Permission denied: you're not a server operator"


@pytest.fixture
def world() -> World:
    return World(policy=POLICY)


@pytest.fixture
def ana(world: World) -> Person:
    """An operator."""
    person = world.person("ana")
    person.say("OPER root open")
    return person


def numerics(lines: list[str]) -> list[str]:
    return [line.split()[1] for line in lines]


# OPER


@pytest.mark.parametrize(("name", "password"), [("root", "open"), ("mia", "sesame")])
def test_who_knows_the_password_is_an_operator(world: World, name: str, password: str) -> None:
    ana = world.person("ana")
    assert ana.say(f"OPER {name} {password}") == [
        ":hub.test 381 ana :You are now an IRC operator",
        ":ana MODE ana :+o",
    ]
    assert world.hub.state.users[ana.session.id].operator == name
    assert ana.say("MODE ana") == [":hub.test 221 ana :+o"]
    assert numerics(ana.say(f"OPER {name} {password}")) == ["381"]


@pytest.mark.parametrize(
    ("name", "password"),
    [("root", "closed"), ("mia", HASH), ("mia", "open"), ("nobody", "open"), ("Root", "open")],
)
def test_who_does_not_is_none(world: World, name: str, password: str) -> None:
    ana = world.person("ana")
    assert ana.say(f"OPER {name} {password}", "MODE ana") == [
        ":hub.test 464 ana :Password incorrect",
        ":hub.test 221 ana :+",
    ]


def test_who_guesses_is_let_go(world: World) -> None:
    ana = world.person("ana")
    heard = ana.say("OPER root a", "OPER x b", "OPER root c", "OPER root open")
    assert numerics(heard[:-1]) == ["464"] * 3
    assert heard[-1] == "ERROR :Closing link: Too many wrong passwords"
    assert world.hub.state.users == {}


def test_where_there_are_no_operators_nobody_becomes_one() -> None:
    assert numerics(World().person("ana").say("OPER root open")) == ["491"]


def test_what_follows_waits_for_the_verdict(world: World) -> None:
    ana = world.person("ana")
    world.reads_held = True
    assert ana.say("OPER root open", "KILL ana :me", "PING 1") == []
    world.read_pages()
    heard = ana.heard()
    assert numerics(heard[:2]) == ["381", "MODE"]
    assert heard[-1] == "ERROR :Closing link: Killed (ana (me))"


def test_one_who_left_meanwhile_is_no_operator(world: World) -> None:
    ana = world.person("ana")
    world.reads_held = True
    ana.say("OPER root open")
    ana.drop()
    world.read_pages()
    assert world.hub.state.users == {}


def test_an_operator_may_give_it_up(ana: Person) -> None:
    assert ana.say("MODE ana -o", "KILL ana") == [
        ":ana MODE ana :-o",
        f":hub.test 481 ana :{NO}",
    ]


# KILL


def test_an_operator_sends_somebody_away(world: World, ana: Person) -> None:
    bo, cy = world.person("bo", "#a"), world.person("cy", "#a")
    assert ana.say("KILL BO :spam and more") == []
    assert bo.heard()[-2:] == [
        ":ana!~ana@localhost KILL bo :spam and more",
        "ERROR :Closing link: Killed (ana (spam and more))",
    ]
    assert cy.heard() == [":bo!~bo@localhost QUIT :Killed (ana (spam and more))"]
    ana.say("KILL cy")
    assert cy.heard()[-1] == "ERROR :Closing link: Killed (ana (no reason given))"
    assert [user.nick for user in world.hub.state.users.values()] == ["ana"]
    assert ana.say("KILL bo") == [":hub.test 401 ana bo :No such nick or channel"]


def test_who_was_sent_away_gets_no_status_back(world: World, ana: Person) -> None:
    bo = world.person("bo", "#a")
    bo.say("PRIVMSG #a :history", "MODE #a +i")
    ana.say("KILL bo")
    assert "473" in numerics(world.person("bo").say("JOIN #a"))


def test_an_operator_may_go_by_itself(ana: Person) -> None:
    heard = ana.say("KILL ana :enough", "PING 1")
    assert heard == [
        ":ana!~ana@localhost KILL ana :enough",
        "ERROR :Closing link: Killed (ana (enough))",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "KILL bo :x",
        "KILL nobody",
        "WALLOPS :x",
        "REHASH",
        "KLINE bo",
        "KLINE",
        "UNKLINE bo",
        "DLINE 192.0.2.1",
        "DLINE LIST",
        "UNDLINE 192.0.2.1",
    ],
)
def test_nobody_else_may(world: World, line: str) -> None:
    world.person("bo")
    assert world.person("ana").say(line) == [f":hub.test 481 ana :{NO}"]
    assert len(world.hub.state.users) == 2


# WALLOPS, REHASH


def test_wallops_reach_those_who_asked_for_them(world: World, ana: Person) -> None:
    bo, cy = world.person("bo"), world.person("cy")
    bo.say("MODE bo +w")
    assert ana.say("WALLOPS :hi everyone") == []
    assert bo.heard() == [":ana!~ana@localhost WALLOPS :hi everyone"]
    assert cy.heard() == []
    ana.say("MODE ana +w")
    assert ana.say("WALLOPS hi") == [":ana!~ana@localhost WALLOPS :hi"]


def test_rehash_reads_the_configuration_again(world: World, ana: Person) -> None:
    assert ana.say("REHASH") == [":hub.test 382 ana configuration :Read again"]
    assert world.reloads == 1
    world.reload_fails = "hub.toml, line 3: no such key"
    assert ana.say("REHASH") == [":hub.test 400 ana REHASH :hub.toml, line 3: no such key"]


# KLINE, DLINE


def come(world: World, nick: str, address: str) -> Person:
    person = world.connect(origin=Origin(address, address, local=False))
    person.say(f"NICK {nick}", f"USER {nick} 0 * :{nick}")
    return person


def test_a_ban_of_a_mask(world: World, ana: Person) -> None:
    bo = come(world, "bo", "192.0.2.7")
    (line,) = ana.say("KLINE 2d12h *!*@192.0.2.* spam and more")
    told = "added a ban of *!*@192.0.2.* for 2d12h: spam and more"
    assert line == f":hub.test NOTICE ana :ana!~ana@localhost {told}"
    error = "ERROR :Closing link: You are banned from this server: spam and more"
    assert bo.heard()[-1] == error
    cy = world.connect(origin=Origin("192.0.2.8", "192.0.2.8", local=False))
    assert numerics(cy.say("NICK cy", "USER c 0 * :C")) == ["465", ":Closing"]


@pytest.mark.parametrize(
    ("words", "title", "seconds"),
    [
        ("KLINE bo", "bo!*@*", 0),
        ("KLINE 30 bo x", "bo!*@*", 1800),
        ("KLINE 1h30m bo", "bo!*@*", 5400),
        ("KLINE account:Bo", "account:bo", 0),
        ("KLINE 192.0.2.7", "192.0.2.7", 0),
        ("DLINE 1w 2001:db8::/33 x y", "2001:db8::/33", 604_800),
        ("dline 192.0.2.7/24", "192.0.2.0/24", 0),
    ],
)
def test_how_a_ban_is_written(
    world: World, ana: Person, words: str, title: str, seconds: int
) -> None:
    assert numerics(ana.say(words)) == ["NOTICE"]
    (ban,) = world.hub.state.bans
    assert (ban.title, (ban.expires - ban.set_at) // 1000 if ban.expires else 0) == (title, seconds)
    undo = "UNDLINE" if words[0] in "dD" else "UNKLINE"
    assert ana.say(f"{undo} {title}") == [
        f":hub.test NOTICE ana :ana!~ana@localhost removed the ban of {title}"
    ]
    assert len(world.hub.state.bans) == 0
    assert ana.say(f"{undo} {title}")[0].endswith(":There is no such ban")


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("KLINE *!*@*", "400 ana KLINE :*!*@* would mean everybody"),
        ("DLINE bo", "400 ana DLINE :Not an address or network: bo"),
        ("DLINE account:bo", "400 ana DLINE :Not an address or network: account:bo"),
        ("UNDLINE bo", "400 ana UNDLINE :Not an address or network: bo"),
        ("KLINE 5", "461 ana KLINE :Not enough parameters"),
        ("KLINE 1d", "461 ana KLINE :Not enough parameters"),
        ("KLINE an*", "400 ana BAN an*!*@* :That would ban yourself"),
    ],
)
def test_what_is_no_ban(ana: Person, words: str, answer: str) -> None:
    assert ana.say(words) == [f":hub.test {answer}"]


def test_bans_are_listed(world: World, ana: Person) -> None:
    ana.say("KLINE 2d bo spam", "DLINE 192.0.2.7")
    world.now = 3600
    assert (
        ana.say("KLINE")
        == ana.say("KLINE LIST")
        == [
            ":hub.test 216 ana K bo!*@* * * :spam (1d23h left, set by ana!~ana@localhost)",
            ":hub.test 219 ana K :End of /STATS report",
        ]
    )
    assert ana.say("DLINE list") == [
        ":hub.test 225 ana D 192.0.2.7 :no reason given (set by ana!~ana@localhost)",
        ":hub.test 219 ana D :End of /STATS report",
    ]


def test_the_other_operators_hear_of_bans(world: World, ana: Person) -> None:
    bo = world.person("bo")
    bo.say("OPER root open")
    ana.say("KLINE cy")
    assert bo.heard() == [":hub.test NOTICE bo :ana!~ana@localhost added a ban of cy!*@*"]


def test_bans_are_bounded(ana: Person) -> None:
    world = World(limits=Limits(flood=False, bans=2), policy=POLICY)
    ana = world.person("ana")
    ana.say("OPER root open", "KLINE a", "KLINE b")
    assert ana.say("KLINE c") == [
        ":hub.test 400 ana BAN c!*@* :There are too many bans: remove some of them"
    ]
    assert numerics(ana.say("KLINE b other words")) == ["NOTICE"]
