"""What whoever runs the hub orders, by `razem hub COMMAND`: no session wants it, the hub does.

Their `session` is the id of the order (`Hub.order`), by which `ordered` knows them.
"""

from __future__ import annotations

from typing import Final

from razem.talk.changes.base import Proposed

__all__ = [
    "ORDER_MARK",
    "CreateInvitation",
    "GiveStatus",
    "RevokeInvitation",
    "SetMotd",
    "ordered",
]

ORDER_MARK: Final = "!"  # stands in the ids of orders, and in no id of a session


def ordered(session_id: str) -> bool:
    """Tell whether a change comes from whoever runs a hub, not from a session."""
    return ORDER_MARK in session_id


class CreateInvitation(Proposed, frozen=True):
    """Let whoever has the token in.

    Attributes:
        digest: of the token (`invitations.digest_of`); the token itself is kept nowhere.
        channel: that they may join whatever its modes; "": none in particular.
        uses: how many may use it; 0: any number.
        expires: milliseconds since 1970 from which on it lets nobody in; 0: never.
        most: how many invitations there may be; 0: any number.
    """

    digest: str
    channel: str = ""
    uses: int = 0
    expires: int = 0
    most: int = 0


class RevokeInvitation(Proposed, frozen=True):
    """Let nobody in by it any more; `digest`: or how it begins."""

    digest: str


class SetMotd(Proposed, frozen=True):
    """Another message of the day; "": that of the configuration again."""

    text: str


class GiveStatus(Proposed, frozen=True):
    """A member of a channel becomes an operator there; not `operator`: is one no more."""

    channel: str
    nick: str
    operator: bool = True
