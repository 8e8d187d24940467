"""MODE of channels and of oneself (RFC 2812 3.1.5, 3.2.3; Modern IRC)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from razem.talk.changes import ModeChange, SetModes, SetUserModes
from razem.talk.commands.base import Refusal
from razem.talk.commands.queries import visible_channel
from razem.talk.irc import numerics as n
from razem.talk.irc.names import fold, is_channel
from razem.talk.modes import USER_MODES, parse_modes
from razem.talk.ranks import at_least

if TYPE_CHECKING:
    from collections.abc import Sequence

    from razem.talk.changes import Change
    from razem.talk.irc.message import Message
    from razem.talk.model import Channel
    from razem.talk.modes import ModeProblem
    from razem.talk.session import Session

__all__ = ["mode", "set_modes", "show_lists"]


def set_modes(session: Session, message: Message) -> Sequence[Change]:
    """MODE with something to change, of a channel or of oneself; else it is a question."""
    if len(message.params) < 2:
        return ()
    channel = message.params[0]
    if not is_channel(channel):
        return _set_own_modes(session, *message.params[:2])
    limits = session.hub.limits
    parsed = parse_modes(message.params[1:], limits.modes)
    for problem in parsed.problems:
        session.complain(_refusal(channel, problem, limits.modes))
    if not parsed.changes:
        return ()
    return (SetModes(session.id, channel, parsed.changes, parsed.lists, limits.masks),)


def _refusal(channel: str, problem: ModeProblem, most: int) -> Refusal:
    """Return the numeric that says what is wrong with a part of a MODE command."""
    letter = problem.letter
    if problem.kind == "unknown":
        return Refusal(n.ERR_UNKNOWNMODE, (letter,))
    if problem.kind == "surplus":
        text = f"At most {most} modes with a parameter in one command"
        return Refusal(n.ERR_TOOMANYTARGETS, (problem.argument,), text)
    if problem.kind == "invalid" and letter == "k":
        return Refusal(n.ERR_INVALIDKEY, (channel,))
    argument = problem.argument or "*"
    return Refusal(n.ERR_INVALIDMODEPARAM, (channel, letter, argument), problem.why)


def _set_own_modes(session: Session, nick: str, letters: str) -> Sequence[Change]:
    if fold(nick) != fold(session.nick):
        return ()  # answered with an error
    changes = []
    add = True
    for letter in letters:
        if letter in "+-":
            add = letter == "+"
        elif letter in USER_MODES:
            changes.append(ModeChange(add, letter))
        else:
            raise Refusal(n.ERR_UMODEUNKNOWNFLAG)
    return (SetUserModes(session.id, tuple(changes)),) if changes else ()


def mode(session: Session, message: Message) -> None:
    """MODE without anything to change: the modes or lists of a channel, or one's own modes."""
    target = message.params[0]
    if not is_channel(target):
        _user_mode(session, message)
        return
    channel = visible_channel(session, target)
    if channel is None:
        return
    if len(message.params) > 1:
        show_lists(session, channel, parse_modes(message.params[1:]).lists)
        return
    letters, *arguments = channel.modes
    if channel.key and (session.user is None or session.user.id not in channel.members):
        arguments[0] = "*"  # the key is the members' secret
    session.reply(n.RPL_CHANNELMODEIS, channel.name, letters, *arguments)
    session.reply(n.RPL_CREATIONTIME, channel.name, str(channel.created // 1000))


# The numerics of the lines of each list, and of its end; what the list is called.
_LISTS: Final = {
    "b": (n.RPL_BANLIST, n.RPL_ENDOFBANLIST, "channel ban list"),
    "e": (n.RPL_EXCEPTLIST, n.RPL_ENDOFEXCEPTLIST, "channel exception list"),
    "I": (n.RPL_INVEXLIST, n.RPL_ENDOFINVEXLIST, "channel invite exception list"),
}


def show_lists(session: Session, channel: Channel, letters: str) -> None:
    """Send lists of a channel: the bans to everybody, the others to half operators and above."""
    status = channel.members.get(session.user.id, "") if session.user is not None else ""
    for letter in letters:
        if letter != "b" and not at_least(status, "h"):
            session.refuse(n.ERR_CHANOPRIVSNEEDED, (channel.name,))
            continue
        line, end, called = _LISTS[letter]
        for mask in channel.masks(letter).values():
            session.reply(line, channel.name, mask.mask, mask.setter, str(mask.time // 1000))
        session.reply(end, channel.name, f"End of {called}")


def _user_mode(session: Session, message: Message) -> None:
    if fold(message.params[0]) != fold(session.nick):
        known = session.hub.state.user_by_nick(message.params[0])
        if known is None:
            session.refuse(n.ERR_NOSUCHNICK, (message.params[0],))
        else:
            session.refuse(n.ERR_USERSDONTMATCH)
    else:
        session.reply(n.RPL_UMODEIS, f"+{session.user.shown_modes if session.user else ''}")
