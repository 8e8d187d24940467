"""What the state of a hub is made of: users and channels. Values that verdicts change."""

from __future__ import annotations

import msgspec

from razem.talk.origin import Origin  # noqa: TC001 # msgspec reads the types

__all__ = ["Channel", "Invitation", "Returning", "User"]


class User(msgspec.Struct):
    """Somebody who is here, by one session or several.

    Attributes:
        id: as long as the user is here; that of its first session.
        sessions: the ids of its sessions, each with the name of the hub that has it.
        account: the folded name of the account that it is logged in to; "": none.
        modes: letters of the user modes that are set, in alphabetical order.
        channels: folded names, in the order joined.
        signed_on: milliseconds since 1970.
        operator: under which name it became a server operator; "": it is none.
        origins: where its sessions come from, those of which it is known.
    """

    id: str
    sessions: dict[str, str]
    nick: str
    username: str
    host: str
    realname: str
    account: str = ""
    away: str = ""
    modes: str = ""
    channels: dict[str, None] = {}
    signed_on: int = 0
    operator: str = ""
    origins: dict[str, Origin] = {}

    @property
    def source(self) -> str:
        """``nick!user@host``."""
        return f"{self.nick}!{self.username}@{self.host}"

    @property
    def invisible(self) -> bool:
        """Whether only those who share a channel find it (mode i)."""
        return "i" in self.modes

    @property
    def is_operator(self) -> bool:
        """Whether it is a server operator (mode o)."""
        return "o" in self.modes


class Returning(msgspec.Struct, frozen=True):
    """Somebody who was cut off from a channel, and may come back as what they were."""

    seq: int  # the last entry of which they were told
    status: str
    welcome: bool  # may come in without invitation, as what they were


class Channel(msgspec.Struct):
    """A channel; members by user id, each with letters of their status (`modes.PREFIXES`)."""

    name: str
    folded: str  # the name under which it is known
    created: int  # milliseconds since 1970
    members: dict[str, str] = {}
    topic: str = ""
    topic_source: str = ""
    topic_time: int = 0  # milliseconds since 1970
    flags: str = "nt"
    key: str = ""
    limit: int = 0  # 0: none
    invited: dict[str, None] = {}  # user ids
    has_history: bool = False
    returning: dict[str, Returning] = {}  # by nick!user@host

    @property
    def modes(self) -> list[str]:
        """The modes as RPL_CHANNELMODEIS lists them, the key included."""
        letters = self.flags + ("k" if self.key else "") + ("l" if self.limit else "")
        arguments = [self.key] if self.key else []
        if self.limit:
            arguments.append(str(self.limit))
        return ["+" + letters, *arguments]


class Invitation(msgspec.Struct):
    """What lets the bearers of a token in (`talk/invitations.py`).

    Attributes:
        digest: of the token.
        channel: that they may join whatever its modes; "": none in particular.
        uses: how many may use it; 0: any number.
        expires: milliseconds since 1970 from which on it lets nobody in; 0: never.
        created: milliseconds since 1970.
        guests: the folded nicks or accounts that used it, where `uses` counts them.
    """

    digest: str
    channel: str = ""
    uses: int = 0
    expires: int = 0
    created: int = 0
    guests: dict[str, None] = {}

    def over(self, time: int) -> bool:
        """Tell whether it lets nobody in any more because of the time."""
        return bool(self.expires) and time >= self.expires

    def admit(self, guest: str, time: int) -> str:
        """Let a guest in: return "", or why not. Who used it before may use it again."""
        if self.over(time):
            return "This invitation has expired: ask for another"
        if self.uses and guest not in self.guests:
            if len(self.guests) >= self.uses:
                return "This invitation is used up: ask for another"
            self.guests[guest] = None
        return ""
