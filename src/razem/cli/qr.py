"""QR codes on a terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TextIO

__all__ = ["print_qr"]


def print_qr(text: str, stream: TextIO | None = None) -> None:
    """Print a text as a QR code, where the output can have its characters."""
    import segno

    out = stream or sys.stdout
    try:
        "█▀▄".encode(out.encoding)
    except UnicodeEncodeError:
        return
    print(file=out)
    segno.make(text, micro=False).terminal(out, compact=True, border=2)
