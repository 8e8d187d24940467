"""What is wrong with a packet: which field, of which layer, at which byte."""

from __future__ import annotations

from typing import NamedTuple

from razem.errors import CorruptError, Error, TruncatedError

__all__ = ["FieldError", "MissingFieldError", "Problem"]


class Problem(NamedTuple):
    """One field that is not as its specification wants it, or is not there.

    >>> str(Problem("UDP", "length", 38, "is 4, and the header alone has 8"))
    'UDP length at byte 38: is 4, and the header alone has 8'
    """

    layer: str  # such as "TCP"
    field: str
    offset: int  # bytes from the beginning of the packet
    message: str

    def __str__(self) -> str:
        return f"{self.layer} {self.field} at byte {self.offset}: {self.message}"


class FieldError(CorruptError):
    """A field of a packet cannot be read.

    Attributes:
        problem: which, where and why.
    """

    def __init__(self, problem: Problem) -> None:
        Error.__init__(self, f"{problem}.", stage="read")
        self.problem = problem


class MissingFieldError(FieldError, TruncatedError):
    """The packet ends before the field does.

    Attributes:
        problem: which field, where and why.
        needed: how many bytes the field has.
        got: how many of them are there.
    """

    def __init__(self, problem: Problem, needed: int, got: int) -> None:
        FieldError.__init__(self, problem)
        self.needed = needed
        self.got = got
