"""A state from a log: the last checkpoint, and the entries after it applied again. No I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

from razem.talk.events import Spoken
from razem.talk.log import history_target
from razem.talk.state import State

if TYPE_CHECKING:
    from razem.talk.log import Log

__all__ = ["recover_state"]


def recover_state(log: Log) -> State:
    """Return the state that the log leads to.

    Lines that turn out not to have come to pass are retracted: the process that appended them
    may have ended before it could.

    Raises:
        SnapshotError: the checkpoint cannot be read.
    """
    snapshot, entries = log.recover()
    state = State() if snapshot is None else State.restore(snapshot)
    retracted = []
    for entry in entries:
        events = state.apply(entry)
        spoken = len(events) == 1 and type(events[0]) is Spoken
        if not spoken and history_target(entry.change) is not None:
            retracted.append(entry.seq)
    if retracted:
        log.retract(retracted)
    return state
