"""Records: boundaries kept, damage noticed, however the bytes were cut."""

from __future__ import annotations

import threading
import zlib
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from razem import (
    ClosedError,
    CorruptError,
    Error,
    LimitError,
    RecordDecoder,
    RemoteProtocolError,
    TruncatedError,
    encode_record,
    pair,
)
from razem.sockets.crc import crc32
from razem.sockets.records import GATHERED, HEADER_SIZE
from razem.testing import memory_pair

# The checksums are those of `gzip | tail -c8` (little-endian there) over length and payload.
BYTES = [
    (b"", bytes.fromhex("00000000 2144df1c")),
    (b"hello", bytes.fromhex("00000005 46f6d486") + b"hello"),
]
PAYLOADS = [b"one", b"", b"three" * 20, bytes(9)]
WIRE = b"".join(map(encode_record, PAYLOADS))

quick = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def decode(pieces: list[bytes], limit: int = 1000) -> list[bytes]:
    """Decode until the end; raise what is raised."""
    decoder = RecordDecoder(limit)
    records = []
    for piece in pieces:
        decoder.feed(piece)
        while (record := decoder.record()) is not None:
            records.append(record)
    decoder.end()
    assert decoder.record() is None
    assert decoder.exhausted
    return records


@pytest.mark.parametrize(("payload", "wire"), BYTES)
def test_bytes(payload: bytes, wire: bytes) -> None:
    assert encode_record(payload) == wire
    assert decode([wire]) == [payload]
    assert encode_record(memoryview(bytearray(payload))) == wire


def test_every_step() -> None:
    for step in range(1, len(WIRE) + 1):
        assert decode([WIRE[i : i + step] for i in range(0, len(WIRE), step)]) == PAYLOADS


@quick
@given(st.lists(st.binary(max_size=200)), st.lists(st.integers(0, 2000)))
def test_every_split(payloads: list[bytes], cuts: list[int]) -> None:
    wire = b"".join(map(encode_record, payloads))
    places = sorted({0, len(wire), *(cut for cut in cuts if cut < len(wire))})
    pieces = [wire[a:b] for a, b in pairwise(places)]
    assert decode(pieces) == payloads


