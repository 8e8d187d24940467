"""What the owner of a hub may ask it, and what it answers: lines of JSON.

A request is an object with a ``command``, an answer one with ``ok`` and a ``result`` or an
``error``. A connection may bear several, one after the other::

    {"command":"kick","nick":"bo","reason":"enough"}
    {"ok":true,"result":{"nick":"bo"}}
    {"ok":false,"error":{"kind":"Error","message":"nobody here is called bo."}}
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

__all__ = [
    "Answer",
    "Backup",
    "Ban",
    "Bans",
    "Failure",
    "Invitations",
    "Invite",
    "Kick",
    "Motd",
    "Promote",
    "Reload",
    "Request",
    "Revoke",
    "Status",
    "Unban",
    "Users",
    "decode_answer",
    "decode_request",
    "encode",
]


class _Request(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="command"
):
    """Something to be done or told."""


class Status(_Request, frozen=True, tag="status"):
    """How the hub is."""


class Users(_Request, frozen=True, tag="users"):
    """Who is here."""


class Motd(_Request, frozen=True, tag="motd"):
    """Show the message of the day, or (with a text) set it; "" is that of the configuration."""

    text: str | None = None


class Invite(_Request, frozen=True, tag="invite"):
    """Make an invitation.

    Attributes:
        channel: that guests may join whatever its modes; "": none in particular.
        uses: how many may use it; 0: any number.
        seconds: for how long it lets guests in; 0: for ever.
        host: by which guests reach the hub; "": as the hub finds out.
        port: by which they do; 0: where the hub listens.
    """

    channel: str = ""
    uses: int = 0
    seconds: float = 0
    host: str = ""
    port: int = 0


class Invitations(_Request, frozen=True, tag="invitations"):
    """The invitations that there are; nobody knows their tokens any more."""


class Revoke(_Request, frozen=True, tag="revoke"):
    """Let nobody in by an invitation any more; `id`: as `Invitations` shows it."""

    id: str


class Kick(_Request, frozen=True, tag="kick"):
    """Send a user away, with all of its sessions."""

    nick: str
    reason: str = ""


class Ban(_Request, frozen=True, tag="ban"):
    """Let somebody in no more, and send away who is here and meant by it.

    Attributes:
        whom: an address, a network, ``account:NAME``, or a mask of nick!user@host.
        seconds: for how long; 0: for ever.
        reason: what they are told.
    """

    whom: str
    seconds: float = 0
    reason: str = ""


class Unban(_Request, frozen=True, tag="unban"):
    """Let somebody in again; `whom`: as it was banned."""

    whom: str


class Bans(_Request, frozen=True, tag="bans"):
    """Who may not come in."""


class Promote(_Request, frozen=True, tag="promote"):
    """Make a user a server operator, or an operator of a channel; not `operator`: no more."""

    nick: str
    channel: str = ""
    operator: bool = True


class Backup(_Request, frozen=True, tag="backup"):
    """Copy what the hub keeps, while it goes on; `file`: an absolute path."""

    file: str


class Reload(_Request, frozen=True, tag="reload"):
    """Read the configuration and the certificate again."""


Request = (
    Status
    | Users
    | Motd
    | Invite
    | Invitations
    | Revoke
    | Kick
    | Ban
    | Unban
    | Bans
    | Promote
    | Backup
    | Reload
)


class Failure(msgspec.Struct, frozen=True):
    """Why something was not done: as the errors of Razem."""

    kind: str
    message: str
    advice: str = ""


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """What came of a request."""

    ok: bool
    result: dict[str, Any] = {}
    error: Failure | None = None


_encoder: Final = msgspec.json.Encoder()
_requests: Final[msgspec.json.Decoder[Request]] = msgspec.json.Decoder(Request)
_answers: Final = msgspec.json.Decoder(Answer)


def encode(value: Request | Answer) -> bytes:
    """Return the line that says it, with its newline."""
    return _encoder.encode(value) + b"\n"


def decode_request(line: bytes) -> Request:
    """Read a request.

    Raises:
        msgspec.MsgspecError: it is none.
    """
    return _requests.decode(line)


def decode_answer(line: bytes) -> Answer:
    """Read an answer.

    Raises:
        msgspec.MsgspecError: it is none.
    """
    return _answers.decode(line)
