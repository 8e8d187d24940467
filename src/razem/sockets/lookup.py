"""Looking a name up, bounded in time: what both drivers share. It never waits."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

from razem.sockets.endpoints import from_addrinfo, lookup_arguments
from razem.sockets.failures import not_resolved, resolve_timed_out

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Thread

    from razem.sockets.address import Address
    from razem.sockets.endpoints import Endpoint

__all__ = ["Lookup"]


class Lookup:
    """The look-up of one name: `run` it, or `start` it and wait; then ask for the `endpoints`.

    Args:
        address: one that `known_endpoints` knows nothing of.
        listening: whether it is to be listened on.
    """

    def __init__(self, address: Address, *, listening: bool = False) -> None:
        self._address = address
        self._arguments = lookup_arguments(address, listening=listening)
        self._answers: Any = None
        self._error: Exception | None = None

    @property
    def is_numeric(self) -> bool:
        """Whether nobody has to be asked, so that it takes no time."""
        return bool(self._arguments["flags"] & socket.AI_NUMERICHOST)

    def run(self) -> None:
        """Look it up, for as long as it takes."""
        try:
            self._answers = socket.getaddrinfo(**self._arguments)
        except (OSError, UnicodeError) as error:
            self._error = error

    def start(self, then: Callable[[], object] = lambda: None) -> Thread:
        """Look it up in a thread, since nothing else can end a getaddrinfo(3).

        Args:
            then: is called in that thread when it is done.
        """
        from threading import Thread  # noqa: PLC0415  only for names

        def run() -> None:
            self.run()
            then()

        thread = Thread(target=run, name="razem-resolve", daemon=True)
        thread.start()
        return thread

    def endpoints(self) -> list[Endpoint]:
        """Return what was found, in the order to try them.

        Raises:
            ResolveError: the name is unknown, or the name server silent.
            TimedOutError: it is not done yet.
        """
        if self._error is not None:
            raise not_resolved(self._address, self._error) from self._error
        if self._answers is None:
            raise resolve_timed_out(self._address)
        return from_addrinfo(self._answers)
