"""Verdicts on what was said, and on what was read of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from razem.talk import events as ev
from razem.talk.irc.names import fold, is_channel
from razem.talk.ranks import at_least

if TYPE_CHECKING:
    from razem.talk import changes as do
    from razem.talk.model import Channel, User
    from razem.talk.state import State

__all__ = ["MAX_MARKERS", "mark_read", "redact"]

MAX_MARKERS: Final = 1000  # remembered read markers of one identity
_REDACT: Final = "REDACT"


def redact(state: State, change: do.Redact, entry: do.Entry) -> list[ev.Event]:
    """A message is removed by who said it, or by those who moderate the channel."""
    user = state.user_of(change.session)
    if user is None:
        return []
    channel = state.channels.get(change.history) if is_channel(change.history) else None
    if is_channel(change.target) and (channel is None or user.id not in channel.members):
        text = "You cannot delete messages from there"
        return [ev.Failed(_REDACT, "INVALID_TARGET", (change.target,), text)]
    refused = _may_not_redact(user, channel, change, entry)
    if refused is not None:
        return [refused]
    other = None if channel is not None else state.user_by_nick(change.target)
    return [ev.Redacted(change.history, change.seq, channel, other)]


def _may_not_redact(
    user: User, channel: Channel | None, change: do.Redact, entry: do.Entry
) -> ev.Failed | None:
    if channel is not None and at_least(channel.members[user.id], "h"):
        return None
    session, account = change.said_by
    about = change.target, change.message_id
    if session not in user.sessions and not (account and account == user.account):
        text = "You are not authorised to delete this message"
        return ev.Failed(_REDACT, "REDACT_FORBIDDEN", about, text)
    if entry.time - change.said_at > change.seconds * 1000:
        window = f"{change.seconds:g}"
        text = "You can no longer delete this message"
        return ev.Failed(_REDACT, "REDACT_WINDOW_EXPIRED", (*about, window), text)
    return None


def mark_read(state: State, change: do.MarkRead, entry: do.Entry) -> list[ev.Event]:
    """A read marker moves, and only ever forwards."""
    user = state.user_of(change.session)
    if user is None:
        return []
    markers = state.markers.setdefault(user.identity, {})
    key = fold(change.target)
    before = markers.get(key, 0)
    time = max(before, min(change.time, entry.time))
    if time != before:
        markers.pop(key, None)  # to the end: the first one is forgotten when there are too many
        markers[key] = time
        if len(markers) > MAX_MARKERS:
            del markers[next(iter(markers))]
    return [ev.MarkedRead(user, change.target, time, time != before)]
