"""Captures: files read and written, packets decoded in bulk, filtered, told apart by flows.

What is public is imported when it is first used: NumPy takes longer than a command may take to
start.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from razem.look.addresses import address_of, texts_of
    from razem.look.block import Block, CapturedPacket, Interface
    from razem.look.capture import Capture, FileCapture, read
    from razem.look.decoding import Columns, decode
    from razem.look.filters import compile_filter
    from razem.look.flows import Flow, FlowTable, flows_of
    from razem.look.layouts import COLUMNS
    from razem.look.live import LiveCapture, open  # noqa: A004  beside read
    from razem.look.ring import Statistics
    from razem.look.writing import PcapngWriter, PcapWriter, write

__all__ = [
    "COLUMNS",
    "Block",
    "Capture",
    "CapturedPacket",
    "Columns",
    "FileCapture",
    "Flow",
    "FlowTable",
    "Interface",
    "LiveCapture",
    "PcapWriter",
    "PcapngWriter",
    "Statistics",
    "address_of",
    "compile_filter",
    "decode",
    "flows_of",
    "open",
    "read",
    "texts_of",
    "write",
]

# Where each public name lives; what is not named here is an error.
_HOMES: Final = {
    "COLUMNS": "layouts",
    "Block": "block",
    "Capture": "capture",
    "CapturedPacket": "block",
    "Columns": "decoding",
    "FileCapture": "capture",
    "Flow": "flows",
    "FlowTable": "flows",
    "Interface": "block",
    "LiveCapture": "live",
    "PcapWriter": "writing",
    "PcapngWriter": "writing",
    "Statistics": "ring",
    "address_of": "addresses",
    "compile_filter": "filters",
    "decode": "decoding",
    "flows_of": "flows",
    "open": "live",
    "read": "capture",
    "texts_of": "addresses",
    "write": "writing",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"razem.look.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
