"""A pipe as one end of a copy: what is read from it, or written to it, is a single file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from razem.files.entries import ROOT, UNKNOWN, Entry, Kind, Outcome
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
)
from razem.files.tally import Ended, Summary, Tally

if TYPE_CHECKING:
    from collections.abc import Iterator

    from razem.files.messages import Offer
    from razem.files.receiving import ReceiverEvent
    from razem.files.tally import Progress

__all__ = ["PipeSource", "PipeWriter"]

_ZEROS = bytes(65536)


class PipeSource:
    """What comes out of a descriptor, as the only file of a copy.

    Args:
        descriptor: to be read once; it stays open.
        name: how the file is called at the other end.
    """

    def __init__(self, descriptor: int, name: bytes = b"stdin") -> None:
        self.notes: list[tuple[bytes, str]] = []
        self.size = 0
        self._descriptor = descriptor
        self._name = name

    def entries(self) -> Iterator[Entry]:
        """Yield the one."""
        yield Entry(Kind.FILE, ROOT, self._name, flags=UNKNOWN)

    def open(self, number: int, entry: Entry) -> int:  # noqa: ARG002  the protocol's signature
        """Return a descriptor of it."""
        return os.dup(self._descriptor)


class PipeWriter:
    """Writes the only file of a copy to a descriptor, in its order.

    What is written is verified piece by piece; that the whole is right shows at the end only.

    Args:
        core: the protocol's state.
        descriptor: to be written to; it stays open.
        tally: is kept up to date.
        progress: is called with it.
    """

    def __init__(
        self, core: Receiver, descriptor: int, tally: Tally, progress: Progress | None = None
    ) -> None:
        self.summary = Summary()
        self._core = core
        self._descriptor = descriptor
        self._tally = tally
        self._progress = progress
        self._chosen = -1
        self._name = b""
        self._position = 0
        self._later: dict[int, bytes] = {}  # pieces that came before one that was damaged

    def begin(self, offer: Offer) -> None:
        """Nothing is to be prepared."""

    def take(self, event: ReceiverEvent) -> None:
        """Do what an event says."""
        if isinstance(event, Listed):
            self._choose(event)
        elif isinstance(event, Data):
            self._put(event.offset, bytes(event.data))
        elif isinstance(event, Bundled):
            for number, data in event.files:
                self._put(0, bytes(data))
                self._end(number, Outcome.DONE)
        elif isinstance(event, Zeros):
            for at in range(0, event.size, len(_ZEROS)):
                self._put(event.offset + at, _ZEROS[: event.size - at])
        elif isinstance(event, Whole):
            self._end(event.number, Outcome.DONE)
        elif isinstance(event, Lost):
            self._end(event.number, Outcome.FAILED, event.why)

    def commit(self) -> None:
        """Everything is written already."""

    def commit_if_much(self) -> None:
        """Everything is written already."""

    def finish(self) -> None:
        """Nothing is left to be done."""

    def close(self) -> None:
        """Nothing is held."""

    def _choose(self, listed: Listed) -> None:
        """Take the first file; nothing else fits into a pipe."""
        answers = bytearray(len(listed.entries))
        for index, entry in enumerate(listed.entries):
            number = listed.first + index
            self._tally.entries += 1
            self._core.check(number, entry)
            if entry.kind == Kind.FILE and self._chosen < 0:
                self._chosen, self._name = number, entry.name
                self._tally.size += entry.size
                answers[index] = WHOLE
                continue
            answers[index] = NO
            why = "only one file fits into a pipe"
            self._core.settle(number, Outcome.SKIPPED, why)
            self.summary.note(Ended(self._core.path(entry), Outcome.SKIPPED, why), is_file=False)
        self._core.answer(bytes(answers))

    def _put(self, offset: int, data: bytes) -> None:
        self._later[offset] = data
        while (piece := self._later.pop(self._position, None)) is not None:
            view = memoryview(piece)
            while view:
                view = view[os.write(self._descriptor, view) :]
            self._position += len(piece)
            self._tally.bytes_done += len(piece)
        if self._progress is not None:
            self._tally.path = self._name
            self._progress(self._tally, None)

    def _end(self, number: int, outcome: Outcome, why: str = "") -> None:
        self._core.settle(number, outcome, why)
        ended = Ended(self._name, outcome, why, self._position)
        self._tally.settled += 1
        self._tally.size = max(self._tally.size, self._position)
        self.summary.note(ended, is_file=True)
        if self._progress is not None:
            self._progress(self._tally, ended)
