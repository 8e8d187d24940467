"""Channel modes C, f and s, messages by status, INVITE and KICK with lists (Modern IRC)."""

from __future__ import annotations

import pytest

from razem.talk.settings import Limits
from tests.talk.harness import Person, World


@pytest.fixture
def world() -> World:
    return World()


def commands(person: Person, *lines: str) -> list[str]:
    return [m.command for m in person.ask(*lines)]


# No CTCP (C)


def test_with_mode_c_actions_are_heard_and_other_ctcp_is_not(world: World) -> None:
    ana, bo = world.person("ana", "#a"), world.person("bo", "#a")
    ana.say("MODE #a +C")
    bo.heard()
    refusal = ":hub.test 404 ana #a :Cannot send to channel: it takes no CTCP (+C)"
    assert ana.say(
        "PRIVMSG #a :x",
        "PRIVMSG #a :\x01ACTION waves\x01",
        "PRIVMSG #a :\x01VERSION\x01",
        "PRIVMSG #a :y",
        "NOTICE #a :\x01VERSION nc\x01",
    ) == [refusal]
    assert [m.params[1] for m in bo.messages()] == ["x", "\x01ACTION waves\x01", "y"]


@pytest.mark.parametrize("lines", [1, 5])
def test_a_ctcp_among_lines_that_are_committed_together_is_refused_too(lines: int) -> None:
    world = World()
    ana, bo = world.person("ana", "#a"), world.person("bo", "#a")
    ana.say("MODE #a +C")
    bo.heard()
    said = ["PRIVMSG #a :x", "PRIVMSG #a :\x01PING 1\x01"] * lines + ["PRIVMSG #a :end"]
    assert commands(ana, *said) == ["404"] * lines
    assert [m.params[1] for m in bo.messages()] == ["x"] * lines + ["end"]


# Forwarding


def test_forwarding_takes_an_operator_of_both_channels(world: World) -> None:
    ana = world.person("ana", "#a", "#two")
    world.person("bo", "#bo")
    assert ana.say("MODE #a +f #nowhere", "MODE #a +f #bo", "MODE #a +f #A") == [
        ":hub.test 696 ana #a f #nowhere :There is no channel #nowhere to lead to",
        ":hub.test 482 ana #bo :You're not channel operator",
        ":hub.test 696 ana #a f #A :It leads to itself",
    ]
    assert ana.say("MODE #a +f #two", "MODE #a")[:2] == [
        ":ana!~ana@localhost MODE #a +f #two",
        ":hub.test 324 ana #a +ntf :#two",
    ]
    assert ana.say("MODE #a -f") == [":ana!~ana@localhost MODE #a -f"]


@pytest.mark.parametrize("closing", ["+i", "+l 1", "+k key", "+b *", "+R"])
def test_who_cannot_come_in_is_led_elsewhere(world: World, closing: str) -> None:
    ana = world.person("ana", "#a", "#two")
    ana.say("MODE #a +f #two")
    bo = world.person("bo")
    assert commands(bo, "JOIN #a")[0] == "JOIN"
    bo.say("PART #a")
    ana.say(f"MODE #a {closing}")
    heard = bo.say("JOIN #a")
    assert heard[:2] == [
        ":hub.test 470 bo #a #two :Forwarding to #two",
        ":bo!~bo@localhost JOIN #two",
    ]
    assert bo.say("JOIN #a") == [":hub.test 470 bo #a #two :Forwarding to #two"]


def test_forwarding_goes_on_from_a_closed_channel_and_in_no_circle(world: World) -> None:
    ana = world.person("ana", "#a", "#b", "#c")
    ana.say("MODE #a +if #b", "MODE #b +if #c", "MODE #c +f #a")
    bo = world.person("bo")
    assert [(m.command, m.params[1:3]) for m in bo.ask("JOIN #a")][:2] == [
        ("470", ("#a", "#c")),
        ("JOIN", ()),
    ]
    bo.say("PART #c")
    ana.say("MODE #c +i")
    assert bo.say("JOIN #a") == [
        ":hub.test 473 bo #a :Cannot join channel (+i): you must be invited"
    ]


def test_a_channel_that_is_gone_is_led_to_no_more(world: World) -> None:
    ana = world.person("ana", "#a", "#two")
    ana.say("MODE #a +if #two", "PART #two")
    assert commands(world.person("bo"), "JOIN #a") == ["473"]
    assert list(world.hub.state.channels) == ["#a"]


# Secret channels (s)


def test_a_secret_channel_is_there_for_its_members_only(world: World) -> None:
    ana, bo = world.person("ana", "#a"), world.person("bo", "#a")
    ana.say("MODE #a +s", "TOPIC #a :hidden")
    bo.heard()
    cy = world.person("cy")
    assert commands(cy, "LIST", "NAMES #a", "WHO #a") == ["321", "323", "366", "315"]
    assert commands(cy, "TOPIC #a", "MODE #a", "MODE #a b", "CS INFO #a") == [
        *("403", "403", "403", "NOTICE"),
    ]
    assert commands(bo, "LIST", "TOPIC #a", "MODE #a") == [
        *("321", "322", "323", "332", "333", "324", "329"),
    ]
    assert bo.ask("NAMES #a")[0].params == ("bo", "@", "#a", "@ana bo")


# Messages by status


