"""What can go wrong for the caller of a chat client."""

from __future__ import annotations

from razem.errors import Error, TimedOutError

__all__ = ["MessageRefusedError", "NotAcknowledgedError", "RegistrationError"]


class RegistrationError(Error):
    """The server does not let us in: the password, the nick, or we ourselves are not welcome."""


class MessageRefusedError(Error):
    """The server will not deliver the message; `reason` is why, in its words."""

    def __init__(self, target: str, reason: str) -> None:
        super().__init__(f"{target} does not get the message: {reason.rstrip('.')}.")
        self.target = target
        self.reason = reason


class NotAcknowledgedError(TimedOutError):
    """The server did not acknowledge the message in time.

    It is kept and sent again until it is acknowledged or the client is closed, so it may still
    get there: saying it anew would say it twice.
    """
