"""The clock of the entries of a log."""

from __future__ import annotations

import time

__all__ = ["clock"]


def clock() -> int:
    """Return milliseconds since 1970."""
    return time.time_ns() // 1_000_000
