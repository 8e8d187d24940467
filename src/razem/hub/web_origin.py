"""Which web pages may speak to the hub. No I/O.

A browser lets any page open a WebSocket to anywhere, also to a hub on the user's own machine,
where everybody is free; it only tells from which page it comes (``Origin``, RFC 6454). And a page
may give its own name the address 127.0.0.1 (DNS rebinding): then ``Origin`` and ``Host`` agree,
but on a name that is not ours.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["host_name", "is_host", "is_own_name", "may_speak"]

_HOST: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]{1,253})(:\d{1,5})?")


def is_host(text: str) -> bool:
    """Tell whether it can stand in a ``Host`` header (RFC 9110, 7.2)."""
    return _HOST.fullmatch(text) is not None


def host_name(host: str) -> str:
    """Return a host without its port, in lower case and without brackets."""
    name = host if host.endswith("]") else re.sub(r":\d*$", "", host)
    return name.strip("[]").lower()


def is_own_name(host: str, own: Collection[str]) -> bool:
    """Tell whether a name cannot be somebody else's: a number, localhost, or one in `own`."""
    name = host_name(host)
    if name == "localhost" or name.endswith(".localhost") or name in own:
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def may_speak(
    page: str | None, host: str, *, local: bool, own: Collection[str], others: Collection[str]
) -> bool:
    """Tell whether a page may open a WebSocket.

    Args:
        page: the origin that the browser tells; None: it is no browser.
        host: to which name the client wanted to connect.
        local: it comes from this machine.
        own: names of the hub.
        others: origins that are allowed besides the hub's own page.
    """
    if page is None:
        return True
    if page.rstrip("/").lower() in {other.rstrip("/").lower() for other in others}:
        return True
    try:
        parts = urlsplit(page)
    except ValueError:
        return False
    if parts.scheme not in {"http", "https"} or parts.netloc.lower() != host.lower():
        return False
    return not local or is_own_name(host, own)
