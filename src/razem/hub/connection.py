"""One connection to the hub: a thin driver between an asyncio transport and a session."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Final, cast

from razem.talk.origin import Origin

if TYPE_CHECKING:
    from razem.hub.process import HubProcess
    from razem.talk.session import Session

__all__ = ["Connection"]


class Connection(asyncio.Protocol):
    """Carries bytes between a client and its session."""

    def __init__(self, process: HubProcess) -> None:
        self._process: Final = process
        self._reading_paused = False
        self.session: Session
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Open a session."""
        self.transport = cast("asyncio.Transport", transport)
        self.session = self._process.opened(self, _origin(self.transport))

    def data_received(self, data: bytes) -> None:
        """Hand bytes to the session."""
        process, session = self._process, self.session
        session.receive(data, process.now())
        if session.full:
            self._reading_paused = True
            self.transport.pause_reading()
            process.paused.add(self)
        process.schedule()

    def resume_if_worked(self) -> bool:
        """Read on when the session is not full any more; true when it does."""
        if self._reading_paused and not self.session.full:
            self._reading_paused = False
            if not self.transport.is_closing():
                self.transport.resume_reading()
        return not self._reading_paused

    def eof_received(self) -> bool:
        """Answer what was asked before the client stopped sending; then the session closes."""
        self.session.end_of_input(self._process.now())
        self._process.schedule()
        return True

    def connection_lost(self, error: Exception | None) -> None:
        """Let the session end."""
        reason = "Connection closed" if error is None else "Connection lost"
        self._process.closed(self, reason)


def _origin(transport: asyncio.Transport) -> Origin:
    peer = transport.get_extra_info("peername")
    raw = transport.get_extra_info("socket")
    if raw is None or raw.family not in {socket.AF_INET, socket.AF_INET6} or not peer:
        return Origin(transport="unix")
    address = str(peer[0]).removeprefix("::ffff:")
    if address == "::1" or address.startswith("127."):
        return Origin(address=address)
    # A leading colon has a meaning in IRC.
    host = f"0{address}" if address.startswith(":") else address
    return Origin(host, address, local=False, secure=False)
