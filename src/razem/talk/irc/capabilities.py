"""The IRCv3 capabilities that the hub offers, as bits of one number."""

from __future__ import annotations

from typing import Final

__all__ = [
    "BATCH",
    "CAPABILITIES",
    "CHATHISTORY",
    "ECHO_MESSAGE",
    "LABELED_RESPONSE",
    "LINE_CAPABILITIES",
    "MESSAGE_TAGS",
    "SERVER_TIME",
    "STANDARD_REPLIES",
    "names",
]

SERVER_TIME: Final = 1
MESSAGE_TAGS: Final = 2
ECHO_MESSAGE: Final = 4
BATCH: Final = 8
LABELED_RESPONSE: Final = 16
CHATHISTORY: Final = 32
STANDARD_REPLIES: Final = 64

# Those that change the bytes of a line that many receive: sessions that agree in these bits
# share the same bytes.
LINE_CAPABILITIES: Final = SERVER_TIME | MESSAGE_TAGS

CAPABILITIES: Final[dict[str, int]] = {
    "batch": BATCH,
    "draft/chathistory": CHATHISTORY,
    "echo-message": ECHO_MESSAGE,
    "labeled-response": LABELED_RESPONSE,
    "message-tags": MESSAGE_TAGS,
    "server-time": SERVER_TIME,
    "standard-replies": STANDARD_REPLIES,
}


def names(bits: int) -> str:
    """Return the names of the capabilities in `bits`, with spaces between."""
    return " ".join(name for name, bit in CAPABILITIES.items() if bits & bit)
