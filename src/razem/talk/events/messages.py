"""What came to pass with messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from razem.talk.chanserv import CHANSERV_SOURCE
from razem.talk.events.base import Happened

if TYPE_CHECKING:
    from razem.talk.model import Channel, User

__all__ = ["Repeated", "ServiceSaid", "Spoken", "SpokenTo", "SpokenToStatus", "Tagged"]


class Spoken(Happened, frozen=True):
    """A line goes to a channel: the entry says which line."""

    channel: Channel


class SpokenTo(Happened, frozen=True):
    """A line goes to a user."""

    user: User


class SpokenToStatus(Happened, frozen=True):
    """A line goes to those of a channel who have the status `letter` or more."""

    channel: Channel
    letter: str


class Tagged(Happened, frozen=True):
    """Tags without a text go to a channel, or else to a user.

    `letter`: only to those of the channel who have this status or more.
    """

    channel: Channel | None
    user: User | None
    letter: str = ""


class ServiceSaid(Happened, frozen=True):
    """A service answers the one who asked for something."""

    text: str
    source: str = CHANSERV_SOURCE


class Repeated(Happened, frozen=True):
    """The line is in the log already: it was sent again by one who did not know."""

    seq: int
    time: int
