"""The IRCv3 capabilities that the hub offers, as bits of one number.

Which of them a session is offered, and with which value, is said in `commands/capabilities.py`.
"""

from __future__ import annotations

from typing import Final

__all__ = [
    "ACCOUNT_NOTIFY",
    "ACCOUNT_REGISTRATION",
    "ACCOUNT_TAG",
    "AUDIENCE_CAPABILITIES",
    "AWAY_NOTIFY",
    "BATCH",
    "CAPABILITIES",
    "CAP_NOTIFY",
    "CHANNEL_RENAME",
    "CHATHISTORY",
    "CHGHOST",
    "ECHO_MESSAGE",
    "EVENT_PLAYBACK",
    "EXTENDED_ISUPPORT",
    "EXTENDED_JOIN",
    "EXTENDED_MONITOR",
    "INVITE_NOTIFY",
    "LABELED_RESPONSE",
    "LINE_CAPABILITIES",
    "MESSAGE_REDACTION",
    "MESSAGE_TAGS",
    "METADATA",
    "METADATA_NOTIFY",
    "MULTILINE",
    "MULTI_PREFIX",
    "NO_IMPLICIT_NAMES",
    "PERSISTENCE",
    "PRE_AWAY",
    "READ_MARKER",
    "RELAYMSG",
    "SASL",
    "SEARCH",
    "SERVER_TIME",
    "SETNAME",
    "SOJU_SEARCH",
    "STANDARD_REPLIES",
    "UNREAD",
    "USERHOST_IN_NAMES",
    "names",
]

SERVER_TIME: Final = 1 << 0
MESSAGE_TAGS: Final = 1 << 1
ECHO_MESSAGE: Final = 1 << 2
BATCH: Final = 1 << 3
LABELED_RESPONSE: Final = 1 << 4
CHATHISTORY: Final = 1 << 5
STANDARD_REPLIES: Final = 1 << 6
ACCOUNT_NOTIFY: Final = 1 << 7
ACCOUNT_TAG: Final = 1 << 8
AWAY_NOTIFY: Final = 1 << 9
CAP_NOTIFY: Final = 1 << 10
CHGHOST: Final = 1 << 11
EXTENDED_JOIN: Final = 1 << 12
INVITE_NOTIFY: Final = 1 << 13
MULTI_PREFIX: Final = 1 << 14
SETNAME: Final = 1 << 15
USERHOST_IN_NAMES: Final = 1 << 16
NO_IMPLICIT_NAMES: Final = 1 << 17
PRE_AWAY: Final = 1 << 18
EXTENDED_ISUPPORT: Final = 1 << 19
CHANNEL_RENAME: Final = 1 << 20
RELAYMSG: Final = 1 << 21
EVENT_PLAYBACK: Final = 1 << 22
MESSAGE_REDACTION: Final = 1 << 23
READ_MARKER: Final = 1 << 24
SEARCH: Final = 1 << 25
SOJU_SEARCH: Final = 1 << 26
EXTENDED_MONITOR: Final = 1 << 27
MULTILINE: Final = 1 << 28
SASL: Final = 1 << 30
ACCOUNT_REGISTRATION: Final = 1 << 31
PERSISTENCE: Final = 1 << 32
UNREAD: Final = 1 << 33
METADATA: Final = 1 << 34
METADATA_NOTIFY: Final = 1 << 35

# Those that change the bytes of every line that many receive: its tags.
LINE_CAPABILITIES: Final = SERVER_TIME | MESSAGE_TAGS | ACCOUNT_TAG | RELAYMSG

# Those by which the members of a channel are told different things: sessions that agree in these
# bits share the same bytes.
AUDIENCE_CAPABILITIES: Final = (
    LINE_CAPABILITIES
    | ACCOUNT_NOTIFY
    | AWAY_NOTIFY
    | CHGHOST
    | EXTENDED_JOIN
    | INVITE_NOTIFY
    | MESSAGE_REDACTION
    | BATCH
    | MULTILINE
    | SETNAME
)

CAPABILITIES: Final[dict[str, int]] = {
    "account-notify": ACCOUNT_NOTIFY,
    "account-tag": ACCOUNT_TAG,
    "away-notify": AWAY_NOTIFY,
    "batch": BATCH,
    "cap-notify": CAP_NOTIFY,
    "chghost": CHGHOST,
    "draft/channel-rename": CHANNEL_RENAME,
    "draft/account-registration": ACCOUNT_REGISTRATION,
    "draft/chathistory": CHATHISTORY,
    "draft/event-playback": EVENT_PLAYBACK,
    "draft/extended-isupport": EXTENDED_ISUPPORT,
    "draft/message-redaction": MESSAGE_REDACTION,
    "draft/extended-monitor": EXTENDED_MONITOR,
    "draft/multiline": MULTILINE,
    "draft/metadata-2": METADATA,
    "draft/metadata-notify-2": METADATA_NOTIFY,
    "draft/no-implicit-names": NO_IMPLICIT_NAMES,
    "draft/persistence": PERSISTENCE,
    "draft/pre-away": PRE_AWAY,
    "draft/read-marker": READ_MARKER,
    "draft/relaymsg": RELAYMSG,
    "draft/search": SEARCH,
    "echo-message": ECHO_MESSAGE,
    "extended-join": EXTENDED_JOIN,
    "extended-monitor": EXTENDED_MONITOR,
    "invite-notify": INVITE_NOTIFY,
    "labeled-response": LABELED_RESPONSE,
    "message-tags": MESSAGE_TAGS,
    "multi-prefix": MULTI_PREFIX,
    "no-implicit-names": NO_IMPLICIT_NAMES,
    "razem/unread": UNREAD,
    "sasl": SASL,
    "server-time": SERVER_TIME,
    "setname": SETNAME,
    "soju.im/search": SOJU_SEARCH,
    "standard-replies": STANDARD_REPLIES,
    "userhost-in-names": USERHOST_IN_NAMES,
}


def names(bits: int) -> list[str]:
    """Return the names of the capabilities in `bits`."""
    return [name for name, bit in CAPABILITIES.items() if bits & bit]
