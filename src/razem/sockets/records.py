"""Records: messages with their boundaries kept and their bytes checked; no I/O.

On the wire a record is::

    length    4 bytes, big-endian: of the payload
    checksum  4 bytes, big-endian: CRC-32 (as in zlib and ISO 3309) of the length and the payload
    payload

The checksum covers the length too, so that a run of zeros is not a run of empty records. It
notices damage, not malice: against that there is TLS.
"""

from __future__ import annotations

import struct
from typing import Final

from razem.errors import CorruptError, LimitError, TruncatedError
from razem.sockets.buffer import ReceiveBuffer
from razem.sockets.crc import crc32

__all__ = [
    "GATHERED",
    "HEADER_SIZE",
    "MAX_RECORD",
    "RecordDecoder",
    "checked_payload",
    "encode_record",
    "payload_length",
    "record_header",
    "take_record",
    "whole_record",
]

GATHERED: Final = 16 * 1024  # bytes of a payload, from which the system puts a record together
MAX_RECORD: Final = 16 * 1024 * 1024  # bytes of a payload, unless the caller sets a limit

_HEADER: Final = struct.Struct("!II")
_LENGTH: Final = struct.Struct("!I")
HEADER_SIZE: Final = _HEADER.size


def encode_record(payload: bytes | bytearray | memoryview) -> bytes:
    """Return the record that carries `payload`.

    >>> encode_record(b"hello").hex(" ", -4)
    '00000005 46f6d486 68656c6c 6f'

    Raises:
        LimitError: the payload has 4 GiB or more.
    """
    if type(payload) is not bytes:
        payload = memoryview(payload).cast("B")
    return b"".join((record_header(payload), payload))


def record_header(payload: bytes | memoryview) -> bytes:
    """Return what comes before `payload` in its record.

    Raises:
        LimitError: the payload has 4 GiB or more.
    """
    size = len(payload)
    if size >= 1 << 32:
        raise LimitError(
            f"a record holds less than 4 GiB, and this has {size} bytes.",
            limit=(1 << 32) - 1,
            advice="Cut it into several.",
        )
    length = _LENGTH.pack(size)
    return length + _LENGTH.pack(crc32(payload, crc32(length)))


def take_record(buffer: ReceiveBuffer, limit: int) -> bytes | None:
    """Take the payload of the next record; None while more must arrive first.

    Args:
        buffer: what has arrived.
        limit: bytes of a payload at the most.

    Raises:
        LimitError: the record is larger; it stays.
        CorruptError: its checksum is wrong; it is dropped. If only its payload was damaged, the
            next one is right; if its length was, nothing is any more.
        TruncatedError: the end came in the middle of it, or (`got` is 0) instead of it.
    """
    header = buffer.peek(HEADER_SIZE)
    size = len(buffer)
    if header is None:
        if buffer.ended:
            raise _truncated(HEADER_SIZE, size)
        return None
    length, checksum = _HEADER.unpack(header)
    if length > limit:
        raise LimitError(
            f"a record of {length} bytes, where {limit} are allowed.",
            limit=limit,
            stage="read",
            advice="Set a higher limit, or check that the peer sends records.",
        )
    if size < HEADER_SIZE + length:
        if buffer.ended:
            raise _truncated(HEADER_SIZE + length, size)
        return None
    buffer.exactly(HEADER_SIZE)
    payload = buffer.exactly(length) or b""
    if crc32(payload, crc32(header[:4])) != checksum:
        raise CorruptError(
            f"a record of {length} bytes was damaged on its way.",
            stage="read",
            advice="Close the connection, and ask for it again on another.",
        )
    return payload


def whole_record(data: bytes, limit: int) -> bytes | None:
    """Return the payload of a record that is there from the first byte to the last.

    None for anything else, a damaged one too: `take_record` says what it is.
    """
    if len(data) < HEADER_SIZE:
        return None
    length, checksum = _HEADER.unpack_from(data)
    if length > limit or len(data) != HEADER_SIZE + length:
        return None
    payload = data[HEADER_SIZE:]
    return payload if crc32(payload, crc32(data[:4])) == checksum else None


def payload_length(header: bytes, limit: int) -> int | None:
    """Return the length that a header tells; None if it is no whole header, or over the limit."""
    if len(header) != HEADER_SIZE:
        return None
    length: int = _LENGTH.unpack_from(header)[0]
    return length if length <= limit else None


def checked_payload(header: bytes, payload: bytes) -> bytes | None:
    """Return the payload, if it is the one that the whole header tells of; None otherwise."""
    length, checksum = _HEADER.unpack(header)
    if len(payload) != length or crc32(payload, crc32(header[:4])) != checksum:
        return None
    return payload


class RecordDecoder:
    """Records out of a stream of bytes, however it was cut.

    >>> decoder = RecordDecoder()
    >>> decoder.feed(encode_record(b"one") + encode_record(b"two")[:5])
    >>> decoder.record(), decoder.record()
    (b'one', None)

    Args:
        limit: bytes of a payload at the most.
    """

    def __init__(self, limit: int = MAX_RECORD) -> None:
        self._limit = limit
        self._buffer = ReceiveBuffer()

    @property
    def exhausted(self) -> bool:
        """Whether the stream has ended, at the end of a record, and all were taken."""
        return self._buffer.exhausted

    def feed(self, data: bytes) -> None:
        """Add what arrived."""
        self._buffer.feed(data)

    def end(self) -> None:
        """Tell that nothing more will arrive."""
        self._buffer.end()

    def record(self) -> bytes | None:
        """Take the next payload; None while more must arrive first, and when `exhausted`.

        Raises:
            LimitError: the record is larger than the limit.
            CorruptError: its checksum is wrong; it is dropped.
            TruncatedError: the end came in the middle of it.
        """
        return None if self._buffer.exhausted else take_record(self._buffer, self._limit)


def _truncated(needed: int, got: int) -> TruncatedError:
    message = f"the stream ended after {got} of {needed} bytes of a record."
    return TruncatedError(message, needed=needed, got=got, stage="read")
