"""Copies over a stream, both roles, blocking: greeting, then sending or receiving a tree."""

from __future__ import annotations

import os
from dataclasses import dataclass
from hmac import compare_digest
from typing import TYPE_CHECKING

from razem.errors import ConfigError, Error
from razem.files.channel import Channel
from razem.files.destination import Destination
from razem.files.incoming import receive_tree
from razem.files.messages import Hello
from razem.files.outgoing import send_tree
from razem.files.walking import Tree

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from razem.files.messages import Offer
    from razem.files.sharing import Shared
    from razem.files.tally import Progress, Summary
    from razem.files.walking import Root
    from razem.sockets.stream import Stream

__all__ = ["Access", "ask_for", "count_tree", "hand_over", "serve_copy"]


@dataclass(frozen=True, slots=True)
class Access:
    """What who connects may do.

    Attributes:
        key: that it must tell; "": none is needed.
        writable: whether it may put files here.
    """

    key: str = ""
    writable: bool = False

    def permits(self, key: str) -> bool:
        """Whether somebody with that key may come in."""
        return not self.key or compare_digest(self.key.encode(), key.encode())


def ask_for(  # noqa: PLR0913  each by name
    stream: Stream,
    path: str,
    destination: Destination,
    *,
    key: str = "",
    accept: Callable[[Offer], bool] = lambda _: True,
    progress: Progress | None = None,
    rate: float = 0.0,
) -> Summary:
    """Ask a share for files, as who has connected to it, and receive them.

    Raises:
        ConfigError: it refuses.
        Error: the copy was interrupted.
    """
    channel = Channel(stream, rate=rate)
    channel.greet(Hello(ask="get", path=os.fsencode(path), key=key))
    return receive_tree(channel, destination, accept=accept, progress=progress)


def hand_over(  # noqa: PLR0913  each by name
    stream: Stream,
    roots: Sequence[Root],
    path: str = "",
    *,
    key: str = "",
    progress: Progress | None = None,
    rate: float = 0.0,
) -> Summary:
    """Send files to a share that takes them, as who has connected to it.

    Raises:
        ConfigError: it refuses.
        Error: the copy was interrupted.
    """
    channel = Channel(stream, rate=rate)
    channel.greet(Hello(ask="put", path=os.fsencode(path), key=key))
    return _send(channel, roots, progress)


def serve_copy(
    stream: Stream,
    shared: Shared,
    access: Access,
    *,
    progress: Progress | None = None,
    rate: float = 0.0,
) -> Summary:
    """Serve one client that speaks the copy protocol, and return how it ended.

    Raises:
        ConfigError: it was refused.
        Error: the copy was interrupted, or it broke the protocol.
    """
    channel = Channel(stream, rate=rate)
    hello = channel.read_hello()
    if not access.permits(hello.key):
        raise _refuse(channel, "key", "the key is missing or wrong")
    if hello.ask == "get":
        try:
            roots = shared.choose(hello.path)
        except Error as error:
            raise _refuse(channel, "path", error.message) from error
        channel.welcome(hello)
        return _send(channel, roots, progress)
    if hello.ask != "put":
        raise _refuse(channel, "denied", f"nothing is known of {hello.ask[:40]!r} here")
    folder = shared.find(hello.path) if hello.path else shared.folder
    if not access.writable or folder is None or not folder.is_dir():
        why = "there is no such folder here" if access.writable else "nothing can be put here"
        raise _refuse(channel, "denied", why)
    channel.welcome(hello)
    return receive_tree(channel, Destination(f"{folder}/"), progress=progress)


def count_tree(roots: Sequence[Root]) -> tuple[int, int]:
    """Return how many files there are in some trees, and how many bytes in them."""
    tree = Tree(roots)
    try:
        files = sum(1 for entry in tree.entries() if not entry.kind)
        return files, tree.size
    finally:
        tree.close()


def _send(channel: Channel, roots: Sequence[Root], progress: Progress | None) -> Summary:
    tree = Tree(roots)
    try:
        return send_tree(channel, tree, names=[root.name for root in roots], progress=progress)
    finally:
        tree.close()


def _refuse(channel: Channel, code: str, why: str) -> ConfigError:
    channel.refuse(code, why)
    return ConfigError(f"refused: {why}.")
