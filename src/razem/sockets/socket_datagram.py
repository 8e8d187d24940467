"""Blocking datagrams over sockets of the system, and how they are made."""

from __future__ import annotations

import selectors
import socket
from contextlib import suppress
from threading import RLock
from typing import TYPE_CHECKING, Final, cast

from razem.sockets.address import Address
from razem.sockets.clock import deadline_after, remaining
from razem.sockets.connecting import CONNECT_TIMEOUT
from razem.sockets.connecting import connect as connect_any
from razem.sockets.datagram import Datagrams
from razem.sockets.datagram_failures import datagram_timed_out, no_datagrams
from razem.sockets.options import presetting
from razem.sockets.ports import Ports, bind_ports, connect_ports
from razem.sockets.resolve import resolve
from razem.sockets.schemes import find

if TYPE_CHECKING:
    import ssl
    from collections.abc import Sequence

    from razem.sockets.options import OptionValues

__all__ = [
    "SocketDatagrams",
    "bind",
    "bind_datagrams",
    "connect_datagrams",
    "open_connected",
]

ASK_AGAIN: Final = 0.005  # seconds, where the system cannot tell when there is room

# poll(2) takes descriptors of any number, and costs nothing to set up.
_Selector: Final = getattr(selectors, "PollSelector", selectors.SelectSelector)


def bind(
    address: Address | str,
    *,
    timeout: float | None = CONNECT_TIMEOUT,
    options: OptionValues | None = None,
) -> Datagrams:
    """Open an end for datagrams at the address; close it, or use it in a ``with``.

    ``udp://localhost:9090`` is both loopback addresses, ``udp://:9090`` every interface, port 0
    a free one: see `Datagrams.local`. A UNIX socket file that nobody has open is replaced, and
    removed on close. ``icmp:`` opens a socket for pings, which the system gives its own
    identifier, where this user may, else a raw one; ``ip:`` and ``packet:`` need a privilege.

    >>> with bind("udp://localhost:0") as server, connect_datagrams(server.local) as client:
    ...     client.send(b"hello")
    ...     data, sender = server.receive()
    ...     server.send(data.upper(), to=sender)
    ...     client.receive()[0]
    b'HELLO'

    Args:
        address: udp, unix+dgram, icmp, ip or packet.
        timeout: seconds to look its name up.
        options: of the socket, from before it is bound; see `razem.sockets.options`.

    Raises:
        InUseError: somebody has it already; the message names the process, if it may.
        PermissionDeniedError: this user may not.
        UnavailableError: the machine has no such address, interface or family.
        ResolveError: the name is not known.
        AddressError: the address is wrong, or has no datagrams.
    """
    address = Address(address)
    with presetting(address, options):
        datagrams: Datagrams = find(address, "bind")(address, deadline_after(timeout))
    return datagrams


def connect_datagrams(
    address: Address | str,
    *,
    timeout: float | None = CONNECT_TIMEOUT,
    options: OptionValues | None = None,
    source: Address | str | None = None,
) -> Datagrams:
    """Do what `razem.connect` does with an address of datagrams, for type checkers.

    Nothing is sent by that: whether somebody is there shows when one sends. Only what the peer
    sends is received.

    Args:
        address: udp, unix+dgram, unix+seqpacket, icmp, ip or packet.
        timeout: seconds for all of it.
        options: of the socket, from before it is bound or connected; see `razem.sockets.options`.
        source: the address of ours to send from; by default the system chooses.

    Raises:
        AddressError: the address is wrong, or has no datagrams.
        Error: as `razem.connect`.
    """
    connected: object = connect_any(address, timeout=timeout, options=options, source=source)
    if isinstance(connected, Datagrams):
        return connected
    cast("Datagrams", connected).close()
    raise no_datagrams(Address(address))


def bind_datagrams(address: Address, deadline: float | None) -> SocketDatagrams:
    """Bind any kind that has sockets."""
    endpoints = resolve(address, listening=True, deadline=deadline)
    return SocketDatagrams(bind_ports(address, endpoints))


def open_connected(
    address: Address, deadline: float | None, _tls: ssl.SSLContext | None = None
) -> SocketDatagrams:
    """Connect any kind that has sockets."""
    return SocketDatagrams(connect_ports(address, resolve(address, deadline=deadline)))


