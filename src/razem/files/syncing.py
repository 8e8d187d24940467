"""Getting what was written onto the disk."""

from __future__ import annotations

import ctypes
import os
import sys
from functools import cache
from typing import Any

__all__ = ["sync_file", "sync_system"]


def sync_file(descriptor: int) -> None:
    """Wait until a file, or the names in a directory, are on the disk (fsync(2)).

    Raises:
        OSError: they are not, and may be lost.
    """
    os.fsync(descriptor)


def sync_system(descriptor: int) -> bool:
    """Wait until all of a file system is on the disk (syncfs(2)): for many files at once.

    False where this system cannot.

    Raises:
        OSError: something is not, and may be lost.
    """
    function = _syncfs()
    if function is None:
        return False
    if function(descriptor):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return True


@cache
def _syncfs() -> Any:
    if sys.platform != "linux":
        return None
    return getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
