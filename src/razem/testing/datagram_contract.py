# ruff: noqa: S101  asserting is what this module is for
"""What every end for datagrams promises, as checks that run over any transport and driver.

There is one suite, written for asyncio; a blocking end is brought into it by an adapter that
makes each call in a thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from razem.errors import AddressError, ClosedError, Error, TimedOutError, TruncatedError
from razem.sockets.aio.datagram import Datagrams as AsyncDatagrams
from razem.sockets.datagram import Datagrams

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from razem.sockets.address import Address

__all__ = [
    "AsyncDatagramsMaker",
    "DatagramsMaker",
    "check_async_datagrams",
    "check_datagrams",
]

DatagramsMaker: TypeAlias = Callable[[], tuple[Datagrams, Datagrams]]
AsyncDatagramsMaker: TypeAlias = Callable[[], Awaitable[tuple[AsyncDatagrams, AsyncDatagrams]]]

_CHECK_SECONDS = 30.0  # a check that takes longer hangs


def check_datagrams(make_pair: DatagramsMaker) -> None:
    """Check that blocking ends for datagrams keep the contract.

    Args:
        make_pair: gives two ends, new ones each time, the first connected to the second; they
            are closed here. Between them no datagram may get lost.

    Raises:
        AssertionError: a promise is broken; the note says which.
    """

    async def make() -> tuple[AsyncDatagrams, AsyncDatagrams]:
        client, server = make_pair()
        return cast("AsyncDatagrams", _Threaded(client)), cast("AsyncDatagrams", _Threaded(server))

    asyncio.run(check_async_datagrams(make))


async def check_async_datagrams(make_pair: AsyncDatagramsMaker) -> None:
    """Check that asyncio ends for datagrams keep the contract.

    Args:
        make_pair: gives two ends, new ones each time, the first connected to the second; they
            are closed here. Between them no datagram may get lost.

    Raises:
        AssertionError: a promise is broken; the note says which.
    """
    for check in _CHECKS:
        client, server = await make_pair()
        try:
            await asyncio.wait_for(check(client, server), _CHECK_SECONDS)
        except BaseException as error:
            error.add_note(f"the promise: {check.__doc__}")
            raise
        finally:
            await client.close()
            await server.close()


async def _whole(client: AsyncDatagrams, server: AsyncDatagrams) -> None:
    """Each receive gives what one send sent, whole, in order, and an empty one too."""
    pieces = (b"one", b"", bytearray(b"two"), memoryview(b"three"), bytes(1200), b"x" * 9000)
    for piece in pieces:
        await client.send(piece)
    assert [(await server.receive())[0] for _ in pieces] == [bytes(piece) for piece in pieces]


async def _answered(client: AsyncDatagrams, server: AsyncDatagrams) -> None:
    """The sender of a datagram can be sent to, as an address or as text."""
    await client.send(b"question")
    data, sender = await server.receive()
    assert data == b"question"
    assert sender is not None
    assert sender == client.local
    await server.send(b"answer", to=sender)
    await server.send(b"again", str(sender))
    answer = await client.receive()
    assert answer[0] == b"answer"
    assert (await client.receive())[0] == b"again"
    assert answer[1] == client.remote


async def _cut(client: AsyncDatagrams, server: AsyncDatagrams) -> None:
    """A datagram that is longer than asked for is an error, and the next one is whole."""
    await client.send(b"x" * 100)
    await client.send(b"x" * 10)
    error = await _raises(TruncatedError, server.receive(10))
    assert isinstance(error, TruncatedError)
    assert error.needed in {100, None}  # not every system tells
    assert error.got == 10
    assert (await server.receive(10))[0] == b"x" * 10


async def _timed_out(client: AsyncDatagrams, server: AsyncDatagrams) -> None:
    """A receive that times out has lost nothing, and the end goes on."""
    await _raises(TimedOutError, server.receive(timeout=0.01))
    await _raises(TimedOutError, server.receive(timeout=0))
    server.timeout = 0.01
    await _raises(TimedOutError, server.receive())
    await client.send(b"late")
    assert (await server.receive(timeout=None))[0] == b"late"
    await client.send(b"there")
    assert (await server.receive(timeout=5))[0] == b"there"


async def _cancelled(client: AsyncDatagrams, server: AsyncDatagrams) -> None:
    """A receive that is cancelled has lost nothing, and the end goes on."""
    if isinstance(server, _Threaded):  # a thread cannot be cancelled; closing wakes it, see below
        return
    waiting = asyncio.create_task(server.receive())
    for _ in range(10):
        await asyncio.sleep(0)
    await client.send(b"one")
    waiting.cancel()
    await asyncio.wait([waiting])
    await client.send(b"two")
    received = [] if waiting.cancelled() else [waiting.result()[0]]
    while len(received) < 2:
        received.append((await server.receive())[0])
    assert received == [b"one", b"two"]


async def _several(client: AsyncDatagrams, server: AsyncDatagrams) -> None:
    """Those who wait to receive at once get one datagram each."""
    waiting = [asyncio.create_task(server.receive()) for _ in range(3)]
    for number in range(3):
        await client.send(b"%d" % number)
    received = {item[0] for item in await asyncio.gather(*waiting)}
    assert received == {b"0", b"1", b"2"}


async def _other_kind(client: AsyncDatagrams, server: AsyncDatagrams) -> None:
    """A receiver of another kind, or a wrong address, is refused, and the end goes on."""
    await _raises(AddressError, server.send(b"x", "tcp://localhost:1"))
    await _raises(AddressError, server.send(b"x", "nonsense"))
    await client.send(b"fine")
    assert (await server.receive())[0] == b"fine"


async def _closing_wakes(client: AsyncDatagrams, server: AsyncDatagrams) -> None:
    """Closing wakes whoever waits, ends iteration, and nothing works afterwards."""
    receiving = asyncio.create_task(server.receive())
    iterating = asyncio.create_task(_count(client))
    await asyncio.sleep(0.02)  # only to make it likely that both wait; right in any case
    await server.close()
    await client.close()
    await _raises(ClosedError, receiving)
    assert await iterating == 0
    await server.close()
    assert server.closed
    await _raises(ClosedError, server.receive())
    await _raises(ClosedError, client.send(b"x"))


async def _count(end: AsyncDatagrams) -> int:
    return len([item async for item in end])


async def _raises(kind: type[Error], waiting: Awaitable[object]) -> Error:
    """Wait for that error and return it."""
    try:
        value = await waiting
    except kind as error:
        return error
    raise AssertionError(f"{value!r} instead of {kind.__name__}")


_CHECKS = (
    _whole,
    _answered,
    _cut,
    _timed_out,
    _cancelled,
    _several,
    _other_kind,
    _closing_wakes,
)


class _Threaded:
    """A blocking end with the methods of an asyncio one: each call is made in a thread."""

    def __init__(self, end: Datagrams) -> None:
        self._end = end

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._end, name)
        if not callable(value):
            return value

        async def call(*args: Any, **options: Any) -> Any:
            return await asyncio.to_thread(value, *args, **options)

        return call

    @property
    def timeout(self) -> float | None:
        return self._end.timeout

    @timeout.setter
    def timeout(self, seconds: float | None) -> None:
        self._end.timeout = seconds

    async def __aiter__(self) -> AsyncIterator[tuple[bytes, Address | None]]:
        iterator = iter(self._end)
        while (item := await asyncio.to_thread(next, iterator, None)) is not None:
            yield item
