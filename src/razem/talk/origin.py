"""Where a session comes from. No I/O."""

from __future__ import annotations

import msgspec

__all__ = ["Origin"]


class Origin(msgspec.Struct, frozen=True):
    """What is known of a connection before it says anything.

    Attributes:
        host: as others see it, in a form that can stand in an IRC line.
        address: the IP address of the peer; "": it came by a UNIX socket.
        local: it comes from this machine.
        secure: nobody can read along: TLS, or from this machine.
        certificate: the SHA-256 fingerprint of the client's certificate, as lower-case
            hexadecimal digits; "": it showed none.
        transport: "tcp", "tls", "unix" or "websocket".
    """

    host: str = "localhost"
    address: str = ""
    local: bool = True
    secure: bool = True
    certificate: str = ""
    transport: str = "tcp"
