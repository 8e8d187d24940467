"""Waiting for several endpoints at once, blocking."""

from __future__ import annotations

import selectors
from collections import Counter
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


def wait(
    endpoints: Iterable[End], timeout: float | None = None, *, sending: Iterable[End] = ()
) -> list[End]:
    """Wait until one of the endpoints has something to receive, or to accept; return all such.

    Of `sending`, wait for room to send. The end of a stream and a failure count: receiving or
    sending then returns or raises at once. Through TLS, bytes that have arrived need not be
    enough for a receive.

    >>> import razem
    >>> with razem.bind("udp://127.0.0.1:0") as one, razem.bind("udp://127.0.0.1:0") as other:
    ...     one.send(b"hello", to=other.local)
    ...     wait([one, other], timeout=10) == [other]
    True

    Args:
        endpoints: streams, datagrams and listeners, in any mixture.
        timeout: seconds; None for as long as it takes, 0 to look only.
        sending: those that want to send; one may be among `endpoints` too.

    Returns:
        Those that are ready, each once, in the order given; empty if none was in time. `poll` of
        one that is given twice tells for what.

    Raises:
        ClosedError: one of them was closed, before the call or during it.
        UnavailableError: one of them is no socket.
    """
    receivers, senders = list(endpoints), list(sending)
    deadline = deadline_after(timeout)
    while True:
        ready = [end for end in receivers if end.poll().receive]
        ready += [end for end in senders if end.poll().send and end not in ready]
        # Asked after that: one that was closed meanwhile only looks as if it were ready.
        watched: Counter[int] = Counter()  # a sum of events each, as the two are different bits
        for ends, event in (
            (receivers, selectors.EVENT_READ),
            (senders, selectors.EVENT_WRITE),
        ):
            watched.update(dict.fromkeys((each for end in ends for each in end.descriptors), event))
        if ready or (deadline is not None and monotonic() >= deadline):
            return ready
        with _Selector() as selector:
            for descriptor, events in watched.items():
                selector.register(descriptor, events)
            left = remaining(deadline)
            selector.select(_LOOK_AGAIN if left is None else min(left, _LOOK_AGAIN))
