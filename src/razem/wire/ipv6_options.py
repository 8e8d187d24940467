"""Extension headers of IPv6 with options: hop-by-hop and destination (RFC 8200 4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from razem.errors import LocalProtocolError
from razem.wire.fields import Items, Number
from razem.wire.ipv4 import protocol_of
from razem.wire.problems import FieldError, Problem
from razem.wire.registry import PROTOCOLS
from razem.wire.value import Around, Value
from razem.wire.view import View

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = [
    "DestinationOptions",
    "DestinationOptionsView",
    "HopByHop",
    "HopByHopView",
    "Ipv6ExtensionView",
    "Ipv6Option",
]

PAD1: Final = 0
PADN: Final = 1
HOME: Final = 0xC9
NAMES: Final = {  # IANA Destination Options and Hop-by-Hop Options
    PAD1: "pad 1",
    PADN: "pad",
    5: "router alert",
    0xC2: "jumbo payload",
    0x26: "quick start",
    HOME: "home address",
}


@dataclass(frozen=True, slots=True)
class Ipv6Option:
    """An option of the hop-by-hop or destination options header; `data` is empty for Pad1."""

    kind: int
    data: bytes = b""

    def __str__(self) -> str:
        return f"{NAMES.get(self.kind, f'option {self.kind}')} {self.data.hex()}".rstrip()


class Ipv6ExtensionView(View):
    """What the extension headers have in common: who follows, and how long they are."""

    SIZE = 2

    __slots__ = ()

    next_header = Number(0, 1, names=PROTOCOLS.name)
    length = Number(1, 1)  # units of 8 bytes, without the first

    @property
    def header_length(self) -> int:
        """What the header says."""
        return (self.length + 1) * 8

    def next_kind(self) -> type[View] | None:
        """Return what the next header stands for."""
        return PROTOCOLS.kind(self.next_header)

    def judge(self) -> Iterator[Problem]:
        """Tell when the header is longer than what is there."""
        if self.header_length > len(self.buffer):
            wanted = f"wants {self.header_length} bytes, and {len(self.buffer)} are there"
            yield Problem(self.NAME, "length", self.start + 1, wanted)

    def line(self) -> str:
        """Return its name."""
        return self.NAME.removeprefix("IPv6 ")


class _OptionsView(Ipv6ExtensionView):
    __slots__ = ()

    @Items
    def options(self) -> Iterator[Ipv6Option]:
        """The options with their padding, as many as can be read."""
        place, data = 2, self.buffer[: self.header_length]
        while place < len(data):
            if data[place] == PAD1:
                yield Ipv6Option(PAD1)
                place += 1
                continue
            end = place + 2 + (data[place + 1] if place + 1 < len(data) else 0)
            if place + 1 >= len(data) or end > len(data):
                message = f"option {data[place]} is longer than the header"
                raise FieldError(Problem(self.NAME, "options", self.start + place, message))
            yield Ipv6Option(data[place], bytes(data[place + 2 : end]))
            place = end
        self.demand_header("options")


class HopByHopView(_OptionsView):
    """Options for every router on the way (RFC 8200 4.3)."""

    NAME = "IPv6 hop-by-hop options"

    __slots__ = ()


class DestinationOptionsView(_OptionsView):
    """Options for the destination (RFC 8200 4.6)."""

    NAME = "IPv6 destination options"

    __slots__ = ()

    def ends(self) -> bytes | None:
        """Return the home address of a mobile sender, where there is one, and the destination."""
        return _from_home(super().ends(), self.options)


@dataclass(frozen=True, slots=True)
class _Options:
    """What both headers of options have. They are filled up to a multiple of 8 bytes."""

    options: tuple[Ipv6Option, ...] = ()
    next_header: int | None = None
    length: int | None = None


def _assemble_options(
    layer: HopByHop | DestinationOptions, payload: bytes, around: Around
) -> bytes:
    built = b"".join(map(_built_option, layer.options))
    missing = -(2 + len(built)) % 8
    if missing:  # RFC 8200 4.2: Pad1 for one byte, PadN for more
        built += b"\0" if missing == 1 else bytes([PADN, missing - 2]) + bytes(missing - 2)
    header = layer.header(
        next_header=protocol_of(layer.next_header, around.above, layer.VIEW.NAME),
        length=(2 + len(built)) // 8 - 1,
    )
    return bytes(header) + built + payload


def _built_option(option: Ipv6Option) -> bytes:
    if not 0 <= option.kind < 256 or len(option.data) > 255:
        raise LocalProtocolError(
            f"an option of IPv6 is 0 to 255 and has up to 255 bytes, not {option}."
        )
    if option.kind == PAD1:
        return b"\0"
    return bytes([option.kind, len(option.data)]) + option.data


@dataclass(frozen=True, slots=True)
class HopByHop(_Options, Value[HopByHopView]):
    """Options for every router on the way."""

    VIEW = HopByHopView
    FILLED = ("next_header", "length")

    def assemble(self, payload: bytes, around: Around) -> bytes:
        """Return the header and the payload."""
        return _assemble_options(self, payload, around)


@dataclass(frozen=True, slots=True)
class DestinationOptions(_Options, Value[DestinationOptionsView]):
    """Options for the destination."""

    VIEW = DestinationOptionsView
    FILLED = ("next_header", "length")

    def assemble(self, payload: bytes, around: Around) -> bytes:
        """Return the header and the payload."""
        return _assemble_options(self, payload, around)

    def ends(self, ends: bytes | None) -> bytes | None:
        """Return the home address of a mobile sender, where there is one, and the destination."""
        return _from_home(ends, self.options)


def _from_home(ends: bytes | None, options: Iterable[Ipv6Option]) -> bytes | None:
    """Put the home address in the place of the source, as sums are made (RFC 6275 6.3, 11.3.1)."""
    homes = [each.data for each in options if each.kind == HOME and len(each.data) == 16]
    return homes[0] + ends[16:] if homes and ends is not None and len(ends) == 32 else ends


PROTOCOLS.add(HopByHopView, 0)
PROTOCOLS.add(DestinationOptionsView, 60)
