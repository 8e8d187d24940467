"""Where the control socket of a hub is, also where the path is too long for one."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from razem.hub.config import Config

__all__ = ["FILE_NAME", "control_path", "short_name"]

FILE_NAME: Final = "hub.control"  # in the data directory

_LONGEST: Final = 107  # bytes of a socket's path (unix(7))


def control_path(config: Config) -> Path | None:
    """Return where the control socket is; None: a hub that keeps nothing has none by itself."""
    if config.control:
        return Path(config.control).expanduser().absolute()
    if config.memory:
        return None
    return Path(config.data_directory).absolute() / FILE_NAME


@contextmanager
def short_name(path: Path) -> Iterator[str]:
    """Give the path a name that a socket can have, for as long as the block lasts.

    Raises:
        OSError: the folder is not there.
    """
    if len(os.fsencode(path)) <= _LONGEST:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"  # Linux: proc(5)
    finally:
        os.close(folder)
