"""Accounts: registration, logging in, who has which nick (IRCv3 account-registration)."""

from __future__ import annotations

import pytest

from razem.talk.settings import Accounts, Identity, Policy
from tests.talk.accounts import AFAR, PASSWORD, commands, log_in, plain, registered
from tests.talk.harness import World

TAKEN = "433"


# REGISTER


def test_registering_after_the_welcome_logs_in() -> None:
    world = World()
    ana = world.person("ana")
    assert ana.say(f"REGISTER * * :{PASSWORD}") == [
        ":hub.test REGISTER SUCCESS ana :You are registered and logged in as ana",
        ":hub.test 900 ana ana!~ana@localhost ana :You are now logged in as ana",
    ]
    account = world.hub.state.account("ANA")
    assert account is not None
    assert (account.name, account.email) == ("ana", "")
    assert account.secret.argon2.startswith("$argon2id$")
    user = world.hub.state.user_by_nick("ana")
    assert user is not None
    assert user.account == "ana"


def test_registering_before_the_welcome_logs_in() -> None:
    world = World()
    person = world.connect()
    (listed,) = [line for line in person.say("CAP LS 302") if "account-registration" in line]
    assert "draft/account-registration=before-connect,custom-account-name" in listed
    assert commands(person.say("NICK ana", f"REGISTER * * :{PASSWORD}")) == ["REGISTER", "900"]
    assert commands(person.say("USER a 0 * :A", "CAP END"))[0] == "001"
    user = world.hub.state.user_by_nick("ana")
    assert user is not None
    assert user.account == "ana"


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("REGISTER * * :short", "FAIL REGISTER WEAK_PASSWORD ana"),
        ("REGISTER * * anaana", "REGISTER SUCCESS ana"),
        ("REGISTER anaana * AnaAna", "FAIL REGISTER WEAK_PASSWORD anaana"),
        ("REGISTER * * " + "x" * 301, "FAIL REGISTER UNACCEPTABLE_PASSWORD ana"),
        ("REGISTER * * " + "x" * 300, "REGISTER SUCCESS ana"),
        # U+0221 is unassigned in Unicode 3.2, and so no character of a password (RFC 3454 A.1).
        ("REGISTER * * secret\u0221", "FAIL REGISTER UNACCEPTABLE_PASSWORD ana"),
        ("REGISTER * nobody secret1", "FAIL REGISTER INVALID_EMAIL ana"),
        ("REGISTER * a@example.org secret1", "REGISTER SUCCESS ana"),
        ("REGISTER Bo * secret1", "FAIL REGISTER ACCOUNT_EXISTS Bo"),  # somebody is here as bo
        ("REGISTER CY * secret1", "FAIL REGISTER ACCOUNT_EXISTS CY"),
        ("REGISTER 1x * secret1", "FAIL REGISTER BAD_ACCOUNT_NAME 1x"),
        ("REGISTER NickServ * secret1", "FAIL REGISTER BAD_ACCOUNT_NAME NickServ"),
        ("REGISTER b\u043e * secret1", "FAIL REGISTER BAD_ACCOUNT_NAME b\u043e"),
        ("REGISTER anna * secret1", "REGISTER SUCCESS anna"),
        ("VERIFY ana 123", "FAIL VERIFY INVALID_CODE ana"),
        ("REGISTER * *", "461 ana REGISTER"),
    ],
)
def test_what_register_answers(line: str, answer: str) -> None:
    world = World()
    registered(world, "cy").drop()
    world.person("bo")
    ana = world.person("ana")
    assert ana.say(line)[0].startswith(f":hub.test {answer} :")


def test_who_is_logged_in_cannot_register() -> None:
    ana = registered(World(), "ana")
    text = ":You are logged in to ana already"
    assert ana.say(f"REGISTER other * :{PASSWORD}", "VERIFY other 1") == [
        f":hub.test FAIL REGISTER ALREADY_AUTHENTICATED other {text}",
        f":hub.test FAIL VERIFY ALREADY_AUTHENTICATED ana {text}",
    ]


