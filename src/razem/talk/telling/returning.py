"""Telling of who had no session and has one again: what they missed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from razem.talk.history import Conversations
from razem.talk.irc import capabilities as cap
from razem.talk.irc.names import cut
from razem.talk.requests import ReadLog
from razem.talk.telling.missed import show_missed
from razem.talk.unread import summary, what_is_unread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from razem.talk import changes as do
    from razem.talk import events as ev
    from razem.talk.history import Kept
    from razem.talk.hub import Hub
    from razem.talk.session import Session

__all__ = ["returned"]

_SUMMARY_BYTES: Final = 350


def returned(hub: Hub, event: ev.Returned, _entry: do.Entry, session: Session | None) -> None:
    """The session is told what was missed: in one summary, or line by line.

    Clients that can ask for history (IRCv3 chathistory) get the summary; to all others it is shown.
    """
    if session is None:
        return
    user = event.user
    session.gone_at = event.gone_at
    if not session.capabilities & cap.CHATHISTORY:
        for name in user.channels:
            show_missed(hub, session, (name,), event.told)
        show_missed(hub, session, (), event.told, Conversations(user.identity))
    elif not session.capabilities & cap.UNREAD:  # those who know it ask when they want

        def tell(kept: Sequence[Kept] | None, _now: float) -> None:
            if session.user is user and kept:
                session.notice(cut(summary(session, kept), _SUMMARY_BYTES), answer=False)

        hub.requests.append(ReadLog(what_is_unread(session, user), tell))
