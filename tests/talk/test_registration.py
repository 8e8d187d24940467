"""From a connection to a user: CAP, PASS, NICK, USER, QUIT (Modern IRC, IRCv3 CAP)."""

from __future__ import annotations

from itertools import permutations
from math import ceil

import pytest

from razem.talk.commands import COMMANDS
from razem.talk.irc.lines import MAX_LINE
from razem.talk.isupport import isupport
from razem.talk.settings import Identity, Limits
from tests.talk.harness import IDENTITY, LIMITS, HeldLog, World

WELCOME = [
    *("001", "002", "003", "004"),
    *["005"] * ceil(len(isupport(IDENTITY, LIMITS)) / 13),
    *("251", "252", "253", "254", "255", "265", "266", "422"),
]


def words(lines: list[str]) -> list[str]:
    """Return the command of each line, without tags and source."""
    return [line.split()[1] for line in lines]


@pytest.mark.parametrize("order", list(permutations(["NICK ana", "USER ana 0 * :Ana", "PASS x"])))
def test_registration_needs_nick_and_user_in_any_order(order: tuple[str, ...]) -> None:
    person = World().connect()
    heard = [line for command in order for line in person.say(command)]
    assert words(heard) == (WELCOME if order[-1] != "PASS x" else [*WELCOME, "462"])


def test_the_welcome_says_who_and_where_one_is() -> None:
    identity = Identity(
        name="irc.example", network="Example", version="razem-1", created="today", motd=("hi", "ho")
    )
    person = World(identity=identity).connect(host="203.0.113.7")
    heard = person.say("NICK Ana", "USER a%n!a@ 0 * :Ana of the Hills")
    assert heard[:4] == [
        ":irc.example 001 Ana :Welcome to the Example Network, Ana!~ana@203.0.113.7",
        ":irc.example 002 Ana :Your host is irc.example, running razem-1",
        ":irc.example 003 Ana :This server was started today",
        ":irc.example 004 Ana irc.example razem-1 BRiorw :beIkflCRimnstqaohv",
    ]
    assert heard[-11:] == [
        ":irc.example 251 Ana :There are 1 users and 0 invisible on 1 servers",
        ":irc.example 252 Ana 0 :operator(s) online",
        ":irc.example 253 Ana 0 :unknown connection(s)",
        ":irc.example 254 Ana 0 :channels formed",
        ":irc.example 255 Ana :I have 1 clients and 0 servers",
        ":irc.example 265 Ana 1 1 :Current local users 1, max 1",
        ":irc.example 266 Ana 1 1 :Current global users 1, max 1",
        ":irc.example 375 Ana :- irc.example Message of the day -",
        ":irc.example 372 Ana :- hi",
        ":irc.example 372 Ana :- ho",
        ":irc.example 376 Ana :End of /MOTD command",
    ]


def test_isupport_tells_the_truth() -> None:
    limits = Limits(flood=False, nick=9, channel=20, topic=33, targets=3, history=7, channels=2)
    person = World(limits=limits).connect()
    heard = [m for m in person.ask("NICK ana", "USER a 0 * :A") if m.command == "005"]
    assert all(m.params[0] == "ana" for m in heard)
    assert all(m.params[-1] == "are supported by this server" for m in heard)
    assert all(len(m.params) <= 15 for m in heard)
    tokens = dict((token + "=").split("=")[:2] for m in heard for token in m.params[1:-1])
    assert tokens["CASEMAPPING"] == "ascii"
    assert tokens["CHANTYPES"] == "#"
    assert tokens["CHANMODES"] == "beI,k,fl,CRimnst"
    assert tokens["PREFIX"] == "(qaohv)~&@%+"
    assert tokens["STATUSMSG"] == "~&@%+"
    assert (tokens["EXTBAN"], tokens["ACCOUNTEXTBAN"]) == ("~,am", "a,account")
    assert (tokens["EXCEPTS"], tokens["INVEX"], tokens["MAXLIST"]) == ("e", "I", "beI:100")
    assert (tokens["MODES"], tokens["KEYLEN"]) == ("20", "23")
    assert (tokens["NICKLEN"], tokens["CHANNELLEN"], tokens["TOPICLEN"]) == ("9", "20", "33")
    assert (tokens["CHATHISTORY"], tokens["CHANLIMIT"]) == ("7", "#:2")
    assert tokens["MSGREFTYPES"] == "msgid,timestamp"
    assert "PRIVMSG:3" in tokens["TARGMAX"]


