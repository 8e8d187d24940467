"""Options of IPv4 (RFC 791 3.1)."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Final, Self

from razem.errors import LocalProtocolError
from razem.wire.problems import FieldError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Ipv4Option", "build_ipv4_options", "final_destination", "read_ipv4_options"]

END: Final = 0
NO_OPERATION: Final = 1
NAMES: Final = {  # IANA IP Option Numbers, with the copied flag
    END: "end",
    NO_OPERATION: "no operation",
    7: "record route",
    68: "timestamp",
    130: "security",
    131: "loose source route",
    137: "strict source route",
    148: "router alert",
}
_ROUTES: Final = {7, 131, 137}


@dataclass(frozen=True, slots=True)
class Ipv4Option:
    """One option: its kind and what it holds; `data` is empty for the kinds 0 and 1.

    >>> print(Ipv4Option.route([IPv4Address("10.0.0.1")], kind=131))
    loose source route 10.0.0.1
    """

    kind: int
    data: bytes = b""

    @classmethod
    def route(cls, addresses: Iterable[IPv4Address], *, kind: int = 7, pointer: int = 4) -> Self:
        """Return a route to be recorded (7), or to be taken loosely (131) or strictly (137)."""
        return cls(kind, bytes([pointer]) + b"".join(each.packed for each in addresses))

    @property
    def name(self) -> str:
        """What the kind stands for."""
        return NAMES.get(self.kind, f"option {self.kind}")

    @property
    def addresses(self) -> tuple[IPv4Address, ...]:
        """The addresses of a route, whole ones only."""
        if self.kind not in _ROUTES:
            return ()
        places = range(1, len(self.data) - 3, 4)
        return tuple(IPv4Address(self.data[place : place + 4]) for place in places)

    def __str__(self) -> str:
        shown = ", ".join(map(str, self.addresses)) or self.data.hex()
        return f"{self.name} {shown}".rstrip()


def final_destination(options: Iterable[Ipv4Option]) -> bytes | None:
    """Return where a source route ends, if there is one that is not done: sums are made with that.

    RFC 9293 3.1 has the destination in the pseudo header, and RFC 791 3.1 puts that at the end of
    the route while the packet is on its way.
    """
    for option in options:
        if option.kind in {131, 137} and option.addresses:
            done = option.data[0] > 2 + len(option.data)
            return None if done else option.addresses[-1].packed
    return None


def read_ipv4_options(data: memoryview, start: int) -> Iterator[Ipv4Option]:
    """Give the options; an end is given only where something other than zeros follows, or it fits.

    Raises:
        FieldError: one has an impossible length; `start` is where they are in the packet.
    """
    place = 0
    while place < len(data):
        kind = data[place]
        if kind == END and not any(data[place:]):
            return
        if kind in {END, NO_OPERATION}:
            yield Ipv4Option(kind)
            place += 1
            continue
        length = data[place + 1] if place + 1 < len(data) else 0
        if length < 2 or place + length > len(data):
            message = f"{NAMES.get(kind, kind)}: the length {length} is not possible"
            raise FieldError(Problem("IPv4", "options", start + place, message))
        yield Ipv4Option(kind, bytes(data[place + 2 : place + length]))
        place += length


def build_ipv4_options(options: Iterable[Ipv4Option]) -> bytes:
    """Return the options, filled up with zeros to whole words.

    Raises:
        LocalProtocolError: they have more than 40 bytes.
    """
    built = b"".join(map(_build, options))
    if len(built) > 40:
        raise LocalProtocolError(f"options of IPv4 have 40 bytes at the most, not {len(built)}.")
    return built + bytes(-len(built) % 4)


def _build(option: Ipv4Option) -> bytes:
    if not 0 <= option.kind < 256 or len(option.data) > 38:
        raise LocalProtocolError(f"an option of IPv4 is 0 to 255 and has up to 38 bytes: {option}.")
    if option.kind in {END, NO_OPERATION}:
        return bytes([option.kind])
    return bytes([option.kind, len(option.data) + 2]) + option.data
