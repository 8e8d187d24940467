"""The log: where changes get their place, and where lines are kept (DESIGN 6).

A seam (`log/seam.py`): the hub's state machine does not know which of these it stands on.
`MemoryLog` is here; `SQLiteLog`, in `log/sqlite.py`, is imported by who wants it.
"""

from __future__ import annotations

from razem.talk.log.memory import MemoryLog
from razem.talk.log.seam import Log, LogError, Receive, provisional_target

__all__ = ["Log", "LogError", "MemoryLog", "Receive", "provisional_target"]