def test_before_the_welcome_a_nick_is_needed_and_must_not_be_that_of_another() -> None:
    world = World()
    person = world.connect()
    assert person.say(f"REGISTER * * :{PASSWORD}") == [
        ":hub.test FAIL REGISTER NEED_NICK * :Choose a nick first"
    ]
    person.say("CAP LS 302", "NICK root")
    world.person("root")
    assert person.say(f"REGISTER * * :{PASSWORD}") == [
        ":hub.test FAIL REGISTER ACCOUNT_EXISTS root :Somebody else is here as root"
    ]


@pytest.mark.parametrize(
    ("policy", "identity", "local", "may"),
    [
        (Policy(), Identity(name="hub.test"), True, True),
        (Policy(), Identity(name="hub.test"), False, False),
        (Policy(access="accounts"), Identity(name="hub.test"), False, False),
        (Policy(access="open"), Identity(name="hub.test"), False, True),
        (Policy(), Identity(name="hub.test", password="x"), True, False),
    ],
)
def test_nobody_lets_themselves_in_by_registering(
    policy: Policy, identity: Identity, *, local: bool, may: bool
) -> None:
    world = World(policy=policy, identity=identity)
    person = world.connect(origin=None if local else AFAR)
    listed = " ".join(person.say("CAP LS 302"))
    assert ("before-connect" in listed) == may
    answer = person.say("NICK ana", f"REGISTER * * :{PASSWORD}")[0]
    wanted = "REGISTER SUCCESS" if may else "FAIL REGISTER COMPLETE_CONNECTION_REQUIRED ana"
    assert answer.startswith(f":hub.test {wanted}")


def test_registration_can_be_closed() -> None:
    world = World(policy=Policy(accounts=Accounts(registration=False)))
    ana = world.person("ana")
    assert "account-registration" not in " ".join(ana.say("CAP LS 302"))
    assert ana.say(f"REGISTER * * :{PASSWORD}")[0].startswith(
        ":hub.test FAIL REGISTER TEMPORARILY_UNAVAILABLE ana :"
    )


def test_the_number_of_accounts_is_bounded_and_so_is_their_rate_from_one_address() -> None:
    world = World(policy=Policy(access="open", accounts=Accounts(most=2)))
    for name in ("ana", "bo", "cy"):
        answer = world.person(name).say(f"REGISTER * * :{PASSWORD}")[0]
    assert answer.startswith(":hub.test FAIL REGISTER TEMPORARILY_UNAVAILABLE cy :There are too")
    world = World(policy=Policy(access="open"))
    afar = world.connect(origin=AFAR)
    afar.say("NICK dee", "USER d 0 * :D")
    answers = [afar.say("REGISTER bo * :short")[0] for _ in range(12)]
    assert "WEAK_PASSWORD" in answers[0]
    assert "TEMPORARILY_UNAVAILABLE" in answers[-1]


# Who has which nick


def test_a_registered_nick_is_kept_for_its_account() -> None:
    world = World()
    registered(world, "ana").say("QUIT")
    other = world.connect()
    heard = other.say("NICK Ana", "USER a 0 * :A")
    assert heard == [":hub.test 433 * Ana :Nickname is registered: log in to the account ana first"]
    assert commands(other.say("NICK bo"))[0] == "001"
    assert commands(other.say("NICK ANA")) == [TAKEN]
    assert commands(log_in(world.connect(), "ana"))[0] == "001"


@pytest.mark.parametrize("nick", ["\u0435van", "ev\u0430n", "\uff45van", "\u212fvan"])
def test_nicks_that_look_like_another_are_refused(nick: str) -> None:
    world = World()
    evan = registered(world, "evan")
    other = world.connect()
    heard = other.say(f"NICK {nick}", "USER a 0 * :A")
    assert heard == [f":hub.test 433 * {nick} :Nickname looks like evan, which is somebody else's"]
    evan.say("QUIT")
    assert commands(other.say(f"NICK {nick}")) == [TAKEN]  # that of an account, too
    evan = world.connect()
    assert commands(log_in(evan, "evan"))[0] == "001"
    assert commands(evan.say(f"NICK {nick}")) == ["NICK"]  # their own


