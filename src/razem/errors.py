"""Everything Razem raises on purpose: what happened, where, why, and what to do next.

An error is data. The class tells whose move it is: our caller's (`AddressError`,
`LocalProtocolError`), the peer's (`RemoteProtocolError`), the network's (`RefusedError`). Where
Python has a built-in for the same thing, the class is that built-in as well. The error of the
system, where there was one, is the ``__cause__``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "AddressError",
    "Attempt",
    "BrokenError",
    "ClosedError",
    "CodeError",
    "ConfigError",
    "CorruptError",
    "Error",
    "ExhaustedError",
    "IdleError",
    "InUseError",
    "LimitError",
    "LocalProtocolError",
    "OptionError",
    "PermissionDeniedError",
    "ProtocolError",
    "RefusedError",
    "RemoteProtocolError",
    "ResetError",
    "ResolveError",
    "TimedOutError",
    "TlsError",
    "TruncatedError",
    "UnavailableError",
    "UnreachableError",
]


class Attempt(NamedTuple):
    """One numeric address that was tried, and how it ended.

    Attributes:
        address: as text, such as ``[::1]:9090``.
        errno: the system's number of the error, None where it gave none (a time-out of ours).
        reason: the same in words.
        seconds: from the start of this attempt to its end.
    """

    address: str
    errno: int | None
    reason: str
    seconds: float


class Error(Exception):
    """What all errors of Razem are.

    ``str(error)`` is the sentence that says what happened, and then the advice.

    Attributes:
        message: the sentence without the advice.
        address: the address it was about, or None.
        stage: what was being done: "address", "resolve", "connect", "listen", "accept", "tls",
            "read" or "write"; "" where no such word fits.
        attempts: every numeric address that was tried, in order.
        local: our own address, where it was known.
        advice: what to do next, or "".
    """

    def __init__(  # noqa: PLR0913  each is a fact by name, none is required
        self,
        message: str = "",
        *,
        address: Any = None,  # an Address, or the text that is none
        stage: str = "",
        attempts: Sequence[Attempt] = (),
        local: Any = None,
        advice: str = "",
    ) -> None:
        super().__init__(message)
        self.message = message
        self.address = address
        self.stage = stage
        self.attempts = tuple(attempts)
        self.local = local
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.message} {self.advice}" if self.advice else self.message

    def facts(self) -> dict[str, object]:
        """Return all that is known, as plain values for JSON: the attributes, and ``errno``.

        >>> error = RefusedError("nothing listens.", address="tcp://:1", stage="connect")
        >>> {name: value for name, value in error.facts().items() if value}
        {'error': 'RefusedError', 'message': 'nothing listens.', 'address': 'tcp://:1', \
'stage': 'connect'}
        """
        facts: dict[str, object] = {"error": type(self).__name__}
        for name, value in vars(self).items():
            if name == "attempts":
                facts[name] = [attempt._asdict() for attempt in self.attempts]
            elif value is None or isinstance(value, int | float):
                facts[name] = value
            elif not name.startswith("_"):
                facts[name] = str(value)
        if isinstance(self, OSError):
            facts["errno"] = self.errno
        return facts


class AddressError(Error, ValueError):
    """The text is no address, or not one that can do what was asked of it.

    Attributes:
        column: where the wrong place is, the first character being 1; None where the whole
            address is meant.
    """

    def __init__(self, message: str = "", *, column: int | None = None, **facts: Any) -> None:
        super().__init__(message, **{"stage": "address", **facts})
        self.column = column


class ResolveError(Error, OSError):
    """The name has no address, or nobody could be asked."""


class RefusedError(Error, ConnectionRefusedError):
    """The machine answered, but nothing accepts connections at the address."""


class UnreachableError(Error, OSError):
    """No way leads to the address: no route, the network is down, or a router said so."""


class TimedOutError(Error, TimeoutError):
    """It did not happen in time. What had arrived by then is kept: calling again is safe.

    Attributes:
        sent: how many bytes of a file had gone out, where one was being sent.
    """

    sent: int = 0


class IdleError(TimedOutError):
    """Nothing passed in either direction for as long as was allowed."""


class InUseError(Error, OSError):
    """Somebody else has the address already."""


class UnavailableError(Error, OSError):
    """This machine does not have what was asked for: an address, a family, an option."""


class OptionError(Error, ValueError):
    """An option of a socket cannot have that value."""


class ExhaustedError(Error, OSError):
    """This machine or process has run out of something: descriptors, ports, memory."""


class PermissionDeniedError(Error, PermissionError):
    """The system does not let this user do it."""


class ClosedError(Error):
    """This side has closed it, before the call or during it."""


class BrokenError(Error, ConnectionError):
    """The connection failed; bytes on their way may be lost. The ``OSError`` is the cause."""


class ResetError(BrokenError, ConnectionResetError):
    """The peer threw the connection away, or its machine forgot it."""


class TruncatedError(Error, EOFError):
    """The end came in the middle of something. What did arrive can still be received.

    Attributes:
        needed: how many bytes were asked for; None where that is unknown.
        got: how many there were.
    """

    def __init__(
        self, message: str = "", *, needed: int | None = None, got: int = 0, **facts: Any
    ) -> None:
        super().__init__(message, **facts)
        self.needed = needed
        self.got = got


class LimitError(Error):
    """Something grew over the limit that the caller had set.

    Attributes:
        limit: that limit, in bytes unless the message says otherwise.
    """

    def __init__(self, message: str = "", *, limit: int | None = None, **facts: Any) -> None:
        super().__init__(message, **facts)
        self.limit = limit


class TlsError(Error, OSError):
    """The peers could not agree on TLS, or its certificate does not prove who it is."""


class CodeError(Error, PermissionError):
    """The code phrase is not that of the other end, is used up, or has expired."""


class ProtocolError(Error):
    """The rules of a protocol were broken."""


class LocalProtocolError(ProtocolError):
    """Our own side asked for something that the protocol does not allow now."""


class RemoteProtocolError(ProtocolError):
    """The peer sent what its protocol does not allow."""


class CorruptError(RemoteProtocolError):
    """What arrived is not what was sent: its checksum is wrong."""


class ConfigError(Error, ValueError):
    """The configuration cannot be read, or says something impossible."""
