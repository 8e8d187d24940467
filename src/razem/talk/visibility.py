"""Who may know of whom, and of which channel (modes i and s); operators see all. No I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from razem.talk.model import Channel, User

__all__ = ["sees_channel", "sees_user"]


def sees_channel(me: User | None, channel: Channel) -> bool:
    """Tell whether a channel is there for `me`: secret ones are there for their members only."""
    return not channel.secret or (me is not None and (me.id in channel.members or me.is_operator))


def sees_user(me: User | None, user: User) -> bool:
    """Tell whether `me` may find a user without asking for it by its channel."""
    return not user.invisible or (
        me is not None
        and (me is user or me.is_operator or not me.channels.keys().isdisjoint(user.channels))
    )
