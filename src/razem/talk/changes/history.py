"""Changes of what was said, and of what was read of it."""

from __future__ import annotations

import msgspec

from razem.talk.changes.base import Proposed

__all__ = ["MarkRead", "Redact"]


class Redact(Proposed, frozen=True):
    """REDACT of one message (IRCv3 message-redaction).

    The state does not know what was said: what the verdict needs of the message was read from
    the log before, where it is the same for every hub.

    `history` is the target whose line it is, `seq` its place, `said_at` its time, `said_by` the
    session and account of who said it; `seconds`: for how long who said it may remove it.
    """

    source: str
    target: str
    reason: str
    history: str
    seq: int
    message_id: str
    said_at: int
    said_by: tuple[str, str]
    seconds: float
    tags: dict[str, str] = msgspec.field(default_factory=dict)
    account: str = ""
    bot: bool = False


class MarkRead(Proposed, frozen=True):
    """MARKREAD of one channel or user: `time` is that of the last message that was read."""

    target: str
    time: int
