"""`razem relay` as a process, between all kinds of addresses."""

from __future__ import annotations

import doctest
import json
import shutil
import signal
import subprocess
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest

import razem as library
from razem.cli.exits import Exit
from razem.serve import relays

from .command import SECONDS, pipe, razem, running, serving, stop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BIG = bytes(range(256)) * 8000  # 2 MB


@contextmanager
def relaying(*words: str) -> Iterator[tuple[list[str], Any]]:
    """Run `razem relay`; give the addresses that it listens on, and its process."""
    with running("relay", *words) as process:
        addresses = []
        for _ in range(sum(word.startswith("listen:") for word in words)):
            line = pipe(process.stderr).readline().decode()
            while not line.startswith("listening on "):
                assert line.startswith("a certificate"), line + pipe(process.stderr).read().decode()
                addresses.append(line.split()[-1])
                line = pipe(process.stderr).readline().decode()
            addresses.append(line.removeprefix("listening on ").strip())
        yield addresses, process


def ask(address: str, said: bytes, **options: Any) -> bytes:
    """Say something, end, and return everything that comes."""
    done = razem("connect", *options.get("words", ()), address, input=said)
    assert (done.returncode, done.stderr) == (0, b"")
    return bytes(done.stdout)


@pytest.mark.parametrize(
    ("listen", "words"),
    [
        ("tcp://127.0.0.1:0", ()),
        ("unix://{folder}/relay", ()),
        ("tcp://127.0.0.1:0", ("--tee", "{folder}/tee")),
        ("tcp://127.0.0.1:0", ("--rate", "100M")),
    ],
)
def test_streams_both_ways(listen: str, words: tuple[str, ...], tmp_path: Path) -> None:
    words = tuple(word.format(folder=tmp_path) for word in words)
    with serving("upper") as (service, _):
        where = f"listen:{listen.format(folder=tmp_path)}"
        with relaying(where, service, *words) as ([address], process):
            assert ask(address, BIG) == BIG.upper()
            line = pipe(process.stderr).readline().decode()
            assert "2.0 MB forth, 2.0 MB back" in line
            assert ask(address, b"again") == b"AGAIN"
            pipe(process.stderr).readline()
            assert stop(process, signal.SIGTERM) == (0, b"")
    if words[:1] == ("--tee",):
        lines = [json.loads(line) for line in (tmp_path / "tee").read_text().splitlines()]
        said = [(line["from"], line["data"]) for line in lines[1:] if "data" in line]
        assert said[-2:] == [("us", "again"), ("them", "AGAIN")]


def test_a_late_answer_is_carried() -> None:
    with (
        library.listen("tcp://127.0.0.1:0") as service,
        relaying("listen:tcp://127.0.0.1:0", str(service.local)) as ([address], _),
        library.connect(address) as client,
    ):
        client.send(b"question")
        client.close_sending()
        with service.accept(timeout=SECONDS) as server:
            assert b"".join(server) == b"question"
            with pytest.raises(library.TimedOutError):
                client.receive(timeout=0.2)
            server.send(b"answer")
        assert client.receive_exactly(6, timeout=SECONDS) == b"answer"


def test_tls_is_taken_off_and_put_on() -> None:
    with (
        serving("upper") as (service, _),
        relaying("listen:tls://localhost:0", service) as ([fingerprint, secure], _),
    ):
        words = ("--fingerprint", fingerprint)
        assert ask(secure, b"hello", words=words) == b"HELLO"
        with relaying("listen:tcp://127.0.0.1:0", secure, *words) as ([plain], _):
            assert ask(plain, b"hello") == b"HELLO"


def test_pairs() -> None:
    listen = "listen:tcp://127.0.0.1:0"
    with (
        relaying(listen, listen) as ([first, second], _),
        library.connect(first) as ana,
        library.connect(second) as bo,
    ):
        ana.send(b"hello")
        assert bo.receive(timeout=SECONDS) == b"hello"
        bo.send(b"hi")
        assert ana.receive(timeout=SECONDS) == b"hi"


def test_two_that_are_connected_to() -> None:
    with serving("upper") as (service, _):
        done = razem("relay", "stdio:", service, input=b"hello")
        assert (done.returncode, done.stdout) == (0, b"HELLO")
    done = razem("relay", "stdio:", "unix:@razem-nobody", input=b"hello")
    assert done.returncode == Exit.REFUSED
    done = razem("relay", "what", "tcp://localhost:1")
    assert done.returncode == Exit.USAGE
    assert doctest.testmod(relays).failed == 0


def test_a_service_that_is_not_there_is_told_and_the_relay_goes_on() -> None:
    with relaying("listen:tcp://127.0.0.1:0", "unix:@razem-nobody") as ([address], process):
        for _ in range(2):
            with pytest.raises(library.ResetError), library.connect(address) as client:
                client.receive(timeout=SECONDS)
            assert b"nothing listens on unix:@razem-nobody" in pipe(process.stderr).readline()
        assert stop(process, signal.SIGINT)[0] == Exit.INTERRUPTED


def test_a_rate() -> None:
    with (
        serving("discard") as (service, _),
        relaying("--rate", "1M", "listen:tcp://127.0.0.1:0", service) as ([address], _),
    ):
        start = monotonic()
        ask(address, bytes(500_000))
        assert monotonic() - start > 0.3


def test_datagrams() -> None:
    with running("serve", "upper", "udp://127.0.0.1:0") as service:
        target = pipe(service.stdout).readline().decode().split()[-1]
        with relaying("--idle", "0.2", "listen:udp://127.0.0.1:0", target) as ([address], process):
            with (
                library.connect_datagrams(address) as ana,
                library.connect_datagrams(address) as bo,
            ):
                for number in range(3):
                    for client in (ana, bo):
                        client.send(b"hello %d" % number)
                        assert client.receive(timeout=SECONDS)[0] == b"HELLO %d" % number
            for _ in range(2):  # forgotten after a while
                assert b": 21 B forth, 21 B back" in pipe(process.stderr).readline()


def test_datagrams_as_records() -> None:
    with running("serve", "upper", "udp://127.0.0.1:0") as service:
        target = pipe(service.stdout).readline().decode().split()[-1]
        with (
            relaying("--idle", "0.3", "listen:tcp://127.0.0.1:0", target) as ([middle], _),
            relaying("--idle", "0.3", "listen:udp://127.0.0.1:0", middle) as ([address], _),
            library.connect_datagrams(address) as client,
        ):
            for message in (b"one", b"two"):
                client.send(message)
                assert client.receive(timeout=SECONDS)[0] == message.upper()
        with relaying("--idle", "0.3", "listen:tcp://127.0.0.1:0", target) as ([middle], _):
            assert ask(middle, b"one\ntwo\n", words=("--records",)) == b"ONE\nTWO\n"


@pytest.mark.parametrize("name", ["ncat", "nc", "socat"])
def test_other_peoples_clients(name: str) -> None:
    if not shutil.which(name):
        pytest.skip(f"{name} is not installed")
    with (
        serving("upper", "tcp://127.0.0.1:0") as (service, _),
        relaying("listen:tcp://127.0.0.1:0", service) as ([address], _),
    ):
        port = str(library.Address(address).port)
        command = {
            "ncat": ["ncat", "127.0.0.1", port],
            "nc": ["nc", "-N", "127.0.0.1", port],
            "socat": ["socat", "-t5", "-", f"TCP:127.0.0.1:{port}"],
        }[name]
        done = subprocess.run(
            command, input=b"hello\n", capture_output=True, timeout=SECONDS, check=False
        )
    assert done.stdout == b"HELLO\n"
