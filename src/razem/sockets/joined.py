"""Two joined ends in one process, blocking: the system's socket pairs (socketpair(2))."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Literal, overload

from razem.sockets.address import Address
from razem.sockets.endpoints import connection_type
from razem.sockets.ports import Ports
from razem.sockets.socket_datagram import SocketDatagrams
from razem.sockets.socket_stream import SocketStream

if TYPE_CHECKING:
    from razem.sockets.datagram import Datagrams
    from razem.sockets.stream import Stream

__all__ = ["pair", "pair_ports"]


@overload
def pair(kind: Literal["unix"] = "unix") -> tuple[Stream, Stream]: ...
@overload
def pair(kind: Literal["unix+dgram", "unix+seqpacket"]) -> tuple[Datagrams, Datagrams]: ...
def pair(kind: str = "unix") -> tuple[Stream, Stream] | tuple[Datagrams, Datagrams]:
    """Make two joined ends without a name, as for a child process or a thread.

    >>> left, right = pair()
    >>> with left, right:
    ...     left.send(b"hello")
    ...     right.receive()
    b'hello'

    Args:
        kind: "unix" for streams, "unix+dgram" for datagrams, "unix+seqpacket" for a connection of
            messages.

    Raises:
        UnavailableError: this system has no such sockets.
        AddressError: there is no such kind.
    """
    if kind == "unix":
        left, right = socket.socketpair()
        return SocketStream(left, scheme="unix"), SocketStream(right, scheme="unix")
    one, other = pair_ports(kind)
    return SocketDatagrams(one), SocketDatagrams(other)


def pair_ports(kind: str) -> tuple[Ports, Ports]:
    """Make two joined sockets for datagrams or messages."""
    place = Address(f"{kind}:@pair")
    number = socket.SOCK_DGRAM if kind == "unix+dgram" else connection_type(place)
    left, right = socket.socketpair(type=number)
    return (
        Ports(place, [left], remote=None, connected=True),
        Ports(place, [right], remote=None, connected=True),
    )
