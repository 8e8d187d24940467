"""SIGHUP again and again while people talk: nobody is cut off, no line is lost or moved."""

from __future__ import annotations

import json
import signal
import socket
import ssl
import threading
from typing import TYPE_CHECKING

from razem.sockets.tls_identity import Identity, fingerprint_of
from tests.hub.process import PATIENCE, Client, HubProcess, config

if TYPE_CHECKING:
    from pathlib import Path

ROUNDS = 12
LINES_A_ROUND = 40


def connect(hub: HubProcess, *, tls: bool) -> socket.socket:
    connected = socket.create_connection(("127.0.0.1", hub.port), PATIENCE)
    if not tls:
        return connected
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context.wrap_socket(connected)


class Talker(threading.Thread):
    """Says a line whenever the one before came back, and keeps all that it hears."""

    def __init__(self, hub: HubProcess, nick: str, *, tls: bool) -> None:
        super().__init__()
        self.nick = nick
        self.client = Client(connect(hub, tls=tls))
        self.client.say("CAP REQ :echo-message", "CAP END")
        self.client.say(f"NICK {nick}", f"USER {nick} 0 * :x", "JOIN #load", "PING ready")
        self.client.until("PONG")
        self.heard: list[str] = []
        self.said = 0
        self.stop = threading.Event()
        self.round_done = threading.Event()

    def run(self) -> None:
        self._say()
        while (line := self.client.line()) is not None:
            if line.command != "PRIVMSG":
                continue
            self.heard.append(line.params[-1])
            if line.params[-1] == "end":
                return
            if (line.source or "").startswith(f"{self.nick}!"):
                if self.said % LINES_A_ROUND == 0:
                    self.round_done.set()
                if not self.stop.is_set():
                    self._say()

    def _say(self) -> None:
        self.said += 1
        self.client.say(f"PRIVMSG #load :{self.nick}-{self.said}")


def test_sighup_under_load_loses_no_connection_and_no_line(tmp_path: Path) -> None:
    file = tmp_path / "hub.pem"
    Identity.make("0").save(file)
    text = f'data = "{tmp_path / "data"}"\nlog_json = true\n'
    text += f'[limits]\nflood = false\n[tls]\ncertificate = "{file}"\n'
    with HubProcess("--config", config(tmp_path, text)) as hub:
        talkers = [
            Talker(hub, f"{kind}{number}", tls=kind == "tls")
            for kind in ("plain", "tls")
            for number in range(3)
        ]
        for talker in talkers:
            talker.start()
        for number in range(1, ROUNDS + 1):
            identity = Identity.make(str(number))
            identity.save(file)
            hub.process.send_signal(signal.SIGHUP)
            for talker in talkers:  # they talk on, all of them
                talker.round_done.clear()
                assert talker.round_done.wait(PATIENCE)
            with connect(hub, tls=True) as new:
                assert isinstance(new, ssl.SSLSocket)
                certificate = new.getpeercert(binary_form=True)
                assert certificate
                assert fingerprint_of(certificate) == identity.fingerprint
        for talker in talkers:
            talker.stop.set()
        last = hub.person("last", "#load")
        for talker in talkers:
            # Whatever it said before is on its way before this, for everybody.
            last.say(f"PRIVMSG {talker.nick} :end")
        for talker in talkers:
            talker.join(PATIENCE)
            assert not talker.is_alive()
        lines = [[line for line in talker.heard if line != "end"] for talker in talkers]
        shortest = min(map(len, lines))
        assert shortest > ROUNDS * LINES_A_ROUND
        for line, talker in zip(lines, talkers, strict=True):
            assert line[:shortest] == lines[0][:shortest]
            own = [word for word in line if word.startswith(f"{talker.nick}-")]
            assert own == [f"{talker.nick}-{number}" for number in range(1, len(own) + 1)]
            talker.client.close()
        last.close()
        code, logged = hub.end()
    assert code == 0
    events = [json.loads(line) for line in logged.splitlines()]
    assert {"time", "level", "event"} <= events[0].keys()
    assert [event["event"] for event in events].count("reloaded") == ROUNDS
    assert events[0]["event"] == "listening"
    assert events[-1]["event"] == "stopped"
    assert {event["level"] for event in events} == {"info"}
