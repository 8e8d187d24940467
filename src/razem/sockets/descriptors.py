"""What an endpoint's sockets are and how they stand; the same for all endpoints and drivers."""

from __future__ import annotations

import os
import selectors
import socket
import struct
import sys
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Final, NamedTuple

from razem.errors import ClosedError, LocalProtocolError, UnavailableError
from razem.sockets.options import Options

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Credentials", "Described", "Detachable", "Ready"]

_UCRED: Final = struct.Struct("@3i")  # unix(7): struct ucred
_INT: Final = struct.Struct("@i")
_Selector: Final = getattr(selectors, "PollSelector", selectors.SelectSelector)


class Credentials(NamedTuple):
    """Who is at the other end of a UNIX socket: by the system's word, as it was on connecting.

    Attributes:
        process: its number.
        user: the number of its user.
        group: the number of its group.
    """

    process: int
    user: int
    group: int


class Ready(NamedTuple):
    """What would not wait now.

    Attributes:
        receive: something has arrived, or the end, or a failure; of a listener, a connection.
        send: there is room to send.
    """

    receive: bool
    send: bool


class Described:
    """What all endpoints can tell about their sockets.

    All raise `ClosedError` once the endpoint is closed, and `UnavailableError` where there is no
    socket, as in memory.
    """

    def _described(self) -> Sequence[int]:
        """Return the descriptors of the sockets; empty once closed."""
        raise UnavailableError("this endpoint has no file descriptor.")

    def _buffered(self) -> int:
        """How many bytes have left the system and can be received."""
        return 0

    def _is_opaque(self) -> bool:
        """Whether what arrives at the socket is not what is received, as with TLS."""
        return False

    def _is_unsent(self) -> bool:
        """Whether something waits here to be sent."""
        return False

    def _disown(self) -> None:
        """Leave what belongs to the socket, as its file, to who takes it."""

    def _take_out(self) -> int:
        """Return another number for the socket, which stays open when this endpoint is closed.

        Raises:
            UnavailableError: there is no such descriptor, or it would be useless.
            LocalProtocolError: bytes would be lost.
        """
        descriptors = self._open_sockets()
        if self._is_opaque():
            raise UnavailableError(
                "the descriptor of a TLS stream is useless without its keys, which stay here."
            )
        if len(descriptors) > 1:
            raise UnavailableError(
                "there is a socket for each version of IP.",
                advice="Use one of them, as 127.0.0.1 or [::1].",
            )
        if self._buffered() or self._is_unsent():
            raise LocalProtocolError(
                "bytes would be lost: some were read ahead, or wait to be sent.",
                advice="Receive them first; send(b'') sends the others.",
            )
        taken = os.dup(descriptors[0])
        os.set_blocking(taken, True)
        self._disown()
        return taken

    def _open_sockets(self) -> Sequence[int]:
        descriptors = self._described()
        if not descriptors or descriptors[0] < 0:
            raise ClosedError("this side has closed the endpoint.")
        return descriptors

    @property
    def descriptors(self) -> list[int]:
        """The numbers of its sockets: one, or two where each version of IP has its own."""
        return list(self._open_sockets())

    @property
    def options(self) -> Options:
        """The options of its sockets, to read and to set."""
        return Options(self._open_sockets)

    @property
    def family(self) -> socket.AddressFamily:
        """Such as `socket.AF_INET6`; of two sockets that of the first."""
        with self.options.sockets() as sockets:
            return socket.AddressFamily(sockets[0].family)

    @property
    def type(self) -> socket.SocketKind:
        """Such as `socket.SOCK_STREAM`."""
        with self.options.sockets() as sockets:
            return socket.SocketKind(sockets[0].type)

    @property
    def protocol(self) -> int:
        """The number above IP, such as 6 for TCP (razem.sockets.protocols); 0 for UNIX sockets."""
        with self.options.sockets() as sockets:
            return sockets[0].proto

    @property
    def blocking(self) -> bool:
        """Whether the descriptor itself waits; those of asyncio and for datagrams never do."""
        return os.get_blocking(self._open_sockets()[0])

    @property
    def connected(self) -> bool:
        """Whether there is a peer that the system knows. It may have gone without our knowing."""
        with self.options.sockets() as sockets:
            try:
                sockets[0].getpeername()
            except OSError:
                return False
            return True

    @property
    def available(self) -> int:
        """Bytes that can be received without waiting; of datagrams those of the next one.

        Through TLS it counts what has been decrypted only. A listener has none.
        """
        descriptors = self._open_sockets()
        if self._is_opaque() or sys.platform == "win32":
            return self._buffered()
        import fcntl  # noqa: PLC0415  not on Windows
        import termios  # noqa: PLC0415

        total = self._buffered()
        for descriptor in descriptors:
            try:
                answer = fcntl.ioctl(descriptor, termios.FIONREAD, bytes(_INT.size))
            except OSError:  # not of this kind: a listener, or the link layer
                continue
            total += int(_INT.unpack(answer)[0])
        return total

    def poll(self) -> Ready:
        """Say what would not wait now.

        Through TLS, bytes that have arrived need not be enough for a receive.
        """
        receive = self._buffered() > 0
        send = False
        with _Selector() as selector:
            for descriptor in self._open_sockets():
                selector.register(descriptor, selectors.EVENT_READ | selectors.EVENT_WRITE)
            for _, events in selector.select(0):
                receive = receive or bool(events & selectors.EVENT_READ)
                send = send or bool(events & selectors.EVENT_WRITE)
        return Ready(receive, send)

    @property
    def peer_credentials(self) -> Credentials:
        """Who is at the other end of a UNIX socket (unix(7), SO_PEERCRED).

        Raises:
            UnavailableError: it is no connected UNIX socket, or the system does not tell.
        """
        if not hasattr(socket, "SO_PEERCRED"):
            raise UnavailableError("this system has no option SO_PEERCRED.")
        with self.options.sockets() as sockets:
            raw = b""
            if sockets[0].family == socket.AF_UNIX:
                raw = sockets[0].getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
        process, user, group = _UCRED.unpack(raw) if raw else (0, -1, -1)
        if not process:
            raise UnavailableError(
                "only connected UNIX sockets tell who is at the other end.",
                advice="Over a network, a TLS identity does.",
            )
        return Credentials(process, user, group)


class Detachable(Described, ABC):
    """An endpoint whose descriptor can be had without it."""

    def detach(self) -> int:
        """Give the descriptor away, and close the rest of this endpoint.

        The connection goes on, and the file of a UNIX socket stays where it is: the number is
        yours, to be closed by you or given to a child process or to ``fd:``. It is a new one, and
        waits by itself (`blocking`).

        Raises:
            LocalProtocolError: bytes would be lost: some were read ahead, or wait to be sent.
            UnavailableError: there is no descriptor, or more than one, or it has TLS.
            ClosedError: it is closed already.
        """
        descriptor = self._take_out()
        self.close()
        return descriptor

    @abstractmethod
    def close(self) -> None:
        """Close it; every endpoint says how."""
