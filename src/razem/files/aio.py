"""The asyncio twins of `razem.files.get`, `put`, `send` and `receive`: same arguments and errors.

Copying works in threads of its own, so that the event loop stays free. Who cancels the task ends
the copy at once; what is whole by then stays.
"""

from __future__ import annotations

import asyncio
from threading import Event
from typing import TYPE_CHECKING, Any

from razem.errors import ClosedError
from razem.files import client, passing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from razem.files.client import Closable
    from razem.files.tally import Ended, Progress, Summary, Tally
    from razem.sockets.address import Address

__all__ = ["get", "put", "receive", "send"]


async def get(address: Address | str, destination: Path | str = ".", **options: Any) -> Summary:
    """Copy from a share: `razem.files.get`."""
    return await _in_thread(client.get, address, destination, **options)


async def put(
    paths: Sequence[Path | str] | Path | str, address: Address | str, **options: Any
) -> Summary:
    """Copy into a share: `razem.files.put`."""
    return await _in_thread(client.put, paths, address, **options)


async def send(
    paths: Sequence[Path | str] | Path | str, address: Address | str = "code:", **options: Any
) -> Summary:
    """Send to whoever comes to an address: `razem.files.send`."""
    return await _in_thread(passing.send, paths, address, **options)


async def receive(address: Address | str, destination: Path | str = ".", **options: Any) -> Summary:
    """Receive from an address: `razem.files.receive`."""
    return await _in_thread(passing.receive, address, destination, **options)


async def _in_thread(
    function: Callable[..., Summary], *arguments: Any, progress: Progress | None = None, **rest: Any
) -> Summary:
    """Run a copy in a thread; when the task is cancelled, let the copy end, too."""
    cancelled = Event()
    opened: list[Closable] = []

    def keep(each: Closable) -> None:
        opened.append(each)
        if cancelled.is_set():
            each.close()

    def go_on(tally: Tally, ended: Ended | None) -> None:
        if cancelled.is_set():
            raise ClosedError("the copy was cancelled.")
        if progress is not None:
            progress(tally, ended)

    try:
        return await asyncio.to_thread(function, *arguments, progress=go_on, opened=keep, **rest)
    except asyncio.CancelledError:
        cancelled.set()
        for each in opened:
            each.close()
        raise
