from __future__ import annotations

import pytest

from razem.errors import ClosedError, LimitError, LocalProtocolError
from razem.talk.client.events import (
    Acknowledged,
    CommandRefused,
    MessageReceived,
    Refused,
    ServerNotice,
)
from razem.talk.client.outgoing import Status
from razem.talk.client.settings import Limits

from .scripted import ALL, Script, label_of, text


def joined(*, capabilities: str = ALL, limits: Limits | None = None) -> Script:
    script = Script("#net", limits=limits)
    script.welcome(capabilities)
    script.join()
    lines = script.said()
    if "chathistory" in capabilities:
        script.page(label=label_of(lines[-1]))
    return script


def test_the_echo_is_the_acknowledgement() -> None:
    script = joined()
    (ours,) = script.core.send("#net", "hi")
    (line,) = script.said()
    label = label_of(line)
    assert line == f"@label={label};+razem/id=id1 PRIVMSG #net hi"
    assert ours.status is Status.SENT
    events = script.hear(text("m1", "hi", nick="ana", label=label, **{"+razem/id": "id1"}))
    assert isinstance(events[0], MessageReceived)
    assert events[0].own
    assert events[0].id == "id1"
    assert events[1:] == [Acknowledged(id="id1", target="#net", text="hi", msgid="m1")]
    assert (ours.status, ours.msgid) == (Status.ACKNOWLEDGED, "m1")
    assert script.core.unacknowledged == []


@pytest.mark.parametrize(
    "answer",
    [
        ":hub 404 ana #net :Cannot send to channel",
        ":hub FAIL PRIVMSG TOO_LONG #net :Cannot send to channel",
    ],
)
def test_a_refusal_says_why(answer: str) -> None:
    script = joined()
    (ours,) = script.core.send("#net", "hi")
    label = label_of(script.said()[0])
    events = script.hear(f"@label={label} {answer}")
    assert events == [Refused(id="id1", target="#net", text="hi", reason="Cannot send to channel")]
    assert ours.status is Status.REFUSED
    assert ours.reason == "Cannot send to channel"


def test_an_answer_of_several_lines_comes_in_a_batch() -> None:
    script = joined()
    script.core.send("bo", "hi")
    label = label_of(script.said()[0])
    events = script.hear(
        f"@label={label} :hub BATCH +1 labeled-response",
        "@batch=1;msgid=m9 :ana!u@h PRIVMSG bo :hi",
        "@batch=1 :hub 301 ana bo :at lunch",
        ":hub BATCH -1",
    )
    assert Acknowledged(id="id1", target="bo", text="hi", msgid="m9") in events
    assert ServerNotice(text="bo at lunch", sender="hub") in events


def test_private_messages_that_were_not_acknowledged_are_sent_again() -> None:
    script = joined()
    script.core.send("bo", "psst")
    script.said()
    script.lose()
    script.welcome()
    assert [line.split(" ", 1)[1] for line in script.said() if "PRIVMSG" in line] == [
        "PRIVMSG bo psst"
    ]


def test_messages_to_oneself_are_shown_once() -> None:
    script = joined()
    script.core.send("ana", "note")
    label = label_of(script.said()[0])
    line = "@msgid=m1{} :ana!u@h PRIVMSG ana :note"
    events = script.hear(line.format(f";label={label}"), line.format(""))
    assert sum(isinstance(event, MessageReceived) for event in events) == 1


def test_a_server_without_labels_is_asked_by_a_ping() -> None:
    script = joined(capabilities="server-time")
    script.core.send("#net", "one")
    script.core.send("nobody", "two")
    assert script.said() == [
        "PRIVMSG #net one",
        "PING barrier-1",
        "PRIVMSG nobody two",
        "PING barrier-2",
    ]
    events = script.hear(":hub PONG hub barrier-1")
    assert [type(event) for event in events] == [MessageReceived, Acknowledged]
    events = script.hear(":hub 401 ana nobody :No such nick", ":hub PONG hub barrier-2")
    assert events == [Refused(id="id2", target="nobody", text="two", reason="No such nick")]


