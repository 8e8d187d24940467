"""Copying: files and trees between machines, whole and verified or not at all.

`get` and `put` copy from and to what `share` serves; `send` and `receive` copy between two ends
that agreed on an address, such as one of a code phrase. `razem.files.aio` has the same names for
asyncio. What is public is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from razem.files import aio
    from razem.files.client import get, put
    from razem.files.entries import Outcome
    from razem.files.incoming import DeclinedError
    from razem.files.passing import receive, send
    from razem.files.serving import ShareSettings, Sharing
    from razem.files.starting import share
    from razem.files.tally import Ended, Progress, Summary, Tally
    from razem.files.transcript import short_digest

__all__ = [
    "DeclinedError",
    "Ended",
    "Outcome",
    "Progress",
    "ShareSettings",
    "Sharing",
    "Summary",
    "Tally",
    "aio",
    "get",
    "put",
    "receive",
    "send",
    "share",
    "short_digest",
]

_HOMES: Final = {
    "DeclinedError": "incoming",
    "Ended": "tally",
    "Outcome": "entries",
    "Progress": "tally",
    "ShareSettings": "serving",
    "Sharing": "serving",
    "Summary": "tally",
    "Tally": "tally",
    "get": "client",
    "put": "client",
    "receive": "passing",
    "send": "passing",
    "share": "starting",
    "short_digest": "transcript",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used (PEP 562)."""
    if name == "aio":
        return import_module("razem.files.aio")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"razem.files.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
