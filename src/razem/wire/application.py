"""What a TCP segment carries: told from its first bytes, and for DNS from the port."""

from __future__ import annotations

from typing import TYPE_CHECKING

from razem.wire.dns import PORTS, DnsOverTcpView
from razem.wire.http import http_kind
from razem.wire.tls import TlsClientHelloView, looks_like_client_hello

if TYPE_CHECKING:
    from razem.wire.view import View

__all__ = ["kind_in_stream"]


def kind_in_stream(
    payload: memoryview, source_port: int, destination_port: int
) -> type[View] | None:
    """Return the format of what a segment carries; None where it is not known."""
    if looks_like_client_hello(payload):
        return TlsClientHelloView
    if PORTS[0] in {source_port, destination_port} and len(payload) > DnsOverTcpView.SIZE:
        return DnsOverTcpView
    return http_kind(payload)
