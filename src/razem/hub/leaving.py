"""The end of a connection, at which the client shall read why."""

from __future__ import annotations

import asyncio
from typing import Final

__all__ = ["Leaving"]

_SILENT_SECONDS: Final = 0.5  # without a word, after which a client has read ours
_MOST_LOOKS: Final = 20


class Leaving(asyncio.Protocol):
    """Takes the place of a connection that is to close, until the client has closed as well.

    It sends what is left, and reads what the client still says: a socket that is closed with
    something unread in it sends a reset, by which the other system may forget what its program
    did not read yet.

    Args:
        connection: is told when it is over.
        transport: of that.
    """

    def __init__(self, connection: asyncio.Protocol, transport: asyncio.Transport) -> None:
        self._connection: Final = connection
        self._transport: Final = transport
        self._heard = False
        self._looks = 0
        transport.set_protocol(self)
        transport.resume_reading()
        if transport.can_write_eof():
            transport.write_eof()
        self._timer = self._look_soon()

    def _look_soon(self) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(_SILENT_SECONDS, self._look)

    def _look(self) -> None:
        unsent = self._transport.get_write_buffer_size()
        self._looks += 1
        if (self._heard or unsent) and self._looks < _MOST_LOOKS:
            self._heard = False
            self._timer = self._look_soon()
        elif unsent:
            self._transport.abort()
        else:
            self._transport.close()

    # To the hub, which has nothing to say any more

    def write(self, data: bytes) -> None:
        """Forget it: an answer that came too late."""

    def get_write_buffer_size(self) -> int:
        """Return 0: what is left is ours to look after."""
        return 0

    def abort(self) -> None:
        """Close at once."""
        self._transport.abort()

    # To the client

    def data_received(self, _data: bytes) -> None:
        """Forget it: the session is over."""
        self._heard = True

    def eof_received(self) -> None:
        """Close as well."""

    def connection_lost(self, error: Exception | None) -> None:
        """Let the session end."""
        self._timer.cancel()
        self._connection.connection_lost(error)
