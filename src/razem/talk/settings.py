"""What can be set of a hub, without regard to where it was read from. No I/O.

Each key says what it means where it stands: `razem hub --print-config` and the mistakes that are
told of a file are made from it.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

__all__ = [
    "Access",
    "Accounts",
    "Durability",
    "History",
    "Identity",
    "Limits",
    "Operator",
    "Policy",
]

Durability = Literal["fsync", "commit", "none"]
Access = Literal["invite", "accounts", "open"]

_Positive = Annotated[int, Meta(ge=1)]
_Count = Annotated[int, Meta(ge=0)]  # 0: no bound
# So that every line that bears one of these, a nick or two, a host and a channel is short enough.
_Nick = Annotated[int, Meta(ge=1, le=40)]
_Channel = Annotated[int, Meta(ge=2, le=80)]
_Topic = Annotated[int, Meta(ge=1, le=390)]
_Text = Annotated[int, Meta(ge=1, le=260)]
_Seconds = Annotated[float, Meta(gt=0)]


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every size and time that has a bound."""

    flood: Annotated[
        bool,
        Meta(
            description="Slow down who sends faster than the rate below; what is too much is not"
            " lost, it waits. false: no bound on the rate, nor on connections by address."
        ),
    ] = True
    flood_rate: Annotated[
        _Seconds, Meta(description="Commands a second that a session may send for long.")
    ] = 20.0
    flood_burst: Annotated[
        _Positive, Meta(description="Commands that a session may send at once.")
    ] = 100
    nick: Annotated[_Nick, Meta(description="Bytes of a nick; 40 at most.")] = 30
    channel: Annotated[_Channel, Meta(description="Bytes of a channel's name; 80 at most.")] = 64
    topic: Annotated[_Topic, Meta(description="Bytes of a topic; 390 at most.")] = 390
    reason: Annotated[
        _Text, Meta(description="Bytes of the reason of a KICK, PART or QUIT; 260 at most.")
    ] = 260
    away: Annotated[_Text, Meta(description="Bytes of an AWAY text; 260 at most.")] = 260
    channels: Annotated[_Positive, Meta(description="Channels that a user may be in.")] = 100
    channels_in_all: Annotated[
        _Positive,
        Meta(description="Channels that there may be; those with a history stay when empty."),
    ] = 10_000
    masks: Annotated[
        _Positive, Meta(description="Masks in the lists of a channel (b, e and I) together.")
    ] = 100
    modes: Annotated[
        _Positive, Meta(description="Changes with a parameter that one MODE command may have.")
    ] = 20
    registrations: Annotated[
        _Positive, Meta(description="Channels that may belong to an account.")
    ] = 20
    access: Annotated[
        _Positive, Meta(description="Accounts that may have a status in a registered channel.")
    ] = 200
    targets: Annotated[_Positive, Meta(description="Targets that one command may name.")] = 20
    history: Annotated[_Positive, Meta(description="Messages in one answer to CHATHISTORY.")] = 1000
    redaction_seconds: Annotated[
        _Seconds,
        Meta(
            description="For how long who said something may remove it (REDACT); those who moderate"
            " a channel may at any time."
        ),
    ] = 86_400.0
    multiline_bytes: Annotated[
        _Positive, Meta(description="Bytes of a message in several lines (IRCv3 multiline).")
    ] = 16_384
    multiline_lines: Annotated[_Positive, Meta(description="Lines of such a message.")] = 100
    missed: Annotated[
        _Positive,
        Meta(description="Messages that a client without CHATHISTORY is shown on its return."),
    ] = 1000
    outbox: Annotated[
        _Positive,
        Meta(
            description="Bytes that may wait for a session that reads slowly; with more it is"
            " dropped."
        ),
    ] = 8 * 1024 * 1024
    pending: Annotated[
        _Positive, Meta(description="Commands of a session that may wait for the log.")
    ] = 1024
    registration_seconds: Annotated[
        _Seconds, Meta(description="From connecting to the welcome.")
    ] = 30.0
    ping_seconds: Annotated[
        _Seconds,
        Meta(description="Silence before a PING, and again before the session is dropped."),
    ] = 90.0
    connections: Annotated[
        _Count,
        Meta(description="Connections in all; 0: as many as the system lets the hub have."),
    ] = 0
    connections_by_address: Annotated[
        _Count, Meta(description="Connections from one address; 0: no bound.")
    ] = 100
    connections_by_network: Annotated[
        _Count, Meta(description="Connections from one network; 0: no bound.")
    ] = 500
    ipv4_network: Annotated[
        int, Meta(ge=0, le=32, description="Leading bits that make an IPv4 network.")
    ] = 24
    ipv6_network: Annotated[
        int, Meta(ge=0, le=128, description="Leading bits that make an IPv6 network.")
    ] = 64
    handshake_seconds: Annotated[
        _Seconds, Meta(description="From connecting to the end of the TLS handshake.")
    ] = 10.0
    invitations: Annotated[
        _Positive, Meta(description="Invitation links that may be open at the same time.")
    ] = 10_000
    bans: Annotated[
        _Positive, Meta(description="Bans from the server that there may be at the same time.")
    ] = 10_000
    monitor: Annotated[
        _Positive, Meta(description="Nicks of which a session may hear when they come (MONITOR).")
    ] = 100
    who: Annotated[
        _Positive,
        Meta(description="Users in one answer to WHO with a mask; of a channel it tells all."),
    ] = 1000


