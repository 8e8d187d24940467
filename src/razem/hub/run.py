"""Running a hub in an event loop of its own."""

from __future__ import annotations

import gc
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from razem.sockets.aio.running import run

if TYPE_CHECKING:
    from collections.abc import Coroutine

__all__ = ["run_loop", "spare_the_collector"]

# The thread that commits needs the interpreter for moments; it should not have to wait for it
# as long as Python's default of 5 ms while the loop is busy.
_SWITCH_SECONDS: Final = 0.0005


# Lines come and go without cycles: to look for these at every 700 new objects is in vain.
_COLLECTOR_THRESHOLDS: Final = (10_000, 20, 20)


def spare_the_collector() -> None:
    """Leave what is there now, modules above all, out of all later searches for garbage.

    To be called once, when the hub has started: a search would have to look at all of it, and
    everybody would wait.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECTOR_THRESHOLDS)


def run_loop(main: Coroutine[Any, Any, int]) -> int:
    """Run `main` in a process that is set up for a hub: many connections, a thread that commits."""
    sys.setswitchinterval(_SWITCH_SECONDS)
    _allow_many_connections()
    return run(main)


def _allow_many_connections() -> None:
    """Raise the number of descriptors from the customary limit to the one that is allowed."""
    try:
        import resource  # noqa: PLC0415 # it does not exist everywhere
    except ImportError:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
