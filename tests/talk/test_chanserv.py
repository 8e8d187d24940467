"""ChanServ: channels that belong to an account (as Ergo has it)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from razem.talk.settings import Limits
from tests.talk.accounts import log_in, plain, registered
from tests.talk.harness import DurableLog, Person, World

if TYPE_CHECKING:
    from pathlib import Path

SAID = ":ChanServ!ChanServ@services NOTICE {} :"


@pytest.fixture
def world() -> World:
    return World()


def ask(person: Person, order: str) -> list[str]:
    """Say something to ChanServ; return what it says."""
    head = SAID.format(person.session.nick)
    return [line.removeprefix(head) for line in person.say(f"CS {order}") if line.startswith(head)]


def names(person: Person, channel: str = "#a") -> str:
    return next(m.params[-1] for m in person.ask(f"NAMES {channel}") if m.command == "353")


def confirmed(person: Person, order: str) -> list[str]:
    """Give an order that wants a code, and then again with the code."""
    (asked,) = ask(person, order)
    assert asked.startswith(f"Say {order} ")
    return ask(person, asked.split(" if you mean it")[0].removeprefix("Say "))


@pytest.mark.parametrize(
    "how", ["PRIVMSG chanserv :Register #a", "CS REGISTER #a", "CHANSERV register :#a"]
)
def test_an_operator_with_an_account_registers_a_channel(world: World, how: str) -> None:
    ana, bo = world.person("ana", "#a", account="ana"), world.person("bo", "#a")
    ana.heard()
    assert ana.say(how) == [
        ":ChanServ!ChanServ@services MODE #a +q ana",
        SAID.format("ana")
        + "#a is yours now: it stays, and you are its owner whenever you come in",
    ]
    assert bo.heard() == [":ChanServ!ChanServ@services MODE #a +q ana"]
    assert names(bo) == "~ana bo"
    assert ask(bo, "INFO #a")[0] == "#a belongs to ana"
    assert ask(ana, "REGISTER #A") == ["#a belongs to ana already"]


def test_what_keeps_a_channel_from_being_registered_is_said() -> None:
    world = World(limits=Limits(flood=False, registrations=1))
    ana = world.person("ana", "#a", "#b", account="ana")
    bo = world.person("bo", "#a", account="bo")
    cy = world.person("cy", "#c")
    assert ask(cy, "REGISTER #c") == ["Log in to an account first: a channel belongs to an account"]
    assert ask(bo, "REGISTER #a") == ["Only an operator of #a can register it"]
    assert ask(bo, "REGISTER #c") == ["Join #c first"]
    assert ask(bo, "REGISTER #nowhere") == ["Join #nowhere first"]
    ask(ana, "REGISTER #a")
    assert ask(ana, "REGISTER #b") == [
        "You have as many channels as you may (1): give one up first"
    ]


def test_a_registered_channel_stays_and_makes_nobody_else_its_operator(world: World) -> None:
    ana = world.person("ana", "#a", account="ana")
    ana.say("CS REGISTER #a", "TOPIC #a :mine", "MODE #a +sb eve", "PART #a")
    bo, eve = world.person("bo"), world.person("eve")
    heard = bo.ask("JOIN #a")
    assert [m.command for m in heard] == ["JOIN", "332", "333", "353", "366"]
    assert names(bo) == "bo"
    assert eve.ask("JOIN #a")[0].command == "474"
    ana.say("QUIT")
    again = world.person("ana_", account="ana")
    again.say("JOIN #a")
    assert names(again) == "bo ~ana_"
    assert [m.params for m in bo.messages() if m.command == "MODE"] == [("#a", "+q", "ana_")]


def test_a_registered_channel_is_there_after_a_restart(tmp_path: Path) -> None:
    log = DurableLog(tmp_path / "log")
    world = World(log)
    ana = world.person("ana", "#a", account="ana")
    world.person("bo", account="bo")
    ana.say("CS REGISTER #a", "TOPIC #a :mine", "MODE #a +ib-n eve", "CS AMODE #a +h bo")
    log.end()
    log = DurableLog(tmp_path / "log")
    world = World(log)
    ana = world.person("ana", account="ana", host="elsewhere")
    assert [m.params[-1] for m in ana.ask("JOIN #a") if m.command == "332"] == ["mine"]
    assert ana.ask("MODE #a")[0].params[2] == "+it"
    assert world.person("bo", account="bo").ask("JOIN #a")[0].command == "JOIN"
    assert names(ana) == "~ana %bo"
    assert ana.ask("MODE #a b")[0].params[2] == "eve!*@*"
    log.end()


def test_the_founder_comes_in_whatever_the_modes(world: World) -> None:
    ana = world.person("ana", "#a", account="ana")
    bo = world.person("bo", "#a", account="bo")
    ana.say("CS REGISTER #a", "MODE #a +o bo", "PART #a")
    bo.say("MODE #a +iklb key 1 *")
    ana.heard()
    assert ana.ask("JOIN #a")[0].command == "JOIN"
    bo.heard()
    assert [m.command for m in bo.ask("KICK #a ana", "MODE #a -q ana")] == ["482", "482"]
    assert names(ana) == "@bo ~ana"


# The access list


def test_an_account_of_the_access_list_has_its_status_at_once_and_on_coming_in(
    world: World,
) -> None:
    ana, bo = world.person("ana", "#a", account="ana"), world.person("bo", "#a", account="Bobby")
    ana.say("CS REGISTER #a")
    bo.heard()
    assert ask(ana, "AMODE #a +o bo") == ["bobby has +o whenever it comes into #a"]
    assert bo.heard() == [":ChanServ!ChanServ@services MODE #a +o bo"]
    bo.say("PART #a", "JOIN #a")
    assert names(bo) == "~ana @bo"
    assert ask(bo, "AMODE #a") == [
        "ana +q (founder)",
        "bobby +o",
        "End of the access list of #a",
    ]
    assert ask(ana, "AMODE #a -o bobby") == ["bobby has no status on coming into #a any more"]
    bo.say("PART #a", "JOIN #a")
    assert names(bo) == "~ana bo"


def test_who_may_change_the_access_list(world: World) -> None:
    ana = world.person("ana", "#a", account="ana")
    people = {nick: world.person(nick, "#a", account=nick) for nick in ("bo", "cy", "dee")}
    stranger = world.person("eve", "#a")
    ana.say("CS REGISTER #a", "CS AMODE #a +a bo", "CS AMODE #a +h cy")
    bo, cy, dee = people.values()
    refused = ["You may not change that in the access list of #a"]
    assert ask(cy, "AMODE #a +o dee") == refused
    assert ask(cy, "AMODE #a +v dee") == ["dee has +v whenever it comes into #a"]
    assert ask(dee, "AMODE #a +v dee") == refused
    assert ask(bo, "AMODE #a +a dee") == refused
    assert ask(bo, "AMODE #a -o cy") == ["cy has no status on coming into #a any more"]
    assert ask(cy, "AMODE #a -a bo") == refused
    assert ask(stranger, "AMODE #a +v bo") == refused
    assert ask(bo, "AMODE #a +v ana") == ["ana is the founder of #a: more there is not"]
    assert ask(ana, "AMODE #a +v eve") == ["eve has no account"]
    assert ask(ana, "AMODE #b +v bo") == ["#b is not registered"]
    ana.say("MODE #a +s")
    assert ask(world.person("out"), "AMODE #a +v bo") == ["#a is not registered"]


def test_the_last_to_leave_a_registered_channel_has_no_claim_to_it(world: World) -> None:
    ana, bo = world.person("ana", "#a", account="ana"), world.person("bo", "#a")
    ana.say("CS REGISTER #a", "MODE #a +oi bo", "PART #a")
    bo.say("PART #a")
    bo.heard()
    assert [m.command for m in bo.ask("JOIN #a")] == ["473"]
    assert ana.ask("JOIN #a")[0].command == "JOIN"


def test_the_access_list_has_a_bound() -> None:
    world = World(limits=Limits(flood=False, access=1))
    ana = world.person("ana", "#a", account="ana")
    world.person("bo", account="bo")
    world.person("cy", account="cy")
    ana.say("CS REGISTER #a", "CS AMODE #a +v bo")
    assert ask(ana, "AMODE #a +v cy") == ["The access list of #a is full: take somebody out first"]
    assert ask(ana, "AMODE #a +o bo") == ["bo has +o whenever it comes into #a"]


# Giving it up, and away


def test_a_channel_is_given_up_by_a_code(world: World) -> None:
    ana, bo = world.person("ana", "#a", account="ana"), world.person("bo", account="bo")
    ana.say("CS REGISTER #a")
    assert ask(bo, "UNREGISTER #a") == ["#a is not yours"]
    assert ask(ana, "UNREGISTER #a wrong")[0].startswith("Say UNREGISTER #a ")
    assert ask(bo, "INFO #a")[0] == "#a belongs to ana"
    assert confirmed(ana, "UNREGISTER #a") == ["#a belongs to nobody now"]
    assert ask(bo, "INFO #a") == ["#a is not registered"]
    ana.say("PART #a")
    assert world.hub.state.channels == {}


def test_an_empty_channel_that_is_given_up_is_gone(world: World) -> None:
    ana = world.person("ana", "#a", account="ana")
    ana.say("CS REGISTER #a", "PART #a")
    assert list(world.hub.state.channels) == ["#a"]
    confirmed(ana, "UNREGISTER #a")
    assert world.hub.state.channels == {}


def test_a_channel_is_given_to_somebody_else(world: World) -> None:
    ana, bo = world.person("ana", "#a", account="ana"), world.person("bo", "#a", account="bobby")
    ana.say("CS REGISTER #a", "CS AMODE #a +o bo")
    bo.heard()
    assert ask(bo, "TRANSFER #a bo") == ["#a is not yours"]
    assert ask(ana, "TRANSFER #a ana") == ["#a belongs to ana already"]
    assert ask(ana, "TRANSFER #a nobody") == ["nobody has no account"]
    assert confirmed(ana, "TRANSFER #a bo") == ["#a belongs to bobby now"]
    assert bo.heard() == [":ChanServ!ChanServ@services MODE #a +q bo"]
    assert ask(ana, "UNREGISTER #a") == ["#a is not yours"]
    assert ask(bo, "AMODE #a") == ["bobby +q (founder)", "End of the access list of #a"]


def test_nobody_is_given_more_channels_than_allowed() -> None:
    world = World(limits=Limits(flood=False, registrations=1))
    ana = world.person("ana", "#a", account="ana")
    bo = world.person("bo", "#b", account="bo")
    ana.say("CS REGISTER #a")
    bo.say("CS REGISTER #b")
    assert ask(ana, "TRANSFER #a bo") == ["bo has as many channels as it may (1)"]


# The service


def test_chanserv_says_what_it_can_do(world: World) -> None:
    ana = world.person("ana")
    orders = ["REGISTER", "UNREGISTER", "TRANSFER", "AMODE", "INFO"]
    for asking in ("", "HELP", "help register"):
        assert [line.split()[0] for line in ask(ana, asking)] == orders
    assert ask(ana, "FLY #a") == ["There is no FLY. Say HELP to learn what there is"]
    for order in orders:
        assert ask(ana, order)[0].startswith(f"Say {order} #channel")
    for wrong in ("AMODE #a +q bo", "AMODE #a +o", "AMODE #a o bo", "TRANSFER #a"):
        assert ask(ana, wrong)[0].startswith(f"Say {wrong.split()[0]} #channel")
    assert ask(ana, "AMODE #a") == ask(ana, "INFO #a") == ["#a is not registered"]


def test_nobody_bears_the_name_of_a_service(world: World) -> None:
    ana = world.person("ana")
    assert [m.command for m in ana.ask("NICK ChanServ")] == ["433"]
    someone = world.connect()
    assert [m.command for m in someone.ask("NICK CHANSERV", "USER x 0 * :x")] == ["433"]
    assert ana.say("NOTICE ChanServ :REGISTER #a") == []
    assert [m.command for m in ana.ask("PRIVMSG ChanServ,ana :INFO #a")] == ["401", "PRIVMSG"]


# With accounts of their own


def test_an_account_that_is_not_here_gets_a_status_and_a_channel(world: World) -> None:
    ana, bo = registered(world, "ana", "#a"), registered(world, "bo")
    bo.say("QUIT")
    ana.say("CS REGISTER #a")
    assert ask(ana, "AMODE #a +o BO") == ["bo has +o whenever it comes into #a"]
    assert confirmed(ana, "TRANSFER #a bo") == ["#a belongs to bo now"]
    again = world.connect()
    log_in(again, "bo")
    again.say("JOIN #a")
    assert names(again) == "~ana ~bo"


def test_who_logs_in_has_its_status_at_once(world: World) -> None:
    ana = registered(world, "ana", "#a")
    ana.say("CS REGISTER #a", "QUIT")
    later, bo = world.person("guest", "#a"), world.person("bo", "#a")
    later.say("CAP REQ :sasl", "AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('ana')}")
    assert next(m.params[1] for m in bo.messages() if m.command == "MODE") == "+q"
    assert "~" in names(bo)


def test_a_channel_whose_account_is_dropped_belongs_to_nobody(world: World) -> None:
    ana, bo = registered(world, "ana", "#a"), world.person("bo", "#a")
    ana.say("CS REGISTER #a")
    (asked,) = [m.params[1] for m in ana.ask("PRIVMSG NickServ :DROP")]
    ana.say(f"PRIVMSG NickServ :{asked.split(' if you')[0].removeprefix('Say ')}")
    assert ask(bo, "INFO #a") == ["#a is not registered"]
