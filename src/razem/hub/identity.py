"""The certificate of the hub: its own file's, or one that it made for itself and keeps."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from razem.errors import TlsError
from razem.sockets.tls_identity import Identity

if TYPE_CHECKING:
    from collections.abc import Callable

    from razem.hub.config import Config, TlsFiles

__all__ = ["FILE_NAME", "identity_source"]

FILE_NAME: Final = "identity.pem"  # in the data directory

_HOST: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?")


def identity_source(
    current: Callable[[], Config], directory: Path | None
) -> Callable[[], Identity]:
    """Return a function that reads the identity of a hub, as it is now.

    That is the one of ``[tls] certificate``; else the one in the data directory, which is made
    when it is not there; without a directory, one that is made for this run.

    Args:
        current: returns the configuration, which says which.
        directory: where to keep one; it is there. None: nowhere.

    The function raises TlsError when the files cannot be used, or the one made cannot be saved.
    """
    make = cache(lambda: _make(current().name))

    def load() -> Identity:
        tls = current().tls
        if tls.certificate:
            return _own(tls)
        return make() if directory is None else _kept(directory / FILE_NAME, make)

    return load


def _own(tls: TlsFiles) -> Identity:
    key = Path(tls.key).expanduser() if tls.key else None
    try:
        return Identity.load(Path(tls.certificate).expanduser(), key)
    except TlsError as error:
        error.advice = "Check [tls] certificate and key, or --certificate and --key."
        raise


def _kept(file: Path, make: Callable[[], Identity]) -> Identity:
    if not file.exists():
        make().save(file)
    try:
        return Identity.load(file)
    except TlsError as error:
        error.advice = f"Put it back from a backup, or remove {file}: a new one is made then."
        raise


def _make(name: str) -> Identity:
    hosts = [name] if _HOST.fullmatch(name) else []
    return Identity.make("Razem hub", hosts=[*hosts, "localhost", "127.0.0.1", "::1"])
