"""Colours on a terminal: a few escape sequences, so that help needs no library and comes at once.

ECMA-48 8.3.117, "select graphic rendition".
"""

from __future__ import annotations

import os
import re
from typing import Final

__all__ = ["paint", "paint_help", "wants_colour"]

_STYLES: Final = {
    "heading": "1",  # bold
    "name": "36",  # cyan
    "example": "32",  # green
    "faint": "2",
    "good": "32",
    "bad": "1;31",  # bold red
}

_OPTION: Final = re.compile(r"(?<![\w-])--?[a-zA-Z][\w-]*")
_COLUMNS: Final = re.compile(r"^( {2,4})(\S.*?)( {2,}.*)?$")


def wants_colour(stream: object) -> bool:
    """Whether to write colours to the stream: a terminal that knows them, unless NO_COLOR is set.

    https://no-color.org: "when present and not an empty string (regardless of its value)".
    """
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    isatty = getattr(stream, "isatty", None)
    return isatty is not None and bool(isatty())


def paint(text: str, style: str) -> str:
    """Return the text in one of the styles: heading, name, example, faint, good, bad."""
    return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if text else text


def paint_help(text: str) -> str:
    """Return the help of a command with its headings, options and examples in colours."""
    return "\n".join(map(_paint_line, text.split("\n")))


def _paint_line(line: str) -> str:
    if line.startswith("usage: "):
        return paint("usage:", "heading") + _paint_options(line.removeprefix("usage:"))
    if line.endswith(":") and line[:1].isalpha():
        return paint(line, "heading")
    found = _COLUMNS.match(line)
    if not found:
        return line
    indent, name, rest = found.groups(default="")
    if " razem " in f" {name} ":
        return indent + paint(name, "example") + paint(rest, "faint")
    if name.startswith("-"):
        return indent + _paint_options(name) + rest
    if rest and " " not in name:  # a row of a table: a command, a service, an argument
        return indent + paint(name, "name") + rest
    return line


def _paint_options(text: str) -> str:
    return _OPTION.sub(lambda found: paint(found[0], "name"), text)
