"""What a hub keeps over its end: history, conversations, read markers; and what it does not."""

from __future__ import annotations

import base64
import signal
from typing import TYPE_CHECKING

import pytest

from tests.hub.process import Client, HubProcess

if TYPE_CHECKING:
    from pathlib import Path

    from razem.talk.irc.message import Message

CAPS = (
    "batch message-tags server-time echo-message draft/chathistory draft/event-playback"
    " draft/message-redaction draft/multiline draft/read-marker draft/search"
)
SECRET = "a password that is nobody's"
LONG_AGO = "timestamp=1970-01-01T00:00:00.000Z"
FAR_OFF = "timestamp=2100-01-01T00:00:00.000Z"


def registered(hub: HubProcess, nick: str) -> Client:
    """Return somebody with an account made now."""
    person = hub.person(nick, caps=CAPS)
    person.say(f"REGISTER * * :{SECRET}")
    assert person.until("REGISTER")[-1].params[0] == "SUCCESS"
    return person


def logged_in(hub: HubProcess, nick: str) -> Client:
    """Return somebody who logs in to an account that there is (SASL PLAIN)."""
    person = hub.connect()
    proof = base64.b64encode(f"\0{nick}\0{SECRET}".encode()).decode()
    person.say(f"CAP REQ :sasl {CAPS}", "AUTHENTICATE PLAIN")
    person.until("AUTHENTICATE")
    person.say(f"AUTHENTICATE {proof}", "CAP END", f"NICK {nick}", f"USER {nick} 0 * :x")
    person.until("001")
    return person


def ask(person: Client, line: str) -> list[Message]:
    """Ask something that is answered by a batch; return what is in it, and in those within."""
    person.say(line, "PING asked")
    lines = person.until("PONG")[:-1]
    assert all(m.command != "FAIL" for m in lines)
    return [m for m in lines if "batch" in m.tags and m.command != "BATCH"]


def texts(lines: list[Message]) -> list[str]:
    return [m.params[-1] for m in lines]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("durability", ["fsync", "none"])
def test_what_was_said_read_and_removed_is_so_after_a_restart(
    tmp_path: Path, number: int, durability: str
) -> None:
    data = tmp_path / "data"
    config = tmp_path / "hub.toml"
    config.write_text(f'durability = "{durability}"\ndata = "{data}"\n')
    with HubProcess("--config", str(config)) as hub:
        ana, bo = registered(hub, "ana"), registered(hub, "bo")
        ana.say("JOIN #a", "TOPIC #a :what it is about", "PRIVMSG #a :the first line")
        ana.say("PRIVMSG #a :hushhush", "PRIVMSG bo :hello bo")
        ana.say("BATCH +1 draft/multiline #a", "@batch=1 PRIVMSG #a :a long", "PING 1")
        said = {m.params[-1]: m.tags for m in ana.until("PONG") if m.command == "PRIVMSG"}
        ana.say("@batch=1 PRIVMSG #a :story", "BATCH -1")
        ana.say(f"REDACT #a {said['hushhush']['msgid']} :never mind")
        ana.say(f"MARKREAD #a timestamp={said['the first line']['time']}", "PING 2")
        ana.until("PONG")
        bo.say("PRIVMSG ana :hello ana", "PING 3")
        bo.until("PONG")
        assert hub.end(number)[0] == (0 if number == signal.SIGTERM else -number)
        bo.close()
        ana.close()
    with HubProcess("--config", str(config)) as hub:
        ana = logged_in(hub, "ana")
        lines = ask(ana, "CHATHISTORY LATEST bo * 50")
        assert texts(lines) == ["hello bo", "hello ana"]
        ana.say("JOIN #a", "MARKREAD #a", "PING 1")
        (*_, marker) = [m for m in ana.until("PONG") if m.command == "MARKREAD"]
        assert marker.params == ("#a", f"timestamp={said['the first line']['time']}")
        lines = ask(ana, "CHATHISTORY LATEST #a * 50")
        assert [m.command for m in lines] == ["TOPIC", "PRIVMSG", "PRIVMSG", "PRIVMSG", "REDACT"]
        assert texts(lines)[:4] == ["what it is about", "the first line", "a long", "story"]
        assert texts(ask(ana, "SEARCH text=line")) == ["the first line"]
        assert texts(ask(ana, "SEARCH text=hushhush")) == []
        targets = ask(ana, f"CHATHISTORY TARGETS {LONG_AGO} {FAR_OFF} 50")
        assert [m.params[1] for m in targets] == ["#a", "bo"]
        stranger = hub.person("bo_", caps=CAPS)
        assert ask(stranger, "CHATHISTORY LATEST ana * 50") == []
        stranger.close()
        ana.close()
        assert hub.end() == (0, "")
    for file in data.rglob("*"):
        if file.is_file():
            assert b"hushhush" not in file.read_bytes(), file.name
