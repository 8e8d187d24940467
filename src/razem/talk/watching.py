"""Who wants to hear when whom comes and goes (IRCv3 monitor). No I/O.

Watchers are sessions of one hub, and stand in no log: every hub tells its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from razem.talk.irc.names import fold

if TYPE_CHECKING:
    from collections.abc import Collection

    from razem.talk.session import Session

__all__ = ["Watching"]


class Watching:
    """Sessions by the folded nicks that they watch; `Session.watched` has the nicks of each."""

    def __init__(self) -> None:
        self._watchers: dict[str, dict[Session, None]] = {}

    def add(self, session: Session, nick: str) -> None:
        """Let a session hear of a nick."""
        folded = fold(nick)
        session.watched[folded] = nick
        self._watchers.setdefault(folded, {})[session] = None

    def discard(self, session: Session, nick: str) -> None:
        """Undo `add`; harmless when it was not there."""
        folded = fold(nick)
        if session.watched.pop(folded, None) is None:
            return
        watchers = self._watchers[folded]
        del watchers[session]
        if not watchers:
            del self._watchers[folded]

    def clear(self, session: Session) -> None:
        """Let a session hear of nobody any more."""
        for nick in list(session.watched):
            self.discard(session, nick)

    def watchers_of(self, nick: str) -> Collection[Session]:
        """Return the sessions that watch a nick."""
        return self._watchers.get(fold(nick), ())
