"""Descriptors that were there before, standard input and output, and programs."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, cast

import pytest
import uvloop

import razem
from razem import Address, aio
from razem.sockets.inherited import activated
from razem.sockets.program import ProgramStream

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from razem.sockets.aio.program import ProgramStream as AsyncProgramStream

both_loops = pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])


def give(sock: socket.socket) -> str:
    """The address of a socket's descriptor, which is somebody else's from now on."""
    return f"fd:{sock.detach()}"


def test_a_connection_is_taken_over() -> None:
    left, right = socket.socketpair()
    with razem.connect(give(left)) as stream, right:
        stream.send(b"hello")
        assert right.recv(10) == b"hello"
        right.close()
        assert stream.receive() == b""


def test_a_listener_is_taken_over() -> None:
    sock = socket.create_server(("127.0.0.1", 0))
    port = sock.getsockname()[1]
    with razem.listen(give(sock)) as listener:
        assert listener.local == Address(f"tcp://127.0.0.1:{port}")
        with razem.connect(listener.local) as client, listener.accept(timeout=10) as server:
            client.send(b"x")
            assert server.receive() == b"x"


def test_a_socket_that_is_only_bound_is_listened_on(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    for kind in (socket.SOCK_STREAM, socket.SOCK_SEQPACKET):
        sock = socket.socket(socket.AF_UNIX, kind)
        sock.bind(str(path))
        with (
            razem.listen(give(sock)) as listener,
            razem.connect(listener.local) as client,
            listener.accept(timeout=10) as server,
        ):
            client.send(b"x")
            assert b"x" in server.receive()
        assert path.exists()  # whoever made it removes it
        path.unlink()


def test_datagrams_are_taken_over() -> None:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    with razem.bind(give(sock)) as server:
        assert server.local
        with razem.connect_datagrams(server.local) as client:
            client.send(b"x")
            assert server.receive(timeout=10) == (b"x", client.local)
    left, right = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with razem.connect_datagrams(give(left)) as end, right:
        right.send(b"y")
        assert end.receive(timeout=10)[0] == b"y"


@both_loops
def test_taking_over_in_asyncio(run: Callable[..., None], tmp_path: Path) -> None:
    async def main() -> None:
        async with (
            await aio.listen(give(socket.create_server(("127.0.0.1", 0)))) as listener,
            await aio.connect(listener.local) as client,
            await listener.accept(timeout=10) as server,
        ):
            await client.send(b"x")
            assert await server.receive() == b"x"
        left, right = socket.socketpair()
        async with await aio.connect(give(left)) as one, await aio.connect(give(right)) as other:
            await one.send(b"x")
            assert await other.receive() == b"x"
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind(("127.0.0.1", 0))
        async with await aio.bind(give(sock)) as end:
            assert end.local
            await end.send(b"to myself", to=end.local)
            assert await end.receive(timeout=10) == (b"to myself", end.local)
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        sock.bind(str(tmp_path / "socket"))
        async with (
            await aio.listen(give(sock)) as listener,
            await aio.connect_datagrams(listener.local) as messages,
            await listener.accept(timeout=10) as accepted,
        ):
            await messages.send(b"x")
            assert b"x" in await accepted.receive(timeout=10)

    run(main())


@pytest.mark.parametrize("kind", ["pipe", "file"])
def test_what_is_no_socket(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"content" * 1000)
    if kind == "pipe":
        reading, writing = os.pipe()
        with razem.connect(f"fd:{writing}") as stream:
            stream.send(b"through a pipe")
    else:
        reading = os.open(path, os.O_RDWR)
    with razem.connect(f"fd:{reading}") as stream:
        content = b"".join(stream)
        assert content == (b"through a pipe" if kind == "pipe" else b"content" * 1000)
        if kind == "file":
            stream.send(b"!")
    if kind == "file":
        assert path.read_bytes().endswith(b"content!")


def test_a_pipe_waits_and_is_woken() -> None:
    reading, writing = os.pipe()
    with razem.connect(f"fd:{writing}") as sender, razem.connect(f"fd:{reading}") as receiver:
        with pytest.raises(razem.TimedOutError):
            receiver.receive(timeout=0.01)
        with pytest.raises(razem.TimedOutError):
            sender.send(bytes(1 << 20), timeout=0.01)
        errors: list[razem.Error] = []

        def send_on() -> None:
            try:
                sender.send(b"")
            except razem.Error as error:
                errors.append(error)

        thread = threading.Thread(target=send_on)
        thread.start()
        assert receiver.receive_exactly(1 << 19, timeout=20) == bytes(1 << 19)
        sender.close()
        thread.join()
        assert {type(error) for error in errors} <= {razem.ClosedError}


@both_loops
def test_a_pipe_in_asyncio(run: Callable[..., None]) -> None:
    async def main() -> None:
        reading, writing = os.pipe()
        async with (
            await aio.connect(f"fd:{writing}") as sender,
            await aio.connect(f"fd:{reading}") as receiver,
        ):
            waiting = asyncio.create_task(receiver.receive_exactly(2))
            await asyncio.sleep(0)
            await sender.send(b"a")
            waiting.cancel()
            with pytest.raises(razem.TimedOutError):
                await receiver.receive_exactly(2, timeout=0.01)
            with pytest.raises(razem.TimedOutError):
                await sender.send(bytes(1 << 18), timeout=0.01)
            receiving = asyncio.create_task(receiver.receive_exactly(1 + (1 << 18)))
            await sender.send(b"")
            await sender.close_sending()
            assert await receiving == b"a" + bytes(1 << 18)
            assert await receiver.receive() == b""
            with pytest.raises(razem.LocalProtocolError, match="cannot be written"):
                await receiver.send(b"to the wrong end")

    run(main())


def test_wrong_descriptors() -> None:
    reading, writing = os.pipe()
    os.close(writing)
    try:
        with pytest.raises(razem.AddressError, match="is no socket"):
            razem.listen(f"fd:{reading}")
        with pytest.raises(razem.AddressError, match="is no socket"):
            razem.bind(f"fd:{reading}")
    finally:
        os.close(reading)
    with pytest.raises(razem.UnavailableError, match="without that descriptor") as caught:
        razem.connect(f"fd:{reading}")
    assert "systemd socket unit" in caught.value.advice
    left, right = socket.socketpair()
    with left, right, socket.create_server(("127.0.0.1", 0)) as listening:
        with pytest.raises(razem.AddressError, match="It is a connection already"):
            razem.listen(f"fd:{left.fileno()}")
        with pytest.raises(razem.AddressError, match="It listens"):
            razem.connect(f"fd:{listening.fileno()}")


def test_sockets_from_systemd(monkeypatch: pytest.MonkeyPatch) -> None:
    """sd_listen_fds(3): LISTEN_FDS counts from 3, and LISTEN_PID says whom it is for."""
    monkeypatch.setenv("LISTEN_FDS", "2")
    monkeypatch.setenv("LISTEN_PID", str(os.getpid()))
    assert activated() == [Address("fd:3"), Address("fd:4")]
    with pytest.raises(razem.UnavailableError, match="systemd passed fd:3 to fd:4"):
        razem.listen("fd:1000000")
    monkeypatch.setenv("LISTEN_PID", "1")
    assert activated() == []
    with pytest.raises(razem.UnavailableError, match="to process 1, and this is"):
        razem.listen("fd:1000000")
    monkeypatch.setenv("LISTEN_PID", "x")
    monkeypatch.setenv("LISTEN_FDS", "x")
    assert activated() == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has systemd")
def test_activation_in_a_process_of_its_own() -> None:
    program = """
