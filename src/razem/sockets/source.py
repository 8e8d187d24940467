"""Where a connection comes from: the address that its socket is bound to before it connects."""

from __future__ import annotations

import errno
import socket
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

from razem.errors import AddressError
from razem.sockets.address import Address
from razem.sockets.endpoints import unix_sockaddr
from razem.sockets.failures import cannot_leave, os_error

if TYPE_CHECKING:
    from collections.abc import Iterator

    from razem.sockets.listening import ListeningSocket

__all__ = ["bind_to_source", "leaving_from"]

# Drivers of schemes, also those of other rooms, need not know of it: it is looked up where the
# socket is made.
_SOURCE: ContextVar[Address | None] = ContextVar("razem-source", default=None)

_NO_PORT: Final = 24  # IP_BIND_ADDRESS_NO_PORT, ip(7): the port is chosen when it connects


@contextmanager
def leaving_from(source: Address | str | None) -> Iterator[None]:
    """Let the sockets that are connected within the ``with`` leave from an address of ours.

    Raises:
        AddressError: it is none that a connection can come from.
    """
    if source is not None:
        source = Address(source)
        if not _family(source) or (not source.is_unix and source.port is None):
            raise AddressError(
                f"no connection can come from {source}.",
                address=source,
                advice="Write a number of this machine, as in tcp://192.168.0.7:0.",
            )
    token = _SOURCE.set(source)
    try:
        yield
    finally:
        _SOURCE.reset(token)


def bind_to_source(sock: ListeningSocket) -> bool:
    """Bind the socket, if it is to leave from somewhere; return whether it is.

    Raises:
        OSError: EPFNOSUPPORT: it is a socket of another family.
        UnavailableError: this machine does not have that address.
        Error: it cannot be used.
    """
    source = _SOURCE.get()
    if source is None:
        return False
    if sock.family != _family(source):
        raise os_error(errno.EPFNOSUPPORT)
    try:
        _bind(sock, source)
    except OSError as error:
        raise cannot_leave(source, error) from error
    return True


def _bind(sock: ListeningSocket, source: Address) -> None:
    if source.is_unix:
        sock.bind(unix_sockaddr(source))
        if not source.path.startswith("@"):
            sock.owns(source.path)
        return
    if source.port:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    elif hasattr(socket, "IP_TRANSPARENT"):  # Linux
        sock.setsockopt(socket.IPPROTO_IP, _NO_PORT, 1)
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    answers = socket.getaddrinfo(source.host, source.port, sock.family, sock.type, flags=flags)
    sock.bind(answers[0][4])


def _family(source: Address) -> int:
    """Of a UNIX socket or a numeric host; 0 for a name."""
    if source.is_unix:
        return getattr(socket, "AF_UNIX", 0)
    if ":" in source.host:
        return socket.AF_INET6
    return socket.AF_INET if source.host.replace(".", "").isdigit() else 0
