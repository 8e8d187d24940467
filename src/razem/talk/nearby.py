"""How a hub is announced on the local network: DNS-SD over mDNS (RFC 6762, RFC 6763). No I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SERVICE", "Announced", "properties", "read_properties"]

SERVICE: Final = "_razem._tcp.local."
_MOST: Final = 255  # bytes of one string of a TXT record, with its key (RFC 6763 6.1)


class Announced(NamedTuple):
    """What a hub says of itself: text of strangers, not to be shown as it is.

    Attributes:
        name: of the hub.
        fingerprint: of its certificate, ``sha256:`` and 64 hex digits; or "".
    """

    name: str
    fingerprint: str = ""


def properties(announced: Announced) -> dict[str, str]:
    """Return the TXT record of a hub."""
    texts = {"name": announced.name, "fingerprint": announced.fingerprint}
    return {
        key: value.encode()[: _MOST - len(key) - 1].decode(errors="ignore")
        for key, value in texts.items()
        if value
    }


def read_properties(texts: Mapping[bytes, bytes | None]) -> Announced:
    """Read the TXT record of a hub; what is missing is "".

    >>> read_properties(
    ...     {key.encode(): text.encode() for key, text in properties(Announced("here")).items()}
    ... )
    Announced(name='here', fingerprint='')
    """
    name, fingerprint = (
        (texts.get(key) or b"").decode(errors="replace") for key in (b"name", b"fingerprint")
    )
    return Announced(name, fingerprint)
