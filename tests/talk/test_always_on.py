"""Accounts present without a connection (IRCv3 persistence, pre-away), and what is unread."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from razem.talk import changes as do
from razem.talk.settings import Accounts, Policy
from tests.talk.accounts import AFAR, commands, log_in, registered
from tests.talk.harness import DurableLog, Person, World

if TYPE_CHECKING:
    from pathlib import Path

ALWAYS = Policy(accounts=Accounts(always_on=True))
INVALID = ":hub.test FAIL PERSISTENCE INVALID_PARAMETERS :Invalid parameters"
MODERN = "draft/chathistory batch server-time message-tags"


def staying(world: World, name: str, *channels: str, caps: str = "") -> Person:
    person = registered(world, name, *channels, caps=caps)
    person.say("PERSISTENCE SET ON")
    for someone in world.people:
        someone.heard()
    return person


# PERSISTENCE


def test_the_setting_is_told_and_set() -> None:
    world = World()
    ana = registered(world, "ana", caps="draft/persistence")
    other = world.connect()
    burst = log_in(other, "ana", caps="draft/persistence")
    told = ":hub.test PERSISTENCE STATUS DEFAULT OFF"
    place = burst.index(told)
    assert commands(burst)[place - 1] == "005"
    assert place < commands(burst).index("422")
    assert ana.say("PERSISTENCE GET") == [told]
    assert ana.say("PERSISTENCE SET ON") == [":hub.test PERSISTENCE STATUS ON ON"]
    assert other.heard() == [":hub.test PERSISTENCE STATUS ON ON"]
    assert ana.say("PERSISTENCE set off") == [":hub.test PERSISTENCE STATUS OFF OFF"]
    assert ana.say("PERSISTENCE SET DEFAULT") == [":hub.test PERSISTENCE STATUS DEFAULT OFF"]


def test_the_default_is_that_of_the_hub() -> None:
    ana = registered(World(policy=ALWAYS), "ana")
    assert ana.say("PERSISTENCE GET") == [":hub.test PERSISTENCE STATUS DEFAULT ON"]
    assert ana.say("PERSISTENCE SET OFF") == [":hub.test PERSISTENCE STATUS OFF OFF"]


def test_who_knows_it_is_told_when_the_hub_changes_its_default() -> None:
    world = World()
    ana = registered(world, "ana", caps="draft/persistence")
    other = registered(world, "bo")
    world.hub.configure(world.hub.identity, world.hub.limits, ALWAYS)
    world.settle()
    assert ana.heard() == [":hub.test PERSISTENCE STATUS DEFAULT ON"]
    assert other.heard() == []


@pytest.mark.parametrize(
    ("line", "answers"),
    [
        ("PERSISTENCE SET", [INVALID]),
        ("PERSISTENCE SET X", [INVALID]),
        ("PERSISTENCE GET X", [INVALID]),
        ("PERSISTENCE FUTURE x", []),
    ],
)
def test_what_makes_no_sense_is_refused_and_what_is_unknown_ignored(
    line: str, answers: list[str]
) -> None:
    assert registered(World(), "ana").say(line) == answers


@pytest.mark.parametrize("line", ["PERSISTENCE GET", "PERSISTENCE SET ON"])
def test_persistence_takes_an_account(line: str) -> None:
    assert World().person("ana").say(line) == [
        ":hub.test FAIL PERSISTENCE ACCOUNT_REQUIRED :An account is required"
    ]


# Being present


def test_who_stays_is_in_its_channels_and_away_without_a_connection() -> None:
    world = World()
    ana = staying(world, "ana", "#a")
    bo = world.person("bo", "#a", caps="away-notify")
    ana.heard()
    ana.drop()
    assert bo.heard() == [":ana!~ana@localhost AWAY :Not connected"]
    assert "ana" in " ".join(bo.say("NAMES #a"))
    assert commands(bo.say("PRIVMSG ana :there?")) == ["301"]
    assert commands(bo.say("WHOIS ana"))[0] == "311"
    assert commands(world.connect().say("NICK ana", "USER a 0 * :A")) == ["433"]
    again = world.connect()
    heard = log_in(again, "ana")
    assert heard[0].startswith(":hub.test 001 ana ")
    assert ":ana!~ana@localhost JOIN #a" in heard
    assert bo.heard() == [":ana!~ana@localhost AWAY"]


def test_quit_leaves_who_stays_present_and_a_session_of_two_is_no_loss() -> None:
    world = World()
    first = staying(world, "ana", "#a")
    second = world.connect()
    log_in(second, "ana")
    bo = world.person("bo", "#a", caps="away-notify")
    assert first.say("QUIT :bye")[-1] == "ERROR :Closing link: Quit: bye"
    assert bo.heard() == []
    second.say("QUIT")
    assert bo.heard() == [":ana!~ana@localhost AWAY :Not connected"]


def test_who_does_not_want_to_stay_leaves_with_the_last_connection() -> None:
    world = World(policy=ALWAYS)
    ana = registered(world, "ana", "#a")
    bo = world.person("bo", "#a")
    ana.say("PERSISTENCE SET OFF")
    ana.drop()
    assert bo.heard() == [":ana!~ana@localhost QUIT :Connection lost"]
    guest = world.person("cy", "#a")
    bo.heard()
    guest.drop()
    assert bo.heard() == [":cy!~cy@localhost QUIT :Connection lost"]


def test_who_stays_is_there_after_a_restart(tmp_path: Path) -> None:
    log = DurableLog(tmp_path / "log")
    world = World(log)
    ana = staying(world, "ana", "#a")
    ana.say("MODE ana +i", "TOPIC #a :mine")
    world.person("bo", "#a")
    log.end()
    log = DurableLog(tmp_path / "log")
    world = World(log)
    state = world.hub.state
    assert [user.nick for user in state.users.values()] == ["ana"]
    user = state.user_by_nick("ana")
    assert user is not None
    assert (user.away, user.modes, list(user.channels)) == ("Not connected", "i", ["#a"])
    heard = log_in(world.connect(), "ana")
    assert ":hub.test 332 ana #a :mine" in heard
    assert ":hub.test 353 ana = #a :@ana" in heard
    assert user.away == ""
    log.end()


def test_a_hub_whose_default_changed_lets_them_go() -> None:
    world = World(policy=ALWAYS)
    registered(world, "ana", "#a").drop()
    assert len(world.hub.state.users) == 1
    world.hub.proposals.append(do.HubStarted("hub", always_on=False))
    world.settle()
    assert world.hub.state.users == {}


def test_who_is_absent_for_long_leaves() -> None:
    policy = Policy(accounts=Accounts(always_on=True, absent_days=2))
    world = World(policy=policy)
    registered(world, "ana", "#a").drop()
    bo = world.person("bo", "#a")
    for days in (1, 3):
        world.now = days * 86400.0
        bo.say("PING x")
        world.hub.sweep(world.now)
        world.settle()
        left = [line for line in bo.heard() if "QUIT" in line]
        assert left == ([":ana!~ana@localhost QUIT :Not connected for long"] if days > 2 else [])


# AWAY of several sessions


def test_sessions_at_which_nobody_sits_do_not_count() -> None:
    world = World()
    first = staying(world, "ana", "#a")
    bo = world.person("bo", "#a", caps="away-notify")
    first.drop()
    bo.heard()
    background = world.connect()
    background.say("CAP REQ draft/pre-away", "AWAY *")
    log_in(background, "ana")
    assert bo.heard() == [":ana!~ana@localhost AWAY :Not at the keyboard"]
    phone = world.connect()
    log_in(phone, "ana")
    assert bo.heard() == [":ana!~ana@localhost AWAY"]
    assert commands(phone.say("AWAY *")) == ["306"]
    assert bo.heard() == [":ana!~ana@localhost AWAY :Not at the keyboard"]
    assert commands(phone.say("AWAY :lunch")) == ["306"]
    assert bo.heard() == [":ana!~ana@localhost AWAY :lunch"]
    assert commands(background.say("AWAY *")) == ["306"]
    assert bo.heard() == []
    assert commands(phone.say("AWAY")) == ["305"]
    assert bo.heard() == [":ana!~ana@localhost AWAY"]


# What was missed


def test_a_client_without_history_is_shown_what_was_missed() -> None:
    world = World()
    ana = staying(world, "ana", "#a", "#b")
    bo = world.person("bo", "#a", "#b")
    bo.say("PRIVMSG #a :heard")
    ana.heard()
    ana.drop()
    bo.say("PRIVMSG #a :one", "PRIVMSG #b :two", "PRIVMSG ana :three", "NICK bob")
    again = world.connect()
    heard = log_in(again, "ana")
    assert [line for line in heard if " PRIVMSG " in line] == [
        ":bo!~bo@localhost PRIVMSG #a :one",
        ":bo!~bo@localhost PRIVMSG #b :two",
        ":bo!~bo@localhost PRIVMSG ana :three",
    ]
    again.drop()
    assert "PRIVMSG" not in commands(log_in(world.connect(), "ana"))


def test_a_client_with_history_gets_one_summary() -> None:
    world = World()
    ana = staying(world, "ana", "#a", "#b", "#c")
    bo = world.person("bo", "#a", "#b", "#c")
    bo.say("PRIVMSG #a :before")
    ana.drop()
    world.now += 1
    bo.say("PRIVMSG #a :Ana: one", "PRIVMSG #a :banana", "NOTICE #b :two", "PRIVMSG ana :three")
    again = world.connect()
    heard = log_in(again, "ana", caps=MODERN)
    assert "PRIVMSG" not in commands(heard)
    (notice,) = [line for line in heard if " NOTICE " in line]
    assert notice == (
        ":hub.test NOTICE ana :While you were away: 2 in #a (1 for you); 1 in #b; 1 from bo"
    )
    again.drop()
    assert "NOTICE" not in commands(log_in(world.connect(), "ana", caps=MODERN))


def test_programs_ask_for_the_summary() -> None:
    world = World()
    ana = staying(world, "ana", "#a", "#b")
    bo = world.person("bo", "#a", "#b")
    ana.drop()
    world.now += 1
    bo.say("PRIVMSG #a :ana, ana!", "PRIVMSG #a :x", "PRIVMSG ana :psst")
    world.now += 1
    bo.say(*(f"PRIVMSG #b :{number}" for number in range(120)))
    again = world.connect()
    heard = log_in(again, "ana", caps=f"{MODERN} razem/unread draft/read-marker")
    assert "NOTICE" not in commands(heard)
    lines = [line.partition(";time")[0] for line in again.say("UNREAD")]
    assert lines == [
        ":hub.test BATCH +1 razem/unread",
        "@batch=1 :hub.test UNREAD #a 2 1 timestamp=2023-11-14T22:13:21.000Z",
        "@batch=1 :hub.test UNREAD bo 1 1 timestamp=2023-11-14T22:13:21.000Z",
        "@batch=1 :hub.test UNREAD #b 100+ 0 timestamp=2023-11-14T22:13:22.000Z",
        ":hub.test BATCH -1",
    ]
    again.say(
        "MARKREAD #a timestamp=2023-11-14T22:13:21.000Z",
        "MARKREAD bo timestamp=2024-01-01T00:00:00.000Z",
    )
    assert [line.split()[3] for line in again.say("UNREAD") if " UNREAD " in line] == ["#b"]


def test_own_messages_are_read_and_a_log_that_cannot_be_read_is_told() -> None:
    world = World()
    ana = staying(world, "ana", "#a", caps="batch draft/read-marker")
    world.now += 1
    ana.say("MARKREAD #a timestamp=2023-11-14T22:13:20.000Z", "PRIVMSG #a :ana")
    assert commands(ana.say("UNREAD")) == ["BATCH", "BATCH"]
    world.reads_held = True
    ana.say("UNREAD")
    requests, world.hub.requests = world.hub.requests, []
    for request in requests:
        request.answer(None, 0.0)  # type: ignore[arg-type]
    world.settle()
    assert ana.heard() == [":hub.test FAIL UNREAD MESSAGE_ERROR :The log cannot be read now"]
    assert commands(ana.say("PING x")) == ["PONG"]


def test_who_does_not_stay_is_shown_what_was_missed_on_joining_from_wherever() -> None:
    world = World()
    ana = registered(world, "ana", "#a")
    bo = world.person("bo", "#a")
    ana.drop()
    bo.say("PRIVMSG #a :missed")
    again = world.connect("elsewhere")
    log_in(again, "ana", nick="eve")
    heard = again.say("JOIN #a")
    assert ":bo!~bo@localhost PRIVMSG #a :missed" in heard


def test_from_afar_it_works_as_well() -> None:
    world = World(policy=Policy(access="accounts"))
    staying(world, "ana", "#a").drop()
    assert commands(log_in(world.connect(origin=AFAR), "ana"))[0] == "001"
    assert commands(world.connect(origin=AFAR).say("NICK bo", "USER b 0 * :B")) == ["464", "ERROR"]
