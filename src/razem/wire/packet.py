"""A packet: its layers, walked from the outermost to the data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

from razem.errors import LocalProtocolError
from razem.wire import showing
from razem.wire.problems import FieldError, Problem
from razem.wire.registry import LINKS
from razem.wire.value import Raw, RawView, Stack, Value
from razem.wire.view import View

if TYPE_CHECKING:
    from collections.abc import Buffer, Iterator  # type: ignore[attr-defined,unused-ignore]

__all__ = ["MAX_LAYERS", "Packet"]

MAX_LAYERS: Final = 32  # the rest is data: real packets have a dozen

V = TypeVar("V", bound=View)


class Packet:
    """A packet of any kind, read in place.

    >>> from ipaddress import IPv4Address
    >>> from razem.wire import Ethernet, Ipv4, MacAddress, Udp
    >>> frame = Ethernet(MacAddress("02:00:00:00:00:01"), MacAddress("02:00:00:00:00:02"))
    >>> frame /= Ipv4(IPv4Address("10.0.0.1"), IPv4Address("10.0.0.2")) / Udp(1024, 9) / b"hello"
    >>> packet = Packet(frame.build())
    >>> print(packet)
    02:00:00:00:00:02 > 02:00:00:00:00:01 / 10.0.0.1 > 10.0.0.2 / UDP 1024 > 9 / 5 bytes
    >>> packet[Ipv4].ttl, Udp in packet, bytes(packet.payload)
    (64, True, b'hello')

    Args:
        data: the bytes; they are not copied.
        link: what they begin with: a number of libpcap's link types (1 is Ethernet, 101 is IP), or
            a value's class, such as `Ipv4`.

    Attributes:
        layers: the views, outermost first, without the data that is left.
        payload: what the last layer carries and nobody takes apart, in place.
        trailer: what follows the end of the layers, in place: Ethernet's padding, say.
    """

    def __init__(self, data: Buffer, link: int | type[Value[Any]] = 1) -> None:
        self.data = memoryview(data).cast("B")
        kind = LINKS.kind(link) if isinstance(link, int) else link.VIEW
        self.layers: list[View] = []
        self.payload = self.data
        below: View | None = None
        start, end = 0, len(self.data)
        while kind and (start < end or not below) and len(self.layers) < MAX_LAYERS:
            below = kind(self.data[start:end], start, below)
            try:
                start, end = start + min(below.header_length, below.extent), start + below.extent
                kind = below.next_kind()
            except FieldError:
                start, kind = end, None
            self.layers.append(below)
        self.payload = self.data[start:end]
        self.trailer = self.data[end:]

    def get(self, kind: type[Value[V]], index: int = 0) -> V | None:
        """Return the layer of a kind, the outermost first; None if there are not so many."""
        found = [layer for layer in self.layers if isinstance(layer, kind.VIEW)]
        return found[index] if index < len(found) else None  # type: ignore[return-value]

    def __getitem__(self, kind: type[Value[V]]) -> V:
        found = self.get(kind)
        if found is None:
            raise LocalProtocolError(f"the packet has no {kind.VIEW.NAME}: {self}.")
        return found

    def __contains__(self, kind: type[Value[Any]]) -> bool:
        return self.get(kind) is not None

    def __iter__(self) -> Iterator[View]:
        return iter(self.layers)

    def __len__(self) -> int:
        return len(self.data)

    def __bytes__(self) -> bytes:
        return bytes(self.data)

    @property
    def problems(self) -> list[Problem]:
        """What is cut off or malformed, in the order of the packet; checksums are not looked at."""
        found = [problem for layer in self.layers for problem in layer.problems()]
        if len(self.layers) == MAX_LAYERS and self.payload:
            start = len(self.data) - len(self.trailer) - len(self.payload)
            found.append(Problem("packet", "layers", start, f"there are more than {MAX_LAYERS}"))
        return found

    def wrong_checksums(self) -> list[Problem]:
        """Verify all checksums; return those that are wrong.

        A packet that was captured where it was sent may have some, which the card fills in later.
        """
        wrong = [layer for layer in self.layers if layer.checksum_ok is False]
        return [layer.problem("checksum", "does not fit what it covers") for layer in wrong]

    def value(self) -> Stack:
        """Return what builds this packet; a layer that is broken, and what follows, as `Raw`."""
        end = len(self.data) - len(self.trailer)
        readable, rest = list(self.layers), bytes(self.payload)
        for index, layer in enumerate(self.layers):
            try:
                layer.attributes()
            except FieldError:
                readable = self.layers[:index]
                rest = bytes(self.data[layer.start : end])
                break
        values: list[Value[Any]] = [Raw(rest)] if rest else []
        carried = rest
        for layer in reversed(readable):
            values.insert(0, layer.value(carried, type(values[0]) if values else Raw))
            carried = bytes(self.data[layer.start : end])
        return Stack(tuple(values), bytes(self.trailer))

    def __str__(self) -> str:
        return showing.line(self)

    def __repr__(self) -> str:
        return f"<Packet {self}>"

    def tree(self) -> str:
        """Return every field of every layer, a line each, for people."""
        return showing.tree(self)

    def facts(self) -> dict[str, Any]:
        """Return every field of every layer as plain values, for JSON."""
        return showing.facts(self)

    def to_json(self) -> str:
        """Return the facts as one line of JSON."""
        return showing.to_json(self)

    def views(self) -> Iterator[View]:
        """Give the layers, and the data that is left as one more."""
        yield from self.layers
        if self.payload:
            start = len(self.data) - len(self.trailer) - len(self.payload)
            yield RawView(self.payload, start, self.layers[-1] if self.layers else None)
