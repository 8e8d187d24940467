"""A status line on standard error, on a terminal: who is connected, bytes, rates."""

from __future__ import annotations

import os
import sys
from threading import Event, Thread
from time import monotonic
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from types import TracebackType

    from razem.serve.carrying import Traffic

__all__ = ["StatusLine", "amount"]

_INTERVAL: Final = 0.5  # seconds
_UNITS: Final = ("B", "kB", "MB", "GB", "TB")


def amount(size: float) -> str:
    """Return a number of bytes for people.

    >>> amount(999), amount(1500), amount(2_000_000)
    ('999 B', '1.5 kB', '2.0 MB')
    """
    unit = 0
    while size >= 1000 and unit < len(_UNITS) - 1:
        size /= 1000
        unit += 1
    return f"{size:.1f} {_UNITS[unit]}" if unit else f"{size:.0f} {_UNITS[0]}"


class StatusLine:
    """Shows how much has passed while it goes on, and what it came to at the end.

    It moves only where nothing else is typed or printed on the terminal.
    """

    def __init__(self, traffic: Traffic) -> None:
        self._traffic = traffic
        self._stopped = Event()
        self._thread = Thread(target=self._show, name="razem-status", daemon=True)
        self._moves = not (os.isatty(0) or os.isatty(1))

    def _show(self) -> None:
        before, then = 0, monotonic()
        while not self._stopped.wait(_INTERVAL):
            traffic = self._traffic
            passed, now = traffic.sent + traffic.received, monotonic()
            rate = amount((passed - before) / (now - then))
            before, then = passed, now
            peer = traffic.peer or "waiting"
            print(f"\r\x1b[K{peer}: {_totals(traffic)}, {rate}/s", end="", file=sys.stderr)
            sys.stderr.flush()

    def __enter__(self) -> Self:
        if self._moves:
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stopped.set()
        if self._moves:
            self._thread.join()
        traffic = self._traffic
        if traffic.connections:
            clear = "\r\x1b[K" if self._moves else ""
            seconds = monotonic() - traffic.start
            print(f"{clear}{traffic.peer}: {_totals(traffic)}, {seconds:.1f} s", file=sys.stderr)


def _totals(traffic: Traffic) -> str:
    return f"sent {amount(traffic.sent)}, received {amount(traffic.received)}"
