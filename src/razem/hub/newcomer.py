"""A connection of which it is not known yet what it speaks."""

from __future__ import annotations

import ipaddress
import socket
from typing import TYPE_CHECKING, Any, Final

from razem.hub.proxy_header import unmapped
from razem.talk.origin import Origin

if TYPE_CHECKING:
    import asyncio

    from razem.hub.places import Place
    from razem.hub.proxy_header import IPAddress, ProxyHeader

__all__ = ["Newcomer", "peer_address"]


class Newcomer:
    """What is known of it, and how far it came.

    Args:
        sock: accepted.
        place: that it takes up.
        deadline: when it is to have said something; a time of the loop.

    Attributes:
        address: of the client; None: it has none, as on a UNIX socket.
        local: it comes from this machine.
        tls: it speaks TLS.
        tls_only: nobody may do without where it came in.
        certificate: SHA-256 of the one that it showed, in hex digits; "": none.
        header: of the proxy that it came by, while that is read.
        leaving: it was told to go.
        watched: the loop watches `sock`.
        transport: over `sock`, once it has one.
    """

    __slots__ = (
        "address",
        "certificate",
        "deadline",
        "header",
        "leaving",
        "local",
        "place",
        "sock",
        "tls",
        "tls_only",
        "transport",
        "watched",
    )

    def __init__(self, sock: socket.socket, place: Place, deadline: float) -> None:
        self.sock: Final = sock
        self.place: Final = place
        self.deadline = deadline
        self.address: IPAddress | None = None
        self.local = True
        self.tls = False
        self.tls_only = False
        self.certificate = ""
        self.header: ProxyHeader | None = None
        self.leaving = False
        self.watched = False
        self.transport: asyncio.Transport | None = None

    def origin(self) -> Origin:
        """What is known of it."""
        if self.address is None:
            kind = "unix" if self.sock.family == socket.AF_UNIX else "tcp"
            return Origin(transport="tls" if self.tls else kind, certificate=self.certificate)
        address = str(self.address).partition("%")[0]  # no zone
        host = "localhost" if self.local else address
        return Origin(
            f"0{host}" if host.startswith(":") else host,  # a leading colon has a meaning in IRC
            address,
            local=self.local,
            secure=self.local or self.tls,
            certificate=self.certificate,
            transport="tls" if self.tls else "tcp",
        )


def peer_address(sock: socket.socket, peer: Any) -> IPAddress | None:
    """Return the address of a peer; None on a UNIX socket."""
    if sock.family not in {socket.AF_INET, socket.AF_INET6}:
        return None
    return unmapped(ipaddress.ip_address(peer[0]))