def test_large_limits_are_told_whole() -> None:
    world = World(limits=Limits(flood=False, targets=10**9, channels=10**9, history=10**9))
    heard = world.connect().ask("NICK ana", "USER a 0 * :A")
    told = [m for m in heard if m.command == "005"]
    assert {m.params[-1] for m in told} == {"are supported by this server"}
    tokens = [token for m in told for token in m.params[1:-1]]
    assert tokens == isupport(world.hub.identity, world.hub.limits)


def test_who_takes_files_is_told_where_there_is_one() -> None:
    assert not any("FILEHOST" in token for token in isupport(IDENTITY, LIMITS))
    host = "https://files.example/" + "x" * 120 + "?a=1"  # as long as it may be
    identity = Identity(name="hub.test", filehost=host)
    heard = World(identity=identity).connect().ask("NICK ana", "USER a 0 * :A")
    tokens = [token for m in heard if m.command == "005" for token in m.params[1:-1]]
    # "=" stands as \x3D in values (Modern IRC, RPL_ISUPPORT)
    value = host.replace("=", r"\x3D")
    assert tokens[-2:] == [f"draft/FILEHOST={value}", f"soju.im/FILEHOST={value}"]
    assert [m.params[-1] for m in heard if m.command == "005"][-1].startswith("are supported")


def test_lusers_count_users_and_channels() -> None:
    world = World()
    world.person("bo", "#a", "#b")
    world.connect()
    heard = world.connect().say("NICK ana", "USER a 0 * :A")
    assert ":hub.test 251 ana :There are 2 users and 0 invisible on 1 servers" in heard
    assert ":hub.test 254 ana 2 :channels formed" in heard


# Before the welcome


@pytest.mark.parametrize(
    "command", sorted(name for name, command in COMMANDS.items() if not command.before_welcome)
)
def test_before_registration_one_has_to_register(command: str) -> None:
    person = World().connect()
    assert person.say(f"{command} #a b c d") == [
        ":hub.test 451 * :You have not registered: send NICK and USER first"
    ]


@pytest.mark.parametrize("nick", ["", "ana"])
def test_an_unknown_command_is_named(nick: str) -> None:
    world = World()
    person = world.person("ana") if nick else world.connect()
    assert person.say("FROBNICATE a b") == [
        f":hub.test 421 {nick or '*'} FROBNICATE :Unknown command"
    ]


@pytest.mark.parametrize(
    ("command", "fewest"),
    sorted((name, command.min_params) for name, command in COMMANDS.items() if command.min_params),
)
def test_a_command_with_too_few_parameters_is_named(command: str, fewest: int) -> None:
    person = World().person("ana", "#a")
    line = " ".join([command.lower(), *["#a"] * (fewest - 1)])
    assert person.say(line) == [f":hub.test 461 ana {command} :Not enough parameters"]


def test_ping_is_answered_before_and_after_the_welcome() -> None:
    person = World().connect()
    assert person.say("PING a1") == [":hub.test PONG hub.test :a1"]
    assert person.say("PING") == [":hub.test 409 * :No origin specified"]
    person.say("NICK ana", "USER a 0 * :A")
    assert person.say("PING :a b") == [":hub.test PONG hub.test :a b"]
    assert person.say("PONG :a b") == []


def test_registering_twice_is_refused() -> None:
    person = World().person("ana")
    again = ":hub.test 462 ana :You may not register again"
    assert person.say("USER b 0 * :B", "PASS x") == [again, again]


