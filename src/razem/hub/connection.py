"""One connection to the hub: a thin driver between an asyncio transport and a session."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Protocol, cast

from razem.hub.leaving import Leaving

if TYPE_CHECKING:
    from razem.hub.places import Place
    from razem.hub.process import HubProcess
    from razem.talk.origin import Origin
    from razem.talk.session import Session

__all__ = ["Connection", "IrcConnection", "Outlet"]


class Outlet(Protocol):
    """What the hub writes to: a transport of asyncio, or what stands before one."""

    def write(self, data: bytes, /) -> None:
        """Send lines."""

    def get_write_buffer_size(self) -> int:
        """Return how many bytes the client has not taken yet."""

    def abort(self) -> None:
        """Close at once."""


class Connection(Protocol):
    """A session's way to its client, as `HubProcess` sees it."""

    @property
    def session(self) -> Session:
        """Who is at the other end."""

    @property
    def transport(self) -> Outlet:
        """Where to write."""

    def resume_if_worked(self) -> bool:
        """Read on when the session is not full any more; true when it does."""

    def close(self) -> None:
        """Close when all is sent, and the client had a moment to read it."""


class IrcConnection(asyncio.Protocol):
    """Carries bytes between a client and its session, over TCP, TLS or a UNIX socket."""

    __slots__ = (
        "_ended",
        "_origin",
        "_place",
        "_process",
        "_reading_paused",
        "_transport",
        "session",
        "transport",
    )

    def __init__(self, process: HubProcess, origin: Origin, place: Place) -> None:
        self._process: Final = process
        self._origin: Final = origin
        self._place: Final = place
        self._reading_paused = False
        self._ended = False  # the client sends no more
        self._transport: asyncio.Transport
        self.session: Session
        self.transport: Outlet

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Open a session."""
        self.transport = self._transport = cast("asyncio.Transport", transport)
        self.session = self._process.opened(self, self._origin)

    def data_received(self, data: bytes) -> None:
        """Hand bytes to the session."""
        process, session = self._process, self.session
        process.traffic.received += len(data)
        session.receive(data, process.now())
        if session.full:
            self._reading_paused = True
            self._transport.pause_reading()
            process.paused.add(self)
        process.schedule()

    def resume_if_worked(self) -> bool:
        """Read on when the session is not full any more; true when it does."""
        if self._reading_paused and not self.session.full:
            self._reading_paused = False
            if not self._transport.is_closing():
                self._transport.resume_reading()
        return not self._reading_paused

    def close(self) -> None:
        """Close when all is sent, and the client had a moment to read it."""
        if self._ended:
            self._transport.close()
        elif not self._transport.is_closing():
            self.transport = Leaving(self, self._transport)

    def eof_received(self) -> bool:
        """Answer what was asked before the client stopped sending; then the session closes.

        Within TLS there is no half of a connection (asyncio closes both): there it is answered
        now, as far as no answer waits for the log.
        """
        self._ended = True
        self.session.end_of_input(self._process.now())
        if self._origin.transport == "tls":
            self._process.turn()
            return False
        self._process.schedule()
        return True

    def connection_lost(self, error: Exception | None) -> None:
        """Let the session end."""
        self._place.leave()
        reason = "Connection closed" if error is None else "Connection lost"
        self._process.closed(self, reason)
