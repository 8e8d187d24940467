"""TCP (RFC 9293; ECN of RFC 3168, the ninth flag of RFC 9768)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag
from typing import TYPE_CHECKING, Final, TypeVar

from razem.wire.checksum import transport_checksum
from razem.wire.fields import Converted, Items, Number
from razem.wire.registry import PROTOCOLS
from razem.wire.tcp_options import TcpOption, build_tcp_options, read_tcp_options
from razem.wire.value import Around, Value
from razem.wire.view import View

if TYPE_CHECKING:
    from collections.abc import Iterator

    from razem.wire.problems import Problem

__all__ = ["Tcp", "TcpFlags", "TcpView"]

PROTOCOL: Final = 6


class TcpFlags(IntFlag):
    """The flags, as they stand in the lowest nine bits."""

    FIN = 1
    SYN = 2
    RST = 4
    PSH = 8
    ACK = 16
    URG = 32
    ECE = 64
    CWR = 128
    AE = 256

    def __str__(self) -> str:
        return " ".join(flag.name or "" for flag in type(self) if flag in self) or "no flags"


class TcpView(View):
    """A TCP header read in place."""

    NAME = "TCP"
    SIZE = 20

    __slots__ = ()

    source_port = Number(0, 2)
    destination_port = Number(2, 2)
    sequence = Number(4, 4)
    acknowledgement = Number(8, 4)
    header_words = Number(12, 1, shift=4)
    reserved = Number(12, 1, shift=1, width=3)
    flags = Converted(
        12,
        2,
        lambda data: TcpFlags(int.from_bytes(data, "big") & 0x1FF),
        lambda flags: (flags & 0x1FF).to_bytes(2, "big"),
    )
    window = Number(14, 2)
    checksum = Number(16, 2, base=16)
    urgent = Number(18, 2)

    @Items
    def options(self) -> Iterator[TcpOption]:
        """The options, as many as can be read."""
        yield from read_tcp_options(
            self.buffer[self.SIZE : self.header_length], self.start + self.SIZE
        )
        self.demand_header("options")

    def option(self, kind: type[OptionT]) -> OptionT | None:
        """Return the first option of a kind, None if there is none."""
        return next((each for each in self.options if isinstance(each, kind)), None)

    @property
    def header_length(self) -> int:
        """What the header says, and at least 20."""
        return max(self.header_words * 4, self.SIZE)

    def next_kind(self) -> type[View] | None:
        """Return what the payload looks like."""
        if not self.payload:
            return None
        from razem.wire.application import kind_in_stream  # noqa: PLC0415  has half of all formats

        return kind_in_stream(self.payload, self.source_port, self.destination_port)

    @property
    def checksum_ok(self) -> bool | None:
        """Whether the checksum is right; None without IP, or in a fragment or a cut packet."""
        ends = self.ends()
        if ends is None or len(self.buffer) < self.SIZE or not self.whole:
            return None
        return transport_checksum(ends, PROTOCOL, self.buffer) == 0

    def judge(self) -> Iterator[Problem]:
        """Tell an impossible length of the header."""
        if self.header_words < 5:
            yield self.problem("header_words", f"is {self.header_words}, and at least 5")
        elif self.header_length > len(self.buffer):
            wanted = f"wants {self.header_length} bytes, and {len(self.buffer)} are there"
            yield self.problem("header_words", wanted)

    def line(self) -> str:
        """Return the ports, the flags and the numbers."""
        numbers = f"seq {self.sequence}"
        if self.flags & TcpFlags.ACK:
            numbers += f" ack {self.acknowledgement}"
        return f"TCP {self.source_port} > {self.destination_port} {self.flags} {numbers}"


@dataclass(frozen=True, slots=True)
class Tcp(Value[TcpView]):
    """A TCP header: its length and checksum are filled in; the latter is 0 without IP below."""

    VIEW = TcpView
    FILLED = ("header_words", "checksum")

    source_port: int
    destination_port: int
    flags: TcpFlags = TcpFlags.ACK
    sequence: int = 0
    acknowledgement: int = 0
    window: int = 65535  # as it stands, not scaled
    options: tuple[TcpOption, ...] = ()
    urgent: int = 0
    reserved: int = 0
    header_words: int | None = None
    checksum: int | None = None

    def assemble(self, payload: bytes, around: Around) -> bytes:
        """Return the header, its options, and the payload."""
        options = build_tcp_options(self.options)
        words = (self.VIEW.SIZE + len(options)) // 4
        header = self.header(header_words=words, checksum=0) + options
        if self.checksum is None and around.ends is not None:
            checksum = transport_checksum(around.ends, PROTOCOL, header + payload)
            header[16:18] = checksum.to_bytes(2, "big")
        return bytes(header) + payload


OptionT = TypeVar("OptionT", bound=TcpOption)
PROTOCOLS.add(TcpView, PROTOCOL)
