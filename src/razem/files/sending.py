"""The sending end of a copy: what was offered, what is wanted, what became of it. No I/O.

The driver offers entries while `may_offer`, reads what `receive` says is wanted, and sends the
outputs in their order; a message with a body is followed by exactly that body.

    offer ──► Wanted ──► bundle | chunk, hole, copy … file_end | failed ──► Settled
                            ▲                                    │
                            └────────── AskedAgain ◄─────────────┘
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from razem.errors import BrokenError, CorruptError, RemoteProtocolError
from razem.files.digests import cell_digest
from razem.files.entries import Entry, Kind, Outcome
from razem.files.messages import (
    Again,
    Bundle,
    BundleItem,
    Chunk,
    Copy,
    End,
    EntriesEnd,
    EntryList,
    FileEnd,
    FileFailed,
    Finished,
    Hole,
    Pieces,
    Results,
    Stop,
    Wants,
    encode,
)
from razem.files.transcript import Transcript

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from razem.files.messages import Message

__all__ = [
    "AskedAgain",
    "Completed",
    "Known",
    "Sender",
    "SenderEvent",
    "Settled",
    "Wanted",
    "item_of",
    "unexpected",
]

_WINDOW: Final = 8192  # entries that have been offered and are not settled
_NO: Final = 0
_PIECES: Final = 2
_PIECE: Final = 20  # bytes: length and shortened digest
_LONGEST_LIST: Final = 64 * 1024 * 1024  # bytes of pieces of one file


class Known(NamedTuple):
    """What the receiver has of a file.

    Attributes:
        kept: (length, shortened digest) of pieces that stand where they belong, from the beginning.
        old: of those of an older version.
    """

    kept: Sequence[tuple[int, bytes]] = ()
    old: Sequence[tuple[int, bytes]] = ()


class Wanted(NamedTuple):
    """The receiver wants a file."""

    number: int
    entry: Entry
    known: Known | None


class AskedAgain(NamedTuple):
    """A part of a file arrived wrong, and is to be sent once more."""

    number: int
    entry: Entry
    offset: int
    size: int


class Settled(NamedTuple):
    """What became of an entry, as the receiver says."""

    number: int
    entry: Entry
    outcome: int
    why: str


class Completed(NamedTuple):
    """Everything has its outcome; both ends have seen the same.

    Attributes:
        digest: of all that was copied.
    """

    digest: bytes


SenderEvent: TypeAlias = Wanted | AskedAgain | Settled | Completed


class Sender:
    """One copy, as its sender sees it. Messages go in and out as payloads of records.

    Args:
        window: how many entries may be offered before the first of them is settled.
    """

    def __init__(self, *, window: int = _WINDOW) -> None:
        self.offered = 0
        self.completed = False
        self._window = window
        self._open: dict[int, Entry] = {}  # offered and not settled
        self.answered = 0
        self._wanted = 0  # files that are wanted, and not sent to their end
        self._all_offered = False
        self._ended = False
        self._pieces: dict[int, tuple[list[bytes], list[bytes]]] = {}
        self._transcript = Transcript()

    @property
    def may_offer(self) -> bool:
        """Whether more entries may be offered now."""
        return not self._all_offered and len(self._open) < self._window

    @property
    def may_end(self) -> bool:
        """Whether `end` is due: everything was offered and answered, and what is wanted sent."""
        return (
            self._all_offered
            and not self._ended
            and self.answered == self.offered
            and not self._wanted
        )

    # -- out -------------------------------------------------------------------------------------

    def offer(self, entries: list[Entry]) -> bytes:
        """Return the message that tells of the next entries of the manifest."""
        self._open.update(enumerate(entries, self.offered))
        self.offered += len(entries)
        payload = encode(EntryList(entries))
        self._transcript.entries(payload)
        return payload

    def end_of_entries(self, size: int) -> bytes:
        """Return the message that the manifest is complete, with so many bytes in files."""
        self._all_offered = True
        return encode(EntriesEnd(self.offered, size))

    def is_open(self, number: int) -> bool:
        """Whether an entry is not settled yet: else nothing more of it needs to be sent."""
        return number in self._open

    def bundle(self, items: list[BundleItem]) -> bytes:
        """Return the head of a bundle of whole files; their bytes are to follow it.

        Each file is in one bundle only: what is asked for again goes as a chunk.
        """
        self._transcript.files((item.number, item.digest) for item in items)
        self._wanted -= len(items)
        return encode(Bundle(items))

    def chunk(self, number: int, offset: int, size: int, digest: bytes) -> bytes:
        """Return the head of a chunk; its bytes are to follow it."""
        return encode(Chunk(number, offset, size, digest))

    def hole(self, number: int, offset: int, size: int) -> bytes:
        """Return the message that there is nothing but zeros, for whole cells."""
        return encode(Hole(number, offset, size))

    def copy(self, number: int, offset: int, first: int, count: int) -> bytes:
        """Return the message that the receiver has the next pieces."""
        return encode(Copy(number, offset, first, count))

    def file_end(self, number: int, size: int, digest: bytes) -> bytes:
        """Return the message that a file has been sent."""
        self._wanted -= 1
        self._transcript.files([(number, digest)])
        return encode(FileEnd(number, size, digest))

    def failed(self, number: int, why: str, *, again: bool = False) -> bytes:
        """Return the message that a file cannot be sent."""
        if not again:
            self._wanted -= 1
        return encode(FileFailed(number, why))

    def end(self) -> bytes:
        """Return the message that all that was wanted has been sent; once `may_end`."""
        self._ended = True
        return encode(End())

    # -- in --------------------------------------------------------------------------------------

    def receive(self, message: Message) -> list[SenderEvent]:
        """Take a message of the receiver.

        Raises:
            RemoteProtocolError: a sender is not told that, or not now.
            CorruptError: the other end has seen something else than was sent.
            BrokenError: the other end gave up.
        """
        if type(message) is Wants:
            return self._take_wants(message)
        if type(message) is Results:
            return [self._settle(*each) for each in _results(message)]
        if type(message) is Pieces:
            self._take_pieces(message)
            return []
        if type(message) is Again:
            entry = self._entry(message.number)
            if message.offset < 0 or message.size < 1:
                raise RemoteProtocolError("a part of a file that cannot be was asked for again.")
            return [AskedAgain(message.number, entry, message.offset, message.size)]
        if type(message) is Finished:
            return [self._finish(message)]
        raise unexpected(message, "the receiver")

    def _take_wants(self, message: Wants) -> list[SenderEvent]:
        first = self.answered
        if message.first != first or first + len(message.answers) > self.offered:
            raise RemoteProtocolError("the receiver wants something that was not offered.")
        self.answered += len(message.answers)
        events: list[SenderEvent] = []
        for number, answer in enumerate(message.answers, first):
            if answer == _NO:
                continue
            entry = self._open[number]
            if entry.kind != Kind.FILE or answer > _PIECES:
                raise RemoteProtocolError("the receiver wants something else than a file.")
            self._wanted += 1
            known = self._known(number) if answer == _PIECES else None
            events.append(Wanted(number, entry, known))
        return events

    def _take_pieces(self, message: Pieces) -> None:
        if not self.answered <= message.number < self.offered or len(message.pieces) % _PIECE:
            raise RemoteProtocolError("the receiver tells of pieces of something else.")
        lists = self._pieces.setdefault(message.number, ([], []))
        lists[1 if message.kept else 0].append(message.pieces)
        if sum(len(part) for each in lists for part in each) > _LONGEST_LIST:
            raise RemoteProtocolError("the receiver tells of more pieces than are allowed.")

    def _known(self, number: int) -> Known:
        old, kept = self._pieces.pop(number, ([], []))
        return Known(_split(b"".join(kept)), _split(b"".join(old)))

    def _settle(self, number: int, outcome: int, why: str) -> Settled:
        entry = self._entry(number)
        del self._open[number]
        return Settled(number, entry, outcome, why)

    def _finish(self, message: Finished) -> Completed:
        if not self._ended or self._open:
            raise RemoteProtocolError("the receiver says too early that it has everything.")
        self.completed = True
        if message.digest != self._transcript.digest():
            raise CorruptError(
                "the two ends have not seen the same: their digests differ.",
                advice="Copy again: what is whole is not sent again.",
            )
        return Completed(message.digest)

    def _entry(self, number: int) -> Entry:
        try:
            return self._open[number]
        except KeyError:
            raise RemoteProtocolError(
                f"the receiver speaks of entry {number}, which it was not offered, or has settled."
            ) from None


def _results(message: Results) -> Iterable[tuple[int, int, str]]:
    for result in message.results:
        if not Outcome.DONE <= result.outcome <= Outcome.FAILED:
            raise RemoteProtocolError(f"there is no outcome {result.outcome}.")
        yield result.number, result.outcome, result.why


def _split(pieces: bytes) -> list[tuple[int, bytes]]:
    return [
        (int.from_bytes(pieces[at : at + 4], "big"), pieces[at + 4 : at + _PIECE])
        for at in range(0, len(pieces), _PIECE)
    ]


def unexpected(message: Message, who: str) -> Exception:
    """Return what is wrong with a message that may not come, or that ends the copy."""
    if type(message) is Stop:
        return BrokenError(f"{who} gave up: {message.why}", stage="read")
    return RemoteProtocolError(f"{who} says {type(message).__name__}, which is not its to say.")


def item_of(number: int, data: bytes) -> BundleItem:
    """Return how a whole small file stands in a bundle."""
    return BundleItem(number, len(data), cell_digest(data))
