"""What is shown of one conversation: its lines, in order. No widgets, no I/O, no protocol.

A view is made of events alone. What is on the way is not in it: the client knows that.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from razem.talk.client.events import Happened, Logged, MessageReceived, Reacted, Redacted

from .happening import tell

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime, tzinfo

    from razem.talk.client.events import Refused

__all__ = ["ACTION", "EVENT", "MESSAGE", "NOTICE", "TOLD", "Line", "View"]

MESSAGE: Final = "message"
ACTION: Final = "action"
NOTICE: Final = "notice"
EVENT: Final = "event"  # who came and went, what became of the channel
TOLD: Final = "told"  # for us only: an answer, or why something cannot be

_MOST_EARLY: Final = 500  # reactions kept for messages that are not shown yet


@dataclass(slots=True, eq=False)
class Line:
    """One line of a conversation.

    Attributes:
        time: in the zone of the reader.
        reactions: for each, who reacted: folded nick to nick.
        why: the reason for which it was refused; "" for a line that was not.
        unfolded: all of a long message is shown.
        version: grows with every change.
    """

    kind: str
    sender: str
    text: str
    time: datetime
    msgid: str = ""
    own: bool = False
    mention: bool = False
    bot: bool = False
    reply: str = ""
    reactions: dict[str, dict[str, str]] = field(default_factory=dict)
    redacted: bool = False
    why: str = ""
    unfolded: bool = False
    version: int = 0

    @property
    def is_said(self) -> bool:
        """Somebody said it: it is neither a quiet line nor a note for us."""
        return self.kind in {MESSAGE, ACTION, NOTICE}

    def touch(self) -> None:
        """Note that it is not as it was."""
        self.version += 1


class View:
    """The lines of one conversation.

    Args:
        name: of the channel, or the other's nick.
        zone: of the times shown; None for that of this machine.

    Attributes:
        lines: all that is shown, the oldest first.
        by_id: those that have a msgid.
        unread_from: the first line that was unread when the conversation was turned to.
        complete: there is nothing before the first line.
        asking: what was before it is asked for.
        draft: what is typed and not sent.
        replying: the line that is to be answered.
        touched: lines that are not as they were; who draws them empties it.
        shifted: how many times lines were put before the first one, or taken out.
    """

    def __init__(self, name: str, *, is_channel: bool, zone: tzinfo | None = None) -> None:
        self.name = name
        self.is_channel = is_channel
        self.lines: list[Line] = []
        self.by_id: dict[str, Line] = {}
        self.unread_from: Line | None = None
        self.complete = False
        self.asking = False
        self.draft = ""
        self.replying: Line | None = None
        self.touched: set[Line] = set()
        self.shifted = 0
        self._zone = zone
        self._early: OrderedDict[str, list[Reacted | Redacted]] = OrderedDict()

    # ---- events

    def take(self, event: Logged, now: datetime) -> Line | None:
        """Show what has a place in the log; return the line that is new."""
        if isinstance(event, Reacted | Redacted):
            self._mark(event)
            return None
        line = self._line(event, now)
        if line is not None:
            self._append(line)
        return line

    def note(self, text: str, now: datetime, *, kind: str = EVENT, sender: str = "") -> Line:
        """Show a line that is no message."""
        line = Line(kind, sender, text, now.astimezone(self._zone))
        self._append(line)
        return line

    def refuse(self, event: Refused, nick: str, now: datetime) -> Line:
        """Show a message of ours that will not be delivered, and why."""
        line = Line(MESSAGE, nick, event.text, now.astimezone(self._zone), own=True)
        line.why = event.reason or "refused"
        self._append(line)
        return line

    def remove(self, line: Line) -> None:
        """Take a line out, such as a refused one that is edited."""
        if line in self.lines:
            self.lines.remove(line)
            self.shifted += 1

    def prepend(self, events: Sequence[Logged], now: datetime, *, complete: bool) -> int:
        """Show older lines before the first one; return how many are new."""
        self.asking = False
        self.complete = complete
        marks: list[Reacted | Redacted] = []
        older: list[Line] = []
        for event in events:
            if isinstance(event, Reacted | Redacted):
                marks.append(event)
            elif not event.msgid or event.msgid not in self.by_id:
                line = self._line(event, now)
                if line is not None:
                    older.append(line)
        for line in older:
            self._index(line)
        self.lines[:0] = older
        self.shifted += 1
        for mark in marks:
            self._mark(mark)
        return len(older)

    @property
    def first_id(self) -> str:
        """The msgid of the first line that has one: what is older comes before it."""
        return next((line.msgid for line in self.lines if line.msgid), "")

    def count_after(self, line: Line) -> int:
        """Return how many lines were said after one."""
        count = 0
        for one in reversed(self.lines):
            if one is line:
                break
            count += one.is_said
        return count

    def mark_unread(self, count: int) -> None:
        """Draw the unread line before the last `count` lines of others; 0: draw none."""
        self.unread_from = None
        if count <= 0:
            return
        for line in reversed(self.lines):
            if line.is_said and not line.own and not line.redacted:
                self.unread_from = line
                count -= 1
                if not count:
                    return

    def speakers(self) -> Iterable[str]:
        """Give who spoke, the last first, each as often as that."""
        return (line.sender for line in reversed(self.lines[-300:]) if line.is_said)

    # ---- how

    def _line(self, event: Logged, now: datetime) -> Line | None:
        time = (event.time or now).astimezone(self._zone)
        match event:
            case MessageReceived(sender=sender, text=text):
                kind = ACTION if event.action else NOTICE if event.notice else MESSAGE
                return Line(
                    kind,
                    sender,
                    text,
                    time,
                    event.msgid,
                    event.own,
                    event.mention,
                    event.bot,
                    event.reply,
                )
            case Happened(what=what):
                sender, text = tell(what)
                return Line(EVENT, sender, text, time, event.msgid) if text else None
        return None

    def _append(self, line: Line) -> None:
        self.lines.append(line)
        self._index(line)

    def _index(self, line: Line) -> None:
        if line.msgid:
            self.by_id[line.msgid] = line
            for mark in self._early.pop(line.msgid, ()):
                self._mark(mark)

    def _mark(self, mark: Reacted | Redacted) -> None:
        """Put a reaction to its line, or take out what was removed; keep it if there is none."""
        msgid = mark.redacted if isinstance(mark, Redacted) else mark.to
        line = self.by_id.get(msgid)
        if line is None:
            self._early.setdefault(msgid, []).append(mark)
            while len(self._early) > _MOST_EARLY:
                self._early.popitem(last=False)
            return
        line.touch()
        self.touched.add(line)
        if isinstance(mark, Redacted):
            line.redacted, line.text = True, ""
            line.reactions.clear()
            return
        who = line.reactions.setdefault(mark.reaction, {})
        if mark.removed:
            who.pop(mark.by.casefold(), None)
        else:
            who[mark.by.casefold()] = mark.by
        if not who:
            del line.reactions[mark.reaction]
