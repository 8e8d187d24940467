"""What both ends of a copy have seen, as one digest that people can compare. No I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blake3 import blake3

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Transcript", "short_digest"]


class Transcript:
    """Takes the manifest and the digests of files in the order in which they were sent first."""

    def __init__(self) -> None:
        self._hash = blake3(derive_key_context="razem 2026 files: what was copied")

    def entries(self, payload: bytes) -> None:
        """Note the payload of an `EntryList`."""
        self._hash.update(len(payload).to_bytes(8, "big") + payload)

    def files(self, digests: Iterable[tuple[int, bytes]]) -> None:
        """Note the numbers and digests of files."""
        self._hash.update(b"".join([n.to_bytes(8, "big") + digest for n, digest in digests]))

    def digest(self) -> bytes:
        """Return the digest so far."""
        return self._hash.digest()


def short_digest(digest: bytes) -> str:
    """Return a digest as people compare it: twelve digits in groups.

    >>> short_digest(bytes(range(32)))
    '0001-0203-0405'
    """
    text = digest[:6].hex()
    return "-".join(text[at : at + 4] for at in range(0, 12, 4))
