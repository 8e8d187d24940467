"""CRC-32, as in zlib and ISO 3309, by the quickest code that this machine has.

isal does it at four times the speed of zlib (`python -m bench.sockets`, the rows of records).
"""

from __future__ import annotations

try:
    from isal.isal_zlib import crc32  # type: ignore[import-not-found,unused-ignore]
except ImportError:  # there is none for this kind of machine
    from zlib import crc32

__all__ = ["crc32"]