import os, razem
os.environ["LISTEN_PID"] = str(os.getpid())
from razem.sockets.inherited import activated
[address] = activated()
with razem.listen(address) as listener, listener.accept() as stream:
    stream.send(stream.receive().upper())
"""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
        process = subprocess.Popen(
            [sys.executable, "-c", program],
            env={**os.environ, "LISTEN_FDS": "1"},
            preexec_fn=lambda: os.dup2(sock.fileno(), 3),  # noqa: PLW1509  one thread
            close_fds=False,
        )
        with razem.connect(f"tcp://127.0.0.1:{port}") as client:
            client.send(b"hello")
            assert client.receive(timeout=20) == b"HELLO"
        assert process.wait(20) == 0


STDIO = """
import asyncio, razem
from razem import aio

def blocking():
    with razem.connect("stdio:") as stream:
        for line in stream.lines():
            stream.send(line.upper() + b"\\n")
        stream.close_sending()
        wait = razem.connect("tcp://127.0.0.1:%d")
        wait.receive()
        wait.close()

async def main():
    async with await aio.connect("stdio:") as stream:
        async for line in stream.lines():
            await stream.send(line.upper() + b"\\n")
        await stream.close_sending()
        wait = await aio.connect("tcp://127.0.0.1:%d")
        await wait.receive()
        await wait.close()

