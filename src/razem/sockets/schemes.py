"""Which function connects to, or listens on, the addresses of a scheme.

The ground knows nobody above it: a room that has a scheme of its own adds the names of its
functions here (and the syntax with `razem.sockets.address.add_scheme`); they are imported when
such an address is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from razem.errors import AddressError

if TYPE_CHECKING:
    from collections.abc import Callable

    from razem.sockets.address import Address

__all__ = ["Driver", "add_driver", "find", "lasts"]


class Driver(NamedTuple):
    """Where a scheme's functions are, each as ``module:function``; "" where there is none.

    Attributes:
        connect: ``(address, deadline, tls) -> Stream``, blocking.
        listen: ``(address, backlog) -> Listener``, blocking; that of "tls" takes a `Tls` too.
        aio_connect: the coroutine function, with the same arguments.
        aio_listen: likewise.
        bind: ``(address, deadline) -> Datagrams``, blocking.
        aio_bind: likewise.
        instead: what to do where a function is missing, as a sentence.
        lasts: whether its streams last by themselves (razem.sockets.lasting).
    """

    connect: str = ""
    listen: str = ""
    aio_connect: str = ""
    aio_listen: str = ""
    bind: str = ""
    aio_bind: str = ""
    instead: str = ""
    lasts: bool = False


_PLAIN = Driver(
    connect="razem.sockets.connecting:connect_plain",
    listen="razem.sockets.listener:listen_plain",
    aio_connect="razem.sockets.aio.connecting:connect_plain",
    aio_listen="razem.sockets.aio.listener:listen_plain",
    instead="It is a stream: use connect() or listen().",
)
_DATAGRAMS = Driver(
    connect="razem.sockets.socket_datagram:open_connected",
    bind="razem.sockets.socket_datagram:bind_datagrams",
    aio_connect="razem.sockets.aio.datagram:open_connected",
    aio_bind="razem.sockets.aio.datagram:bind_datagrams",
    instead="It has datagrams, not connections: use bind().",
)
_DRIVERS: dict[str, Driver] = {
    "tcp": _PLAIN,
    "udp": _DATAGRAMS,
    "unix": _PLAIN,
    "unix+dgram": _DATAGRAMS,
    "unix+seqpacket": Driver(
        connect="razem.sockets.seqpacket:connect_messages",
        listen="razem.sockets.seqpacket:listen_messages",
        aio_connect="razem.sockets.aio.seqpacket:connect_messages",
        aio_listen="razem.sockets.aio.seqpacket:listen_messages",
        instead="It has connections: use connect() or listen().",
    ),
    "icmp": _DATAGRAMS,
    "ip": _DATAGRAMS,
    "packet": _DATAGRAMS,
    "tls": Driver(
        connect="razem.sockets.connecting:connect_tls",
        listen="razem.sockets.listener:listen_tls",
        aio_connect="razem.sockets.aio.connecting:connect_tls",
        aio_listen="razem.sockets.aio.listener:listen_tls",
        instead="It is a stream: use connect() or listen().",
    ),
    "fd": Driver(
        connect="razem.sockets.inherited:connect_inherited",
        listen="razem.sockets.inherited:listen_inherited",
        bind="razem.sockets.inherited:bind_inherited",
        aio_connect="razem.sockets.aio.inherited:connect_inherited",
        aio_listen="razem.sockets.aio.inherited:listen_inherited",
        aio_bind="razem.sockets.aio.inherited:bind_inherited",
    ),
    "stdio": Driver(
        connect="razem.sockets.file_stream:open_standard",
        aio_connect="razem.sockets.aio.inherited:open_standard",
        instead="It is there already, and can be connected to only.",
    ),
    "exec": Driver(
        connect="razem.sockets.program:connect_program",
        aio_connect="razem.sockets.aio.program:connect_program",
        instead="A program is started by connecting to it.",
    ),
    "razem": Driver(instead="It names a hub, not a stream of bytes: use razem chat."),
}


_VERBS: Final = {"connect": "connect to", "listen": "listen on", "bind": "bind"}


def add_driver(scheme: str, driver: Driver) -> None:
    """Say how the addresses of a scheme are connected to and listened on."""
    _DRIVERS[scheme] = driver


def lasts(address: Address) -> bool:
    """Whether streams of the address survive a cut network by themselves."""
    return _DRIVERS.get(address.scheme, Driver()).lasts


def find(address: Address, action: str) -> Callable[..., Any]:
    """Return the function for the address.

    Args:
        address: any.
        action: the name of a field of `Driver`.

    Raises:
        AddressError: addresses of its scheme cannot do that.
    """
    driver = _DRIVERS.get(address.scheme, Driver())
    place = getattr(driver, action)
    if not place:
        verb = _VERBS[action.rpartition("_")[2]]
        raise AddressError(f"cannot {verb} {address}.", address=address, advice=driver.instead)
    module, _, name = place.partition(":")
    function: Callable[..., Any] = getattr(import_module(module), name)
    return function
