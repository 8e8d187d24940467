"""Running a program on the best event loop there is."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

__all__ = ["run"]

Result = TypeVar("Result")


def run(main: Coroutine[object, object, Result]) -> Result:
    """Run `main` to its end and return its result, on uvloop where it exists."""
    try:
        from uvloop import new_event_loop  # noqa: PLC0415  there is none on Windows
    except ImportError:
        return asyncio.run(main)
    with asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(main)
