"""What the hub asks of whoever drives it, because it would take I/O, a clock or long: each once."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from razem.talk.changes import Secret
    from razem.talk.history import Kept, Question

__all__ = ["CheckPassword", "DrawNonce", "MakeSecret", "ReadClock", "ReadLog", "Reload", "Request"]


class ReadLog(NamedTuple):
    """A question about history: ask the log, and call `answer` with what it says.

    `answer` takes the lines in ascending order (None: they could not be read) and the time.
    """

    question: Question
    answer: Callable[[Sequence[Kept] | None, float], None]


class CheckPassword(NamedTuple):
    """Whether `given` is the password that `stored` says: an argon2id hash, or the password.

    A hash takes long to check, so it is done beside the loop.
    """

    stored: str
    given: str
    answer: Callable[[bool, float], None]


class MakeSecret(NamedTuple):
    """By what a new password is to be known; None: it cannot be one (RFC 4013). It takes long."""

    password: str
    answer: Callable[[Secret | None, float], None]


class DrawNonce(NamedTuple):
    """A text that was never used before and that nobody can guess: printable, without commas."""

    answer: Callable[[str, float], None]


class ReadClock(NamedTuple):
    """What time it is: `answer` takes milliseconds since 1970, and the time of the hub."""

    answer: Callable[[int, float], None]


class Reload(NamedTuple):
    """Read the configuration again; `answer` takes what was wrong ("": nothing) and the time."""

    answer: Callable[[str, float], None]


Request = ReadLog | CheckPassword | MakeSecret | DrawNonce | ReadClock | Reload
