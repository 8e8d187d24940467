"""The attempts to connect to one address: what both drivers share. It never waits."""

from __future__ import annotations

import errno
import socket
from time import monotonic
from typing import TYPE_CHECKING, Final

from razem.errors import Attempt, Error
from razem.sockets.clock import remaining
from razem.sockets.endpoints import address_of, connection_type
from razem.sockets.failures import Failed, attempt, cannot_connect, connect_timed_out, os_error
from razem.sockets.happy import HappyEyeballs
from razem.sockets.listening import ListeningSocket
from razem.sockets.options import apply_preset
from razem.sockets.source import bind_to_source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from razem.sockets.address import Address
    from razem.sockets.endpoints import Endpoint

__all__ = ["Attempts"]

_IN_PROGRESS: Final = {errno.EINPROGRESS, errno.EWOULDBLOCK}
_BUSY_DELAY: Final = 0.02  # seconds until a UNIX socket with a full queue is asked again


class Attempts:
    """Sockets on their way to the endpoints of an address, by Happy Eyeballs.

    The driver calls `start`, waits until one of the sockets that it ever returned can be written
    to (no longer than `wait` says), tells `finish`, and begins anew, until there is a `winner` or
    `check` raises. In the end it calls `close`, whatever happened.

    Attributes:
        winner: the socket that is connected, non-blocking; None so far.
    """

    def __init__(self, address: Address, endpoints: Sequence[Endpoint]) -> None:
        self.winner: socket.socket | None = None
        self._address = address
        self._race = HappyEyeballs(endpoints)
        self._running: dict[socket.socket, tuple[Endpoint, float]] = {}
        self._busy: list[socket.socket] = []
        self._failed: list[Failed] = []

    def start(self) -> list[socket.socket]:
        """Begin what is due; return the sockets that became worth waiting for."""
        now = monotonic()
        busy, self._busy = self._busy, []
        begun = [sock for sock in busy if self._connect(sock)]
        while self.winner is None and (due := self._race.to_start(now)):
            for endpoint in due:
                try:
                    sock = ListeningSocket(endpoint.family, connection_type(self._address))
                except OSError as error:
                    self._fail(endpoint, error, now)
                    continue
                try:
                    apply_preset(sock)
                    bind_to_source(sock)
                except OSError as error:
                    sock.close()
                    if isinstance(error, Error):
                        raise
                    self._fail(endpoint, error, now)
                    continue
                except BaseException:
                    sock.close()
                    raise
                sock.setblocking(False)
                self._running[sock] = endpoint, now
                if self._connect(sock):
                    begun.append(sock)
        return begun

    def finish(self, sock: socket.socket) -> None:
        """Take note of how an attempt went, whose socket can be written to."""
        number = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        # A connection from a port of ours to itself is possible in TCP ("simultaneous open",
        # RFC 9293 3.5), where the port asked for was the free one that we got. Nobody is there.
        if not number and isinstance(sock.getsockname(), tuple):
            itself = sock.getsockname() == sock.getpeername()
            number = errno.ECONNREFUSED if itself else 0
        self._settle(sock, number)

    def wait(self, deadline: float | None) -> float | None:
        """Return the seconds until `start` or `check` has something to do; None for never."""
        times = [self._race.next_deadline(), deadline]
        if self._busy:
            times.append(monotonic() + _BUSY_DELAY)
        return remaining(min((time for time in times if time is not None), default=None))

    def check(self, deadline: float | None) -> None:
        """Raise the error if every attempt has failed, or the time is over."""
        if self._race.done:
            error, cause = cannot_connect(self._address, self._failed)
            raise error from cause
        now = monotonic()
        if deadline is not None and now >= deadline:
            attempts = [attempt(each) for each in self._failed]
            attempts += [
                Attempt(str(to), None, "no answer yet", now - since)
                for to, since in self._running.values()
            ]
            local = next(map(self._local, self._running), None)
            raise connect_timed_out(self._address, attempts, local)

    def close(self) -> None:
        """Close every socket but the winner."""
        for sock in self._running:
            sock.close()
        self._running.clear()

    def _connect(self, sock: socket.socket) -> bool:
        """Begin to connect; return whether to wait for it."""
        endpoint, _ = self._running[sock]
        try:
            number = sock.connect_ex(endpoint.sockaddr)
        except OSError as error:
            number = error.errno or errno.EINVAL
        if isinstance(endpoint.sockaddr, tuple):
            if number in _IN_PROGRESS:
                return True
        elif number == errno.EAGAIN:  # unix(7) has no "in progress": its queue is full
            self._busy.append(sock)
            return False
        self._settle(sock, number)
        return False

    def _settle(self, sock: socket.socket, number: int) -> None:
        """End an attempt with an error number, 0 for success."""
        endpoint, since = self._running.pop(sock)
        if not number and self.winner is None:
            self.winner = sock
            return
        if number:
            self._fail(endpoint, os_error(number), since, self._local(sock))
        sock.close()

    def _fail(
        self, endpoint: Endpoint, error: OSError, since: float, local: Address | None = None
    ) -> None:
        self._failed.append(Failed(endpoint, error, monotonic() - since, local))
        self._race.failed()

    def _local(self, sock: socket.socket) -> Address | None:
        """The address that the system has given an attempt, if it got that far."""
        try:
            name = sock.getsockname()
        except OSError:
            return None
        if isinstance(name, tuple) and not name[1]:
            return None
        return address_of(self._address.scheme, name)
