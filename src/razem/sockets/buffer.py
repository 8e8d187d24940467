"""What has arrived on a stream and was not taken yet; no I/O."""

from __future__ import annotations

from razem.errors import LimitError, LocalProtocolError, TruncatedError

__all__ = ["ReceiveBuffer"]


class ReceiveBuffer:
    """Bytes in, at the one end; pieces, exact lengths and lines out, at the other.

    However the bytes were cut when they came, what is taken out is the same. Every method that
    takes returns None while more must arrive first, and takes nothing then; so a wait between two
    calls may be broken off at any time and no byte is lost. Each byte is copied a bounded number
    of times, and searched once a separator.

    >>> buffer = ReceiveBuffer()
    >>> buffer.feed(b"one two")
    >>> buffer.until(b" ", limit=80), buffer.until(b" ", limit=80), buffer.receive(80)
    (b'one ', None, b'two')
    >>> buffer.end()
    >>> buffer.receive(80)
    b''
    """

    def __init__(self) -> None:
        # A lone piece is kept as the object it came as, so that handing it on whole copies
        # nothing. Only when pieces must be joined does it become a bytearray, which grows at one
        # end and shrinks at the other in amortised constant time.
        self._data: bytes | bytearray = b""
        self._start = 0  # what comes before it in _data was taken; always 0 in a bytearray
        self._separator = b""  # the last one searched for in vain ...
        self._searched = 0  # ... and how many bytes from the start it is not in
        self.ended = False

    def __len__(self) -> int:
        return len(self._data) - self._start

    @property
    def exhausted(self) -> bool:
        """Whether the stream has ended and everything was taken."""
        return self.ended and not len(self)

    def feed(self, data: bytes) -> None:
        """Add what arrived. An empty piece adds nothing: the end is told by `end`."""
        if not data:
            return
        if self._start == len(self._data):
            self._data = bytes(data)  # the same object, where it is bytes already
            self._start = 0
            return
        if isinstance(self._data, bytes):
            self._data = bytearray(memoryview(self._data)[self._start :])
            self._start = 0
        self._data += data

    def end(self) -> None:
        """Tell that nothing more will arrive. What is there can still be taken."""
        self.ended = True

    def receive(self, max_bytes: int) -> bytes | None:
        """Take 1 to `max_bytes` bytes; ``b""`` at the end.

        Raises:
            LocalProtocolError: `max_bytes` is less than 1.
        """
        if max_bytes < 1:
            raise LocalProtocolError(
                f"cannot receive at most {max_bytes} bytes: ask for 1 or more."
            )
        size = len(self._data) - self._start
        if size:
            return self._take(min(size, max_bytes))
        return b"" if self.ended else None

    def exactly(self, count: int) -> bytes | None:
        """Take `count` bytes; none for 0.

        Raises:
            TruncatedError: the end came first; what arrived stays.
            LocalProtocolError: `count` is negative.
        """
        if count < 0:
            raise LocalProtocolError(f"cannot receive exactly {count} bytes: ask for 0 or more.")
        size = len(self)
        if size >= count:
            return self._take(count)
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
        if len(self) < count:
            return None
        return bytes(self._data[self._start : self._start + count])

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
        start = self._start
        found = self._data.find(separator, start + self._searched, start + limit)
        if found >= 0:
            return self._take(found - start + len(separator))
        size = len(self)
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
        if self.ended and len(self) < limit and self._data.find(b"\n", self._start) < 0:
            return self._take(len(self)) if len(self) else None
        line = self.until(b"\n", limit)
        if line is None:
            return None
        return line[:-2] if line.endswith(b"\r\n") else line[:-1]

    def _take(self, count: int) -> bytes:
        """Remove `count` bytes, which are there, from the start."""
        self._searched = max(self._searched - count, 0)
        data, start = self._data, self._start
        end = start + count
        if end == len(data):
            self._data, self._start = b"", 0
            return bytes(data) if start == 0 else bytes(data[start:])
        taken = bytes(data[start:end])
        if isinstance(data, bytearray):
            del data[:count]
        else:
            self._start = end
        return taken
