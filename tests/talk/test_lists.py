"""The lists of channels: bans, mutes, exceptions, invite exceptions (Modern IRC, MODE)."""

from __future__ import annotations

import pytest

from razem.talk.settings import Limits
from tests.talk.harness import Person, World

NOW = 1_700_000_000


@pytest.fixture
def world() -> World:
    return World()


def joins(person: Person) -> str:
    """Return what JOIN #a is answered with; out again if it was let in."""
    command = person.ask("JOIN #a")[0].command
    if command == "JOIN":
        person.say("PART #a")
    return command


def test_lists_tell_who_set_what_and_when(world: World) -> None:
    ana = world.person("ana", "#a")
    assert ana.say(
        "MODE #a +bb Bo *!*@*.example", "MODE #a +e-b cy nobody", "MODE #a +I ~a:dee"
    ) == [
        ":ana!~ana@localhost MODE #a +bb Bo!*@* *!*@*.example",
        ":ana!~ana@localhost MODE #a +e cy!*@*",
        ":ana!~ana@localhost MODE #a +I ~a:dee",
    ]
    by = f"ana!~ana@localhost :{NOW}"
    bans = [
        f":hub.test 367 {{}} #a Bo!*@* {by}",
        f":hub.test 367 {{}} #a *!*@*.example {by}",
        ":hub.test 368 {} #a :End of channel ban list",
    ]
    assert ana.say("MODE #a b") == [line.format("ana") for line in bans]
    assert ana.say("MODE #a +eI") == [
        f":hub.test 348 ana #a cy!*@* {by}",
        ":hub.test 349 ana #a :End of channel exception list",
        f":hub.test 346 ana #a ~a:dee {by}",
        ":hub.test 347 ana #a :End of channel invite exception list",
    ]
    eve = world.person("eve")
    assert eve.say("MODE #a b") == [line.format("eve") for line in bans]
    refusal = ":hub.test 482 eve #a :You're not channel operator"
    assert eve.say("MODE #a eI") == [refusal, refusal]


def test_a_list_is_shown_after_the_changes_of_the_same_command(world: World) -> None:
    ana = world.person("ana", "#a")
    heard = ana.ask("MODE #a +sb")
    assert [m.command for m in heard] == ["MODE", "368"]
    assert heard[0].params == ("#a", "+s")


def test_a_mask_is_known_in_whatever_case_and_told_as_it_was_set(world: World) -> None:
    ana = world.person("ana", "#a")
    ana.say("MODE #a +b BO")
    assert ana.say("MODE #a +b bo!*@*") == []
    assert ana.say("MODE #a -b bo") == [":ana!~ana@localhost MODE #a -b BO!*@*"]
    assert ana.say("MODE #a -b bo") == []


def test_the_lists_have_a_bound_together() -> None:
    world = World(limits=Limits(flood=False, masks=2))
    ana = world.person("ana", "#a")
    full = "The lists of this channel are full: take something out first"
    assert ana.say("MODE #a +beIi a b c") == [
        f":hub.test 478 ana #a I c!*@* :{full}",
        ":ana!~ana@localhost MODE #a +bei a!*@* b!*@*",
    ]
    assert ana.say("MODE #a -b+I a c") == [":ana!~ana@localhost MODE #a -b+I a!*@* c!*@*"]


def test_what_is_wrong_is_named_and_the_rest_takes_effect() -> None:
    world = World(limits=Limits(flood=False, modes=2))
    ana = world.person("ana", "#a")
    assert ana.say("MODE #a +bXmbbl x! ~z:x y z") == [
        ":ana!~ana@localhost MODE #a +bm x!*@*",
        ":hub.test 472 ana X :is unknown mode char to me",
        ":hub.test 696 ana #a b ~z:x :There are no masks ~z: there are ~a:ACCOUNT and ~m:MASK",
        ":hub.test 407 ana y :At most 2 modes with a parameter in one command",
        ":hub.test 407 ana z :At most 2 modes with a parameter in one command",
    ]
    assert ana.say("MODE #a +I ~m:x") == [
        ":hub.test 696 ana #a I ~m:x :Who is muted may come in anyway: there is nothing to except"
    ]


def test_the_longest_masks_are_told_in_lines_of_the_right_length() -> None:
    world = World()
    ana = world.person("a" * 30, "#" + "c" * 63, host="h" * 45)
    masks = [f"{letter * 40}!{letter * 20}@{letter * 66}" for letter in "bcd"]
    heard = ana.say(f"MODE #{'c' * 63} +bbb {' '.join(masks)}")
    assert len(heard) == 2
    assert all(len(line) <= 510 for line in heard)
    assert [word for line in heard for word in line.split() if word in masks] == masks
    shown = [m.params[2] for m in ana.ask(f"MODE #{'c' * 63} b") if m.command == "367"]
    assert shown == masks


# Bans


def test_who_is_banned_cannot_join_and_is_told_so(world: World) -> None:
    ana = world.person("ana", "#a")
    bo, cy = world.person("Bo", host="203.0.113.7"), world.person("cy", host="203.0.113.8")
    ana.say("MODE #a +b *!*@203.0.113.7")
    assert bo.say("JOIN #a") == [":hub.test 474 Bo #a :Cannot join channel (+b): you are banned"]
    assert joins(cy) == "JOIN"
    ana.say("MODE #a -b+b *!*@203.0.113.7 b?")
    assert (joins(bo), joins(cy)) == ("474", "JOIN")


