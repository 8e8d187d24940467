"""Both ends of a copy in memory: a sender and a receiver of dictionaries, and the line between."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from razem.errors import Error
from razem.files.digests import CELL, Cells, cell_digest
from razem.files.entries import ROOT, Entry, Kind, Outcome
from razem.files.frames import Arrived, Frames
from razem.files.messages import Message, decode_message, encode
from razem.files.receiving import (
    NO,
    WHOLE,
    Bundled,
    Data,
    Listed,
    Lost,
    Receiver,
    Whole,
    Zeros,
    digests_of,
)
from razem.files.sending import AskedAgain, Completed, Sender, Settled, Wanted, item_of
from razem.sockets.records import encode_record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Wire = list[bytes]
SMALL = 4096


@dataclass
class SendingEnd:
    """Sends files of memory: small ones in bundles, others in cells."""

    files: dict[bytes, bytes]
    batch: int = 3
    core: Sender = field(default_factory=Sender)
    settled: list[Settled] = field(default_factory=list)
    completed: Completed | None = None

    def start(self) -> Wire:
        entries = [
            Entry(Kind.FILE, ROOT, name, 0o644, 7, len(data)) for name, data in self.files.items()
        ]
        wire = []
        for at in range(0, len(entries), self.batch):
            wire.append(encode_record(self.core.offer(entries[at : at + self.batch])))
        wire.append(encode_record(self.core.end_of_entries(sum(map(len, self.files.values())))))
        return [*wire, encode_record(self.core.end())] if self.core.may_end else wire

    def receive(self, message: Message) -> Wire:
        wire: Wire = []
        for event in self.core.receive(message):
            if isinstance(event, Wanted):
                wire += self._send(event)
            elif isinstance(event, AskedAgain):
                data = self.files[event.entry.name][event.offset : event.offset + event.size]
                head = self.core.chunk(event.number, event.offset, len(data), cell_digest(data))
                wire += [encode_record(head), data]
            elif isinstance(event, Settled):
                self.settled.append(event)
            else:
                self.completed = event
        if self.core.may_end:
            wire.append(encode_record(self.core.end()))
        return wire

    def _send(self, wanted: Wanted) -> Wire:
        number, data = wanted.number, self.files[wanted.entry.name]
        if len(data) <= SMALL:
            return [encode_record(self.core.bundle([item_of(number, data)])), data]
        wire: Wire = []
        cells = Cells()
        for at in range(0, len(data), CELL):
            piece = data[at : at + CELL]
            cells.update(piece)
            if len(piece) == CELL and not piece.strip(b"\0"):
                wire.append(encode_record(self.core.hole(number, at, CELL)))
                continue
            head = self.core.chunk(number, at, len(piece), cell_digest(piece))
            wire += [encode_record(head), piece]
        return [*wire, encode_record(self.core.file_end(number, len(data), cells.digest()))]


@dataclass
class ReceivingEnd:
    """Keeps what it receives; a file is in `files` only once it is whole."""

    core: Receiver = field(default_factory=Receiver)
    files: dict[bytes, bytes] = field(default_factory=dict)
    names: dict[int, bytes] = field(default_factory=dict)
    parts: dict[int, bytearray] = field(default_factory=dict)
    lost: dict[bytes, str] = field(default_factory=dict)
    has: frozenset[bytes] = frozenset()

    def receive(self, arrived: Arrived) -> Wire:
        for event in self.core.receive(arrived, digests_of(arrived)):
            if isinstance(event, Listed):
                self._answer(event)
            elif isinstance(event, Bundled):
                for number, data in event.files:
                    self._keep(number, bytes(data))
            elif isinstance(event, Data):
                self._write(event.number, event.offset, bytes(event.data))
            elif isinstance(event, Zeros):
                self._write(event.number, event.offset, bytes(event.size))
            elif isinstance(event, Whole):
                self._keep(event.number, bytes(self.parts.pop(event.number, b"")))
            elif isinstance(event, Lost):
                self.lost[self.names[event.number]] = event.why
                self.core.settle(event.number, Outcome.FAILED, event.why)
        return [encode_record(payload) for payload in self.core.take_output()]

    def _answer(self, listed: Listed) -> None:
        answers = bytearray()
        for number, entry in enumerate(listed.entries, listed.first):
            self.names[number] = entry.name
            fault = self.core.check(number, entry)
            wanted = entry.name not in self.has and not fault
            answers.append(WHOLE if wanted else NO)
            if not wanted:
                self.core.settle(number, Outcome.FAILED if fault else Outcome.SAME, fault)
        self.core.answer(bytes(answers))

    def _write(self, number: int, offset: int, data: bytes) -> None:
        part = self.parts.setdefault(number, bytearray())
        part.extend(bytes(max(offset + len(data) - len(part), 0)))
        part[offset : offset + len(data)] = data

    def _keep(self, number: int, data: bytes) -> None:
        self.files[self.names[number]] = data
        self.core.settle(number, Outcome.DONE)


def pump(
    sending: SendingEnd,
    receiving: ReceivingEnd,
    *,
    step: int = 65536,
    spoil: Callable[[int, bytes], bytes] = lambda _, piece: piece,
    most: int | None = None,
) -> None:
    """Carry everything both ways, in pieces of `step` bytes, until both are quiet.

    Args:
        sending: one end.
        receiving: the other.
        step: bytes of a piece.
        spoil: is handed each thing that the sender sends (a record or a body) with its number from
            0 on, and returns what arrives of it.
        most: how many bytes arrive before the line is cut.
    """
    frames = Frames()
    count = 0
    carried = 0
    wire = sending.start()
    while wire:
        data = b""
        for piece in wire:
            data += spoil(count, piece)
            count += 1
        if most is not None:
            data = data[: max(most - carried, 0)]
        carried += len(data)
        answers = [
            answer for arrived in feed(frames, data, step) for answer in receiving.receive(arrived)
        ]
        wire = [more for answer in answers for more in sending.receive(read(answer))]
    if most is None:
        frames.end()


def feed(frames: Frames, data: bytes, step: int) -> Iterator[Arrived]:
    """Let bytes arrive, at most `step` at a time."""
    at = 0
    while at < len(data):
        room = frames.room()
        piece = data[at : at + min(step, len(room))]
        room[: len(piece)] = piece
        frames.filled(len(piece))
        at += len(piece)
        while (arrived := frames.take()) is not None:
            yield arrived


def read(record: bytes) -> Message:
    """Read a message of a record."""
    return decode_message(record[8:])


def arrived(message: Message, body: bytes = b"") -> Arrived:
    """A message as it arrives."""
    payload = encode(message)
    return Arrived(decode_message(payload), payload, memoryview(body))


__all__ = ["CELL", "Error", "ReceivingEnd", "SendingEnd", "arrived", "feed", "pump", "read"]
