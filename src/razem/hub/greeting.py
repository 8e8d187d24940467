"""What a client speaks, told from its first bytes. No I/O.

IRC clients and browsers speak first, and so do clients of TLS: a byte or a few are enough.
"""

from __future__ import annotations

from typing import Final, Literal

from razem.meet.messages import ALPN

__all__ = ["HTTP_ALPN", "IRC_ALPN", "MEET_ALPN", "Speech", "begins_tls", "offers_http", "speech_of"]

Speech = Literal["irc", "http", "meet"]

# The names of protocols within TLS (RFC 7301), as IANA registered them.
IRC_ALPN: Final = "irc"
HTTP_ALPN: Final = "http/1.1"
MEET_ALPN: Final = ALPN  # not registered

# Methods of HTTP (RFC 9110) that are no commands of IRC. "PRI" opens HTTP/2 (RFC 9113, 3.4).
_METHODS: Final = tuple(
    f"{method} ".encode()
    for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "PRI")
)
_BOTH: Final = (b"TRACE ", b"CONNECT ")  # the rest of the line tells
_LONGEST_LINE: Final = 512
_HANDSHAKE: Final = 22  # ContentType of a TLS record (RFC 8446, 5.1): no letter, so no other


def begins_tls(data: bytes) -> bool:
    """Tell whether a client begins with a TLS handshake; `data` is one byte or more."""
    return data[0] == _HANDSHAKE


def offers_http(data: bytes) -> bool:
    """Tell whether a ClientHello, or what has come of it, names HTTP among its protocols.

    That is a browser or the like. Not parsed: the name stands in it with its length before it
    (RFC 7301, 3.1), and a wrong guess costs nothing but a question for a certificate.
    """
    return bytes([len(HTTP_ALPN)]) + HTTP_ALPN.encode() in data


def speech_of(data: bytes) -> Speech | None:
    """Tell what a client speaks; None while its first bytes may be either.

    >>> speech_of(b"GET / HTTP/1.1"), speech_of(b"NICK ana"), speech_of(b"P")
    ('http', 'irc', None)
    """
    if data.startswith(_METHODS):
        return "http"
    if data.startswith(_BOTH):
        line, end, _ = data.partition(b"\n")
        if end or len(line) > _LONGEST_LINE:
            return "http" if b" HTTP/" in line else "irc"
        return None
    if any(method.startswith(data) for method in (*_METHODS, *_BOTH)):
        return None
    return "irc"
