"""Getting files from a share and putting them there, by its address; blocking."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from razem.files.copies import ask_for, hand_over
from razem.files.destination import Destination
from razem.files.place import SharePlace, find_share
from razem.files.walking import roots_of
from razem.sockets.connecting import CONNECT_TIMEOUT, connect

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from razem.files.messages import Offer
    from razem.files.planning import Existing
    from razem.files.tally import Progress, Summary
    from razem.sockets.address import Address
    from razem.sockets.stream import Stream
    from razem.sockets.tls_config import Tls

__all__ = ["COPY_ALPN", "Closable", "connect_share", "get", "put"]


class Closable(Protocol):
    """Something that `close` ends, from any thread."""

    def close(self) -> None:
        """End it."""


COPY_ALPN: Final = "razem-files"  # within TLS (RFC 7301)


def get(  # noqa: PLR0913  each by name
    address: Address | str,
    destination: Path | str = ".",
    *,
    key: str = "",
    tls: Tls | None = None,
    existing: Existing = "update",
    dry_run: bool = False,
    sync: bool = True,
    always_compare: bool = False,
    accept: Callable[[Offer], bool] = lambda _: True,
    progress: Progress | None = None,
    rate: float = 0.0,
    timeout: float | None = CONNECT_TIMEOUT,
    opened: Callable[[Closable], object] = lambda _: None,
) -> Summary:
    """Copy a file, a tree, or what a pattern matches, from a share.

    What is there already and equal is left alone, what was interrupted goes on, and of what has
    changed only the differences come. Every file is verified, and synced before it has its name.

    Args:
        address: of the share, with the path in it: ``tcp://host:9000/music/*.ogg``, or a link.
        destination: a directory, which is made where it is missing; or how a single file is to be
            called.
        key: that lets one in, where it is not in the address.
        tls: whom to trust, where the address does not say.
        existing: what becomes of what is there: update, replace, skip, rename or fail.
        dry_run: nothing is written: the summary tells what would be.
        sync: whether to wait for the disk.
        always_compare: compare what is there by its content, not by size and time.
        accept: is shown what comes before anything is written, and may decline.
        progress: is called in another thread: `razem.files.Progress`.
        rate: bytes a second at the most; 0: as fast as it goes.
        timeout: seconds to connect in.
        opened: is handed what `close` ends the call by, from any thread.

    Raises:
        ConfigError: the share refuses: the key is wrong, or there is no such path.
        DeclinedError: `accept` said no.
        Error: the copy was interrupted; calling again goes on with it.
        OSError: the destination cannot be written to at all.
    """
    place = find_share(address)
    target = Destination(destination, existing, dry_run, sync, always_compare)
    with connect_share(place, tls, timeout) as stream:
        opened(stream)
        summary = ask_for(
            stream,
            place.path,
            target,
            key=key or place.key,
            accept=accept,
            progress=progress,
            rate=rate,
        )
        summary.way = _way(stream, place)
        return summary


def put(  # noqa: PLR0913  each by name
    paths: Sequence[Path | str] | Path | str,
    address: Address | str,
    *,
    key: str = "",
    tls: Tls | None = None,
    progress: Progress | None = None,
    rate: float = 0.0,
    timeout: float | None = CONNECT_TIMEOUT,
    opened: Callable[[Closable], object] = lambda _: None,
) -> Summary:
    """Copy files and trees into a share that is writable.

    Args:
        paths: of files and directories here.
        address: of the share, with a directory in it.
        key: as in `get`.
        tls: as in `get`.
        progress: as in `get`.
        rate: as in `get`.
        timeout: as in `get`.
        opened: as in `get`.

    Raises:
        ConfigError: the share refuses.
        Error: the copy was interrupted, or a path is not there.
    """
    roots = roots_of([paths] if isinstance(paths, str | Path) else paths)
    place = find_share(address)
    with connect_share(place, tls, timeout) as stream:
        opened(stream)
        summary = hand_over(
            stream, roots, place.path, key=key or place.key, progress=progress, rate=rate
        )
        summary.way = _way(stream, place)
        return summary


def connect_share(
    place: SharePlace, tls: Tls | None = None, timeout: float | None = CONNECT_TIMEOUT
) -> Stream:
    """Connect to a share, and say in TLS that files are meant.

    Raises:
        Error: nobody answers there, or not who should.
    """
    if place.address.scheme == "tls":
        from dataclasses import replace  # noqa: PLC0415  ssl is slow to import

        from razem.sockets.tls_config import Tls  # noqa: PLC0415

        tls = replace(tls or Tls(), alpn=(COPY_ALPN,))
        if place.fingerprint:
            tls = replace(tls, fingerprint=place.fingerprint)
        return connect(place.address, timeout=timeout, tls=tls)
    return connect(place.address, timeout=timeout)


def _way(stream: Stream, place: SharePlace) -> str:
    kind = {"tls": "encrypted by TLS", "tcp": "not encrypted"}.get(place.address.scheme, "")
    return f"{stream.remote or place.address}{', ' if kind else ''}{kind}"
