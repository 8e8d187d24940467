"""Bytes for the eye: a hex dump."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["hexdump"]

_WIDTH: Final = 16


def hexdump(data: bytes, *, offset: int = 0, mark: str = "") -> Iterator[str]:
    r"""Yield the lines of a hex dump: a mark, the place, the bytes, and the characters of ASCII.

    >>> print(*hexdump(b"hello,\nworld 12345", offset=32, mark="> "), sep="\n")
    > 00000020  68 65 6c 6c 6f 2c 0a 77  6f 72 6c 64 20 31 32 33  |hello,.world 123|
    > 00000030  34 35                                             |45|

    Args:
        data: any number of bytes.
        offset: the place of the first.
        mark: what each line begins with.
    """
    for start in range(0, len(data), _WIDTH):
        row = data[start : start + _WIDTH]
        halves = f"{row[:8].hex(' ')}  {row[8:].hex(' ')}"
        text = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
        yield f"{mark}{offset + start:08x}  {halves:<48}  |{text}|"
