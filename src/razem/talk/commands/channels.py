"""JOIN, PART, TOPIC, INVITE, KICK, MODE: what changes a channel (RFC 2812 3.2)."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from razem.talk.changes import (
    Invite,
    Join,
    Kick,
    ModeChange,
    Part,
    PartAll,
    SetModes,
    SetTopic,
    SetUserModes,
)
from razem.talk.commands.base import Refusal
from razem.talk.irc import numerics as n
from razem.talk.irc.lines import MAX_LINE
from razem.talk.irc.names import cut, fold, is_channel, valid_channel
from razem.talk.modes import USER_MODES, ModeProblem, parse_modes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from razem.talk.changes import Change
    from razem.talk.irc.message import Message
    from razem.talk.session import Session

__all__ = ["invite", "join", "kick", "mode_refusal", "part", "set_modes", "set_topic"]


def split_targets(session: Session, text: str) -> list[str]:
    """Return the targets of a comma-separated list, each once.

    Raises:
        Refusal: there are more than the hub takes in one command.
    """
    targets = list(dict.fromkeys(target for target in text.split(",") if target))
    if len(targets) > session.hub.limits.targets:
        raise Refusal(n.ERR_TOOMANYTARGETS, (targets[session.hub.limits.targets],))
    return targets


def join(session: Session, message: Message) -> Sequence[Change]:
    """JOIN of a list of channels with their keys; ``JOIN 0`` leaves them all."""
    limits = session.hub.limits
    if message.params[0] == "0":
        return (PartAll(session.id),)
    keys: dict[str, str] = {}
    pairs = zip_longest(message.params[0].split(","), message.param(1).split(","), fillvalue="")
    for name, key in pairs:
        keys.setdefault(name, key)
    names = split_targets(session, message.params[0])
    wrong = [name for name in names if not valid_channel(name, limits.channel)]
    for name in wrong:
        numeric = n.ERR_BADCHANMASK if is_channel(name) else n.ERR_NOSUCHCHANNEL
        session.complain(Refusal(numeric, (name,)))
    return [
        Join(session.id, name, keys[name], limits.channels, limits.channels_in_all)
        for name in names
        if name not in wrong
    ]


def part(session: Session, message: Message) -> Sequence[Change]:
    """PART of a list of channels."""
    reason = cut(message.param(1), session.hub.limits.reason)
    names = split_targets(session, message.params[0])
    return [Part(session.id, name, reason) for name in names]


def set_topic(session: Session, message: Message) -> Sequence[Change]:
    """TOPIC with a text; without one it is a question."""
    if len(message.params) < 2:
        return ()
    channel, text = message.params[:2]
    hub = session.hub
    # Everybody is to receive all of it, in TOPIC and in RPL_TOPIC.
    source = max(len(session.source.encode()), len(hub.identity.name.encode()) + hub.limits.nick)
    room = MAX_LINE - len(f":TOPIC   {channel} :\r\n".encode()) - source
    return (SetTopic(session.id, channel, cut(text, max(0, min(hub.limits.topic, room)))),)


def invite(session: Session, message: Message) -> Sequence[Change]:
    """INVITE nick channel."""
    return (Invite(session.id, message.params[0], message.params[1]),)


def kick(session: Session, message: Message) -> Sequence[Change]:
    """KICK channel nick[,nick…] [reason]."""
    user = session.user
    assert user is not None  # noqa: S101 # the table asks for registration
    reason = cut(message.param(2), session.hub.limits.reason) or user.nick
    nicks = split_targets(session, message.params[1])
    return [Kick(session.id, message.params[0], nick, reason) for nick in nicks]


def set_modes(session: Session, message: Message) -> Sequence[Change]:
    """MODE with something to change, of a channel or of oneself; else it is a question."""
    if len(message.params) < 2:
        return ()
    if not is_channel(message.params[0]):
        return _set_own_modes(session, *message.params[:2])
    parsed = parse_modes(message.params[1:])
    if parsed.problems:
        # All or nothing, so that a slip of the pen leaves the channel as it was.
        raise mode_refusal(message.params[0], parsed.problems[0])
    if not parsed.changes:
        return ()
    return (SetModes(session.id, message.params[0], parsed.changes),)


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


def mode_refusal(channel: str, problem: ModeProblem) -> Refusal:
    """Return the numeric that says what is wrong in a MODE command."""
    if problem.kind == "unknown":
        return Refusal(n.ERR_UNKNOWNMODE, (problem.letter,))
    if problem.kind == "missing":
        return Refusal(
            n.ERR_INVALIDMODEPARAM,
            (channel, problem.letter, "*"),
            f"Mode {problem.letter} needs a parameter",
        )
    if problem.letter == "k":
        return Refusal(n.ERR_INVALIDKEY, (channel,))
    return Refusal(
        n.ERR_INVALIDMODEPARAM,
        (channel, problem.letter, problem.argument),
        f"Not a limit: {problem.argument}",
    )
