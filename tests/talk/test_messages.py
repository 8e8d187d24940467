"""PRIVMSG and NOTICE: who hears what, in which form (RFC 2812 3.3, IRCv3 message-tags, echo)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from razem.talk.irc.lines import MAX_LINE
from razem.talk.irc.message import Message
from tests.talk.harness import HeldLog, World

TIME = "2023-11-14T22:13:20.000Z"  # what the clock of the log says


@pytest.fixture
def world() -> World:
    return World()


def tags(line: str) -> dict[str, str]:
    return Message.parse(line).tags


# Who hears it


def test_a_line_goes_to_everybody_in_the_channel_but_its_sender(world: World) -> None:
    ana, bo = world.person("ana", "#a"), world.person("bo", "#a")
    cy = world.person("cy", "#b")
    assert ana.say("PRIVMSG #a :one", "NOTICE #A :two", "PRIVMSG #a three") == []
    assert bo.heard() == [
        ":ana!~ana@localhost PRIVMSG #a :one",
        ":ana!~ana@localhost NOTICE #A :two",
        ":ana!~ana@localhost PRIVMSG #a :three",
    ]
    assert cy.heard() == []


def test_a_line_goes_to_a_user_by_nick_in_any_case(world: World) -> None:
    ana, bo = world.person("ana"), world.person("bo")
    assert ana.say("PRIVMSG BO :psst") == []
    assert bo.heard() == [":ana!~ana@localhost PRIVMSG BO :psst"]
    assert ana.say("PRIVMSG ana :me") == [":ana!~ana@localhost PRIVMSG ana :me"]


def test_a_list_of_targets_gets_the_line_each_once(world: World) -> None:
    ana, bo, cy = world.person("ana", "#a"), world.person("bo", "#a"), world.person("cy")
    assert ana.say("PRIVMSG #a,cy,#x,cy,nobody :hi") == [
        ":hub.test 403 ana #x :No such channel",
        ":hub.test 401 ana nobody :No such nick or channel",
    ]
    assert bo.heard() == [":ana!~ana@localhost PRIVMSG #a :hi"]
    assert cy.heard() == [":ana!~ana@localhost PRIVMSG cy :hi"]


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("PRIVMSG", "411 ana :No recipient given"),
        ("PRIVMSG :", "411 ana :No recipient given"),
        ("PRIVMSG ,, :x", "411 ana :No recipient given"),
        ("PRIVMSG :#a", "412 ana :No text to send"),
        ("PRIVMSG #a", "412 ana :No text to send"),
        ("PRIVMSG #a :", "412 ana :No text to send"),
        ("PRIVMSG nobody :x", "401 ana nobody :No such nick or channel"),
        ("PRIVMSG #x :x", "403 ana #x :No such channel"),
        ("PRIVMSG :a b :x", "412 ana :No text to send"),
        ("PRIVMSG #b :x", "404 ana #b :Cannot send to channel: join it first (+n)"),
    ],
)
def test_what_cannot_be_said_is_refused_and_a_notice_never_answered(
    world: World, line: str, answer: str
) -> None:
    bo = world.person("bo", "#b")
    ana = world.person("ana", "#a")
    bo.heard()
    assert ana.say(line) == [f":hub.test {answer}"]
    assert ana.say(line.replace("PRIVMSG", "NOTICE")) == []
    assert bo.heard() == []


def test_modes_n_and_m_say_who_may_speak(world: World) -> None:
    ana, bo, cy = world.person("ana", "#a"), world.person("bo", "#a"), world.person("cy")
    moderated = ":hub.test 404 {} #a :Cannot send to channel: it is moderated (+m)"
    ana.say("MODE #a -n")
    bo.heard()
    assert cy.say("PRIVMSG #a :from outside") == []
    assert ana.heard() == bo.heard() == [":cy!~cy@localhost PRIVMSG #a :from outside"]
    ana.say("MODE #a +m")
    bo.heard()
    assert bo.say("PRIVMSG #a :x") == [moderated.format("bo")]
    assert cy.say("PRIVMSG #a :x") == [moderated.format("cy")]
    ana.say("MODE #a +v bo")
    bo.heard()
    assert bo.say("PRIVMSG #a :x") == []
    assert ana.say("PRIVMSG #a :y") == [":bo!~bo@localhost PRIVMSG #a :x"]


def test_who_speaks_from_outside_hears_the_echo_but_not_the_channel(world: World) -> None:
    ana, cy = world.person("ana", "#a"), world.person("cy", caps="echo-message")
    ana.say("MODE #a -n")
    assert cy.say("PRIVMSG #a :x") == [":cy!~cy@localhost PRIVMSG #a :x"]
    ana.say("PRIVMSG #a :y")
    assert cy.heard() == []


# What is heard


@pytest.mark.parametrize("command", ["PRIVMSG", "NOTICE"])
@pytest.mark.parametrize("character", ["x", "\u00e9", "\u20ac", "\U0001f600"])
@pytest.mark.parametrize("target", ["#a", "bo", "#a,bo"])
def test_everybody_receives_the_same_text_cut_at_whole_characters(
    command: str, character: str, target: str
) -> None:
    world = World()
    bo = world.person("bo", "#a", caps="server-time message-tags")
    ana = world.person("ana", "#a", caps="echo-message", host="h" * 45)
    bo.heard()
    before = f"{command} {target} :"
    text = character * ((MAX_LINE - 2 - len(before)) // len(character.encode()))
    echoes = ana.say(before + text)
    heard = [Message.parse(line) for line in bo.heard()]
    assert len({m.params[1] for m in heard} | {Message.parse(e).params[1] for e in echoes}) == 1
    for line in echoes:
        kept = Message.parse(line).params[1]
        size = len(line.encode())
        assert text.startswith(kept)
        assert size <= MAX_LINE - 2
        if "," not in target and command == "PRIVMSG":
            assert size > MAX_LINE - 2 - len(character.encode())


@pytest.mark.parametrize(
    "line",
    [
        b"PRIVMSG #a :one\0two",
        b"PRIVMSG #a :one\rtwo",
        b"PRIVMSG #a :one\r\0\rtwo",
        b"PRI\0VMSG #a onetwo",
        b"NOTICE #a :one\rtwo",
        b"@+t=\0x PRIVMSG #a :one\rtwo",
    ],
)
def test_what_some_would_take_for_the_end_of_a_line_never_reaches_them(line: bytes) -> None:
    world = World()
    ana, bo = world.person("ana", "#a"), world.person("bo", "#a", caps="message-tags")
    ana.send(line + b"\r\n")
    (heard,) = bo.heard()
    assert not set(heard) & set("\r\n\0")
    assert heard.endswith("onetwo")


@pytest.mark.parametrize("data", [b"\xff\xfe", b"caf\xe9", b"\xed\xa0\x80", b"\xc0\xaf"])
def test_what_is_not_utf8_is_refused_and_reaches_nobody(world: World, data: bytes) -> None:
    ana, bo = world.person("ana", "#a"), world.person("bo", "#a")
    ana.heard()
    assert ana.send(b"PRIVMSG #a :" + data + b"\r\nPING 1\r\n") == [
        ":hub.test FAIL * INVALID_UTF8 :Send UTF-8 only",
        ":hub.test PONG hub.test :1",
    ]
    assert bo.heard() == []


@given(st.binary(max_size=200))
def test_any_bytes_are_survived_and_others_get_whole_lines(data: bytes) -> None:
    world = World()
    bo = world.person("bo", "#a", caps="message-tags server-time")
    ana = world.person("ana", "#a", caps="labeled-response batch echo-message message-tags")
    bo.heard()
    ana.send(b"PRIVMSG #a :" + data + b"\r\n@label=1;+x=" + data + b"\r\nTOPIC #a :" + data)
    ana.send(b"\r\n" + data + b"\r\n")
    for line in [*ana.heard(), *bo.heard()]:
        assert not set(line) & set("\r\n\0")
        assert Message.parse(line).command
    assert bo.say("PING 1") == [":hub.test PONG hub.test :1"]


# Limits


@pytest.mark.parametrize(
    ("line", "accepted"),
    [
        ("PING " + "x" * 505, True),
        ("PING " + "x" * 506, False),
        ("@a=" + "x" * 4092 + " PING 1", True),
        ("@a=" + "x" * 4093 + " PING 1", False),
        ("@a=" + "x" * 4000 + " PING " + "x" * 506, False),
        ("@" + "a;" * 5000 + " PING 1", False),
        ("@a=" + "x" * 9000 + " PING 1", False),
        ("@a=" + "x" * 4092, True),
    ],
)
def test_a_line_over_the_limit_is_refused_and_the_next_one_is_read(
    world: World, line: str, accepted: bool
) -> None:
    ana = world.person("ana")
    heard = ana.say(line, "PING 2")
    assert heard[-1] == ":hub.test PONG hub.test :2"
    assert (":hub.test 417 ana :Input line was too long" in heard) is not accepted


# Tags


def test_a_line_is_told_with_the_tags_that_each_asked_for(world: World) -> None:
    ana = world.person("ana", "#a", caps="message-tags")
    plain, timed, tagged, both = (
        world.person(nick, "#a", caps=caps)
        for nick, caps in (
            ("p", ""),
            ("t", "server-time"),
            ("m", "message-tags"),
            ("b", "message-tags server-time batch"),
        )
    )
    ana.heard()
    ana.say(r"@+x=a\sb;+draft/reply=k;plain=1;time=0;msgid=z;+empty PRIVMSG #a :hi")
    body = ":ana!~ana@localhost PRIVMSG #a :hi"
    (heard,) = both.heard()
    msgid = tags(heard)["msgid"]
    assert heard == rf"@time={TIME};msgid={msgid};+x=a\sb;+draft/reply=k;+empty {body}"
    assert plain.heard() == [body]
    assert timed.heard() == [f"@time={TIME} {body}"]
    assert tagged.heard() == [rf"@msgid={msgid};+x=a\sb;+draft/reply=k;+empty {body}"]


def test_tags_of_one_without_the_capability_are_dropped(world: World) -> None:
    ana, bo = world.person("ana", "#a"), world.person("bo", "#a", caps="message-tags")
    ana.heard()
    ana.say("@+x=1 PRIVMSG #a :hi")
    (heard,) = bo.heard()
    assert set(tags(heard)) == {"msgid"}


def test_every_line_has_a_message_id_of_its_own_and_the_same_for_all(world: World) -> None:
    ana = world.person("ana", "#a", caps="echo-message message-tags")
    bo = world.person("bo", "#a", caps="message-tags server-time")
    ana.heard()
    echoes = ana.say("PRIVMSG #a :x", "PRIVMSG #a :x", "NOTICE #a,bo :x", "PRIVMSG bo :x")
    ids = [tags(line)["msgid"] for line in echoes]
    assert len(set(ids)) == 5
    assert [tags(line)["msgid"] for line in bo.heard()] == ids
    assert all(set(i) <= set("abcdefghijklmnopqrstuvwxyz0123456789-") for i in ids)


def test_times_never_go_back_even_if_the_clock_does(world: World) -> None:
    ana = world.person("ana", "#a", caps="server-time echo-message")
    times = []
    for now in (5.0, 3.0, 6.0):
        world.now = now
        times += [tags(line)["time"] for line in ana.say("PRIVMSG #a :x")]
    assert [time[17:23] for time in times] == ["25.000", "25.000", "26.000"]


def test_joins_and_the_like_have_a_time_for_those_who_ask_for_it(world: World) -> None:
    ana = world.person("ana", "#a", caps="server-time")
    bo = world.person("bo", "#a")
    assert ana.heard() == []
    bo.say("PART #a", "JOIN #a", "NICK eva", "QUIT")
    heard = [Message.parse(line) for line in ana.heard()]
    assert [m.command for m in heard] == ["PART", "JOIN", "NICK", "QUIT"]
    assert {m.tags["time"] for m in heard} == {TIME}


# Echo


@pytest.mark.parametrize("command", ["PRIVMSG", "NOTICE"])
@pytest.mark.parametrize("target", ["#a", "bo", "ana"])
def test_the_sender_gets_its_line_back_if_it_asked_for_it(command: str, target: str) -> None:
    world = World()
    ana = world.person("ana", "#a", caps="echo-message")
    world.person("bo")
    echo = f":ana!~ana@localhost {command} {target} :x"
    assert ana.say(f"{command} {target} :x") == [echo] * (2 if target == "ana" else 1)


def test_an_echo_comes_after_the_commit_and_in_the_order_of_the_log() -> None:
    log = HeldLog()
    world = World(log)
    log.commit()
    people = [world.connect() for _ in range(2)]
    for nick, person in zip(("ana", "bo"), people, strict=True):
        person.say("CAP REQ :echo-message", "CAP END", f"NICK {nick}", f"USER {nick} 0 * :x")
        log.commit()
        world.settle()
        person.say("JOIN #a")
        log.commit()
        world.settle()
    ana, bo = people
    ana.heard()
    bo.heard()
    assert ana.say("PRIVMSG #a :1") == []
    assert bo.say("PRIVMSG #a :2") == []
    assert ana.say("PRIVMSG #a :3") == []
    log.commit()
    world.settle()
    order = [
        ":ana!~ana@localhost PRIVMSG #a :1",
        ":bo!~bo@localhost PRIVMSG #a :2",
        ":ana!~ana@localhost PRIVMSG #a :3",
    ]
    assert ana.heard() == order
    assert bo.heard() == order
