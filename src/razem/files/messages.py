"""What the two ends of a copy say to each other (docs/files.md has the bytes). No I/O.

Every message is the payload of a record (razem.sockets.records): an array of msgpack whose first
element is the number of its kind. A `Bundle` and a `Chunk` are followed by bytes of files, which
are no record, so that the system can send them from the file itself. Elements that a message has
beyond those here are ignored. The two greetings are maps, whose unknown keys are ignored.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import msgspec
from msgspec import Struct

from razem.errors import RemoteProtocolError
from razem.files.entries import Entry  # noqa: TC001  msgspec needs it

__all__ = [
    "FEATURES",
    "MAX_MESSAGE",
    "PROTOCOL",
    "VERSION",
    "Again",
    "Bundle",
    "BundleItem",
    "Chunk",
    "Copy",
    "End",
    "EntriesEnd",
    "EntryList",
    "FileEnd",
    "FileFailed",
    "Finished",
    "Hello",
    "Hole",
    "Message",
    "Offer",
    "Pieces",
    "Result",
    "Results",
    "Stop",
    "Wants",
    "Welcome",
    "decode_greeting",
    "decode_message",
    "encode",
]

PROTOCOL: Final = "razem-files"
VERSION: Final = 1
FEATURES: Final = ("holes", "pieces")
MAX_MESSAGE: Final = 4 * 1024 * 1024  # bytes of a record


class Hello(Struct, omit_defaults=True):
    """The first message, of who connected.

    Attributes:
        protocol: "razem-files".
        versions: that it speaks.
        features: that it knows, of this version; those of both ends are used.
        ask: "get" (send me), "put" (I send), or "list" (tell me what there is).
        path: what, below what is shared: a path with slashes, or a pattern with ``*`` and ``?``.
        key: what lets it in.
    """

    protocol: str = ""
    versions: tuple[int, ...] = ()
    features: tuple[str, ...] = ()
    ask: str = "get"
    path: bytes = b""
    key: str = ""


class Welcome(Struct, omit_defaults=True):
    """The answer: what was agreed on, or why not.

    Attributes:
        version: that both speak; 0: it is a refusal.
        features: that both know.
        code: of a refusal: "version", "key", "path", "denied" or "busy".
        why: a refusal in words.
    """

    version: int = 0
    features: tuple[str, ...] = ()
    code: str = ""
    why: str = ""


class EntryList(Struct, array_like=True, tag=1):
    """The next entries of the manifest; they are numbered from 0 on, across all lists."""

    entries: list[Entry]


class EntriesEnd(Struct, array_like=True, tag=2):
    """The manifest is complete: so many entries, and so many bytes in files."""

    count: int
    size: int


class BundleItem(Struct, array_like=True):
    """A whole small file within a bundle, and the time and mode that it had when it was read."""

    number: int
    size: int
    digest: bytes


class Bundle(Struct, array_like=True, tag=3):
    """Whole small files; their bytes follow the record, one after the other."""

    items: list[BundleItem]


class Chunk(Struct, array_like=True, tag=4):
    """A part of a file, up to 1 MiB; its bytes follow the record."""

    number: int
    offset: int
    size: int
    digest: bytes


class Hole(Struct, array_like=True, tag=5):
    """A part of a file where nothing was written: it reads as zeros. Whole cells."""

    number: int
    offset: int
    size: int


class Copy(Struct, array_like=True, tag=6):
    """The next parts of a file are there at the receiver: pieces that it told of, by their index.

    Attributes:
        number: of the file.
        offset: where the first one goes.
        first: index of the first piece.
        count: how many, one after the other.
    """

    number: int
    offset: int
    first: int
    count: int


class FileEnd(Struct, array_like=True, tag=7):
    """All of a file was sent: its size and its digest."""

    number: int
    size: int
    digest: bytes


class FileFailed(Struct, array_like=True, tag=8):
    """A file that was wanted cannot be sent, or no more of it."""

    number: int
    why: str


class End(Struct, array_like=True, tag=9):
    """All that was wanted has been sent. What is asked for again is still sent."""


class Offer(Struct, array_like=True, tag=10):
    """What is going to come: the first message of the sender, before the manifest.

    Attributes:
        files: how many; -1: they were not counted.
        size: bytes in them; -1.
        names: the first few at the top.
        more: how many more there are at the top.
    """

    files: int
    size: int
    names: list[bytes]
    more: int = 0


class Wants(Struct, array_like=True, tag=20):
    """What the receiver needs of the next entries that it has not answered yet.

    Attributes:
        first: number of the first entry.
        answers: a byte for each: 0 nothing, 1 the whole file, 2 what differs from the pieces that
            were told.
    """

    first: int
    answers: bytes


class Pieces(Struct, array_like=True, tag=21):
    """Pieces that the receiver has of a file, before the answer that it is wanted.

    Attributes:
        number: of the file.
        kept: 1 for pieces that stand where they belong, from the beginning on, in a file that was
            interrupted; 0 for those of an older version.
        pieces: for each 4 bytes of its length, big-endian, and the first 16 of its digest.
    """

    number: int
    kept: int
    pieces: bytes


class Again(Struct, array_like=True, tag=22):
    """A part of a file arrived wrong: send it once more."""

    number: int
    offset: int
    size: int


class Result(Struct, array_like=True):
    """What became of an entry.

    Attributes:
        number: of the entry.
        outcome: as `razem.files.entries.Outcome`.
        why: in words, where it failed.
    """

    number: int
    outcome: int
    why: str = ""


class Results(Struct, array_like=True, tag=23):
    """What became of some entries; files that are "done" are synced, and have their names."""

    results: list[Result]


class Finished(Struct, array_like=True, tag=24):
    """Everything has its result.

    Attributes:
        digest: of the manifest and of all files that were sent (`razem.files.transcript`).
    """

    digest: bytes


class Stop(Struct, array_like=True, tag=30):
    """This end gives up, and says why."""

    why: str


Message: TypeAlias = (
    EntryList
    | EntriesEnd
    | Bundle
    | Chunk
    | Hole
    | Copy
    | FileEnd
    | FileFailed
    | End
    | Offer
    | Wants
    | Pieces
    | Again
    | Results
    | Finished
    | Stop
)
_encoder: Final = msgspec.msgpack.Encoder()
_message: Final[msgspec.msgpack.Decoder[Any]] = msgspec.msgpack.Decoder(Message)
_hello: Final = msgspec.msgpack.Decoder(Hello)
_welcome: Final = msgspec.msgpack.Decoder(Welcome)


def encode(message: Message | Hello | Welcome) -> bytes:
    """Return the payload of the record of a message."""
    return _encoder.encode(message)


def decode_message(payload: bytes) -> Message:
    """Read a message.

    Raises:
        RemoteProtocolError: it is none that this version knows.
    """
    try:
        message: Message = _message.decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise _no_message(error) from error
    return message


def decode_greeting(payload: bytes, kind: type[Hello | Welcome]) -> Hello | Welcome:
    """Read a greeting of that kind.

    Raises:
        RemoteProtocolError: it is none.
    """
    decoder: msgspec.msgpack.Decoder[Any] = _hello if kind is Hello else _welcome
    try:
        greeting: Hello | Welcome = decoder.decode(payload)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise _no_message(error) from error
    return greeting


def _no_message(error: Exception) -> RemoteProtocolError:
    return RemoteProtocolError(
        f"the other end says something that is not of the copy protocol ({error}).",
        stage="read",
        advice="Check the address, and whether both ends have the same version of razem.",
    )
