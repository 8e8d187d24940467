"""A state from a log: the last checkpoint, and the entries after it applied again. No I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

from razem.talk.filing import filing_of
from razem.talk.state import State

if TYPE_CHECKING:
    from razem.talk.log import Log

__all__ = ["recover_state"]


def recover_state(log: Log) -> State:
    """Return the state that the log leads to.

    What belongs to a history, or turns out not to, is filed again: the process that appended it
    may have ended before it could.

    Raises:
        SnapshotError: the checkpoint cannot be read.
    """
    snapshot, entries = log.recover()
    state = State() if snapshot is None else State.restore(snapshot)
    filings = []
    for entry in entries:
        filing = filing_of(state, entry, state.apply(entry))
        if filing is not None:
            filings.append(filing)
    if filings:
        log.file(filings)
    return state
