"""`razem connect` as a process: nothing is lost in either direction, and every end is told."""

from __future__ import annotations

import os
import pty
import signal
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

import razem as library
from razem.cli.exits import Exit
from tests.sockets.machine import needs_ipv6

from .command import SECONDS, pipe, razem, running, stop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

IPV6 = pytest.param("tcp://[::1]:0", marks=needs_ipv6)
BIG = bytes(range(256)) * 20_000  # 5 MB: far more than any buffer on the way


@contextmanager
def peer(
    handle: Callable[[library.Stream], object], address: str = "tcp://localhost:0"
) -> Iterator[str]:
    """Serve one client by `handle` in a thread; see that it ended well."""
    failures: list[BaseException] = []
    with library.listen(address) as listener:

        def serve() -> None:
            try:
                with listener.accept(timeout=SECONDS) as stream:
                    handle(stream)
            except BaseException as error:  # noqa: BLE001
                failures.append(error)

        thread = threading.Thread(target=serve)
        thread.start()
        yield str(listener.local)
        thread.join(SECONDS)
        assert not thread.is_alive()
        assert failures == []


def everything(stream: library.Stream) -> bytes:
    return b"".join(stream)


def test_both_directions_at_once_without_end_to_the_size() -> None:
    heard: list[bytes] = []

    def handle(stream: library.Stream) -> None:
        sender = threading.Thread(target=stream.send, args=(BIG,))
        sender.start()
        heard.append(everything(stream))
        sender.join()

    with peer(handle) as address:
        done = razem("connect", address, input=BIG)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == BIG
    assert heard == [BIG]


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:0", IPV6, "unix:@%d"])
def test_a_late_reply_is_not_lost(address: str) -> None:
    """It comes a second after the end of the input."""

    def handle(stream: library.Stream) -> None:
        heard = everything(stream)
        threading.Event().wait(1.0)
        stream.send(heard.upper())

    with peer(handle, address.replace("%d", f"razem-late-{os.getpid()}")) as where:
        done = razem("connect", where, input=b"hello")
    assert (done.returncode, done.stdout) == (0, b"HELLO")


def test_input_goes_on_after_the_peers_end() -> None:
    heard: list[bytes] = []

    def handle(stream: library.Stream) -> None:
        stream.send(b"go on")
        stream.close_sending()
        heard.append(everything(stream))

    with peer(handle) as address, running("connect", address) as process:
        assert pipe(process.stdout).read(5) == b"go on"
        out, complaints = process.communicate(b"still here", timeout=SECONDS)
        assert (process.returncode, out, complaints) == (0, b"", b"")
    assert heard == [b"still here"]


def test_files_and_nothing_as_input(tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(BIG)
    with (
        peer(lambda stream: stream.send(everything(stream)[::-1])) as address,
        (tmp_path / "in").open("rb") as source,
        (tmp_path / "out").open("wb") as sink,
    ):
        done = razem("connect", address, stdin=source, stdout=sink)
    assert done.returncode == 0
    assert (tmp_path / "out").read_bytes() == BIG[::-1]
    with peer(lambda stream: stream.send(everything(stream) + b"!")) as address:
        done = razem("connect", address)
    assert (done.returncode, done.stdout) == (0, b"!")


def test_closed_input_and_output() -> None:
    with peer(lambda stream: stream.send(everything(stream) + b"!")) as address:
        done = razem("connect", address, preexec_fn=lambda: os.closerange(0, 2))
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_reader_that_goes_away() -> None:
    reader, writer = os.pipe()

    def handle(stream: library.Stream) -> None:
        try:
            while True:
                stream.send(BIG)
        except library.BrokenError:
            return

    with peer(handle) as address, running("connect", address, stdout=writer) as process:
        os.close(writer)
        os.read(reader, 10)
        os.close(reader)
        _, complaints = process.communicate(timeout=SECONDS)
    assert (process.returncode, complaints) == (Exit.NO_READER, b"")


def test_ctrl_c() -> None:
    def handle(stream: library.Stream) -> None:
        stream.send(b"here")
        everything(stream)

    with peer(handle) as address, running("connect", address) as process:
        assert pipe(process.stdout).read(4) == b"here"
        assert stop(process, signal.SIGINT) == (Exit.INTERRUPTED, b"")


def test_a_terminal_is_left_when_the_peer_ends() -> None:
    def handle(stream: library.Stream) -> None:
        stream.send(stream.receive_until().upper())

    ours, theirs = pty.openpty()
    try:
        with peer(handle) as address, running("connect", address, stdin=theirs) as process:
            os.write(ours, b"typed\n")
            assert pipe(process.stdout).read() == b"TYPED\n"
            assert process.wait(SECONDS) == 0
    finally:
        os.close(ours)
        os.close(theirs)


def reset(stream: library.Stream) -> None:
    stream.receive()
    linger = b"\1\0\0\0\0\0\0\0"  # on, 0 seconds: close sends a reset (socket(7))
    with socket.socket(fileno=os.dup(stream.fileno())) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)


def test_exit_codes() -> None:
    with peer(reset) as address:
        done = razem("connect", address, input=b"x")
    assert done.returncode == Exit.BROKEN
    assert b"threw the connection away" in done.stderr
    assert razem("connect", "unix:@razem-nobody").returncode == Exit.REFUSED
    assert razem("connect", "tcp://nobody.invalid:1").returncode == Exit.NOT_RESOLVED
    assert razem("connect", "razem://localhost").returncode == Exit.USAGE
    with peer(lambda stream: stream.send(b"220 hello\r\n")) as address:
        done = razem("connect", address.replace("tcp", "tls"))
    assert done.returncode == Exit.TLS
    assert b"does not speak TLS there" in done.stderr


def test_connecting_takes_no_longer_than_told() -> None:
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as waiting:
        name = f"razem-full-{os.getpid()}"
        listener.bind(f"\0{name}")
        listener.listen(0)
        waiting.connect(f"\0{name}")
        done = razem("connect", "--timeout", "0.1", f"unix:@{name}")
    assert done.returncode == Exit.TIMED_OUT
    assert b"did not answer in time" in done.stderr
