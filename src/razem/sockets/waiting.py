"""Waiting for several endpoints at once, blocking."""

from __future__ import annotations

import selectors
from time import monotonic
from typing import TYPE_CHECKING, Final, TypeVar

from razem.sockets.clock import deadline_after, remaining
from razem.sockets.descriptors import Described

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["wait"]

End = TypeVar("End", bound=Described)

# One of them may be closed by another thread, which no system call of ours would notice.
_LOOK_AGAIN: Final = 0.1  # seconds
_Selector: Final = getattr(selectors, "PollSelector", selectors.SelectSelector)


def wait(endpoints: Iterable[End], timeout: float | None = None) -> list[End]:
    """Wait until one of the endpoints has something to receive, or to accept; return all such.

    The end of a stream and a failure count: receiving then returns or raises at once. Through
    TLS, bytes that have arrived need not be enough for a receive.

    >>> import razem
    >>> with razem.bind("udp://127.0.0.1:0") as one, razem.bind("udp://127.0.0.1:0") as other:
    ...     one.send(b"hello", to=other.local)
    ...     wait([one, other], timeout=10) == [other]
    True

    Args:
        endpoints: streams, datagrams and listeners, in any mixture.
        timeout: seconds; None for as long as it takes, 0 to look only.

    Returns:
        Those that are ready, in the order given; empty if none was in time.

    Raises:
        ClosedError: one of them was closed, before the call or during it.
        UnavailableError: one of them is no socket.
    """
    waited = list(endpoints)
    deadline = deadline_after(timeout)
    while True:
        ready = [end for end in waited if end.poll().receive]
        # Asked after that: one that was closed meanwhile only looks as if it were ready.
        watched = [descriptor for end in waited for descriptor in end.descriptors]
        if ready or (deadline is not None and monotonic() >= deadline):
            return ready
        with _Selector() as selector:
            for descriptor in watched:
                selector.register(descriptor, selectors.EVENT_READ)
            left = remaining(deadline)
            selector.select(_LOOK_AGAIN if left is None else min(left, _LOOK_AGAIN))
