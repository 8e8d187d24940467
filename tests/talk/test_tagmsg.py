"""TAGMSG: client-only tags without a text (IRCv3 message-tags)."""

from __future__ import annotations

import re

import pytest

from tests.talk.harness import World

CAPS = "message-tags echo-message labeled-response batch"
TYPING = "@+typing=active;secret=1 TAGMSG"


@pytest.mark.parametrize("target", ["#a", "bo"])
def test_tags_go_to_those_who_know_them_and_the_echo_answers(target: str) -> None:
    world = World()
    ana = world.person("ana", "#a", caps=CAPS)
    bo = world.person("bo", "#a", caps="message-tags")
    plain = world.person("cy", "#a")
    (echo,) = ana.say(f"@label=7;+typing=active;secret=1 TAGMSG {target}")
    form = rf"msgid=\S+;\+typing=active :ana!~ana@localhost TAGMSG {target}"
    assert re.fullmatch(f"@label=7;{form}", echo)
    (heard,) = [line for line in bo.heard() if "TAGMSG" in line]
    assert re.fullmatch(f"@{form}", heard)
    assert not [line for line in plain.heard() if "TAGMSG" in line]


def test_tags_without_a_text_are_in_no_history() -> None:
    world = World()
    ana = world.person("ana", "#a", caps=f"{CAPS} draft/chathistory")
    ana.say(f"{TYPING} #a")
    assert not [m for m in ana.ask("CHATHISTORY LATEST #a * 9") if m.command == "TAGMSG"]


@pytest.mark.parametrize(
    ("line", "numeric"),
    [
        (f"{TYPING} nobody", "401"),
        (f"{TYPING} #x", "403"),
        (f"{TYPING} #b", "404"),
        ("TAGMSG", "461"),
    ],
)
def test_tags_are_refused_as_lines_are(line: str, numeric: str) -> None:
    world = World()
    world.person("bo", "#b")
    ana = world.person("ana", "#a", caps=CAPS)
    assert [m.command for m in ana.ask(line)] == [numeric]


def test_nothing_is_sent_without_client_only_tags() -> None:
    world = World()
    ana, bo = world.person("ana", "#a", caps=CAPS), world.person("bo", "#a", caps=CAPS)
    ana.heard()
    assert ana.say("@secret=1 TAGMSG #a") == []
    assert bo.heard() == []
