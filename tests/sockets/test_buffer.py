"""The receive buffer: however the bytes were cut, what comes out is the same."""

from __future__ import annotations

from time import perf_counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from razem import LimitError, LocalProtocolError, TruncatedError
from razem.sockets.buffer import ReceiveBuffer

STREAM = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n\n\r\nlast"


def cuts(data: bytes, step: int) -> list[bytes]:
    return [data[start : start + step] for start in range(0, len(data), step)]


@pytest.mark.parametrize("step", range(1, len(STREAM) + 1))
def test_lines_of_every_step(step: int) -> None:
    buffer = ReceiveBuffer()
    lines = []
    for piece in cuts(STREAM, step):
        buffer.feed(piece)
        while (line := buffer.line(80)) is not None:
            lines.append(line)
    exhausted = [buffer.exhausted]
    buffer.end()
    lines.append(buffer.line(80) or b"")
    assert lines == [b"GET / HTTP/1.1", b"Host: x", b"", b"", b"", b"last"]
    assert [*exhausted, buffer.exhausted] == [False, True]
    assert buffer.line(80) is None


@pytest.mark.parametrize("first", range(len(STREAM) + 1))
@pytest.mark.parametrize("separator", [b"\n", b"\r\n", b"\r\n\r\n", b"last"])
def test_until_at_every_cut(separator: bytes, first: int) -> None:
    end = STREAM.index(separator) + len(separator)
    buffer = ReceiveBuffer()
    buffer.feed(STREAM[:first])
    taken = buffer.until(separator, 80)
    assert (taken is None) == (first < end)
    buffer.feed(STREAM[first:])
    assert (taken or buffer.until(separator, 80)) == STREAM[:end]
    assert buffer.receive(80) == (STREAM[end:] or None)


@settings(  # on a busy machine
    deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(st.lists(st.binary(max_size=20), max_size=20), st.sampled_from([1, 60, 200]), st.data())
def test_any_mix_gives_the_same_bytes(pieces: list[bytes], times: int, data: st.DataObject) -> None:
    pieces = [piece * times for piece in pieces]  # long ones and short ones are kept differently
    whole = b"".join(pieces)
    buffer = ReceiveBuffer()
    waiting = list(pieces)
    taken = b""
    while len(taken) < len(whole):
        match data.draw(st.sampled_from(["feed", "receive", "exactly", "until"])):
            case "feed":
                buffer.feed(waiting.pop(0) if waiting else b"")
            case "receive":
                taken += buffer.receive(data.draw(st.integers(1, 9)) * times) or b""
            case "exactly":
                count = data.draw(st.integers(0, 9)) * times
                piece = buffer.exactly(count)
                assert piece is None or len(piece) == count
                taken += piece or b""
            case "until":
                separator = data.draw(st.sampled_from([b"\0", b"\0\0", b"ab"]))
                try:
                    piece = buffer.until(separator, 12 * times)
                except LimitError:
                    assert separator not in whole[len(taken) : len(taken) + 12 * times]
                    continue
                if piece is not None:
                    assert piece.endswith(separator)
                    assert piece.index(separator) == len(piece) - len(separator)
                taken += piece or b""
        assert whole.startswith(taken)
        assert len(buffer) == len(whole) - len(taken) - sum(map(len, waiting))
    assert taken == whole


def test_the_end() -> None:
    buffer = ReceiveBuffer()
    assert buffer.receive(5) is None
    buffer.feed(b"abc")
    buffer.end()
    with pytest.raises(TruncatedError) as caught:
        buffer.exactly(5)
    assert (caught.value.got, caught.value.needed) == (3, 5)
    with pytest.raises(TruncatedError) as caught:
        buffer.until(b"\n", 80)
    assert (caught.value.got, caught.value.needed) == (3, None)
    assert buffer.exactly(3) == b"abc"
    assert buffer.receive(5) == buffer.receive(5) == b""
    assert buffer.exactly(0) == b""


@pytest.mark.parametrize("step", [1, 3, 100])
def test_a_limit_is_exact_and_loses_nothing(step: int) -> None:
    assert take_until(b"12345\n", step, limit=6) == b"12345\n"
    with pytest.raises(LimitError) as caught:
        take_until(b"12345\n", step, limit=5)
    assert caught.value.limit == 5


def take_until(data: bytes, step: int, limit: int) -> bytes | None:
    buffer = ReceiveBuffer()
    try:
        for piece in cuts(data, step):
            buffer.feed(piece)
            if (taken := buffer.until(b"\n", limit)) is not None:
                return taken
    finally:
        rest = buffer.receive(80)
        assert rest is None or data.startswith(rest)
    return None


def test_wrong_questions() -> None:
    buffer = ReceiveBuffer()
    with pytest.raises(LocalProtocolError):
        buffer.receive(0)
    with pytest.raises(LocalProtocolError):
        buffer.exactly(-1)
    with pytest.raises(LocalProtocolError):
        buffer.until(b"", 9)


def test_whole_pieces_are_not_copied() -> None:
    buffer = ReceiveBuffer()
    piece = bytes(100_000)
    buffer.feed(piece)
    assert buffer.receive(100_000) is piece


def seconds(size: int) -> float:
    """Take `size` bytes through the buffer the hard ways: tiny pieces in, tiny pieces out."""
    buffer = ReceiveBuffer()
    start = perf_counter()
    buffer.feed(bytes(size))  # one big piece, taken by bits
    for _ in range(size // 64):
        buffer.exactly(64)
    for _ in range(size // 64):  # a separator that never comes
        buffer.feed(b"x" * 64)
        buffer.until(b"\n", size * 2)
    for _ in range(size // 64):
        buffer.feed(b"y" * 64)
        buffer.exactly(64)
    return perf_counter() - start


def test_time_grows_with_the_bytes_only() -> None:
    # Quadratic behaviour would make it 64 times as long; the machine's other work, not.
    assert seconds(1 << 20) < 30 * max(seconds(1 << 17), 0.001)
