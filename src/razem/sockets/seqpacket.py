"""unix+seqpacket, blocking: connections that keep the boundaries of what is sent (unix(7))."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING, cast

from razem.sockets.connecting import race
from razem.sockets.listener import Listener
from razem.sockets.listening import open_listening_sockets
from razem.sockets.ports import Ports
from razem.sockets.resolve import resolve
from razem.sockets.socket_datagram import SocketDatagrams

if TYPE_CHECKING:
    from collections.abc import Sequence

    from razem.sockets.address import Address
    from razem.sockets.stream import Stream

__all__ = ["accepted_ports", "connect_messages", "listen_messages", "listening_messages"]


def connect_messages(
    address: Address, deadline: float | None, _tls: object = None
) -> SocketDatagrams:
    """Connect; the result sends and receives messages, whole."""
    sock = race(address, resolve(address, deadline=deadline), deadline)
    return SocketDatagrams(Ports(address, [sock], remote=address, connected=True))


def listen_messages(address: Address, backlog: int) -> Listener:
    """Listen; what is accepted are `Datagrams`."""
    return listening_messages(address, open_listening_sockets(address, backlog=backlog))


def listening_messages(address: Address, sockets: Sequence[socket.socket]) -> Listener:
    """Listen on sockets that do already."""

    def wrap(stream: Stream) -> Stream:
        sock = socket.socket(fileno=os.dup(stream.fileno()))
        stream.close()
        return cast("Stream", SocketDatagrams(accepted_ports(address, sock)))

    return Listener(address, sockets, wrap=wrap)


def accepted_ports(address: Address, sock: socket.socket) -> Ports:
    """Make the ports of a socket that was accepted at an address."""
    return Ports(address, [sock], remote=None, connected=True)
