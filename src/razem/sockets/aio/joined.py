"""Two joined ends in one process, for asyncio: the twin of `razem.sockets.joined`."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Literal, overload

from razem.sockets.aio.datagram import SocketDatagrams
from razem.sockets.aio.socket_stream import open_stream
from razem.sockets.joined import pair_ports

if TYPE_CHECKING:
    from razem.sockets.aio.datagram import Datagrams
    from razem.sockets.aio.stream import Stream

__all__ = ["pair"]


@overload
async def pair(kind: Literal["unix"] = "unix") -> tuple[Stream, Stream]: ...
@overload
async def pair(kind: Literal["unix+dgram", "unix+seqpacket"]) -> tuple[Datagrams, Datagrams]: ...
async def pair(kind: str = "unix") -> tuple[Stream, Stream] | tuple[Datagrams, Datagrams]:
    """Make two joined ends without a name.

    Arguments and errors are those of `razem.pair`.
    """
    if kind == "unix":
        left, right = socket.socketpair()
        for sock in (left, right):
            sock.setblocking(False)
        return await open_stream(left, scheme="unix"), await open_stream(right, scheme="unix")
    one, other = pair_ports(kind)
    return SocketDatagrams(one), SocketDatagrams(other)
