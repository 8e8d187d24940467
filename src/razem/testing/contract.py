# ruff: noqa: S101  asserting is what this module is for
"""What every stream promises, as checks that run over any transport, blocking or asyncio.

There is one suite, written for asyncio; a blocking stream is brought into it by an adapter that
makes each call in a thread.
"""

from __future__ import annotations

import asyncio
import io
import tempfile
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from razem.errors import (
    BrokenError,
    ClosedError,
    Error,
    LimitError,
    LocalProtocolError,
    TimedOutError,
    TruncatedError,
)
from razem.sockets.aio.stream import Stream as AsyncStream
from razem.sockets.stream import Stream

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

__all__ = ["AsyncPairMaker", "PairMaker", "check_async_stream", "check_stream"]

PairMaker: TypeAlias = Callable[[], tuple[Stream, Stream]]
AsyncPairMaker: TypeAlias = Callable[[], Awaitable[tuple[AsyncStream, AsyncStream]]]

_CHECK_SECONDS = 30.0  # a check that takes longer hangs
_BIG = bytes(range(256)) * 4096  # 1 MiB: more than a socket holds


def check_stream(make_pair: PairMaker) -> None:
    """Check that blocking streams keep the contract.

    Args:
        make_pair: gives two joined streams, new ones each time; they are closed here.

    Raises:
        AssertionError: a promise is broken; the note says which.
    """

    async def make() -> tuple[AsyncStream, AsyncStream]:
        left, right = make_pair()
        return cast("AsyncStream", _Threaded(left)), cast("AsyncStream", _Threaded(right))

    asyncio.run(check_async_stream(make))


async def check_async_stream(make_pair: AsyncPairMaker) -> None:
    """Check that asyncio streams keep the contract.

    Args:
        make_pair: gives two joined streams, new ones each time; they are closed here.

    Raises:
        AssertionError: a promise is broken; the note says which.
    """
    for check in _CHECKS:
        left, right = await make_pair()
        try:
            await asyncio.wait_for(check(left, right), _CHECK_SECONDS)
        except BaseException as error:
            error.add_note(f"the promise: {check.__doc__}")
            raise
        finally:
            await left.close()
            await right.close()


async def _order(left: AsyncStream, right: AsyncStream) -> None:
    """What is sent arrives whole and in order, however it was cut."""
    for piece in (b"one ", b"", b"two ", bytearray(b"three "), memoryview(b"four")):
        await left.send(piece)
    assert await right.receive_exactly(8) == b"one two "
    assert await right.receive_exactly(0) == b""
    assert await right.receive_exactly(10) == b"three four"


async def _at_most(left: AsyncStream, right: AsyncStream) -> None:
    """`receive` gives at least one byte and never more than was asked for."""
    await left.send(b"abcdef")
    assert await right.receive(1) == b"a"
    rest = await right.receive(3)
    assert 1 <= len(rest) <= 3
    assert b"abcdef".startswith(b"a" + rest)


async def _both_ways(left: AsyncStream, right: AsyncStream) -> None:
    """Both directions flow at once: two that send much before they receive do not lock up."""

    async def talk(stream: AsyncStream) -> bytes:
        sending = asyncio.create_task(stream.send(_BIG))
        received = await stream.receive_exactly(len(_BIG))
        await sending
        return received

    assert tuple(await asyncio.gather(talk(left), talk(right))) == (_BIG, _BIG)


async def _until(left: AsyncStream, right: AsyncStream) -> None:
    """`receive_until` stops at the separator, and a limit that is passed loses nothing."""
    await left.send(b"head\r\n\r\nbody without an end")
    assert await right.receive_until(b"\r\n\r\n") == b"head\r\n\r\n"
    await _raises(LimitError, right.receive_until(b"\n", 8))
    assert await right.receive_exactly(19) == b"body without an end"


async def _lines(left: AsyncStream, right: AsyncStream) -> None:
    """`lines` gives lines without their ends, the last one also without one."""
    await left.send(b"one\ntwo\r\n\nlast")
    await left.close_sending()
    assert [line async for line in right.lines()] == [b"one", b"two", b"", b"last"]
    assert [line async for line in right.lines()] == []


async def _records(left: AsyncStream, right: AsyncStream) -> None:
    """Records arrive as they were sent, also those larger than what is read ahead."""
    payloads = [b"", b"one", _BIG, b"\n" * 8]

    async def send() -> None:
        for payload in payloads:
            await left.send_record(payload)
        await left.close_sending()

    sending = asyncio.create_task(send())
    assert await right.receive_record() == b""
    assert [payload async for payload in right.records()] == payloads[1:]
    await sending
    error = await _raises(TruncatedError, right.receive_record())
    assert isinstance(error, TruncatedError)
    assert error.got == 0


