"""LIST, with the conditions of ELIST (Modern IRC, draft-hardy-irc-isupport 4.8)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from razem.talk.commands.base import Refusal
from razem.talk.commands.channels import split_targets
from razem.talk.commands.shared import asks_this_server
from razem.talk.irc import numerics as n
from razem.talk.irc.masks import MAX_MASK, is_mask, mask_pattern
from razem.talk.irc.names import fold, is_channel
from razem.talk.requests import ReadClock
from razem.talk.visibility import sees_channel

if TYPE_CHECKING:
    from collections.abc import Callable

    from razem.talk.irc.message import Message
    from razem.talk.model import Channel
    from razem.talk.session import Session

__all__ = ["list_channels"]

_NUMBER: Final = re.compile(r"([CT]?)([<>])([0-9]{1,9})", re.IGNORECASE)
_MINUTE: Final = 60_000  # milliseconds


def list_channels(session: Session, message: Message) -> None:
    """LIST [condition{,condition} [server]]; without any, all channels that one may know of.

    Conditions are channels and masks, of which one is to fit, ``!mask``, of which none may, and
    ``<n``, ``>n`` (users), ``C<n``, ``C>n``, ``T<n``, ``T>n`` (minutes since it was made, and since
    its topic was set), all of which must hold.
    """
    if not asks_this_server(session, message.param(1)):
        return
    try:
        words = split_targets(session, message.param(0))
    except Refusal as refusal:
        refusal.tell(session)
        words = ["!*"]  # none
    if any(_NUMBER.fullmatch(word) and word[0] in "CcTt" for word in words):
        session.ask(ReadClock, lambda time: _send(session, words, time))
    else:
        _send(session, words, 0)


def _send(session: Session, words: list[str], time: int) -> None:
    session.reply(n.RPL_LISTSTART, "Channel", "Users  Name")
    channels, wanted = session.hub.state.channels, _conditions(words)
    named = words and all(is_channel(word) and not is_mask(word) for word in words)
    for name in [fold(word) for word in words] if named else list(channels):
        channel = channels.get(name)
        if (
            channel is not None
            and sees_channel(session.user, channel)
            and wanted(name, channel, time)
        ):
            session.reply(n.RPL_LIST, channel.name, str(len(channel.members)), channel.topic)
    session.reply(n.RPL_LISTEND, "End of /LIST")


def _conditions(words: list[str]) -> Callable[[str, Channel, int], bool]:
    """Return a function of a folded name, its channel and the time: whether it is wanted."""
    numbers = [found.groups() for word in words if (found := _NUMBER.fullmatch(word))]
    masks = [word[:MAX_MASK] for word in words if not _NUMBER.fullmatch(word)]
    none_of = [mask_pattern(mask[1:]) for mask in masks if mask[0] == "!"]
    one_of = [mask_pattern(mask) for mask in masks if mask[0] != "!"]

    def wanted(name: str, channel: Channel, time: int) -> bool:
        return (
            (not one_of or any(mask.fullmatch(name) for mask in one_of))
            and not any(mask.fullmatch(name) for mask in none_of)
            and all(_holds(channel, time, *number) for number in numbers)
        )

    return wanted


def _holds(channel: Channel, time: int, of: str, sign: str, number: str) -> bool:
    bound = int(number)
    if not of:
        count = len(channel.members)
        return count < bound if sign == "<" else count > bound
    since = channel.created if of in "Cc" else channel.topic_time
    if of in "Tt" and not channel.topic:
        return False
    age = time - since
    return age < bound * _MINUTE if sign == "<" else age > bound * _MINUTE
