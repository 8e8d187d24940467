"""From an accepted socket to the protocol that its client speaks.

A newcomer passes these stations, each at its own pace and with a time limit, so that none waits
for another:

    take ──► PROXY header (from proxies only) ──► first byte, looked at and not taken
                                                    │ TLS                      │ plain
                                    handshake, at most so many at a time       │
                                                    ▼                          ▼
                         ALPN, or the first bytes inside: IRC or HTTP?   the first bytes
                                                    └──────► the door of that ◄┘

Looking without taking (MSG_PEEK) leaves the bytes to whoever is to read them: OpenSSL wants the
ClientHello from its beginning.
"""

from __future__ import annotations

import asyncio
import ipaddress
import math
import socket
import ssl
from collections import deque
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from razem.errors import RemoteProtocolError
from razem.hub.doorway import Doorway, Farewell, error_line, turn_away
from razem.hub.greeting import begins_tls, offers_http, speech_of
from razem.hub.meeting import begins_relay, ticket_of
from razem.hub.newcomer import Newcomer, peer_address
from razem.hub.proxy_header import ProxyHeader
from razem.meet.messages import RELAY_SIZE

if TYPE_CHECKING:
    from collections.abc import Collection

    from razem.hub.certificates import Certificates
    from razem.hub.config import Plaintext
    from razem.hub.greeting import Speech
    from razem.hub.places import Place, Places
    from razem.hub.refusals import Refusals
    from razem.talk.origin import Origin

__all__ = ["Arrivals", "Doors", "Network", "Rules"]

_PEEK: Final = 4096  # bytes, so that a ClientHello is seen whole
_HANDSHAKES: Final = 256  # at a time; who comes then waits, and costs no memory for it
_SLOW_SECONDS: Final = 3.0  # a handshake that goes on for longer makes room for who waits
_SWEEP_SECONDS: Final = 1.0
_FAREWELL_SECONDS: Final = 2.0  # to read why one is turned away
_TLS_CLOSE_SECONDS: Final = 3.0

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Rules(NamedTuple):
    """Who may speak how.

    Attributes:
        plaintext: who may do without TLS.
        proxies: networks whose connections begin with the PROXY protocol.
        handshake_seconds: for a TLS handshake, and for the header of a proxy.
        silent_seconds: for a client to say anything.
    """

    plaintext: Plaintext
    proxies: Collection[Network]
    handshake_seconds: float
    silent_seconds: float


class Doors(Protocol):
    """What connections are handed to when it is known what they speak.

    Each returns a protocol that lets the `Place` go when its connection is lost.
    """

    def irc(self, origin: Origin, place: Place) -> asyncio.Protocol:
        """Take a client of IRC."""

    def http(self, origin: Origin, place: Place, *, welcome: bool) -> asyncio.Protocol:
        """Take a client of HTTP; one that is not `welcome` is to be sent to TLS."""

    def meet(self, origin: Origin, place: Place) -> asyncio.Protocol:
        """Take somebody who wants to meet another by a code."""

    def join(self, sock: socket.socket, ticket: bytes | None, place: Place) -> None:
        """Take a connection that is to be joined to another by its ticket, which was read."""


