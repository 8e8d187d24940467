"""Where entries are kept once they were applied: what came of them says so. No I/O.

Presence is not kept. A line to a channel is expected to come to pass (`provisional_target`), and
filed only when it did not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from razem.talk import events as ev
from razem.talk import wording
from razem.talk.changes import SendTags
from razem.talk.history import CHANGE, MESSAGE, REDACTION, TAGS, Filing, Party, conversation
from razem.talk.irc.names import fold
from razem.talk.log.seam import provisional_target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from razem.talk.changes import Entry
    from razem.talk.model import User
    from razem.talk.state import State

__all__ = ["filing_of"]

# Said to those who are there at that moment only (IRCv3 client-tags/typing).
_PASSING_TAGS: Final = frozenset({"+typing", "+draft/typing"})


def filing_of(state: State, entry: Entry, events: Sequence[ev.Event]) -> Filing | None:
    """Return where an entry belongs of which `events` came; None: where it is already."""
    if len(events) == 1 and type(events[0]) is ev.Spoken:
        return None
    changes: list[str] = []
    target = ""
    for event in events:
        match event:
            case ev.SpokenTo() | ev.Tagged() | ev.Redacted() | ev.ChannelRenamed():
                return _filing_of_one(state, entry, event)
            case ev.TopicChanged():
                changes.append(wording.topic(event))
                target = event.channel.folded
            case ev.ModesChanged():
                changes.append(wording.modes(event))
                target = event.channel.folded
            case ev.Kicked():
                changes.append(wording.kick(event))
                target = event.channel.folded
            case _:
                pass
    if changes:
        return Filing(entry.seq, target, CHANGE, "\n".join(changes))
    return Filing(entry.seq, None) if provisional_target(entry.change) is not None else None


def _filing_of_one(
    state: State,
    entry: Entry,
    event: ev.SpokenTo | ev.Tagged | ev.Redacted | ev.ChannelRenamed,
) -> Filing | None:
    match event:
        case ev.SpokenTo():
            return _to_user(state, entry, event.user, MESSAGE)
        case ev.Tagged():
            return _tags(state, entry, event)
        case ev.Redacted():
            return Filing(entry.seq, event.target, REDACTION, redacts=event.seq)
        case ev.ChannelRenamed():
            names = fold(event.old), event.channel.folded
            return Filing(entry.seq, None, renames=names) if names[0] != names[1] else None


def _to_user(state: State, entry: Entry, receiver: User, kind: int) -> Filing | None:
    sender = state.user_of(entry.change.session)
    if sender is None:
        return None
    here, there = sender.identity, receiver.identity
    parties = (Party(here, receiver.nick), Party(there, sender.nick))
    return Filing(entry.seq, conversation(here, there), kind, parties=parties)


def _tags(state: State, entry: Entry, event: ev.Tagged) -> Filing | None:
    change = entry.change
    if not isinstance(change, SendTags) or change.tags.keys() <= _PASSING_TAGS:
        return None
    if event.letter:  # not for everybody who may read the history of the channel
        return None
    if event.channel is not None:
        return Filing(entry.seq, event.channel.folded, TAGS)
    return _to_user(state, entry, event.user, TAGS) if event.user is not None else None
