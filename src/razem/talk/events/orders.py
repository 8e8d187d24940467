"""What came of the orders of whoever runs the hub, and of invitations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from razem.talk.events.base import Happened

if TYPE_CHECKING:
    from razem.talk.model import Channel, Invitation, User

__all__ = [
    "InvitationCreated",
    "InvitationRevoked",
    "MotdChanged",
    "NotDone",
    "StatusGiven",
    "TurnedAway",
]


class InvitationCreated(Happened, frozen=True):
    """There is one more invitation."""

    invitation: Invitation


class InvitationRevoked(Happened, frozen=True):
    """An invitation lets nobody in any more."""

    invitation: Invitation


class MotdChanged(Happened, frozen=True):
    """There is another message of the day."""


class StatusGiven(Happened, frozen=True):
    """A member of a channel is an operator there, or is one no more."""

    channel: Channel
    user: User
    operator: bool


class NotDone(Happened, frozen=True):
    """An order could not be carried out; why, in a sentence."""

    why: str


class TurnedAway(Happened, frozen=True):
    """A session may not come in; why, in a sentence."""

    why: str
