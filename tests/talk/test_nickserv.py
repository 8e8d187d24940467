"""NickServ: accounts for clients that know no better way; giving an account up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from razem.talk.settings import Identity
from tests.talk.accounts import PASSWORD, commands, log_in, plain, registered
from tests.talk.harness import DurableLog, World

if TYPE_CHECKING:
    from pathlib import Path

    from tests.talk.harness import Person

WORD = "correct-horse"  # a password without spaces, as NickServ can read it


def said(lines: list[str]) -> list[str]:
    """Return what NickServ says to ana."""
    head = ":NickServ!NickServ@services NOTICE ana :"
    return [line.removeprefix(head) for line in lines if line.startswith(head)]


def account(world: World, name: str, *channels: str) -> Person:
    person = world.person(name, *channels)
    person.say(f"NS REGISTER {WORD}")
    for someone in world.people:
        someone.heard()
    return person


@pytest.mark.parametrize("way", ["NS {}", "nickserv {}", "PRIVMSG NickServ :{}", "NICKSERV :{}"])
def test_registering_and_identifying(way: str) -> None:
    world = World()
    ana = world.person("ana")
    heard = ana.say(way.format(f"REGISTER {WORD} ana@example.org"))
    assert said(heard) == ["The account ana is yours: you are logged in to it"]
    assert commands(heard)[1:] == ["900"]
    known = world.hub.state.account("ana")
    assert known is not None
    assert known.email == "ana@example.org"
    ana.say("QUIT")
    other = world.person("ana_")
    heard = other.say(way.format(f"IDENTIFY ana {WORD}"))
    assert heard == [
        ":ana_!~ana_@localhost NICK :ana",
        ":hub.test 900 ana ana!~ana_@localhost ana :You are now logged in as ana",
    ]


def test_ones_own_nick_needs_no_account_name() -> None:
    world = World()
    account(world, "bo").say("QUIT")
    ana = world.person("ana")
    assert said(ana.say("NS ID wrong")) == ["Wrong account or password"]
    assert said(ana.say(f"NS IDENTIFY bo {WORD}")) == []
    assert commands(ana.say(f"NS IDENTIFY bo {WORD}")) == ["NOTICE"]


@pytest.mark.parametrize(
    ("order", "answer"),
    [
        ("REGISTER", "Say REGISTER PASSWORD [EMAIL]: it makes an account"),
        ("REGISTER short", "A password has at least 6 characters"),
        ("REGISTER secret1 nobody", "Not a valid email address; * is none"),
        ("IDENTIFY", "Say IDENTIFY [ACCOUNT] PASSWORD: it logs in"),
        ("LOGOUT", "You are not logged in"),
        ("DROP", "Log in first"),
        ("PASSWD a b", "Log in first"),
        ("PASSWD a", "Say PASSWD OLD NEW"),
        ("SET PASSWORD a", "Say PASSWD OLD NEW"),
        ("SET HIDEMAIL ON", "Say SET ALWAYS-ON ON|OFF|DEFAULT, or SET PASSWORD OLD NEW"),
        ("SET ALWAYS-ON ON", "Log in first"),
        ("CERT LIST", "Log in first"),
        ("CERT ADD " + "ab" * 32, "Log in first"),
        ("CERT DEL " + "ab" * 32, "Log in first"),
        ("CERT ADD", "Say CERT ADD|DEL|LIST [FINGERPRINT]: 64 digits"),
        ("CERT FROB " + "ab" * 32, "Say CERT ADD|DEL|LIST"),
        ("INFO", "There is no account ana"),
        ("INFO nobody", "There is no account nobody"),
        ("GHOST ana", "There is no GHOST. Say HELP to learn what there is"),
    ],
)
def test_what_makes_no_sense_is_told(order: str, answer: str) -> None:
    (told,) = said(World().person("ana").say(f"NS {order}"))
    assert told.startswith(answer)


def test_help_tells_what_there_is() -> None:
    ana = World().person("ana")
    told = said(ana.say("PRIVMSG NickServ :help"))
    assert told == said(ana.say("NS")) != []
    assert [line.split(maxsplit=1)[0].rstrip(":") for line in told][:3] == [
        "REGISTER",
        "IDENTIFY",
        "LOGOUT",
    ]


def test_the_password_is_changed_by_who_knows_it() -> None:
    world = World()
    ana = account(world, "ana")
    assert said(ana.say("NS PASSWD wrong better-horse")) == ["Wrong account or password"]
    assert said(ana.say(f"NS PASSWD {WORD} weak")) == ["A password has at least 6 characters"]
    assert said(ana.say(f"NS SET PASSWORD {WORD} better-horse")) == [
        "The password of ana was changed"
    ]
    ana.say("QUIT")
    other = world.connect()
    for password, answer in ((WORD, "904"), ("better-horse", "900")):
        heard = other.say("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('ana', password)}")
        assert commands(heard)[1] == answer


def test_logging_out_takes_the_nick_that_is_kept() -> None:
    world = World()
    ana = account(world, "ana", "#a")
    bo = world.person("bo", "#a", caps="account-notify")
    ana.heard()
    heard = ana.say("NS LOGOUT")
    guest = next(line.split()[2][1:] for line in heard if " NICK " in line)
    assert guest.startswith("Guest")
    assert heard[1] == f":hub.test 901 {guest} {guest}!~ana@localhost :You are now logged out"
    assert bo.heard() == [
        f":ana!~ana@localhost NICK :{guest}",
        f":{guest}!~ana@localhost ACCOUNT *",
    ]
    second = account(world, "cy")
    log_in_again = world.connect()
    log_in_again.say(f"PASS cy:{WORD}", "NICK cy", "USER c 0 * :C")
    assert "several connections" in second.say("NS LOGOUT")[0]


def test_giving_an_account_up_takes_a_code_and_leaves_the_name_taken(tmp_path: Path) -> None:
    log = DurableLog(tmp_path / "log")
    world = World(log)
    ana = account(world, "ana", "#a")
    ana.say("CS REGISTER #a", f"NS CERT ADD {'ab' * 32}")
    (told,) = said(ana.say("NS DROP"))
    code = told.split()[2]
    assert said(ana.say("NS DROP 00000")) == [told]
    heard = ana.say(f"NS UNREGISTER {code}")
    assert said(heard) == ["The account ana is no more"]
    assert commands(heard)[1:] == ["901"]
    channel = world.hub.state.channel("#a")
    assert channel is not None
    assert channel.founder == ""
    log.end()
    log = DurableLog(tmp_path / "log")
    world = World(log)
    other = world.person("ana")
    assert said(other.say(f"NS REGISTER {WORD}")) == ["ana is registered already"]
    assert world.hub.state.certificates == {}
    log.end()


def test_certificates_are_listed_and_limited() -> None:
    world = World()
    ana = account(world, "ana")
    prints = [f"{number:02x}" * 32 for number in range(11)]
    answers = [said(ana.say(f"NS CERT ADD {each}"))[0] for each in prints]
    assert answers[0] == f"{prints[0]} logs in to ana from now on"
    assert answers[-1] == "ana has 10 certificates already: remove one first"
    assert said(ana.say("NS CERT LIST")) == [*prints[:10], "End of your certificates"]
    colons = ":".join(prints[3][at : at + 2] for at in range(0, 64, 2)).upper()
    assert said(ana.say(f"NS CERT DEL {colons}")) == [
        f"{prints[3]} does not log in to ana any more"
    ]
    assert said(ana.say(f"NS CERT DEL {prints[3]}")) == [f"{prints[3]} does not log in to ana"]
    bo = account(world, "bo")
    assert "already" in bo.say(f"NS CERT ADD {prints[0]}")[0]


def test_an_account_is_told_of() -> None:
    world = World()
    bo = account(world, "bo")
    ana = world.person("ana")
    assert said(ana.say("NS INFO BO")) == ["bo was registered at 2023-11-14T22:13:20.000Z"]
    assert "bo was registered" in bo.say("NS INFO")[0]


def test_always_on_by_nickserv() -> None:
    world = World()
    ana = account(world, "ana", "#a")
    assert said(ana.say("NS SET ALWAYS-ON ON")) == ["You stay here without a connection"]
    ana.drop()
    assert world.hub.state.user_by_nick("ana") is not None
    again = world.connect()
    again.say(f"PASS ana:{WORD}", "NICK x", "USER x 0 * :X")
    assert said(again.say("NS SET ALWAYS-ON DEFAULT")) == ["You leave with your connection"]


# PASS


def test_the_server_password_may_be_that_of_an_account() -> None:
    world = World()
    registered(world, "ana").say("QUIT")
    person = world.connect()
    assert commands(person.say(f"PASS :Ana:{PASSWORD}", "NICK ana", "USER a 0 * :A"))[:2] == [
        "900",
        "001",
    ]
    wrong = world.connect()
    assert wrong.say("PASS ana:wrong") == [
        ":hub.test 464 * :Wrong account or password",
        "ERROR :Closing link: Wrong account or password",
    ]
    other = world.connect()  # nobody's account: some password, which nobody asked for
    assert commands(other.say("PASS nobody:x", "NICK bo", "USER b 0 * :B"))[0] == "001"


def test_nobody_is_called_as_a_service() -> None:
    assert commands(World().connect().say("NICK nickserv", "USER n 0 * :N")) == ["433"]


def test_a_guest_who_has_the_nick_is_renamed_when_its_owner_comes() -> None:
    world = World()
    registered(world, "ana").say("QUIT")
    guest = world.person("guest", "#a")
    user = world.hub.state.user_by_nick("guest")
    assert user is not None
    world.hub.state.rename_user(user, "ana", ("ana",))  # as from before names were kept
    guest.session.be(user)
    owner = world.connect()
    assert log_in(owner, "ana")[0].startswith(":hub.test 001 ana ")
    (line,) = guest.heard()
    assert line.startswith(":ana!~guest@localhost NICK :Guest")


def test_a_guest_keeps_the_nick_when_its_owner_is_turned_away() -> None:
    world = World(identity=Identity(name="hub.test", password="sesame"))
    for nick in ("ana", "guest"):
        person = world.connect()
        person.say("PASS sesame", f"NICK {nick}", f"USER {nick} 0 * :x")
        if nick == "ana":
            person.say("REGISTER * * :correct horse", "QUIT")
    guest = world.people[-1]
    user = world.hub.state.user_by_nick("guest")
    assert user is not None
    world.hub.state.rename_user(user, "ana", ("ana",))  # as from before names were kept
    guest.session.be(user)
    guest.heard()
    owner = world.connect()
    owner.session.account = "ana"
    heard = owner.say("PASS invite:AAAA", "NICK ana", "USER ana 0 * :A")
    assert commands(heard) == ["464", "ERROR"]
    assert world.hub.state.user_by_nick("ana") is user
    assert guest.heard() == []
