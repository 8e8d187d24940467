"""What a command's exit code says: one table for every command."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from razem import errors

__all__ = ["MEANINGS", "Exit", "exit_code", "summary"]


class Exit(IntEnum):
    """Why a command ended. `MEANINGS` says it in words."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    NOT_RESOLVED = 3
    REFUSED = 4
    TIMED_OUT = 5
    BROKEN = 6
    TLS = 7
    PERMISSION = 8
    IDLE = 9
    INTERRUPTED = 130  # 128 + SIGINT, as shells count
    NO_READER = 141  # 128 + SIGPIPE, as shells count


MEANINGS: Final = {
    Exit.DONE: "done",
    Exit.FAILED: "failed for a reason without a code of its own",
    Exit.USAGE: "wrong command line, address or configuration",
    Exit.NOT_RESOLVED: "name not resolved",
    Exit.REFUSED: "refused",
    Exit.TIMED_OUT: "timed out",
    Exit.BROKEN: "reset, or ended in the middle",
    Exit.TLS: "TLS",
    Exit.PERMISSION: "no permission",
    Exit.IDLE: "idle for too long",
    Exit.INTERRUPTED: "Ctrl-C",
    Exit.NO_READER: "nobody reads the output any more",
}

_CODES: Final = (
    (errors.AddressError, Exit.USAGE),
    (errors.ConfigError, Exit.USAGE),
    (errors.ResolveError, Exit.NOT_RESOLVED),
    (errors.RefusedError, Exit.REFUSED),
    (errors.IdleError, Exit.IDLE),
    (errors.TimedOutError, Exit.TIMED_OUT),
    (errors.BrokenError, Exit.BROKEN),
    (errors.TruncatedError, Exit.BROKEN),
    (errors.TlsError, Exit.TLS),
    (errors.PermissionDeniedError, Exit.PERMISSION),
    (errors.CodeError, Exit.PERMISSION),
)


def exit_code(error: errors.Error) -> Exit:
    """Return the code of the cause."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), Exit.FAILED)


def summary() -> str:
    """Return the table as one sentence, for the help of every command."""
    return "Exit codes: " + ", ".join(f"{code:d} {text}" for code, text in MEANINGS.items()) + "."
