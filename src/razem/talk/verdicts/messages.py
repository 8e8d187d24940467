"""Verdicts on messages: who may say something where, and what was said before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from razem.talk import changes as do
from razem.talk import events as ev
from razem.talk.irc import numerics as n
from razem.talk.irc.names import fold, is_channel

if TYPE_CHECKING:
    from razem.talk.model import Channel
    from razem.talk.state import State

__all__ = ["MAX_MARKS", "send_tags", "speak"]

MAX_MARKS: Final = 10_000  # remembered marks of lines (MESSAGE_ID_TAG)


def speak(state: State, change: do.Speak, entry: do.Entry) -> list[ev.Event]:
    """Let a line be heard: the commonest change of all."""
    user_id = state.sessions.get(change.session)
    if user_id is None:
        return []
    if not is_channel(change.target):
        return _speak_to_user(state, change, entry)
    folded = fold(change.target)
    channel = state.channels.get(folded)
    if channel is None:
        return [ev.Refused(n.ERR_NOSUCHCHANNEL, (change.target,))]
    refused = _may_not_speak(channel, user_id)
    if refused is not None:
        return [refused]
    first = _mark(state, folded, change, entry)
    if first is not None:
        return [ev.Repeated(*first)]
    channel.has_history = True
    return [ev.Spoken(channel)]


def _may_not_speak(channel: Channel, user_id: str) -> ev.Refused | None:
    status = channel.members.get(user_id)
    if status:
        return None
    if "m" in channel.flags:
        why = "it is moderated (+m)"
    elif status is None and "n" in channel.flags:
        why = "join it first (+n)"
    else:
        return None
    return ev.Refused(n.ERR_CANNOTSENDTOCHAN, (channel.name,), f"Cannot send to channel: {why}")


def _mark(state: State, folded: str, change: do.Speak, entry: do.Entry) -> tuple[int, int] | None:
    """Remember the mark of a line; return place and time of the line that had it before."""
    mark = change.tags.get(do.MESSAGE_ID_TAG) if change.tags else None
    if not mark:
        return None
    key = f"{folded} {mark}"
    first = state.marks.get(key)
    if first is None:
        state.marks[key] = (entry.seq, entry.time)
        if len(state.marks) > MAX_MARKS:
            del state.marks[next(iter(state.marks))]
    return first


def _speak_to_user(state: State, change: do.Speak, entry: do.Entry) -> list[ev.Event]:
    user = state.user_by_nick(change.target)
    if user is None:
        return [ev.Refused(n.ERR_NOSUCHNICK, (change.target,))]
    first = _mark(state, fold(change.target), change, entry)
    if first is not None:
        return [ev.Repeated(*first)]
    return [ev.SpokenTo(user)]


def send_tags(state: State, change: do.SendTags, _entry: do.Entry) -> list[ev.Event]:
    """Let tags without a text be heard."""
    user_id = state.sessions.get(change.session)
    if user_id is None:
        return []
    if not is_channel(change.target):
        user = state.user_by_nick(change.target)
        if user is None:
            return [ev.Refused(n.ERR_NOSUCHNICK, (change.target,))]
        return [ev.Tagged(None, user)]
    channel = state.channel(change.target)
    if channel is None:
        return [ev.Refused(n.ERR_NOSUCHCHANNEL, (change.target,))]
    return [_may_not_speak(channel, user_id) or ev.Tagged(channel, None)]
