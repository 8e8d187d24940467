"""Names into endpoints, blocking, and bounded in time."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

from razem.sockets.clock import remaining
from razem.sockets.endpoints import Endpoint, from_addrinfo, known_endpoints, lookup_arguments
from razem.sockets.failures import not_resolved, resolve_timed_out

if TYPE_CHECKING:
    from razem.sockets.address import Address

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
    arguments = lookup_arguments(address, listening=listening)
    try:
        if deadline is None or arguments["flags"] & socket.AI_NUMERICHOST:
            answers: Any = socket.getaddrinfo(**arguments)
        else:
            answers = _within(arguments, deadline)
    except (OSError, UnicodeError) as error:
        raise not_resolved(address, error) from error
    if answers is None:
        raise resolve_timed_out(address)
    return from_addrinfo(answers)


def _within(arguments: dict[str, Any], deadline: float) -> Any:
    """Look up in a thread, since nothing else can end a getaddrinfo(3); None for too late."""
    import threading  # noqa: PLC0415  only for names

    outcome: list[Any] = []

    def look_up() -> None:
        try:
            outcome.append(socket.getaddrinfo(**arguments))
        except (OSError, UnicodeError) as error:
            outcome.append(error)

    thread = threading.Thread(target=look_up, name="razem-resolve", daemon=True)
    thread.start()
    thread.join(remaining(deadline))
    if not outcome:
        return None
    if isinstance(outcome[0], Exception):
        raise outcome[0]
    return outcome[0]
