"""What is read and unread of channels and private talks, and who is typing there. No I/O.

A message of another is unread while it stands after the read marker. Where the hub says how much
was missed (razem/unread), that counts too: more may be unread than was shown.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple

from .events import (
    CaughtUp,
    Event,
    MessageReceived,
    MissedIn,
    NickChanged,
    Parted,
    Quit,
    ReadMarked,
    Redacted,
    TypingChanged,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from razem.talk.irc.message import Message

    from .features import Features

__all__ = ["Conversation", "Conversations", "read_missed"]

_MOST_UNREAD: Final = 1000  # messages counted of one conversation
_MOST_TYPING: Final = 20  # people told of in one conversation
# IRCv3 typing: "active" is over when it is not repeated for 6 seconds, "paused" after 30.
_TYPING_SECONDS: Final = {"active": 6.0, "paused": 30.0}


class _Unread(NamedTuple):
    msgid: str
    time: datetime | None
    mention: bool


class Conversation:
    """A channel, or a private talk.

    Attributes:
        name: as the server writes it; of a talk, the other's nick.
        is_channel: it is no talk.
        read_until: the time of the last message that we have read; None when that is not known.
        newest: the time of the newest message.
        settled: what was said before we came is known, and so what is unread.
    """

    def __init__(self, name: str, *, is_channel: bool) -> None:
        self.name = name
        self.is_channel = is_channel
        self.read_until: datetime | None = None
        self.newest: datetime | None = None
        self.settled = False
        self._before_us: datetime | None = None  # the newest message told by the history
        self._unread: deque[_Unread] = deque(maxlen=_MOST_UNREAD)
        self._told: MissedIn | None = None
        self._typing: dict[str, tuple[str, float]] = {}  # folded nick to nick, and until when

    @property
    def unread(self) -> int:
        """How many messages of others were not read."""
        if not self._unread and self._told is None:
            return 0
        return self._count(len(self._unread), sum(1 for one in self._later()), "count")

    @property
    def mentions(self) -> int:
        """How many of them are for us: they call us by our nick, or are private."""
        if not self.is_channel:
            return self.unread
        if not self._unread and self._told is None:
            return 0
        here = sum(one.mention for one in self._unread)
        return self._count(here, sum(one.mention for one in self._later()), "mentions")

    @property
    def more(self) -> bool:
        """There are more than are counted."""
        told = self._told
        return bool(told and told.more) or len(self._unread) == _MOST_UNREAD

    @property
    def typing(self) -> tuple[str, ...]:
        """Who is typing, in the order in which they began."""
        return tuple(nick for nick, _ in self._typing.values())

    def _count(self, here: int, later: int, what: str) -> int:
        told = self._told
        return here if told is None else max(here, getattr(told, what) + later)

    def _later(self) -> Iterator[_Unread]:
        """Give what was said after the hub has told how much was missed."""
        last = self._told.last if self._told is not None else None
        return (one for one in self._unread if last and one.time and one.time > last)

    # ---- what happens

    def take(self, message: MessageReceived) -> None:
        """Take a message that is shown."""
        time = message.time
        if time is not None and (self.newest is None or time > self.newest):
            self.newest = time
        if message.history and time is not None:
            self._before_us = max(time, self._before_us or time)
        if message.own:
            if not message.history:
                self.mark(time)
            return
        if time is None or self.read_until is None or time > self.read_until:
            self._unread.append(_Unread(message.msgid, time, message.mention))

    def take_back(self, msgid: str) -> None:
        """Take note that a message was removed."""
        left = [one for one in self._unread if one.msgid != msgid]
        if len(left) != len(self._unread):
            self._unread = deque(left, maxlen=_MOST_UNREAD)

    def tell_missed(self, told: MissedIn) -> None:
        """Take what the hub says of it."""
        if self.read_until is None or told.last is None or told.last > self.read_until:
            self._told = told

    def mark(self, until: datetime | None) -> bool:
        """Take note that all was read up to a time, or all at all (None); whether that is new."""
        if until is not None and self.read_until is not None and until <= self.read_until:
            return False
        before = (self.read_until, len(self._unread), self._told)
        if until is not None:
            self.read_until = until
        left = [one for one in self._unread if until and one.time and one.time > until]
        self._unread = deque(left, maxlen=_MOST_UNREAD)
        self._told = None
        return before != (self.read_until, len(self._unread), self._told)

    def settle(self) -> None:
        """Take what was said before we first came for read, if the hub does not know better."""
        first = self.read_until is None and self._told is None and self.is_channel
        if first and not self.settled and self._before_us is not None:
            self.mark(self._before_us)
        self.settled = True

    # ---- typing

    def note_typing(self, folded: str, nick: str, state: str, now: float) -> bool:
        """Take note that somebody types; return whether that is new."""
        was = folded in self._typing
        seconds = _TYPING_SECONDS.get(state)
        if seconds is None:
            self._typing.pop(folded, None)
            return was
        if was or len(self._typing) < _MOST_TYPING:
            self._typing[folded] = (nick, now + seconds)
        return not was

    def stop_typing(self, folded: str) -> bool:
        """Take note that somebody does not type any more; return whether that is new."""
        return self._typing.pop(folded, None) is not None

    def expire(self, now: float) -> list[str]:
        """Return who has stopped typing without saying so."""
        over = [folded for folded, (_, until) in self._typing.items() if until <= now]
        return [self._typing.pop(folded)[0] for folded in over]

    def next_deadline(self) -> float:
        """Return when to call `expire`."""
        return min((until for _, until in self._typing.values()), default=float("inf"))

    def forget_typing(self) -> None:
        """Forget who types, since the connection is lost."""
        self._typing.clear()


class Conversations:
    """All channels that we want to be in, and all private talks, by name."""

    def __init__(self, features: Features, most: int) -> None:
        self._features = features
        self._most = most
        self._by_name: dict[str, Conversation] = {}

    def __iter__(self) -> Iterator[Conversation]:
        return iter(list(self._by_name.values()))

    def refold(self, features: Features) -> None:
        """Compare names as a new connection does."""
        self._features = features
        self._by_name = {features.fold(one.name): one for one in self._by_name.values()}

    def get(self, name: str) -> Conversation | None:
        """Return the conversation of that name, if there is one."""
        return self._by_name.get(self._features.fold(name))

    def open(self, name: str) -> Conversation | None:
        """Return the conversation of that name, made if there is none; None: there are too many."""
        folded = self._features.fold(name)
        known = self._by_name.get(folded)
        if known is None and len(self._by_name) < self._most:
            known = Conversation(name, is_channel=self._features.is_channel(name))
            self._by_name[folded] = known
        return known

    def drop(self, name: str) -> None:
        """Forget a conversation."""
        self._by_name.pop(self._features.fold(name), None)

    def rename(self, old: str, new: str) -> bool:
        """Call a conversation otherwise, if there is none of the new name; return whether."""
        if self.get(old) is None or (self.get(new) not in {None, self.get(old)}):
            return False
        conversation = self._by_name.pop(self._features.fold(old))
        conversation.name = new
        self._by_name[self._features.fold(new)] = conversation
        return True

    def talks(self) -> list[Conversation]:
        """Return the private talks."""
        return [one for one in self._by_name.values() if not one.is_channel]

    # ---- what happens

    def note(self, events: Iterable[Event]) -> list[Event]:
        """Take what happened on a connection; return what follows from it."""
        return [more for event in events for more in self._note(event)]

    def _note(self, event: Event) -> list[Event]:
        match event:
            case MessageReceived(conversation=name, sender=sender):
                conversation = self.get(name)
                if conversation is None:
                    return []
                conversation.take(event)
                return self._stop_typing([conversation], sender)
            case Redacted(conversation=name, redacted=msgid):
                if (conversation := self.get(name)) is not None:
                    conversation.take_back(msgid)
            case CaughtUp(channel=name):
                if (conversation := self.get(name)) is not None:
                    conversation.settle()
            case Quit(nick=nick) | NickChanged(old=nick):
                return self._stop_typing(self, nick)
            case Parted(channel=name, nick=nick):
                if (conversation := self.get(name)) is not None:
                    return self._stop_typing([conversation], nick)
        return []

    def type(self, name: str, nick: str, state: str, now: float) -> list[Event]:
        """Take note that somebody types (IRCv3 typing: active, paused, done)."""
        conversation = self.get(name)
        if conversation is None:
            return []
        if not conversation.note_typing(self._features.fold(nick), nick, state, now):
            return []
        return [TypingChanged(conversation=conversation.name, nick=nick, active=state != "done")]

    def mark(self, name: str, until: datetime | None) -> list[Event]:
        """Take what the server says of a read marker."""
        conversation = self.get(name)
        if conversation is None or until is None or not conversation.mark(until):
            return []
        return [ReadMarked(conversation=conversation.name, until=conversation.read_until)]

    def expire(self, now: float) -> list[Event]:
        """Tell who has stopped typing."""
        return [
            TypingChanged(conversation=one.name, nick=nick, active=False)
            for one in self._by_name.values()
            for nick in one.expire(now)
        ]

    def next_deadline(self) -> float:
        """Return when to call `expire`."""
        return min((one.next_deadline() for one in self._by_name.values()), default=float("inf"))

    def lose(self) -> None:
        """Note that the connection is lost."""
        for one in self._by_name.values():
            one.forget_typing()

    def _stop_typing(self, where: Iterable[Conversation], nick: str) -> list[Event]:
        folded = self._features.fold(nick)
        return [
            TypingChanged(conversation=one.name, nick=nick, active=False)
            for one in where
            if one.stop_typing(folded)
        ]


def read_missed(message: Message, read_time: Callable[[str], datetime | None]) -> MissedIn | None:
    """Read ``UNREAD target messages mentions timestamp=…``; None when it is no such line."""
    name, *numbers = [*message.params[:3], "", ""][:3]
    if message.command != "UNREAD" or not name:
        return None
    count, mentions = (_number(text) for text in numbers)
    more = numbers[0].endswith("+")
    last = read_time(message.param(3).removeprefix("timestamp="))
    return MissedIn(name, count, mentions, more=more, last=last)


def _number(text: str) -> int:
    text = text.removesuffix("+")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