def test_every_flipped_bit_is_noticed() -> None:
    for bit in range(8 * len(WIRE)):
        damaged = bytearray(WIRE)
        damaged[bit // 8] ^= 1 << bit % 8
        with pytest.raises((CorruptError, LimitError, TruncatedError)):
            decode([bytes(damaged)])


def test_every_truncation_is_noticed_or_between_records() -> None:
    ends = [len(b"".join(map(encode_record, PAYLOADS[:count]))) for count in range(len(PAYLOADS))]
    for size in range(len(WIRE)):
        if size in ends:
            assert decode([WIRE[:size]]) == PAYLOADS[: ends.index(size)]
            continue
        with pytest.raises(TruncatedError) as caught:
            decode([WIRE[:size]])
        assert caught.value.needed
        assert caught.value.got < caught.value.needed


@quick
@given(st.binary(max_size=300))
def test_noise_gives_no_other_error(noise: bytes) -> None:
    try:
        decode([noise], limit=50)
    except Error as error:
        assert isinstance(error, CorruptError | LimitError | TruncatedError)  # noqa: PT017


def test_zeros_are_no_records() -> None:
    with pytest.raises(CorruptError):
        decode([bytes(80)])


def test_the_limit_is_exact() -> None:
    wire = encode_record(bytes(10))
    assert decode([wire], limit=10) == [bytes(10)]
    with pytest.raises(LimitError, match="10 bytes, where 9 are allowed") as caught:
        decode([wire[:8]], limit=9)  # before the payload is there
    assert caught.value.limit == 9


def test_a_damaged_payload_spoils_only_its_record() -> None:
    decoder = RecordDecoder()
    decoder.feed(encode_record(b"good")[:-1] + b"D" + encode_record(b"next"))
    with pytest.raises(CorruptError) as caught:
        decoder.record()
    assert isinstance(caught.value, RemoteProtocolError)
    assert decoder.record() == b"next"


def test_a_stream_goes_on_after_a_time_out_in_the_middle_of_a_record() -> None:
    left, right = memory_pair()
    wire = encode_record(b"slow")
    with left, right:
        left.send(wire[:9])
        with pytest.raises(TimeoutError):
            right.receive_record(timeout=0.01)
        left.send(wire[9:])
        assert right.receive_record() == b"slow"
        left.send(wire[:9])
        left.close_sending()
        with pytest.raises(TruncatedError) as caught:
            list(right.records())
        assert (caught.value.got, caught.value.needed) == (9, 12)


@given(st.binary(max_size=3000), st.integers(0, 0xFFFFFFFF))
def test_the_checksum_is_that_of_zlib(data: bytes, start: int) -> None:
    assert crc32(data, start) == zlib.crc32(data, start)
    assert crc32(memoryview(data)[1:]) == zlib.crc32(data[1:])


@pytest.mark.parametrize("size", [0, 1, GATHERED - 1, GATHERED, 1 << 20])
def test_records_over_sockets_are_those_of_the_encoder(size: int) -> None:
    payload = bytes(range(256)) * (size // 256) + bytes(size % 256)
    left, right = pair()
    with left, right:
        sending = threading.Thread(target=left.send_record, args=(payload,))
        sending.start()
        assert right.receive_exactly(HEADER_SIZE + size) == encode_record(payload)
        sending.join()
        sending = threading.Thread(target=left.send_record, args=(payload,))
        sending.start()
        assert right.receive_record() == payload
        sending.join()


def test_records_over_sockets_that_are_damaged_or_too_large() -> None:
    left, right = pair()
    with left, right:
        left.send(encode_record(b"whole")[:-1] + b"!")
        with pytest.raises(CorruptError):
            right.receive_record()
        left.send(encode_record(b"large"))
        with pytest.raises(LimitError):
            right.receive_record(4)
        assert right.receive_record() == b"large"
        left.send(encode_record(b"one") + encode_record(b"two")[:9])
        assert right.receive_record() == b"one"
        left.close()
        with pytest.raises(TruncatedError):
            right.receive_record()


ENDINGS = [b"", b"small", bytes(GATHERED), bytes(3 * GATHERED)]


@pytest.mark.parametrize("cut", [1, HEADER_SIZE - 1, HEADER_SIZE, HEADER_SIZE + 1, GATHERED, -1])
def test_large_records_in_a_row_and_what_comes_after_them(cut: int) -> None:
    large = [bytes([n]) * (GATHERED + n) for n in range(4)]
    first, second = pair()
    with first, second:
        for payload in [*large, *ENDINGS, large[0]]:
            sending = threading.Thread(target=first.send_record, args=(payload,))
            sending.start()
            assert second.receive_record() == payload
            sending.join()
        wire = encode_record(large[1])
        first.send(wire[:cut])
        first.close_sending()
        with pytest.raises(TruncatedError) as caught:
            second.receive_record()
        assert caught.value.got == len(wire[:cut])


def test_a_large_record_after_large_ones_is_checked_and_limited() -> None:
    large = encode_record(bytes(GATHERED))
    first, second = pair()
    with first, second:
        for _ in range(2):
            first.send(large)
            assert second.receive_record() == bytes(GATHERED)
        first.send(large[:-1] + b"\x01")
        with pytest.raises(CorruptError):
            second.receive_record()
        first.send(large)
        with pytest.raises(LimitError):
            second.receive_record(GATHERED - 1)
        assert second.receive_record(GATHERED) == bytes(GATHERED)
        first.send(large[:100])
        with pytest.raises(TimeoutError):
            second.receive_record(timeout=0.01)
        first.send(large[100:])
        assert second.receive_record() == bytes(GATHERED)


LARGE = [bytes([number]) * size for number, size in enumerate([GATHERED, 70_000, 3, 40_000])] * 2


@pytest.mark.parametrize("step", [1000, HEADER_SIZE + GATHERED, 65_536, 1 << 20])
def test_large_records_over_sockets_come_whole_however_they_were_cut(step: int) -> None:
    wire = b"".join(map(encode_record, LARGE))
    left, right = pair()
    with left, right:

        def send() -> None:
            for start in range(0, len(wire), step):
                left.send(wire[start : start + step])
            left.close_sending()

        sending = threading.Thread(target=send)
        sending.start()
        assert list(right.records()) == LARGE
        sending.join()


def test_closing_wakes_who_waits_for_the_rest_of_a_large_record() -> None:
    wire = encode_record(bytes(GATHERED))
    left, right = pair()
    with left:
        left.send(wire)
        right.receive_record()
        left.send(wire[: HEADER_SIZE + 5])
        raised: list[Error] = []

        def receive() -> None:
            try:
                right.receive_record()
            except Error as error:
                raised.append(error)

        receiving = threading.Thread(target=receive)
        receiving.start()
        while right.available:  # it has taken that, and waits for the rest
            pass
        right.close()
        receiving.join()
    assert [type(error) for error in raised] == [ClosedError]
