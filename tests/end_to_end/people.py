"""The people of a crowd: with a client of this file's own, and with `razem.talk.Client`."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from typing import TYPE_CHECKING

from razem.sockets.tls_config import Tls
from razem.talk import Client
from razem.talk.client.events import (
    Acknowledged,
    Connected,
    Disconnected,
    MessageReceived,
    Refused,
)
from razem.talk.client.settings import Timing
from razem.talk.irc.message import Message

from .crowd import CHANNELS, Line, News
from .wires import KINDS, Place, connect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .crowd import Person
    from .wires import Wire

__all__ = ["everybody", "newcomer"]

WINDOW = 6  # lines of one that are not acknowledged yet
PAGE = 100  # lines of history asked for at once; less than is missed at times
RETRY_SECONDS = 0.05
CAPS = "batch message-tags server-time echo-message labeled-response draft/chathistory"


def everybody(place: Place, fingerprint: str, news: News) -> Sequence[Person]:
    """Return people at a hub, over each transport, with each client."""
    people: list[Person] = [
        ByHand(f"{kind}{'hasty' if hasty else ''}", place, kind, news, hasty=hasty)
        for kind in KINDS
        for hasty in (False, True)
    ]
    tls = Tls(fingerprint=fingerprint)
    people += [
        ByRazem("ana", f"tcp://127.0.0.1:{place.port}", None, news),
        ByRazem("bo", f"tls://127.0.0.1:{place.port}", tls, news),
        ByRazem("cy", f"unix://{place.path}", None, news),
    ]
    return people


def newcomer(place: Place, news: News) -> Sequence[Person]:
    """Return somebody who says nothing, and who catches up on all that the hub keeps."""
    person = ByHand("newcomer", place, "tcp", news, hasty=False)
    person.finish()
    return [person]


class Talker:
    """What is the same with any client (see `crowd.Person`)."""

    def __init__(self, nick: str, news: News) -> None:
        self.nick = nick
        self.views: dict[str, list[Line]] = {channel: [] for channel in CHANNELS}
        self.acknowledged: list[str] = []
        self.refused = 0
        self.welcomes = 0
        self.last_words: list[str] = []
        self._news = news
        self._finished = False
        self._numbers = itertools.count(1)

    def finish(self) -> None:
        """Say nothing new."""
        self._finished = True

    def _new_line(self) -> tuple[str, str]:
        """Return a channel, and what to say there next."""
        number = next(self._numbers)
        return CHANNELS[number % len(CHANNELS)], f"{self.nick}-{number}"


class ByHand(Talker):
    """Somebody with a client that knows echoes, labels and CHATHISTORY.

    Args:
        hasty: says again what was not acknowledged before it has caught up: the hub, which knows
            the lines by their ids, sorts that out.
    """

    def __init__(self, nick: str, place: Place, kind: str, news: News, *, hasty: bool) -> None:
        super().__init__(nick, news)
        self._place = place
        self._kind = kind
        self._hasty = hasty
        self._waiting: dict[str, str] = {}  # channel by text: not acknowledged yet, in order
        self._seen: set[str] = set()  # msgids
        self._wake = asyncio.Event()  # there may be something to send
        # Of one connection:
        self._orders: list[str] = []  # to send, before what is said
        self._sent: set[str] = set()  # texts
        self._absent = set(CHANNELS)
        self._behind: dict[str, list[Line]] = {}  # by channel: said while it catches up there
        self._batches: dict[str, tuple[str, list[Line]]] = {}  # channel and page
        self._pause = False  # something was refused: wait before it is said again

    def settled(self) -> bool:
        """Tell whether it is there and all that it said is acknowledged."""
        return self._finished and not (self._waiting or self._absent or self._behind)

    def say(self, channel: str, text: str) -> None:
        """Say this, after all else."""
        self._waiting[text] = channel
        self._wake.set()

    async def run(self) -> None:
        """Be there until cancelled."""
        while True:
            self._begin()
            with contextlib.suppress(OSError):
                async with connect(self._place, self._kind) as wire:
                    writing = asyncio.create_task(self._write(wire))
                    try:
                        while (line := await wire.read()) is not None:
                            self._take(Message.parse(line))
                            self._wake.set()
                            self._news.tell()
                    finally:
                        writing.cancel()
                        await asyncio.gather(writing, return_exceptions=True)
            await asyncio.sleep(RETRY_SECONDS)

    def _begin(self) -> None:
        self._orders = [f"CAP REQ :{CAPS}", "CAP END", f"NICK {self.nick}", "USER x 0 * :x"]
        self._sent.clear()
        self._absent = set(CHANNELS)
        self._behind.clear()
        self._batches.clear()

    async def _write(self, wire: Wire) -> None:
        while True:
            self._wake.clear()
            if self._pause:
                await asyncio.sleep(RETRY_SECONDS)
                self._pause = False
            orders, self._orders = self._orders, []
            if lines := orders + self._due():
                await wire.write(lines)
            else:
                await self._wake.wait()

    def _due(self) -> list[str]:
        """Return what to say now."""
        away = self._absent if self._hasty else self._absent | self._behind.keys()
        while not (self._finished or self._absent or self._behind) and len(self._waiting) < WINDOW:
            channel, text = self._new_line()
            self._waiting[text] = channel
        due = [
            text
            for text, channel in self._waiting.items()
            if text not in self._sent and channel not in away
        ]
        self._sent.update(due)
        return [
            f"@label={text};+razem/id={text} PRIVMSG {self._waiting[text]} :{text}" for text in due
        ]

    def _take(self, message: Message) -> None:
        match message:
            case Message("PING", (token,)):
                self._orders.append(f"PONG {token}")
            case Message("ERROR", (reason,)):
                self.last_words.append(reason)
            case Message("001"):
                self.welcomes += 1
                self._orders += [f"JOIN {channel}" for channel in CHANNELS]
            case Message("JOIN", (channel, *_)) if message.source.startswith(f"{self.nick}!"):
                self._absent.discard(channel)
                self._behind[channel] = []
                self._ask(channel)
            case Message("BATCH", (name, *rest)):
                self._take_batch(name, rest)
            case Message("PRIVMSG", (channel, text)) if channel in self.views:
                self._take_line(channel, Line(message.tags["msgid"], text), message)
            case Message("FAIL", ("PRIVMSG", "NOT_STORED", *_)):
                self.refused += 1
                self._sent.discard(message.tags["label"])
                self._pause = True
            case Message("FAIL" | "433"):
                raise AssertionError(message)
            case _:
                pass

    def _ask(self, channel: str) -> None:
        view = self.views[channel]
        place = f"msgid={view[-1].msgid}" if view else "timestamp=1970-01-01T00:00:00.000Z"
        self._orders.append(f"CHATHISTORY AFTER {channel} {place} {PAGE}")

    def _take_batch(self, name: str, rest: list[str]) -> None:
        if name.startswith("+") and rest[0] == "chathistory":
            self._batches[name[1:]] = (rest[1], [])
        elif name.startswith("-") and name[1:] in self._batches:
            channel, page = self._batches.pop(name[1:])
            self._show(channel, page)
            held = self._behind[channel]
            # It is whole when it reaches what was said since we are here; or all was on this page.
            if len(page) < PAGE or (held and held[0].msgid in self._seen):
                self._show(channel, self._behind.pop(channel))
            else:
                self._ask(channel)

    def _take_line(self, channel: str, line: Line, message: Message) -> None:
        if message.source.startswith(f"{self.nick}!"):
            self._acknowledge(line.text)
        if message.tags.get("batch") in self._batches:
            self._batches[message.tags["batch"]][1].append(line)
        elif channel in self._behind:
            self._behind[channel].append(line)
        else:
            self._show(channel, [line])

    def _acknowledge(self, text: str) -> None:
        if self._waiting.pop(text, None):
            self.acknowledged.append(text)

    def _show(self, channel: str, lines: list[Line]) -> None:
        for line in lines:
            if line.msgid not in self._seen:
                self._seen.add(line.msgid)
                self.views[channel].append(line)


class ByRazem(Talker):
    """Somebody with our own client, which does all of this by itself."""

    def __init__(self, nick: str, address: str, tls: Tls | None, news: News) -> None:
        super().__init__(nick, news)
        self._client = Client(
            address,
            nick=nick,
            channels=CHANNELS,
            tls=tls,
            screenful=1000,
            timing=Timing(first_retry=RETRY_SECONDS, last_retry=0.2),
        )

    def settled(self) -> bool:
        """Tell whether all that it said is acknowledged."""
        return self._finished and not self._client.unacknowledged

    def say(self, channel: str, text: str) -> None:
        """Say this, after all else."""
        self._client.say(channel, text)

    async def run(self) -> None:
        """Be there until cancelled."""
        async with self._client as client:
            self._talk()
            async for event in client.events():
                match event:
                    case MessageReceived(conversation=channel, msgid=msgid, text=text):
                        self.views[channel].append(Line(msgid, text))
                    case Acknowledged(text=text):
                        self.acknowledged.append(text)
                    case Refused(target=target, text=text):
                        self.refused += 1
                        client.say(target, text)
                    case Connected():
                        self.welcomes += 1
                    case Disconnected(reason=reason) if self.welcomes > len(self.last_words):
                        self.last_words.append(reason)  # and not why an attempt failed
                    case _:
                        pass
                self._talk()
                self._news.tell()

    def _talk(self) -> None:
        while not self._finished and len(self._client.unacknowledged) < WINDOW:
            self._client.say(*self._new_line())
