"""Who may come in, by network."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import TYPE_CHECKING

from razem.errors import AddressError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from razem.sockets.address import Address

__all__ = ["AccessList"]


class AccessList:
    """Networks that are let in, and networks that are not.

    The narrowest network that holds an address decides; of two that are equal, the one that
    denies. An address in none is let in, unless some are allowed. The clients of a UNIX socket
    have no address: its file's mode says who may come.

    >>> from razem.sockets.address import Address
    >>> access = AccessList(allow=["10.0.0.0/8"], deny=["10.1.0.0/16"])
    >>> [access.permits(Address(f"tcp://{host}:1")) for host in ("10.0.0.1", "10.1.0.1", "8.8.8.8")]
    [True, False, False]

    Args:
        allow: networks such as 192.168.0.0/16 or fd00::/8, or single addresses.
        deny: likewise.

    Raises:
        AddressError: one is no network.
    """

    def __init__(self, allow: Iterable[str] = (), deny: Iterable[str] = ()) -> None:
        allowed, denied = ([_network(text) for text in texts] for texts in (allow, deny))
        rules = [(network.prefixlen, False, network) for network in denied]
        rules += [(network.prefixlen, True, network) for network in allowed]
        self._rules = sorted(rules, key=lambda rule: (-rule[0], rule[1]))
        self._others = not allowed

    def permits(self, address: Address | None) -> bool:
        """Whether who comes from there is let in."""
        if address is None or not address.host:
            return True
        try:
            host = ip_address(address.host.partition("%")[0])
        except ValueError:
            return self._others
        for _, verdict, network in self._rules:
            if host in network:  # of the other family is in none
                return verdict
        return self._others


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text, strict=False)
    except ValueError as error:
        advice = "Write it as in 192.168.0.0/16 or fd00::/8."
        raise AddressError(f"{text}: no network.", address=text, advice=advice) from error
