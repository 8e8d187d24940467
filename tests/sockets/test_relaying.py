"""Relays: both ways, each to its own end; breaks passed on as breaks. Both drivers."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeAlias, cast

import pytest
import uvloop

import razem
from razem import Tls, Traffic, aio
from razem.testing import memory_pair

from .pairs import identity, tcp_pair, tls_pair, unix_pair

if TYPE_CHECKING:
    from razem.sockets.stream import Stream
    from razem.sockets.tls_stream import TlsStream

BIG = bytes(range(256)) * (1 << 14)  # 4 MiB


class Relayer:
    """Relays one connection to an address, in a thread of its own.

    Attributes:
        local: where it listens.
        result: what it returned, or the error, when it is done.
    """

    def __init__(self, run: Callable[[Relayer], Traffic], target: razem.Address) -> None:
        self.target = target
        self.tls: Tls | None = None
        self._listening = threading.Event()
        self._run = run

    def listening(self, local: razem.Address) -> None:
        self.local = local
        self._listening.set()

    @contextmanager
    def __call__(self) -> Iterator[Callable[[], Traffic]]:
        with ThreadPoolExecutor(1) as pool:
            future = pool.submit(self._run, self)
            assert self._listening.wait(20)
            yield lambda: future.result(20)


def relay_blocking(relayer: Relayer) -> Traffic:
    with razem.listen("tcp://localhost:0") as listener:
        relayer.listening(listener.local)
        with (
            listener.accept(timeout=20) as client,
            razem.connect(relayer.target, tls=relayer.tls) as server,
        ):
            return razem.relay(client, server)


async def relay_in_loop(relayer: Relayer) -> Traffic:
    async with await aio.listen("tcp://localhost:0") as listener:
        relayer.listening(listener.local)
        async with (
            await listener.accept(timeout=20) as client,
            await aio.connect(relayer.target, tls=relayer.tls) as server,
        ):
            return await aio.relay(client, server)


every_driver = pytest.mark.parametrize(
    "run",
    [
        relay_blocking,
        lambda relayer: asyncio.run(relay_in_loop(relayer)),
        lambda relayer: uvloop.run(relay_in_loop(relayer)),
    ],
    ids=["blocking", "asyncio", "uvloop"],
)
Run: TypeAlias = Callable[[Relayer], Traffic]


def answer(stream: Stream) -> None:
    """Only when the question has ended: its length, and itself."""
    question = b"".join(stream)
    stream.send(b"%d:" % len(question))
    stream.send(question)
    stream.close_sending()
    assert stream.receive() == b""


@contextmanager
def serving(
    address: str, handle: Callable[[Stream], object], tls: Tls | None = None
) -> Iterator[razem.Address]:
    with razem.listen(address, tls=tls) as listener, ThreadPoolExecutor(1) as pool:

        def serve() -> None:
            with listener.accept(timeout=20) as stream:
                handle(stream)

        served = pool.submit(serve)
        yield listener.local
        served.result(20)


@every_driver
@pytest.mark.parametrize("scheme", ["tcp", "unix", "tls"])
def test_an_answer_after_the_end_of_the_question(run: Run, scheme: str) -> None:
    address = f"unix:@razem-relay-{id(run)}" if scheme == "unix" else f"{scheme}://localhost:0"
    with serving(address, answer, Tls(identity()) if scheme == "tls" else None) as target:
        relayer = Relayer(run, target)
        relayer.tls = Tls(fingerprint=identity().fingerprint)
        with (
            relayer() as result,
            razem.connect(relayer.local) as client,
            ThreadPoolExecutor(1) as p,
        ):

            def ask() -> None:
                client.send(BIG)
                client.close_sending()

            asking = p.submit(ask)
            head = b"%d:" % len(BIG)
            assert client.receive_exactly(len(head) + len(BIG), timeout=20) == head + BIG
            assert client.receive(timeout=20) == b""
            asking.result(20)
        assert result() == Traffic(forth=len(BIG), back=len(head) + len(BIG))


@every_driver
def test_the_end_of_the_answer_first(run: Run) -> None:
    def speak_then_listen(stream: Stream) -> None:
        stream.send(b"go on")
        stream.close_sending()
        assert b"".join(stream) == b"all of it"

    with serving("tcp://localhost:0", speak_then_listen) as target:
        relayer = Relayer(run, target)
        with relayer() as result, razem.connect(relayer.local) as client:
            assert b"".join(client) == b"go on"
            client.send(b"all of it")
            client.close_sending()
            assert result() == Traffic(forth=9, back=5)


def reset(stream: Stream) -> None:
    assert stream.receive_exactly(5) == b"hello"
    stream.abort()


def cut_tls(stream: Stream) -> None:
    assert stream.receive_exactly(5) == b"hello"
    cast("TlsStream", stream)._inner.close()


@every_driver
@pytest.mark.parametrize("tls", [False, True])
def test_a_break_is_passed_on_as_a_break(run: Run, tls: bool) -> None:
    """Not as an end, which would make half an answer a whole one."""
    address, handle = ("tls://localhost:0", cut_tls) if tls else ("tcp://localhost:0", reset)
    with serving(address, handle, Tls(identity()) if tls else None) as target:
        relayer = Relayer(run, target)
        relayer.tls = Tls(fingerprint=identity().fingerprint)
        with relayer() as result, razem.connect(relayer.local) as client:
            client.send(b"hello")
            with pytest.raises(razem.ResetError):
                client.receive(timeout=20)
            with pytest.raises(razem.TruncatedError if tls else razem.ResetError):
                result()


def test_what_was_received_ahead_comes_first() -> None:
    near, first = tcp_pair()
    second, far = unix_pair()
    with near, first, second, far, ThreadPoolExecutor(1) as pool:
        near.send(b"line\nand more")
        near.close_sending()
        assert first.receive_until(b"\n") == b"line\n"
        relaying = pool.submit(razem.relay, first, second)
        assert b"".join(far) == b"and more"
        far.close()
        assert relaying.result(20) == Traffic(forth=8)


@pytest.mark.parametrize("make_pair", [memory_pair, tls_pair, unix_pair])
def test_every_kind_of_stream(make_pair: Callable[[], tuple[Stream, Stream]]) -> None:
    near, first = make_pair()
    second, far = tcp_pair()
    with near, first, second, far, ThreadPoolExecutor(2) as pool:
        relaying = pool.submit(razem.relay, first, second)
        answering = pool.submit(answer, far)
        near.send(b"hello")
        near.close_sending()
        assert b"".join(near) == b"5:hello"
        answering.result(20)
        assert relaying.result(20) == Traffic(5, 7)


def test_closing_ends_it() -> None:
    near, first = tcp_pair()
    second, far = tcp_pair()
    with near, first, second, far, ThreadPoolExecutor(1) as pool:
        traffic = Traffic()
        relaying = pool.submit(razem.relay, first, second, traffic=traffic)
        near.send(b"x")
        assert far.receive() == b"x"
        second.close()
        with pytest.raises(razem.ClosedError):
            relaying.result(20)
        with pytest.raises(razem.ResetError):
            near.receive()


@pytest.mark.parametrize("runner", [asyncio.run, uvloop.run])
def test_closing_and_cancelling_end_it_in_asyncio(runner: Callable[..., None]) -> None:
    from .pairs import async_tcp_pair

    async def main() -> None:
        for way in ("close", "cancel"):
            near, first = await async_tcp_pair()
            second, far = await async_tcp_pair()
            async with near, first, second, far:
                relaying = asyncio.create_task(aio.relay(first, second))
                await near.send(b"x")
                assert await far.receive() == b"x"
                if way == "close":
                    await second.close()
                    with pytest.raises(razem.ClosedError):
                        await relaying
                else:
                    relaying.cancel()
                    with pytest.raises(asyncio.CancelledError):
                        await relaying

    runner(main())


# -- beside others -------------------------------------------------------------------------------

CLIENTS = {
    "socat": "socat -t 20 - tcp:localhost:{port}",
    "ncat": "ncat localhost {port}",
}


@every_driver
@pytest.mark.parametrize("name", CLIENTS)
def test_other_programs_through_it(run: Run, name: str) -> None:
    if shutil.which(name) is None:
        pytest.skip(f"{name} is missing")
    with serving("tcp://localhost:0", answer) as target:
        relayer = Relayer(run, target)
        with relayer() as result:
            command = CLIENTS[name].format(port=relayer.local.port).split()
            done = subprocess.run(command, input=BIG, capture_output=True, timeout=30, check=True)
            assert done.stdout == b"%d:" % len(BIG) + BIG
            assert result().forth == len(BIG)


def test_aborting_wakes_and_resets() -> None:
    left, right = tcp_pair()
    with left, right, ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(left.receive)
        with pytest.raises(razem.TimedOutError):
            right.receive(timeout=0.02)  # the other thread waits, or will
        left.abort()
        with pytest.raises(razem.ClosedError):
            waiting.result(20)
        with pytest.raises(razem.ResetError):
            right.receive()
