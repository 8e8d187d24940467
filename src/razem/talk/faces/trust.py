"""Which hub it is: its fingerprint is pinned at first sight, and a change of it is refused."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Final

from razem.errors import TlsError
from razem.sockets.aio.connecting import connect
from razem.sockets.tls_config import Tls

if TYPE_CHECKING:
    from razem.sockets.address import Address

    from .screen.keeping import Hub

__all__ = ["changed", "is_vouched_for", "see_fingerprint"]

_SECONDS: Final = 10.0


async def see_fingerprint(address: Address) -> str:
    """Return the fingerprint that a hub shows, whoever it is: ``sha256:`` and 64 hex digits.

    Raises:
        Error: it cannot be reached, or speaks no TLS there.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # nothing is said to it: we only look
    stream = await connect(address, timeout=_SECONDS, tls=context)
    async with stream:
        return getattr(stream, "peer_fingerprint", None) or ""


async def is_vouched_for(address: Address) -> bool:
    """Tell whether the system's authorities vouch for a hub.

    Raises:
        Error: it cannot be reached, or speaks no TLS there.
    """
    try:
        async with await connect(address, timeout=_SECONDS, tls=Tls()):
            return True
    except TlsError:
        await see_fingerprint(address)  # it speaks TLS, only nobody vouches for it
        return False


def changed(hub: Hub, error: TlsError) -> TlsError:
    """Return why a hub that shows another certificate than at first sight is refused."""
    shown = error.message.rpartition(" ")[2].rstrip(".")
    return TlsError(
        f"{hub.address} is not the hub that it was: its fingerprint is {shown}, and was"
        f" {hub.fingerprint} when it was first seen.",
        address=error.address,
        stage="tls",
        advice="Somebody may be in between: write nothing there. If its owner tells you that"
        f" it has a new certificate, trust that by --fingerprint {shown}",
    )
