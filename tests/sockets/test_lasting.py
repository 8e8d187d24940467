"""Lasting streams over transports that are cut, stalled, replaced and restarted."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from hashlib import sha256
from os import urandom
from threading import Thread
from typing import TYPE_CHECKING

import pytest

import razem
from razem import aio
from razem.errors import (
    AddressError,
    BrokenError,
    ClosedError,
    RemoteProtocolError,
    ResetError,
    TimedOutError,
    UnavailableError,
)
from razem.sockets.aio.lasting_listener import LastingListener
from razem.sockets.aio.lasting_stream import LastingStream, Transport, open_lasting, open_on
from razem.sockets.lasting.opening import Opening
from razem.sockets.lasting.settings import Lasting
from razem.testing.aio import BadNetwork, Faults

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from razem.sockets.aio.listener import Listener
    from razem.sockets.aio.stream import Stream

QUICK = Lasting(buffer=20_000, patience=20, heartbeat=0.1, silence=0.4, linger=10)
HASTY = QUICK._replace(patience=0.3, linger=0.3)


class Middle:
    """What stands between two ends: a relay that a test can cut, stall, stop and start again."""

    def __init__(self, target: razem.Address) -> None:
        self._target = target
        self._open = asyncio.Event()
        self._open.set()
        self._listener: Listener | None = None
        self._running: set[asyncio.Task[None]] = set()
        self.address = razem.Address("tcp://127.0.0.1:0")

    async def start(self) -> None:
        self._listener = await aio.listen(self.address, options={"reuse_address": True})
        self.address = self._listener.local
        self._accepting = asyncio.create_task(self._accept(self._listener))

    async def _accept(self, listener: Listener) -> None:
        async for client in listener:
            task = asyncio.create_task(self._join(client))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _join(self, client: Stream) -> None:
        async with client, await aio.connect(self._target) as server:
            ways = [
                asyncio.create_task(self._carry(client, server)),
                asyncio.create_task(self._carry(server, client)),
            ]
            try:
                await asyncio.gather(*ways)
            except (razem.Error, asyncio.CancelledError):
                await client.abort()
                await server.abort()
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)

    async def _carry(self, source: Stream, target: Stream) -> None:
        async for data in source:
            await self._open.wait()
            await target.send(data)
        await target.close_sending()

    async def cut(self) -> None:
        """Throw every connection away."""
        for task in list(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    def stall(self) -> None:
        """Let nothing pass, without a word."""
        self._open.clear()

    def go_on(self) -> None:
        self._open.set()

    async def stop(self) -> None:
        if self._listener is not None:
            await self._listener.close()
            await self._accepting
        await self.cut()


@asynccontextmanager
async def joined(
    settings: Lasting = QUICK, *, ours: Lasting | None = None
) -> AsyncIterator[tuple[LastingStream, Stream, Middle]]:
    async with await aio.listen("tcp://127.0.0.1:0", lasting=settings) as listener:
        middle = Middle(listener.local)
        await middle.start()
        client = await aio.connect(middle.address, lasting=ours or settings)
        assert isinstance(client, LastingStream)
        server = await listener.accept()
        try:
            yield client, server, middle
        finally:
            await client.abort()
            await server.abort()
            await middle.stop()


def numbers(size: int) -> bytes:
    """Bytes of which no two stretches are alike."""
    return b"".join(sha256(place.to_bytes(8, "big")).digest() for place in range(size // 32))


async def talk(stream: Stream, data: bytes) -> bytes:
    """Send all, and receive all."""

    async def send() -> None:
        for start in range(0, len(data), 7000):
            await stream.send(data[start : start + 7000])
        await stream.close_sending()
        await stream.delivered()

    sending = asyncio.create_task(send())
    received = b"".join([piece async for piece in stream])
    await sending
    return received


@pytest.mark.parametrize("seed", range(6))
def test_a_bad_network(seed: int) -> None:
    """Cut, late, swapped and thrown away: nothing is lost, nothing comes twice."""
    faults = Faults(piece=3000, delay=0.002, loss=0.05, resend=0.01, reorder=0.1, reset=0.03)
    asyncio.run(_over_a_bad_network(BadNetwork(seed, faults)))


@pytest.mark.parametrize("seed", range(3))
def test_peers_that_vanish(seed: int) -> None:
    """A connection that stays half-open is given up, and made again."""
    faults = Faults(piece=8000, half_open_after=60_000 + 7000 * seed)
    asyncio.run(_over_a_bad_network(BadNetwork(seed, faults)))


async def _over_a_bad_network(network: BadNetwork) -> None:
    data = numbers(200_000)

    async with await aio.listen("tcp://127.0.0.1:0", lasting=QUICK) as listener:

        async def dial(_deadline: float | None) -> Stream:
            return network.wrap(await aio.connect(listener.local))

        while True:  # a network as bad as this may cut the opening as well
            with suppress(razem.Error):
                client = await open_lasting(dial, QUICK, None, await dial(None))
                break
        server = await listener.accept()
        async with client, server:
            ends = await asyncio.gather(talk(client, data), talk(server, data[::-1]))
            assert ends[1] == data
            assert ends[0] == data[::-1]
            assert client.transports > 1


def test_cut_at_any_moment() -> None:
    async def run() -> None:
        data = numbers(1_500_000)
        async with joined() as (client, server, middle):
            talking = asyncio.gather(talk(client, data), talk(server, data[::-1]))
            cuts = 0
            while not talking.done() and cuts < 8:
                await asyncio.sleep(0.01)
                if client.attached:
                    await middle.cut()
                    cuts += 1
            assert list(await talking) == [data[::-1], data]
            assert cuts >= 3

    asyncio.run(run())


def test_a_stalled_network() -> None:
    async def run() -> None:
        async with joined() as (client, server, middle):
            await client.send(b"one ")
            assert await server.receive_exactly(4) == b"one "
            middle.stall()
            await client.send(b"two ")
            first = client.transports
            with pytest.raises(TimedOutError):
                await server.receive(timeout=1.0)  # over the silence that is allowed
            middle.go_on()
            assert await server.receive_exactly(4) == b"two "
            await client.delivered()
            assert client.transports > first

    asyncio.run(run())


def test_a_transport_that_is_restarted() -> None:
    """While it is gone, what is sent waits; then it goes out."""

    async def run() -> None:
        async with joined() as (client, server, middle):
            await middle.stop()
            await client.send(b"over there")
            await server.send(b"over here")
            with pytest.raises(TimedOutError):
                await client.delivered(timeout=0.2)
            await middle.start()
            assert await server.receive_exactly(10) == b"over there"
            assert await client.receive_exactly(9) == b"over here"
            await client.delivered()

    asyncio.run(run())


def test_a_stream_moves_to_a_better_way_without_a_word() -> None:
    async def run() -> None:
        data = numbers(100_000)
        async with joined() as (client, server, middle):
            talking = asyncio.gather(talk(client, data), talk(server, data))
            direct = middle._target
            client.go_on(await _resume(client, direct))
            assert list(await talking) == [data, data]
            assert client.remote == direct

    asyncio.run(run())


async def _resume(stream: LastingStream, address: razem.Address) -> Transport:
    transport = await aio.connect(address)
    opened = await open_on(transport, Opening(urandom(32), stream.mark, stream.known), None)
    return Transport(transport, opened.peer, opened.rest)


def test_delivered_waits_for_the_program_and_not_for_the_machine() -> None:
    async def run() -> None:
        async with joined() as (client, server, _):
            await client.delivered()  # of nothing
            await client.send(b"question")
            with pytest.raises(TimedOutError, match="8 bytes"):
                await client.delivered(timeout=0.1)
            assert await server.receive(3) == b"que"
            with pytest.raises(TimedOutError, match="5 bytes"):
                await client.delivered(timeout=0.1)
            await server.receive()
            await client.delivered(timeout=5)

    asyncio.run(run())


def test_memory_is_bounded_where_nobody_reads() -> None:
    async def run() -> None:
        async with joined() as (client, server, _):
            sent = 0
            with suppress(TimedOutError):
                while sent < 10 * QUICK.buffer:
                    await client.send(bytes(1000), timeout=0.2)
                    sent += 1000
            assert sent <= 2 * QUICK.buffer + 1000
            assert server._buffer.size <= QUICK.buffer

    asyncio.run(run())


def test_a_peer_that_never_returns() -> None:
    """Every wait has an end, and says how much may be lost."""

    async def run() -> None:
        async with joined(HASTY) as (client, server, middle):
            await middle.stop()
            await client.send(b"hello?")
            with pytest.raises(BrokenError, match=r"within 0.3 seconds.*has not read 6 bytes"):
                await client.receive()
            with pytest.raises(BrokenError, match=r"within 0.3 seconds"):
                await client.delivered()
            with pytest.raises(BrokenError):
                await client.send(b"x")
            with pytest.raises(BrokenError, match=r"within 0.3 seconds"):
                await server.receive()

    asyncio.run(run())


def test_a_peer_that_has_started_anew() -> None:
    """The stream is known to one program only; another in its place says so at once."""

    async def run() -> None:
        async with joined() as (client, server, middle):
            await middle.stop()
            await server.abort()
            async with await aio.listen("tcp://127.0.0.1:0", lasting=QUICK) as another:
                middle._target = another.local
                await middle.start()
                with pytest.raises(BrokenError, match="knows nothing of this stream"):
                    await client.receive()

    asyncio.run(run())


def test_closing_waits_until_all_is_there() -> None:
    async def run() -> None:
        async with joined() as (client, server, middle):
            await middle.stop()
            await client.send(b"last words")
            closing = asyncio.create_task(client.close())
            await asyncio.sleep(0.05)
            assert not closing.done()
            await middle.start()
            await closing
            assert await server.receive_exactly(10) == b"last words"
            assert await server.receive() == b""

    asyncio.run(run())


def test_an_abort_is_told() -> None:
    async def run() -> None:
        async with joined() as (client, server, _):
            await client.abort()
            with pytest.raises(ResetError):
                await server.receive()

    asyncio.run(run())


def test_a_peer_that_closes_without_reading() -> None:
    async def run() -> None:
        async with joined() as (client, server, _):
            await client.send(b"unread")
            await server.close()
            with pytest.raises(BrokenError, match="not read 6 bytes"):
                await client.delivered()

    asyncio.run(run())


def test_both_ends_must_want_it() -> None:
    async def run() -> None:
        async with await aio.listen("tcp://127.0.0.1:0") as plain:
            connecting = asyncio.create_task(aio.connect(plain.local, lasting=True))
            async with await plain.accept() as server:
                await server.receive()
                await server.send(b"220 hello, who are you?\r\n")
                with pytest.raises(RemoteProtocolError, match="--lasting"):
                    await connecting
        async with (
            await aio.listen("tcp://127.0.0.1:0", lasting=True) as lasting,
            await aio.connect(lasting.local) as client,
        ):
            await client.send(b"GET / HTTP/1.0\r\n\r\n")
            assert await client.receive() == b""

    asyncio.run(run())


def test_datagrams_do_not_last() -> None:
    with pytest.raises(AddressError, match="only streams"):
        razem.connect("udp://localhost:9", lasting=True)


def test_what_a_plain_stream_cannot_tell() -> None:
    left, right = razem.pair()
    with left, right, pytest.raises(UnavailableError, match="lasting"):
        left.delivered()


def test_a_listener_that_is_closed_lets_its_peers_return() -> None:
    async def run() -> None:
        async with joined() as (client, server, middle):
            pass
        listener = await aio.listen("tcp://127.0.0.1:0", lasting=QUICK)
        middle = Middle(listener.local)
        await middle.start()
        async with await aio.connect(middle.address, lasting=QUICK) as client:
            server = await listener.accept()
            await listener.close()
            with pytest.raises(ClosedError):
                await listener.accept()
            await middle.cut()
            await client.send(b"still there?")
            assert await server.receive_exactly(12) == b"still there?"
            with pytest.raises(razem.RefusedError, match="nobody new"):
                await aio.connect(middle.address, lasting=QUICK)
            await server.close()
        await middle.stop()
        assert isinstance(listener, LastingListener)
        await listener.stopped()  # as soon as the last one has gone
        with pytest.raises(razem.RefusedError):
            await aio.connect(listener.local)

    asyncio.run(run())


def test_blocking_ends_that_are_cut() -> None:
    data = numbers(200_000)
    with razem.listen("tcp://127.0.0.1:0", lasting=QUICK) as listener:
        served = []

        def serve(stream: razem.Stream) -> None:
            received = b"".join(stream)
            served.append(received)
            stream.send(received[::-1])
            stream.delivered(timeout=20)

        thread = Thread(target=listener.serve, args=(serve,), daemon=True)
        thread.start()
        ready = asyncio.new_event_loop()
        middle = Middle(listener.local)
        ready.run_until_complete(middle.start())
        looping = Thread(target=ready.run_forever, daemon=True)
        looping.start()
        with razem.connect(middle.address, lasting=QUICK) as client:
            for start in range(0, len(data), 20_000):
                client.send(data[start : start + 20_000])
                asyncio.run_coroutine_threadsafe(middle.cut(), ready).result()
            client.close_sending()
            client.delivered(timeout=20)
            assert client.receive_exactly(len(data)) == data[::-1]
        assert served == [data]
        asyncio.run_coroutine_threadsafe(middle.stop(), ready).result()
        ready.call_soon_threadsafe(ready.stop)
        looping.join()
        ready.close()
        listener.close()
        thread.join()


def test_those_who_are_away_longest_are_given_up_when_there_are_too_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever opens streams and goes away costs no more than so many of them."""
    monkeypatch.setattr("razem.sockets.aio.lasting_listener._DETACHED", 3)

    async def run() -> None:
        async with await aio.listen("tcp://127.0.0.1:0", lasting=QUICK) as listener:
            servers = []
            for _ in range(5):
                client = await aio.connect(listener.local, lasting=QUICK)
                server = await listener.accept()
                assert isinstance(server, LastingStream)
                assert isinstance(client, LastingStream)
                servers.append(server)
                client.give_up()  # as if it had been switched off
                while server.attached:
                    await asyncio.sleep(0.01)
            last = await aio.connect(listener.local, lasting=QUICK)
            with pytest.raises(BrokenError):
                await servers[0].receive(timeout=5)
            with pytest.raises(TimedOutError):
                await servers[-1].receive(timeout=0)  # may still return
            for each in (last, await listener.accept(), *servers):
                await each.abort()

    asyncio.run(run())
