"""One direction of a TCP connection, as somebody sees it who only listens (RFC 9293 3.4).

Sequence numbers have 32 bits and wrap. Places in the stream do not: the first byte that was seen
is 0. A segment's place is the number nearest to what is expected next, modulo 2**32, so that
neither wrapping nor retransmission is a case of its own.

Bytes are given out once, in order. What comes too early waits for what is missing, within a
bound. What is missing is told as a gap when it will not come any more: when the receiver has
acknowledged what stands behind it (so it got there, and only we did not see it), when the bound is
reached, or at the end.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import Final, NamedTuple

__all__ = ["MAX_EARLY", "HalfStream", "Taken"]

MAX_EARLY: Final = 1024 * 1024  # bytes of one direction that wait for others
_COST: Final = 100  # bytes that Python needs for each piece besides its data
_CIRCLE: Final = 1 << 32


class Taken(NamedTuple):
    """What came of one step: bytes in order, or a gap, or bytes that were there before."""

    kind: str  # "data", "gap", "repeated", "differs", "end"
    offset: int  # of the first byte in the stream
    size: int
    data: bytes = b""


class HalfStream:
    """The bytes that one end sent.

    Attributes:
        offset: the place of the next byte that is given out.
        early: how many bytes wait for others before them.
        ended: all was given out, and the sender had said that it was all.
    """

    def __init__(self, sequence: int, *, max_early: int = MAX_EARLY) -> None:
        self._first = sequence
        self._max_early = max_early
        self._starts: list[int] = []  # sorted, and beside them:
        self._pieces: list[bytes] = []
        self._end: int | None = None
        self.offset = 0
        self.early = 0
        self.ended = False

    def place(self, sequence: int) -> int:
        """Return the place of a sequence number in the stream: the nearest to what is next."""
        ahead = (sequence - self._first - self.offset) % _CIRCLE
        return self.offset + (ahead if ahead < _CIRCLE // 2 else ahead - _CIRCLE)

    def receive(self, sequence: int, data: bytes, *, last: bool = False) -> list[Taken]:
        """Take a segment's bytes; `last` says that the stream ends behind them (FIN)."""
        start = self.place(sequence)
        end = start + len(data)
        taken: list[Taken] = []
        if last and self._end is None and end >= self.offset:
            self._end = end
        if self._end is not None and end > self._end:  # nothing stands behind the end
            data, end = data[: max(self._end - start, 0)], max(self._end, start)
        if data and start < self.offset:
            known = min(self.offset, end) - start
            taken.append(Taken("repeated", start, known))
            start, data = start + known, data[known:]
        if data and start == self.offset and not self._starts:  # the commonest by far
            self.offset += len(data)
            taken.append(Taken("data", start, len(data), data))
        elif data:
            taken += self._keep(start, data)
            taken += self._give_out()
            while self.early + _COST * len(self._starts) > self._max_early:
                taken += self._skip()
        return taken + self._at_end()

    def acknowledged(self, number: int) -> list[Taken]:
        """Take what the other end has acknowledged: what it has, will not come again."""
        taken: list[Taken] = []
        while self._starts and self._starts[0] < self.place(number):
            taken += self._skip()
        return taken + self._at_end()

    def flush(self) -> list[Taken]:
        """Give out all that is there: nothing more will come."""
        taken: list[Taken] = []
        while self._starts:
            taken += self._skip()
        return taken + self._at_end()

    def _at_end(self) -> list[Taken]:
        if self.ended or self._end is None or self.offset < self._end:
            return []
        self.ended = True
        return [Taken("end", self.offset, 0)]

    def _skip(self) -> list[Taken]:
        """Tell the gap before the first piece that waits, and give out what stands behind it."""
        gap = Taken("gap", self.offset, self._starts[0] - self.offset)
        self.offset = self._starts[0]
        return [gap, *self._give_out()]

    def _give_out(self) -> list[Taken]:
        count, offset = 0, self.offset
        while count < len(self._starts) and self._starts[count] == offset:
            offset += len(self._pieces[count])
            count += 1
        if not count:
            return []
        data = b"".join(self._pieces[:count])
        del self._starts[:count], self._pieces[:count]
        self.early -= len(data)
        taken = Taken("data", self.offset, len(data), data)
        self.offset = offset
        return [taken]

    def _keep(self, start: int, data: bytes) -> list[Taken]:
        """Put bytes among those that wait; where there were some before, those stay."""
        taken: list[Taken] = []
        index = bisect_left(self._starts, start)
        if index and self._starts[index - 1] + len(self._pieces[index - 1]) > start:
            index -= 1
        while data:
            free = self._starts[index] - start if index < len(self._starts) else len(data)
            if free > 0:
                piece = data[:free]
                self._starts.insert(index, start)
                self._pieces.insert(index, piece)
                self.early += len(piece)
                start, data, index = start + len(piece), data[len(piece) :], index + 1
                continue
            before = self._pieces[index][-free:]
            known = data[: len(before)]
            taken.append(Taken("repeated", start, len(known)))
            if known != before[: len(known)]:
                taken.append(Taken("differs", start, len(known), known))
            start, data, index = start + len(known), data[len(known) :], index + 1
        return taken