%s
"""


@pytest.mark.parametrize("run", ["blocking()", "asyncio.run(main())"])
def test_standard_input_and_output(run: str, tmp_path: Path) -> None:
    """The reader of its output sees the end while the process still runs."""
    with razem.listen("tcp://127.0.0.1:0") as listener:
        port = listener.local.port
        program = STDIO % (port, port, run)
        given = tmp_path / "input"
        given.write_bytes(b"one\ntwo")
        with given.open("rb") as file:
            process = subprocess.Popen(
                [sys.executable, "-c", program], stdin=file, stdout=subprocess.PIPE
            )
        assert process.stdout
        assert process.stdout.read() == b"ONE\nTWO\n"
        assert process.poll() is None
        listener.accept(timeout=20).close()
        assert process.wait(20) == 0
        process.stdout.close()


def connect_program(command: str) -> ProgramStream:
    stream = razem.connect(f"exec:{command}")
    assert isinstance(stream, ProgramStream)
    return stream


def test_a_program_is_a_stream() -> None:
    with connect_program("tr a-z A-Z") as stream:
        stream.send(b"hello")
        with pytest.raises(razem.TimedOutError, match="has not ended"):
            stream.wait_exit(timeout=0.01)
        running = stream.exit_status
        stream.close_sending()
        assert b"".join(stream) == b"HELLO"
        assert stream.wait_exit(timeout=20) == 0
        assert (running, stream.exit_status) == (None, 0)
        assert str(stream.remote) == "exec:tr a-z A-Z"


def test_how_a_program_ended() -> None:
    with connect_program("sh -c 'exit 3'") as stream:
        assert stream.receive() == b""
        assert stream.wait_exit(timeout=20) == 3
    with connect_program("sh -c 'kill -9 $$'") as stream:
        assert stream.receive() == b""
        assert stream.wait_exit(timeout=20) == -signal.SIGKILL


def test_closing_ends_the_program() -> None:
    with connect_program("sh -c 'trap \"\" TERM HUP; echo; while :; do sleep 0.1; done'") as stream:
        stream.receive_until(b"\n")
        reaped = stream.wait_exit
    assert reaped(timeout=20) == -signal.SIGKILL


@both_loops
def test_a_program_in_asyncio(run: Callable[..., None]) -> None:
    async def main() -> None:
        async with await aio.connect("exec:tr a-z A-Z") as connected:
            stream = cast("AsyncProgramStream", connected)
            await stream.send(b"hello")
            with pytest.raises(razem.TimedOutError):
                await stream.wait_exit(timeout=0.01)
            await stream.close_sending()
            assert b"".join([piece async for piece in stream]) == b"HELLO"
            assert await stream.wait_exit(timeout=20) == 0
            assert stream.exit_status == 0
        async with await aio.connect("exec:sleep 60") as connected:
            stream = cast("AsyncProgramStream", connected)
        assert await stream.wait_exit(timeout=20) == -signal.SIGTERM

    run(main())


def test_programs_that_cannot_be_started(tmp_path: Path) -> None:
    with pytest.raises(razem.UnavailableError, match="there is no program razem-none"):
        razem.connect("exec:razem-none")
    with pytest.raises(razem.PermissionDeniedError, match="chmod"):
        razem.connect(f"exec:{tmp_path}")
    broken = tmp_path / "broken"
    broken.write_bytes(b"\x7fELF nonsense")
    broken.chmod(0o755)
    with pytest.raises(razem.UnavailableError, match="did not start"):
        razem.connect(f"exec:{broken}")


def test_what_cannot_be_listened_on() -> None:
    for address in ("stdio:", "exec:cat"):
        with pytest.raises(razem.AddressError):
            razem.listen(address)
        with pytest.raises(razem.AddressError):
            razem.bind(address)