class Arrivals:
    """All newcomers, until they are at their door.

    Args:
        rules: who may speak how.
        places: how many there may be.
        certificates: for TLS.
        doors: what takes them over.
        refusals: where it is noted who was turned away.
    """

    def __init__(
        self,
        rules: Rules,
        places: Places,
        certificates: Certificates,
        doors: Doors,
        refusals: Refusals,
    ) -> None:
        self.rules = rules
        self.places = places
        self._certificates: Final = certificates
        self._doors: Final = doors
        self._refusals: Final = refusals
        self._loop: Final = asyncio.get_running_loop()
        self._waiting: dict[Newcomer, None] = {}
        self._handshakes: dict[asyncio.Task[None], float] = {}  # with the time of their begin
        self._queue: deque[Newcomer] = deque()  # for a handshake
        self._tasks: set[asyncio.Task[None]] = set()
        self._sweeper: asyncio.TimerHandle | None = None

    def take(self, sock: socket.socket, peer: Any, tls_only: bool) -> None:  # noqa: FBT001 # a callback
        """Take an accepted socket over.

        Args:
            sock: connected.
            peer: its address, as ``accept()`` gave it.
            tls_only: nobody may speak plain text there.
        """
        sock.setblocking(False)
        address = peer_address(sock, peer)
        place = self.places.enter()
        if place is None:
            self._refusals.note("full", address or "unix")
            turn_away(sock, "Too many connections, try again later")
            return
        newcomer = Newcomer(sock, place, self._loop.time() + self.rules.silent_seconds)
        newcomer.tls_only = tls_only
        newcomer.address, newcomer.local = address, address is None or address.is_loopback
        self._wait_for(newcomer)
        if address is not None and any(address in proxy for proxy in self.rules.proxies):
            newcomer.header = ProxyHeader()
            newcomer.deadline = self._loop.time() + self.rules.handshake_seconds
        elif not self._settle(newcomer):
            return
        self._look(newcomer)

    def close(self) -> None:
        """Let go of all who are on their way."""
        if self._sweeper is not None:
            self._sweeper.cancel()
        for task in [*self._handshakes, *self._tasks]:
            task.cancel()
        for newcomer in list(self._waiting):
            self._expire(newcomer, "the hub is shutting down")

    async def stop(self) -> None:
        """Wait until those who were on their way are gone; after `close`."""
        await asyncio.gather(*self._handshakes, *self._tasks, return_exceptions=True)
        await asyncio.sleep(0)  # a transport that was given up closes its socket a turn later

    # Before it has a transport

    def _settle(self, newcomer: Newcomer) -> bool:
        """Count a newcomer with those of its address; false when it is one too many."""
        reason = self.places.settle(newcomer.place, newcomer.address)
        if reason:
            self._refusals.note("address", newcomer.address, reason)
            self._drop(newcomer, reason)
        return not reason

    def _look(self, newcomer: Newcomer) -> None:
        """Look at what came first, or wait for it."""
        while True:
            try:
                data = newcomer.sock.recv(_PEEK, socket.MSG_PEEK)
            except (BlockingIOError, InterruptedError):
                if not newcomer.watched:
                    newcomer.watched = True
                    self._loop.add_reader(newcomer.sock, self._look, newcomer)
                return
            except OSError:
                data = b""
            if not data:
                self._drop(newcomer)
                return
            if newcomer.header is None:
                break
            if not self._read_header(newcomer, newcomer.header, data):
                return
        if newcomer.watched:
            newcomer.watched = False
            self._loop.remove_reader(newcomer.sock)
        if begins_tls(data):
            self._queue_for_tls(newcomer)
        else:
            self._admit_plain(newcomer, data)

    def _read_header(self, newcomer: Newcomer, header: ProxyHeader, data: bytes) -> bool:
        """Take what a proxy says; false when the newcomer may not stay."""
        try:
            used = header.receive(data)
        except RemoteProtocolError as error:
            self._refusals.note("proxy", newcomer.address, str(error))
            self._drop(newcomer)
            return False
        newcomer.sock.recv(used)
        if not header.done:
            return True
        newcomer.header = None
        return self._pass_header(newcomer, header)

    def _pass_header(self, newcomer: Newcomer, header: ProxyHeader) -> bool:
        """Take from a proxy where its client is."""
        newcomer.deadline = self._loop.time() + self.rules.silent_seconds
        if header.relayed:
            if header.source is None:
                # From anywhere: that the proxy is near gives it no privilege.
                newcomer.local = False
            else:
                newcomer.address = header.source
                newcomer.local = header.source.is_loopback
        return self._settle(newcomer)

    def _admit_plain(self, newcomer: Newcomer, data: bytes) -> None:
        """Let a client that begins without TLS in by its door, or show it out."""
        if begins_relay(data):  # which needs no TLS of ours (see hub/meeting.py)
            del self._waiting[newcomer]
            newcomer.sock.recv(RELAY_SIZE)
            self._doors.join(newcomer.sock, ticket_of(data), newcomer.place)
            return
        speech = speech_of(data)
        if speech is None:
            protocol: asyncio.Protocol = Doorway(self, newcomer)
        else:
            protocol = self.door(newcomer, speech)
        self._start(self._connect(newcomer, protocol))

    async def _connect(self, newcomer: Newcomer, protocol: asyncio.Protocol) -> None:
        try:
            await self._loop.connect_accepted_socket(lambda: protocol, newcomer.sock)
        except OSError:  # it is gone already
            self._drop(newcomer)

    def _queue_for_tls(self, newcomer: Newcomer) -> None:
        newcomer.tls = True
        if len(self._handshakes) >= _HANDSHAKES:
            self._queue.append(newcomer)
            return
        newcomer.deadline = math.inf  # the handshake has a time limit of its own
        task = self._loop.create_task(self._shake_hands(newcomer))
        self._handshakes[task] = self._loop.time()
        task.add_done_callback(self._shook_hands)

    async def _shake_hands(self, newcomer: Newcomer) -> None:
        try:
            hello = newcomer.sock.recv(_PEEK, socket.MSG_PEEK)
            await self._loop.connect_accepted_socket(
                lambda: Doorway(self, newcomer),
                newcomer.sock,
                ssl=self._certificates.context(for_http=offers_http(hello)),
                ssl_handshake_timeout=self.rules.handshake_seconds,
                ssl_shutdown_timeout=_TLS_CLOSE_SECONDS,
            )
        except (OSError, asyncio.CancelledError) as error:
            if newcomer in self._waiting:
                reason = error.reason if isinstance(error, ssl.SSLError) else ""
                self._refusals.note("tls", newcomer.address or "unix", reason or str(error))
                self.lost(newcomer)  # its transport has closed the socket

    def _shook_hands(self, task: asyncio.Task[None]) -> None:
        del self._handshakes[task]
        while self._queue:
            newcomer = self._queue.popleft()
            if newcomer in self._waiting:
                self._queue_for_tls(newcomer)
                return

    # At the door

    def door(self, newcomer: Newcomer, speech: Speech) -> asyncio.Protocol:
        """Return the protocol for a newcomer, which is none any more."""
        del self._waiting[newcomer]
        origin = newcomer.origin()
        if speech == "meet":
            return self._doors.meet(origin, newcomer.place)
        welcome = newcomer.tls or (not newcomer.tls_only and self._may_speak_plainly(newcomer))
        if speech == "http":
            if not welcome:
                self._refusals.note("plaintext", newcomer.address or "unix")
            return self._doors.http(origin, newcomer.place, welcome=welcome)
        if welcome:
            return self._doors.irc(origin, newcomer.place)
        self._refusals.note("plaintext", newcomer.address or "unix")
        return Farewell(self, newcomer, "Connect with TLS (SSL) to this same port")

    def _may_speak_plainly(self, newcomer: Newcomer) -> bool:
        allowed = self.rules.plaintext
        if newcomer.address is None and newcomer.local:  # a UNIX socket
            return True
        return allowed == "everywhere" or (allowed == "loopback" and newcomer.local)

    # Time, and the end

    def _wait_for(self, newcomer: Newcomer) -> None:
        self._waiting[newcomer] = None
        if self._sweeper is None:
            self._sweeper = self._loop.call_later(_SWEEP_SECONDS, self._sweep)

    def _sweep(self) -> None:
        now = self._loop.time()
        for newcomer in [one for one in self._waiting if one.deadline <= now]:
            self._refusals.note("silent", newcomer.address or "unix")
            self._expire(newcomer, "Registration timed out")
        if self._queue:
            for task, begin in self._handshakes.items():
                if now - begin > _SLOW_SECONDS:
                    task.cancel()
        busy = self._waiting or self._queue
        self._sweeper = self._loop.call_later(_SWEEP_SECONDS, self._sweep) if busy else None

    def _expire(self, newcomer: Newcomer, reason: str) -> None:
        if newcomer.transport is not None:
            if newcomer.leaving:
                newcomer.transport.abort()
            else:
                newcomer.transport.write(error_line(reason))
                newcomer.transport.close()
                self.see_off(newcomer)
        elif newcomer.tls:
            if newcomer.deadline < math.inf:
                self._drop(newcomer)
        elif newcomer.tls_only or not self._may_speak_plainly(newcomer):
            self._drop(newcomer, f"{reason}. Connect with TLS (SSL) to this same port")
        else:
            self._drop(newcomer, reason)

    def _drop(self, newcomer: Newcomer, reason: str = "") -> None:
        """Close the socket of a newcomer; with a reason where it can read one."""
        self._waiting.pop(newcomer, None)
        newcomer.place.leave()
        if newcomer.watched:
            newcomer.watched = False
            self._loop.remove_reader(newcomer.sock)
        if reason:
            turn_away(newcomer.sock, reason)
        else:
            newcomer.sock.close()

    def lost(self, newcomer: Newcomer) -> None:
        """Forget a newcomer whose connection is gone."""
        self._waiting.pop(newcomer, None)
        newcomer.place.leave()

    def see_off(self, newcomer: Newcomer) -> None:
        """Give a client that is shown out a moment to read why."""
        newcomer.leaving = True
        newcomer.deadline = self._loop.time() + _FAREWELL_SECONDS
        self._wait_for(newcomer)

    def admit_inside(self, newcomer: Newcomer) -> None:
        """Give a client whose TLS stands its time to speak."""
        newcomer.deadline = self._loop.time() + self.rules.silent_seconds

    def _start(self, work: Any) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
