"""The running hub: sockets, signals, crashes, a full disk, and whoever comes in."""

from __future__ import annotations

import contextlib
import random
import resource
import shutil
import signal
import socket
import ssl
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from razem.talk.irc.message import Message
from tests.hub.process import PATIENCE, Client, HubProcess, config, refused

if TYPE_CHECKING:
    from collections.abc import Iterator

CAPS = "batch message-tags server-time echo-message labeled-response draft/chathistory"


@pytest.fixture
def hub() -> Iterator[HubProcess]:
    """A hub in memory; at its end it has complained of nothing."""
    with HubProcess("--memory") as process:
        yield process
        assert process.end() == (0, "")


# Talking


def test_people_talk_over_tcp_and_unix_sockets(tmp_path: Path) -> None:
    path = tmp_path / "hub.sock"
    listen = ("--listen", "tcp://localhost:0", "--listen", f"unix://{path}")
    with HubProcess("--memory", *listen) as hub:
        ana = hub.person("ana", "#a")
        unix = socket.socket(socket.AF_UNIX)
        unix.connect(str(path))
        bo = Client(unix)
        bo.say("NICK bo", "USER bo 0 * :Bo", "JOIN #a", "PRIVMSG #a :over a file")
        line = ana.until("PRIVMSG")[-1]
        assert (line.source, line.params) == ("bo!~bo@localhost", ("#a", "over a file"))
        ana.say("PRIVMSG #a :over a wire")
        assert bo.until("PRIVMSG")[-1].params == ("#a", "over a wire")
        ana.close()
        assert bo.until("QUIT")[-1].source == "ana!~ana@localhost"
        bo.close()
        assert hub.end() == (0, "")
        assert not path.exists()


def test_both_families_of_loopback_are_one_address() -> None:
    with HubProcess("--memory", "--listen", "tcp://localhost:0") as hub:
        for host in ("127.0.0.1", "::1"):
            try:
                connected = socket.create_connection((host, hub.port), PATIENCE)
            except OSError:
                assert host == "::1"  # a machine without IPv6
                continue
            with Client(connected) as client:
                client.say(f"NICK n{len(host)}", "USER a 0 * :A", "PING 1")
                assert client.until("PONG")[-1].params[-1] == "1"