class Operator(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who may become a server operator by ``OPER NAME PASSWORD``."""

    password: Annotated[
        str,
        Meta(
            description="An argon2id hash ($argon2id$...), or the password itself.",
            min_length=1,
            examples=["change me"],
        ),
    ]


class Accounts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Accounts: who may have one, and how guessing passwords is made slow."""

    registration: Annotated[
        bool, Meta(description="Whoever may come in may make an account (REGISTER).")
    ] = True
    always_on: Annotated[
        bool,
        Meta(description="Accounts stay present without a connection, until they say otherwise."),
    ] = False
    absent_days: Annotated[
        float,
        Meta(ge=0, description="Who was not connected for so many days is not present; 0: ever."),
    ] = 0.0
    password: Annotated[
        int, Meta(ge=1, le=300, description="Characters that a new password has at least.")
    ] = 6
    most: Annotated[_Count, Meta(description="Accounts that there may be; 0: any number.")] = (
        100_000
    )
    certificates: Annotated[
        _Positive, Meta(description="Certificates that may log in to one account.")
    ] = 10
    failures: Annotated[
        _Positive,
        Meta(
            description="Failed log-ins, of an account and from an address, before the next one"
            " has to wait."
        ),
    ] = 5
    failure_seconds: Annotated[
        _Seconds, Meta(description="How long it waits then; twice as long after each further one.")
    ] = 10.0


class History(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is kept of what was said."""

    keep_days: Annotated[
        float, Meta(ge=0, description="Messages older than so many days are removed; 0: never.")
    ] = 0.0
    keep_megabytes: Annotated[
        float,
        Meta(
            ge=0,
            description="The oldest messages are removed when the log is larger than that; 0: any"
            " size.",
        ),
    ] = 0.0
    keep_messages: Annotated[
        _Count,
        Meta(description="Messages kept of each channel and conversation; 0: any number."),
    ] = 0


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """How the hub presents itself.

    Attributes:
        name: the server's name on the wire; no spaces.
        description: one line, for people.
        network: one word, for clients.
        motd: the message of the day, by line.
        password: what PASS must say; "": nothing.
        version: of the program.
        created: when it started, as text.
        started: the same, in milliseconds since 1970.
        admin: who runs it and how to reach them, by line; three at most.
        sts_seconds: for how long clients shall come by TLS only (IRCv3 sts); 0: not asked for.
        sts_port: where they can.
        filehost: where clients may put files, for others to get by a link; "": nowhere.
    """

    name: str = "razem.local"
    description: str = "a Razem hub"
    network: str = "Razem"
    motd: tuple[str, ...] = ()
    password: str = ""
    version: str = "razem"
    created: str = ""
    started: int = 0
    admin: tuple[str, ...] = ()
    sts_seconds: int = 0
    sts_port: int = 0
    filehost: str = ""


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """Who may come in, and who may do more than others.

    Attributes:
        access: who may come in from other machines.
        accounts: who may have an account.
        operators: who may become a server operator, by name.
    """

    access: Access = "invite"
    accounts: Accounts = Accounts()
    operators: dict[str, Operator] = {}
