"""Where a copy goes, and what becomes of what is there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path  # noqa: TC003  a dataclass keeps what its fields are
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from razem.files.planning import Existing

__all__ = ["Destination"]


@dataclass(frozen=True, slots=True)
class Destination:
    """Where to write, and how.

    Attributes:
        path: a directory, which is made where it is missing; or how a single file is to be called.
        existing: what becomes of what is there.
        dry_run: nothing is written; what would be is told as skipped.
        sync: whether a file is on the disk before it is acknowledged.
        always_compare: whether equal size and time are not enough to take a file for the same.
    """

    path: Path | str
    existing: Existing = "update"
    dry_run: bool = False
    sync: bool = True
    always_compare: bool = False
