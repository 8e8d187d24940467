"""Names into endpoints, blocking, and bounded in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from razem.sockets.clock import remaining
from razem.sockets.endpoints import known_endpoints
from razem.sockets.lookup import Lookup

if TYPE_CHECKING:
    from razem.sockets.address import Address
    from razem.sockets.endpoints import Endpoint

__all__ = ["resolve"]


def resolve(
    address: Address, *, listening: bool = False, deadline: float | None = None
) -> list[Endpoint]:
    """Return every endpoint of the address, in the order to try them.

    Raises:
        ResolveError: the name is unknown, or the name server silent.
        TimedOutError: the deadline passed.
        AddressError: it can be no socket's address.
    """
    known = known_endpoints(address, listening=listening)
    if known is not None:
        return known
    lookup = Lookup(address, listening=listening)
    if deadline is None or lookup.is_numeric:
        lookup.run()
    else:
        lookup.start().join(remaining(deadline))
    return lookup.endpoints()