class SocketDatagrams(Datagrams):
    """Datagrams over sockets of the system.

    Args:
        ports: bound or connected; they belong to this object from now on.
        timeout: the default of all calls.
    """

    def __init__(self, ports: Ports, *, timeout: float | None = None) -> None:
        super().__init__(local=ports.local, remote=ports.remote, timeout=timeout)
        self._ports = ports
        self._waking = RLock()
        self._wakers: tuple[socket.socket, socket.socket] | None = None
        self._reading = _Selector()
        self._writing = _Selector()

    def _receive(self, max_bytes: int, deadline: float | None) -> tuple[bytes, Address | None]:
        while True:
            taken = self._ports.receive(max_bytes)
            if taken is not None:
                return taken
            self._wait(self._reading, "read", deadline)

    def _send(self, data: bytes | memoryview, to: Address | None, deadline: float | None) -> None:
        place = self._ports.place(to)
        if place is None:
            assert to is not None  # noqa: S101  only a name has to be looked up
            place = self._ports.choose(to, resolve(to, deadline=deadline))
        while not self._ports.send(data, place, to):
            self._wait(self._writing, "write", deadline, to)

    def _wait(
        self,
        selector: selectors.BaseSelector,
        stage: str,
        deadline: float | None,
        to: Address | None = None,
    ) -> None:
        """Wait until it is worth trying again.

        Raises:
            TimedOutError: the deadline passed.
            ClosedError: it was closed.
        """
        if not selector.get_map():
            self._register(selector, stage)
        seconds = remaining(deadline)
        if stage == "write" and self._ports.must_poll(to):
            if seconds == 0:
                raise datagram_timed_out(to or self._remote, stage)
            self._pause(ASK_AGAIN if seconds is None else min(seconds, ASK_AGAIN))
        elif not selector.select(seconds):
            raise datagram_timed_out(to or self._remote, stage)
        if self._closed:
            raise self._closed_error(stage)

    def _register(self, selector: selectors.BaseSelector, stage: str) -> None:
        """Watch the sockets, and for our being closed."""
        with self._waking:
            if self._closed:
                raise self._closed_error(stage)
            if self._wakers is None:
                self._wakers = socket.socketpair()
            selector.register(self._wakers[0], selectors.EVENT_READ)
        event = selectors.EVENT_READ if stage == "read" else selectors.EVENT_WRITE
        for sock in self._ports.sockets:
            selector.register(sock, event)

    def _pause(self, seconds: float) -> None:
        """Wait for being closed only."""
        if self._wakers is not None:
            with _Selector() as selector:
                selector.register(self._wakers[0], selectors.EVENT_READ)
                selector.select(seconds)

    def close_sending(self) -> None:
        """Tell the peer that nothing more will be sent; receiving goes on. Again is harmless.

        Raises:
            LocalProtocolError: it is not unix+seqpacket, which alone has connections.
            ClosedError: this side closed it.
        """
        with self._sending:
            if self._closed:
                raise self._closed_error("write")
            self._ports.close_half(socket.SHUT_WR)

    def close_receiving(self) -> None:
        """Receive nothing more; sending goes on. Again is harmless.

        The next receive, also one that waits, gets what has arrived and then the peer's end.

        Raises:
            LocalProtocolError: it is not unix+seqpacket, which alone has connections.
            ClosedError: this side closed it.
        """
        with self._sending:  # not the other one, which whoever waits for a message has
            if self._closed:
                raise self._closed_error("read")
            self._ports.close_half(socket.SHUT_RD)

    def wait_ready(self, stage: str, deadline: float | None) -> None:
        """Wait until it is worth trying to "read" or "write" again.

        Raises:
            TimedOutError: the deadline passed.
            ClosedError: it was closed.
        """
        self._wait(self._reading if stage == "read" else self._writing, stage, deadline)

    def _disown(self) -> None:
        self._ports.disown()

    def _described(self) -> Sequence[int]:
        return () if self._closed else [sock.fileno() for sock in self._ports.sockets]

    def _wake(self) -> None:
        with self._waking:
            if self._wakers is not None:
                with suppress(OSError):  # closed before
                    self._wakers[1].send(b"!")

    def _release(self) -> None:
        self._reading.close()
        self._writing.close()
        self._ports.close()
        if self._wakers is not None:
            for sock in self._wakers:
                sock.close()
