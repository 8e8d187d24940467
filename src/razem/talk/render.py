"""Events and replies -> IRC lines, in the form that each set of capabilities asks for. No I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from razem.talk.changes import Relay
from razem.talk.irc.capabilities import (
    ACCOUNT_TAG,
    BATCH,
    LINE_CAPABILITIES,
    MESSAGE_TAGS,
    MULTILINE,
    RELAYMSG,
    SERVER_TIME,
)
from razem.talk.irc.message import escape_tag_value, format_tags
from razem.talk.irc.timestamps import format_time

if TYPE_CHECKING:
    from collections.abc import Sequence

    from razem.talk.changes import Entry, Redact, SendTags, Speak
    from razem.talk.model import User

__all__ = [
    "Line",
    "label_tag",
    "message_id",
    "parse_message_id",
    "redacted",
    "spoken",
    "stretch",
    "tagged",
]


class Line:
    """One line from the hub, encoded when first asked for, once for each set of capabilities.

    Args:
        body: the line without tags and line end.
        time: milliseconds since 1970, for server-time; None: no such tag.
        sender: whose line it is, for account-tag and the tag of bots; None: the hub's.
        otherwise: a capability, and the body that those get who have it.
        msgid: its message id; "": it has none.
    """

    __slots__ = ("_account", "_bot", "_encoded", "_msgid", "_otherwise", "_plain", "_time")

    def __init__(
        self,
        body: str,
        time: int | None = None,
        sender: User | None = None,
        *,
        otherwise: tuple[int, str] = (0, ""),
        msgid: str = "",
    ) -> None:
        self._time = time
        self._msgid = msgid
        self._plain = f"{body}\r\n".encode()
        self._account = sender.account if sender is not None else ""
        self._bot = sender is not None and "B" in sender.modes
        self._otherwise = otherwise
        self._encoded: dict[int, bytes] | None = None

    def encode(self, capabilities: int, first_tag: str = "") -> bytes:
        """Return the line for a session with these capabilities, its line end included.

        `first_tag` stands before the line's own tags: ``label=…`` or ``batch=…``.
        """
        if first_tag:
            return self._build(capabilities, [first_tag])
        relevant = capabilities & (LINE_CAPABILITIES | self._otherwise[0])
        if not relevant:
            return self._plain
        if self._encoded is None:
            self._encoded = {}
        data = self._encoded.get(relevant)
        if data is None:
            data = self._encoded[relevant] = self._build(relevant, [])
        return data

    def _build(self, capabilities: int, tags: list[str]) -> bytes:
        self._add_tags(capabilities, tags)
        if capabilities & MESSAGE_TAGS:
            tags += self._message_tags()
        bit, body = self._otherwise
        plain = f"{body}\r\n".encode() if capabilities & bit else self._plain
        return f"@{';'.join(tags)} ".encode() + plain if tags else plain

    def _add_tags(self, capabilities: int, tags: list[str]) -> None:
        """Add the tags that every line of a message may have."""
        if self._time is not None and capabilities & SERVER_TIME:
            tags.append(f"time={format_time(self._time)}")
        if capabilities & ACCOUNT_TAG and self._account:
            tags.append(f"account={escape_tag_value(self._account)}")
        if capabilities & MESSAGE_TAGS and self._bot:
            tags.append("bot")

    def _message_tags(self) -> list[str]:
        return [f"msgid={self._msgid}"] if self._msgid else []


_NOT_OTHERWISE: Final = (0, "")


class _Spoken(Line):
    """A line that somebody said: it has an id, and client-only tags to relay."""

    __slots__ = ("_client_tags", "_log_id", "_seq")

    def __init__(
        self, body: str, entry: Entry, change: Speak | SendTags | Redact, log_id: str
    ) -> None:
        # As Line.__init__ does, without the call: there is one for each line that is spoken.
        self._plain = f"{body}\r\n".encode()
        self._time = entry.time
        self._account = change.account
        self._bot = change.bot
        self._otherwise = _NOT_OTHERWISE
        self._encoded = None
        self._log_id: Final = log_id
        self._seq: Final = entry.seq
        self._client_tags: Final = change.tags

    def _message_tags(self) -> list[str]:
        return [f"msgid={message_id(self._log_id, self._seq)}", *self._client_only_tags()]

    def _client_only_tags(self) -> list[str]:
        return [format_tags(self._client_tags)[1:]] if self._client_tags else []


def _head(change: Speak) -> str:
    """Return what stands before the text."""
    return f":{change.source} {'NOTICE' if change.notice else 'PRIVMSG'} {change.target} :"


def spoken(entry: Entry, change: Speak, log_id: str) -> Line:
    """Return the line that an accepted PRIVMSG or NOTICE is to those who hear it."""
    body = _head(change) + change.text
    if type(change) is Relay:
        return _Relayed(body, entry, change, log_id)
    if change.more:
        return _Multiline(body, entry, change, log_id)
    return _Spoken(body, entry, change, log_id)


class _Stretch(Line):
    """Lines that were said one after the other, alike but for their texts."""

    __slots__ = ("_entries", "_head", "_log_id", "_texts")

    def __init__(self, entries: Sequence[Entry], change: Speak, log_id: str) -> None:
        self._time = entries[0].time
        self._account = change.account
        self._bot = change.bot
        self._head: Final = _head(change)
        self._texts: Final = [entry.change.text for entry in entries]  # type: ignore[union-attr]
        self._entries: Final = entries
        self._log_id: Final = log_id

    def encode(self, capabilities: int, first_tag: str = "") -> bytes:
        """Return all of them; `first_tag` is for single lines, and not here."""
        assert not first_tag  # noqa: S101
        if not capabilities & LINE_CAPABILITIES:
            lines = f"\r\n{self._head}".join(self._texts)
            return f"{self._head}{lines}\r\n".encode()
        tags: list[str] = []
        self._add_tags(capabilities, tags)
        if not capabilities & MESSAGE_TAGS:
            return "".join(_tagged(tags, self._head + text) for text in self._texts).encode()
        start = f"@{';'.join([*tags, 'msgid='])}{self._log_id}-"
        return "".join(
            f"{start}{entry.seq:x} {self._head}{text}\r\n"
            for entry, text in zip(self._entries, self._texts, strict=True)
        ).encode()


def stretch(entries: Sequence[Entry], log_id: str) -> Line:
    """Return what `spoken` does for each of the entries, in one.

    All have one time, and changes that differ in their texts only, without client-only tags and
    further lines.
    """
    change = entries[0].change
    return _Stretch(entries, change, log_id)  # type: ignore[arg-type]


class _Relayed(_Spoken):
    """A line that was said elsewhere; those who relay lines learn who relayed it."""

    __slots__ = ("_relayed_by",)

    def __init__(self, body: str, entry: Entry, change: Relay, log_id: str) -> None:
        super().__init__(body, entry, change, log_id)
        self._relayed_by: Final = change.relayed_by

    def _build(self, capabilities: int, tags: list[str]) -> bytes:
        if capabilities & RELAYMSG:
            tags.append(f"draft/relaymsg={escape_tag_value(self._relayed_by)}")
        return super()._build(capabilities, tags)


class _Multiline(_Spoken):
    """A message in several lines: a batch for those who know it, and lines for the others."""

    __slots__ = ("_change",)

    def __init__(self, body: str, entry: Entry, change: Speak, log_id: str) -> None:
        super().__init__(body, entry, change, log_id)
        self._change: Final = change
        self._otherwise = (BATCH | MULTILINE, "")  # so that `encode` asks for these as well
        self._plain = self._build(0, [])

    def _build(self, capabilities: int, tags: list[str]) -> bytes:
        within = [tag for tag in tags if tag.startswith("batch=")]
        if capabilities & (BATCH | MULTILINE) == BATCH | MULTILINE:
            return self._batch(capabilities, tags, within)
        return self._bare(capabilities, tags, within)

    def _batch(self, capabilities: int, tags: list[str], within: list[str]) -> bytes:
        change = self._change
        self._add_tags(capabilities, tags)
        if capabilities & MESSAGE_TAGS:
            tags += self._message_tags()
        reference = f"m{self._seq:x}"  # no batch of a session begins with "m"
        lines = [
            _tagged(tags, f":{change.source} BATCH +{reference} draft/multiline {change.target}")
        ]
        for concat, text in ((False, change.text), *change.more):
            more = [f"batch={reference}", *(["draft/multiline-concat"] if concat else [])]
            lines.append(_tagged(more, f":{change.source} PRIVMSG {change.target} :{text}"))
        lines.append(_tagged(within, f"BATCH -{reference}"))
        return "".join(lines).encode()

    def _bare(self, capabilities: int, tags: list[str], within: list[str]) -> bytes:
        """Return the lines alone: blank ones are left out, the first one has the message id.

        The client-only tags are on each: a line that answers something does so as a whole.
        """
        change, lines = self._change, list[str]()
        for text in (change.text, *(text for _, text in change.more)):
            if not text:
                continue
            if lines:
                tags = within.copy()
            self._add_tags(capabilities, tags)
            if capabilities & MESSAGE_TAGS:
                tags += self._client_only_tags() if lines else self._message_tags()
            lines.append(_tagged(tags, f":{change.source} PRIVMSG {change.target} :{text}"))
        return "".join(lines).encode()


def _tagged(tags: list[str], body: str) -> str:
    return f"@{';'.join(tags)} {body}\r\n" if tags else f"{body}\r\n"


def tagged(entry: Entry, change: SendTags, log_id: str) -> Line:
    """Return the line that a TAGMSG is to those who hear it; they all know message-tags."""
    return _Spoken(f":{change.source} TAGMSG {change.target}", entry, change, log_id)


def redacted(entry: Entry, change: Redact) -> Line:
    """Return the line that a REDACT is to those who hear it."""
    reason = f" :{change.reason}" if change.reason else ""
    body = f":{change.source} REDACT {change.target} {change.message_id}{reason}"
    return _Spoken(body, entry, change, change.message_id.rpartition("-")[0])


def label_tag(label: str) -> str:
    """Return the tag of labeled-response that answers the command with this label."""
    return f"label={escape_tag_value(label)}"


def message_id(log_id: str, seq: int) -> str:
    """Return the message id of an entry: which log, and where in it.

    >>> message_id("k3x9f2", 42), parse_message_id("k3x9f2", "k3x9f2-2a")
    ('k3x9f2-2a', 42)
    """
    return f"{log_id}-{seq:x}"


def parse_message_id(log_id: str, msgid: str) -> int | None:
    """Return the place in the log, or None: the id is none of this log's."""
    prefix, _, number = msgid.rpartition("-")
    if prefix != log_id or not 0 < len(number) <= 15:  # what a log can count to: 63 bits
        return None
    try:
        seq = int(number, 16)
    except ValueError:
        return None
    return seq if message_id(log_id, seq) == msgid else None
