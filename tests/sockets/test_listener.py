"""Listeners: accepting, serving many, and stopping, with both drivers."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import socket
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
import uvloop

import razem
from razem import aio
from razem.sockets import failures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from razem.sockets.aio.stream import Stream as AsyncStream
    from razem.sockets.stream import Stream

both_loops = pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])


def upper(stream: Stream) -> None:
    for piece in stream:
        stream.send(piece.upper())


async def async_upper(stream: AsyncStream) -> None:
    async for piece in stream:
        await stream.send(piece.upper())


def ask(address: razem.Address, question: bytes) -> bytes:
    with razem.connect(address, timeout=20) as stream:
        stream.send(question)
        stream.close_sending()
        return b"".join(stream)


@pytest.fixture
def served() -> Iterator[Callable[..., razem.Listener]]:
    """Start listeners that serve in a thread, and stop them."""
    started: list[tuple[razem.Listener, threading.Thread]] = []

    def start(handler: Callable[[Stream], object], **options: float) -> razem.Listener:
        listener = razem.listen("tcp://localhost:0")
        thread = threading.Thread(target=listener.serve, args=(handler,), kwargs=options)
        thread.start()
        started.append((listener, thread))
        return listener

    yield start
    for listener, thread in started:
        listener.close()
        thread.join(20)
        assert not thread.is_alive()


def test_iteration_ends_when_closed() -> None:
    with razem.listen("tcp://localhost:0") as listener:
        clients = [razem.connect(listener.local) for _ in range(3)]
        for number, stream in enumerate(listener, 1):
            stream.close()
            if number == 3:
                listener.close()
        with pytest.raises(razem.ClosedError, match="is closed"):
            listener.accept()
        assert listener.closed
    for client in clients:
        client.close()


def test_accept_times_out() -> None:
    with razem.listen("tcp://localhost:0") as listener:
        with pytest.raises(razem.TimedOutError, match="nobody connected"):
            listener.accept(timeout=0.01)
        razem.connect(listener.local).close()
        listener.accept(timeout=20).close()


def test_closing_wakes_accept_in_another_thread() -> None:
    listener = razem.listen("tcp://localhost:0")
    seen: list[Stream] = []
    threads = [threading.Thread(target=lambda: seen.extend(listener)) for _ in range(3)]
    for thread in threads:
        thread.start()
    listener.close()
    listener.close()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()
    assert seen == []


def test_serves_many_at_once(served: Callable[..., razem.Listener]) -> None:
    listener = served(upper)
    streams = [razem.connect(listener.local) for _ in range(20)]
    for number, stream in enumerate(streams):
        stream.send(b"hello %d\n" % number)
    for number, stream in reversed(list(enumerate(streams))):
        assert stream.receive_until() == b"HELLO %d\n" % number
        stream.close()


def test_the_limit_lets_others_wait(served: Callable[..., razem.Listener]) -> None:
    listener = served(upper, limit=1)
    with razem.connect(listener.local) as first:
        first.send(b"a")
        assert first.receive() == b"A"
        with razem.connect(listener.local) as second:
            second.send(b"b")
            with pytest.raises(razem.TimedOutError):
                second.receive(timeout=0.05)
            first.close()
            assert second.receive(timeout=20) == b"B"


def test_a_handler_that_fails_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    def handler(stream: Stream) -> None:
        if stream.receive_exactly(1) == b"!":
            raise ValueError("a mistake")
        stream.send(b"fine")

    listener = razem.listen("tcp://localhost:0")
    thread = threading.Thread(target=listener.serve, args=(handler,))
    thread.start()
    with caplog.at_level(logging.INFO, "razem"):
        assert ask(listener.local, b"!") == b""
        assert ask(listener.local, b"") == b""
        assert ask(listener.local, b".") == b"fine"
        listener.close()
        thread.join(20)
    assert {(record.levelname, bool(record.exc_info)) for record in caplog.records} == {
        ("ERROR", True),  # a mistake of the program, with its traceback
        ("INFO", False),  # a client that went away, without
    }


def test_stopping_closes_what_is_left(served: Callable[..., razem.Listener]) -> None:
    ended = threading.Event()

    def handler(stream: Stream) -> None:
        try:
            upper(stream)
        finally:
            ended.set()

    listener = served(handler)
    with razem.connect(listener.local) as stream:
        stream.send(b"x")
        assert stream.receive() == b"X"
        listener.close()
        assert ended.wait(20)
        assert stream.receive(timeout=20) == b""


def test_grace_lets_handlers_finish(served: Callable[..., razem.Listener]) -> None:
    listener = served(upper, grace=20.0)
    with razem.connect(listener.local) as stream:
        stream.send(b"x")
        assert stream.receive() == b"X"
        listener.close()
        stream.send(b"y")
        assert stream.receive(timeout=20) == b"Y"


def test_names_of_both_ends() -> None:
    with razem.listen("tcp://127.0.0.1:0") as listener:
        with razem.connect(listener.local) as client, listener.accept() as server:
            assert client.remote == server.local == listener.local
            assert client.local == server.remote
            assert client.fileno() != server.fileno()
            assert "tcp://127.0.0.1:" in repr(client)
        assert client.fileno() == -1
        assert repr(client).startswith("<closed")
    abstract = f"unix:@razem-names-{os.getpid()}"
    with (
        razem.listen(abstract) as listener,
        razem.connect(abstract) as client,
        listener.accept() as server,
    ):
        assert (client.local, str(client.remote)) == (None, abstract)
        assert (str(server.local), server.remote) == (abstract, None)


def test_out_of_descriptors(monkeypatch: pytest.MonkeyPatch) -> None:
    with razem.listen("tcp://localhost:0") as listener:
        razem.connect(listener.local).close()

        def nothing_left(_: socket.socket) -> None:
            raise failures.os_error(errno.EMFILE)

        with monkeypatch.context() as patch:
            patch.setattr(socket.socket, "accept", nothing_left)
            with pytest.raises(razem.ExhaustedError, match="too many open files"):
                listener.accept()

            async def main() -> None:
                async with (
                    await aio.listen("tcp://localhost:0") as other,
                    await aio.connect(other.local),
                ):
                    await other.accept()

            with pytest.raises(razem.ExhaustedError, match="too many open files"):
                asyncio.run(main())
        listener.accept().close()


# -- asyncio -------------------------------------------------------------------------------------


@both_loops
def test_async_iteration_ends_when_closed(run: Callable[..., None]) -> None:
    async def main() -> None:
        async with await aio.listen("tcp://localhost:0") as listener:
            clients = [await aio.connect(listener.local) for _ in range(3)]
            number = 0
            async for stream in listener:
                await stream.close()
                number += 1
                if number == 3:
                    await listener.close()
            with pytest.raises(razem.ClosedError):
                await listener.accept()
            for client in clients:
                await client.close()

    run(main())


@both_loops
def test_async_accept_times_out_and_can_be_cancelled(run: Callable[..., None]) -> None:
    async def main() -> None:
        async with await aio.listen("tcp://localhost:0") as listener:
            with pytest.raises(razem.TimedOutError):
                await listener.accept(timeout=0.01)
            waiting = [asyncio.create_task(listener.accept()) for _ in range(3)]
            await asyncio.sleep(0)
            waiting[0].cancel()
            await asyncio.wait(waiting[:1])
            clients = [await aio.connect(listener.local) for _ in range(2)]
            for task in waiting[1:]:
                await (await task).close()
            for client in clients:
                await client.close()
            last = asyncio.create_task(listener.accept())
            await asyncio.sleep(0)
            await listener.close()
            with pytest.raises(razem.ClosedError):
                await last

    run(main())


@both_loops
def test_async_serve(run: Callable[..., None], caplog: pytest.LogCaptureFixture) -> None:
    async def handler(stream: AsyncStream) -> None:
        if (first := await stream.receive()) == b"!":
            raise ValueError("a mistake")
        await stream.send(first.upper())
        await async_upper(stream)

    async def main() -> None:
        listener = await aio.listen("tcp://localhost:0")
        serving = asyncio.create_task(listener.serve(handler, limit=10))
        answers = await asyncio.gather(
            *(asyncio.to_thread(ask, listener.local, b"hello") for _ in range(20))
        )
        assert answers == [b"HELLO"] * 20
        assert await asyncio.to_thread(ask, listener.local, b"!") == b""
        async with await aio.connect(listener.local) as idle:
            await idle.send(b"x")
            assert await idle.receive() == b"X"
            await listener.close()
            await asyncio.wait_for(serving, 20)
            assert await idle.receive() == b""

    run(main())
    assert [record.levelname for record in caplog.records] == ["ERROR"]


@both_loops
def test_async_serve_grace_and_cancel(run: Callable[..., None]) -> None:
    async def main() -> None:
        listener = await aio.listen("tcp://localhost:0")
        serving = asyncio.create_task(listener.serve(async_upper, grace=20))
        async with await aio.connect(listener.local) as stream:
            await stream.send(b"x")
            assert await stream.receive() == b"X"
            await listener.close()
            await stream.send(b"y")
            assert await stream.receive() == b"Y"
        await asyncio.wait_for(serving, 20)

        listener = await aio.listen("tcp://localhost:0")
        serving = asyncio.create_task(listener.serve(async_upper))
        async with await aio.connect(listener.local) as stream:
            await stream.send(b"x")
            assert await stream.receive() == b"X"
            serving.cancel()
            await asyncio.wait([serving])
            assert serving.cancelled()
            assert await stream.receive() == b""
        assert listener.closed

    run(main())


@both_loops
def test_a_peer_that_is_not_read_from_is_slowed_down(run: Callable[..., None]) -> None:
    """What is read ahead stays bounded, however much a peer sends."""

    async def main() -> None:
        async with await aio.listen("tcp://localhost:0") as listener:
            client = await aio.connect(listener.local)
            server = await listener.accept()
            piece = bytes(1 << 20)
            sent = 0
            with suppress(razem.TimedOutError):
                for _ in range(64):
                    await client.send(piece, timeout=0.05)
                    sent += len(piece)
            assert sent < 64 << 20
            assert len(server._buffer) < 1 << 20
            received = 0
            closing = asyncio.create_task(client.close_sending())
            async for some in server:
                received += len(some)
            await closing
            assert received == sent + len(piece)
            await client.close()
            await server.close()

    run(main())


@both_loops
def test_reset_is_told_apart_and_stays(run: Callable[..., None]) -> None:
    async def main() -> None:
        async with await aio.listen("tcp://127.0.0.1:0") as listener:
            with socket.socket() as rude:
                assert listener.local.port
                rude.connect(("127.0.0.1", listener.local.port))
                server = await listener.accept()
                linger = b"\1\0\0\0\0\0\0\0"  # on, 0 seconds: close sends a reset (socket(7))
                rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            async with server:
                for _ in range(2):
                    with pytest.raises(razem.ResetError, match="threw the connection away"):
                        await server.receive()
                with pytest.raises(razem.ResetError):
                    await server.send(b"x")

    run(main())


def test_reset_is_told_apart_and_stays_when_blocking() -> None:
    with razem.listen("tcp://127.0.0.1:0") as listener:
        with socket.socket() as rude:
            assert listener.local.port
            rude.connect(("127.0.0.1", listener.local.port))
            server = listener.accept()
            linger = b"\1\0\0\0\0\0\0\0"  # on, 0 seconds: close sends a reset (socket(7))
            rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        with server:
            for _ in range(2):
                with pytest.raises(razem.ResetError, match="threw the connection away") as caught:
                    server.receive()
            assert isinstance(caught.value, ConnectionResetError)
            assert caught.value.errno == errno.ECONNRESET


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_sending_nothing_does_not_hide_a_reset(run: Callable[..., None]) -> None:
    """The system tells a reset once only: here to a send of no bytes."""

    async def main() -> None:
        async with await aio.listen("tcp://localhost:0") as listener:
            client = await aio.connect(listener.local)
            async with await listener.accept() as server:
                await client.abort()
                for _ in range(3):
                    with suppress(razem.BrokenError):
                        await server.send(b"")
                    with pytest.raises(razem.BrokenError):
                        await server.receive()

    run(main())
