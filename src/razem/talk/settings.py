"""What can be set of a hub, without regard to where it was read from. No I/O."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

__all__ = ["Durability", "Identity", "Limits"]

Durability = Literal["fsync", "commit", "none"]

_Positive = Annotated[int, msgspec.Meta(ge=1)]
# So that every line that bears one of these, a nick or two, a host and a channel is short enough.
_Nick = Annotated[int, msgspec.Meta(ge=1, le=40)]
_Channel = Annotated[int, msgspec.Meta(ge=2, le=80)]
_Topic = Annotated[int, msgspec.Meta(ge=1, le=390)]
_Text = Annotated[int, msgspec.Meta(ge=1, le=260)]
_Seconds = Annotated[float, msgspec.Meta(gt=0)]


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Every size and time that has a bound.

    Attributes:
        flood: slow down who sends faster than the rate; false: no bound on the rate.
        flood_rate: commands a second that a session may send for long.
        flood_burst: commands that it may send at once.
        nick, channel, topic, reason, away: bytes of a nick, a channel's name, a topic, a
            reason (KICK, PART, QUIT) and an AWAY text.
        channels: how many a user may be in.
        channels_in_all: how many there may be; those with a history stay when they are empty.
        targets: how many a command may name.
        history: messages in one answer to CHATHISTORY.
        missed: messages that a client without CHATHISTORY is shown on its return.
        outbox: bytes that may wait for a session that reads slowly; then it is dropped.
        pending: commands of a session that may wait for the log.
        registration_seconds: from connecting to the welcome.
        ping_seconds: silence after which a session is asked for a sign of life, and again
            after which it is dropped.
    """

    flood: bool = True
    flood_rate: _Seconds = 20.0
    flood_burst: _Positive = 100
    nick: _Nick = 30
    channel: _Channel = 64
    topic: _Topic = 390
    reason: _Text = 260
    away: _Text = 260
    channels: _Positive = 100
    channels_in_all: _Positive = 10_000
    targets: _Positive = 20
    history: _Positive = 1000
    missed: _Positive = 1000
    outbox: _Positive = 8 * 1024 * 1024
    pending: _Positive = 1024
    registration_seconds: _Seconds = 30.0
    ping_seconds: _Seconds = 90.0


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
    """

    name: str = "razem.local"
    description: str = "a Razem hub"
    network: str = "Razem"
    motd: tuple[str, ...] = ()
    password: str = ""
    version: str = "razem"
    created: str = ""
