"""Telling systemd how the hub is (sd_notify(3)); nothing where nobody listens."""

from __future__ import annotations

import os
import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Mapping

__all__ = ["Supervisor"]


class Supervisor:
    """Whoever started this process and wants to be told of it.

    Args:
        environment: of this process; ``NOTIFY_SOCKET`` says where to.
    """

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        place = environment.get("NOTIFY_SOCKET", "")
        # "@" is an abstract socket; others than these two kinds are not of this system.
        self._place: Final = f"\0{place[1:]}" if place.startswith("@") else place
        usec = environment.get("WATCHDOG_USEC", "")
        pid = environment.get("WATCHDOG_PID", str(os.getpid()))
        mine = usec.isdecimal() and pid == str(os.getpid())
        self._watchdog_seconds: Final = int(usec) / 1e6 if mine else 0.0
        self._timer: asyncio.TimerHandle | None = None

    def ready(self, status: str) -> None:
        """The hub listens, or has read its configuration again."""
        self._tell("READY=1", f"STATUS={status}")

    def reloading(self) -> None:
        """The configuration is read again; `ready` follows."""
        self._tell("RELOADING=1", f"MONOTONIC_USEC={time.clock_gettime_ns(_MONOTONIC) // 1000}")

    def stopping(self) -> None:
        """The hub is told to stop."""
        if self._timer is not None:
            self._timer.cancel()
        self._tell("STOPPING=1")

    def watch(self, loop: asyncio.AbstractEventLoop, is_well: Callable[[], bool]) -> None:
        """Give signs of life twice as often as asked for, as long as `is_well`."""
        if not self._watchdog_seconds or not self._place:
            return
        if is_well():
            self._tell("WATCHDOG=1")
        self._timer = loop.call_later(self._watchdog_seconds / 2, self.watch, loop, is_well)

    def _tell(self, *lines: str) -> None:
        if not self._place:
            return
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
            out.setblocking(False)
            out.sendto("\n".join(lines).encode(), self._place)


_MONOTONIC: Final = getattr(time, "CLOCK_MONOTONIC", 1)