@pytest.mark.parametrize("line", ["USER ana 0 * :", "USER :"])
def test_who_sends_no_real_name_has_not_registered(line: str) -> None:
    """ "If it is empty, the server SHOULD reject the command with ERR_NEEDMOREPARAMS" (Modern)."""
    person = World().connect()
    assert person.say("NICK ana", line) == [":hub.test 461 ana USER :Not enough parameters"]
    assert words(person.say("USER ana 0 * :Ana")) == WELCOME


def test_a_user_name_is_needed_that_can_stand_in_a_source() -> None:
    person = World().connect()
    heard = person.say("NICK ana", "USER !@:* 0 * :x")
    assert "ana!~user@localhost" in heard[0]


# PASS


@pytest.mark.parametrize("given", ["", "wrong", "secre", "secret2"])
def test_a_wrong_password_ends_the_connection(given: str) -> None:
    world = World(identity=Identity(name="hub.test", password="secret"))
    person = world.connect()
    lines = [f"PASS {given}"] if given else []
    assert person.say(*lines, "NICK ana", "USER a 0 * :A", "JOIN #a") == [
        ":hub.test 464 ana :Password incorrect",
        "ERROR :Closing link: Password incorrect",
    ]
    assert world.hub.sessions == {}
    assert world.hub.state.users == {}


def test_the_right_password_lets_in() -> None:
    world = World(identity=Identity(name="hub.test", password="\u010dau \u0159"))
    heard = world.connect().say("PASS :\u010dau \u0159", "NICK ana", "USER a 0 * :A")
    assert words(heard)[0] == "001"


def test_a_password_that_nobody_asked_for_is_harmless() -> None:
    assert words(World().connect().say("PASS x", "NICK ana", "USER a 0 * :A")) == WELCOME


# NICK


@pytest.mark.parametrize("wanted", ["bo", "BO", "Bo"])
def test_a_taken_nick_is_refused_and_another_can_be_had(wanted: str) -> None:
    world = World()
    world.person("bo")
    person = world.connect()
    taken = f":hub.test 433 * {wanted} :Nickname is already in use"
    assert person.say("USER a 0 * :A", f"NICK {wanted}") == [taken]
    assert words(person.say("NICK ana")) == WELCOME


def test_of_two_who_arrive_with_one_nick_in_one_commit_the_first_gets_it() -> None:
    log = HeldLog()
    world = World(log)
    log.commit()
    first, second = world.connect(), world.connect()
    for person in (first, second):
        assert person.say("NICK ana", "USER a 0 * :A", "JOIN #a") == []
    log.commit()
    world.settle()
    log.commit()
    world.settle()
    assert words(first.heard())[: len(WELCOME)] == WELCOME
    assert second.heard() == [
        ":hub.test 433 * ana :Nickname is already in use",
        ":hub.test 451 * :You have not registered: send NICK and USER first",
    ]
    second.say("NICK bo")
    log.commit()
    world.settle()
    assert words(second.heard()) == WELCOME


@pytest.mark.parametrize(
    ("line", "numeric"),
    [
        ("NICK", "431 {} :No nickname given"),
        ("NICK :", "431 {} :No nickname given"),
        ("NICK 1ana", "432 {} 1ana :"),
        ("NICK :a b", "432 {} * :"),
        ("NICK #ana", "432 {} #ana :"),
        ("NICK " + "a" * 31, "432 {} " + "a" * 31 + " :"),
    ],
)
@pytest.mark.parametrize("nick", ["*", "ana"])
def test_a_bad_nick_is_refused(line: str, numeric: str, nick: str) -> None:
    world = World()
    person = world.connect() if nick == "*" else world.person(nick)
    (heard,) = person.say(line)
    assert heard.startswith(":hub.test " + numeric.format(nick))


