"""Text of strangers -> text that a terminal shows and never obeys."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

__all__ = ["printable"]

# The formatting of IRC clients (bold, colours …): https://modern.ircdocs.horse/formatting
_FORMATTING: Final = re.compile(
    r"\x03(?:\d{1,2}(?:,\d{1,2})?)?|\x04(?:[0-9A-Fa-f]{6}(?:,[0-9A-Fa-f]{6})?)?"
    r"|[\x02\x0f\x11\x16\x1d\x1e\x1f]"
)
# Of the format characters (Cf), these only join letters and emoji to what they should be.
_HARMLESS: Final = frozenset("\u200c\u200d")
_CONTROL_PICTURES: Final = 0x2400  # U+2400..241F show U+0000..001F
_DELETE_PICTURE: Final = "\u2421"
_DANGEROUS: Final = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def printable(text: str) -> str:
    r"""Return `text` with everything visible that could act on a terminal or turn its order.

    Escape sequences, control characters, bidi controls, line separators, surrogates and
    characters that do not exist are shown as signs or by number; the colours and the bold
    of IRC are taken out.

    >>> printable("\x02bold\x02 \x1b[2J \u202eevil")
    'bold ␛[2J <U+202E>evil'
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_shown, _FORMATTING.sub("", text)))


def _shown(character: str) -> str:
    if character == "\t":
        return " "
    if unicodedata.category(character) not in _DANGEROUS or character in _HARMLESS:
        return character
    code = ord(character)
    if code < 0x20:
        return chr(_CONTROL_PICTURES + code)
    return _DELETE_PICTURE if code == 0x7F else f"<U+{code:04X}>"