def test_an_exception_or_an_operators_invitation_opens_the_door(world: World) -> None:
    ana = world.person("ana", "#a")
    bo = world.person("bo")
    ana.say("MODE #a +b *")
    assert joins(bo) == "474"
    ana.say("MODE #a +e bo")
    assert joins(bo) == "JOIN"
    ana.say("MODE #a -e bo", "INVITE bo #a")
    bo.heard()
    assert (joins(bo), joins(bo)) == ("JOIN", "474")


def test_the_invitation_of_somebody_without_status_opens_nothing(world: World) -> None:
    ana, cy = world.person("ana", "#a"), world.person("cy", "#a")
    bo = world.person("bo")
    ana.say("MODE #a +bk bo key")
    assert cy.ask("INVITE bo #a")[-1].command == "341"
    assert [m.command for m in bo.messages()] == ["INVITE"]
    assert joins(bo) == "474"


def test_who_is_banned_inside_cannot_speak_nor_change_nick(world: World) -> None:
    ana, bo = world.person("ana", "#a"), world.person("bo", "#a")
    ana.say("MODE #a +b bo")
    bo.heard()
    assert bo.say("PRIVMSG #a :x", "NOTICE #a :x", "NICK bob", "PRIVMSG @#a :x") == [
        ":hub.test 404 bo #a :Cannot send to channel: you are banned or muted there (+b)",
        ":hub.test 435 bo bob #a :Cannot change nickname while banned or muted on a channel",
        ":hub.test 404 bo #a :Cannot send to channel: you are banned or muted there (+b)",
    ]
    ana.heard()
    ana.say("MODE #a +v bo")
    bo.heard()
    assert bo.say("PRIVMSG #a :x", "NICK bob") == [":bo!~bo@localhost NICK :bob"]
    assert [m.command for m in ana.messages()] == ["PRIVMSG", "NICK"]


def test_who_is_banned_outside_cannot_speak_into_an_open_channel(world: World) -> None:
    ana, bo = world.person("ana", "#a"), world.person("bo")
    ana.say("MODE #a -n")
    assert bo.say("PRIVMSG #a :x") == []
    ana.say("MODE #a +b bo")
    assert [m.command for m in bo.ask("PRIVMSG #a :x")] == ["404"]


# Mutes and accounts


@pytest.mark.parametrize("mute", ["~m:bo", "~mute:bo!*@*", "~quiet:*!~bo@*", "~m:~a:bobby"])
def test_who_is_muted_may_join_but_not_speak(world: World, mute: str) -> None:
    ana = world.person("ana", "#a")
    bo = world.person("bo", account="bobby")
    ana.say(f"MODE #a +b {mute}")
    assert bo.ask("JOIN #a")[0].command == "JOIN"
    ana.heard()
    assert [m.command for m in bo.ask("PRIVMSG #a :x")] == ["404"]
    assert ana.heard() == []
    ana.say("MODE #a +e ~m:~a:bobby")
    bo.heard()
    assert bo.say("PRIVMSG #a :x") == []
    ana.say(f"MODE #a -e+b ~m:~a:bobby {mute}", f"MODE #a -b {mute}")
    bo.heard()
    assert bo.say("PRIVMSG #a :x") == []


def test_an_exception_from_mutes_is_none_from_bans(world: World) -> None:
    ana, bo = world.person("ana", "#a"), world.person("bo")
    ana.say("MODE #a +be bo ~m:bo")
    assert joins(bo) == "474"


def test_bans_and_exceptions_by_account(world: World) -> None:
    ana = world.person("ana", "#a")
    bo, stranger = world.person("bo", account="bobby"), world.person("bobby")
    ana.say("MODE #a +b ~account:Bobby")
    assert (joins(bo), joins(stranger)) == ("474", "JOIN")
    ana.say("MODE #a +b-b+e * ~a:bobby ~a:bobby")
    assert (joins(bo), joins(stranger)) == ("JOIN", "474")
    ana.say("MODE #a -b+iI * ~a:b*")
    assert (joins(bo), joins(stranger)) == ("JOIN", "473")


# Invite exceptions, and who is logged in


def test_an_invite_exception_lets_in_past_the_mode_i_alone(world: World) -> None:
    ana, bo = world.person("ana", "#a"), world.person("bo")
    ana.say("MODE #a +iI bo")
    assert joins(bo) == "JOIN"
    ana.say("MODE #a +k key")
    assert joins(bo) == "475"
    ana.say("MODE #a -k+b x bo")
    assert joins(bo) == "474"


def test_with_mode_r_only_who_is_logged_in_may_join_and_speak_from_outside(world: World) -> None:
    ana, bo = world.person("ana", "#a"), world.person("bo")
    cy = world.person("cy", account="cy")
    ana.say("MODE #a +R-n")
    assert bo.say("JOIN #a", "PRIVMSG #a :x") == [
        ":hub.test 477 bo #a :Cannot join channel (+R): log in to an account first",
        ":hub.test 404 bo #a :Cannot send to channel: log in first (+R)",
    ]
    assert cy.say("PRIVMSG #a :x") == []
    assert joins(cy) == "JOIN"
