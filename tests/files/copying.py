"""A copy over a pair of sockets, both ends in this process."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import razem
from razem.files.channel import Channel
from razem.files.destination import Destination
from razem.files.incoming import receive_tree
from razem.files.messages import FEATURES
from razem.files.outgoing import send_tree
from razem.files.walking import Tree, roots_of

if TYPE_CHECKING:
    from pathlib import Path

    from razem.files.tally import Summary


def copy(
    source: Path, target: Path | str, *, features: tuple[str, ...] = FEATURES, **options: Any
) -> tuple[Summary, Summary]:
    """Copy a file or tree; return what the sender and the receiver say of it."""
    left, right = razem.pair()
    tree = Tree(roots_of([source]))
    with left, right, ThreadPoolExecutor(1) as pool:
        sender, receiver = Channel(left), Channel(right)
        sender.features = receiver.features = features
        sending = pool.submit(send_tree, sender, tree, names=[source.name.encode()])
        try:
            received = receive_tree(receiver, Destination(target, **options))
        finally:
            right.close()
        tree.close()
        return sending.result(), received


def snapshot(folder: Path) -> dict[str, tuple[Any, ...]]:
    """What is in a directory: kinds, modes, times and contents by paths."""
    found: dict[str, tuple[Any, ...]] = {}
    for path in folder.rglob("*"):
        status = path.lstat()
        key = str(path.relative_to(folder))
        mode, mtime = stat.S_IMODE(status.st_mode), status.st_mtime_ns
        if path.is_symlink():
            found[key] = ("link", str(path.readlink()), mtime)
        elif path.is_dir():
            found[key] = ("folder", mode, mtime)
        else:
            found[key] = ("file", mode, mtime, path.read_bytes())
    return found
