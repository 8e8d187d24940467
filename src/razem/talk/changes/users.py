"""Changes of who is here."""

from __future__ import annotations

from razem.talk.changes.base import ModeChange, Proposed
from razem.talk.origin import Origin  # noqa: TC001 # msgspec reads the types

__all__ = [
    "Arrive",
    "ForgetAbsent",
    "HubStarted",
    "Quit",
    "Rename",
    "SetAway",
    "SetHost",
    "SetRealname",
    "SetUserModes",
]


class HubStarted(Proposed, frozen=True):
    """A hub (re)started: its sessions are gone, and who was present through them alone.

    `told` is the place of the last entry of which they were told before. `always_on`: accounts
    stay present without a connection, unless they say otherwise.
    """

    told: int = 0
    always_on: bool = False


class Arrive(Proposed, frozen=True):
    """A session registered and asks for its nick.

    `account`: the name of the account that it logged in to, proven before; "": none. A session
    of an account that is present already becomes one more session of the same user.
    `invitation`: the digest of the token that it brought; "": none. `needs_invitation`: it may
    not come in without a valid one.
    """

    hub: str
    nick: str
    username: str
    host: str
    realname: str
    account: str = ""
    invitation: str = ""
    needs_invitation: bool = False
    away: str = ""  # said before (IRCv3 pre-away)
    origin: Origin | None = None
    looks: tuple[str, ...] = ()  # of the nick


class Rename(Proposed, frozen=True):
    """NICK, after registration; `looks`: of the nick (`lookalikes.looks_of`)."""

    nick: str
    looks: tuple[str, ...] = ()


class Quit(Proposed, frozen=True):
    """The session ends; its user leaves with its last session.

    `cut`: the connection was lost, it was not the user's wish; `told` is then the place of the
    last entry of which the session was told (0: of all before this one). `always_on`: as in
    `HubStarted`.
    """

    reason: str
    cut: bool = False
    told: int = 0
    always_on: bool = False


class ForgetAbsent(Proposed, frozen=True):
    """Users without a session leave who have been so for that long; a hub wants it."""

    milliseconds: int


class SetAway(Proposed, frozen=True):
    """AWAY; "" is back, and "*" says that nobody sits at this session."""

    text: str = ""


class SetUserModes(Proposed, frozen=True):
    """MODE of oneself."""

    modes: tuple[ModeChange, ...]


class SetRealname(Proposed, frozen=True):
    """SETNAME."""

    realname: str


class SetHost(Proposed, frozen=True):
    """CHGHOST of somebody, by an operator."""

    nick: str
    username: str
    host: str