async def _files(left: AsyncStream, right: AsyncStream) -> None:
    """`send_file` sends what was asked for, in its place between what else is sent."""
    with tempfile.TemporaryFile() as file:
        file.write(_BIG)
        file.flush()

        async def send() -> None:
            await left.send(b"before")
            assert await left.send_file(file, 1, 5) == 5
            assert await left.send_file(file, 1000) == len(_BIG) - 1000
            assert await left.send_file(io.BytesIO(_BIG), 7) == len(_BIG) - 7
            assert await left.send_file(file, len(_BIG)) == 0
            await left.send(b"after")
            error = await _raises(TruncatedError, left.send_file(file, len(_BIG) - 3, 5))
            assert isinstance(error, TruncatedError)
            assert (error.got, error.needed) == (3, 5)
            await left.close_sending()

        sending = asyncio.create_task(send())
        received = b"".join([piece async for piece in right])
        await sending
    expected = (_BIG[1:6], _BIG[1000:], _BIG[7:], b"after", _BIG[-3:])
    assert received == b"before" + b"".join(expected)


async def _slow_reader_of_files(left: AsyncStream, right: AsyncStream) -> None:
    """`send_file` waits for a peer that does not read, and tells how far it came in its time."""
    with tempfile.TemporaryFile() as file:
        size = 64 << 20  # no transport holds that much
        file.truncate(size)
        error = await _raises(TimedOutError, left.send_file(file, timeout=0.05))
        assert isinstance(error, TimedOutError)
        assert 0 <= error.sent < size

        async def finish() -> None:
            await left.send_file(file, error.sent, 1 << 20, timeout=None)
            await left.send(b"!", timeout=None)
            await left.close_sending()

        finishing = asyncio.create_task(finish())
        received = 0
        async for piece in right:
            received += len(piece)
            assert not piece.rstrip(b"!").strip(b"\0")
        await finishing
        assert piece.endswith(b"!")
        assert received == error.sent + (1 << 20) + 1


async def _half_close(left: AsyncStream, right: AsyncStream) -> None:
    """`close_sending` ends one direction, and the other goes on."""
    await left.send(b"question")
    await left.close_sending()
    await left.close_sending()
    await _raises(LocalProtocolError, left.send(b"more"))
    assert [piece async for piece in right] == [b"question"]
    assert await right.receive() == b""
    await right.send(b"late answer")
    await right.close_sending()
    assert await left.receive_exactly(11) == b"late answer"
    assert await left.receive() == b""


async def _deaf(left: AsyncStream, right: AsyncStream) -> None:
    """`close_receiving` ends the other direction, for who waits too, and sending goes on."""
    await left.send(b"never read")
    waiting = asyncio.create_task(right.receive_exactly(100))
    await asyncio.sleep(0.02)  # only to make it likely that it waits; right in any case
    await right.close_receiving()
    await right.close_receiving()
    await _raises(TruncatedError, waiting)
    assert await right.receive() == b""
    assert [line async for line in right.lines()] == []
    await right.send(b"still there")
    await right.close_sending()
    assert await left.receive_exactly(11) == b"still there"
    assert await left.receive() == b""
    await right.close()
    await _raises(ClosedError, right.close_receiving())


async def _truncated(left: AsyncStream, right: AsyncStream) -> None:
    """An end in the middle is told apart from a clean one, and what came can be received."""
    await left.send(b"abc")
    await left.close()
    error = await _raises(TruncatedError, right.receive_exactly(5))
    assert isinstance(error, TruncatedError)
    assert (error.got, error.needed) == (3, 5)
    await _raises(TruncatedError, right.receive_until(b"\n"))
    assert await right.receive() == b"abc"
    assert await right.receive() == b""


async def _timed_out_receive(left: AsyncStream, right: AsyncStream) -> None:
    """A receive that times out has lost nothing, and the stream goes on."""
    await _raises(TimedOutError, right.receive(timeout=0.01))
    await left.send(b"half")
    await _raises(TimedOutError, right.receive_exactly(8, timeout=0.01))
    await _raises(TimedOutError, right.receive_until(b"\n", timeout=0.01))
    right.timeout = 0.01
    await _raises(TimedOutError, right.receive_exactly(8))
    await left.send(b"half")
    assert await right.receive_exactly(8, timeout=None) == b"halfhalf"


