"""RELAYMSG (IRCv3 relaymsg): lines of people elsewhere, under their own names."""

from __future__ import annotations

import pytest

from razem.talk.settings import Limits
from tests.talk.harness import World

CAPS = "echo-message batch labeled-response draft/chathistory"


@pytest.fixture
def world() -> World:
    return World()


def test_the_separator_is_offered(world: World) -> None:
    words = " ".join(world.connect().say("CAP LS 302")).split()
    assert "draft/relaymsg=/" in words


def test_a_line_is_told_under_the_name_of_who_said_it_elsewhere(world: World) -> None:
    baz = world.person("baz", "#a", caps=CAPS)
    qux, bot = world.person("qux", "#a"), world.person("bot", "#a", caps="draft/relaymsg")
    baz.heard()
    line = ":smt/discord!relay@hub.test PRIVMSG #a :hi there"
    assert baz.say("RELAYMSG #a smt/discord :hi there") == [line]
    assert qux.heard() == [line]
    assert bot.heard() == [f"@draft/relaymsg=baz {line}"]
    (again,) = baz.say("@label=x RELAYMSG #a smt/discord :hi again")
    assert again == "@label=x :smt/discord!relay@hub.test PRIVMSG #a :hi again"
    page = baz.ask("CHATHISTORY LATEST #a * 10")
    assert [m.params[-1] for m in page if m.command == "PRIVMSG"] == ["hi there", "hi again"]


def test_only_operators_of_the_channel_relay(world: World) -> None:
    baz, qux = world.person("baz", "#a"), world.person("qux", "#a")
    why = "Only operators of the channel may relay messages to it"
    assert qux.say("RELAYMSG #a x/y :hi", "RELAYMSG #b x/y :hi") == [
        f":hub.test FAIL RELAYMSG PRIVS_NEEDED :{why}",
        ":hub.test 403 qux #b :No such channel",
    ]
    world.person("out")
    assert world.people[-1].say("RELAYMSG #a x/y :hi") == [
        ":hub.test 442 out #a :You're not on that channel"
    ]
    assert baz.heard() == []
    baz.say("MODE #a +C")
    assert [m.command for m in baz.ask("RELAYMSG #a x/y :\x01VERSION\x01")] == ["404"]


@pytest.mark.parametrize(
    "name",
    ["plain", "in!valid/x", "a@b/c", "/x", "x/", "/", "#a/b", "a,b/c", ":x/y", "a*/b", "~a/b"],
)
def test_a_name_that_could_be_taken_for_anothers_is_refused(world: World, name: str) -> None:
    ana = world.person("ana", "#a")
    (heard,) = ana.ask(f"RELAYMSG #a {name} hi" if name[0] != ":" else f"RELAYMSG #a {name}/z")
    assert heard.command in {"FAIL", "461"}
    if heard.command == "FAIL":
        assert heard.params[:2] == ("RELAYMSG", "INVALID_NICK")
        assert len(heard.params) == 3


def test_a_long_name_or_text_is_kept_within_a_line() -> None:
    world = World(limits=Limits(flood=False, nick=9))
    ana, bo = world.person("ana", "#a"), world.person("bo", "#a")
    assert [m.command for m in ana.ask("RELAYMSG #a toolong/xx :hi")] == ["FAIL"]
    bo.heard()
    ana.say("RELAYMSG #a a/b :" + "č" * 240)
    (heard,) = bo.heard()
    assert heard.startswith(":a/b!relay@hub.test PRIVMSG #a :čč")
    assert 508 <= len(heard.encode()) <= 510
    assert [m.command for m in ana.ask("RELAYMSG #a a/b :")] == ["412"]
