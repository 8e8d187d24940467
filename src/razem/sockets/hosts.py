"""By which name or number guests reach this machine."""

from __future__ import annotations

import fcntl
import ipaddress
import socket
import struct
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from razem.sockets.address import Address

__all__ = ["Reach", "find_reach", "is_loopback"]

_SIOCGIFADDR: Final = 0x8915  # netdevice(7)
# Documentation addresses (RFC 5737, RFC 3849): nothing is sent there, only the way is asked for.
_FAR_AWAY: Final = (
    (socket.AF_INET, "192.0.2.1"),
    (socket.AF_INET6, "2001:db8::1"),
)


class Reach(NamedTuple):
    """Where guests connect to.

    Attributes:
        host: a name or a number.
        port: of the hub.
        remote: whether another machine can reach it there, as far as can be told.
    """

    host: str
    port: int
    remote: bool


def find_reach(addresses: Sequence[Address], name: str) -> Reach | None:
    """Return where guests best connect to a hub; None: it has no port.

    Args:
        addresses: where it listens.
        name: the server's name, which is taken if it is that of a machine.
    """
    ports = [each for each in addresses if each.scheme in {"tcp", "tls"} and each.port]
    if not ports:
        return None
    for address in ports:
        port = address.port or 0
        if _is_every(address.host):
            return Reach(_own_host(name), port, remote=True)
        if not is_loopback(address.host):
            return Reach(address.host, port, remote=True)
    return Reach(ports[0].host, ports[0].port or 0, remote=False)


def _own_host(name: str) -> str:
    if "." in name:
        with suppress(OSError):
            socket.getaddrinfo(name, None)
            return name
    return next(_own_numbers(), None) or socket.gethostname()


def _own_numbers() -> Iterator[str]:
    """Yield addresses of this machine: first those by which it reaches the world."""
    for family, there in _FAR_AWAY:
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((there, 9))
            yield probe.getsockname()[0]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        for _, interface in socket.if_nameindex():
            with suppress(OSError):
                asked = struct.pack("256s", interface.encode())
                answer = fcntl.ioctl(probe.fileno(), _SIOCGIFADDR, asked)
                number = socket.inet_ntoa(answer[20:24])
                if not is_loopback(number):
                    yield number


def _is_every(host: str) -> bool:
    try:
        return not host or ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can connect to a host."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
