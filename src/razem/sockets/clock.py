"""Time-outs and deadlines: what is left of a wait."""

from __future__ import annotations

from time import monotonic
from types import EllipsisType
from typing import Final, TypeAlias

__all__ = ["Timeout", "deadline_after", "earlier", "remaining"]

Timeout: TypeAlias = float | EllipsisType | None
"""Seconds to wait at the most; None to wait for ever; ``...`` for the default of the object."""


_FOR_EVER: Final = 1e7  # seconds; the system's calls overflow not far above


def deadline_after(timeout: float | None) -> float | None:
    """Return when a wait of that many seconds ends, by the monotonic clock; None for never."""
    return None if timeout is None or timeout > _FOR_EVER else monotonic() + timeout


def remaining(deadline: float | None) -> float | None:
    """Return the seconds until then, 0 if it has passed; None for no deadline."""
    return None if deadline is None else max(deadline - monotonic(), 0.0)


def earlier(one: float | None, other: float | None) -> float | None:
    """Return the deadline that comes first; None for never."""
    return min((each for each in (one, other) if each is not None), default=None)
