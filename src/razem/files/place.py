"""What a person calls a share -> the address to connect to, the path in it, what lets one in."""

from __future__ import annotations

from typing import Final, NamedTuple
from urllib.parse import quote, unquote

from razem.errors import AddressError, TlsError
from razem.sockets.address import RAZEM_PORT, Address
from razem.sockets.hosts import is_loopback
from razem.sockets.tls_identity import parse_fingerprint

__all__ = ["SharePlace", "find_share", "share_link"]

_WITH_PATH: Final = ("razem", "tcp", "tls", "http", "https")


class SharePlace(NamedTuple):
    """Where files are shared.

    Attributes:
        address: to connect to.
        path: what to copy, below what is shared; "" for all.
        key: that lets one in; "" for none.
        fingerprint: of the certificate that the other end has to show; "": whoever vouches for it.
    """

    address: Address
    path: str = ""
    key: str = ""
    fingerprint: str = ""


def find_share(where: str | Address) -> SharePlace:
    """Return where a share is: of a link that `razem share` printed, or of any address.

    After a tcp, tls or razem address may stand a path, and ``?key=…&cert=…``; after a code phrase,
    a path. A razem address is
    spoken to by TLS when it has a ``cert``, or when it is another machine.

    Raises:
        AddressError: it is none.

    >>> find_share("tcp://localhost:9000/music/*.ogg")[:2]
    (Address('tcp://localhost:9000'), 'music/*.ogg')
    """
    text = str(where)
    scheme = text.partition(":")[0].lower()
    if scheme == "code":
        code, _, path = text.partition("/")
        return SharePlace(Address(code), path.strip("/"))
    if scheme not in _WITH_PATH or "://" not in text:
        return SharePlace(Address(text))
    head, _, query = text.partition("?") if "?key=" in text or "?cert=" in text else (text, "", "")
    authority, _, path = head.partition("://")[2].partition("/")
    words = dict(pair.partition("=")[::2] for pair in query.split("&") if pair)
    fingerprint = _fingerprint(text, unquote(words.get("cert", "")))
    key = unquote(words.get("key", ""))
    if scheme in {"tcp", "tls"}:
        address = Address(f"{scheme}://{authority}")
    else:
        host_port = Address(f"razem://{authority}")
        secure = scheme == "https" or bool(fingerprint)
        if scheme == "razem":
            secure = secure or not is_loopback(host_port.host)
        port = RAZEM_PORT if host_port.port is None else host_port.port
        address = Address.of("tls" if secure else "tcp", host=host_port.host, port=port)
    return SharePlace(address, unquote(path, errors="surrogateescape").strip("/"), key, fingerprint)


def _fingerprint(text: str, digits: str) -> str:
    if not digits:
        return ""
    try:
        return parse_fingerprint(digits)
    except TlsError as error:
        advice = "Copy the whole link."
        raise AddressError(
            f"the link is not whole: {error.message}", address=text, advice=advice
        ) from error


def share_link(
    host: str, port: int, *, key: str = "", fingerprint: str = "", web: bool = False
) -> str:
    """Return the link to a share; with `web`, the one for browsers.

    >>> share_link("fe80::1", 9000, key="k")
    'razem://[fe80::1]:9000/?key=k'
    """
    shown = f"[{host}]" if ":" in host else host
    scheme = ("https" if fingerprint else "http") if web else "razem"
    words = []
    if key:
        words.append(f"key={quote(key, safe='')}")
    if fingerprint and not web:
        words.append(f"cert={fingerprint.removeprefix('sha256:')}")
    query = f"?{'&'.join(words)}" if words else ""
    return f"{scheme}://{shown}:{port}/{query}"
