"""fd:N and stdio: for asyncio: the twin of `razem.sockets.inherited`."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, cast

from razem.sockets.aio.datagram import SocketDatagrams
from razem.sockets.aio.listener import Listener
from razem.sockets.aio.seqpacket import MessageListener
from razem.sockets.aio.socket_stream import open_stream
from razem.sockets.aio.threaded import ThreadedStream
from razem.sockets.file_stream import open_standard as open_blocking
from razem.sockets.inherited import (
    adopt_bound,
    adopt_connected,
    adopt_listening,
    adopt_ports,
    open_file,
)

if TYPE_CHECKING:
    from razem.sockets.address import Address
    from razem.sockets.aio.stream import Stream

__all__ = ["bind_inherited", "connect_inherited", "listen_inherited", "open_standard"]


async def connect_inherited(
    address: Address, _deadline: float | None = None, _tls: object = None
) -> Stream:
    """Make a stream, or datagrams, of a descriptor that is connected or no socket at all."""
    sock, scheme = adopt_connected(address)
    if sock is None:
        return ThreadedStream(open_file(address))
    if sock.type != socket.SOCK_STREAM:
        return cast("Stream", SocketDatagrams(adopt_ports(address, sock)))
    sock.setblocking(False)
    return await open_stream(sock, scheme=scheme)


async def listen_inherited(address: Address, backlog: int) -> Listener:
    """Listen on a socket that is bound already."""
    sock, local = adopt_listening(address, backlog)
    kind = MessageListener if local.scheme == "unix+seqpacket" else Listener
    return kind(local, [sock])


async def bind_inherited(address: Address, _deadline: float | None = None) -> SocketDatagrams:
    """Make datagrams of a socket that is bound already."""
    return SocketDatagrams(adopt_bound(address))


async def open_standard(
    address: Address, _deadline: float | None = None, _tls: object = None
) -> Stream:
    """Make a stream of the standard input and output of this process."""
    return ThreadedStream(open_blocking(address))
