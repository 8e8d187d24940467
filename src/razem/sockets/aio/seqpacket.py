"""unix+seqpacket for asyncio: the twin of `razem.sockets.seqpacket`."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from razem.sockets.aio.connecting import race
from razem.sockets.aio.datagram import SocketDatagrams
from razem.sockets.aio.listener import Listener
from razem.sockets.aio.resolve import resolve
from razem.sockets.listening import open_listening_sockets
from razem.sockets.ports import Ports
from razem.sockets.seqpacket import accepted_ports

if TYPE_CHECKING:
    import socket

    from razem.sockets.address import Address
    from razem.sockets.aio.stream import Stream

__all__ = ["MessageListener", "connect_messages", "listen_messages"]


async def connect_messages(
    address: Address, deadline: float | None, _tls: object = None
) -> SocketDatagrams:
    """Connect; the result sends and receives messages, whole."""
    sock = await race(address, await resolve(address, deadline=deadline), deadline)
    return SocketDatagrams(Ports(address, [sock], remote=address, connected=True))


async def listen_messages(address: Address, backlog: int) -> Listener:
    """Listen; what is accepted are `Datagrams`."""
    return MessageListener(address, open_listening_sockets(address, backlog=backlog))


class MessageListener(Listener):
    """A listener that gives out ends for messages."""

    async def _open(self, sock: socket.socket) -> Stream:
        return cast("Stream", SocketDatagrams(accepted_ports(self.local, sock)))
