"""A hub in memory, with people in front of it: bytes in, lines out, no I/O.

`DurableLog` is the exception: a log in a file, so that a hub can end and start again.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from argon2 import PasswordHasher

from razem.hub.passwords import check_password, make_secret
from razem.talk.changes import Arrive
from razem.talk.hub import Hub
from razem.talk.irc.message import Message
from razem.talk.log import MemoryLog
from razem.talk.log.sqlite import SQLiteLog
from razem.talk.origin import Origin
from razem.talk.recovery import recover_state
from razem.talk.requests import CheckPassword, DrawNonce, MakeSecret, ReadClock, ReadLog
from razem.talk.settings import Identity, Limits, Policy

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from pathlib import Path

    from razem.talk.changes import Change, Entry
    from razem.talk.events import Event
    from razem.talk.history import Filing, Kept, Question
    from razem.talk.log import Log, Receive
    from razem.talk.requests import Request

IDENTITY = Identity(name="hub.test", network="Test", version="razem-test", created="now")
LIMITS = Limits(flood=False)
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


class HeldLog(MemoryLog):
    """A log whose commits happen when the test says so."""

    def __init__(self) -> None:
        super().__init__("log0", lambda: 1_700_000_000_000)
        self.waiting: list[Change] = []

    def append(self, changes: Sequence[Change]) -> None:
        self.waiting += changes

    def commit(self) -> None:
        changes, self.waiting = self.waiting, []
        super().append(changes)


class DurableLog:
    """A SQLiteLog behind calls that return when their work is done: it runs a loop of its own."""

    def __init__(self, path: Path, clock: Callable[[], int] = lambda: 1_700_000_000_000) -> None:
        self._runner = asyncio.Runner()
        self._received: list[tuple[Sequence[Entry], Collection[int]]] = []
        self._arrived = asyncio.Event()
        self.log = SQLiteLog(path, "log0", clock, durability="none")
        self.id = self.log.id
        self._receive: Receive | None = None

    def recover(self) -> tuple[bytes | None, Iterable[Entry]]:
        return self.log.recover()

    def start(self, receive: Receive) -> None:
        self._receive = receive
        self._runner.run(self._start())

    async def _start(self) -> None:
        self.log.start(self._take)

    def _take(self, entries: Sequence[Entry], failed: Collection[int] = ()) -> None:
        self._received.append((entries, failed))
        self._arrived.set()

    def append(self, changes: Sequence[Change]) -> None:
        self._runner.run(self._append(changes))
        received, self._received = self._received, []
        assert self._receive is not None
        for entries, failed in received:
            self._receive(entries, failed)

    async def _append(self, changes: Sequence[Change]) -> None:
        self.log.append(changes)
        while sum(len(entries) for entries, _ in self._received) < len(changes):
            await self._arrived.wait()
            self._arrived.clear()

    def settle(self) -> None:
        """Wait until SQLite has what stands in the journal."""
        self._runner.run(self.log._front.be_stored())

    def file(self, filings: Sequence[Filing]) -> None:
        self.log.file(filings)

    def checkpoint(self, applied: int, snapshot: bytes) -> None:
        self.log.checkpoint(applied, snapshot)

    def answer(self, question: Question) -> list[Kept]:
        return self._runner.run(self.log.read(question))

    async def read(self, question: Question) -> list[Kept]:
        return await self.log.read(question)

    async def close(self) -> None:
        await self.log.close()

    def end(self) -> None:
        """Close, as a hub that is stopped does."""
        self._runner.run(self.log.close())
        self._runner.close()


class SharedLog(MemoryLog):
    """A log in memory that several hubs read, as hubs of one network do."""

    def __init__(self) -> None:
        super().__init__("log0", lambda: 1_700_000_000_000)
        self._readers: list[Receive] = []

    def start(self, receive: Receive) -> None:
        self._readers.append(receive)
        super().start(self._tell_all)

    def _tell_all(self, entries: Sequence[Entry], failed: Collection[int] = ()) -> None:
        for reader in self._readers:
            reader(entries, failed)


class Person:
    """A client as seen from its side of the wire."""

    def __init__(self, world: World, origin: Origin) -> None:
        self.world = world
        self.session = world.hub.open_session(origin, world.now)
        self.raw: list[str] = []

    def say(self, *lines: str) -> list[str]:
        """Send lines; return the lines that came back to this person since the last look."""
        data = "".join(f"{line}\r\n" for line in lines).encode()
        self.session.receive(data, self.world.now)
        self.world.settle()
        return self.heard()

    def ask(self, *lines: str) -> list[Message]:
        """Send lines; return what came back, parsed."""
        return [Message.parse(line) for line in self.say(*lines)]

    def send(self, data: bytes) -> list[str]:
        """Send bytes as they are; return the lines that came back."""
        self.session.receive(data, self.world.now)
        self.world.settle()
        return self.heard()

    def drop(self) -> None:
        """Lose the connection."""
        self.world.hub.lose_session(self.session, "Connection lost")
        self.world.settle()

    def heard(self) -> list[str]:
        """Return the lines that came since the last look."""
        lines, self.raw = self.raw, []
        return lines

    def messages(self) -> list[Message]:
        """Return what came since the last look, parsed."""
        return [Message.parse(line) for line in self.heard()]


class World:
    """A hub on a log in memory; `settle` is what a driver does at the end of a turn."""

    def __init__(
        self,
        log: Log | None = None,
        limits: Limits = LIMITS,
        identity: Identity = IDENTITY,
        *,
        policy: Policy | None = None,
        name: str = "hub",
        told: int | None = None,
    ) -> None:
        self.now = 0.0
        self.reads_held = False  # pages wait until `read_pages`
        self.nonces = 0  # drawn so far
        self.reloads = 0  # how often the configuration was to be read again
        self.reload_fails = ""  # what is wrong with it then
        self.log: Log = log or MemoryLog("log0", lambda: 1_700_000_000_000 + int(self.now * 1000))
        self.hub = Hub(
            name,
            self.log.id,
            recover_state(self.log),
            identity,
            limits,
            policy=policy,
            told=told,
        )
        self.people: list[Person] = []
        self.log.start(self._committed)
        self.settle()

    def _committed(self, entries: Sequence[Entry], failed: Collection[int] = ()) -> None:
        self.hub.commit(entries, self.now, failed)

    def settle(self) -> None:
        """Carry proposals, pages and outboxes until nothing moves."""
        hub = self.hub
        while hub.proposals or hub.filings or (hub.requests and not self.reads_held):
            if hub.filings:
                filings, hub.filings = hub.filings, []
                self.log.file(filings)
            if not self.reads_held:
                requests, hub.requests = hub.requests, []
                for request in requests:
                    self._answer(request)
            changes, hub.proposals = hub.proposals, []
            if changes:
                self.log.append(changes)
        self.deliver()
        if hub.proposals:  # of those who were let go
            self.settle()

    def _answer(self, request: Request) -> None:
        if isinstance(request, ReadLog):
            request.answer(self._read(request.question), self.now)
        elif isinstance(request, CheckPassword):
            request.answer(check_password(request.stored, request.given), self.now)
        elif isinstance(request, MakeSecret):
            secret = make_secret(request.password, hasher=QUICK, iterations=4096)
            request.answer(secret, self.now)
        elif isinstance(request, DrawNonce):
            self.nonces += 1
            request.answer(f"nonce{self.nonces}", self.now)
        elif isinstance(request, ReadClock):
            request.answer(1_700_000_000_000 + int(self.now * 1000), self.now)
        else:
            self.reloads += 1
            request.answer(self.reload_fails, self.now)

    def _read(self, question: Question) -> list[Kept]:
        if isinstance(self.log, DurableLog):
            return self.log.answer(question)
        return asyncio.run(self.log.read(question))

    def read_pages(self) -> None:
        """Let the pages come that waited for it."""
        self.reads_held = False
        self.settle()

    def deliver(self) -> None:
        """Take what is in the outboxes, and let go of sessions that close."""
        for outbox in self.hub.dirty:
            data = outbox.take().decode()
            for person in self.people:
                if person.session.outbox is outbox:
                    person.raw += data.split("\r\n")[:-1]
        self.hub.dirty.clear()
        closing, self.hub.closing = self.hub.closing, []
        for session in closing:
            self.hub.lose_session(session, session.closing)

    def order(self, make: Callable[[str], Change]) -> Sequence[Event] | None:
        """Let the hub propose a change of its own; return what came of it."""
        outcomes: list[Sequence[Event] | None] = []
        self.hub.order(make, outcomes.append)
        self.settle()
        (outcome,) = outcomes
        return outcome

    def connect(self, host: str = "localhost", origin: Origin | None = None) -> Person:
        """Return somebody who is connected and said nothing yet."""
        person = Person(self, origin or Origin(host))
        self.people.append(person)
        return person

    def person(
        self,
        nick: str,
        *channels: str,
        caps: str = "",
        host: str = "localhost",
        account: str = "",
    ) -> Person:
        """Return somebody who registered and joined; what they heard so far is dropped.

        `account`: that they are logged in to, however they did that.
        """
        person = self.connect(host)
        if caps:
            person.say(f"CAP REQ :{caps}", "CAP END")
        if account:
            at = person.session.id, self.hub.name
            arrive = Arrive(*at, nick, f"~{nick}", host, nick.title(), account)
            person.session.propose([arrive], barrier=True)
            self.settle()
        else:
            person.say(f"NICK {nick}", f"USER {nick} 0 * :{nick.title()}")
        if channels:
            person.say(f"JOIN {','.join(channels)}")
        for someone in self.people:
            someone.heard()
        return person
