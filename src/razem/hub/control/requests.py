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
    "Failure",
    "Invitations",
    "Invite",
    "Motd",
    "Reload",
    "Request",
    "Revoke",
    "Status",
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


class Reload(_Request, frozen=True, tag="reload"):
    """Read the configuration and the certificate again."""


Request = Status | Users | Motd | Invite | Invitations | Revoke | Reload


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
