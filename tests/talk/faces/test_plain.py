from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from razem.talk.client import events as ev
from razem.talk.faces.intents import (
    Intent,
    Join,
    Leave,
    Part,
    Say,
    SetNick,
    SetTopic,
    ShowNames,
    ShowTopic,
    Tell,
)
from razem.talk.faces.plain import PlainFace
from razem.talk.faces.typed import HELP

NOON = datetime(2026, 11, 23, 12, 34, tzinfo=UTC)
DAY = "-- Monday, 23 November 2026 --"


def message(text: str, conversation: str = "#net", **facts: object) -> ev.MessageReceived:
    known: dict[str, object] = {"sender": "bo", "time": NOON, **facts}
    return ev.MessageReceived(conversation=conversation, text=text, **known)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (message("hi"), "<bo> hi"),
        (message("hi", own=True, sender="ana"), "<ana> hi"),
        (message("waves", action=True), "* bo waves"),
        (message("beep", notice=True), "-bo- beep"),
        (message("hi", "#ops"), "#ops <bo> hi"),
        (message("psst", "bo"), "privately: <bo> psst"),
        (message("psst", "bo", own=True, sender="ana"), "to bo: <ana> psst"),
        (message("\x1b[31m", sender="\u202ebo"), "<<U+202E>bo> ␛[31m"),
        (ev.Joined(channel="#net", nick="bo"), "-- bo has joined #net"),
        (ev.Parted(channel="#net", nick="bo", reason="tea"), "-- bo has left #net (tea)"),
        (ev.Parted(channel="#net", nick="bo"), "-- bo has left #net"),
        (ev.Kicked(channel="#net", nick="bo", by="op"), "-- op has thrown bo out of #net"),
        (ev.Quit(nick="bo", reason="\x1b", channels=("#net",)), "-- bo has quit (␛)"),
        (ev.NickChanged(old="bo", new="bob"), "-- bo is now called bob"),
        (ev.TopicChanged(channel="#net", topic=""), "-- #net has no topic"),
        (ev.TopicChanged(channel="#net", topic="x"), "-- the topic of #net: x"),
        (ev.TopicChanged(channel="#net", topic="x", by="bo"), "-- the topic of #net: x (by bo)"),
        (ev.ModeChanged(target="#net", modes="+o bo", by="ana"), "-- ana sets +o bo for #net"),
        (
            ev.Names(channel="#net", members=(ev.Member("ana", "@+"), ev.Member("bo"))),
            "-- in #net (2): @ana, bo",
        ),
        (ev.ServerNotice(text="welcome"), "-- welcome"),
        (ev.Connected(nick="ana", server="hub", network=""), "-- connected to hub as ana"),
        (ev.Disconnected(reason="cut", retry_in=None), "-- disconnected: cut"),
        (
            ev.Disconnected(reason="cut.", retry_in=1.0),
            "-- no connection: cut; trying again until it is back",
        ),
        (
            ev.CaughtUp(channel="#net", count=3, gap=True),
            "-- #net: lines may be missing here: the hub has lost its place",
        ),
        (
            ev.Refused(id="1", target="#net", text="hi", reason="no."),
            "!! #net did not get it (no): hi",
        ),
        (ev.CommandRefused(code="473", subject="#x", reason="no"), "!! #x: no"),
        (ev.CommandRefused(code="473", subject="", reason="no"), "!! no"),
        (
            ev.EventsLost(count=3),
            "!! 3 lines were dropped: they came faster than they could be shown",
        ),
    ],
)
def test_events_are_lines(event: ev.Event, line: str) -> None:
    assert PlainFace("#net", UTC).show(event, NOON) == [DAY, f"12:34 {line}"]


@pytest.mark.parametrize(
    "event",
    [
        ev.Acknowledged(id="1", target="#net", text="hi", msgid="m1"),
        ev.CaughtUp(channel="#net", count=0),
        ev.HistoryReceived(token="1", target="#net", messages=()),
    ],
)
def test_some_events_need_no_line(event: ev.Event) -> None:
    assert PlainFace("#net", UTC).show(event, NOON) == []


def test_days_are_told_when_they_change() -> None:
    face = PlainFace("#net", UTC)
    lines = [
        line
        for days in (0, 0, 1)
        for line in face.show(message("hi", time=NOON + timedelta(days=days)), NOON)
    ]
    assert lines == [
        DAY,
        "12:34 <bo> hi",
        "12:34 <bo> hi",
        "-- Tuesday, 24 November 2026 --",
        "12:34 <bo> hi",
    ]


def test_the_same_trouble_is_told_once() -> None:
    face = PlainFace("#net", UTC)
    trouble = ev.Disconnected(reason="cut", retry_in=1.0)
    assert len(face.show(trouble, NOON)) == 2
    assert face.show(trouble, NOON) == []
    face.show(ev.Connected(nick="ana", server="hub"), NOON)
    assert len(face.show(trouble, NOON)) == 1


@pytest.mark.parametrize(
    ("line", "intent"),
    [
        ("hi there", Say("#net", "hi there")),
        ("  indented", Say("#net", "  indented")),
        ("//etc/passwd", Say("#net", "/etc/passwd")),
        ("", None),
        ("   ", None),
        ("/me waves", Say("#net", "waves", action=True)),
        ("/msg bo psst, you", Say("bo", "psst, you")),
        ("/nick zoe", SetNick("zoe")),
        ("/topic tea time", SetTopic("#net", "tea time")),
        ("/topic", ShowTopic("#net")),
        ("/names", ShowNames("#net")),
        ("/NAMES #ops", ShowNames("#ops")),
        ("/part", Part("#net")),
        ("/part #ops off", Part("#ops", "off")),
        ("/part see you", Part("#net", "see you")),
        ("/join #ops", Join("#ops")),
        ("/join ops secret", Join("#ops", "secret")),
        ("/quit bye", Leave("bye")),
        ("/help", Tell(HELP)),
        ("/frob x", Tell(("!! there is no command /frob: /help lists them",))),
        ("/msg bo", Tell(("!! to whom, and what? /msg NICK text",))),
        ("/join", Tell(("!! which channel? /join #channel",))),
        ("/me", Tell(("!! what do you do? /me waves",))),
        ("/nick", Tell(("!! which name? /nick NAME",))),
    ],
)
def test_typed_lines_are_intents(line: str, intent: Intent | None) -> None:
    assert PlainFace("#net", UTC).typed(line) == intent


def test_the_focus_follows_the_user() -> None:
    face = PlainFace("#net", UTC)
    face.typed("/join #ops")
    assert face.typed("hi") == Say("#ops", "hi")
    face.show(ev.Parted(channel="#ops", nick="ana", own=True), NOON)
    assert face.typed("hi") == Tell(("!! we are in no channel: /join #channel",))
    face.show(ev.Joined(channel="#net", nick="ana", own=True), NOON)
    assert face.typed("hi") == Say("#net", "hi")
