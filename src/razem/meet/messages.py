"""What two ends say to each other before they are alone, and to a hub: msgpack in records."""

from __future__ import annotations

from typing import Final, TypeAlias

import msgspec

from razem.errors import RemoteProtocolError
from razem.sockets.records import encode_record

__all__ = [
    "ALPN",
    "LIMIT",
    "RELAY",
    "RELAY_SIZE",
    "Again",
    "Call",
    "Found",
    "Message",
    "Numbered",
    "Offer",
    "Prove",
    "Proven",
    "Refused",
    "Seek",
    "SeekAt",
    "Take",
    "Watch",
    "Whereabouts",
    "Wrong",
    "decode",
    "encode",
    "relay_line",
]

ALPN: Final = "razem-meet/1"  # of the desk of a hub (RFC 7301)
RELAY: Final = b"RAZEM-RELAY "
TICKET: Final = 16  # bytes
RELAY_SIZE: Final = len(RELAY) + 2 * TICKET + 1
LIMIT: Final = 16 * 1024  # bytes of a message


class _Said(msgspec.Struct, frozen=True, tag=True, array_like=True):
    """What every message is."""


# -- between the ends ----------------------------------------------------------------------------


class Seek(_Said, frozen=True):
    """First word of who seeks: for whom, and its message of SPAKE2."""

    version: int
    number: int
    spake: bytes


class Offer(_Said, frozen=True):
    """Answer of who offers."""

    spake: bytes


class Prove(_Said, frozen=True):
    """That who seeks has the code; its certificate (DER), and a seal on it by the key."""

    certificate: bytes
    seal: bytes


class Proven(_Said, frozen=True):
    """That who offers has it, too."""

    certificate: bytes
    seal: bytes


class Wrong(_Said, frozen=True):
    """It does not have the same code, or that is used up."""


class Again(_Said, frozen=True):
    """First word of who seeks, on every pipe after the first: the number of the pair."""

    pair: bytes


class Whereabouts(_Said, frozen=True):
    """Within TLS: where else this end can be reached; numeric hosts, with a zone if needed."""

    hosts: list[str]
    port: int


# -- with a hub ----------------------------------------------------------------------------------


class Take(_Said, frozen=True):
    """Give me a number, or this one if it is free; `pass_` lets me in."""

    number: int  # 0 for any
    pass_: str = ""


class Numbered(_Said, frozen=True):
    """You have this number, for so many seconds."""

    number: int
    seconds: float


class SeekAt(_Said, frozen=True):
    """Join me to who has this number."""

    number: int
    pass_: str = ""


class Watch(_Said, frozen=True):
    """Tell me when the other end of this pair calls; both are proven."""

    pair: bytes
    pass_: str = ""


class Call(_Said, frozen=True):
    """Join me to who watches for this pair."""

    pair: bytes
    pass_: str = ""


class Found(_Said, frozen=True):
    """Come with this ticket, each on a connection of its own: you will be joined."""

    ticket: bytes


class Refused(_Said, frozen=True):
    """It cannot be, for this reason; nobody is there yet, if `later`."""

    reason: str
    later: bool = False


Message: TypeAlias = (
    Seek
    | Offer
    | Prove
    | Proven
    | Wrong
    | Again
    | Whereabouts
    | Take
    | Numbered
    | SeekAt
    | Watch
    | Call
    | Found
    | Refused
)

_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(Message)


def encode(message: Message) -> bytes:
    """Return the record of a message."""
    return encode_record(_ENCODER.encode(message))


def decode(payload: bytes) -> Message:
    """Read the payload of a record.

    Raises:
        RemoteProtocolError: it is no message.
    """
    try:
        message: Message = _DECODER.decode(payload)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise RemoteProtocolError(
            "what came is no word of two who meet by a code.", stage="read"
        ) from error
    return message


def relay_line(ticket: bytes) -> bytes:
    """Return what a connection begins with that is to be joined to another at a hub."""
    return b"%b%b\n" % (RELAY, ticket.hex().encode())
