"""The bad network around datagrams: what it loses, doubles, delays and swaps, by its seed."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from typing import TYPE_CHECKING

import pytest
import uvloop

import razem
from razem import aio
from razem.testing import BadNetwork, Faults, check_datagrams, memory_datagrams
from razem.testing import aio as testing_aio

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Pair = tuple[razem.Datagrams, razem.Datagrams]
    AsyncPair = tuple[aio.Datagrams, aio.Datagrams]

COUNT = 200
MESSAGES = [b"%d" % number for number in range(COUNT)]
ROUGH = Faults(loss=0.2, duplicate=0.2, delay=0.01, reorder=0.2, resend=0.005)


def udp_pair() -> Pair:
    server = razem.bind("udp://127.0.0.1:0")
    assert server.local
    return razem.connect_datagrams(server.local), server


def unix_pair() -> Pair:
    with tempfile.TemporaryDirectory() as folder:
        server = razem.bind(f"unix+dgram://{folder}/socket")
        assert server.local
        return razem.connect_datagrams(server.local), server


async def async_udp_pair() -> AsyncPair:
    server = await aio.bind("udp://127.0.0.1:0")
    assert server.local
    return await aio.connect_datagrams(server.local), server


@pytest.mark.parametrize("make", [memory_datagrams, udp_pair, unix_pair])
def test_without_faults_the_contract_holds(make: Callable[[], Pair]) -> None:
    check_datagrams(lambda: BadNetwork().pair(*make()))


@pytest.mark.parametrize("make", [testing_aio.memory_datagrams, async_udp_pair])
@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_without_faults_the_contract_holds_in_asyncio(
    make: Callable[[], Awaitable[AsyncPair]], run: Callable[..., None]
) -> None:
    async def pair() -> AsyncPair:
        return testing_aio.BadNetwork().pair(*await make())

    run(testing_aio.check_datagrams(pair))


def carried(faults: Faults, seed: int, *, one_end: bool = False) -> list[bytes]:
    """What arrives of the messages, in order."""
    network = BadNetwork(seed, faults)
    left, right = memory_datagrams(capacity=3 * COUNT)
    if one_end:
        left = network.wrap(left)  # type: ignore[assignment]
    else:
        left, right = network.pair(left, right)  # type: ignore[assignment]
    with left, right:
        for message in MESSAGES:
            left.send(message)
        got: list[bytes] = []
        try:
            while True:
                got.append(right.receive(timeout=0.2)[0])
        except razem.TimedOutError:
            return got


async def async_carried(faults: Faults, seed: int, *, one_end: bool = False) -> list[bytes]:
    """The same in asyncio."""
    network = testing_aio.BadNetwork(seed, faults)
    left, right = await testing_aio.memory_datagrams(capacity=3 * COUNT)
    if one_end:
        left = network.wrap(left)  # type: ignore[assignment]
    else:
        left, right = network.pair(left, right)  # type: ignore[assignment]
    async with left, right:
        for message in MESSAGES:
            await left.send(message)
        got: list[bytes] = []
        try:
            while True:
                got.append((await right.receive(timeout=0.2))[0])
        except razem.TimedOutError:
            return got


@pytest.mark.parametrize("one_end", [False, True])
def test_everything_goes_wrong_and_the_same_again_for_the_same_seed(one_end: bool) -> None:
    got = carried(ROUGH, 3, one_end=one_end)
    times = Counter(got)
    assert set(times.values()) == {1, 2}
    assert COUNT * 0.6 < len(times) < COUNT
    assert set(times) < set(MESSAGES)
    assert sorted(got, key=int) != got
    assert Counter(carried(ROUGH, 3, one_end=one_end)) == times
    assert Counter(carried(ROUGH, 4, one_end=one_end)) != times
    assert Counter(asyncio.run(async_carried(ROUGH, 3, one_end=one_end))) == times


def test_each_fault_by_itself() -> None:
    assert carried(Faults(), 1) == MESSAGES
    lossy = carried(Faults(loss=0.5), 1)
    assert lossy == sorted(set(lossy), key=int)
    assert len(lossy) < COUNT * 0.7
    doubled = carried(Faults(duplicate=1.0), 1)
    assert doubled == [message for message in MESSAGES for _ in range(2)]
    swapped = carried(Faults(reorder=0.5, resend=0.05), 1)
    assert sorted(swapped, key=int) == MESSAGES != swapped
    gone = carried(Faults(half_open_after=9), 1)
    assert gone == MESSAGES[:9]


def test_a_partition_loses_what_is_sent_meanwhile() -> None:
    network = BadNetwork()
    left, right = network.pair(*memory_datagrams())
    with left, right:
        left.send(b"before")
        network.partition()
        left.send(b"meanwhile")
        assert right.receive(timeout=1)[0] == b"before"
        with pytest.raises(razem.TimedOutError):
            right.receive(timeout=0.01)
        network.heal()
        network.reset()  # which only streams can be
        left.send(b"after")
        assert right.receive(timeout=1)[0] == b"after"
        network.vanish()
        network.heal()
        left.send(b"never")
        with pytest.raises(razem.TimedOutError):
            right.receive(timeout=0.01)


def test_a_partition_loses_what_comes_to_a_single_end() -> None:
    network = BadNetwork()
    left, right = memory_datagrams()
    with left, network.wrap(right) as ours:
        left.send(b"before")
        network.partition()
        left.send(b"meanwhile")
        network.heal()
        left.send(b"after")
        assert [ours.receive(timeout=1)[0] for _ in range(2)] == [b"before", b"after"]


def test_a_partition_in_asyncio() -> None:
    async def main() -> None:
        network = testing_aio.BadNetwork(faults=Faults(delay=0.001))
        left, right = await testing_aio.memory_datagrams()
        async with left, network.wrap(right) as ours:
            await left.send(b"before")
            await network.partition()
            await left.send(b"meanwhile")
            await network.heal()
            assert await aio.wait([ours], 5, sending=[ours]) == [ours]
            assert (await ours.receive(timeout=5))[0] == b"before"
            await left.send(b"after")
            assert (await ours.receive(timeout=5))[0] == b"after"

    asyncio.run(main())


def test_the_end_of_a_connection_comes_after_what_is_late() -> None:
    left, right = BadNetwork(faults=Faults(delay=0.02)).pair(*razem.pair("unix+seqpacket"))
    with left, right:
        for number in range(3):
            left.send(b"%d" % number)
        left.close_sending()
        assert {data for data, _ in right} == {b"0", b"1", b"2"}
        right.send(b"answer")
        assert left.receive()[0] == b"answer"
