r"""Razem: everything a socket can do, in one library and one command.

>>> import razem
>>> with razem.listen("tcp://localhost:0") as listener:
...     with razem.connect(listener.local) as client, listener.accept() as server:
...         client.send(b"hello\n")
...         server.receive_until(b"\n")
b'hello\n'

`razem.aio` has the same names for asyncio. What is public is imported when it is first used, so
that ``import razem`` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from razem.sockets.schemes import Driver, add_driver

if TYPE_CHECKING:
    from razem import aio
    from razem.errors import (
        AddressError,
        Attempt,
        BrokenError,
        ClosedError,
        CodeError,
        ConfigError,
        CorruptError,
        Error,
        ExhaustedError,
        IdleError,
        InUseError,
        LimitError,
        LocalProtocolError,
        OptionError,
        PermissionDeniedError,
        ProtocolError,
        RefusedError,
        RemoteProtocolError,
        ResetError,
        ResolveError,
        TimedOutError,
        TlsError,
        TruncatedError,
        UnavailableError,
        UnreachableError,
    )
    from razem.sockets.address import Address
    from razem.sockets.connecting import connect
    from razem.sockets.datagram import Datagrams
    from razem.sockets.inherited import activated
    from razem.sockets.joined import pair
    from razem.sockets.lasting.settings import Lasting
    from razem.sockets.listener import Listener, listen
    from razem.sockets.options import Options, OptionValues
    from razem.sockets.passing import receive_descriptors, send_descriptors
    from razem.sockets.records import RecordDecoder, encode_record
    from razem.sockets.relaying import relay
    from razem.sockets.retry import Retry
    from razem.sockets.socket_datagram import bind, connect_datagrams
    from razem.sockets.stream import Stream
    from razem.sockets.tls_config import Tls
    from razem.sockets.tls_identity import Identity
    from razem.sockets.traffic import Traffic
    from razem.sockets.waiting import wait

__all__ = [
    "Address",
    "AddressError",
    "Attempt",
    "BrokenError",
    "ClosedError",
    "CodeError",
    "ConfigError",
    "CorruptError",
    "Datagrams",
    "Error",
    "ExhaustedError",
    "Identity",
    "IdleError",
    "InUseError",
    "Lasting",
    "LimitError",
    "Listener",
    "LocalProtocolError",
    "OptionError",
    "OptionValues",
    "Options",
    "PermissionDeniedError",
    "ProtocolError",
    "RecordDecoder",
    "RefusedError",
    "RemoteProtocolError",
    "ResetError",
    "ResolveError",
    "Retry",
    "Stream",
    "TimedOutError",
    "Tls",
    "TlsError",
    "Traffic",
    "TruncatedError",
    "UnavailableError",
    "UnreachableError",
    "__version__",
    "activated",
    "aio",
    "bind",
    "connect",
    "connect_datagrams",
    "encode_record",
    "listen",
    "pair",
    "receive_descriptors",
    "relay",
    "send_descriptors",
    "wait",
]

__version__: Final = "0.1.0"

# Where each public name lives; what is not named here is an error.
_HOMES: Final = {
    "Address": "razem.sockets.address",
    "Datagrams": "razem.sockets.datagram",
    "Identity": "razem.sockets.tls_identity",
    "Lasting": "razem.sockets.lasting.settings",
    "Listener": "razem.sockets.listener",
    "OptionValues": "razem.sockets.options",
    "Options": "razem.sockets.options",
    "RecordDecoder": "razem.sockets.records",
    "Retry": "razem.sockets.retry",
    "Stream": "razem.sockets.stream",
    "Tls": "razem.sockets.tls_config",
    "Traffic": "razem.sockets.traffic",
    "activated": "razem.sockets.inherited",
    "bind": "razem.sockets.socket_datagram",
    "connect": "razem.sockets.connecting",
    "connect_datagrams": "razem.sockets.socket_datagram",
    "encode_record": "razem.sockets.records",
    "listen": "razem.sockets.listener",
    "pair": "razem.sockets.joined",
    "receive_descriptors": "razem.sockets.passing",
    "send_descriptors": "razem.sockets.passing",
    "wait": "razem.sockets.waiting",
    "relay": "razem.sockets.relaying",
}


# The schemes of rooms above the ground, which knows nobody; imported when first used.
add_driver(
    "code",
    Driver(
        connect="razem.meet.ends:connect_code",
        listen="razem.meet.ends:listen_code",
        aio_connect="razem.meet.ends:aio_connect_code",
        aio_listen="razem.meet.ends:aio_listen_code",
        instead="It has streams: use connect() or listen().",
        lasts=True,
    ),
)


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used (PEP 562)."""
    if name == "aio":
        return import_module("razem.aio")
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES.get(name, "razem.errors")), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
