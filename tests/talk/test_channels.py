"""Channels: JOIN, PART, TOPIC, NAMES, WHO, LIST, MODE, KICK, INVITE, AWAY (Modern IRC)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from razem.talk.irc.lines import MAX_LINE
from razem.talk.settings import Identity, Limits
from tests.talk.harness import LIMITS, DurableLog, Person, World

if TYPE_CHECKING:
    from pathlib import Path

NOW = 1_700_000_000  # what the clock of the log says, in seconds


@pytest.fixture
def world() -> World:
    return World()


def modes(person: Person, channel: str) -> str:
    """Return the modes of a channel as RPL_CHANNELMODEIS tells them."""
    return " ".join(person.ask(f"MODE {channel}")[0].params[2:])


# JOIN


def test_who_joins_is_told_the_topic_and_the_names_and_the_others_of_them(world: World) -> None:
    ana = world.person("ana", "#a")
    ana.say("TOPIC #a :all about a")
    bo = world.person("bo")
    assert bo.say("JOIN #A") == [
        ":bo!~bo@localhost JOIN #a",
        ":hub.test 332 bo #a :all about a",
        f":hub.test 333 bo #a ana!~ana@localhost :{NOW}",
        ":hub.test 353 bo = #a :@ana bo",
        ":hub.test 366 bo #a :End of /NAMES list",
    ]
    assert ana.heard() == [":bo!~bo@localhost JOIN #a"]


def test_joining_again_changes_and_says_nothing(world: World) -> None:
    ana, bo = world.person("ana", "#a"), world.person("bo", "#a")
    assert bo.say("JOIN #a", "JOIN #A") == []
    assert ana.heard() == []


def test_the_first_to_join_is_operator_and_the_channel_is_closed_to_outsiders(world: World) -> None:
    ana = world.person("ana", "#a")
    assert modes(ana, "#a") == "+nt"
    assert ana.ask("NAMES #a")[0].params == ("ana", "=", "#a", "@ana")


def test_join_takes_lists_of_channels_and_keys(world: World) -> None:
    ana = world.person("ana", "#a", "#b", "#c")
    ana.say("MODE #a +k one", "MODE #c +k three")
    bo = world.person("bo")
    heard = bo.ask("JOIN #a,#a,#c,#b one,one,three")
    assert [m.params for m in heard if m.command == "JOIN"] == [("#a",), ("#c",), ("#b",)]


@pytest.mark.parametrize(
    ("setting", "line", "refusal"),
    [
        ("+k secret", "JOIN #a", "475 bo #a :Cannot join channel (+k): wrong key"),
        ("+k secret", "JOIN #a Secret", "475 bo #a :Cannot join channel (+k): wrong key"),
        ("+i", "JOIN #a", "473 bo #a :Cannot join channel (+i): you must be invited"),
        ("+l 1", "JOIN #a", "471 bo #a :Cannot join channel (+l): it is full"),
    ],
)
def test_a_closed_channel_says_how_it_is_closed(
    world: World, setting: str, line: str, refusal: str
) -> None:
    ana = world.person("ana", "#a")
    ana.say(f"MODE #a {setting}")
    bo = world.person("bo")
    assert bo.say(line, "JOIN #b")[0] == f":hub.test {refusal}"
    assert ana.heard() == []
    ana.say("INVITE bo #a")
    bo.heard()
    assert bo.say("JOIN #a")[0] == ":bo!~bo@localhost JOIN #a"


@pytest.mark.parametrize(
    ("name", "numeric"),
    [
        ("lobby", "403 ana lobby"),
        ("&local", "403 ana &local"),
        ("#", "476 ana #"),
        ("#a\x07b", "476 ana #a\x07b"),
        (":#a b", "476 ana *"),
        ("#" + "a" * 64, "476 ana #" + "a" * 64),
    ],
)
def test_what_cannot_be_a_channel_is_refused_and_nothing_joined(
    world: World, name: str, numeric: str
) -> None:
    ana = world.person("ana")
    (heard,) = ana.say(f"JOIN {name}")
    assert heard.startswith(f":hub.test {numeric} :")
    assert world.hub.state.channels == {}


def test_nobody_is_in_more_channels_than_allowed_however_fast_they_join() -> None:
    world = World(limits=Limits(flood=False, channels=2))
    ana = world.person("ana")
    heard = ana.ask("JOIN #a", "JOIN #a", "JOIN #b", "JOIN #c", "PART #a", "JOIN #c")
    assert [m.params for m in heard if m.command == "405"] == [
        ("ana", "#c", "You have joined too many channels")
    ]
    assert list(world.hub.state.users[ana.session.id].channels) == ["#b", "#c"]
    assert "405" in [m.command for m in world.person("bo").ask("JOIN #a,#b,#c")]


def test_a_command_names_no_more_targets_than_allowed() -> None:
    world = World(limits=Limits(flood=False, targets=2))
    ana = world.person("ana")
    for command in ("JOIN {}", "PART {}", "PRIVMSG {} :x", "NAMES {}", "LIST {}"):
        assert ":hub.test 407 ana #c :Too many targets in one command" in ana.say(
            command.format("#a,#b,#c")
        )
    assert world.hub.state.channels == {}


def test_join_0_leaves_every_channel_also_those_joined_a_moment_ago(world: World) -> None:
    ana = world.person("ana", "#a", "#b")
    bo = world.person("bo", "#a")
    heard = ana.ask("JOIN #c", "JOIN 0", "JOIN #d")
    assert [(m.command, m.params[0]) for m in heard if m.command in {"JOIN", "PART"}] == [
        ("JOIN", "#c"),
        ("PART", "#a"),
        ("PART", "#b"),
        ("PART", "#c"),
        ("JOIN", "#d"),
    ]
    assert bo.heard() == [":ana!~ana@localhost PART #a"]


# PART


def test_who_parts_is_gone_for_all(world: World) -> None:
    ana, bo = world.person("ana", "#a", "#b"), world.person("bo", "#a", "#b")
    assert ana.say("PART #A,#b :see you", "PRIVMSG #a :x") == [
        ":ana!~ana@localhost PART #a :see you",
        ":ana!~ana@localhost PART #b :see you",
        ":hub.test 404 ana #a :Cannot send to channel: join it first (+n)",
    ]
    assert bo.heard() == [
        ":ana!~ana@localhost PART #a :see you",
        ":ana!~ana@localhost PART #b :see you",
    ]
    assert bo.say("PRIVMSG #a :alone", "PART #a") == [":bo!~bo@localhost PART #a"]
    assert ana.heard() == []


def test_one_cannot_part_from_where_one_is_not(world: World) -> None:
    world.person("bo", "#b")
    assert world.person("ana").say("PART #b,#x") == [
        ":hub.test 442 ana #b :You're not on that channel",
        ":hub.test 403 ana #x :No such channel",
    ]


# TOPIC


def test_a_topic_is_told_to_all_shown_and_cleared(world: World) -> None:
    ana, bo = world.person("ana", "#a"), world.person("bo", "#a")
    assert ana.say("TOPIC #a") == [":hub.test 331 ana #a :No topic is set"]
    assert ana.say("TOPIC #a ::) hi") == [":ana!~ana@localhost TOPIC #a ::) hi"]
    assert bo.heard() == [":ana!~ana@localhost TOPIC #a ::) hi"]
    assert bo.say("TOPIC #A") == [
        ":hub.test 332 bo #a ::) hi",
        f":hub.test 333 bo #a ana!~ana@localhost :{NOW}",
    ]
    assert ana.say("TOPIC #a :", "TOPIC #a") == [
        ":ana!~ana@localhost TOPIC #a :",
        ":hub.test 331 ana #a :No topic is set",
    ]


def test_with_mode_t_only_operators_set_the_topic(world: World) -> None:
    ana, bo = world.person("ana", "#a"), world.person("bo", "#a")
    assert bo.say("TOPIC #a :x") == [":hub.test 482 bo #a :You're not channel operator"]
    ana.say("MODE #a -t")
    bo.heard()
    assert bo.say("TOPIC #a :x") == [":bo!~bo@localhost TOPIC #a :x"]
    assert world.person("cy").say("TOPIC #a :y", "TOPIC #x :y", "TOPIC #x") == [
        ":hub.test 442 cy #a :You're not on that channel",
        ":hub.test 403 cy #x :No such channel",
        ":hub.test 403 cy #x :No such channel",
    ]


def test_the_longest_topic_fits_into_a_line_for_everybody() -> None:
    world = World(identity=Identity(name="h" * 63))
    channel = "#" + "c" * 63
    ana = world.person("a" * 30, channel, host="h" * 45)
    bo = world.person("b" * 30, host="h" * 45)
    topic = "\u010d" * 200
    told = ana.ask(f"TOPIC {channel} :{topic}")[0].params[1]
    shown = [m.params[-1] for m in bo.ask(f"JOIN {channel}") if m.command == "332"]
    assert shown == [told]
    assert topic.startswith(told)
    assert len(told) > 100
    raw = f":{'a' * 30}!~{'a' * 18}@{'h' * 45} TOPIC {channel} :{told}"
    assert len(raw.encode()) <= MAX_LINE - 2


# NAMES, WHO, LIST


def test_names_are_told_in_as_many_lines_as_they_need() -> None:
    world = World(limits=Limits(flood=False))
    nicks = [f"{'n' * 26}{number:03}" for number in range(40)]
    for nick in nicks:
        world.person(nick, "#a")
    ana = world.person("ana")
    heard = ana.say("NAMES #a,#x")
    assert all(len(line) <= MAX_LINE - 2 for line in heard)
    shown = [nick for line in heard if " 353 " in line for nick in line.partition(" :")[2].split()]
    assert shown == ["@" + nicks[0], *nicks[1:]]
    assert heard[-2:] == [
        ":hub.test 366 ana #a :End of /NAMES list",
        ":hub.test 366 ana #x :End of /NAMES list",
    ]
    assert ana.say("NAMES") == [":hub.test 366 ana * :End of /NAMES list"]


def test_who_shows_the_members_of_a_channel_and_who_matches_a_mask(world: World) -> None:
    world.person("ana", "#a").say("AWAY :lunch")
    world.person("bo", "#a", host="203.0.113.7")
    cy = world.person("cy")
    assert cy.say("WHO #A") == [
        ":hub.test 352 cy #a ~ana localhost hub.test ana G@ :0 Ana",
        ":hub.test 352 cy #a ~bo 203.0.113.7 hub.test bo H :0 Bo",
        ":hub.test 315 cy #A :End of WHO list",
    ]
    assert [m.params[5] for m in cy.ask("WHO") if m.command == "352"] == ["ana", "bo", "cy"]
    assert [m.params[5] for m in cy.ask("WHO ?O") if m.command == "352"] == ["bo"]
    assert [m.params[5] for m in cy.ask("WHO *n*") if m.command == "352"] == ["ana"]
    assert cy.say("WHO #x", "WHO a.a", "WHO :two words") == [
        ":hub.test 315 cy #x :End of WHO list",
        ":hub.test 315 cy a.a :End of WHO list",
        ":hub.test 315 cy * :End of WHO list",
    ]


def test_a_mask_of_many_stars_is_answered_at_once(world: World) -> None:
    ana = world.person("a" * 30)
    assert ana.ask("WHO " + "*a" * 90 + "*b")[-1].command == "315"


def test_list_tells_members_and_topics(world: World) -> None:
    ana = world.person("ana", "#a", "#b")
    world.person("bo", "#a")
    ana.say("TOPIC #a :about a")
    start, end = ":hub.test 321 ana Channel :Users  Name", ":hub.test 323 ana :End of /LIST"
    one, two = ":hub.test 322 ana #a 2 :about a", ":hub.test 322 ana #b 1 :"
    assert ana.say("LIST") == [start, one, two, end]
    assert ana.say("LIST #B,#x") == [start, two, end]


# MODE


@pytest.mark.parametrize(
    ("line", "told", "after"),
    [
        ("+i", "+i", "+int"),
        ("-nt", "-nt", "+"),
        ("+im-t+k key", "+im-t+k key", "+imnk key"),
        ("+k-k a x", "+k-k a a", "+nt"),
        ("+l 5", "+l 5", "+ntl 5"),
        ("+l 007", "+l 7", "+ntl 7"),
        ("+kl key 5", "+kl key 5", "+ntkl key 5"),
        ("+l-l 5", "+l-l 5", "+nt"),
        ("+v bo", "+v bo", "+nt"),
        ("+oo-v BO ana bo", "+o bo", "+nt"),
        ("-o+o ana ana", "-o+o ana ana", "+nt"),
    ],
)
def test_modes_are_set_and_told_to_all(world: World, line: str, told: str, after: str) -> None:
    ana, bo = world.person("ana", "#a"), world.person("bo", "#a")
    assert ana.say(f"MODE #A {line}") == [f":ana!~ana@localhost MODE #a {told}"]
    assert bo.heard() == [f":ana!~ana@localhost MODE #a {told}"]
    assert modes(bo, "#a") == after


@pytest.mark.parametrize("line", ["+nt", "-i", "-k", "-l", "+o ana", "-v bo", "+", "-k x"])
def test_what_is_so_already_is_not_told(world: World, line: str) -> None:
    ana, bo = world.person("ana", "#a"), world.person("bo", "#a")
    ana.say(f"MODE #a {line}")
    assert bo.heard() == []
    assert modes(bo, "#a") == "+nt"


@pytest.mark.parametrize(
    ("line", "refusal"),
    [
        ("+x", "472 ana x :is unknown mode char to me"),
        ("+f", "696 ana #a f * :Mode f needs a channel"),
        ("+f b", "696 ana #a f b :Not a channel: b"),
        ("+o", "696 ana #a o * :Mode o needs a nick"),
        ("+v", "696 ana #a v * :Mode v needs a nick"),
        ("-o", "696 ana #a o * :Mode o needs a nick"),
        ("+k", "696 ana #a k * :Mode k needs a key"),
        ("+l", "696 ana #a l * :Mode l needs a number of members"),
        ("+l none", "696 ana #a l none :Not a limit: none"),
        ("+l 0", "696 ana #a l 0 :Not a limit: 0"),
        ("+l -1", "696 ana #a l -1 :Not a limit: -1"),
        ("+l 99999999999", "696 ana #a l 99999999999 :Not a limit: 99999999999"),
        ("+k a,b", "525 ana #a :Key is not well-formed: no spaces, commas or control characters"),
        ("+k :a b", "525 ana #a :Key is not well-formed: no spaces, commas or control characters"),
        ("+k ::a", "525 ana #a :Key is not well-formed: no spaces, commas or control characters"),
        ("+k " + "k" * 24, None),
        ("+o nobody", "401 ana nobody :No such nick or channel"),
        ("+o cy", "441 ana cy #a :They aren't on that channel"),
    ],
)
def test_a_wrong_mode_is_named_and_changes_nothing(
    world: World, line: str, refusal: str | None
) -> None:
    ana = world.person("ana", "#a")
    world.person("cy")
    (heard,) = ana.say(f"MODE #a {line}")
    if refusal is not None:
        assert heard == f":hub.test {refusal}"
    assert modes(ana, "#a") == "+nt"


def test_only_operators_set_modes(world: World) -> None:
    world.person("ana", "#a")
    bo = world.person("bo", "#a")
    assert bo.say("MODE #a +i", "MODE #a +o bo") == [
        ":hub.test 482 bo #a :You're not channel operator",
        ":hub.test 482 bo #a :You're not channel operator",
    ]
    assert world.person("cy").say("MODE #a +i", "MODE #x +i", "MODE #x") == [
        ":hub.test 442 cy #a :You're not on that channel",
        ":hub.test 403 cy #x :No such channel",
        ":hub.test 403 cy #x :No such channel",
    ]


def test_modes_are_shown_but_the_key_to_members_only(world: World) -> None:
    ana = world.person("ana", "#a")
    ana.say("MODE #a +kl secret 9")
    created = f":hub.test 329 {{}} #a :{NOW}"
    assert ana.say("MODE #a") == [":hub.test 324 ana #a +ntkl secret :9", created.format("ana")]
    cy = world.person("cy")
    assert cy.say("MODE #a") == [":hub.test 324 cy #a +ntkl * :9", created.format("cy")]


def test_the_list_of_bans_is_shown_and_empty(world: World) -> None:
    ana = world.person("ana", "#a")
    end = ":hub.test 368 ana #a :End of channel ban list"
    assert ana.say("MODE #a b", "MODE #a +b") == [end, end]


def test_a_user_sees_and_sets_only_modes_of_its_own(world: World) -> None:
    ana = world.person("ana")
    world.person("bo")
    assert ana.say("MODE ana", "MODE bo", "MODE bo +i", "MODE nobody", "MODE ANA +x") == [
        ":hub.test 221 ana :+",
        ":hub.test 502 ana :Can't change mode for other users",
        ":hub.test 502 ana :Can't change mode for other users",
        ":hub.test 401 ana nobody :No such nick or channel",
        ":hub.test 501 ana :Unknown MODE flag",
    ]
    assert ana.say("MODE ana +i", "MODE ana") == [
        ":ana MODE ana :+i",
        ":hub.test 221 ana :+i",
    ]


def test_an_invisible_user_is_found_only_through_a_common_channel(world: World) -> None:
    ana = world.person("ana", "#a")
    ana.say("MODE ana +i")

    def found(person: Person) -> bool:
        return any(m.command == "352" and m.params[5] == "ana" for m in person.ask("WHO an*"))

    assert found(ana)
    assert found(world.person("bo", "#a"))
    assert not found(world.person("cy"))


def test_many_modes_at_once_fit_into_a_line() -> None:
    world = World()
    nicks = [f"{'n' * 26}{number:03}" for number in range(15)]
    ana = world.person("a" * 30, "#a", host="h" * 45)
    for nick in nicks:
        world.person(nick, "#a")
    ana.heard()
    heard = ana.say(f"MODE #a +{'v' * 15} {' '.join(nicks)}")
    assert all(len(line) <= MAX_LINE - 2 for line in heard)
    told = [word for line in heard for word in line.split()[3:]]
    assert [word for word in told if word[0] == "n"] == nicks
    shown = [m.params[-1] for m in ana.ask("NAMES #a") if m.command == "353"]
    assert " ".join(shown).split()[1:] == ["+" + nick for nick in nicks]


# KICK


def test_an_operator_puts_somebody_out(world: World) -> None:
    ana, bo = world.person("ana", "#a"), world.person("bo", "#a")
    assert ana.say("KICK #A BO :too loud") == [":ana!~ana@localhost KICK #a bo :too loud"]
    assert bo.heard() == [":ana!~ana@localhost KICK #a bo :too loud"]
    ana.say("PRIVMSG #a :quiet now")
    assert bo.say("PRIVMSG #a :hey") == [
        ":hub.test 404 bo #a :Cannot send to channel: join it first (+n)"
    ]
    assert bo.say("JOIN #a")[0] == ":bo!~bo@localhost JOIN #a"
    assert ana.say("KICK #a bo")[-1] == ":ana!~ana@localhost KICK #a bo :ana"


@pytest.mark.parametrize(
    ("line", "refusal"),
    [
        ("KICK #a ana", "482 bo #a :You're not channel operator"),
        ("KICK #x ana", "403 bo #x :No such channel"),
        ("KICK #b cy", "442 bo #b :You're not on that channel"),
        ("KICK #c nobody", "401 bo nobody :No such nick or channel"),
        ("KICK #c ana", "441 bo ana #c :They aren't on that channel"),
    ],
)
def test_a_kick_that_cannot_be_says_why(world: World, line: str, refusal: str) -> None:
    world.person("ana", "#a")
    world.person("cy", "#b")
    bo = world.person("bo", "#a", "#c")
    assert bo.say(line) == [f":hub.test {refusal}"]


def test_several_are_kicked_at_once(world: World) -> None:
    ana = world.person("ana", "#a")
    world.person("bo", "#a")
    world.person("cy", "#a")
    ana.heard()
    assert ana.say("KICK #a bo,cy,bo :out") == [
        ":ana!~ana@localhost KICK #a bo :out",
        ":ana!~ana@localhost KICK #a cy :out",
    ]


# INVITE


def test_an_invitation_opens_an_invite_only_channel_once(world: World) -> None:
    ana, bo = world.person("ana", "#a"), world.person("bo")
    ana.say("MODE #a +i")
    assert ana.say("INVITE BO #A") == [":hub.test 341 ana bo :#a"]
    assert bo.heard() == [":ana!~ana@localhost INVITE bo #a"]
    assert bo.say("JOIN #a")[0] == ":bo!~bo@localhost JOIN #a"
    bo.say("PART #a")
    assert bo.say("JOIN #a") == [
        ":hub.test 473 bo #a :Cannot join channel (+i): you must be invited"
    ]


def test_an_invitation_ends_with_the_user_it_was_for(world: World) -> None:
    ana, bo = world.person("ana", "#a"), world.person("bo")
    ana.say("MODE #a +i", "INVITE bo #a")
    bo.say("QUIT")
    assert [m.command for m in world.person("bo").ask("JOIN #a")] == ["473"]


@pytest.mark.parametrize(
    ("line", "refusal"),
    [
        ("INVITE cy #a", "482 bo #a :You're not channel operator"),
        ("INVITE cy #x", "403 bo #x :No such channel"),
        ("INVITE ana #c", "442 bo #c :You're not on that channel"),
        ("INVITE nobody #b", "401 bo nobody :No such nick or channel"),
        ("INVITE ana #b", "443 bo ana #b :is already on channel"),
    ],
)
def test_an_invitation_that_cannot_be_says_why(world: World, line: str, refusal: str) -> None:
    ana = world.person("ana", "#a", "#b")
    world.person("cy", "#c")
    bo = world.person("bo", "#a", "#b")
    ana.say("MODE #a +i")
    bo.heard()
    assert bo.say(line) == [f":hub.test {refusal}"]


# AWAY


def test_who_is_away_answers_private_messages_and_invitations_with_it(world: World) -> None:
    ana, bo = world.person("ana", "#a"), world.person("bo")
    assert bo.say("AWAY :at lunch") == [":hub.test 306 bo :You have been marked as being away"]
    assert ana.say("PRIVMSG bo :hi", "NOTICE bo :hi", "INVITE bo #a") == [
        ":hub.test 301 ana bo :at lunch",
        ":hub.test 341 ana bo :#a",
        ":hub.test 301 ana bo :at lunch",
    ]
    bo.heard()
    back = ":hub.test 305 bo :You are no longer marked as being away"
    assert bo.say("AWAY", "AWAY :") == [back, back]
    assert ana.say("PRIVMSG bo :hi") == []


# What stays


def test_a_channel_without_history_vanishes_with_its_last_member(world: World) -> None:
    ana = world.person("ana", "#a")
    ana.say("TOPIC #a :t", "MODE #a +m", "PART #a")
    assert world.hub.state.channels == {}
    assert "332" not in [m.command for m in ana.ask("JOIN #a")]
    assert modes(ana, "#a") == "+nt"


def test_a_channel_with_history_stays_with_topic_and_modes(world: World) -> None:
    ana = world.person("ana", "#a")
    ana.say("PRIVMSG #a :first", "TOPIC #a :about a", "MODE #a +ml 9", "PART #a")
    bo = world.person("bo")
    assert [m.params[-1] for m in bo.ask("JOIN #a") if m.command == "332"] == ["about a"]
    assert modes(bo, "#a") == "+mntl 9"
    assert bo.ask("NAMES #a")[0].params[-1] == "@bo"


@pytest.mark.parametrize("leaving", ["PART #a", "QUIT", "KICK #a ana", "JOIN 0", ""])
def test_the_last_member_of_an_invite_only_channel_can_return(world: World, leaving: str) -> None:
    ana = world.person("ana", "#a")
    ana.say("PRIVMSG #a :first", "MODE #a +i")
    if leaving:
        ana.say(leaving)
    else:
        ana.drop()
    assert [m.command for m in world.person("bo").ask("JOIN #a")] == ["473"]
    again = ana if ana.session.user else world.person("ana")
    assert again.say("JOIN #a")[0] == ":ana!~ana@localhost JOIN #a"
    assert again.ask("NAMES #a")[0].params[-1] == "@ana"


def test_who_was_put_out_of_an_invite_only_channel_stays_out(world: World) -> None:
    ana, bo = world.person("ana", "#a"), world.person("bo", "#a")
    ana.say("PRIVMSG #a :x", "MODE #a +i", "KICK #a bo")
    bo.drop()
    assert [m.command for m in world.person("bo").ask("JOIN #a")] == ["473"]


def test_who_was_there_when_the_hub_ended_comes_back_with_the_status_it_had(
    tmp_path: Path,
) -> None:
    log = DurableLog(tmp_path / "log")
    world = World(log)
    ana = world.person("ana", "#a")
    world.person("bo", "#a")
    ana.say("PRIVMSG #a :x", "MODE #a +iv bo")
    log.end()
    log = DurableLog(tmp_path / "log")
    world = World(log)
    bo = world.person("bo", "#a")
    world.person("ana", "#a")
    assert bo.ask("NAMES #a")[0].params[-1] == "@bo @ana"
    bo.say("MODE #a -o bo")
    assert bo.ask("NAMES #a")[0].params[-1] == "+bo @ana"
    log.end()


def test_nobody_gets_the_status_of_one_who_lost_the_connection(world: World) -> None:
    ana, bo = world.person("ana", "#a"), world.person("bo", "#a")
    ana.say("PRIVMSG #a :x", "MODE #a +i")
    ana.drop()
    same_name = world.person("ana")
    assert [m.command for m in same_name.ask("JOIN #a")] == ["473"]
    assert bo.ask("NAMES #a")[0].params[-1] == "bo"


def test_there_is_a_bound_on_the_number_of_channels() -> None:
    world = World(limits=Limits(flood=False, channels_in_all=2))
    ana = world.person("ana", "#a", "#b")
    ana.say("PRIVMSG #a :x", "PART #a")
    assert [m.command for m in ana.ask("JOIN #c")] == ["405"]
    assert [m.command for m in ana.ask("JOIN #a")] == ["JOIN", "353", "366"]


def test_channels_with_history_are_there_after_a_restart(tmp_path: Path) -> None:
    log = DurableLog(tmp_path / "log")
    world = World(log, LIMITS)
    ana = world.person("ana", "#a", "#b")
    ana.say("PRIVMSG #a :first", "TOPIC #a :about a", "MODE #a +ik secret")
    log.end()
    log = DurableLog(tmp_path / "log")
    world = World(log, LIMITS)
    bo = world.person("bo")
    assert list(world.hub.state.channels) == ["#a"]
    assert [u.nick for u in world.hub.state.users.values()] == ["bo"]
    assert [m.command for m in bo.ask("JOIN #a secret")] == ["473"]
    ana = world.person("ana")
    heard = ana.ask("JOIN #a secret")
    assert [m.params[-1] for m in heard if m.command in {"332", "353"}] == ["about a", "@ana"]
    assert modes(ana, "#a") == "+intk secret"
    log.end()


def test_a_wrong_name_in_a_list_keeps_nobody_out_of_the_others(world: World) -> None:
    ana = world.person("ana")
    heard = [(m.command, m.params[0]) for m in ana.ask("JOIN #a,wrong,#b")]
    assert [name for command, name in heard if command == "JOIN"] == ["#a", "#b"]
    assert heard[-1] == ("403", "ana")
    assert [m.command for m in ana.ask("PING x")] == ["PONG"]


@pytest.mark.parametrize("line", ["JOIN ,", "PART ,,", "KICK #a ,", "KICK , ,"])
def test_nothing_but_commas_names_nobody(line: str) -> None:
    ana = World().person("ana", "#a")
    command = line.split(maxsplit=1)[0]
    assert ana.say(line) == [f":hub.test 461 ana {command} :Not enough parameters"]