async def _cancelled_receive(left: AsyncStream, right: AsyncStream) -> None:
    """A receive that is cancelled has lost nothing, and the stream goes on."""
    if isinstance(right, _Threaded):  # a thread cannot be cancelled; closing wakes it, see below
        return
    await left.send(b"half")
    waiting = asyncio.create_task(right.receive_exactly(8))
    for _ in range(10):
        await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])
    assert waiting.cancelled()
    await left.send(b"half")
    assert await right.receive_exactly(8) == b"halfhalf"


async def _slow_reader(left: AsyncStream, right: AsyncStream) -> None:
    """`send` waits for a peer that does not read; what it did not get rid of goes out later."""
    sent = 0
    for _ in range(64):  # MiB; no transport holds that much
        sent += len(_BIG)
        try:
            await left.send(_BIG, timeout=0.05)
        except TimedOutError:
            break
    else:
        raise AssertionError(f"send took {sent} bytes that nobody has read")

    async def finish() -> None:
        await left.send(b"!", timeout=None)
        await left.close_sending()

    finishing = asyncio.create_task(finish())
    received = b"".join([piece async for piece in right])
    await finishing
    assert len(received) == sent + 1
    assert received == _BIG * (sent // len(_BIG)) + b"!"


async def _closing_wakes(left: AsyncStream, right: AsyncStream) -> None:
    """Closing wakes whoever waits to receive or to send; nothing works afterwards."""
    receiving = asyncio.create_task(right.receive())
    sending = asyncio.create_task(_send_for_ever(right))
    await asyncio.sleep(0.02)  # only to make it likely that both wait; right in any case
    await right.close()
    await _raises(ClosedError, receiving)
    await _raises(ClosedError, sending)
    await right.close()
    assert right.closed
    await _raises(ClosedError, right.receive())
    await _raises(ClosedError, right.send(b"x"))
    await _raises(ClosedError, right.close_sending())
    assert not left.closed


async def _aborting(left: AsyncStream, right: AsyncStream) -> None:
    """`abort` closes at once and wakes whoever waits; the peer sees a break, or an end."""
    receiving = asyncio.create_task(left.receive())
    await asyncio.sleep(0.02)  # only to make it likely that it waits; right in any case
    await left.abort()
    await _raises(ClosedError, receiving)
    await left.abort()
    await left.close()
    assert left.closed
    await _raises(ClosedError, left.send(b"x"))
    try:
        assert await right.receive() == b""
    except (BrokenError, TruncatedError):
        assert not right.closed


async def _peer_gone(left: AsyncStream, right: AsyncStream) -> None:
    """A peer that has closed is an end to the reader, and a break to the writer."""
    await left.send(b"bye")
    await left.close()
    assert await right.receive_exactly(3) == b"bye"
    assert await right.receive() == b""
    await _raises(BrokenError, _send_for_ever(right))


async def _send_for_ever(stream: AsyncStream) -> None:
    while True:
        await stream.send(_BIG)


async def _raises(kind: type[Error], waiting: Awaitable[object]) -> Error:
    """Wait for that error and return it."""
    try:
        value = await waiting
    except kind as error:
        return error
    raise AssertionError(f"{value!r} instead of {kind.__name__}")


_CHECKS = (
    _order,
    _at_most,
    _both_ways,
    _until,
    _lines,
    _records,
    _files,
    _slow_reader_of_files,
    _half_close,
    _deaf,
    _truncated,
    _timed_out_receive,
    _cancelled_receive,
    _slow_reader,
    _closing_wakes,
    _aborting,
    _peer_gone,
)


class _Threaded:
    """A blocking stream with the methods of an asyncio one: each call is made in a thread."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._stream, name)
        if not callable(value):
            return value

        async def call(*args: Any, **options: Any) -> Any:
            return await asyncio.to_thread(value, *args, **options)

        return call

    @property
    def timeout(self) -> float | None:
        return self._stream.timeout

    @timeout.setter
    def timeout(self, seconds: float | None) -> None:
        self._stream.timeout = seconds

    def lines(self) -> AsyncIterator[bytes]:
        return _in_threads(self._stream.lines())

    def records(self) -> AsyncIterator[bytes]:
        return _in_threads(self._stream.records())

    def __aiter__(self) -> AsyncIterator[bytes]:
        return _in_threads(iter(self._stream))


async def _in_threads(iterator: Iterator[bytes]) -> AsyncIterator[bytes]:
    while (item := await asyncio.to_thread(next, iterator, None)) is not None:
        yield item
