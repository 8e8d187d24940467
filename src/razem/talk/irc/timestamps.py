"""Times on the wire: milliseconds since 1970 <-> ``2026-11-23T09:30:00.123Z`` (server-time)."""

from __future__ import annotations

import functools
from datetime import UTC, datetime

__all__ = ["format_time", "parse_time"]


@functools.lru_cache(maxsize=64)  # a busy hub formats thousands of times in one second
def _format_second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def format_time(milliseconds: int) -> str:
    """Return the time as the server-time specification writes it.

    >>> format_time(1_700_000_000_123)
    '2023-11-14T22:13:20.123Z'
    """
    seconds, rest = divmod(milliseconds, 1000)
    return f"{_format_second(seconds)}.{rest:03}Z"


def parse_time(text: str) -> int:
    """Return the milliseconds since 1970.

    Raises:
        ValueError: `text` is no time of that form.

    >>> parse_time("2023-11-14T22:13:20.123Z")
    1700000000123
    """
    if not text.endswith("Z"):
        raise ValueError(f"not a time like 2023-11-14T22:13:20.123Z: {text!r}")
    moment = datetime.fromisoformat(text)
    whole = int(moment.replace(microsecond=0).timestamp())
    return whole * 1000 + moment.microsecond // 1000
