"""What a bad network does to what passes, by a seed; no waiting and no I/O of its own."""

from __future__ import annotations

from enum import Enum
from random import Random
from typing import NamedTuple

__all__ = ["Course", "DatagramCourse", "Faults", "Mode", "Piece"]


class Faults(NamedTuple):
    """What goes wrong, and how often.

    A stream shows loss and reordering as what TCP makes of them: bytes that come late, and all
    that follows them with them. So neither loses or swaps a byte of a stream; but where programs
    take one `receive` for one message, or count on an answer within a time, they show it.

    A datagram is a piece of its own: it is never cut, it is lost for good, and one that is late
    does not hold up those behind it. There is no connection that could be thrown away.

    Attributes:
        piece: bytes of the largest piece; data is cut into pieces of 1 to that many.
        delay: seconds; each piece is late by a random part of that.
        loss: the chance, 0 to 1, that a piece is lost and has to be sent again, ...
        resend: ... which takes so many seconds more.
        reorder: the chance that a piece is overtaken: it is late by another delay; a datagram by
            `resend` at least.
        duplicate: the chance that a datagram comes twice.
        reset: the chance that the connection is thrown away at a piece.
        reset_after: bytes, after which it is thrown away for certain.
        half_open_after: bytes, after which the other machine is gone without a word: what is
            sent vanishes, and nothing comes, not even an end.
    """

    piece: int = 1400
    delay: float = 0.0
    loss: float = 0.0
    resend: float = 0.02
    reorder: float = 0.0
    duplicate: float = 0.0
    reset: float = 0.0
    reset_after: int | None = None
    half_open_after: int | None = None


class Mode(Enum):
    """What becomes of what is sent on a link."""

    OPEN = "it arrives"
    PARTITIONED = "it waits until the network is whole again"
    HALF_OPEN = "it vanishes, for ever"
    RESET = "the connection is no more"


class Piece(NamedTuple):
    """A piece of a stream on its way.

    Attributes:
        size: bytes.
        delay: seconds that it is late.
        mode: what the link becomes before the piece passes.
    """

    size: int
    delay: float
    mode: Mode


class Course:
    """How one direction of a stream is cut, delayed and broken.

    What happens depends on the seed and on the place in the stream, not on how often or when it
    is read: so a run is replayed by its seed, whatever the machine does meanwhile.

    >>> def pieces(seed):
    ...     course = Course(Faults(piece=100), seed)
    ...     return [course.take(1000) for _ in range(3)]
    >>> pieces("7") == pieces("7"), pieces("7") == pieces("8")
    (True, False)
    """

    def __init__(self, faults: Faults, seed: str) -> None:
        self._faults = faults
        self._random = Random(seed)  # noqa: S311  no secret
        self._passed = 0  # bytes in all
        self._piece = Piece(0, 0.0, Mode.OPEN)
        self._fresh = False
        self._left = 0  # bytes of the current piece

    def arrive(self) -> tuple[float, Mode]:
        """Return how late the next piece is, once for each piece, and what happens before it."""
        self._cut()
        if not self._fresh:
            return 0.0, Mode.OPEN
        self._fresh = False
        return self._piece.delay, self._piece.mode

    def take(self, available: int) -> int:
        """Return how many of the bytes pass together with the next, and take note of them."""
        self._cut()
        size = min(self._left, available)
        self.passed(size)
        return size

    def room(self) -> int:
        """Return how many bytes are left of the current piece, 1 or more."""
        self._cut()
        return self._left

    def passed(self, size: int) -> None:
        """Take note that so many bytes of the current piece have passed."""
        self._left -= size
        self._passed += size

    def _cut(self) -> None:
        """Make a new piece when the last one has passed."""
        if self._left:
            return
        faults, random = self._faults, self._random.random
        size = int(random() * faults.piece) + 1
        delay = random() * faults.delay
        # Each is drawn in any case, so that one fault more leaves the others where they were.
        delay += faults.resend * (random() < faults.loss)
        delay += random() * faults.delay * (random() < faults.reorder)
        mode = Mode.RESET if random() < faults.reset else Mode.OPEN
        for limit, then in (
            (faults.half_open_after, Mode.HALF_OPEN),
            (faults.reset_after, Mode.RESET),
        ):
            if limit is not None and self._passed >= limit:
                mode = then
            elif limit is not None:
                size = min(size, limit - self._passed)
        self._piece = Piece(size, delay, mode)
        self._left = size
        self._fresh = True


class DatagramCourse:
    """How the datagrams of one direction are lost, doubled and delayed.

    What becomes of a datagram depends on the seed and on how many came before it.

    >>> def copies(seed):
    ...     course = DatagramCourse(Faults(loss=0.4, duplicate=0.4), seed)
    ...     return [len(course.copies(100)) for _ in range(8)]
    >>> copies("7") == copies("7"), set(copies("7")) == {0, 1, 2}
    (True, True)
    """

    def __init__(self, faults: Faults, seed: str) -> None:
        self._faults = faults
        self._random = Random(seed)  # noqa: S311  no secret
        self._passed = 0  # bytes in all

    def copies(self, size: int) -> list[float]:
        """Return how late each copy of the next datagram comes; none if it is lost."""
        faults, random = self._faults, self._random.random
        # Each is drawn in any case, so that one fault more leaves the others where they were.
        lost, doubled = random() < faults.loss, random() < faults.duplicate
        late = [self._late() for _ in range(2)]
        limit = faults.half_open_after
        if lost or (limit is not None and self._passed >= limit):
            return []
        self._passed += size
        return late if doubled else late[:1]

    def _late(self) -> float:
        faults, random = self._faults, self._random.random
        late, more, overtaken = random() * faults.delay, random(), random() < faults.reorder
        return late + max(more * faults.delay, faults.resend) * overtaken
