"""The receiving end of a copy: what is verified, what is missing, what is settled. No I/O.

The driver answers each list of entries, does what the events say, and tells by `settle` what
became of each entry. Nothing comes out as an event that its digest does not prove; what arrived
wrong is asked for again, by itself.

    Listed ──► answer ──► Bundled | Data, Zeros, Copied … Whole | Lost ──► settle ──► Finished
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from razem.errors import RemoteProtocolError
from razem.files.digests import CELL, DIGEST, cell_digest, digest_of_cells, zero_digest
from razem.files.entries import LINKED, ROOT, Entry, Kind, Outcome
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
    Offer,
    Pieces,
    Result,
    Results,
    Wants,
    encode,
)
from razem.files.names import name_fault
from razem.files.sending import unexpected
from razem.files.transcript import Transcript

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from razem.files.frames import Arrived
    from razem.files.messages import Message

__all__ = [
    "NO",
    "PIECES",
    "WHOLE",
    "Bundled",
    "Copied",
    "Data",
    "Listed",
    "Lost",
    "ManifestEnd",
    "Offered",
    "Receiver",
    "ReceiverEvent",
    "Whole",
    "Zeros",
    "digests_of",
]

NO: Final = 0
WHOLE: Final = 1
PIECES: Final = 2

_TRIES: Final = 3  # of one chunk
_MOST_PIECES: Final = 100_000  # in one message
_MANY_RESULTS: Final = 4096  # in one message


class Offered(NamedTuple):
    """What is going to come, where the sender has counted it."""

    offer: Offer


class Listed(NamedTuple):
    """The next entries of the manifest: to be checked and answered, in their order."""

    first: int
    entries: list[Entry]


class ManifestEnd(NamedTuple):
    """So many entries, and so many bytes in files, are all."""

    entries: int
    size: int


class Bundled(NamedTuple):
    """Whole small files, verified: numbers and bytes."""

    files: list[tuple[int, memoryview]]


class Data(NamedTuple):
    """A part of a file, verified."""

    number: int
    offset: int
    data: memoryview


class Zeros(NamedTuple):
    """A part of a file that reads as zeros."""

    number: int
    offset: int
    size: int


class Copied(NamedTuple):
    """Pieces of the older version, or kept ones, that stand at `offset` now."""

    number: int
    offset: int
    first: int
    pieces: int


class Whole(NamedTuple):
    """All of a file is there.

    Attributes:
        number: of the file.
        size: in bytes.
        digest: of the file; None: it is proven already. Else it has to be read, and is whole only
            if it has this one.
    """

    number: int
    size: int
    digest: bytes | None


class Lost(NamedTuple):
    """A file is not going to come, or is not what it should be."""

    number: int
    why: str


ReceiverEvent: TypeAlias = (
    Offered | Listed | ManifestEnd | Bundled | Data | Zeros | Copied | Whole | Lost
)


class _File:
    """One that is on its way."""

    __slots__ = ("cells", "end", "entry", "next", "pieces", "tries", "wrong")

    def __init__(self, entry: Entry, *, pieces: bool) -> None:
        self.entry = entry
        self.pieces = pieces
        self.next = 0  # where its next part belongs
        self.cells = bytearray()  # digests, where parts are cells
        self.wrong: dict[int, int] = {}  # asked for again: sizes by offsets
        self.tries: dict[int, int] = {}
        self.end: FileEnd | None = None


def digests_of(arrived: Arrived) -> Sequence[bytes]:
    """Return the digests of what came with a message, for `Receiver.receive`; in any thread."""
    message = arrived.message
    if type(message) is Chunk:
        return (cell_digest(arrived.body),)
    if type(message) is Bundle:
        digests = []
        at = 0
        body = arrived.body
        for item in message.items:
            digests.append(cell_digest(body[at : at + item.size]))
            at += item.size
        return digests
    return ()


class Receiver:
    """One copy, as its receiver sees it. Call `take_output` after each call of another method.

    Args:
        windows: whether names have to suit Windows, too.
    """

    def __init__(self, *, windows: bool = False) -> None:
        self.finished = False
        self.listed = 0
        self._windows = windows
        self._answered = 0
        self._unsettled: dict[int, Entry] = {}
        self._files: dict[int, _File] = {}
        self._places: dict[int, tuple[int, bytes]] = {}  # of directories, and of linked files
        self._directories: set[int] = {ROOT}
        self._refused: set[int] = set()  # directories that are not there
        self._all_listed = False
        self._ended = False
        self._transcript = Transcript()
        self._results: list[Result] = []
        self._output: list[bytes] = []
        self._others: dict[type[Message], Callable[[Any], list[ReceiverEvent]]] = {
            FileEnd: self._take_end,
            Hole: self._take_hole,
            Copy: self._take_copy,
            FileFailed: self._take_failure,
            EntriesEnd: self._take_manifest_end,
            End: self._take_sending_end,
            Offer: self._take_offer,
        }

    # -- out -------------------------------------------------------------------------------------

    def take_output(self) -> list[bytes]:
        """Return the messages for the sender, as payloads of records, each once."""
        if self._results:
            self._output.append(encode(Results(self._results)))
            self._results = []
        if not self.finished and self._ended and not self._unsettled:
            self.finished = True
            self._output.append(encode(Finished(self.digest())))
        output, self._output = self._output, []
        return output

    def digest(self) -> bytes:
        """Return the digest of all that was copied so far."""
        return self._transcript.digest()

    def check(self, number: int, entry: Entry) -> str:
        """Return why an entry must not be made, in words; "" if it may.

        To be called for each entry in its order, before anything is made of it, and after a
        directory that could not be made was settled as failed.
        """
        if entry.parent in self._refused:
            fault = "its directory was not made"
        else:
            fault = name_fault(entry.name, windows=self._windows)
        if entry.kind == Kind.DIRECTORY:
            self._directories.add(number)
            self._places[number] = (entry.parent, entry.name)
            if fault:
                self._refused.add(number)
        elif entry.kind == Kind.FILE and entry.flags & LINKED:
            self._places[number] = (entry.parent, entry.name)
        elif not fault and entry.kind == Kind.SYMLINK and b"\0" in entry.target:
            fault = "where it leads has a NUL in it"
        return fault

    def place(self, number: int) -> tuple[int, bytes] | None:
        """Return the directory and the name of a directory, or of what can be linked to."""
        return self._places.get(number)

    def path(self, entry: Entry) -> bytes:
        """Return the path of an entry from the destination on; for people."""
        parts = [entry.name]
        parent = entry.parent
        while (place := self._places.get(parent)) is not None:
            parent = place[0]
            parts.append(place[1])
        return b"/".join(reversed(parts))

    def tell_pieces(self, number: int, pieces: Sequence[tuple[int, bytes]], *, kept: bool) -> None:
        """Tell what there is of a file: lengths and digests, before it is answered by `PIECES`.

        Args:
            number: of the file, not answered yet.
            pieces: in their order.
            kept: whether they stand where they belong, from the beginning on.
        """
        for at in range(0, len(pieces), _MOST_PIECES):
            part = pieces[at : at + _MOST_PIECES]
            joined = b"".join([size.to_bytes(4, "big") + digest[:16] for size, digest in part])
            self._output.append(encode(Pieces(number, int(kept), joined)))

    def answer(self, answers: bytes) -> None:
        """Say what is needed of the next entries: `NO`, `WHOLE` or `PIECES` for each."""
        first = self._answered
        for number, answer in enumerate(answers, first):
            if answer:
                self._files[number] = _File(self._unsettled[number], pieces=answer == PIECES)
        self._answered += len(answers)
        self._output.append(encode(Wants(first, answers)))

    def settle(self, number: int, outcome: Outcome, why: str = "") -> None:
        """Say what became of an entry, once; for a file that is done, when it is synced."""
        entry = self._unsettled.pop(number)
        self._files.pop(number, None)
        if outcome == Outcome.FAILED and entry.kind == Kind.DIRECTORY:
            self._refused.add(number)
        self._results.append(Result(number, int(outcome), why))
        if len(self._results) >= _MANY_RESULTS:
            self._output.append(encode(Results(self._results)))
            self._results = []

    def give_up(self, number: int) -> None:
        """Write nothing more of a file: what still comes of it is passed over."""
        self._files.pop(number, None)

    # -- in --------------------------------------------------------------------------------------

    def receive(self, arrived: Arrived, digests: Sequence[bytes] = ()) -> list[ReceiverEvent]:
        """Take a message of the sender.

        Args:
            arrived: the message and its bytes.
            digests: of those, from `digests_of`.

        Raises:
            RemoteProtocolError: a receiver is not told that, or not now.
            BrokenError: the other end gave up.
        """
        message = arrived.message
        if type(message) is Chunk:
            return self._take_chunk(message, arrived.body, digests[0])
        if type(message) is Bundle:
            return self._take_bundle(message, arrived.body, digests)
        if type(message) is EntryList:
            return self._take_list(message, arrived.payload)
        take = self._others.get(type(message))
        if take is None:
            raise unexpected(message, "the sender")
        events: list[ReceiverEvent] = take(message)
        return events

    def _take_offer(self, message: Offer) -> list[ReceiverEvent]:
        return [Offered(message)]

    def _take_failure(self, message: FileFailed) -> list[ReceiverEvent]:
        self._check_wanted(message.number)
        known = self._files.pop(message.number, None)
        return [Lost(message.number, message.why)] if known else []

    def _take_manifest_end(self, message: EntriesEnd) -> list[ReceiverEvent]:
        if message.count != self.listed or self._all_listed:
            raise RemoteProtocolError("the manifest has not as many entries as it should.")
        self._all_listed = True
        return [ManifestEnd(message.count, message.size)]

    def _take_sending_end(self, _: End) -> list[ReceiverEvent]:
        if not self._all_listed or self._answered < self.listed:
            raise RemoteProtocolError("the sender ends before its manifest does.")
        if any(not file.end for file in self._files.values()):
            raise RemoteProtocolError("the sender ends before all that was wanted has come.")
        self._ended = True
        return []

    def _take_list(self, message: EntryList, payload: bytes) -> list[ReceiverEvent]:
        if self._all_listed:
            raise RemoteProtocolError("the manifest goes on after its end.")
        self._transcript.entries(payload)
        first = self.listed
        for number, entry in enumerate(message.entries, first):
            self._check_entry(number, entry)
            self._unsettled[number] = entry
        self.listed += len(message.entries)
        return [Listed(first, message.entries)]

    def _check_entry(self, number: int, entry: Entry) -> None:
        parent = entry.parent
        if parent not in self._directories:
            # in the same list: `check` has not been called for it yet
            known = self._unsettled.get(parent)
            if known is None or known.kind != Kind.DIRECTORY:
                raise RemoteProtocolError(f"entry {number} stands in no directory.")
        if entry.size < 0 or entry.mtime.bit_length() > 63 or not 0 <= entry.mode <= 0o7777:
            raise RemoteProtocolError(f"entry {number} has a size, time or mode that cannot be.")
        if entry.kind == Kind.HARD_LINK and entry.size >= number:
            raise RemoteProtocolError(f"entry {number} is a link to what was not told of.")

    def _take_chunk(self, message: Chunk, body: memoryview, digest: bytes) -> list[ReceiverEvent]:
        number, offset, size = message.number, message.offset, message.size
        file = self._file(number)
        if file is None:
            return []
        again = file.wrong.pop(offset, None)
        if again is None:
            self._check_order(file, offset, size)
            file.next += size
            if not file.pieces:
                file.cells += message.digest[:DIGEST].ljust(DIGEST)
        elif again != size:
            raise RemoteProtocolError("another part of a file came than was asked for again.")
        elif not file.pieces:
            at = offset // CELL * DIGEST
            file.cells[at : at + DIGEST] = message.digest[:DIGEST].ljust(DIGEST)
        if digest != message.digest:
            return self._ask_again(number, file, offset, size)
        events: list[ReceiverEvent] = [Data(number, offset, body)]
        if again is not None and file.end is not None:
            events += self._complete(number, file)
        return events

    def _check_order(self, file: _File, offset: int, size: int) -> None:
        if file.end is not None or offset != file.next or size < 1:
            raise RemoteProtocolError("a part of a file came out of its order.")
        if not file.pieces and offset % CELL:
            raise RemoteProtocolError("a part of a file is no whole cell, and not the last one.")

    def _ask_again(self, number: int, file: _File, offset: int, size: int) -> list[ReceiverEvent]:
        file.tries[offset] = tries = file.tries.get(offset, 0) + 1
        if tries > _TRIES:
            del self._files[number]
            return [Lost(number, f"a part of it arrived damaged {tries} times")]
        file.wrong[offset] = size
        self._output.append(encode(Again(number, offset, size)))
        return []

    def _take_bundle(
        self, message: Bundle, body: memoryview, digests: Sequence[bytes]
    ) -> list[ReceiverEvent]:
        self._transcript.files((item.number, item.digest) for item in message.items)
        whole: list[tuple[int, memoryview]] = []
        lost: list[ReceiverEvent] = []
        at = 0
        for item, digest in zip(message.items, digests, strict=True):
            number, size = item.number, item.size
            data = body[at : at + size]
            at += size
            file = self._files.get(number)
            if file is None:
                self._check_wanted(number)
            elif file.next or file.end:
                raise RemoteProtocolError("a file came in a bundle that came otherwise already.")
            elif digest == item.digest:
                del self._files[number]
                whole.append((number, data))
            else:
                lost += self._take_wrong_item(item, file)
        return [*lost, Bundled(whole)] if whole else lost

    def _take_wrong_item(self, item: BundleItem, file: _File) -> list[ReceiverEvent]:
        """Ask for a file of a bundle again; it comes as a chunk, after which it is complete."""
        if not item.size:
            del self._files[item.number]
            return [Lost(item.number, "its digest is wrong")]
        file.next = item.size
        file.pieces = False
        file.cells += item.digest[:DIGEST].ljust(DIGEST)
        file.end = FileEnd(item.number, item.size, item.digest)
        return self._ask_again(item.number, file, 0, item.size)

    def _take_hole(self, message: Hole) -> list[ReceiverEvent]:
        file = self._file(message.number)
        if file is None:
            return []
        self._check_order(file, message.offset, message.size)
        if file.pieces or message.size % CELL:
            raise RemoteProtocolError("a hole that is no whole cells.")
        file.next += message.size
        file.cells += zero_digest(CELL) * (message.size // CELL)
        return [Zeros(message.number, message.offset, message.size)]

    def _take_copy(self, message: Copy) -> list[ReceiverEvent]:
        file = self._file(message.number)
        if file is None:
            return []
        if not file.pieces or file.end or message.offset != file.next or message.count < 1:
            raise RemoteProtocolError("pieces of a file that was wanted whole.")
        return [Copied(message.number, message.offset, message.first, message.count)]

    def advance(self, number: int, offset: int) -> None:
        """Tell where the next part belongs after pieces that were there already."""
        file = self._files.get(number)
        if file is not None:
            file.next = offset

    def _take_end(self, message: FileEnd) -> list[ReceiverEvent]:
        number = message.number
        self._check_wanted(number)
        self._transcript.files([(number, message.digest)])
        file = self._files.get(number)
        if file is None:
            return []
        if file.end is not None or message.size != file.next:
            raise RemoteProtocolError("a file ended twice, or with another size than it has.")
        file.end = message
        return [] if file.wrong else self._complete(number, file)

    def _complete(self, number: int, file: _File) -> list[ReceiverEvent]:
        end = file.end
        if end is None or file.wrong:
            return []
        del self._files[number]
        if file.pieces:
            return [Whole(number, end.size, end.digest)]
        if digest_of_cells(file.cells) != end.digest:
            return [Lost(number, "its digest is wrong: it changed while it was sent")]
        return [Whole(number, end.size, None)]

    def _file(self, number: int) -> _File | None:
        """Return a file that is on its way; None for one that was given up."""
        file = self._files.get(number)
        if file is None:
            self._check_wanted(number)
        return file

    def _check_wanted(self, number: int) -> None:
        if not 0 <= number < self._answered:
            raise RemoteProtocolError(f"the sender sends entry {number}, which was not wanted.")
