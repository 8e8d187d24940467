"""Verdicts on modes, of channels and of users."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from razem.talk import events as ev
from razem.talk.irc import numerics as n
from razem.talk.modes import written
from razem.talk.verdicts.shared import operator

if TYPE_CHECKING:
    from razem.talk import changes as do
    from razem.talk.model import Channel
    from razem.talk.state import State

__all__ = ["set_modes", "set_user_modes"]

_MODES_A_LINE: Final = 8  # so that a line that tells of them is never too long


def set_modes(state: State, change: do.SetModes, _entry: do.Entry) -> list[ev.Event]:
    """A channel gets other modes: those that may be set are, the others are refused."""
    found = operator(state, change.session, change.channel)
    if isinstance(found, ev.Refused):
        return [found]
    user, channel = found
    done: list[do.ModeChange] = []
    events: list[ev.Event] = []
    for mode in change.modes:
        outcome = _set_mode(state, channel, mode)
        if isinstance(outcome, ev.Refused):
            events.append(outcome)
        elif outcome is not None:
            done.append(outcome)
    for start in range(0, len(done), _MODES_A_LINE):
        told = written(done[start : start + _MODES_A_LINE])
        events.append(ev.ModesChanged(channel, user.source, told))
    return events


def _set_mode(
    state: State, channel: Channel, mode: do.ModeChange
) -> do.ModeChange | ev.Refused | None:
    """Set one mode; return it as it is to be told, or None when it was so already."""
    if mode.letter in "ov":
        return _set_status(state, channel, mode)
    before = channel.modes
    if mode.letter == "k":
        told = mode._replace(argument=mode.argument if mode.add else channel.key)
        channel.key = mode.argument if mode.add else ""
    elif mode.letter == "l":
        told = mode
        channel.limit = int(mode.argument) if mode.add else 0
    else:
        told = mode
        channel.flags = _with(channel.flags, mode)
    return told if channel.modes != before else None


def _with(flags: str, mode: do.ModeChange) -> str:
    """Return letters with one more or one less, in alphabetical order."""
    letters = set(flags) - {mode.letter} | ({mode.letter} if mode.add else set())
    return "".join(sorted(letters))


def _set_status(
    state: State, channel: Channel, mode: do.ModeChange
) -> do.ModeChange | ev.Refused | None:
    target = state.user_by_nick(mode.argument)
    if target is None:
        return ev.Refused(n.ERR_NOSUCHNICK, (mode.argument,))
    status = channel.members.get(target.id)
    if status is None:
        return ev.Refused(n.ERR_USERNOTINCHANNEL, (target.nick, channel.name))
    if mode.add == (mode.letter in status):
        return None
    channel.members[target.id] = (
        "".join(letter for letter in "ov" if letter in status + mode.letter)
        if mode.add
        else status.replace(mode.letter, "")
    )
    return mode._replace(argument=target.nick)


def set_user_modes(state: State, change: do.SetUserModes, _entry: do.Entry) -> list[ev.Event]:
    """A user sets modes of its own."""
    user = state.user_of(change.session)
    if user is None:
        return []
    done = []
    for mode in change.modes:
        if mode.add != (mode.letter in user.modes):
            user.modes = _with(user.modes, mode)
            done.append(mode)
    return [ev.UserModesChanged(user, tuple(done))] if done else []