@pytest.mark.skipif(shutil.which("nc") is None, reason="nc is not there")
def test_a_pipe_through_nc_is_answered_to_the_end(hub: HubProcess) -> None:
    lines = (
        "NICK ana\nUSER ana 0 * :Ana\nJOIN #a\nCHATHISTORY LATEST #a * 5\nTOPIC #a :t\nNAMES #a\n"
    )
    done = subprocess.run(
        ["nc", "-N", "127.0.0.1", str(hub.port)],
        input=lines,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    heard = [Message.parse(line) for line in done.stdout.splitlines()]
    assert [m.command for m in heard if not m.command.isdigit()] == ["JOIN", "TOPIC", "ERROR"]
    assert heard[-1].params == ("Closing link: Connection closed",)


@pytest.mark.parametrize("step", [1, 7, 65536])
@pytest.mark.parametrize("config_flood", ["true", "false"])
def test_however_input_is_cut_and_ended_it_is_answered_fully(
    tmp_path: Path, step: int, config_flood: str
) -> None:
    count = 60
    text = f"memory = true\n[limits]\nflood = {config_flood}\nflood_rate = 1000\nflood_burst = 5\n"
    lines = ["NICK ana", "USER a 0 * :A", "JOIN #a", *(f"PING {n}" for n in range(count))]
    data = "".join(f"{line}\r\n" for line in lines).encode()
    with HubProcess("--config", config(tmp_path, text)) as hub, hub.connect() as ana:
        ana.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for start in range(0, len(data), step):
            ana.socket.sendall(data[start : start + step])
        ana.socket.shutdown(socket.SHUT_WR)
        heard = ana.rest()
        assert [m.params[-1] for m in heard if m.command == "PONG"] == [
            str(n) for n in range(count)
        ]
        assert heard[-1].command == "ERROR"
        assert hub.end() == (0, "")


def test_the_configuration_reaches_the_wire(tmp_path: Path) -> None:
    text = """
name = "irc.example"
network = "Example"
listen = "tcp://127.0.0.1:0"
password = "sesame"
motd = "Welcome"
memory = true
"""
    with HubProcess("--config", config(tmp_path, text), "--listen", "tcp://127.0.0.1:0") as hub:
        with hub.connect() as ana:
            ana.say("PASS wrong", "NICK ana", "USER a 0 * :A")
            assert [m.command for m in ana.rest()] == ["464", "ERROR"]
        with hub.connect() as ana:
            ana.say("PASS sesame", "NICK ana", "USER a 0 * :A")
            heard = ana.until("376")
            assert heard[0].source == "irc.example"
            assert "Example" in heard[0].params[1]
            assert "- Welcome" in [m.params[-1] for m in heard]


# The end


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("where", ["--memory", "--data"])
def test_a_hub_that_is_stopped_tells_its_clients_and_ends_well(
    tmp_path: Path, number: int, where: str
) -> None:
    arguments = ("--memory",) if where == "--memory" else ("--data", str(tmp_path))
    with HubProcess(*arguments) as hub:
        ana, guest = hub.person("ana", "#a"), hub.connect()
        ana.say("PRIVMSG #a :x", "PING said")
        ana.until("PONG")
        assert hub.end(number) == (0, "")
        for client in (ana, guest):
            assert client.rest()[-1].params == ("Closing link: the hub is shutting down",)
            client.close()
    if where == "--data":
        with HubProcess(*arguments) as hub, hub.person("ana", "#a", caps=CAPS) as ana:
            assert ana.history("#a") == ["x"]
            assert sorted(p.name for p in tmp_path.glob("*.pid")) == ["hub.pid"]


def test_a_hub_with_a_client_that_reads_nothing_still_ends(tmp_path: Path) -> None:
    text = "memory = true\n[limits]\nflood = false\n"
    with HubProcess("--config", config(tmp_path, text)) as hub:
        deaf = hub.connect()
        deaf.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        deaf.say("NICK deaf", "USER a 0 * :A", "JOIN #a")
        ana = hub.person("ana", "#a")
        for _ in range(100):
            ana.say(*["PRIVMSG #a :" + "x" * 400] * 100)
        ana.say("PING said")
        ana.until("PONG")
        assert hub.end() == (0, "")
        deaf.close()
        ana.close()


def test_a_second_hub_on_the_same_data_is_refused_with_the_pid_of_the_first(tmp_path: Path) -> None:
    with HubProcess("--data", str(tmp_path)) as hub:
        code, complaint = refused("--data", str(tmp_path), "--listen", "tcp://127.0.0.1:0")
        assert code != 0
        assert f"process {hub.process.pid}" in complaint
        assert str(tmp_path) in complaint
        assert hub.end() == (0, "")
    with HubProcess("--data", str(tmp_path)) as hub:
        assert hub.end()[0] == 0


def test_what_cannot_be_started_says_why(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "hub.sqlite").write_text("something else entirely, and long enough" * 99)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for arguments, words in (
            (("--memory", "--listen", f"tcp://127.0.0.1:{port}"), str(port)),
            (("--memory", "--listen", "udp://127.0.0.1:0"), "udp"),
            (("--memory", "--listen", "nonsense"), "nonsense"),
            (("--data", str(tmp_path / "file")), "cannot be made"),
            (("--data", str(tmp_path), "--listen", "tcp://127.0.0.1:0"), "cannot be opened"),
            (("--config", str(tmp_path / "missing.toml")), "cannot be read"),
            (("--config", config(tmp_path, "nmae = 1")), "`name`"),
            (("--memory", "--data", "x"), "not allowed with"),
        ):
            code, complaint = refused(*arguments)
            assert code in {1, 2}, arguments
            assert words in complaint, arguments


# Crashes


class Talker(threading.Thread):
    """Says numbered lines for as long as it is answered; knows which were acknowledged."""

    def __init__(self, client: Client, name: str, first: int) -> None:
        super().__init__()
        self.client = client
        self.prefix = name
        self.next = first
        self.acknowledged: list[str] = []

    def run(self) -> None:
        with contextlib.suppress(OSError):
            self._say(20)
            while (line := self.client.line()) is not None:
                if line.command == "PRIVMSG" and (line.source or "").startswith(self.prefix + "!"):
                    self.acknowledged.append(line.params[-1])
                    self._say(1)

    def _say(self, count: int) -> None:
        numbers = range(self.next, self.next + count)
        self.next += count
        self.client.say(*(f"PRIVMSG #a :{self.prefix}{number}" for number in numbers))


def said(lines: list[Message]) -> list[str]:
    return [line.params[-1] for line in lines if line.command == "PRIVMSG"]


@pytest.mark.parametrize(
    ("durability", "number"),
    [("fsync", signal.SIGKILL), ("commit", signal.SIGKILL), ("fsync", signal.SIGTERM)],
)
def test_what_was_echoed_before_the_end_is_in_the_history_once_and_in_order(
    tmp_path: Path, durability: str, number: int
) -> None:
    text = f'durability = "{durability}"\ndata = "{tmp_path / "data"}"\n[limits]\nflood = false\n'
    arguments = ("--config", config(tmp_path, text))
    acknowledged: dict[str, list[str]] = {"ana": [], "bo": []}
    following = {"ana": 0, "bo": 0}
    seen: list[str] = []  # by a client that knows of no history
    luck = random.Random(1)
    for _ in range(3):
        with HubProcess(*arguments) as hub:
            watcher = hub.connect()
            watcher.say("NICK watcher", "USER w 0 * :W", "JOIN #a", "PING in")
            seen += said(watcher.until("PONG"))
            talkers = [
                Talker(hub.person(name, "#a", caps=CAPS), name, following[name])
                for name in acknowledged
            ]
            for talker in talkers:
                talker.start()
            for _ in range(luck.randrange(100, 400)):
                seen += said(watcher.until("PRIVMSG"))
            hub.process.send_signal(number)
            seen += said(watcher.rest())
            if number == signal.SIGTERM:
                _, complaints = hub.process.communicate(timeout=PATIENCE)
                assert (hub.process.returncode, complaints) == (0, "")
            for talker in talkers:
                talker.join(PATIENCE)
                talker.client.close()
                acknowledged[talker.prefix] += talker.acknowledged
                following[talker.prefix] = talker.next
            watcher.close()
    with HubProcess(*arguments) as hub, hub.person("cy", "#a", caps=CAPS) as cy:
        history = cy.history("#a")
        with hub.connect() as watcher:
            watcher.say("NICK watcher", "USER w 0 * :W", "JOIN #a", "PING in")
            seen += said(watcher.until("PONG"))
        assert hub.end() == (0, "")
    assert len(set(history)) == len(history)
    # What was on its way when the hub was killed may come again: only message ids could tell.
    assert list(dict.fromkeys(seen)) == history
    assert len(seen) < 1.5 * len(history)
    for name, lines in acknowledged.items():
        kept = [line for line in history if line.startswith(name)]
        assert len(lines) > 20
        assert set(lines) <= set(kept)
        assert [int(line.removeprefix(name)) for line in kept] == sorted(
            int(line.removeprefix(name)) for line in kept
        )


# A full disk


def test_with_a_full_disk_lines_are_refused_and_all_is_well_when_there_is_room(
    tmp_path: Path,
) -> None:
    data = tmp_path / "data"
    text = f'durability = "commit"\ndata = "{data}"\n[limits]\nflood = false\n'
    arguments = ("--config", config(tmp_path, text))
    with HubProcess(*arguments) as hub:
        ana = hub.person("ana", "#a", caps=CAPS)
        pid, (_, hard) = hub.process.pid, resource.prlimit(hub.process.pid, resource.RLIMIT_FSIZE)
        # No file may grow beyond what the log of SQLite has now: like a disk without room.
        size = (data / "hub.sqlite-wal").stat().st_size
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size + 8192, hard))
        stored: list[str] = []
        refused_lines = 0
        while refused_lines < 5:
            ana.say("PRIVMSG #a :" + f"{len(stored)} ".ljust(400, "x"), "PING next")
            for m in ana.until("PONG"):
                if m.command == "PRIVMSG":
                    stored.append(m.params[-1])
                refused_lines += m.command == "FAIL" and m.params[1] == "NOT_STORED"
            # Two journals and two files of SQLite may grow so far.
            assert len(stored) < 4 * (size + 8192) / 400
        bo = hub.person("bo", "#a", caps=CAPS)  # presence goes on
        bo.say("NICK bob", "PART #a", "JOIN #a", "PING here")
        assert [m.command for m in bo.until("PONG") if not m.command.isdigit()] == [
            *("NICK", "PART", "JOIN", "PONG")
        ]
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))
        ana.say("PRIVMSG #a :room again", "PING next")
        assert [m.command for m in ana.until("PONG")][-2:] == ["PRIVMSG", "PONG"]
        assert ana.history("#a") == bo.history("#a") == [*stored, "room again"]
        hub.process.kill()
        ana.close()
        bo.close()
    with HubProcess(*arguments) as hub, hub.person("cy", "#a", caps=CAPS) as cy:
        assert cy.history("#a") == [*stored, "room again"]
        assert hub.end() == (0, "")


