"""Razem for asyncio: the same names, arguments and errors as in `razem`, awaited."""

from __future__ import annotations

from razem.sockets.aio.connecting import connect
from razem.sockets.aio.datagram import Datagrams, bind, connect_datagrams
from razem.sockets.aio.joined import pair
from razem.sockets.aio.listener import Listener, listen
from razem.sockets.aio.passing import receive_descriptors, send_descriptors
from razem.sockets.aio.relaying import relay
from razem.sockets.aio.stream import Stream
from razem.sockets.aio.waiting import wait

__all__ = [
    "Datagrams",
    "Listener",
    "Stream",
    "bind",
    "connect",
    "connect_datagrams",
    "listen",
    "pair",
    "receive_descriptors",
    "relay",
    "send_descriptors",
    "wait",
]
