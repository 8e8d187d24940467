"""What is asked about the hub: VERSION, ADMIN, TIME, INFO, LUSERS, LINKS, STATS, HELP, PING."""

from __future__ import annotations

import pytest

from razem.talk import changes as do
from razem.talk.commands import COMMANDS
from razem.talk.commands.manual import TOPICS
from razem.talk.settings import Identity, Operator, Policy
from tests.talk.harness import IDENTITY, World

_SERVERS = ["", "hub.test", "HUB.*", "ana"]


def numerics(lines: list[str]) -> list[str]:
    return [line.split()[1] for line in lines]


@pytest.fixture
def world() -> World:
    identity = Identity(
        name="hub.test",
        network="Test",
        version="razem-test",
        created="now",
        started=1_700_000_000_000 - 90_061_000,
        admin=("Ana", "Zagreb", "ana@example.org"),
        motd=("hi",),
    )
    return World(identity=identity, policy=Policy(operators={"root": Operator(password="x")}))


@pytest.mark.parametrize("server", _SERVERS)
@pytest.mark.parametrize(
    ("command", "first"),
    [
        ("VERSION", ":hub.test 351 ana razem-test hub.test :a Razem hub"),
        ("ADMIN", ":hub.test 256 ana hub.test :Administrative info"),
        ("TIME", ":hub.test 391 ana hub.test 1700000000 0 :Tue, 14 Nov 2023 22:13:20 UTC"),
        ("INFO", ":hub.test 371 ana :hub.test: a Razem hub"),
        ("MOTD", ":hub.test 375 ana :- hub.test Message of the day -"),
    ],
)
def test_a_question_to_this_server(world: World, command: str, first: str, server: str) -> None:
    assert world.person("ana").say(f"{command} {server}")[0] == first


@pytest.mark.parametrize(
    "line",
    ["VERSION x", "ADMIN x", "TIME x", "INFO x", "MOTD x", "LUSERS * x", "STATS u x", "LINKS x *"],
)
def test_a_question_to_another_server(world: World, line: str) -> None:
    assert world.person("ana").say(line) == [":hub.test 402 ana x :No such server"]


def test_version_tells_what_is_supported(world: World) -> None:
    heard = world.person("ana").say("VERSION")
    assert numerics(heard[1:]) == ["005"] * (len(heard) - 1)
    assert len(heard) > 2


def test_who_runs_it(world: World) -> None:
    assert world.person("ana").say("ADMIN")[1:] == [
        ":hub.test 257 ana :Ana",
        ":hub.test 258 ana :Zagreb",
        ":hub.test 259 ana :ana@example.org",
    ]
    assert World().person("ana").say("ADMIN") == [
        ":hub.test 423 ana hub.test :No administrative info available"
    ]


def test_info_has_an_end(world: World) -> None:
    heard = world.person("ana").say("INFO")
    assert numerics(heard) == ["371"] * (len(heard) - 1) + ["374"]


def test_links_is_this_server(world: World) -> None:
    ana = world.person("ana")
    whole = [
        ":hub.test 364 ana hub.test hub.test :0 a Razem hub",
        ":hub.test 365 ana * :End of /LINKS list",
    ]
    assert ana.say("LINKS") == whole
    assert ana.say("LINKS *") == whole
    assert ana.say("LINKS hub.test x*") == [":hub.test 365 ana x* :End of /LINKS list"]


def test_users_is_of_no_use(world: World) -> None:
    assert numerics(world.person("ana").say("USERS")) == ["446"]


def test_counts_of_users_and_channels() -> None:
    world = World()
    ana = world.person("ana", "#a", "#b")
    bo = world.person("bo")
    world.connect()
    bo.say("MODE bo +i")
    world.order(lambda order: do.Promote(order, "bo"))
    assert ana.say("LUSERS") == [
        ":hub.test 251 ana :There are 1 users and 1 invisible on 1 servers",
        ":hub.test 252 ana 1 :operator(s) online",
        ":hub.test 253 ana 1 :unknown connection(s)",
        ":hub.test 254 ana 2 :channels formed",
        ":hub.test 255 ana :I have 2 clients and 0 servers",
        ":hub.test 265 ana 2 2 :Current local users 2, max 2",
        ":hub.test 266 ana 2 2 :Current global users 2, max 2",
    ]
    bo.heard()
    bo.say("MODE bo -o")
    assert ":hub.test 252 ana 0 :operator(s) online" in ana.say("LUSERS")
    bo.drop()
    assert ana.say("LUSERS")[0].endswith(":There are 1 users and 0 invisible on 1 servers")
    assert ana.say("LUSERS")[-1] == ":hub.test 266 ana 1 2 :Current global users 1, max 2"


