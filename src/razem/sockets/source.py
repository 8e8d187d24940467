"""Where a connection comes from: the address that its socket is bound to before it connects."""

from __future__ import annotations

import errno
import socket
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

from razem.errors import AddressError
from razem.sockets.address import Address
from razem.sockets.failures import os_error

if TYPE_CHECKING:
    from collections.abc import Iterator

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
        if not source.is_unix and (source.port is None or not _family(source)):
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


def bind_to_source(sock: socket.socket) -> None:
    """Bind the socket, if it is to leave from somewhere.

    Raises:
        OSError: this machine does not have that address, or of another family.
    """
    source = _SOURCE.get()
    if source is None:
        return
    if source.is_unix or sock.family not in {socket.AF_INET, socket.AF_INET6}:
        if not source.is_unix or sock.family != socket.AF_UNIX:
            raise os_error(errno.EAFNOSUPPORT)
        sock.bind(source.path.replace("@", "\0", 1) if source.path[:1] == "@" else source.path)
        return
    if sock.family != _family(source):
        raise os_error(errno.EAFNOSUPPORT)
    if source.port:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    elif hasattr(socket, "IP_TRANSPARENT"):  # Linux
        sock.setsockopt(socket.IPPROTO_IP, _NO_PORT, 1)
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    answers = socket.getaddrinfo(source.host, source.port, sock.family, sock.type, flags=flags)
    sock.bind(answers[0][4])


def _family(source: Address) -> int:
    """Of a numeric host; 0 for a name."""
    if ":" in source.host:
        return socket.AF_INET6
    return socket.AF_INET if source.host.replace(".", "").isdigit() else 0
