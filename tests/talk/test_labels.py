"""Labels and the order of answers: each command has one answer, in its turn (labeled-response)."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from razem.talk.commands import COMMANDS
from razem.talk.isupport import isupport
from razem.talk.settings import Limits
from tests.talk.harness import IDENTITY, LIMITS, HeldLog, World

if TYPE_CHECKING:
    from collections.abc import Sequence

    from razem.talk.irc.message import Message
    from tests.talk.harness import Person

CAPS = "labeled-response batch message-tags echo-message draft/search draft/message-redaction"

_ISUPPORT = ("005",) * ceil(len(isupport(IDENTITY, LIMITS)) / 13)

# The commands, and what they are answered with: "ACK", the command of the one line, or those of
# the lines in a batch.
ANSWERS: list[tuple[str, str | tuple[str, ...]]] = [
    ("CAP LS 302", ("CAP", "CAP")),
    ("CAP LIST", "CAP"),
    ("CAP REQ :server-time", "CAP"),
    ("CAP REQ :nonsense", "CAP"),
    ("CAP END", "ACK"),
    ("CAP", "461"),
    ("CAP FOO", "410"),
    ("PASS x", "462"),
    ("NICK eva", "NICK"),
    ("NICK bo", "433"),
    ("NICK ana", "ACK"),
    ("NICK 1", "432"),
    ("NICK", "431"),
    ("USER a 0 * :A", "462"),
    ("PING 1", "PONG"),
    ("PING", "409"),
    ("PONG 1", "ACK"),
    ("QUIT :bye", "ERROR"),
    ("JOIN #new", ("JOIN", "353", "366")),
    ("JOIN #new,#a,#x", ("JOIN", "353", "366", "JOIN", "353", "366")),
    ("JOIN #a", "ACK"),
    ("JOIN bad", "403"),
    ("JOIN #new,bad", ("JOIN", "353", "366", "403")),
    ("JOIN bad,worse", ("403", "403")),
    ("JOIN #closed", "473"),
    ("JOIN 0", ("PART", "PART")),
    ("PART #a", "PART"),
    ("PART #a,#b :bye", ("PART", "PART")),
    ("PART #x", "403"),
    ("TOPIC #a", "331"),
    ("TOPIC #b", ("332", "333")),
    ("TOPIC #a :t", "TOPIC"),
    ("TOPIC #x :t", "403"),
    ("NAMES #a", ("353", "366")),
    ("NAMES", "366"),
    ("NAMES #x", "366"),
    ("LIST #x", ("321", "323")),
    ("INVITE cy #a", ("341", "301")),
    ("INVITE bo #a", "443"),
    ("INVITE bo", "461"),
    ("INVITE", "337"),
    ("KICK #a bo", "KICK"),
    ("KICK #a bo,cy", ("KICK", "441")),
    ("KICK #a nobody", "401"),
    ("KNOCK #closed", "711"),
    ("KNOCK #a", "714"),
    ("RENAME #a #z :better", ("PART", "JOIN", "353", "366")),
    ("RENAME #a #b", "FAIL"),
    ("RENAME #a", "461"),
    ("AUTHENTICATE PLAIN", "AUTHENTICATE"),
    ("AUTHENTICATE *", "906"),
    ("AUTHENTICATE FOO", ("908", "904")),
    ("REGISTER * * wrong", "FAIL"),
    ("REGISTER * * correct-horse", ("REGISTER", "900")),
    ("VERIFY ana 1", "FAIL"),
    ("PERSISTENCE GET", "FAIL"),
    ("PERSISTENCE LATER", "ACK"),
    ("METADATA * SET color red", "761"),
    ("METADATA * GET color", ("766",)),
    ("METADATA * LIST", ()),
    ("METADATA * FROB", "FAIL"),
    ("METADATA * SUB color", "770"),
    ("METADATA #a SYNC", ()),
    ("METADATA * SUBS", "ACK"),
    ("UNREAD", ()),
    ("NS INFO", "NOTICE"),
    ("NICKSERV IDENTIFY ana wrong", "NOTICE"),
    ("PRIVMSG NickServ :REGISTER correct-horse", ("NOTICE", "900")),
    ("CS", ("NOTICE", "NOTICE", "NOTICE", "NOTICE", "NOTICE")),
    ("CS REGISTER #a", "NOTICE"),
    ("CHANSERV INFO #a", "NOTICE"),
    ("PRIVMSG ChanServ :AMODE #a", "NOTICE"),
    ("NOTICE ChanServ :AMODE #a", "ACK"),
    ("MODE #a", ("324", "329")),
    ("MODE #a +m", "MODE"),
    ("MODE #a +nt", "ACK"),
    ("MODE #a +x", "472"),
    ("MODE #a +xs", ("MODE", "472")),
    ("MODE #a +b", "368"),
    ("MODE #a +sb", ("MODE", "368")),
    ("MODE #a +ov nobody bo", ("401", "MODE")),
    ("MODE ana", "221"),
    ("MODE ana +i", "MODE"),
    ("MODE ana -i", "ACK"),
    ("MODE bo", "502"),
    ("PRIVMSG #a :x", "PRIVMSG"),
    ("PRIVMSG bo :x", "PRIVMSG"),
    ("PRIVMSG cy :x", ("PRIVMSG", "301")),
    ("PRIVMSG #a,#b :x", ("PRIVMSG", "PRIVMSG")),
    ("PRIVMSG #x,#a,bo :x", ("403", "PRIVMSG", "PRIVMSG")),
    ("PRIVMSG #a,#x :x", ("PRIVMSG", "403")),
    ("PRIVMSG #x :x", "403"),
    ("PRIVMSG nobody :x", "401"),
    ("PRIVMSG #a", "412"),
    ("NOTICE #a :x", "NOTICE"),
    ("NOTICE #x :x", "ACK"),
    ("NOTICE nobody", "ACK"),
    ("NOTICE", "ACK"),
    ("PRIVMSG @#a :x", "PRIVMSG"),
    ("RELAYMSG #a cy/far :x", "PRIVMSG"),
    ("RELAYMSG #a cy :x", "FAIL"),
    ("RELAYMSG #a cy/far", "461"),
    ("TAGMSG #a", "ACK"),  # without tags there is nothing to send
    ("CHATHISTORY LATEST #a * 5", ("NOTICE",)),
    ("CHATHISTORY LATEST #b * 5", ()),
    ("CHATHISTORY LATEST #x * 5", "FAIL"),
    ("CHATHISTORY", "FAIL"),
    ("SEARCH in=#a", ("NOTICE",)),
    ("SEARCH in=#x", "FAIL"),
    ("SEARCH", "461"),
    ("REDACT #a log0-1", "FAIL"),
    ("REDACT #a", "461"),
    ("MARKREAD #a", "421"),
    ("AWAY :x", "306"),
    ("AWAY", "305"),
    ("SETNAME :Ana Lee", "ACK"),  # told to those who asked for it (setname)
    ("SETNAME", "461"),
    ("CHGHOST bo ~b elsewhere", "481"),
    ("ISUPPORT", _ISUPPORT),
    ("WHO bo", ("352", "315")),
    ("WHO bo %na", ("354", "315")),
    ("WHO nobody", "315"),
    ("WHOIS bo", ("311", "319", "312", "671", "317", "318")),
    ("WHOIS nobody", ("401", "318")),
    ("WHOIS", "431"),
    ("WHOWAS nobody", ("406", "369")),
    ("USERHOST bo", "302"),
    ("ISON bo", "303"),
    ("MONITOR + bo,nobody", ("730", "731")),
    ("MONITOR - bo", "ACK"),
    ("MONITOR L", "733"),
    ("MOTD", "422"),
    ("VERSION", ("351", *_ISUPPORT)),
    ("VERSION elsewhere", "402"),
    ("ADMIN", "423"),
    ("TIME", "391"),
    ("INFO", ("371", "371", "371", "371", "374")),
    ("LUSERS", ("251", "252", "253", "254", "255", "265", "266")),
    ("LINKS", ("364", "365")),
    ("USERS", "446"),
    ("STATS u", ("242", "219")),
    ("STATS k", "481"),
    ("STATS x", "219"),
    ("HELP PRIVMSG", ("704", "705", "706")),
    ("HELPOP nothing", "524"),
    ("LIST C>5", ("321", "323")),
    ("OPER root wrong", "491"),
    ("KILL bo :x", "481"),
    ("WALLOPS :x", "481"),
    ("REHASH", "481"),
    ("KLINE bo :x", "481"),
    ("KLINE", "481"),
    ("UNKLINE bo", "481"),
    ("DLINE 192.0.2.1", "481"),
    ("DLINE bo", "400"),
    ("UNDLINE 192.0.2.1", "481"),
    ("FROBNICATE", "421"),
    ("PRIVMSG #a :" + "x" * 600, "417"),
]


# The batches that are the whole answer to a command, where that is not labeled-response.
KINDS = {
    "CHATHISTORY": "chathistory",
    "METADATA": "metadata",
    "SEARCH": "search",
    "UNREAD": "razem/unread",
}


def scene() -> tuple[World, Person]:
    world = World()
    ana = world.person("ana", "#a", "#b", caps=CAPS)
    bo = world.person("bo", "#a", "#closed")
    world.person("cy").say("AWAY :out")
    bo.say("NOTICE #a :first", "MODE #closed +i")
    ana.say("TOPIC #b :about b")
    return world, ana


def answered(
    messages: list[Message], label: str
) -> tuple[str, tuple[str, ...] | None, list[Message]]:
    """Return the command that bears the label, those in its batch, and the other messages."""
    (place,) = [i for i, m in enumerate(messages) if m.tags.get("label") == label]
    first = messages[place]
    if first.command != "BATCH":
        return first.command, None, messages[:place] + messages[place + 1 :]
    reference = first.params[0][1:]
    end = [m.command == "BATCH" and m.params[0] == f"-{reference}" for m in messages].index(True)
    inside = messages[place + 1 : end]
    assert first.params[0] == f"+{reference}"
    assert all(m.tags.get("batch") == reference for m in inside)
    rest = messages[:place] + messages[end + 1 :]
    assert not any(m.tags.get("batch") == reference for m in rest)
    return first.params[1], tuple(m.command for m in inside), rest


def test_the_table_of_answers_names_every_command() -> None:
    assert {line.split()[0] for line, _ in ANSWERS} - {"FROBNICATE"} == set(COMMANDS)


@pytest.mark.parametrize(("line", "expected"), ANSWERS)
def test_a_labelled_command_has_exactly_one_labelled_answer(
    line: str, expected: str | tuple[str, ...]
) -> None:
    _, ana = scene()
    command, inside, rest = answered(ana.ask(rf"@label=a\s1 {line}"), "a 1")
    if isinstance(expected, str):
        assert (command, inside) == (expected, None)
    else:
        kind = KINDS.get(line.split(maxsplit=1)[0], "labeled-response")
        assert (command, inside) == (kind, expected)
    assert rest == []


@pytest.mark.parametrize(("line", "expected"), ANSWERS)
def test_without_a_label_the_same_is_answered_bare(
    line: str, expected: str | tuple[str, ...]
) -> None:
    _, ana = scene()
    ana.say("CAP REQ :-batch")
    heard = ana.ask(line)
    wanted = (expected,) if isinstance(expected, str) else expected
    assert [m.command for m in heard] == [one for one in wanted if one != "ACK"]
    assert not any("label" in m.tags or "batch" in m.tags for m in heard)


def test_a_line_to_oneself_is_labelled_as_echo_but_not_as_delivery() -> None:
    _, ana = scene()
    heard = ana.ask("@label=1 PRIVMSG ana :me")
    assert sorted("label" in m.tags for m in heard) == [False, True]
    assert {m.params for m in heard} == {("ana", "me")}


@pytest.mark.parametrize(
    ("line", "command"), [("PRIVMSG #a :x", "ACK"), ("PRIVMSG #a,bo :x", "ACK")]
)
def test_without_echo_a_labelled_line_is_acknowledged(line: str, command: str) -> None:
    world = World()
    bo = world.person("bo", "#a")
    ana = world.person("ana", "#a", caps="labeled-response batch")
    bo.heard()
    assert ana.say(f"@label=1 {line}") == [f"@label=1 :hub.test {command}"]
    assert bo.heard()[0] == ":ana!~ana@localhost PRIVMSG #a :x"


def test_nobody_else_sees_a_label() -> None:
    world, ana = scene()
    bo = world.person("dee", "#a", caps=CAPS)
    for line in ("PRIVMSG #a :x", "TOPIC #a :x", "MODE #a +v bo", "NICK eva", "QUIT"):
        ana.say(f"@label=1;+x=1 {line}")
    heard = bo.messages()
    assert [m.command for m in heard] == ["PRIVMSG", "TOPIC", "MODE", "NICK", "QUIT"]
    assert not any("label" in m.tags for m in heard)


@pytest.mark.parametrize(
    ("caps", "label"),
    [("batch message-tags", "1"), (CAPS, ""), (CAPS, "x" * 65), (CAPS, "\u00e9" * 33)],
)
def test_without_the_capability_or_with_a_bad_label_nothing_is_labelled(
    caps: str, label: str
) -> None:
    ana = World().person("ana", caps=caps)
    assert ana.say(f"@label={label} PING 1", f"@label={label} PONG") == [
        ":hub.test PONG hub.test :1"
    ]


def test_a_label_may_have_64_bytes() -> None:
    ana = World().person("ana", caps=CAPS)
    label = "\u00e9" * 32
    assert ana.say(f"@label={label} PING 1") == [f"@label={label} :hub.test PONG hub.test :1"]


def test_registration_is_labelled_too() -> None:
    ana = World().connect()
    ana.say("CAP REQ :labeled-response batch")
    heard = ana.ask(
        "@label=1 NICK ana", "@label=2 USER a 0 * :A", "@label=3 CAP END", "@label=4 PING x"
    )
    labels = [m.tags["label"] for m in heard if "label" in m.tags]
    assert sorted(labels) == ["1", "2", "3", "4"]
    assert "001" in [m.command for m in heard]
    assert heard[-1].command == "PONG"


def test_what_came_too_late_is_not_answered_after_the_end() -> None:
    _, ana = scene()
    heard = ana.ask("QUIT", "@label=1 PRIVMSG #a :x", "PING 1", "WHO bo", "@label=2 PING 2")
    assert [m.command for m in heard] == ["ERROR"]


# The order of answers


def held_world(*nicks: str) -> tuple[World, HeldLog, list[Person]]:
    log = HeldLog()
    world = World(log)
    people = []
    for nick in nicks:
        person = world.connect()
        person.say(f"CAP REQ :{CAPS}", "CAP END", f"NICK {nick}", f"USER {nick} 0 * :x")
        log.commit()
        world.settle()
        person.heard()
        people.append(person)
    return world, log, people


def commit_all(world: World, log: HeldLog) -> None:
    while log.waiting:
        log.commit()
        world.settle()


def test_a_query_waits_for_the_changes_before_it_and_sees_them() -> None:
    world, log, (ana,) = held_world("ana")
    commands = [
        "JOIN #a",
        "MODE #a +m",
        "MODE #a",
        "TOPIC #a :new",
        "TOPIC #a",
        "PRIVMSG #a :x",
        "CHATHISTORY LATEST #a * 5",
        "NICK eva",
        "WHO eva",
        "PART #a",
        "MODE #a +i",
        "PING end",
    ]
    assert ana.say(*commands) == []
    commit_all(world, log)
    heard = ana.messages()
    assert [m.command for m in heard] == [
        *("JOIN", "353", "366", "MODE", "324", "329", "TOPIC", "332", "333", "PRIVMSG"),
        *("BATCH", "PRIVMSG", "BATCH", "NICK", "352", "315", "PART", "442", "PONG"),
    ]
    assert heard[4].params == ("ana", "#a", "+mnt")
    assert heard[7].params == ("ana", "#a", "new")
    assert heard[14].params[5] == "eva"


_COMMANDS = st.sampled_from(
    [
        *("PING x", "PONG", "JOIN #a", "JOIN #b,#c", "JOIN 0", "PART #a", "PRIVMSG #a :x"),
        *("PRIVMSG #a,#b,nobody :x", "NOTICE #a :x", "NOTICE nobody :x", "TOPIC #a", "TOPIC #a :t"),
        *(
            "NAMES #a",
            "MODE #a",
            "MODE #a +i-i",
            "MODE #a +x",
            "KICK #a ana",
            "NICK ana",
            "NICK eva",
        ),
        *("CHATHISTORY LATEST #a * 3", "CHATHISTORY AFTER #a x 3", "AWAY :x", "WHO *", "NONSENSE"),
        *("CAP LIST", "USER", "INVITE ana #a", "PRIVMSG ana :me", "LIST"),
    ]
)


def labels_of(messages: Sequence[Message]) -> list[str]:
    return [m.tags["label"] for m in messages if "label" in m.tags]


@given(st.lists(_COMMANDS, max_size=25), st.data())
def test_answers_come_in_the_order_of_the_commands_however_slow_the_log(
    commands: list[str], data: st.DataObject
) -> None:
    world, log, (ana,) = held_world("ana")
    for number, command in enumerate(commands):
        ana.session.receive(f"@label={number} {command}\r\n".encode(), 0.0)
        if data.draw(st.booleans()):
            world.settle()
        if data.draw(st.booleans()):
            log.commit()
    world.settle()
    commit_all(world, log)
    assert labels_of(ana.messages()) == [str(number) for number in range(len(commands))]


_CHANGES = st.sampled_from(
    [
        *("JOIN #a", "JOIN #b,#a", "PART #a", "JOIN 0", "AWAY :x", "TOPIC #a :t", "MODE #a +m-n"),
        *("PRIVMSG #a :x", "PRIVMSG #b :x", "PRIVMSG #a,#b :x", "PRIVMSG bo :x", "NOTICE #a :x"),
        *("@label=1 PRIVMSG #a :x", "@label=2 PRIVMSG #b,#a :x", "@+x=1 PRIVMSG #a :x"),
        *("@+razem/id=1 PRIVMSG #a :x", "KICK #a bo", "MODE #a +o cy", "INVITE cy #a"),
    ]
)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 3), _CHANGES), max_size=30))
def test_everybody_hears_the_same_however_commits_are_grouped(
    commands: list[tuple[int, str]],
) -> None:
    def run(*, together: bool) -> list[list[str]]:
        world, log, people = held_world("ana", "bo", "cy", "dee")
        people[2].say("CAP REQ :-echo-message server-time")
        people[3].say("CAP REQ :-echo-message -message-tags -labeled-response -batch")
        for person in people:
            person.say("JOIN #a")
            commit_all(world, log)
        assert "JOIN" in [m.command for m in people[0].messages()]
        for who, command in commands:
            people[who].session.receive(f"{command}\r\n".encode(), 0.0)
            world.settle()
            if not together:
                commit_all(world, log)
        commit_all(world, log)
        return [person.heard() for person in people]

    assert run(together=True) == run(together=False)


def test_no_more_commands_wait_for_the_log_than_allowed_and_none_is_lost() -> None:
    log = HeldLog()
    world = World(log, limits=Limits(flood=False, pending=4))
    log.commit()
    ana = world.connect()
    ana.say("NICK ana", "USER a 0 * :A", "JOIN #a")
    commit_all(world, log)
    ana.heard()
    ana.say("CAP REQ :echo-message", *(f"PRIVMSG #a :{number}" for number in range(20)))
    assert len(log.waiting) == 4
    commit_all(world, log)
    texts = [m.params[-1] for m in ana.messages() if m.command == "PRIVMSG"]
    assert texts == [str(number) for number in range(20)]
