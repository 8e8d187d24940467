"""Lengths of time as people write them: ``1h30m``, ``2d``. No I/O."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["format_duration", "parse_duration"]

# Longest first, as they are written; a month is 30 days, a year 365.
_SECONDS: Final = {
    "y": 365 * 86400,
    "mo": 30 * 86400,
    "w": 7 * 86400,
    "d": 86400,
    "h": 3600,
    "m": 60,
    "s": 1,
}
_PART: Final = re.compile(rf"([0-9]{{1,9}})({'|'.join(sorted(_SECONDS, key=len, reverse=True))})")
_WHOLE: Final = re.compile(f"(?:{_PART.pattern})+")


def parse_duration(text: str) -> int | None:
    """Return how many seconds a text means; None: it is no length of time.

    >>> parse_duration("1h30m"), parse_duration("2d"), parse_duration("30"), parse_duration("x")
    (5400, 172800, None, None)
    """
    folded = text.lower()
    if not _WHOLE.fullmatch(folded):
        return None
    return sum(int(count) * _SECONDS[unit] for count, unit in _PART.findall(folded))


def format_duration(seconds: int) -> str:
    """Return a length of time in its two largest units, rounded down.

    >>> format_duration(5400), format_duration(90061), format_duration(0)
    ('1h30m', '1d1h', '0s')
    """
    parts = []
    for unit, length in _SECONDS.items():
        count, seconds = divmod(seconds, length)
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts[:2]) or "0s"
