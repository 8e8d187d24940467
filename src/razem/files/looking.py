"""What is there already, at a destination."""

from __future__ import annotations

import os
import stat

from razem.files.entries import Kind
from razem.files.planning import Found

__all__ = ["is_folding", "look"]


def look(name: bytes, above: int) -> Found | None:
    """Return what is there under a name."""
    try:
        found = os.stat(name, dir_fd=above, follow_symlinks=False)
    except FileNotFoundError:
        return None
    mode = found.st_mode
    if stat.S_ISREG(mode):
        return Found(Kind.FILE, found.st_size, found.st_mtime_ns, mode & 0o7777)
    if stat.S_ISDIR(mode):
        return Found(Kind.DIRECTORY, mode=mode & 0o7777)
    if stat.S_ISLNK(mode):
        return Found(Kind.SYMLINK, target=os.readlink(name, dir_fd=above))
    return Found(Kind.SPECIAL)


def is_folding(above: int) -> bool:
    """Find out whether a directory takes "A" and "a" for the same."""
    try:
        os.mkdir(b".razem-Case", 0o700, dir_fd=above)
    except OSError:
        return False
    try:
        return look(b".razem-cASE", above) is not None
    finally:
        os.rmdir(b".razem-Case", dir_fd=above)
