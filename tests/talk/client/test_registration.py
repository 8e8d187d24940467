from __future__ import annotations

import pytest

from razem.errors import LocalProtocolError
from razem.talk.client.core import Phase
from razem.talk.client.events import (
    CommandRefused,
    Connected,
    Disconnected,
    NickChanged,
)

from .scripted import ALL, Script


def test_it_says_who_it_is_and_what_it_wants() -> None:
    script = Script("#net", password="open sesame")
    assert script.open() == [
        "CAP LS 302",
        "PASS :open sesame",
        "NICK ana",
        "USER ana 0 * ana",
    ]
    script.hear(":hub CAP * LS * :batch sasl=PLAIN echo-message", ":hub CAP * LS :server-time")
    assert script.said() == ["CAP REQ batch", "CAP REQ echo-message", "CAP REQ server-time"]
    script.hear(":hub CAP * ACK :batch", ":hub CAP * NAK :echo-message")
    assert script.said() == []
    script.hear(":hub CAP * ACK :server-time")
    assert script.said() == ["CAP END"]
    events = script.hear(
        ":hub 001 ana :Welcome",
        ":hub 005 ana NETWORK=Net :are supported",
        ":hub 376 ana :End of MOTD",
    )
    assert events == [
        Connected(nick="ana", server="hub", network="Net"),
    ]
    assert script.said() == ["JOIN #net"]
    assert script.core.phase is Phase.READY


def test_a_server_without_capabilities_welcomes_us_too() -> None:
    script = Script("#net secret")
    script.open()
    script.hear(":old 421 ana CAP :Unknown command", ":old 001 ana :Hi", ":old 422 ana :no MOTD")
    assert script.said() == ["JOIN #net secret"]


def test_nothing_to_ask_for() -> None:
    script = Script()
    script.open()
    script.hear(":hub CAP * LS :sasl tls")
    assert script.said() == ["CAP END"]


def test_a_taken_nick_is_varied_and_taken_back_when_it_is_free() -> None:
    script = Script("#net")
    script.open()
    script.hear(":hub CAP * LS :", ":hub 433 * ana :Nickname is already in use")
    assert script.said() == ["CAP END", "NICK ana_"]
    script.hear(":hub 433 * ana_ :Nickname is already in use")
    script.hear(":hub 433 * ana__ :Nickname is already in use")
    assert script.said() == ["NICK ana__", "NICK ana2"]
    script.hear(":hub 001 ana2 :Hi", ":hub 422 ana2 :no MOTD")
    assert script.core.nick == "ana2"
    script.join(nick="ana2")
    script.hear(":ana!u@host JOIN #net")
    script.said()
    assert script.hear(":hub 433 ana2 ana :still taken") == []  # nobody asked for this
    script.hear(":ana!u@host QUIT :gone")
    assert script.said() == ["NICK ana"]
    assert script.hear(":ana2!u@host NICK ana") == [NickChanged(old="ana2", new="ana", own=True)]
    assert script.core.nick == "ana"
    script.wait(60)
    assert script.said() == ["PING lag-1"]


def test_the_wanted_nick_is_asked_for_now_and_then() -> None:
    script = Script()
    script.open()
    script.hear(":hub CAP * LS :", ":hub 433 * ana :taken", ":hub 001 ana_ :", ":hub 422 ana_ :")
    script.said()
    script.wait(20)
    assert "NICK ana" in script.said()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (":hub 464 * :Password incorrect", "Password incorrect"),
        (":hub 465 * :You are banned", "You are banned"),
        (":hub 432 * ana :Erroneous nickname", "Erroneous nickname"),
    ],
)
def test_who_is_not_let_in_does_not_come_again(line: str, reason: str) -> None:
    script = Script()
    script.open()
    assert script.hear(line) == [Disconnected(reason=reason, retry_in=None)]
    assert script.core.phase is Phase.CLOSED
    assert script.core.failure == reason


def test_all_nicks_taken() -> None:
    script = Script()
    script.open()
    for _ in range(13):
        script.hear(":hub 433 * x :taken")
    assert script.core.phase is Phase.CLOSED


def test_a_nick_of_ones_own_choice() -> None:
    script = Script()
    script.welcome()
    script.core.set_nick("zoe")
    assert script.said() == ["NICK zoe"]
    script.hear(":ana!u@h NICK zoe")
    assert script.core.nick == "zoe"
    script.core.set_nick("bo")
    assert script.hear(":hub 433 zoe bo :taken") == [
        CommandRefused(code="433", subject="bo", reason="taken")
    ]
    script.lose()
    assert script.core.nick == "zoe"
    assert "NICK zoe" in script.open()


def test_capabilities_that_come_and_go() -> None:
    script = Script()
    script.welcome("batch message-tags cap-notify")
    script.hear(":hub CAP ana NEW :echo-message=x other", ":hub CAP ana DEL :message-tags")
    assert script.said() == ["CAP REQ echo-message"]
    script.hear(":hub CAP ana ACK :echo-message")
    script.core.send("bo", "hi")
    assert script.said()[0] == "PRIVMSG bo hi"


def test_waits_between_attempts_grow_and_begin_anew() -> None:
    script = Script()
    waits = []
    for _ in range(9):
        (event,) = script.core.lost("refused", script.now)
        assert isinstance(event, Disconnected)
        waits.append(event.retry_in)
    assert waits == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]
    script.welcome(ALL)
    script.now += 11
    (event,) = script.core.lost("cut", script.now)
    assert isinstance(event, Disconnected)
    assert event.retry_in == 0.5


def test_a_dead_link_is_noticed_and_the_lag_measured() -> None:
    script = Script()
    script.welcome()
    assert script.core.next_deadline() == 20
    assert script.wait(20) == []
    assert script.said() == ["PING lag-1"]
    script.now += 0.25
    script.hear(":hub PONG hub lag-1")
    assert script.core.lag == 0.25
    script.wait(20)
    assert script.wait(19.9) == []
    (event,) = script.wait(0.2)
    assert isinstance(event, Disconnected)
    assert event.reason == "the server has not answered for 20 s"


def test_a_server_that_never_welcomes_is_left() -> None:
    script = Script()
    script.open()
    (event,) = script.wait(30)
    assert isinstance(event, Disconnected)
    assert "did not welcome us" in event.reason


def test_the_servers_last_word_is_the_reason() -> None:
    script = Script()
    script.welcome()
    script.hear("ERROR :Closing link: too slow")
    (event,) = script.core.lost("end of stream", 0.0)
    assert isinstance(event, Disconnected)
    assert event.reason == "Closing link: too slow"


def test_a_ping_is_answered() -> None:
    script = Script()
    script.welcome()
    script.hear("PING :a b", "PING x")
    assert script.said() == ["PONG :a b", "PONG x"]


@pytest.mark.parametrize("nick", ["", "a b", ":ana", "a\nQUIT", "a,b"])
def test_a_nick_that_cannot_be_sent(nick: str) -> None:
    with pytest.raises(LocalProtocolError):
        Script(nick=nick)
