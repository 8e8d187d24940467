"""How many connections there may be: in all, from one address, from one network. No I/O."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from razem.hub.proxy_header import IPAddress
    from razem.talk.settings import Limits

__all__ = ["Place", "Places"]

_Key = tuple[int, int, int]  # version, bits, leading bits of the address


class Places:
    """Counts connections.

    Args:
        limits: `connections` and those that begin with it. With `flood` off there is no bound by
            address or network.
        most: connections that the system lets us have, whatever `limits` says.
    """

    def __init__(self, limits: Limits, most: int) -> None:
        self.count = 0
        self._system: Final = most
        self._addresses: Counter[_Key] = Counter()
        self._networks: Counter[_Key] = Counter()
        self.limit(limits)

    def limit(self, limits: Limits) -> None:
        """Let other limits hold, for the connections to come."""
        self._most = min(limits.connections or self._system, self._system)
        self._by_address = limits.connections_by_address if limits.flood else 0
        self._by_network = limits.connections_by_network if limits.flood else 0
        self._bits = {4: limits.ipv4_network, 6: limits.ipv6_network}

    def enter(self) -> Place | None:
        """Count a connection that came; None when there are as many as there may be."""
        if self.count >= self._most:
            return None
        self.count += 1
        return Place(self)

    def settle(self, place: Place, address: IPAddress | None) -> str:
        """Count a connection with those of its address too.

        Args:
            place: as `enter` gave it.
            address: of the client; None: it has none, as on a UNIX socket.

        Returns:
            Why it may not stay; "" when it may.
        """
        if address is None or not (self._by_address or self._by_network):
            return ""
        size, number = address.max_prefixlen, int(address)
        bits = self._bits[address.version]
        one = (address.version, size, number)
        network = (address.version, bits, number >> (size - bits))
        if self._by_address and self._addresses[one] >= self._by_address:
            return f"Too many connections from your address ({self._by_address})"
        if self._by_network and self._networks[network] >= self._by_network:
            return f"Too many connections from your network ({self._by_network})"
        self._addresses[one] += 1
        self._networks[network] += 1
        place.keys = (one, network)
        return ""

    def leave(self, place: Place) -> None:
        """Undo `enter` and `settle`."""
        self.count -= 1
        for counter, key in zip((self._addresses, self._networks), place.keys, strict=False):
            counter[key] -= 1
            if not counter[key]:
                del counter[key]


class Place:
    """A connection that is counted, until it leaves."""

    __slots__ = ("_places", "keys")

    def __init__(self, places: Places) -> None:
        self._places: Places | None = places
        self.keys: tuple[_Key, ...] = ()

    def leave(self) -> None:
        """Count it no more. Again is harmless."""
        places, self._places = self._places, None
        if places is not None:
            places.leave(self)
