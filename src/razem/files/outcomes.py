"""What becomes of each entry at its destination: told to the sender, counted, shown."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from razem.files.entries import Entry, Kind, Outcome
from razem.files.tally import Ended, Summary, Tally

if TYPE_CHECKING:
    from razem.files.receiving import Receiver
    from razem.files.tally import Progress

__all__ = ["Outcomes"]

_TOLD_SECONDS: Final = 0.1


class Outcomes:
    """Settles entries.

    Args:
        core: the protocol's state.
        tally: is kept up to date.
        progress: is called with it.

    Attributes:
        entries: those that are not settled yet, and files until nobody links to them.
        summary: of all.
    """

    def __init__(self, core: Receiver, tally: Tally, progress: Progress | None) -> None:
        self.entries: dict[int, Entry] = {}
        self.summary = Summary()
        self.tally = tally
        self._core = core
        self._progress = progress
        self._told_at = 0.0

    def settle(self, number: int, outcome: Outcome, why: str = "") -> None:
        """Say what became of an entry."""
        entry = self.entries[number]
        is_file = entry.kind == Kind.FILE
        self._core.settle(number, outcome, why)
        self.tally.settled += 1
        self.tally.files_done += is_file and outcome == Outcome.DONE
        if not is_file:
            self.entries.pop(number, None)
        if self._progress is None and outcome <= Outcome.SAME:
            # The commonest case by far: nobody wants to know its path.
            self.summary.count(outcome, is_file=is_file)
            return
        ended = Ended(self._core.path(entry), outcome, why, entry.size if is_file else 0)
        self.summary.note(ended, is_file=is_file)
        if self._progress is not None:
            self.tally.path = ended.path
            self._progress(self.tally, ended)

    def fail(self, number: int, error: OSError) -> None:
        """Say that the system refused something."""
        self.settle(number, Outcome.FAILED, (error.strerror or str(error)).lower())

    def tell(self, number: int) -> None:
        """Show which file is on its way, now and then."""
        if self._progress is not None and (now := time.monotonic()) - self._told_at > _TOLD_SECONDS:
            self._told_at = now
            self.tally.path = self._core.path(self.entries[number])
            self._progress(self.tally, None)
