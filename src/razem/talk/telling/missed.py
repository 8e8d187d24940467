"""Showing clients what was said while they were gone, where they cannot ask for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from razem.talk.history import Page, Pivot
from razem.talk.outbox import Gap
from razem.talk.playback import lines_of
from razem.talk.requests import ReadLog

if TYPE_CHECKING:
    from collections.abc import Sequence

    from razem.talk.history import Conversations, Kept
    from razem.talk.hub import Hub
    from razem.talk.session import Session

__all__ = ["show_missed"]


def show_missed(
    hub: Hub,
    session: Session,
    targets: tuple[str, ...],
    since: int,
    conversations: Conversations | None = None,
) -> None:
    """Show what was said in some histories after the place `since`.

    What is said meanwhile is held back, so that nothing comes twice or in another order.
    """
    pivot, until = Pivot(since), hub.state.applied
    page = Page(targets, "latest", pivot, hub.limits.missed, until, conversations=conversations)
    outbox, gaps = session.outbox, list[Gap]()
    session.after_answer(lambda: gaps.append(outbox.hold()))
    session.missing.append(since)

    def answer(entries: Sequence[Kept] | None, _now: float) -> None:
        lines = lines_of(hub, entries or ())
        session.missing.remove(since)
        data = b"".join(line.encode(session.capabilities) for line in lines)
        if gaps:
            outbox.release(gaps[0], data)
        else:
            outbox.put(data)

    hub.requests.append(ReadLog(page, answer))