def test_echoes_without_labels_are_told_by_their_text() -> None:
    script = joined(capabilities="server-time echo-message")
    script.core.send("#net", "one\ntwo")
    script.said()
    events = script.hear(
        ":ana!u@h PRIVMSG #net :one", ":ana!u@h PRIVMSG #net :two", ":hub PONG hub barrier-2"
    )
    kinds = [type(event) for event in events]
    assert kinds == [MessageReceived, Acknowledged, MessageReceived, Acknowledged]


def test_labels_without_echoes() -> None:
    script = joined(capabilities="batch labeled-response message-tags")
    script.core.send("#net", "one")
    (line,) = script.said()
    events = script.hear(f"@label={label_of(line)} :hub ACK")
    assert [type(event) for event in events] == [MessageReceived, Acknowledged]


def test_what_is_written_offline_waits_and_is_bounded() -> None:
    script = Script("#net", limits=Limits(pending=3))
    script.core.send("#net", "one\ntwo")
    with pytest.raises(LimitError, match="2 messages wait"):
        script.core.send("#net", "three\nfour")
    script.core.send("#net", "three")
    assert [ours.text for ours in script.core.unacknowledged] == ["one", "two", "three"]


def test_only_so_many_are_on_the_wire() -> None:
    script = joined(limits=Limits(in_flight=2))
    script.core.send("#net", "1\n2\n3")
    first, _ = script.said()
    assert script.said() == []
    script.hear(text("m1", "1", nick="ana", label=label_of(first)))
    assert len(script.said()) == 1


def test_a_channel_that_does_not_let_us_in() -> None:
    script = Script("#net")
    script.core.send("#net", "hi")
    script.welcome()
    assert script.said() == ["JOIN #net"]
    events = script.hear(":hub 473 ana #net :Invite only")
    assert events == [
        CommandRefused(code="473", subject="#net", reason="Invite only"),
        Refused(id="id1", target="#net", text="hi", reason="Invite only"),
    ]


def test_a_me_of_many_words_is_split_into_several() -> None:
    script = joined()
    words = "waves and " * 80
    parts = script.core.send("#net", words, action=True)
    assert len(parts) > 1
    lines = [line.partition(" ")[2] for line in script.said()]
    assert all(len(line.encode()) <= 510 - 90 for line in lines)
    assert all(line.startswith("PRIVMSG #net :\x01ACTION ") for line in lines)
    event = script.hear(":bo!u@h PRIVMSG #net :\x01ACTION nods\x01")[0]
    assert isinstance(event, MessageReceived)
    assert (event.text, event.action) == ("nods", True)


@pytest.mark.parametrize("target", ["", "a b", "#a,#b", ":x", "a\r\nQUIT"])
def test_targets_that_cannot_be(target: str) -> None:
    with pytest.raises(LocalProtocolError):
        joined().core.send(target, "hi")


def test_lines_cannot_be_smuggled_in() -> None:
    script = joined()
    script.core.send("#net", "hi\r\nQUIT :x\0y\ud800")
    assert [line.partition("PRIVMSG")[2] for line in script.said()] == [
        " #net hi",
        " #net :QUIT :xy?",
    ]
    for words in (("TOPIC", "#net", "a\nb"), ("TOPIC", "#a b", "c"), ("MODE", "", "x")):
        with pytest.raises(LocalProtocolError):
            script.core.command(*words)


def test_after_the_goodbye_nothing_is_said() -> None:
    script = joined()
    script.core.send("#net", "too late")
    script.core.quit("bye")
    assert script.said() == ["QUIT bye"]
    with pytest.raises(ClosedError):
        script.core.send("#net", "x")
    script.lose()
    assert script.core.next_deadline() == float("inf")


def test_commands_need_a_connection() -> None:
    core = Script("#net").core
    with pytest.raises(LocalProtocolError, match="there is none now"):
        core.command("TOPIC", "#net", "x")
    with pytest.raises(LocalProtocolError, match="there is none now"):
        core.ask_history("#net", "1", 0.0)
    with pytest.raises(LocalProtocolError, match="Try #net"):
        core.join("net")
    with pytest.raises(LocalProtocolError, match="key"):
        core.join("#net", "a b")
