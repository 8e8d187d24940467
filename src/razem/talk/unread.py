"""How much somebody has not read: what is asked of the log, and how it is written. No I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from razem.talk.commands.history import current_name
from razem.talk.history import Conversations, Unread
from razem.talk.irc.names import is_channel
from razem.talk.irc.timestamps import format_time
from razem.talk.render import Line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from razem.talk.history import Kept
    from razem.talk.model import User
    from razem.talk.session import Session

__all__ = ["summary", "unread_lines", "what_is_unread"]

_MOST: Final = 100  # messages of one target that are counted; there may be more
_NAMED: Final = 20  # targets that the words for people name
_NEVER: Final = 2**53  # milliseconds since 1970: later than any message


def what_is_unread(session: Session, user: User) -> Unread:
    """Return the question what a user has not read.

    Where there is no read marker, what came since it had no session any more counts, if this one
    was the first again.
    """
    state = session.hub.state
    return Unread(
        tuple(user.channels),
        Conversations(user.identity, before=user.identity_before),
        state.markers.get(user.identity, {}),
        session.gone_at or _NEVER,
        user.nick,
        user.account,
        _MOST,
        state.applied,
    )


def unread_lines(session: Session, kept: Sequence[Kept]) -> list[Line]:
    """Return the answer for programs: ``UNREAD target messages mentions timestamp=…``.

    Mentions are those messages that have one's nick in them, in private all; the time is that of
    the last message.
    """
    server = session.hub.identity.name
    return [
        Line(
            f":{server} UNREAD {name} {_number(one.unread)} {_mentions(name, one)}"
            f" timestamp={format_time(one.time)}"
        )
        for one in kept
        for name in [current_name(session, one)]
    ]


def _mentions(name: str, kept: Kept) -> int:
    return kept.mentions if is_channel(name) else kept.unread


def _number(messages: int) -> str:
    return f"{messages}+" if messages >= _MOST else str(messages)


def summary(session: Session, kept: Sequence[Kept]) -> str:
    """Return the answer for people, in one line."""
    words = [_words(session, one) for one in kept[-_NAMED:]]
    more = len(kept) - len(words)
    if more:
        words.append(f"and {more} more")
    return f"While you were away: {'; '.join(words)}"


def _words(session: Session, kept: Kept) -> str:
    name, number = current_name(session, kept), _number(kept.unread)
    if not is_channel(name):
        return f"{number} from {name}"
    return f"{number} in {name}" + (f" ({kept.mentions} for you)" if kept.mentions else "")
