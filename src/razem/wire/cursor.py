"""Reading fields of varying length one after another, for formats that are more than a header."""

from __future__ import annotations

from razem.wire.problems import FieldError, MissingFieldError, Problem

__all__ = ["Cursor"]


class Cursor:
    """A place in a buffer that moves on with what is read.

    Args:
        buffer: what is read, from the layer's first byte.
        layer: its format, and
        start: its place in the packet, for what errors say.
        place: where to begin.
        end: where the readable part ends; all of it if None.

    Attributes:
        field: what is being read, for what errors say.
    """

    def __init__(
        self, buffer: memoryview, layer: str, start: int, *, place: int = 0, end: int | None = None
    ) -> None:
        self.buffer = buffer
        self.layer = layer
        self.start = start
        self.place = place
        self.end = len(buffer) if end is None else end
        self.field = ""

    @property
    def left(self) -> int:
        """How many bytes can still be read."""
        return self.end - self.place

    def take(self, size: int) -> bytes:
        """Return the next bytes.

        Raises:
            MissingFieldError: there are not so many.
        """
        if size > self.left:
            message = f"needs {size} bytes, and {max(self.left, 0)} are there"
            raise MissingFieldError(self.problem(message), size, max(self.left, 0))
        taken = bytes(self.buffer[self.place : self.place + size])
        self.place += size
        return taken

    def number(self, size: int) -> int:
        """Return the next number of so many bytes, big-endian."""
        return int.from_bytes(self.take(size), "big")

    def prefixed(self, size: int) -> bytes:
        """Return the next bytes, whose number stands before them in `size` bytes."""
        return self.take(self.number(size))

    def rest(self) -> bytes:
        """Return all that can still be read."""
        return self.take(max(self.left, 0))

    def within(self, size: int) -> Cursor:
        """Return a cursor for the next bytes, and go on behind them.

        Raises:
            MissingFieldError: there are not so many.
        """
        place = self.place
        self.take(size)
        inner = Cursor(self.buffer, self.layer, self.start, place=place, end=place + size)
        inner.field = self.field
        return inner

    def problem(self, message: str) -> Problem:
        """Return a problem at this place."""
        return Problem(self.layer, self.field, self.start + self.place, message)

    def error(self, message: str) -> FieldError:
        """Return an error at this place."""
        return FieldError(self.problem(message))