# STATS


def test_what_everybody_may_know_of_the_hub(world: World) -> None:
    ana = world.person("ana")
    assert ana.say("STATS u") == [
        ":hub.test 242 ana :Server Up 1 days 1:01:01",
        ":hub.test 219 ana u :End of /STATS report",
    ]
    assert ana.say("STATS p") == [":hub.test 219 ana p :End of /STATS report"]
    assert ana.say("STATS z") == [":hub.test 219 ana z :End of /STATS report"]
    assert numerics(ana.say("STATS")) == ["461"]
    for letter in "okdlKOL":
        assert numerics(ana.say(f"STATS {letter}")) == ["481"]


def test_what_operators_may_know_of_the_hub(world: World) -> None:
    ana = world.person("ana")
    world.order(lambda order: do.Promote(order, "ana", source="con"))
    world.order(lambda order: do.AddBan(order, "mask", "bo!*@*", "spam", 7_200_000, "con"))
    world.order(lambda order: do.AddBan(order, "account", "bo", source="con"))
    world.order(lambda order: do.AddBan(order, "network", "192.0.2.0/24", source="con"))
    ana.heard()
    world.now = 60.0
    assert ana.say("STATS k") == [
        ":hub.test 216 ana K bo!*@* * * :spam (1h59m left, set by con)",
        ":hub.test 216 ana K account:bo * * :no reason given (set by con)",
        ":hub.test 219 ana k :End of /STATS report",
    ]
    assert ana.say("STATS d") == [
        ":hub.test 225 ana D 192.0.2.0/24 :no reason given (set by con)",
        ":hub.test 219 ana d :End of /STATS report",
    ]
    assert ana.say("STATS o") == [
        ":hub.test 243 ana O * * :root",
        ":hub.test 219 ana o :End of /STATS report",
    ]
    assert ana.say("STATS p")[0] == ":hub.test 249 ana p :ana!~ana@localhost (con)"
    assert ana.say("STATS l") == [
        ":hub.test 211 ana ana!~ana@localhost 0 0 0 0 0 :60",
        ":hub.test 219 ana l :End of /STATS report",
    ]
    world.now = 7200.0
    assert numerics(ana.say("STATS k")) == ["216", "219"]


# HELP


def test_every_command_has_its_help() -> None:
    assert set(TOPICS) == set(COMMANDS), "commands/manual.py says how each command is used"


@pytest.mark.parametrize("command", ["HELP", "HELPOP"])
def test_help_about_a_command(world: World, command: str) -> None:
    assert world.person("ana").say(f"{command} ison") == [
        ":hub.test 704 ana ISON :ISON nick{ nick}",
        ":hub.test 705 ana ISON :Which of them are here.",
        ":hub.test 706 ana ISON :End of /HELP",
    ]


def test_help_lists_all_commands(world: World) -> None:
    first, *lines, last = world.person("ana").ask("HELP")
    assert (first.command, first.params[1]) == ("704", "index")
    assert (last.command, last.params[1]) == ("706", "index")
    assert {each.command for each in lines} == {"705"}
    assert {word for each in lines for word in each.params[2].split()} == set(COMMANDS)


def test_help_about_nothing_known(world: World) -> None:
    (line,) = world.person("ana").ask("HELP nonsense")
    assert (line.command, line.params[1]) == ("524", "nonsense")


@pytest.mark.parametrize("topic", sorted(TOPICS))
def test_help_fits_on_the_screen(topic: str) -> None:
    assert len(TOPICS[topic]) >= 2
    assert TOPICS[topic][0].startswith(topic)
    assert all(len(line) <= 100 for line in TOPICS[topic])


# PING


def test_a_ping_is_answered_with_its_token() -> None:
    ana = World(identity=IDENTITY).person("ana")
    assert ana.say("PING abc", "PING :a b", "PING :", "PING a hub.test") == [
        ":hub.test PONG hub.test :abc",
        ":hub.test PONG hub.test :a b",
        ":hub.test PONG hub.test :",
        ":hub.test PONG hub.test :a",
    ]
    assert ana.say("PING") == [":hub.test 409 ana :No origin specified"]
