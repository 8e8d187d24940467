"""The bad network: what is led through it keeps the promises of a stream, and breaks as told."""

from __future__ import annotations

import asyncio
import doctest
from threading import Thread
from typing import TYPE_CHECKING

import pytest

import razem
from razem.testing import BadNetwork, Faults, bad_network, check_stream, faults, memory_pair
from razem.testing import aio as testing_aio
from tests.sockets.pairs import async_tcp_pair, async_unix_pair, tcp_pair, tls_pair, unix_pair

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from razem.sockets.aio.stream import Stream as AsyncStream

    PairMaker = Callable[[], tuple[razem.Stream, razem.Stream]]
    AsyncPairMaker = Callable[[], Awaitable[tuple[AsyncStream, AsyncStream]]]

DATA = bytes(range(256)) * 40
BAD = [
    Faults(piece=70_000, delay=0.0005, loss=0.02, resend=0.002, reorder=0.1),
    Faults(piece=4000),
]


@pytest.mark.parametrize("bad", BAD, ids=["late", "cut"])
@pytest.mark.parametrize("make", [memory_pair, tcp_pair, unix_pair, tls_pair])
def test_the_contract_holds(make: PairMaker, bad: Faults) -> None:
    check_stream(lambda: BadNetwork(1, bad).pair(*make()))


@pytest.mark.parametrize("bad", BAD, ids=["late", "cut"])
@pytest.mark.parametrize("make", [testing_aio.memory_pair, async_tcp_pair, async_unix_pair])
def test_the_contract_holds_in_asyncio(make: AsyncPairMaker, bad: Faults) -> None:
    async def pair() -> tuple[AsyncStream, AsyncStream]:
        return testing_aio.BadNetwork(1, bad).pair(*await make())

    asyncio.run(testing_aio.check_stream(pair))


@pytest.mark.parametrize("seed", range(5))
def test_one_end_is_enough(seed: int) -> None:
    left, right = memory_pair()
    left = BadNetwork(seed, Faults(piece=50)).wrap(left)  # type: ignore[assignment]
    with left, right:
        left.send(DATA)
        left.close_sending()
        assert b"".join(right) == DATA
        right.send(DATA)
        assert len(left.receive()) <= 50


def pieces(seed: int, data: bytes = DATA) -> list[int]:
    """How what is sent arrives."""
    left, right = BadNetwork(seed, Faults(piece=500)).pair(*memory_pair())
    with left, right:
        left.send(data)
        left.close_sending()
        return list(map(len, right))


def test_a_run_is_replayed_by_its_seed() -> None:
    assert pieces(3) == pieces(3)
    assert pieces(3) != pieces(4)
    assert sum(pieces(3)) == len(DATA)
    assert len(pieces(3)) > len(DATA) / 500


@pytest.mark.parametrize("seed", range(10))
def test_a_program_that_takes_a_piece_for_a_message_is_found_out(seed: int) -> None:
    left, right = BadNetwork(seed, Faults(piece=30)).pair(*memory_pair())
    with left, right:
        left.send_record(DATA)
        assert right.receive_record() == DATA
        left.send(b"a line of some length, longer than the largest piece\n")
        assert not right.receive().endswith(b"\n")


@pytest.mark.parametrize("make", [memory_pair, tcp_pair, tls_pair])
def test_a_reset_is_an_error_at_both_ends_after_the_same_bytes(make: PairMaker) -> None:
    def run() -> int:
        got: list[bytes] = []
        left, right = BadNetwork(5, Faults(piece=100, reset_after=1000)).pair(*make())
        with left, right:
            with pytest.raises(razem.ResetError):
                left.send(DATA)
            with pytest.raises(razem.ResetError):
                got.extend(right)
            with pytest.raises(razem.ResetError):  # not only once
                right.receive()
            with pytest.raises(razem.BrokenError):
                left.send(b"x")
        return len(b"".join(got))

    assert run() <= 1000


def test_a_reset_by_chance_is_the_same_for_the_same_seed() -> None:
    def run(seed: int) -> int:
        left, right = memory_pair()
        wrapped = BadNetwork(seed, Faults(piece=100, reset=0.05)).wrap(right)
        left.send(DATA)
        got: list[bytes] = []
        with left, wrapped, pytest.raises(razem.ResetError):
            got.extend(wrapped)
        return len(b"".join(got))

    assert [run(seed) for seed in range(8)] == [run(seed) for seed in range(8)]
    assert len({run(seed) for seed in range(8)}) > 3


def test_a_real_reset_reaches_a_peer_that_is_not_led_through_it() -> None:
    left, right = tcp_pair()
    network = BadNetwork()
    with network.wrap(left), right:
        network.reset()
        with pytest.raises(razem.ResetError):
            right.receive(timeout=5)


@pytest.mark.parametrize("make", [memory_pair, tcp_pair])
def test_half_open(make: PairMaker) -> None:
    left, right = BadNetwork(5, Faults(half_open_after=100)).pair(*make())
    with left, right:
        left.send(DATA)  # as TCP takes it, too
        left.close_sending()
        right.timeout = 0.02
        for _ in range(2):
            with pytest.raises(razem.TimedOutError):
                list(right)


def test_a_partition_heals_and_has_cost_nothing() -> None:
    network = BadNetwork()
    left, right = network.pair(*memory_pair())
    with left, right:
        left.send(b"before")
        network.partition()
        with pytest.raises(razem.TimedOutError):
            right.receive(timeout=0.01)
        with pytest.raises(razem.TimedOutError):
            left.send(b" and after", timeout=0.01)
        received: list[bytes] = []
        reader = Thread(target=lambda: received.append(right.receive_exactly(16)))
        reader.start()
        network.heal()
        left.send(b"")
        reader.join(5)
        assert received == [b"before and after"]


def test_closing_wakes_who_waits_for_a_partition_to_heal() -> None:
    network = BadNetwork()
    left, right = network.pair(*memory_pair())
    network.partition()
    errors: list[razem.Error] = []

    def receive() -> None:
        try:
            right.receive()
        except razem.Error as error:
            errors.append(error)

    reader = Thread(target=receive)
    reader.start()
    right.close()
    reader.join(5)
    left.close()
    assert [type(error) for error in errors] == [razem.ClosedError]


def test_breaking_at_a_moment_in_asyncio() -> None:
    async def main() -> None:
        network = testing_aio.BadNetwork()
        left, right = network.pair(*await async_tcp_pair())
        async with left, right:
            await network.partition()
            with pytest.raises(razem.TimedOutError):
                await left.send(b"x", timeout=0.01)
            waiting = asyncio.create_task(right.receive_exactly(2))
            await network.heal()
            await left.send(b"y")
            assert await waiting == b"xy"
            waiting = asyncio.create_task(right.receive())
            await asyncio.sleep(0)
            await network.reset()
            for broken in (waiting, left.receive(), left.send(b"x")):
                with pytest.raises(razem.ResetError):
                    await broken
        left, right = network.pair(*await testing_aio.memory_pair())
        async with left, right:
            await network.vanish()
            await left.send(DATA)
            with pytest.raises(razem.TimedOutError):
                await right.receive(timeout=0.01)

    asyncio.run(main())


def test_the_examples() -> None:
    for module in (faults, bad_network):
        result = doctest.testmod(module)
        assert (result.failed, result.attempted > 0) == (0, True)
