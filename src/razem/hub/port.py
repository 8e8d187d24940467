"""Where the hub listens: sockets, and accepting connections on them."""

from __future__ import annotations

import asyncio
import errno
import sys
from typing import TYPE_CHECKING, Final, NamedTuple

from razem.hub.logs import log_event
from razem.sockets.inherited import adopt_listening
from razem.sockets.listening import (
    close_listening_sockets,
    listening_address,
    open_listening_sockets,
)

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from typing import Any

    from razem.sockets.address import Address

    Take = Callable[[socket.socket, Any, bool], None]

__all__ = ["Port", "spare_descriptors"]

_BACKLOG: Final = 1024
_AT_ONCE: Final = 128  # accepted in a turn of the loop; those who are in have their turn, too
_PAUSE_SECONDS: Final = 0.5  # when the system has no more descriptors or memory
_EXHAUSTED: Final = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
_OWN_DESCRIPTORS: Final = 64  # for the log, what is listened on, and the like


class _Listening(NamedTuple):
    sock: socket.socket
    tls_only: bool


class Port:
    """All that the hub listens on.

    Args:
        take: is handed each accepted socket, the address of its peer, and whether only TLS is
            spoken there.

    Attributes:
        addresses: where it listens, ports as they are.
    """

    def __init__(self, take: Take) -> None:
        self.addresses: list[Address] = []
        self._take: Final = take
        self._loop: Final = asyncio.get_running_loop()
        self._listening: list[_Listening] = []
        self._pause: asyncio.TimerHandle | None = None

    def open(self, address: Address) -> None:
        """Listen on an address: tcp, tls, unix, or an inherited descriptor.

        Raises:
            Error: it cannot be listened to.
        """
        sockets: list[socket.socket]
        if address.scheme == "fd":
            sock, place = adopt_listening(address, _BACKLOG)
            sockets = [sock]
        else:
            sockets = list(open_listening_sockets(address, backlog=_BACKLOG))
            place = listening_address(address, sockets)
        self.addresses.append(place)
        for sock in sockets:
            listening = _Listening(sock, address.scheme == "tls")
            self._listening.append(listening)
            self._loop.add_reader(sock, self._accept, listening)

    def close(self) -> None:
        """Listen no more."""
        if self._pause is not None:
            self._pause.cancel()
        for listening in self._listening:
            self._loop.remove_reader(listening.sock)
        close_listening_sockets([listening.sock for listening in self._listening])
        self._listening.clear()

    def _accept(self, listening: _Listening) -> None:
        for _ in range(_AT_ONCE):
            try:
                sock, peer = listening.sock.accept()
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:
                if error.errno in _EXHAUSTED:
                    self._wait_for_better_times(error)
                    return
                continue  # the connection is gone before it was accepted: accept(2)
            self._take(sock, peer, listening.tls_only)

    def _wait_for_better_times(self, error: OSError) -> None:
        """Accept nothing for a moment: who waits in the backlog waits on."""
        if self._pause is None:
            log_event("warning", "no more connections can be taken", reason=error.strerror)
            for listening in self._listening:
                self._loop.remove_reader(listening.sock)
            self._pause = self._loop.call_later(_PAUSE_SECONDS, self._go_on)

    def _go_on(self) -> None:
        self._pause = None
        for listening in self._listening:
            self._loop.add_reader(listening.sock, self._accept, listening)


def spare_descriptors() -> int:
    """Return how many connections this process may have by its limit of descriptors."""
    if sys.platform == "win32":
        return sys.maxsize
    import resource  # noqa: PLC0415 # not on Windows

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return sys.maxsize
    return max(soft - _OWN_DESCRIPTORS, 1)
