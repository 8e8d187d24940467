"""Running a hub in an event loop of its own, until a signal."""

from __future__ import annotations

import asyncio
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Coroutine

__all__ = ["run_loop", "stop_signals"]

# The thread that commits needs the interpreter for moments; it should not have to wait for it
# as long as Python's default of 5 ms while the loop is busy.
_SWITCH_SECONDS: Final = 0.0005


def run_loop(main: Coroutine[Any, Any, int]) -> int:
    """Run `main` on uvloop where it exists, else on asyncio's own loop."""
    sys.setswitchinterval(_SWITCH_SECONDS)
    _allow_many_connections()
    try:
        import uvloop  # noqa: PLC0415 # it does not exist everywhere
    except ImportError:
        return asyncio.run(main)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)


def _allow_many_connections() -> None:
    """Raise the number of descriptors from the customary limit to the one that is allowed."""
    try:
        import resource  # noqa: PLC0415 # it does not exist everywhere
    except ImportError:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def stop_signals() -> asyncio.Event:
    """Return an event that SIGTERM or Ctrl-C sets from now on; neither does anything else."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        try:
            loop.add_signal_handler(number, stop.set)
        except NotImplementedError:  # Windows: Ctrl-C comes as KeyboardInterrupt
            continue
    return stop
