"""What the state of a hub is made of: users and channels. Values that verdicts change."""

from __future__ import annotations

import msgspec

from razem.talk.changes.accounts import Secret  # noqa: TC001 # msgspec reads the types
from razem.talk.irc.names import fold
from razem.talk.origin import Origin  # noqa: TC001 # msgspec reads the types

__all__ = ["Account", "Channel", "Invitation", "ListedMask", "Returning", "User"]


class User(msgspec.Struct):
    """Somebody who is here, by one session or several.

    Attributes:
        id: as long as the user is here; that of its first session.
        sessions: the ids of its sessions, each with the name of the hub that has it.
        account: the name, as it was registered, of the account that it is logged in to; "": none.
        modes: letters of the user modes that are set, in alphabetical order.
        channels: folded names, in the order joined.
        signed_on: milliseconds since 1970.
        operator: under which name it became a server operator; "": it is none.
        origins: where its sessions come from, those of which it is known.
        looks: of its nick (`talk/lookalikes.py`).
        said_away: why it says that it is away; `away` is what others are told.
        background: those of its sessions at which nobody sits (IRCv3 pre-away, ``AWAY *``).
        told: while it has no session, the place of the last entry that it was told of.
        gone_at: when its last session ended, in milliseconds since 1970; 0: it has some.
        metadata: what it says of itself, while it has no account.
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
    looks: tuple[str, ...] = ()
    said_away: str = ""
    background: dict[str, None] = {}
    told: int = 0
    gone_at: int = 0
    metadata: dict[str, str] = {}

    @property
    def source(self) -> str:
        """``nick!user@host``."""
        return f"{self.nick}!{self.username}@{self.host}"

    @property
    def identity(self) -> str:
        """As whom it may read conversations: as its account, or as itself while it is here.

        Not by its nick: another may have that tomorrow.
        """
        return f"account:{fold(self.account)}" if self.account else f"user:{self.id}"

    @property
    def identity_before(self) -> str:
        """Its identity before it logged in, if it has one now that it had not always; or ""."""
        return f"user:{self.id}" if self.account else ""

    @property
    def remembered_as(self) -> str:
        """As whom channels remember it: its account, which nobody else is, or else its source."""
        return self.identity if self.account else self.source

    @property
    def invisible(self) -> bool:
        """Whether only those who share a channel find it (mode i)."""
        return "i" in self.modes

    @property
    def shown_modes(self) -> str:
        """The letters of its modes, with r for who is logged in to an account."""
        return "".join(sorted(self.modes + ("r" if self.account else "")))

    @property
    def is_operator(self) -> bool:
        """Whether it is a server operator (mode o)."""
        return "o" in self.modes


class Account(msgspec.Struct):
    """An account: a name that belongs to who knows its password.

    Attributes:
        name: as it was registered.
        created: milliseconds since 1970.
        secret: by what its password is known.
        email: as it was given; "": it was not.
        looks: of its name (`talk/lookalikes.py`).
        certificates: SHA-256 fingerprints of those that may log in to it (SASL EXTERNAL), in
            lower-case hexadecimal digits.
        operator: who made it a server operator, whenever it is here; "": it is none.
        always_on: whether it stays present without a connection: "on", "off", or "" as the hub
            has it.
        metadata: what its user says of itself, by key (`talk/metadata.py`).
    """

    name: str
    created: int
    secret: Secret
    email: str = ""
    looks: tuple[str, ...] = ()
    certificates: dict[str, None] = {}
    operator: str = ""
    always_on: str = ""
    metadata: dict[str, str] = {}

    def stays(self, default: bool) -> bool:  # noqa: FBT001 # what a hub is set to
        """Tell whether it stays present without a connection."""
        return self.always_on == "on" or (default and not self.always_on)


class Returning(msgspec.Struct, frozen=True):
    """Somebody who was cut off from a channel, and may come back as what they were."""

    seq: int  # the last entry of which they were told
    status: str
    welcome: bool  # may come in without invitation, as what they were


class ListedMask(msgspec.Struct, frozen=True):
    """A mask in a list of a channel (`talk/masks.py`): who set it, and when."""

    mask: str
    setter: str  # nick!user@host
    time: int  # milliseconds since 1970


class Channel(msgspec.Struct):
    """A channel; members by user id, each with letters of their status (`modes.PREFIXES`).

    Attributes:
        name: as it is written; `folded`: under which it is known.
        created: milliseconds since 1970.
        topic_time: milliseconds since 1970.
        flags: letters of the modes without parameter, in alphabetical order.
        limit: of members; 0: none.
        invited: ids of users who may come in whatever the modes.
        returning: who was cut off, by `User.remembered_as`.
        bans, exceptions, invite_exceptions: the lists b, e and I, by folded mask.
        forward: the name of the channel to which those are led who cannot come in; "": none.
        founder: the account that registered it; "": it is not registered.
        registered: when, in milliseconds since 1970.
        access: by account, the letter of the status that it has on coming in.
        knocks: when somebody asked to come in, in milliseconds since 1970, by user id.
        renamed: when it last got another name, in milliseconds since 1970; 0: never.
    """

    name: str
    folded: str
    created: int
    members: dict[str, str] = {}
    topic: str = ""
    topic_source: str = ""
    topic_time: int = 0
    flags: str = "nt"
    key: str = ""
    limit: int = 0
    invited: dict[str, None] = {}
    has_history: bool = False
    returning: dict[str, Returning] = {}
    bans: dict[str, ListedMask] = {}
    exceptions: dict[str, ListedMask] = {}
    invite_exceptions: dict[str, ListedMask] = {}
    forward: str = ""
    founder: str = ""
    registered: int = 0
    access: dict[str, str] = {}
    renamed: int = 0
    knocks: dict[str, int] = {}
    metadata: dict[str, str] = {}

    @property
    def modes(self) -> list[str]:
        """The modes as RPL_CHANNELMODEIS lists them, the key included."""
        limit = str(self.limit) if self.limit else ""
        given = [("k", self.key), ("l", limit), ("f", self.forward)]
        letters = "".join(letter for letter, argument in given if argument)
        return ["+" + self.flags + letters, *(argument for _, argument in given if argument)]

    @property
    def stays(self) -> bool:
        """Whether it is there also without members."""
        return self.has_history or bool(self.founder)

    @property
    def secret(self) -> bool:
        """Whether only its members may know of it (mode s)."""
        return "s" in self.flags

    def masks(self, letter: str) -> dict[str, ListedMask]:
        """Return the list b, e or I."""
        if letter == "b":
            return self.bans
        return self.exceptions if letter == "e" else self.invite_exceptions


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
