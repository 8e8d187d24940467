"""Sending to whoever comes to an address, once or several times, and receiving there.

The address is any that can be listened on and connected to: that of a code phrase, mostly.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from razem.files.channel import Channel
from razem.files.client import connect_share
from razem.files.copies import count_tree
from razem.files.destination import Destination
from razem.files.incoming import receive_tree
from razem.files.messages import Hello
from razem.files.outgoing import send_tree
from razem.files.piping import PipeSource
from razem.files.place import find_share
from razem.files.walking import Root, Tree, roots_of
from razem.sockets.connecting import CONNECT_TIMEOUT
from razem.sockets.listener import listen

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from razem.files.client import Closable
    from razem.files.messages import Offer
    from razem.files.planning import Existing
    from razem.files.tally import Progress, Summary
    from razem.sockets.address import Address
    from razem.sockets.stream import Stream
    from razem.sockets.tls_config import Tls

__all__ = ["Parcel", "pack", "receive", "send", "send_on"]


def send(  # noqa: PLR0913  each by name
    paths: Sequence[Path | str] | Path | str | int,
    address: Address | str = "code:",
    *,
    tls: Tls | None = None,
    listening: Callable[[Address], object] = lambda _: None,
    progress: Progress | None = None,
    rate: float = 0.0,
    timeout: float | None = None,
    opened: Callable[[Closable], object] = lambda _: None,
) -> Summary:
    """Wait at an address for a receiver, and send it files and trees.

    Args:
        paths: what to send; or the descriptor of a pipe, whose content becomes a file.
        address: where to wait; "code:" makes a new code phrase.
        tls: for tls addresses: the identity to show.
        listening: is told the address for the receiver, once it can come.
        progress: is called in another thread.
        rate: bytes a second at the most; 0: as fast as it goes.
        timeout: seconds to wait for the receiver; None: for as long as it takes.
        opened: is handed what `close` ends the call by, from any thread.

    Raises:
        Error: a path is not there, nobody came, or the copy was interrupted.
    """
    parcel = pack(paths)
    with listen(address, tls=tls) as listener:
        opened(listener)
        listening(listener.local)
        with listener.accept(timeout=timeout) as stream:
            opened(stream)
            return send_on(stream, parcel, progress=progress, rate=rate)


class Parcel(NamedTuple):
    """What is to be sent, counted.

    Attributes:
        roots: files and trees; none, if it is a pipe.
        pipe: its descriptor, or -1.
        counted: how many files, and how many bytes; -1 of what cannot be counted.
    """

    roots: Sequence[Root]
    pipe: int
    counted: tuple[int, int]

    @property
    def names(self) -> list[bytes]:
        """How it is called at the top."""
        return [root.name for root in self.roots] or [b"stdin"]

    def open(self) -> Tree | PipeSource:
        """Return where it is read from, for one receiver."""
        return Tree(self.roots) if self.pipe < 0 else PipeSource(self.pipe)


def pack(paths: Sequence[Path | str] | Path | str | int) -> Parcel:
    """Count what is to be sent.

    Raises:
        Error: a path is not there.
    """
    if isinstance(paths, int):
        return Parcel((), paths, (1, -1))
    roots = roots_of([paths] if isinstance(paths, str | Path) else paths)
    return Parcel(roots, -1, count_tree(roots))


def send_on(
    stream: Stream,
    parcel: Parcel,
    *,
    progress: Progress | None = None,
    rate: float = 0.0,
) -> Summary:
    """Send to a receiver that has come.

    Raises:
        Error: the copy was interrupted.
    """
    channel = Channel(stream, rate=rate)
    hello = channel.read_hello()
    channel.welcome(hello)
    source = parcel.open()
    try:
        summary = send_tree(
            channel, source, counted=parcel.counted, names=parcel.names, progress=progress
        )
    finally:
        if isinstance(source, Tree):
            source.close()
    summary.way = str(stream.remote or "")
    return summary


def receive(  # noqa: PLR0913  each by name
    address: Address | str,
    destination: Path | str | int = ".",
    *,
    tls: Tls | None = None,
    existing: Existing = "update",
    dry_run: bool = False,
    accept: Callable[[Offer], bool] = lambda _: True,
    progress: Progress | None = None,
    rate: float = 0.0,
    timeout: float | None = CONNECT_TIMEOUT,
    opened: Callable[[Closable], object] = lambda _: None,
) -> Summary:
    """Connect to an address where somebody sends, and receive.

    Args:
        address: such as "code:7-guitar-ocean".
        destination: as in `razem.files.get`; or the descriptor of a pipe, for a single file.
        tls: for tls addresses: whom to trust.
        existing: as in `razem.files.get`.
        dry_run: as in `razem.files.get`.
        accept: is shown what comes before anything is written, and may decline.
        progress: is called in another thread.
        rate: bytes a second at the most; 0: as fast as it goes.
        timeout: seconds to connect in.
        opened: is handed what `close` ends the call by, from any thread.

    Raises:
        DeclinedError: `accept` said no.
        Error: nobody is there, or the copy was interrupted.
        OSError: the destination cannot be written to at all.
    """
    place = find_share(address)
    with connect_share(place, tls, timeout) as stream:
        opened(stream)
        channel = Channel(stream, rate=rate)
        channel.greet(Hello(ask="get"))
        target: Destination | int = (
            destination
            if isinstance(destination, int)
            else Destination(destination, existing, dry_run)
        )
        summary = receive_tree(channel, target, accept=accept, progress=progress)
        summary.way = str(stream.remote or place.address)
        return summary
