"""What the small capabilities of IRCv3 change for those who have them, and for nobody else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from razem.talk import changes as do
from razem.talk.irc.capabilities import CAPABILITIES
from razem.talk.origin import Origin
from razem.talk.settings import Policy
from tests.talk.harness import IDENTITY, LIMITS, Person, World

if TYPE_CHECKING:
    from collections.abc import Iterable

ELSEWHERE = Origin("far.example", "192.0.2.7", local=False, secure=False)


def logged_in(world: World, nick: str, account: str, *, bot: bool = False) -> Person:
    """Somebody who is here under an account, and perhaps a bot."""
    person = world.connect()
    session = person.session
    arrive = do.Arrive(session.id, "hub", nick, "~u", "localhost", "Real Name", account)
    session.propose((arrive,), barrier=True)
    world.settle()
    if bot:
        user = world.hub.state.user_by_nick(nick)
        assert user is not None
        user.modes = "B"
        session.be(user)
    person.heard()
    return person


def offered(lines: Iterable[str]) -> set[str]:
    return {word for line in lines for word in line.rpartition(" :")[2].split()}


# Negotiation


def test_a_client_of_version_302_is_told_in_as_many_lines_as_it_takes() -> None:
    name = "h" * 200  # so that there are many lines
    identity = msgspec.structs.replace(IDENTITY, name=name)
    lines = World(identity=identity).connect().say("CAP LS 302")
    assert len(lines) > 1
    assert all(len(line) <= 510 for line in lines)
    assert all(line.startswith(f":{name} CAP * LS * :") for line in lines[:-1])
    assert lines[-1].startswith(f":{name} CAP * LS :")
    assert {word.partition("=")[0] for word in offered(lines)} >= set(CAPABILITIES)


def test_an_older_client_is_told_in_one_line_the_ratified_ones_first() -> None:
    lines = World().connect().say("CAP LS")
    assert len(lines) == 1
    assert len(lines[0]) <= 510
    ratified = {name for name in CAPABILITIES if "/" not in name}
    assert offered(lines) >= ratified
    assert not any("=" in word for word in offered(lines))


@pytest.mark.parametrize("version", ["302", "307", "0302"])
def test_version_302_implies_cap_notify_for_good(version: str) -> None:
    person = World().connect()
    person.say(f"CAP LS {version}", "CAP LS")
    assert person.say("CAP LIST") == [":hub.test CAP * LIST :cap-notify"]
    assert person.say("CAP REQ :-cap-notify") == [":hub.test CAP * NAK :-cap-notify"]


@pytest.mark.parametrize("version", ["", "301", "x", "-302"])
def test_no_other_version_does(version: str) -> None:
    person = World().connect()
    person.say(f"CAP LS {version}")
    assert person.say("CAP LIST") == [":hub.test CAP * LIST :"]


def test_strict_transport_is_asked_of_strangers_when_the_hub_is_told_to() -> None:
    identity = msgspec.structs.replace(IDENTITY, sts_seconds=3600, sts_port=6697)
    world = World(identity=identity)
    secure = msgspec.structs.replace(ELSEWHERE, secure=True)
    for origin, wanted in ((ELSEWHERE, "sts=port=6697"), (secure, "sts=duration=3600")):
        session = world.hub.open_session(origin, 0.0)
        session.receive(b"CAP LS 302\r\nCAP REQ :sts\r\n", 0.0)
        lines = session.outbox.take().decode().split("\r\n")[:-1]
        assert wanted in offered(lines[:-1])
        assert lines[-1] == ":hub.test CAP * NAK :sts"
    assert not any("sts" in word for word in offered(world.connect().say("CAP LS 302")))


def test_other_settings_are_announced_to_those_who_know_how_to_hear_it() -> None:
    world = World()
    knowing, other = world.connect(), world.person("bo")
    knowing.say("CAP LS 302", "CAP END", "NICK ana", "USER a 0 * :A")
    for session in world.hub.sessions.values():
        object.__setattr__(session, "origin", ELSEWHERE)
    with_sts = msgspec.structs.replace(IDENTITY, sts_seconds=60, sts_port=1)
    world.hub.configure(with_sts, msgspec.structs.replace(LIMITS, topic=99), Policy())
    world.settle()
    assert knowing.heard() == [
        ":hub.test CAP ana NEW :sts=port=1",
        ":hub.test 005 ana TOPICLEN=99 :are supported by this server",
    ]
    assert other.heard() == [":hub.test 005 bo TOPICLEN=99 :are supported by this server"]
    world.hub.configure(
        IDENTITY, LIMITS, Policy()
    )  # "Servers MUST NOT send CAP DEL to disable" sts
    world.settle()
    assert [line.split()[1] for line in knowing.heard()] == ["005"]


# Tags


def test_lines_bear_the_account_of_their_sender_where_that_is_wanted() -> None:
    world = World()
    cy, bo = world.person("cy", "#a"), world.person("bo", "#a", caps="account-tag")
    ana = logged_in(world, "ana", "ana")
    cy.say("MODE #a -t")
    ana.say("JOIN #a", "TOPIC #a :t", "PRIVMSG #a :hi", "PRIVMSG bo :psst", "NICK eve", "PART #a")
    lines = bo.heard()[1:]
    assert len(lines) == 6
    assert all(line.startswith("@account=ana :") for line in lines)
    assert not any("account" in line for line in cy.heard())
    cy.say("PRIVMSG #a :no account")
    assert bo.heard() == [":cy!~cy@localhost PRIVMSG #a :no account"]


def test_history_tells_the_account_as_it_was() -> None:
    world = World()
    ana = logged_in(world, "ana", "ana")
    ana.say("JOIN #a", "PRIVMSG #a :hi")
    bo = world.person("bo", "#a", caps="account-tag batch draft/chathistory")
    history = bo.say("CHATHISTORY LATEST #a * 10")
    assert ";account=ana :ana!~u@localhost PRIVMSG #a :hi" in history[1]


def test_bots_are_marked_for_those_who_know_tags() -> None:
    world = World()
    bo, cy = world.person("bo", "#a", caps="message-tags"), world.person("cy", "#a")
    robot = logged_in(world, "robot", "", bot=True)
    robot.say("JOIN #a", "PRIVMSG #a :beep")
    join, line = bo.messages()
    assert join.tags == {"bot": ""}
    assert line.tags.keys() == {"bot", "msgid"}
    assert cy.heard()[-1] == ":robot!~u@localhost PRIVMSG #a :beep"


# What others do


def test_a_join_tells_account_and_name_where_that_is_wanted() -> None:
    world = World()
    bo, cy = world.person("bo", "#a", caps="extended-join"), world.person("cy", "#a")
    ana, dee = logged_in(world, "ana", "ana"), world.person("dee")
    ana.say("JOIN #a")
    dee.say("JOIN #a")
    assert bo.heard() == [
        ":ana!~u@localhost JOIN #a ana :Real Name",
        ":dee!~dee@localhost JOIN #a * :Dee",
    ]
    assert cy.heard()[0] == ":ana!~u@localhost JOIN #a"
    bo.say("PART #a")
    assert bo.say("JOIN #a")[0] == ":bo!~bo@localhost JOIN #a * :Bo"


def test_being_away_is_told_to_those_who_share_a_channel_and_asked() -> None:
    world = World()
    bo, cy = world.person("bo", "#a", caps="away-notify"), world.person("cy", "#a")
    dee = world.person("dee", caps="away-notify")
    ana = world.person("ana", "#a")
    for person in (bo, cy):
        person.heard()
    ana.say("AWAY :tea", "AWAY :more tea", "AWAY")
    assert bo.heard() == [
        ":ana!~ana@localhost AWAY :tea",
        ":ana!~ana@localhost AWAY :more tea",
        ":ana!~ana@localhost AWAY",
    ]
    assert cy.heard() == dee.heard() == []
    dee.say("AWAY :asleep", "JOIN #a")
    assert bo.heard() == [":dee!~dee@localhost JOIN #a", ":dee!~dee@localhost AWAY :asleep"]


def test_operators_who_asked_hear_of_invitations() -> None:
    world = World()
    ana = world.person("ana", "#a", caps="invite-notify")
    bo, cy = world.person("bo", "#a"), world.person("cy", "#a", caps="invite-notify")
    dee = world.person("dee")
    bo.say("INVITE dee #a")
    line = ":bo!~bo@localhost INVITE dee #a"
    assert ana.heard()[-1:] == dee.heard() == [line]
    assert line not in cy.heard()


def test_a_real_name_can_be_changed() -> None:
    world = World()
    bo, cy = world.person("bo", "#a", caps="setname"), world.person("cy", "#a")
    ana = world.person("ana", "#a", caps="setname")
    for person in (bo, cy):
        person.heard()
    line = ":ana!~ana@localhost SETNAME :Ana Lee"
    assert ana.say("SETNAME :Ana Lee") == [line]
    assert bo.heard() == [line]
    assert cy.heard() == []
    user = world.hub.state.user_by_nick("ana")
    assert user is not None
    assert user.realname == "Ana Lee"
    answer = ana.say(f"SETNAME :{'x' * 151}")
    assert answer == [":hub.test FAIL SETNAME INVALID_REALNAME :A realname has 1 to 150 bytes"]
    assert cy.say(f"SETNAME :{'x' * 151}") == []
    assert cy.say("SETNAME :Cyril") == []


def test_another_host_is_told_or_played_as_a_new_arrival() -> None:
    world = World()
    oper = world.person("op")
    assert oper.say("CHGHOST ana ~b ckyard")[0].split()[1] == "481"
    user = world.hub.state.user_by_nick("op")
    assert user is not None
    user.modes = "o"
    bo, cy = world.person("bo", "#a", caps="chghost"), world.person("cy", "#a")
    ana = world.person("ana", "#a", caps="chghost")
    bo.say("MODE #a +v ana")
    for person in (ana, bo, cy):
        person.heard()
    reply = oper.say("CHGHOST ana ~b ckyard")
    assert reply == [":hub.test 396 op ana ~b@ckyard :is shown now"]
    told = ":ana!~ana@localhost CHGHOST ~b ckyard"
    assert ana.heard() == bo.heard() == [told]
    assert cy.heard() == [
        ":ana!~ana@localhost QUIT :Changing host",
        ":ana!~b@ckyard JOIN #a",
        ":hub.test MODE #a +v ana",
    ]
    ana.say("PRIVMSG #a :hi")
    assert bo.heard() == [":ana!~b@ckyard PRIVMSG #a :hi"]
    for wrong in ("CHGHOST ana !u host", "CHGHOST ana u :ho st", "CHGHOST ana u a!b"):
        assert oper.say(wrong)[0].split()[1] == "400"
    assert oper.say("CHGHOST nobody u h")[0].split()[1] == "401"
    assert oper.say("CHGHOST ana ~b ckyard") == []


# NAMES


def test_names_show_all_signs_and_whole_sources_where_that_is_wanted() -> None:
    world = World()
    ana = world.person("ana", "#a")
    ana.say("MODE #a +v ana")
    assert ana.say("NAMES #a")[0] == ":hub.test 353 ana = #a :@ana"
    ana.say("CAP REQ :multi-prefix")
    assert ana.say("NAMES #a")[0] == ":hub.test 353 ana = #a :@+ana"
    assert ana.say("WHO #a")[0].split()[8] == "H@+"
    ana.say("CAP REQ :userhost-in-names")
    assert ana.say("NAMES #a")[0] == ":hub.test 353 ana = #a :@+ana!~ana@localhost"


@pytest.mark.parametrize("name", ["no-implicit-names", "draft/no-implicit-names"])
def test_names_come_only_when_asked_for_where_that_is_wanted(name: str) -> None:
    ana = World().person("ana", caps=name)
    assert ana.say("JOIN #a") == [":ana!~ana@localhost JOIN #a"]
    assert [line.split()[1] for line in ana.say("NAMES #a")] == ["353", "366"]


# Before the welcome


def test_one_may_be_away_from_the_first_moment() -> None:
    world = World()
    bo = world.person("bo")
    ana = world.connect()
    assert ana.say("AWAY :tea")[0].split()[1] == "451"
    ana.say("CAP REQ :draft/pre-away")
    assert [line.split()[1] for line in ana.say("AWAY :x", "AWAY", "AWAY :tea")] == [
        "306",
        "305",
        "306",
    ]
    ana.say("CAP END", "NICK ana", "USER a 0 * :A")
    assert bo.say("PRIVMSG ana :hi") == [":hub.test 301 bo ana :tea"]


def test_what_the_hub_can_do_is_told_before_the_welcome_in_a_batch() -> None:
    person = World().connect()
    assert person.say("ISUPPORT")[0].split()[1] == "451"
    person.say("CAP REQ :batch draft/extended-isupport labeled-response")
    begin, *inside, end = person.ask("@label=x ISUPPORT")
    assert (begin.command, begin.params[1], begin.tags) == (
        "BATCH",
        "draft/isupport",
        {"label": "x"},
    )
    batch = begin.params[0][1:]
    assert end.params == (f"-{batch}",)
    assert {message.command for message in inside} == {"005"}
    assert all(message.tags == {"batch": batch} for message in inside)