def test_plain_names_may_look_alike() -> None:
    world = World()
    for nick in ("moss", "rnoss", "Ivan", "lvan", "x1", "xl", "\u010den\u011bk"):
        assert commands(world.connect().say(f"NICK {nick}", "USER a 0 * :A"))[0] == "001"
    assert commands(world.person("bo").say("NICK \u0406van")) == [TAKEN]


def test_a_session_of_an_account_that_is_here_joins_it_whatever_nick_it_asks_for() -> None:
    world = World()
    first = registered(world, "ana", "#a")
    second = world.connect()
    heard = log_in(second, "ana", nick="elsewhere")
    assert heard[0].startswith(":hub.test 001 ana :Welcome")
    assert ":ana!~ana@localhost JOIN #a" in heard
    assert first.heard() == []
    assert len(world.hub.state.users) == 1


def test_logging_in_is_told_to_those_who_asked_for_it() -> None:
    world = World()
    ana = registered(world, "ana")
    ana.say("QUIT")
    guest = world.person("guest", "#a", caps="account-notify")
    watcher = world.person("bo", "#a", caps="account-notify account-tag extended-join")
    blind = world.person("cy", "#a")
    guest.heard()
    heard = guest.say("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('ana')}")
    assert heard == [
        "AUTHENTICATE +",
        ":hub.test 900 guest guest!~guest@localhost ana :You are now logged in as ana",
        ":hub.test 903 guest :SASL authentication successful",
        ":guest!~guest@localhost ACCOUNT ana",
    ]
    assert watcher.heard() == ["@account=ana :guest!~guest@localhost ACCOUNT ana"]
    assert blind.heard() == []
    guest.say("PRIVMSG #a :hi", "PART #a", "JOIN #a")
    assert watcher.heard() == [
        "@account=ana :guest!~guest@localhost PRIVMSG #a :hi",
        "@account=ana :guest!~guest@localhost PART #a",
        "@account=ana :guest!~guest@localhost JOIN #a ana :Guest",
    ]


def test_who_monitors_hears_of_a_log_in() -> None:
    world = World()
    registered(world, "ana").say("QUIT")
    guest = world.person("guest")
    watcher = world.person("bo", caps="account-notify draft/extended-monitor")
    watcher.say("MONITOR + guest")
    guest.say("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('ana')}")
    assert watcher.heard() == [":guest!~guest@localhost ACCOUNT ana"]


def test_logging_in_to_an_account_that_is_here_joins_it() -> None:
    world = World()
    first = registered(world, "ana", "#a", "#b")
    watcher = world.person("bo", "#a", "#c")
    guest = world.person("guest", "#a", "#c")
    guest.heard()
    watcher.heard()
    heard = guest.say(f"NS IDENTIFY ana {PASSWORD.split()[0]}")
    assert "Wrong account or password" in heard[0]
    heard = guest.say("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('ana')}")
    assert [line for line in heard if " 353 " not in line and " 366 " not in line] == [
        "AUTHENTICATE +",
        ":guest!~guest@localhost PART #c",
        ":guest!~guest@localhost NICK :ana",
        ":hub.test 900 ana ana!~ana@localhost ana :You are now logged in as ana",
        ":hub.test 903 ana :SASL authentication successful",
        ":ana!~ana@localhost JOIN #b",
    ]
    assert watcher.heard() == [":guest!~guest@localhost QUIT :Logged in as ana"]
    watcher.say("PRIVMSG #a :hi", "PRIVMSG #c :no")
    assert guest.heard() == [":bo!~bo@localhost PRIVMSG #a :hi"]
    assert first.heard()[-1] == ":bo!~bo@localhost PRIVMSG #a :hi"
    assert guest.say("PRIVMSG bo :both") == []
    assert watcher.heard() == [":ana!~ana@localhost PRIVMSG bo :both"]
