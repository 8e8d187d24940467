"""How AUTHENTICATE carries bytes: as base64 in pieces of 400 (IRCv3 sasl-3.1)."""

from __future__ import annotations

import base64
import binascii
from typing import Final

__all__ = ["Chunks", "TooLongError", "written"]

_PIECE: Final = 400  # bytes of base64 in one line
_MOST: Final = 10 * _PIECE  # bytes of base64 in all


class TooLongError(ValueError):
    """A piece, or all of them together, is longer than can be."""


class Chunks:
    """Puts the pieces of one message together."""

    def __init__(self) -> None:
        self._text = ""

    def add(self, piece: str) -> bytes | None:
        """Take a piece; return the message when that was the last one.

        "If this data is longer than 400 bytes, it must be split": a piece of 400 is followed by
        another, which is ``+`` when there is nothing left.

        Raises:
            TooLongError: it cannot be that long.
            ValueError: the pieces are not base64.
        """
        if len(piece) > _PIECE:
            raise TooLongError("a piece has more than 400 bytes")
        if piece != "+":
            self._text += piece
        if len(self._text) > _MOST:
            raise TooLongError(f"a message has more than {_MOST} bytes")
        if len(piece) == _PIECE:
            return None
        text, self._text = self._text, ""
        try:
            return base64.b64decode(text, validate=True)
        except binascii.Error as error:
            raise ValueError("not base64") from error


def written(data: bytes) -> list[str]:
    """Return the pieces in which a message is sent."""
    text = base64.b64encode(data).decode()
    pieces = [text[start : start + _PIECE] for start in range(0, len(text), _PIECE)]
    if not pieces or len(pieces[-1]) == _PIECE:
        pieces.append("+")
    return pieces
