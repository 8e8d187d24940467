"""Metadata: what users and channels say of themselves, by key (IRCv3 metadata). No I/O."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from razem.talk.irc.names import is_channel
from razem.talk.visibility import sees_channel

if TYPE_CHECKING:
    from razem.talk.model import Channel, User
    from razem.talk.state import State

__all__ = [
    "MOST_KEYS",
    "MOST_SUBSCRIPTIONS",
    "VALUE_BYTES",
    "metadata_of",
    "target_of",
    "valid_key",
]

MOST_KEYS: Final = 20  # of a user or a channel
MOST_SUBSCRIPTIONS: Final = 50  # of a session
VALUE_BYTES: Final = 240  # so that every line that bears one is short enough
# "Key names MUST be restricted to the ranges A-Z, a-z, 0-9, and _.:- and are case-insensitive. Key
# names MUST NOT start with a colon."
_KEY: Final = re.compile(r"[a-z0-9_./-][a-z0-9_./:-]{0,39}")


def valid_key(key: str) -> bool:
    """Tell whether this is a key, in small letters."""
    return _KEY.fullmatch(key) is not None


def target_of(state: State, me: User, name: str) -> User | Channel | None:
    """Return whom ``*``, a nick or a channel means, if `me` may know of it."""
    if name == "*":
        return me
    if not is_channel(name):
        return state.user_by_nick(name)
    channel = state.channel(name)
    return channel if channel is not None and sees_channel(me, channel) else None


def metadata_of(state: State, target: User | Channel) -> dict[str, str]:
    """Return the metadata of a user or channel, to be changed; that of an account is kept with it.

    What a guest set is lost with its presence.
    """
    account = state.account(getattr(target, "account", ""))
    return account.metadata if account is not None else target.metadata
