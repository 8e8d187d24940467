"""What a command's exit code says: one table for every command."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from razem import errors

__all__ = ["Exit", "exit_code"]


class Exit(IntEnum):
    """Why a command ended."""

    DONE = 0
    FAILED = 1  # for a reason that has no code of its own
    USAGE = 2  # a wrong command line, address or configuration
    NOT_RESOLVED = 3
    REFUSED = 4
    TIMED_OUT = 5
    BROKEN = 6  # reset, or ended in the middle
    TLS = 7
    PERMISSION = 8
    INTERRUPTED = 130  # Ctrl-C: 128 + SIGINT, as shells count
    NO_READER = 141  # who read our output went away: 128 + SIGPIPE, as shells count


_CODES: Final = (
    (errors.AddressError, Exit.USAGE),
    (errors.ConfigError, Exit.USAGE),
    (errors.ResolveError, Exit.NOT_RESOLVED),
    (errors.RefusedError, Exit.REFUSED),
    (errors.TimedOutError, Exit.TIMED_OUT),
    (errors.BrokenError, Exit.BROKEN),
    (errors.TruncatedError, Exit.BROKEN),
    (errors.TlsError, Exit.TLS),
    (errors.PermissionDeniedError, Exit.PERMISSION),
)


def exit_code(error: errors.Error) -> Exit:
    """Return the code of the cause."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), Exit.FAILED)
