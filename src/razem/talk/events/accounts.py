"""What came to pass with accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from razem.talk.events.base import Happened

if TYPE_CHECKING:
    from razem.talk.model import Account, Channel, User

__all__ = ["AccountChanged", "AccountRegistered", "Moved", "PersistenceChanged", "Returned"]


class AccountRegistered(Happened, frozen=True):
    """There is a new account; the session that wanted it is logged in to it."""

    account: Account


class AccountChanged(Happened, frozen=True):
    """A user is logged in to another account, or (`User.account` is "") to none any more."""

    user: User


class Moved(Happened, frozen=True):
    """A session logged in to the account of somebody who is here, and is one of theirs now.

    Attributes:
        session: its id.
        who: who it was.
        old: the source of that one.
        channels: in which that one was.
        left: that one is here no more.
        user: who it is now.
    """

    session: str
    who: User
    old: str
    channels: tuple[Channel, ...]
    left: bool
    user: User


class PersistenceChanged(Happened, frozen=True):
    """An account stays present without a connection from now on, or does not."""

    account: Account


class Returned(Happened, frozen=True):
    """A user who had no session has one again.

    Attributes:
        user: who.
        session: its id.
        told: the place of the last entry that they were told of.
        gone_at: when the last session had ended, in milliseconds since 1970.
    """

    user: User
    session: str
    told: int
    gone_at: int
