"""UDP (RFC 768)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from razem.wire.checksum import transport_checksum
from razem.wire.fields import Number
from razem.wire.registry import PROTOCOLS, UDP_PORTS
from razem.wire.value import Around, Value
from razem.wire.view import View

if TYPE_CHECKING:
    from collections.abc import Iterator

    from razem.wire.problems import Problem

__all__ = ["Udp", "UdpView"]

PROTOCOL: Final = 17


class UdpView(View):
    """A UDP header read in place."""

    NAME = "UDP"
    SIZE = 8

    __slots__ = ()

    source_port = Number(0, 2)
    destination_port = Number(2, 2)
    length = Number(4, 2)
    checksum = Number(6, 2, base=16)

    @property
    def extent(self) -> int:
        """What the length says; all there is for impossible ones and 0 (RFC 2675)."""
        if len(self.buffer) < self.SIZE or self.length < self.SIZE:
            return len(self.buffer)
        return min(self.length, len(self.buffer))

    def next_kind(self) -> type[View] | None:
        """Return what one of the two ports is known for."""
        return UDP_PORTS.kind(self.destination_port) or UDP_PORTS.kind(self.source_port)

    @property
    def checksum_ok(self) -> bool | None:
        """Whether the checksum is right; None without one (0), without IP, or when cut off."""
        ends = self.ends()
        if ends is None or len(self.buffer) < max(self.SIZE, self.length) or not self.whole:
            return None
        if not self.checksum and len(ends) == 8:
            return None  # RFC 768: none was made. RFC 8200 8.1: IPv6 does not allow that
        return transport_checksum(ends, PROTOCOL, self.buffer[: self.extent]) == 0

    def judge(self) -> Iterator[Problem]:
        """Tell an impossible length."""
        if self.length < self.SIZE:
            yield self.problem("length", f"is {self.length}, and the header alone has 8")
        elif self.length > len(self.buffer) and self.whole:
            yield self.problem("length", f"is {self.length}, {len(self.buffer)} are there")

    def line(self) -> str:
        """Return the ports."""
        return f"UDP {self.source_port} > {self.destination_port}"


@dataclass(frozen=True, slots=True)
class Udp(Value[UdpView]):
    """A UDP header: length and checksum are filled in. The checksum is 0 where no IP is below."""

    VIEW = UdpView
    FILLED = ("length", "checksum")

    source_port: int
    destination_port: int
    length: int | None = None
    checksum: int | None = None

    def assemble(self, payload: bytes, around: Around) -> bytes:
        """Return the header and the payload."""
        built = bytes(self.header(length=self.VIEW.SIZE + len(payload), checksum=0)) + payload
        if self.checksum is None and around.ends is not None:
            checksum = (
                transport_checksum(around.ends, PROTOCOL, built) or 0xFFFF
            )  # RFC 768: 0 is none
            built = built[:6] + checksum.to_bytes(2, "big") + payload
        return built


PROTOCOLS.add(UdpView, PROTOCOL)