# Whoever comes in


def test_a_slow_reader_is_dropped_and_the_others_go_on(tmp_path: Path) -> None:
    text = "memory = true\n[limits]\nflood = false\noutbox = 200000\n"
    with HubProcess("--config", config(tmp_path, text)) as hub:
        slow = socket.socket()
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        slow.connect(("127.0.0.1", hub.port))
        slow.sendall(b"NICK slow\r\nUSER s 0 * :S\r\nJOIN #a\r\n")
        ana, bo = hub.person("ana", "#a"), hub.person("bo", "#a")
        ana.until("JOIN")
        heard = 0
        quits: list[Message] = []
        while not quits:
            ana.say(*["PRIVMSG #a :" + "x" * 400] * 100)
            bo.say("PING said")
            ana.say("PING said", "PRIVMSG bo :said")
            ana.until("PONG")
            lines = bo.until("PRIVMSG")
            while lines[-1].params[0] != "bo":
                lines += bo.until("PRIVMSG")
            heard += sum(m.params[0] == "#a" for m in lines)
            quits = [m for m in lines if m.command == "QUIT"]
            assert heard < 200_000
        assert heard % 100 == 0
        assert quits[0].source == "slow!~s@localhost"
        assert "Too slow" in quits[0].params[0]
        ana.say("NAMES #a")
        assert {nick.strip("@") for nick in ana.until("353")[-1].params[-1].split()} == {
            "ana",
            "bo",
        }
        for client in (ana, bo):
            client.close()
        slow.close()
        assert hub.end() == (0, "")