def test_a_change_of_nick_is_told_once_to_everybody_in_a_common_channel() -> None:
    world = World()
    ana = world.person("ana", "#a", "#b")
    bo = world.person("bo", "#a", "#b")
    cy = world.person("cy", "#c")
    assert ana.say("NICK Eva", "PRIVMSG #a :it's me") == [":ana!~ana@localhost NICK :Eva"]
    assert bo.heard() == [
        ":ana!~ana@localhost NICK :Eva",
        ":Eva!~ana@localhost PRIVMSG #a :it's me",
    ]
    assert cy.heard() == []
    assert bo.say("PRIVMSG ana :?") == [":hub.test 401 bo ana :No such nick or channel"]
    assert cy.say("NICK ana") == [":cy!~cy@localhost NICK :ana"]


def test_one_may_change_the_case_of_ones_nick_and_nothing_at_all() -> None:
    person = World().person("ana")
    assert person.say("NICK ANA") == [":ana!~ana@localhost NICK :ANA"]
    assert person.say("NICK ANA") == []


def test_a_nick_of_somebody_else_is_refused_after_the_welcome_too() -> None:
    world = World()
    world.person("bo")
    assert world.person("ana").say("NICK Bo") == [
        ":hub.test 433 ana Bo :Nickname is already in use"
    ]


# CAP


@pytest.mark.parametrize("first", ["CAP LS 302", "CAP LS", "CAP REQ :batch", "CAP REQ :nonsense"])
def test_registration_waits_for_the_end_of_negotiation(first: str) -> None:
    person = World().connect()
    assert {line.split(" ")[1] for line in person.say(first)} == {"CAP"}
    assert person.say("NICK ana", "USER a 0 * :A") == []
    assert words(person.say("CAP END")) == WELCOME


@pytest.mark.parametrize(
    ("request_", "answer", "have"),
    [
        ("batch echo-message", "ACK", "batch echo-message"),
        ("batch batch", "ACK", "batch"),
        ("batch -batch", "ACK", ""),
        ("-server-time", "ACK", "message-tags"),
        ("server-time", "ACK", "message-tags server-time"),
        ("", "ACK", "message-tags server-time"),
        ("batch nonsense", "NAK", "message-tags server-time"),
        ("-batch -nonsense", "NAK", "message-tags server-time"),
        ("BATCH", "NAK", "message-tags server-time"),
        ("batch=1", "NAK", "message-tags server-time"),
    ],
)
def test_a_request_is_granted_as_a_whole_or_not_at_all(
    request_: str, answer: str, have: str
) -> None:
    person = World().connect()
    if have and have.startswith("message-tags"):
        person.say("CAP REQ :message-tags server-time")
    assert person.say(f"CAP REQ :{request_}") == [f":hub.test CAP * {answer} :{request_}"]
    assert person.say("CAP LIST") == [f":hub.test CAP * LIST :{have}"]


def test_negotiation_goes_on_after_the_welcome() -> None:
    world = World()
    person = world.person("ana", "#a")
    assert person.say("CAP REQ :echo-message", "CAP END") == [":hub.test CAP ana ACK :echo-message"]
    assert person.say("PRIVMSG #a :x") == [":ana!~ana@localhost PRIVMSG #a :x"]
    assert person.say("CAP REQ :-echo-message", "PRIVMSG #a :x") == [
        ":hub.test CAP ana ACK :-echo-message"
    ]


@pytest.mark.parametrize("nick", ["*", "ana"])
def test_an_unknown_subcommand_of_cap_is_named(nick: str) -> None:
    world = World()
    person = world.connect() if nick == "*" else world.person(nick)
    assert person.say("CAP FOO") == [f":hub.test 410 {nick} FOO :Invalid CAP command"]


