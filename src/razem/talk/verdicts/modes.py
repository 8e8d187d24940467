"""Verdicts on modes, of channels and of users."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from razem.talk import events as ev
from razem.talk import ranks
from razem.talk.irc import numerics as n
from razem.talk.irc.lines import MAX_LINE
from razem.talk.irc.names import fold
from razem.talk.model import ListedMask
from razem.talk.modes import LISTS, PREFIXES, written
from razem.talk.verdicts.shared import member

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from razem.talk import changes as do
    from razem.talk.model import Channel, User
    from razem.talk.state import State

__all__ = ["set_modes", "set_user_modes", "told_modes"]


class _Attempt(NamedTuple):
    """A MODE command that is being judged."""

    state: State
    entry: do.Entry
    channel: Channel
    user: User
    status: str  # of the user when the command came
    most: int  # masks in the lists of the channel; 0: any number


def set_modes(state: State, change: do.SetModes, entry: do.Entry) -> list[ev.Event]:
    """A channel gets other modes: those that may be set are, the others are refused."""
    found = member(state, change.session, change.channel)
    if isinstance(found, ev.Refused):
        return [found]
    user, channel = found
    attempt = _Attempt(state, entry, channel, user, channel.members[user.id], change.most)
    done: list[do.ModeChange] = []
    events: list[ev.Event] = []
    for mode in change.modes:
        outcome = _set_mode(attempt, mode)
        if isinstance(outcome, ev.Refused):
            if outcome not in events:  # who is no operator hears it once, not for every letter
                events.append(outcome)
        elif outcome is not None:
            done.append(outcome)
    events += told_modes(channel, user.source, done)
    if change.lists:
        events.append(ev.ListsWanted(channel, change.lists))
    return events


def told_modes(
    channel: Channel, source: str, done: Sequence[do.ModeChange]
) -> Iterator[ev.ModesChanged]:
    """Yield changes of modes in pieces that a line has room for."""
    room = MAX_LINE - len(f":{source} MODE {channel.name} \r\n".encode())
    piece: list[do.ModeChange] = []
    size, more = 0, False
    for mode in done:
        length = len(mode.argument.encode()) + 3  # sign, letter, space
        if piece and size + length > room:
            yield ev.ModesChanged(channel, source, written(piece), more)
            piece, size, more = [], 0, True
        piece.append(mode)
        size += length
    if piece:
        yield ev.ModesChanged(channel, source, written(piece), more)


def _set_mode(attempt: _Attempt, mode: do.ModeChange) -> do.ModeChange | ev.Refused | None:
    """Set one mode; return it as it is to be told, or None when it was so already."""
    channel, letter = attempt.channel, mode.letter
    if letter in PREFIXES:
        return _set_status(attempt, mode)
    if not ranks.may_set(attempt.status, letter):
        return ev.Refused(n.ERR_CHANOPRIVSNEEDED, (channel.name,))
    if letter in LISTS:
        return _set_mask(attempt, mode)
    if letter == "f" and mode.add:
        refused = _may_not_forward(attempt, mode.argument)
        if refused is not None:
            return refused
    before = channel.modes
    told = mode
    if letter == "k":
        told = mode._replace(argument=mode.argument if mode.add else channel.key)
        channel.key = mode.argument if mode.add else ""
    elif letter == "l":
        channel.limit = int(mode.argument) if mode.add else 0
    elif letter == "f":
        channel.forward = mode.argument if mode.add else ""
    else:
        channel.flags = _with(channel.flags, mode)
    return told if channel.modes != before else None


def _with(flags: str, mode: do.ModeChange) -> str:
    """Return letters with one more or one less, in alphabetical order."""
    letters = set(flags) - {mode.letter} | ({mode.letter} if mode.add else set())
    return "".join(sorted(letters))


def _may_not_forward(attempt: _Attempt, name: str) -> ev.Refused | None:
    """Refuse to lead people where they may not be wanted: one must be operator there as well."""
    channel, target = attempt.channel, attempt.state.channel(name)
    if target is None or target is channel:
        text = f"There is no channel {name} to lead to" if target is None else "It leads to itself"
        return ev.Refused(n.ERR_INVALIDMODEPARAM, (channel.name, "f", name), text)
    if not ranks.at_least(target.members.get(attempt.user.id, ""), "o"):
        return ev.Refused(n.ERR_CHANOPRIVSNEEDED, (target.name,))
    return None


def _set_mask(attempt: _Attempt, mode: do.ModeChange) -> do.ModeChange | ev.Refused | None:
    channel, mask = attempt.channel, mode.argument
    masks = channel.masks(mode.letter)
    if not mode.add:
        gone = masks.pop(fold(mask), None)
        return None if gone is None else mode._replace(argument=gone.mask)
    if fold(mask) in masks:
        return None
    there_are = len(channel.bans) + len(channel.exceptions) + len(channel.invite_exceptions)
    if attempt.most and there_are >= attempt.most:
        return ev.Refused(n.ERR_BANLISTFULL, (channel.name, mode.letter, mask))
    masks[fold(mask)] = ListedMask(mask, attempt.user.source, attempt.entry.time)
    return mode


def _set_status(attempt: _Attempt, mode: do.ModeChange) -> do.ModeChange | ev.Refused | None:
    channel, letter = attempt.channel, mode.letter
    target = attempt.state.user_by_nick(mode.argument)
    # Everybody may step down.
    if not ranks.may_set(attempt.status, letter) and (mode.add or target is not attempt.user):
        text = "" if letter not in "qa" or not ranks.at_least(attempt.status, "o") else _ONLY_OWNERS
        return ev.Refused(n.ERR_CHANOPRIVSNEEDED, (channel.name,), text)
    if target is None:
        return ev.Refused(n.ERR_NOSUCHNICK, (mode.argument,))
    status = channel.members.get(target.id)
    if status is None:
        return ev.Refused(n.ERR_USERNOTINCHANNEL, (target.nick, channel.name))
    if mode.add == (letter in status):
        return None
    change = ranks.with_letter if mode.add else ranks.without
    channel.members[target.id] = change(status, letter)
    return mode._replace(argument=target.nick)


_ONLY_OWNERS: Final = "Only an owner of the channel may change this mode (q or a)"


def set_user_modes(state: State, change: do.SetUserModes, _entry: do.Entry) -> list[ev.Event]:
    """A user sets modes of its own; those that only the server may set stay as they are."""
    user = state.user_of(change.session)
    if user is None:
        return []
    done = []
    for mode in change.modes:
        if mode.letter == "r" or (mode.letter == "o" and mode.add):
            continue
        if mode.add != (mode.letter in user.modes):
            if mode.letter == "o":
                user.operator = ""
            user.modes = _with(user.modes, mode)
            done.append(mode)
    return [ev.UserModesChanged(user, tuple(done))] if done else []
