"""The running hub: drives `talk.hub.Hub` with an event loop, a log and listeners."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from operator import call
from time import perf_counter
from typing import TYPE_CHECKING, Final

import msgspec

from razem.errors import Error
from razem.hub.answering import Answering
from razem.hub.clock import clock
from razem.hub.front import Front
from razem.hub.identity import identity_source
from razem.hub.logs import log_event
from razem.hub.metrics import Traffic
from razem.hub.pace import CommitPace
from razem.hub.reloading import compare
from razem.hub.supervision import Supervisor
from razem.talk.hub import Hub
from razem.talk.irc.names import valid_hostname
from razem.talk.recovery import recover_state
from razem.talk.settings import Identity, Policy

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from pathlib import Path

    from razem.hub.config import Config
    from razem.hub.connection import Connection
    from razem.hub.data import ToldMark
    from razem.hub.reloading import Differences
    from razem.sockets.address import Address
    from razem.talk.changes import Change, Entry
    from razem.talk.events import Event
    from razem.talk.log import Log
    from razem.talk.origin import Origin
    from razem.talk.outbox import Outbox
    from razem.talk.requests import Request
    from razem.talk.session import Session

__all__ = ["HubProcess"]

_logger: Final = logging.getLogger("razem.hub")
_SWEEP_SECONDS: Final = 5.0
_ENTRIES_A_CHECKPOINT: Final = 20_000
_DAY: Final = 86400  # seconds
_STOP_SECONDS: Final = 3.0  # for clients to take what is still on its way to them


class HubProcess:
    """A hub with its listeners and connections, in the running event loop.

    Args:
        config: decoded and checked.
        version: of the program, as clients are told it.
        log: opened; the state is recovered from it. Whoever opened it closes it.
        told: the mark of how far the clients were told, where one is kept.
        directory: where the hub keeps its identity; None: nowhere.
        reread: reads the configuration again, for `reload`.

    Attributes:
        config: what holds now.
        load_identity: reads the certificate to show, as it is now.
        addresses: where it listens, ports as they are.
        broken: set when the state cannot be trusted any more, by a fault of ours: the process
            should end; a new one starts from the log.
        now: the clock of the loop, in seconds.
        paused: connections that are not read from until their session has worked.
        stopping: it was told to stop.
        traffic: what passed through it.
        log_failing: the last changes could not be stored.

    Raises:
        SnapshotError: the state in the log cannot be read.
    """

    def __init__(  # noqa: PLR0913 # each is a fact by name
        self,
        config: Config,
        version: str,
        log: Log,
        told: ToldMark | None = None,
        *,
        directory: Path | None = None,
        reread: Callable[[], Config] | None = None,
    ) -> None:
        self.config = config
        self.load_identity: Final = identity_source(lambda: self.config, directory)
        self.traffic: Final = Traffic()
        self.log_failing = False
        self._version: Final = version
        self._reread: Final = reread
        self._front: Front | None = None
        self._pace: Final = CommitPace(self.traffic.commits)
        self._supervisor: Final = Supervisor()
        self.addresses: list[Address] = []
        self.paused: set[Connection] = set()
        self.broken: Final = asyncio.Event()
        self._loop: Final = asyncio.get_running_loop()
        self.now: Final = self._loop.time
        self._log: Final = log
        state = recover_state(log)
        self._told: Final = told
        self._hub: Final = Hub(
            "hub",
            log.id,
            state,
            _identity(config, version),
            config.limits,
            policy=_policy(config),
            told=told.place if told is not None else None,
        )
        self._answering: Final = Answering(log, clock, self.now, self.reload)
        self._connections: dict[Outbox, Connection] = {}
        self._all_closed: Final = asyncio.Event()
        self._begun: Final = asyncio.Event()  # the users of the process before are gone
        self._tasks: set[asyncio.Task[None]] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._sweeper: asyncio.TimerHandle | None = None
        self._scheduled = False
        self._turning = False
        self.stopping = False
        self._checkpoint_at = 0

    async def start(self, addresses: Sequence[Address]) -> None:
        """Begin to take entries from the log, and listen.

        Raises:
            Error: an address cannot be listened to; `stop` is to be called all the same.
        """
        self._log.start(self._committed)
        self._checkpoint()
        self._sweeper = self._loop.call_later(_SWEEP_SECONDS, self._sweep)
        self.schedule()
        await self._begun.wait()  # else those who were here would find their own nicks taken
        self._front = Front(self, self._version)
        self._front.open(addresses)
        self.addresses = self._front.addresses
        if not valid_hostname(self.config.name):
            advice = "clients may take it for a nick; give it a dot, as in irc.example"
            log_event("warning", "`name` is no host name", name=self.config.name, advice=advice)
        log_event("info", "listening", addresses=[str(address) for address in self.addresses])
        self._supervisor.ready(f"listening on {', '.join(map(str, self.addresses))}")
        self._supervisor.watch(self._loop, lambda: not self.broken.is_set())

    async def stop(self) -> None:
        """Listen no more, tell the clients, and keep the state."""
        self.stopping = True
        self._supervisor.stopping()
        for timer in (self._timer, self._sweeper):
            if timer is not None:
                timer.cancel()
        if self._front is not None:
            self._front.close()
        if not self.broken.is_set():
            for session in list(self._hub.sessions.values()):
                session.close("the hub is shutting down")
            self.turn()
        await self._wait_for_clients()
        if self._front is not None:
            await self._front.stop()
        for task in self._tasks:
            task.cancel()
        if not self.broken.is_set():
            self._checkpoint()
        log_event("info", "stopped")

    async def _wait_for_clients(self) -> None:
        """Give them a little time to take what is on its way to them."""
        if not self._connections:
            return
        try:
            await asyncio.wait_for(self._all_closed.wait(), _STOP_SECONDS)
        except TimeoutError:
            for connection in list(self._connections.values()):
                connection.transport.abort()

    # For whoever runs it

    @property
    def hub(self) -> Hub:
        """The state machine; to look at, and to order changes by `order`."""
        return self._hub

    @property
    def log(self) -> Log:
        """What the hub keeps; to copy it."""
        return self._log

    def log_waits(self) -> float:
        """Return how many seconds the oldest changes have waited to become durable."""
        return self._pace.waits(perf_counter())

    async def order(self, make: Callable[[str], Change]) -> Sequence[Event] | None:
        """Let the hub propose a change of its own (`Hub.order`); return what came of it.

        None: it could not be stored.
        """
        outcome: asyncio.Future[Sequence[Event] | None] = self._loop.create_future()

        def done(events: Sequence[Event] | None) -> None:
            if not outcome.done():
                outcome.set_result(events)

        self._hub.order(make, done)
        self.schedule()
        return await outcome

    def reload(self) -> Differences:
        """Read the configuration again, and take over what can change while the hub runs.

        So is the certificate, for the connections to come.

        Raises:
            Error: it is wrong, or the certificate cannot be used: everything stays as it is.
        """
        before = self.config
        self._supervisor.reloading()
        try:
            differences = compare(before, self._reread() if self._reread is not None else before)
            self.config = differences.config
            if self._front is not None:
                self._front.reload()
        except Error:
            self.config = before
            raise
        finally:
            self._supervisor.ready(f"listening on {', '.join(map(str, self.addresses))}")
        hub, config = self._hub, self.config
        begun = {"created": hub.identity.created, "started": hub.identity.started}
        identity = msgspec.structs.replace(_identity(config, self._version), **begun)
        hub.configure(identity, config.limits, _policy(config))
        self.schedule()
        return differences

    # Connections

    def opened(self, connection: Connection, origin: Origin) -> Session:
        """Take a new connection."""
        session = self._hub.open_session(origin, self.now())
        self._connections[session.outbox] = connection
        return session

    def closed(self, connection: Connection, reason: str) -> None:
        """Forget a connection that is gone."""
        session = connection.session
        self._connections.pop(session.outbox, None)
        if self.stopping and not self._connections:
            self._all_closed.set()
        self.paused.discard(connection)
        self._hub.lose_session(session, session.closing or reason)
        self.schedule()

    # Turns of the loop

    def schedule(self) -> None:
        """Have `turn` called once, after everything that this turn of the loop reads."""
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self.turn)

    def turn(self) -> None:
        """Carry what the hub has for the log, for the network and for the clock."""
        self._scheduled = False
        if self.broken.is_set():
            return
        self._turning = True
        try:
            self._carry()
        finally:
            self._turning = False
        hub = self._hub
        if self._told is not None and self._told.place != hub.state.applied:
            # When the loop has written what is in the outboxes of this turn.
            self._loop.call_soon(self._told.move, hub.state.applied)
        next_tick = hub.next_tick()
        if next_tick is not None and self._timer is None and not self.stopping:
            self._timer = self._loop.call_at(next_tick, self._tick)

    def _carry(self) -> None:
        """Hand changes to the log, and lines to the connections."""
        hub, log = self._hub, self._log
        while hub.proposals or hub.filings or hub.requests:
            self._file()
            requests, hub.requests = hub.requests, []
            for request in requests:
                task = self._loop.create_task(self._answer(request))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            if hub.proposals:
                changes, hub.proposals = hub.proposals, []
                self._pace.begin(len(changes), perf_counter())
                log.append(changes)  # a log in memory commits at once: hence the loop
        self._write()
        if self.paused:
            self.paused = {one for one in self.paused if not one.resume_if_worked()}

    def _write(self) -> None:
        """Write what is in the outboxes: one write a session."""
        hub, connections = self._hub, self._connections
        receivers: list[Connection] = []
        pieces: list[bytes] = []
        dirty = hub.dirty.copy()
        hub.dirty.clear()
        for outbox in dirty:
            connection = connections.get(outbox)
            data = outbox.take()
            if connection is not None and data:
                receivers.append(connection)
                pieces.append(data)
        writes = [connection.transport.write for connection in receivers]
        # One call of the system right after the other, without the interpreter in between, which
        # each of them would find out of the caches of the processor again.
        deque(map(call, writes, pieces), maxlen=0)
        self.traffic.writes += len(pieces)
        self.traffic.sent += sum(map(len, pieces))
        waiting = [connection.transport.get_write_buffer_size() for connection in receivers]
        if max(waiting, default=0) > hub.limits.outbox:
            self._drop_slow(receivers)
        closing, hub.closing = hub.closing, []
        for session in closing:
            hub.lose_session(session, session.closing)
            connection = connections.get(session.outbox)
            if connection is not None:
                connection.close()
        if hub.proposals:
            self.schedule()

    def _drop_slow(self, receivers: Sequence[Connection]) -> None:
        """Let go of those for whom too much waits."""
        for connection in receivers:
            if connection.transport.get_write_buffer_size() > self._hub.limits.outbox:
                self.traffic.dropped += 1
                self._hub.lose_session(connection.session, "Too slow: output queue exceeded")
                connection.transport.abort()

    def _committed(self, entries: Sequence[Entry], failed: Collection[int] = ()) -> None:
        hub = self._hub
        if self.broken.is_set():
            return
        self._pace.end(len(entries), perf_counter())
        self.traffic.entries += len(entries) - len(failed)
        self.traffic.failed += len(failed)
        self.log_failing = bool(failed)
        try:
            hub.commit(entries, self.now(), failed)
        except Exception as error:  # noqa: BLE001 # whatever it is, to go on would be wrong
            self._break(error)
            return
        self._begun.set()
        if hub.state.applied >= self._checkpoint_at:
            self._checkpoint()
        if not self._turning:
            self.turn()

    def _break(self, error: Exception) -> None:
        """Stop dead: who was told what is not certain any more, but the log is whole."""
        _logger.critical("an entry could not be applied", exc_info=error)
        self.broken.set()
        for connection in list(self._connections.values()):
            connection.transport.abort()

    def _file(self) -> None:
        if self._hub.filings:
            filings, self._hub.filings = self._hub.filings, []
            self._log.file(filings)

    def _checkpoint(self) -> None:
        # First what was filed: a start reads no entry before the checkpoint again, and so
        # would not find out by itself.
        self._file()
        state = self._hub.state
        self._log.checkpoint(state.applied, state.snapshot())
        self._checkpoint_at = state.applied + _ENTRIES_A_CHECKPOINT

    async def _answer(self, request: Request) -> None:
        await self._answering.answer(request)
        self.schedule()

    def _tick(self) -> None:
        self._timer = None
        self._hub.tick(self.now())
        self.schedule()

    def _sweep(self) -> None:
        self._sweeper = self._loop.call_later(_SWEEP_SECONDS, self._sweep)
        self._hub.sweep(self.now())
        self.schedule()


def _policy(config: Config) -> Policy:
    return Policy(access=config.access, accounts=config.accounts, operators=config.operators)


def _identity(config: Config, version: str) -> Identity:
    return Identity(
        name=config.name,
        description=config.description,
        network=config.network,
        motd=tuple(config.motd.splitlines()),
        password=config.password,
        sts_seconds=int(config.tls.sts_days * _DAY),
        sts_port=config.port,
        version=version,
        created=time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime()),
        started=clock(),
        admin=tuple(config.admin.splitlines()),
        filehost=config.filehost,
    )