def test_everything_may_come_at_once() -> None:
    person = World().connect()
    heard = person.say(
        "CAP LS 302",
        "NICK ana",
        "USER a 0 * :A",
        "CAP REQ :echo-message",
        "CAP END",
        "JOIN #a",
        "PRIVMSG #a :hello",
        "QUIT :bye",
        "PRIVMSG #a :too late",
    )
    start = heard.index(":hub.test CAP * ACK :echo-message") + 1
    assert words(heard[:start]) == ["CAP"] * start
    assert words(heard[start : start + len(WELCOME)]) == WELCOME
    assert heard[start + len(WELCOME) :] == [
        ":ana!~a@localhost JOIN #a",
        ":hub.test 353 ana = #a :@ana",
        ":hub.test 366 ana #a :End of /NAMES list",
        ":ana!~a@localhost PRIVMSG #a :hello",
        "ERROR :Closing link: Quit: bye",
    ]


# The end


def test_whoever_quits_is_told_and_so_is_everybody_who_shared_a_channel() -> None:
    world = World()
    ana = world.person("ana", "#a", "#b")
    bo = world.person("bo", "#a", "#b")
    assert ana.say("QUIT :so long") == ["ERROR :Closing link: Quit: so long"]
    assert bo.heard() == [":ana!~ana@localhost QUIT :Quit: so long"]
    assert list(world.hub.sessions) == [bo.session.id]
    assert bo.say("NICK ana") == [":bo!~bo@localhost NICK :ana"]


def test_one_may_quit_before_the_welcome() -> None:
    world = World()
    assert world.connect().say("QUIT :no") == ["ERROR :Closing link: no"]
    assert world.hub.sessions == {}


def test_a_connection_lost_while_it_registers_leaves_nobody_behind() -> None:
    log = HeldLog()
    world = World(log)
    log.commit()
    person = world.connect()
    person.say("NICK ana", "USER a 0 * :A")
    person.drop()
    log.commit()
    world.settle()
    assert world.hub.state.users == {}
    assert world.hub.sessions == {}


def test_who_comes_back_at_once_gets_its_nick_although_its_leaving_is_not_stored_yet() -> None:
    log = HeldLog()
    world = World(log)
    log.commit()
    first = world.connect()
    first.say("NICK ana", "USER a 0 * :A")
    log.commit()
    first.drop()
    second = world.connect()
    assert second.say("NICK ana", "USER a 0 * :A") == []
    log.commit()
    world.settle()
    assert words(second.heard()) == WELCOME


@pytest.mark.parametrize("lines", [["NICK ana"], [], ["NICK ana", "USER a 0 * :A"]])
def test_who_sends_no_more_is_let_go_when_all_is_answered(lines: list[str]) -> None:
    world = World()
    person = world.connect()
    person.session.receive("".join(f"{line}\r\n" for line in lines).encode(), 0.0)
    person.session.end_of_input(0.0)
    world.settle()
    heard = person.heard()
    assert heard[-1] == "ERROR :Closing link: Connection closed"
    assert (words(heard[:-1]) == WELCOME) is (len(lines) == 2)
    assert world.hub.sessions == {}
    assert world.hub.state.users == {}


@pytest.mark.parametrize(
    "line",
    [
        "X" * 510,
        "PING " + "x" * 505,
        "CAP REQ :" + "x" * 500,
        "JOIN #" + "x" * 504,
        "JOIN " + "x" * 505,
        "NICK " + "x" * 505,
        "TOPIC #" + "x" * 503,
        "PRIVMSG " + "x" * 500 + " y",
        "CHATHISTORY " + "x" * 498,
        "CHATHISTORY LATEST " + "x" * 480 + " * 5",
        "WHO " + "x" * 506,
        "NAMES #" + "x" * 503,
        "MODE #a +k " + "x" * 499,
        "MODE " + "x" * 505,
    ],
)
def test_no_answer_is_longer_than_a_line_may_be(line: str) -> None:
    world = World(identity=Identity(name="h" * 63))
    person = world.person("a" * 30, "#a")
    assert len(line) <= 510
    heard = person.say(line)
    assert heard
    assert [one for one in heard if len(one.encode()) > MAX_LINE - 2] == []
