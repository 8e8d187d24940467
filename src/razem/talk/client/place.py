"""What a person calls a hub -> the address to connect to, and the channel."""

from __future__ import annotations

import ipaddress
from typing import NamedTuple

from razem.errors import AddressError
from razem.sockets.address import RAZEM_PORT, Address

__all__ = ["Place", "find_place"]


class Place(NamedTuple):
    """Where a chat is.

    Attributes:
        address: to connect to.
        channel: that the address named, or "".
    """

    address: Address
    channel: str


def find_place(where: str | Address) -> Place:
    """Return where a hub is: of ``host``, ``host:port``, or an address.

    A hub (``razem://host[:port]/#channel``, which the short forms mean too) is spoken to
    without encryption on this machine, else by TLS; tcp, tls and unix addresses are meant as
    they are.

    Raises:
        AddressError: it is none of these.

    >>> find_place("localhost/#net")
    Place(address=Address('tcp://localhost:6697'), channel='#net')
    """
    if isinstance(where, str) and "://" not in where and not where.startswith("unix:"):
        where = f"razem://{where}"
    address = Address(where)
    if address.scheme != "razem":
        return Place(address, "")
    if address.path:
        raise AddressError(
            f"{address} is a file, not a channel.", address=address, advice="Leave the path out."
        )
    scheme = "tcp" if _is_this_machine(address.host) else "tls"
    port = RAZEM_PORT if address.port is None else address.port
    return Place(Address.of(scheme, host=address.host, port=port), address.channel)


def _is_this_machine(host: str) -> bool:
    if host in {"", "localhost"} or host.endswith(".localhost"):  # RFC 6761 6.3
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