def client_hello() -> bytes:
    """Return what a TLS client sends first."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    with contextlib.suppress(ssl.SSLWantReadError):
        ssl.create_default_context().wrap_bio(
            incoming, outgoing, server_hostname="localhost"
        ).do_handshake()
    return outgoing.read()


def junk() -> dict[str, bytes]:
    luck = random.Random(7)
    return {
        "8 KiB without a line end": b"x" * 8192,
        "8 KiB lines": (b"x" * 8192 + b"\n") * 5,
        "1 MiB without a line end": b"y" * (1 << 20),
        "binary": luck.randbytes(100_000),
        "a TLS ClientHello": client_hello(),
        "HTTP": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "tags without end": b"@" + b"a=b;" * 5000 + b"\r\n",
        "only line ends": b"\r\n\n\r" * 10_000,
        "only NUL": b"\0" * 10_000,
        "many spaces": b" " * 500 + b"\r\n" + b": \r\n@ \r\n:\r\n@\r\n",
    }


def test_junk_is_survived_without_a_word(hub: HubProcess) -> None:
    ana = hub.person("ana", "#a")
    for name, data in junk().items():
        with hub.connect() as stranger:
            stranger.say("NICK eve", "USER e 0 * :E")
            with contextlib.suppress(ConnectionError):
                stranger.socket.sendall(data + b"\r\n")
                stranger.socket.shutdown(socket.SHUT_WR)
            stranger.socket.close()
        with hub.connect() as stranger:
            stranger.socket.sendall(data)
        ana.say(f"PING :{name}")
        assert ana.until("PONG")[-1].params[-1] == name
    ana.close()


def test_connections_that_come_and_go_leave_nothing_behind(hub: HubProcess) -> None:
    def descriptors() -> int:
        return len(list(Path(f"/proc/{hub.process.pid}/fd").iterdir()))

    ana = hub.person("ana", "#a")
    before = descriptors()
    for number in range(50):
        client = hub.connect()
        if number % 3:
            client.say(f"NICK n{number}", "USER a 0 * :A", "JOIN #a")
        if number % 2:
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        client.close()
    ana.say("WHO *", "PING end")
    while descriptors() > before:
        ana.say("PING again")
        ana.until("PONG")
    ana.close()


# What listens


@pytest.mark.skipif(not shutil.which("ss"), reason="needs Debian's iproute2")
def test_many_may_wait_to_be_accepted() -> None:
    with HubProcess("--memory", "--listen", "tcp://127.0.0.1:0") as hub:
        table = subprocess.run(["ss", "-ltnH"], capture_output=True, text=True, check=True).stdout
        (backlog,) = [row.split()[2] for row in table.splitlines() if f":{hub.port} " in row]
        assert int(backlog) == 1024
