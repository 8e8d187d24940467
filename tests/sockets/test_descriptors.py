"""Descriptors: what sockets tell, giving them away, passing them on, waiting for several."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
import uvloop

import razem
from razem import aio
from razem.sockets.passing import check_passing
from razem.testing import memory_pair
from razem.testing.aio import memory_datagrams as async_memory_datagrams
from razem.testing.aio import memory_pair as async_memory_pair

from .pairs import async_tls_pair, tcp4_pair, tls_pair, unix_pair

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

both_loops = pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has it")


def test_what_a_socket_is() -> None:
    left, right = tcp4_pair()
    with left, right:
        assert (left.family, left.type) == (socket.AF_INET, socket.SOCK_STREAM)
        assert left.protocol in {0, socket.IPPROTO_TCP}
        assert left.connected
        assert left.blocking
        assert left.descriptors == [left.fileno()]
    with razem.listen("tcp://localhost:0") as listener:
        assert not listener.connected
        assert not listener.poll().receive
        with razem.connect(listener.local):
            assert razem.wait([listener], 10) == [listener]
            listener.accept().close()
    with razem.bind("udp://127.0.0.1:0") as end:
        assert (end.type, end.connected, end.blocking) == (socket.SOCK_DGRAM, False, False)
        assert end.fileno() == end.descriptors[0]
    assert end.fileno() == -1
    with pytest.raises(razem.ClosedError):
        _ = end.family
    left, right = memory_pair()
    with left, right, pytest.raises(razem.UnavailableError):
        left.poll()


def test_available_counts_what_was_read_ahead_too() -> None:
    left, right = tcp4_pair()
    with left, right:
        assert right.available == 0
        assert not right.poll().receive
        assert right.poll().send
        left.send(b"one\ntwo")
        assert razem.wait([right], 10) == [right]
        assert right.receive_until(b"\n") == b"one\n"
        assert right.available == 3
        assert right.poll().receive
        assert razem.wait([right], 0) == [right]
    with razem.bind("udp://127.0.0.1:0") as end:
        end.send(b"12345", to=end.local)
        assert razem.wait([end], 10) == [end]
        assert end.available == 5
    left, right = tls_pair()
    with left, right:
        assert right.available == 0


@both_loops
def test_facts_in_asyncio(run: Callable[..., None]) -> None:
    async def main() -> None:
        left, right = await aio.pair()
        async with left, right:
            assert (left.family, left.blocking, left.connected) == (socket.AF_UNIX, False, True)
            await right.send(b"12345")
            assert await left.receive_exactly(2) == b"12"
            assert left.available == 3
            assert left.poll().receive
            left.options.receive_buffer = 20_000
            if sys.platform == "linux":
                assert left.peer_credentials.process == os.getpid()
        with pytest.raises(razem.ClosedError):
            _ = left.available

    run(main())


@linux_only
def test_peer_credentials() -> None:
    left, right = unix_pair()
    with left, right:
        assert right.peer_credentials == (os.getpid(), os.getuid(), os.getgid())
    with (
        razem.bind("udp://127.0.0.1:0") as end,
        pytest.raises(razem.UnavailableError, match="only connected UNIX sockets"),
    ):
        _ = end.peer_credentials


def test_detach() -> None:
    left, right = tcp4_pair()
    with right:
        right.send(b"for the new owner")
        number = left.detach()
        assert left.closed
        with socket.socket(fileno=number) as sock:
            assert sock.recv(100) == b"for the new owner"
            sock.sendall(b"still there")
            assert right.receive_exactly(11, timeout=10) == b"still there"
    with pytest.raises(razem.ClosedError):
        left.detach()


def test_detach_loses_nothing() -> None:
    left, right = tcp4_pair()
    with left, right:
        right.send(b"line\nrest")
        left.receive_until(b"\n")
        with pytest.raises(razem.LocalProtocolError, match="bytes would be lost"):
            left.detach()
        assert left.receive() == b"rest"
        with pytest.raises(razem.TimedOutError):
            left.send(bytes(1 << 26), timeout=0.05)
        with pytest.raises(razem.LocalProtocolError):
            left.detach()
    left, right = tls_pair()
    with left, right, pytest.raises(razem.UnavailableError, match="TLS"):
        left.detach()


def test_detach_keeps_the_socket_file(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    number = razem.bind(f"unix+dgram://{path}").detach()
    assert path.exists()
    with razem.bind(f"fd:{number}") as end, razem.connect_datagrams(f"unix+dgram://{path}") as one:
        one.send(b"hello")
        assert end.receive(timeout=10)[0] == b"hello"


def test_detach_a_listener(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    listener = razem.listen(f"unix://{path}")
    number = listener.detach()
    assert listener.closed
    assert path.exists()
    with (
        razem.listen(f"fd:{number}") as heir,
        razem.connect(f"unix://{path}") as client,
        heir.accept(timeout=10) as server,
    ):
        client.send(b"hello")
        assert server.receive() == b"hello"
    with pytest.raises(razem.ClosedError):
        listener.detach()


@both_loops
def test_detach_a_listener_in_asyncio(run: Callable[..., None]) -> None:
    async def main() -> None:
        listener = await aio.listen("tcp://127.0.0.1:0")
        waiting = asyncio.create_task(listener.accept())
        await asyncio.sleep(0)
        number = await listener.detach()
        with pytest.raises(razem.ClosedError):
            await waiting
        async with (
            await aio.listen(f"fd:{number}") as heir,
            await aio.connect(listener.local) as client,
            await heir.accept(timeout=10) as server,
        ):
            await client.send(b"hello")
            assert await server.receive() == b"hello"

    run(main())


def test_two_sockets_have_no_one_number() -> None:
    with razem.bind("udp://localhost:0") as end:
        if len(end.descriptors) < 2:
            pytest.skip("this machine has one version of IP")
        with pytest.raises(razem.UnavailableError, match="version of IP"):
            end.fileno()
        with pytest.raises(razem.UnavailableError, match="version of IP"):
            end.detach()


@both_loops
def test_detach_in_asyncio(run: Callable[..., None]) -> None:
    async def main() -> None:
        left, right = await aio.pair()
        number = await left.detach()
        async with await aio.connect(f"fd:{number}") as again, right:
            await again.send(b"still there")
            assert await right.receive_exactly(11, timeout=10) == b"still there"

    run(main())


def test_pairs() -> None:
    one, two = razem.pair()
    with one, two:
        one.send(b"x")
        assert two.receive() == b"x"
    for datagrams in (razem.pair("unix+dgram"), razem.pair("unix+seqpacket")):
        left, right = datagrams
        with left, right:
            left.send(b"one")
            left.send(b"two")
            assert [right.receive() for _ in range(2)] == [(b"one", None), (b"two", None)]
            assert left.connected
    wrong: Any = "tcp"
    with pytest.raises(razem.AddressError):
        razem.pair(wrong)


def send_and_receive(left: Any, right: Any) -> None:
    reading, writing = os.pipe()
    razem.send_descriptors(left, [reading], b"take this")
    os.close(reading)
    data, [number] = razem.receive_descriptors(right, timeout=10)
    assert data == b"take this"
    os.write(writing, b"through a passed pipe")
    os.close(writing)
    with razem.connect(f"fd:{number}") as stream:
        assert b"".join(stream) == b"through a passed pipe"


@pytest.mark.parametrize("kind", ["unix", "unix+dgram", "unix+seqpacket"])
def test_passing_descriptors(kind: Any) -> None:
    left, right = razem.pair(kind)
    with left, right:
        send_and_receive(left, right)
        left.send(b"plain")
        assert razem.receive_descriptors(right, timeout=10) == (b"plain", [])
        with pytest.raises(razem.TimedOutError):
            razem.receive_descriptors(right, timeout=0.01)


@both_loops
@pytest.mark.parametrize("kind", ["unix+dgram", "unix+seqpacket"])
def test_passing_in_asyncio(kind: Any, run: Callable[..., None]) -> None:
    async def main() -> None:
        left, right = cast("tuple[aio.Datagrams, aio.Datagrams]", await aio.pair(kind))
        async with left, right:
            receiving = asyncio.create_task(aio.receive_descriptors(right))
            await asyncio.sleep(0)
            with Path(os.devnull).open("rb") as file:
                await aio.send_descriptors(left, [file])
            data, [number] = await receiving
            assert data == b"\0"
            os.close(number)
            with pytest.raises(razem.TimedOutError):
                await aio.receive_descriptors(right, timeout=0.01)
        stream: Any
        stream, other = await aio.pair()
        async with stream, other:
            with pytest.raises(razem.UnavailableError, match="in asyncio"):
                await aio.receive_descriptors(stream)

    run(main())


def test_what_goes_wrong_in_passing() -> None:
    left, right = razem.pair()
    with left, right:
        with pytest.raises(razem.LocalProtocolError, match="at least one byte"):
            razem.send_descriptors(left, [0], b"")
        with pytest.raises(razem.LocalProtocolError, match="too many"):
            razem.send_descriptors(left, [0] * 254)
        before = len(list(Path("/dev/fd").iterdir()))
        razem.send_descriptors(left, [left, right, left])
        with pytest.raises(razem.TruncatedError, match="more descriptors"):
            razem.receive_descriptors(right, 10, 1)
        assert len(list(Path("/dev/fd").iterdir())) == before
        with pytest.raises(razem.BrokenError, match="Bad file descriptor"):
            razem.send_descriptors(left, [1_000_000])
        left.send(b"line\nrest")
        right.receive_until(b"\n")
        assert razem.receive_descriptors(right) == (b"rest", [])
        left.close()
        assert razem.receive_descriptors(right) == (b"", [])
    one, other = razem.pair("unix+seqpacket")
    with one, other:
        one.close()
        with pytest.raises(razem.TruncatedError, match="has ended"):
            razem.receive_descriptors(other)
    tcp_left, tcp_right = tcp4_pair()
    with tcp_left, tcp_right, pytest.raises(razem.UnavailableError, match="AF_INET"):
        check_passing(tcp_left, [], b"x")


def test_closing_wakes_who_waits_for_descriptors() -> None:
    left, right = razem.pair()
    with left:
        errors: list[razem.Error] = []

        def receive() -> None:
            try:
                razem.receive_descriptors(right)
            except razem.ClosedError as error:
                errors.append(error)

        thread = threading.Thread(target=receive)
        thread.start()
        right.close()
        thread.join()
        assert len(errors) == 1


def test_waiting_for_several() -> None:
    left, right = razem.pair()
    with (
        left,
        right,
        razem.bind("udp://localhost:0") as end,
        razem.listen("tcp://localhost:0") as listener,
    ):
        several: list[Any] = [right, end, listener]
        assert razem.wait(several, 0.01) == []
        left.send(b"x")
        assert razem.wait(several) == [right]
        with razem.connect(listener.local):
            assert razem.wait([listener]) == [listener]
        end.send(b"y", to=end.local)
        assert end in razem.wait([end], 10)
        right.receive()
        left.close()
        assert right in razem.wait(several, 10)  # its end
    with pytest.raises(razem.ClosedError):
        razem.wait([right, end])


def fill(stream: razem.Stream) -> None:
    """Send until there is no room."""
    with suppress(razem.TimedOutError):
        while True:
            stream.send(bytes(1 << 16), timeout=0)


@pytest.mark.parametrize("make", [razem.pair, tcp4_pair, tls_pair])
def test_waiting_for_room(make: Callable[[], tuple[razem.Stream, razem.Stream]]) -> None:
    left, right = make()
    with left, right, razem.bind("udp://127.0.0.1:0") as end:
        assert razem.wait([], 10, sending=[left, end]) == [left, end]
        assert razem.wait([left], 10, sending=[left]) == [left]
        fill(left)
        assert razem.wait([], 0.01, sending=[left]) == []
        assert razem.wait([left], 0.01) == []
        reading = threading.Thread(target=lambda: [None for _ in right])
        reading.start()
        assert razem.wait([left], sending=[left]) == [left]
        left.send(b"")
        left.close()
        reading.join()
    with pytest.raises(razem.ClosedError):
        razem.wait([], sending=[left])


def test_closing_one_wakes_who_waits_for_it() -> None:
    left, right = razem.pair()
    with left:
        errors: list[razem.Error] = []

        def wait() -> None:
            try:
                razem.wait([right])
            except razem.ClosedError as error:
                errors.append(error)

        thread = threading.Thread(target=wait)
        thread.start()
        right.close()
        thread.join()
        assert len(errors) == 1


@both_loops
def test_waiting_in_asyncio(run: Callable[..., None], tmp_path: Path) -> None:
    async def main() -> None:
        left, right = await aio.pair()
        end = await aio.bind("udp://127.0.0.1:0")
        listener = await aio.listen(f"unix://{tmp_path}/socket")
        several: list[Any] = [right, end, listener]
        async with left, right, end, listener:
            assert await aio.wait([], 1) == []
            assert await aio.wait(several, 0.01) == []
            await left.send(b"x")
            assert await aio.wait(several) == [right]
            assert await right.receive() == b"x"
            assert end.local
            await end.send(b"y", to=end.local)
            assert await aio.wait(several) == [end]
            assert (await end.receive())[0] == b"y"
            async with await aio.connect(listener.local):
                assert await aio.wait(several) == [listener]
                await (await listener.accept()).close()
            await left.close()
            assert await aio.wait(several) == [right]
            waiting = asyncio.create_task(aio.wait(several[1:]))
            await asyncio.sleep(0)
            await end.close()
            with pytest.raises(razem.ClosedError):
                await waiting

    run(main())


async def drain(stream: aio.Stream) -> None:
    """Receive to the end."""
    async for _ in stream:
        pass


@both_loops
@pytest.mark.parametrize("make", [aio.pair, async_tls_pair, async_memory_pair])
def test_waiting_for_room_in_asyncio(
    make: Callable[[], Awaitable[tuple[aio.Stream, aio.Stream]]], run: Callable[..., None]
) -> None:
    async def main() -> None:
        left, right = await make()
        async with left, right, await aio.bind("udp://127.0.0.1:0") as end:
            senders: list[Any] = [left, end]
            hello = asyncio.create_task(left.send(b"hello"))  # of TLS, so that both ends agree
            assert await right.receive() == b"hello"
            await hello
            assert set(await aio.wait([], 10, sending=senders)) <= set(senders)
            assert await aio.wait([left], sending=[left]) == [left]
            while await aio.wait([], 0.1, sending=[left]) == [left]:  # the peer reads ahead
                with suppress(razem.TimedOutError):
                    await left.send(bytes(1 << 16), timeout=0)
            assert await aio.wait([left], 0.01) == []
            reading = asyncio.create_task(drain(right))
            assert await aio.wait([left], sending=[left]) == [left]
            await left.send(b"")
            await left.close()
            await reading
            with pytest.raises(razem.ClosedError):
                await aio.wait([], sending=[left])

    run(main())


@both_loops
def test_waiting_for_datagrams_in_memory(run: Callable[..., None]) -> None:
    async def main() -> None:
        left, right = await async_memory_datagrams(capacity=1)
        async with left, right:
            assert await aio.wait([right], 0.01, sending=[left]) == [left]
            await left.send(b"one")
            assert await aio.wait([right], 0.01, sending=[left]) == [right]
            waiting = asyncio.create_task(left.sendable())
            assert (await right.receive())[0] == b"one"
            await waiting

    run(main())
