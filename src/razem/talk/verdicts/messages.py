"""Verdicts on messages: who may say something where, and what was said before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from razem.talk import changes as do
from razem.talk import events as ev
from razem.talk.irc import numerics as n
from razem.talk.irc.names import fold, is_channel
from razem.talk.modes import status_target
from razem.talk.verdicts.shared import banned, of_status

if TYPE_CHECKING:
    from razem.talk.model import Channel, User
    from razem.talk.state import State

__all__ = ["MAX_MARKS", "relay", "send_tags", "speak"]

MAX_MARKS: Final = 10_000  # remembered marks of lines (MESSAGE_ID_TAG)
_CTCP: Final = "\x01"
_ACTION: Final = "\x01ACTION"  # /me: a way of speaking


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
    refused = _may_not_speak(state, channel, user_id, change.text)
    if refused is not None:
        return [refused]
    first = _mark(state, folded, change, entry)
    if first is not None:
        return [ev.Repeated(*first)]
    channel.has_history = True
    return [ev.Spoken(channel)]


def _may_not_speak(
    state: State, channel: Channel, user_id: str, text: str = ""
) -> ev.Refused | None:
    """Say why somebody may not be heard in a channel; None: they may."""
    flags, status = channel.flags, channel.members.get(user_id)
    if "C" in flags and text[:1] == _CTCP and not text.startswith(_ACTION):
        why = "it takes no CTCP (+C)"
    elif status:
        return None
    elif "m" in flags:
        why = "it is moderated (+m)"
    elif status is None and "n" in flags:
        why = "join it first (+n)"
    elif status is None and "R" in flags and not state.users[user_id].account:
        why = "log in first (+R)"
    elif channel.bans and banned(channel, state.users[user_id], speaking=True):
        why = "you are banned or muted there (+b)"
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
    if user is None and (status := status_target(change.target)) is not None:
        return _speak_to_status(state, change, entry, *status)
    if user is None:
        return [ev.Refused(n.ERR_NOSUCHNICK, (change.target,))]
    if "R" in user.modes and not _may_write_to(state, change, user):
        return [ev.Refused(n.ERR_NONONREG, (user.nick,))]
    first = _mark(state, fold(change.target), change, entry)
    if first is not None:
        return [ev.Repeated(*first)]
    return [ev.SpokenTo(user)]


def _speak_to_status(
    state: State, change: do.Speak, entry: do.Entry, letter: str, name: str
) -> list[ev.Event]:
    """Let a line be heard by those of a channel who have at least some status."""
    found = _audible(state, change.session, name, change.text)
    if isinstance(found, ev.Refused):
        return [found]
    first = _mark(state, fold(change.target), change, entry)
    if first is not None:
        return [ev.Repeated(*first)]
    return [ev.SpokenToStatus(found, letter)]


def _audible(state: State, session_id: str, name: str, text: str = "") -> Channel | ev.Refused:
    """Return the channel of that name, if the session may be heard there."""
    channel = state.channel(name)
    if channel is None:
        return ev.Refused(n.ERR_NOSUCHCHANNEL, (name,))
    return _may_not_speak(state, channel, state.sessions[session_id], text) or channel


def relay(state: State, change: do.Relay, _entry: do.Entry) -> list[ev.Event]:
    """Let a line be heard under a name that is nobody's, if an operator of the channel wants it."""
    found = of_status(state, change.session, change.target, "o")
    if isinstance(found, ev.Refused):
        if found.numeric != n.ERR_CHANOPRIVSNEEDED:
            return [found]
        text = "Only operators of the channel may relay messages to it"
        return [ev.Failed("RELAYMSG", "PRIVS_NEEDED", (), text)]
    _, channel = found
    refused = _may_not_speak(state, channel, state.sessions[change.session], change.text)
    if refused is not None:
        return [refused]
    channel.has_history = True
    return [ev.Spoken(channel)]


def _may_write_to(state: State, change: do.Speak | do.SendTags, user: User) -> bool:
    """Tell whether who speaks is known well enough for a user with mode R."""
    sender = state.user_of(change.session)
    return sender is not None and (bool(sender.account) or sender is user or sender.is_operator)


def send_tags(state: State, change: do.SendTags, _entry: do.Entry) -> list[ev.Event]:
    """Let tags without a text be heard."""
    if change.session not in state.sessions:
        return []
    letter, name = status_target(change.target) or ("", change.target)
    if not is_channel(name):
        user = state.user_by_nick(name)
        if user is None:
            return [ev.Refused(n.ERR_NOSUCHNICK, (name,))]
        if "R" in user.modes and not _may_write_to(state, change, user):
            return [ev.Refused(n.ERR_NONONREG, (user.nick,))]
        return [ev.Tagged(None, user)]
    found = _audible(state, change.session, name)
    return [found if isinstance(found, ev.Refused) else ev.Tagged(found, None, letter)]
