"""Two ends that find and prove each other by a code phrase, and speak in secret from then on.

```
words.py, codes.py   a code: a number, by which the ends find each other, and two words
proof.py             the words proven by SPAKE2: one guess, and certificates bound to its key
messages.py          what the ends say to each other, and to a hub, in clear
desk.py              what a hub does: numbers, and who is joined to whom
settings.py          what one may choose: `meeting`
finder.py, local.py, hub_line.py      pipes to the other end: by mDNS, by its addresses, by a hub
pipes.py             what becomes of a pipe: TLS between the two that have proven each other
offering.py, seeking.py               the end that listens, and the one that connects
ends.py              what `connect` and `listen` call for ``code:`` addresses
```

The first half does no I/O. A pipe is any connection between the two, direct or by a hub; whoever is
in the middle of one sees the number, the messages of SPAKE2 and TLS. The streams that are given out
are lasting ones (razem.sockets.lasting): each goes over a pipe of its own, and over another when
that is cut, or when a better one is found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from razem.meet.settings import Meeting, Via, meeting

__all__ = ["Meeting", "Via", "meeting"]


def __getattr__(name: str) -> object:
    """Import a public name when it is first used (PEP 562)."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from razem.meet import settings  # noqa: PLC0415

    return getattr(settings, name)
