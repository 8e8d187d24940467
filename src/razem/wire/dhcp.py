"""DHCP for IPv4 (RFC 2131, options of RFC 2132)."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Final

from razem.errors import LocalProtocolError
from razem.wire.cursor import Cursor
from razem.wire.fields import Derived, Flag, Items, Number, ipv4, raw
from razem.wire.mac import MacAddress
from razem.wire.registry import UDP_PORTS
from razem.wire.value import Around, Value
from razem.wire.view import View

if TYPE_CHECKING:
    from collections.abc import Iterator

    from razem.wire.problems import Problem

__all__ = ["Dhcp", "DhcpOption", "DhcpView"]

COOKIE: Final = 0x63825363  # RFC 2131 3: what tells DHCP from BOOTP
PAD: Final = 0
END: Final = 255
MESSAGES: Final = {  # RFC 2132 9.6
    1: "discover",
    2: "offer",
    3: "request",
    4: "decline",
    5: "acknowledge",
    6: "refuse",
    7: "release",
    8: "inform",
}
NAMES: Final = {  # IANA BOOTP Vendor Extensions and DHCP Options
    PAD: "pad",
    1: "subnet mask",
    3: "routers",
    6: "name servers",
    12: "host name",
    15: "domain",
    26: "mtu",
    28: "broadcast",
    42: "time servers",
    50: "requested address",
    51: "lease seconds",
    53: "message",
    54: "server",
    55: "wanted options",
    57: "greatest message",
    58: "renewal seconds",
    59: "rebinding seconds",
    60: "vendor class",
    61: "client identifier",
    119: "search domains",
    END: "end",
}
_ADDRESSES: Final = {1, 3, 6, 28, 42, 50, 54}
_NUMBERS: Final = {26, 51, 57, 58, 59}
_TEXTS: Final = {12, 15, 60}


@dataclass(frozen=True, slots=True)
class DhcpOption:
    r"""One option: its number and what it holds; `data` is empty for padding (0) and the end (255).

    >>> print(DhcpOption(53, b"\x01"), DhcpOption(6, bytes([10, 0, 0, 1])), sep=", ")
    message discover, name servers 10.0.0.1
    """

    kind: int
    data: bytes = b""

    @property
    def addresses(self) -> tuple[IPv4Address, ...]:
        """The addresses that it holds, if it does."""
        if self.kind not in _ADDRESSES:
            return ()
        places = range(0, len(self.data) - 3, 4)
        return tuple(IPv4Address(self.data[place : place + 4]) for place in places)

    def __str__(self) -> str:
        name, shown = NAMES.get(self.kind, f"option {self.kind}"), self.data.hex()
        if self.kind == 53 and len(self.data) == 1:
            shown = MESSAGES.get(self.data[0], str(self.data[0]))
        elif self.addresses:
            shown = " ".join(map(str, self.addresses))
        elif self.kind in _NUMBERS:
            shown = str(int.from_bytes(self.data, "big"))
        elif self.kind in _TEXTS:
            shown = repr(self.data.decode("utf-8", "replace"))
        return f"{name} {shown}".rstrip()


class DhcpView(View):
    """A DHCP message read in place."""

    NAME = "DHCP"
    SIZE = 240

    __slots__ = ()

    operation = Number(0, 1, names={1: "request", 2: "reply"})
    hardware_type = Number(1, 1, names={1: "Ethernet"})
    hardware_size = Number(2, 1)
    hops = Number(3, 1)
    transaction = Number(4, 4, base=16)
    seconds = Number(8, 2)
    broadcast = Flag(10, 15, size=2)
    flags = Number(10, 2, width=15)
    client = ipv4(12)  # ciaddr: what it has already
    your = ipv4(16)  # yiaddr: what it is given
    server = ipv4(20)  # siaddr: where to boot from
    relay = ipv4(24)  # giaddr
    hardware = raw(28, 16)
    server_name = raw(44, 64)
    file = raw(108, 128)
    cookie = Number(236, 4, base=16)

    @Items
    def options(self) -> Iterator[DhcpOption]:
        """The options with padding and end, as many as can be read."""
        cursor = Cursor(self.buffer, self.NAME, self.start, place=self.SIZE)
        cursor.field = "options"
        while cursor.left > 0:
            kind = cursor.number(1)
            yield DhcpOption(kind, b"" if kind in {PAD, END} else cursor.prefixed(1))
            if kind == END:
                return

    @Derived
    def mac(self) -> MacAddress | None:
        """The client's card, where it is Ethernet."""
        there = self.hardware_size == 6
        return MacAddress(self.hardware[:6]) if there else None

    def option(self, kind: int) -> bytes | None:
        """Return what the options of a kind hold, put together (RFC 3396); None without any."""
        found = [option.data for option in self.options if option.kind == kind]
        return b"".join(found) if found else None

    @Derived
    def message(self) -> str | None:
        """Which message it is, such as "discover"."""
        kind = self.option(53)
        return MESSAGES.get(kind[0], str(kind[0])) if kind else None

    @property
    def header_length(self) -> int:
        """The options up to their end; padding behind it is payload."""
        size = self.SIZE
        for option in self.options:
            size += 1 if option.kind in {PAD, END} else 2 + len(option.data)
        return size

    def judge(self) -> Iterator[Problem]:
        """Tell when it is not DHCP but BOOTP, or something else."""
        if self.cookie != COOKIE:
            yield self.problem("cookie", f"is 0x{self.cookie:08x}, not 0x{COOKIE:08x}")

    def line(self) -> str:
        """Return what is wanted or given."""
        given = f" {self.your}" if int(self.your) else ""
        return f"DHCP {self.message or 'message'}{given} for {self.mac or self.hardware.hex()}"


@dataclass(frozen=True, slots=True)
class Dhcp(Value[DhcpView]):
    """A DHCP message. An end (255) belongs to the options that are given."""

    VIEW = DhcpView

    transaction: int
    hardware: bytes  # filled up with zeros to 16 bytes
    options: tuple[DhcpOption, ...] = (DhcpOption(END),)
    operation: int = 1
    hardware_type: int = 1
    hardware_size: int = 6
    hops: int = 0
    seconds: int = 0
    broadcast: bool = False
    flags: int = 0
    client: IPv4Address = IPv4Address(0)  # noqa: RUF009  immutable
    your: IPv4Address = IPv4Address(0)  # noqa: RUF009
    server: IPv4Address = IPv4Address(0)  # noqa: RUF009
    relay: IPv4Address = IPv4Address(0)  # noqa: RUF009
    server_name: bytes = bytes(64)
    file: bytes = bytes(128)
    cookie: int = COOKIE

    def __post_init__(self) -> None:
        for name, size in (("hardware", 16), ("server_name", 64), ("file", 128)):
            object.__setattr__(self, name, getattr(self, name).ljust(size, b"\0"))

    def assemble(self, payload: bytes, around: Around) -> bytes:
        """Return the message, and what follows."""
        return bytes(self.header()) + b"".join(map(_build, self.options)) + payload


def _build(option: DhcpOption) -> bytes:
    if not 0 <= option.kind < 256 or len(option.data) > 255:
        raise LocalProtocolError(f"an option of DHCP is 0 to 255, with up to 255 bytes: {option}.")
    if option.kind in {PAD, END}:
        return bytes([option.kind])
    return bytes([option.kind, len(option.data)]) + option.data


UDP_PORTS.add(DhcpView, 67, 68)
