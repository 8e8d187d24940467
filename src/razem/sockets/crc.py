"""CRC-32, as in zlib and ISO 3309, by the quickest code that this machine has.

libdeflate does it at nine times the speed of zlib (`python -m bench.sockets`, the rows of records).
"""

from __future__ import annotations

try:
    from deflate import crc32  # type: ignore[import-not-found,unused-ignore]
except ImportError:  # there is none for this kind of machine
    from zlib import crc32  # type: ignore[assignment,unused-ignore]

__all__ = ["crc32"]
