"""Invitations: tokens that let their bearers in, and the links that carry them. No I/O.

A link is ``razem://HOST:PORT/#CHANNEL?key=TOKEN.FINGERPRINT``: the token proves the guest to the
hub, the fingerprint of the hub's certificate (SHA-256) proves the hub to the guest; both are
written in base64 for URLs without padding (RFC 4648 5). A client sends the token as its server
password, ``PASS invite:TOKEN``, which every IRC client can. The hub keeps only the digests of
tokens.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Final, NamedTuple
from urllib.parse import quote, urlencode

__all__ = ["PASS_PREFIX", "Key", "digest_of", "make_token", "parse_key", "token_of"]

PASS_PREFIX: Final = "invite:"  # noqa: S105 # no secret
TOKEN_BYTES: Final = 16
_FINGERPRINT_BYTES: Final = 32


class Key(NamedTuple):
    """What a link carries.

    Attributes:
        token: that lets its bearer in.
        fingerprint: of the hub's certificate, ``sha256:`` and 64 hex digits; "": it has none.
    """

    token: str
    fingerprint: str

    def __str__(self) -> str:
        digits = self.fingerprint.removeprefix("sha256:")
        return f"{self.token}.{_encode(bytes.fromhex(digits))}" if digits else self.token

    @property
    def password(self) -> str:
        """What a client sends with PASS."""
        return PASS_PREFIX + self.token

    def link(self, host: str, port: int, channel: str = "") -> str:
        """Return the link for `razem chat`; `host` is a name or a number, IPv6 without brackets."""
        return f"razem://{_bracketed(host)}:{port}/{_written(channel)}?key={self}"

    def web_link(self, host: str, port: int, channel: str = "") -> str:
        """Return the link for a browser; what follows ``#`` never leaves it."""
        facts = {"invite": self.token} | ({"join": channel} if channel else {})
        return f"https://{_bracketed(host)}:{port}/#{urlencode(facts)}"


def make_token(random: bytes) -> str:
    """Return the token made of `TOKEN_BYTES` random bytes."""
    if len(random) != TOKEN_BYTES:
        raise ValueError(f"a token is made of {TOKEN_BYTES} bytes")
    return _encode(random)


def digest_of(token: str) -> str:
    """Return by what the hub knows a token: the SHA-256 of its text, in hex digits."""
    return hashlib.sha256(token.encode()).hexdigest()


def token_of(password: str) -> str:
    """Return the token that PASS brought, or ""; a whole key is taken as well."""
    if not password.startswith(PASS_PREFIX):
        return ""
    return password.removeprefix(PASS_PREFIX).partition(".")[0]


def parse_key(text: str) -> Key:
    """Read what a link carries.

    Raises:
        ValueError: it is no key, or not a whole one.
    """
    token, dot, fingerprint = text.partition(".")
    if len(_decode(token)) != TOKEN_BYTES:
        raise ValueError("the key of the invitation is not whole")
    if not dot:
        return Key(token, "")
    digest = _decode(fingerprint)
    if len(digest) != _FINGERPRINT_BYTES:
        raise ValueError("the fingerprint in the key of the invitation is not whole")
    return Key(token, f"sha256:{digest.hex()}")


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("the key of the invitation is damaged") from error


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _written(channel: str) -> str:
    """Return a channel as it stands in a link: its sign stays."""
    return channel[:1] + quote(channel[1:], safe="")
