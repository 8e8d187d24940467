"""Changes that are messages."""

from __future__ import annotations

from typing import Final

import msgspec

from razem.talk.changes.base import Proposed

__all__ = ["MESSAGE_ID_TAG", "Relay", "SendTags", "Speak"]

# A client-only tag by which a client marks a line of its own before it knows its message id.
# The hub takes a second line with the same mark for the first one sent again.
MESSAGE_ID_TAG: Final = "+razem/id"


class Speak(Proposed, frozen=True):
    """PRIVMSG or NOTICE to one target."""

    source: str  # nick!user@host as it was when the line came in
    target: str
    text: str
    notice: bool = False
    # Client-only tags, relayed as they are.
    tags: dict[str, str] = msgspec.field(default_factory=dict)
    account: str = ""  # that the speaker was logged in to
    bot: bool = False
    # Further lines of the same message (IRCv3 multiline); true: it goes on where the line before
    # it ends, without a line feed.
    more: tuple[tuple[bool, str], ...] = ()

    @property
    def whole(self) -> str:
        """The text with all its lines."""
        rest = "".join(line if concat else f"\n{line}" for concat, line in self.more)
        return self.text + rest


class SendTags(Proposed, frozen=True):
    """TAGMSG to one target: client-only tags without a text (IRCv3 message-tags)."""

    source: str
    target: str
    tags: dict[str, str]
    account: str = ""
    bot: bool = False


class Relay(Speak, frozen=True):
    """RELAYMSG: a PRIVMSG to a channel under a name that is nobody's (IRCv3 relaymsg).

    `source` is that name with what belongs to it, `relayed_by` the nick of who relays it.
    """

    relayed_by: str = ""
