"""Lines of history as they are shown again, to each session in its own form. No I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from razem.talk.changes import Redact, SendTags, Speak
from razem.talk.history import CHANGE, MESSAGE, REDACTION, TAGS
from razem.talk.irc import capabilities as cap
from razem.talk.irc.names import fold, is_channel
from razem.talk.render import Line, message_id, redacted, spoken, tagged

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from razem.talk.history import Kept
    from razem.talk.hub import Hub
    from razem.talk.session import Session

__all__ = ["kinds_for", "lines_of"]


def kinds_for(session: Session) -> tuple[int, ...]:
    """Return the kinds of lines that a session may be shown again.

    "If the client has not negotiated the draft/event-playback capability, the server MUST NOT
    send any lines other than PRIVMSG and NOTICE in the reply batch, unless allowed by a
    capability negotiated by the client."
    """
    kinds = [MESSAGE]
    if session.capabilities & cap.EVENT_PLAYBACK:
        kinds.append(CHANGE)
        if session.capabilities & cap.MESSAGE_TAGS:
            kinds.append(TAGS)
    if session.capabilities & cap.MESSAGE_REDACTION:
        kinds.append(REDACTION)
    return tuple(kinds)


def lines_of(hub: Hub, kept: Iterable[Kept]) -> list[Line]:
    """Return lines of history as they were told when they came to pass.

    Those of a channel are told under the name that it has by now.
    """
    return [line for one in kept for line in _lines(hub, one)]


def _lines(hub: Hub, kept: Kept) -> Iterator[Line]:
    change, name = kept.change, _new_name(hub, kept)
    if kept.told:
        msgid = message_id(hub.log_id, kept.seq)
        for body in kept.told.split("\n"):
            yield Line(_renamed(body, name) if name else body, kept.time, msgid=msgid)
            msgid = ""
    elif isinstance(change, Speak):
        change = msgspec.structs.replace(change, target=name) if name else change
        yield spoken(kept, change, hub.log_id)
    elif isinstance(change, SendTags):
        change = msgspec.structs.replace(change, target=name) if name else change
        yield tagged(kept, change, hub.log_id)
    elif isinstance(change, Redact):
        change = msgspec.structs.replace(change, target=name) if name else change
        yield redacted(kept, change)


def _new_name(hub: Hub, kept: Kept) -> str:
    """Return what the channel of a line is called, if it was called otherwise then; or ""."""
    if not is_channel(kept.target):
        return ""
    said = kept.told.split(" ", 3)[2] if kept.told else getattr(kept.change, "target", "")
    if fold(said) == kept.target:
        return ""
    channel = hub.state.channels.get(kept.target)
    return kept.target if channel is None else channel.name


def _renamed(body: str, name: str) -> str:
    """Return a line whose first parameter is a channel, with another name of it."""
    source, command, _, *rest = body.split(" ", 3)
    return " ".join((source, command, name, *rest))
