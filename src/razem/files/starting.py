"""Beginning to share, from Python."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from razem.files.serving import ShareSettings, Sharing
from razem.files.sharing import Shared
from razem.sockets.address import Address

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from razem.files.tally import Progress, Summary
    from razem.sockets.tls_identity import Identity

__all__ = ["share"]

_KEY_BYTES: Final = 12


def share(  # noqa: PLR0913  each by name
    paths: Sequence[Path | str] | Path | str,
    address: Address | str = "tcp://localhost:0",
    *,
    key: str | None = None,
    open: bool = False,  # noqa: A002  the word of the command
    writable: bool = False,
    identity: Identity | None = None,
    rate: float = 0.0,
    progress: Progress | None = None,
    ended: Callable[[Address | None, Summary | Exception], object] = lambda *_: None,
) -> Sharing:
    """Share files and directories: call `run` of what it returns, `close` ends that.

    Who comes from this machine needs nothing; from another one, TLS and the key; by a code phrase,
    that and no key, unless one is given.

    Args:
        paths: what is shared.
        address: where to listen.
        key: that others have to tell; by default one is made (see `settings.key`), but for code
            phrases, which are the key.
        open: whether everybody may come in, without key and TLS.
        writable: whether others may put files into the first directory.
        identity: to show by TLS; by default one is made.
        rate: bytes a second for one client at the most; 0: as fast as it goes.
        progress: is called with how each copy goes on, in its own thread.
        ended: is called with how each copy ended.

    Raises:
        Error: a path is not there, or the address cannot be listened on.
    """
    from razem.sockets.tls_identity import Identity  # noqa: PLC0415  ssl is slow to import

    shared = Shared([paths] if not isinstance(paths, list | tuple) else paths)  # type: ignore[list-item]
    address = Address(address)
    if key is None:
        key = "" if address.scheme == "code" else secrets.token_urlsafe(_KEY_BYTES)
    settings = ShareSettings(
        key=key,
        open=open,
        writable=writable,
        identity=identity or Identity.make(),
        rate=rate,
    )
    return Sharing(shared, address, settings, progress=progress, ended=ended)
