"""Options of TCP (RFC 9293 3.1): those with a meaning as values of their own."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from razem.errors import LocalProtocolError
from razem.wire.problems import FieldError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = [
    "EndOfOptions",
    "FastOpen",
    "MaximumSegmentSize",
    "Mptcp",
    "NoOperation",
    "OtherTcpOption",
    "Sack",
    "SackPermitted",
    "TcpOption",
    "Timestamps",
    "WindowScale",
    "build_tcp_options",
    "read_tcp_options",
]


@dataclass(frozen=True, slots=True)
class EndOfOptions:
    """The end, where something other than zeros follows (RFC 9293 3.1)."""

    def __str__(self) -> str:
        return "end"


@dataclass(frozen=True, slots=True)
class NoOperation:
    """Nothing, so that what follows stands at a whole word (RFC 9293 3.1)."""

    def __str__(self) -> str:
        return "no operation"


@dataclass(frozen=True, slots=True)
class MaximumSegmentSize:
    """The largest segment that the sender wants to receive, in bytes (RFC 9293 3.7.1)."""

    size: int

    def __str__(self) -> str:
        return f"maximum segment size {self.size}"


@dataclass(frozen=True, slots=True)
class WindowScale:
    """By how many bits windows are to be shifted (RFC 7323 2)."""

    shift: int

    def __str__(self) -> str:
        return f"window scale {self.shift}"


@dataclass(frozen=True, slots=True)
class SackPermitted:
    """The sender understands selective acknowledgements (RFC 2018 2)."""

    def __str__(self) -> str:
        return "SACK permitted"


@dataclass(frozen=True, slots=True)
class Sack:
    """What arrived past a gap: each block's first number, and that after its last (RFC 2018)."""

    blocks: tuple[tuple[int, int], ...]

    def __str__(self) -> str:
        return "SACK " + " ".join(f"{left}-{right}" for left, right in self.blocks)


@dataclass(frozen=True, slots=True)
class Timestamps:
    """The sender's clock, and the last that it saw of its peer's (RFC 7323 3)."""

    value: int
    echo: int = 0

    def __str__(self) -> str:
        return f"timestamp {self.value} echo {self.echo}"


@dataclass(frozen=True, slots=True)
class FastOpen:
    """A cookie, or (empty) the wish for one (RFC 7413 2)."""

    cookie: bytes = b""

    def __str__(self) -> str:
        return f"fast open {self.cookie.hex()}".rstrip()


@dataclass(frozen=True, slots=True)
class Mptcp:
    """An option of Multipath TCP as it stands (RFC 8684 3)."""

    data: bytes

    def __str__(self) -> str:
        return f"MPTCP {self.data.hex()}"


@dataclass(frozen=True, slots=True)
class OtherTcpOption:
    """An option that we do not know, or one whose length is not that of its kind."""

    kind: int
    data: bytes = b""

    def __str__(self) -> str:
        return f"option {self.kind} {self.data.hex()}".rstrip()


TcpOption = (
    EndOfOptions
    | NoOperation
    | MaximumSegmentSize
    | WindowScale
    | SackPermitted
    | Sack
    | Timestamps
    | FastOpen
    | Mptcp
    | OtherTcpOption
)

_END: Final = 0
_NO_OPERATION: Final = 1


def read_tcp_options(data: memoryview, start: int) -> Iterator[TcpOption]:
    """Give the options; the zeros that fill up the header are none.

    Raises:
        FieldError: one has an impossible length; `start` is where they are in the packet.
    """
    place = 0
    while place < len(data):
        kind = data[place]
        if kind == _END and not any(data[place:]):
            return
        if kind in {_END, _NO_OPERATION}:
            yield NoOperation() if kind else EndOfOptions()
            place += 1
            continue
        length = data[place + 1] if place + 1 < len(data) else 0
        if length < 2 or place + length > len(data):
            message = f"option {kind}: the length {length} is not possible"
            raise FieldError(Problem("TCP", "options", start + place, message))
        yield _read(kind, bytes(data[place + 2 : place + length]))
        place += length


def _read(kind: int, data: bytes) -> TcpOption:
    match kind, len(data):
        case 2, 2:
            return MaximumSegmentSize(int.from_bytes(data, "big"))
        case 3, 1:
            return WindowScale(data[0])
        case 4, 0:
            return SackPermitted()
        case 5, size if size and size % 8 == 0:
            return Sack(tuple(struct.iter_unpack("!II", data)))
        case 8, 8:
            return Timestamps(*struct.unpack("!II", data))
        case 30, _:
            return Mptcp(data)
        case 34, _:
            return FastOpen(data)
    return OtherTcpOption(kind, data)


def build_tcp_options(options: Iterable[TcpOption]) -> bytes:
    """Return the options, filled up with zeros to whole words.

    Raises:
        LocalProtocolError: they have more than 40 bytes, or a number does not fit.
    """
    try:
        built = b"".join(map(_build, options))
    except (struct.error, ValueError) as error:
        raise LocalProtocolError(f"an option of TCP cannot be built: {error}.") from error
    if len(built) > 40:
        raise LocalProtocolError(f"options of TCP have 40 bytes at the most, not {len(built)}.")
    return built + bytes(-len(built) % 4)


def _build(option: TcpOption) -> bytes:  # noqa: C901  one case for each kind
    match option:
        case EndOfOptions():
            return b"\0"
        case NoOperation():
            return b"\1"
        case MaximumSegmentSize(size):
            return struct.pack("!BBH", 2, 4, size)
        case WindowScale(shift):
            return struct.pack("!BBB", 3, 3, shift)
        case SackPermitted():
            return b"\4\2"
        case Sack(blocks):
            return _sized(5, b"".join(struct.pack("!II", *block) for block in blocks))
        case Timestamps(value, echo):
            return struct.pack("!BBII", 8, 10, value, echo)
        case FastOpen(cookie):
            return _sized(34, cookie)
        case Mptcp(data):
            return _sized(30, data)
        case OtherTcpOption(kind, data):
            return _sized(kind, data)


def _sized(kind: int, data: bytes) -> bytes:
    return bytes([kind, len(data) + 2]) + data