def test_a_message_by_status_is_heard_by_those_of_it_and_above(world: World) -> None:
    caps = "echo-message message-tags"
    ana, bo = world.person("ana", "#a"), world.person("bo", "#a")
    cy, dee = world.person("cy", "#a", caps=caps), world.person("dee", "#a")
    ana.say("MODE #a +vh bo cy")
    for person in (ana, bo, cy, dee):
        person.heard()
    assert dee.say("PRIVMSG @#a :to operators") == []
    assert ana.heard() == [":dee!~dee@localhost PRIVMSG @#a :to operators"]
    assert (bo.heard(), cy.heard()) == ([], [])
    (echo,) = cy.ask("NOTICE +#A :to all with a voice")
    assert (echo.command, echo.params) == ("NOTICE", ("+#A", "to all with a voice"))
    assert bo.heard() == ana.heard() == [":cy!~cy@localhost NOTICE +#A :to all with a voice"]
    assert dee.heard() == []
    assert ana.say("PRIVMSG %#a,@+#a :x") == []
    assert [m.params for m in cy.messages()] == [("%#a", "x"), ("@+#a", "x")]
    assert [m.params for m in bo.messages()] == [("@+#a", "x")]


def test_a_message_by_status_needs_the_right_to_speak(world: World) -> None:
    ana, bo = world.person("ana", "#a"), world.person("bo", "#a")
    cy = world.person("cy", caps="message-tags")
    assert commands(cy, "PRIVMSG @#a :x", "@+x=1 TAGMSG @#a", "PRIVMSG @#no :x") == [
        *("404", "404", "403"),
    ]
    ana.say("MODE #a +m")
    bo.heard()
    assert commands(bo, "PRIVMSG @#a :x", "PRIVMSG @nobody :x") == ["404", "401"]
    ana.heard()
    assert ana.say("PRIVMSG @#a :to nobody else") == []


def test_tags_by_status_are_heard_by_those_who_know_tags(world: World) -> None:
    ana = world.person("ana", "#a", caps="message-tags")
    bo, cy = world.person("bo", "#a", caps="message-tags"), world.person("cy", "#a")
    ana.heard()
    assert bo.say("@+typing=active TAGMSG @#a") == []
    (heard,) = ana.messages()
    assert (heard.command, heard.params, heard.tags["+typing"]) == ("TAGMSG", ("@#a",), "active")
    assert cy.heard() == []


def test_a_message_by_status_stands_in_no_history(world: World) -> None:
    ana = world.person("ana", "#a", caps="batch draft/chathistory")
    ana.say("PRIVMSG @#a :secret", "PRIVMSG #a :open")
    page = ana.ask("CHATHISTORY LATEST #a * 9")
    assert [m.params[-1] for m in page if m.command == "PRIVMSG"] == ["open"]


# INVITE, KICK


def test_invite_without_parameters_tells_where_one_may_come(world: World) -> None:
    ana, bo = world.person("ana", "#a", "#b"), world.person("bo")
    ana.say("MODE #a +i", "INVITE bo #a", "INVITE bo #b")
    bo.heard()
    end = ":hub.test 337 bo :End of /INVITE list"
    assert bo.say("INVITE") == [":hub.test 336 bo :#a", ":hub.test 336 bo :#b", end]
    bo.say("JOIN #a,#b", "PART #a,#b")
    assert bo.say("INVITE", "INVITE ana") == [
        end,
        ":hub.test 461 bo INVITE :Not enough parameters",
    ]


def test_who_is_kept_out_can_knock(world: World) -> None:
    ana, bo = world.person("ana", "#a"), world.person("bo", "#a")
    eve, mal = world.person("eve"), world.person("mal")
    assert eve.say("KNOCK #a") == [":hub.test 713 eve #a :Channel is open: join it"]
    ana.say("MODE #a +ib mal")
    bo.heard()
    assert eve.say("KNOCK #a :it is me") == [":hub.test 711 eve #a :Your KNOCK has been delivered"]
    assert ana.heard() == [
        ":hub.test 710 ana #a eve!~eve@localhost :has asked for an invite: it is me"
    ]
    assert commands(mal, "KNOCK #a", "KNOCK #nowhere") == ["404", "403"]
    assert commands(bo, "KNOCK #a") == ["714"]
    assert commands(eve, "KNOCK #a") == ["712"]
    world.now += 300
    assert commands(eve, "KNOCK #a") == ["711"]
    ana.say("MODE #a +s")
    assert commands(eve, "KNOCK #a") == ["403"]
    assert bo.heard() == [":ana!~ana@localhost MODE #a +s"]


def test_kick_takes_one_channel_or_one_for_each_nick(world: World) -> None:
    ana = world.person("ana", "#a", "#b")
    world.person("bo", "#a", "#b")
    world.person("cy", "#a", "#b")
    ana.heard()
    assert [m.params[:2] for m in ana.ask("KICK #a,#b bo,cy :out")] == [
        ("#a", "bo"),
        ("#b", "cy"),
    ]
    assert [m.params[:2] for m in ana.ask("KICK #a,#a cy,ana :out")] == [
        ("#a", "cy"),
        ("#a", "ana"),
    ]
    assert ana.say("KICK #a,#b bo") == [
        ":hub.test 461 ana KICK :Name one channel, or one for each nick"
    ]


def test_a_kick_names_no_more_nicks_than_allowed() -> None:
    world = World(limits=Limits(flood=False, targets=2))
    ana = world.person("ana", "#a")
    for channels in ("#a", "#a,#b,#c"):
        assert commands(ana, f"KICK {channels} a,b,c") == ["407"]
