"""What has arrived on a stream and was not taken yet; no I/O."""

from __future__ import annotations

from collections import deque
from typing import Final

from razem.errors import LimitError, LocalProtocolError, TruncatedError

__all__ = ["ReceiveBuffer"]

_SMALL: Final = 1024  # bytes; shorter pieces that wait are put together


class ReceiveBuffer:
    """Bytes in, at the one end; pieces, exact lengths and lines out, at the other.

    However the bytes were cut when they came, what is taken out is the same. Every method that
    takes returns None while more must arrive first, and takes nothing then; so a wait between two
    calls may be broken off at any time and no byte is lost. Each byte is copied a bounded number
    of times, and searched once a separator.

    Attributes:
        size: how many bytes are there.
        ended: whether nothing more will arrive.

    >>> buffer = ReceiveBuffer()
    >>> buffer.feed(b"one two")
    >>> buffer.until(b" ", limit=80), buffer.until(b" ", limit=80), buffer.receive(80)
    (b'one ', None, b'two')
    >>> buffer.end()
    >>> buffer.receive(80)
    b''
    """

    def __init__(self) -> None:
        # Pieces stay as they came, so that handing one on whole copies nothing, and a run of them
        # is copied once. Two things make a bytearray, which grows at one end and shrinks at the
        # other in amortised constant time: a search that goes over the end of the first piece,
        # and small pieces in a row, which would weigh more than their bytes.
        self._head: bytes | bytearray = b""
        self._start = 0  # what comes before it in _head was taken; always 0 in a bytearray
        self._tail: deque[bytes | bytearray] = deque()
        self.size = 0
        self._separator = b""  # the last one searched for in vain ...
        self._searched = 0  # ... and how many bytes from the start it is not in
        self.ended = False
        self._deaf = False

    def __len__(self) -> int:
        return self.size

    @property
    def exhausted(self) -> bool:
        """Whether the stream has ended and everything was taken."""
        return self.ended and not len(self)

    def feed(self, data: bytes) -> None:
        """Add what arrived. An empty piece adds nothing: the end is told by `end`."""
        size = len(data)
        if not self.size:
            if self._deaf:
                return
            self._head = bytes(data)  # the same object, where it is bytes already
            self._start = 0
        elif not size:
            return
        elif size >= _SMALL:
            self._tail.append(bytes(data))
        elif self._tail and isinstance(last := self._tail[-1], bytearray):
            last += data
        else:
            self._tail.append(bytearray(data))
        self.size += size

    def end(self) -> None:
        """Tell that nothing more will arrive. What is there can still be taken."""
        self.ended = True

    def discard(self) -> None:
        """Throw away what is there and what will come: whoever takes gets the end."""
        self._head, self._start = b"", 0
        self._tail.clear()
        self.size = self._searched = 0
        self.ended = self._deaf = True

    def receive(self, max_bytes: int) -> bytes | None:
        """Take 1 to `max_bytes` bytes; ``b""`` at the end.

        Raises:
            LocalProtocolError: `max_bytes` is less than 1.
        """
        size = self.size
        if 0 < size <= max_bytes and not self._tail and not self._start:  # the commonest case
            head = self._head
            self._head = b""
            self.size = self._searched = 0
            return bytes(head)
        if max_bytes < 1:
            raise LocalProtocolError(
                f"cannot receive at most {max_bytes} bytes: ask for 1 or more."
            )
        if not size:
            return b"" if self.ended else None
        count = len(self._head) - self._start
        if count < _SMALL and self._tail:
            count = size
        return self._take(min(count, max_bytes))

    def exactly(self, count: int) -> bytes | None:
        """Take `count` bytes; none for 0.

        Raises:
            TruncatedError: the end came first; what arrived stays.
            LocalProtocolError: `count` is negative.
        """
        if count < 0:
            raise LocalProtocolError(f"cannot receive exactly {count} bytes: ask for 0 or more.")
        size = self.size
        if size >= count:
            return self._take(count) if size else b""
        if self.ended:
            raise TruncatedError(
                f"the stream ended after {size} of {count} bytes.",
                needed=count,
                got=size,
                stage="read",
            )
        return None

    def peek(self, count: int) -> bytes | None:
        """Return the next `count` bytes without taking them; None while there are fewer."""
        if self.size < count:
            return None
        start = self._start
        seen = bytes(self._head[start : start + count])
        for piece in self._tail:  # large ones may follow: they are not put together for this
            if len(seen) >= count:
                break
            seen += piece[: count - len(seen)]
        return seen

    def until(self, separator: bytes, limit: int) -> bytes | None:
        """Take the bytes up to the first `separator` and the separator itself.

        Args:
            separator: one byte or more.
            limit: how many bytes may be taken at the most, the separator counted.

        Raises:
            LimitError: no separator ends within the limit; what arrived stays.
            TruncatedError: the end came first; what arrived stays.
            LocalProtocolError: the separator is empty.
        """
        if not separator:
            raise LocalProtocolError(
                "cannot receive until an empty separator: give a byte or more."
            )
        if separator != self._separator:
            self._separator, self._searched = separator, 0
        found = self._find(separator, limit)
        if found >= 0:
            return self._take(found + len(separator))
        size = self.size
        if size >= limit:
            raise LimitError(
                f"no {separator!r} within {limit} bytes.",
                limit=limit,
                stage="read",
                advice="Set a higher limit, or check that the peer speaks the same protocol.",
            )
        if self.ended:
            raise TruncatedError(
                f"the stream ended after {size} bytes without {separator!r}.",
                got=size,
                stage="read",
            )
        self._searched = max(size - len(separator) + 1, 0)  # its first part may be there already
        return None

    def line(self, limit: int) -> bytes | None:
        """Take a line without its end (LF or CR LF); the last one may lack it.

        None at the end of the stream too: see `exhausted`.

        Raises:
            LimitError: the line and its end have more than `limit` bytes; what arrived stays.
        """
        if self.ended and self.size < limit and self._find(b"\n", limit) < 0:
            return self._take(self.size) if self.size else None
        line = self.until(b"\n", limit)
        if line is None:
            return None
        return line[:-2] if line.endswith(b"\r\n") else line[:-1]

    def _find(self, separator: bytes, limit: int) -> int:
        """Return how many bytes come before the first separator within the limit; -1 for none."""
        searched = self._searched if separator == self._separator else 0
        while True:
            start = self._start
            found = self._head.find(separator, start + searched, start + limit)
            if found >= 0:
                return found - start
            if not self._tail or len(self._head) - start >= limit:
                return -1
            searched = max(len(self._head) - start - len(separator) + 1, searched)
            self._join()

    def _join(self) -> None:
        """Make one of all pieces."""
        if isinstance(self._head, bytes):
            self._head = bytearray(memoryview(self._head)[self._start :])
            self._start = 0
        for piece in self._tail:
            self._head += piece
        self._tail.clear()

    def _take(self, count: int) -> bytes:
        """Remove `count` bytes, which are there, from the start."""
        if self._searched:
            self._searched = max(self._searched - count, 0)
        head, start = self._head, self._start
        end = start + count
        if end < len(head):
            self.size -= count
            if isinstance(head, bytes):
                self._start = end
                return head[start:end]
            taken = bytes(memoryview(head)[:count])
            del head[:count]
            return taken
        if end > len(head):
            return self._take_several(count)
        self.size -= count
        self._head, self._start = self._tail.popleft() if self._tail else b"", 0
        return bytes(head if start == 0 else head[start:])

    def _take_several(self, count: int) -> bytes:
        """Do it where more than the first piece is needed: the only copy of those bytes."""
        pieces = [memoryview(self._head)[self._start :]]
        missing = count - len(pieces[0])
        rest: bytes | bytearray = b""
        while missing:
            rest = self._tail.popleft()
            pieces.append(memoryview(rest)[:missing])
            missing -= len(pieces[-1])
        taken = b"".join(pieces)
        used = len(pieces.pop())  # and with the view a bytearray may change its size again
        if used == len(rest):
            rest, used = self._tail.popleft() if self._tail else b"", 0
        elif isinstance(rest, bytearray):
            del rest[:used]
            used = 0
        self._head, self._start = rest, used
        self.size -= count
        return taken
