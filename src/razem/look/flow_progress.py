"""How far the two directions of TCP flows have come: retransmissions, and the handshake's times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from razem.look.decoding import Columns

__all__ = ["Progress"]

SYN: Final = 2
ACK: Final = 16
_TCP: Final = 6
_CIRCLE: Final = 1 << 32
_NEVER: Final = np.iinfo(np.int64).max
# far more than sequence numbers of one direction in a block can differ: keeps directions apart
_APART: Final = 1 << 34


class Progress:
    """What is remembered of each flow between blocks.

    A segment is a retransmission when it carries bytes, and all of them stand before the furthest
    place that its direction had reached. Places are counted from the direction's first number, so
    that it does not matter that numbers wrap at 2**32.
    """

    def __init__(self) -> None:
        self._furthest = np.zeros(
            2048, dtype=np.int64
        )  # sequence numbers; two a flow; -1: none yet
        self._furthest[:] = -1
        self._syn = np.full(1024, _NEVER, dtype=np.int64)  # times
        self._answer = np.full(1024, _NEVER, dtype=np.int64)
        self._acknowledged = np.full(1024, _NEVER, dtype=np.int64)

    def make_room(self, flows: int) -> None:
        """Be ready for so many flows."""
        if flows <= len(self._syn):
            return
        self._furthest = np.concatenate([self._furthest, np.full_like(self._furthest, -1)])
        self._syn, self._answer, self._acknowledged = (
            np.concatenate([each, np.full_like(each, _NEVER)])
            for each in (self._syn, self._answer, self._acknowledged)
        )

    def round_trips(self, flows: int) -> NDArray[np.int64]:
        """Return from SYN to the last message of the handshake, in nanoseconds; -1 if not seen."""
        begun, done = self._syn[:flows], self._acknowledged[:flows]
        seen = (begun != _NEVER) & (done != _NEVER)
        return np.where(seen, np.where(seen, done, 0) - np.where(seen, begun, 0), -1)

    def follow(
        self, ids: NDArray[np.int64], there: NDArray[np.bool_], columns: Columns
    ) -> NDArray[np.bool_]:
        """Take packets, in the order of their times; return which are retransmissions."""
        again = np.zeros(len(ids), dtype=np.bool_)
        rows = np.flatnonzero((columns["transport"] == _TCP) & (columns["source_port"] > 0))
        if not len(rows):
            return again
        flags, time = columns["flags"][rows], columns["time"][rows]
        self._handshakes(ids[rows], there[rows], flags, time)
        ways = ids[rows] * 2 + ~there[rows]
        order = np.argsort(ways, kind="stable")
        length = columns["payload_length"][rows].astype(np.int64)
        sequence = columns["sequence"][rows].astype(np.int64)
        begin = (flags & SYN > 0).astype(np.int64)
        again[rows[order]] = self._repeated(
            ways[order], sequence[order], length[order], begin[order]
        )
        return again

    def _repeated(
        self,
        ways: NDArray[np.int64],
        sequence: NDArray[np.int64],
        length: NDArray[np.int64],
        begin: NDArray[np.int64],
    ) -> NDArray[np.bool_]:
        """Tell which segments are repeated: all are sorted by direction, and then by time."""
        fresh = np.append(True, ways[1:] != ways[:-1])
        groups = np.cumsum(fresh) - 1
        starts = np.flatnonzero(fresh)
        known = self._furthest[ways[starts]]
        base = np.where(known >= 0, known, sequence[starts])[groups]
        # places relative to the direction's base, as the nearest modulo 2**32
        place = (sequence - base + _CIRCLE // 2) % _CIRCLE - _CIRCLE // 2
        end = place + length + begin
        reached = np.maximum.accumulate(end + groups * _APART) - groups * _APART
        before = np.where(
            fresh, np.where(known >= 0, 0, place[starts])[groups], np.roll(reached, 1)
        )
        # what went before counts too, where the direction is known from before
        before = np.where(known[groups] >= 0, np.maximum(before, 0), before)
        lasts = np.append(starts[1:], len(ways)) - 1
        furthest = np.where(known >= 0, np.maximum(reached[lasts], 0), reached[lasts])
        self._furthest[ways[starts]] = (base[lasts] + furthest) % _CIRCLE
        repeated: NDArray[np.bool_] = (length > 0) & (end <= before)
        return repeated

    def _handshakes(
        self,
        ids: NDArray[np.int64],
        there: NDArray[np.bool_],
        flags: NDArray[np.uint16],
        time: NDArray[np.int64],
    ) -> None:
        kinds = flags & (SYN | ACK)
        asked = there & (kinds == SYN)
        answered = ~there & (kinds == SYN | ACK)
        np.minimum.at(self._answer, ids[answered], time[answered])
        # of several SYN, the last before the answer was answered, as far as can be told
        early = asked & (time <= self._answer[ids])
        self._syn[ids[early]] = time[early]
        done = there & (kinds == ACK) & (time >= self._answer[ids])
        np.minimum.at(self._acknowledged, ids[done], time[done])
