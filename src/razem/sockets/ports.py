"""The sockets of a datagram end: what both drivers share. It never waits."""

from __future__ import annotations

import errno
import socket
import sys
from threading import local as thread_local
from typing import TYPE_CHECKING, Any, Final

from razem.errors import Error, LocalProtocolError
from razem.sockets.address import Address
from razem.sockets.datagram import MAX_DATAGRAM
from razem.sockets.datagram_failures import (
    cannot_open,
    connection_ended,
    datagram_failed,
    datagram_truncated,
    empty_message,
    no_half_close,
    no_receiver,
    other_family,
    other_link,
    wrong_scheme,
)
from razem.sockets.endpoints import address_of, known_endpoints
from razem.sockets.failures import Failed, cannot_connect, cannot_listen
from razem.sockets.listening import (
    ListeningSocket,
    close_listening_sockets,
    disown_listening_sockets,
    listening_address,
    open_each,
)
from razem.sockets.lookup import Lookup
from razem.sockets.options import apply_preset
from razem.sockets.source import bind_to_source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from razem.sockets.endpoints import Endpoint

__all__ = ["Ports", "bind_ports", "connect_ports"]

_CACHED: Final = 1024  # addresses; a stranger can make up any number of senders
_MAX_IP_HEADER: Final = 60  # bytes; RFC 791 3.1: fifteen words
_IP_RAW: Final = 255  # raw(7): IPPROTO_RAW
# recv(2): "return the real length of the packet or datagram, even when it was longer than the
# passed buffer". Elsewhere the one byte more that is asked for tells that it was longer.
_TELL_LENGTH: Final = socket.MSG_TRUNC if sys.platform == "linux" else 0

_SEQPACKET: Final = getattr(socket, "SOCK_SEQPACKET", socket.SOCK_STREAM)

_memory = thread_local()


def bind_ports(address: Address, endpoints: Sequence[Endpoint]) -> Ports:
    """Open and bind the sockets of an address.

    Raises:
        Error: the system refused.
    """

    def open_one(endpoint: Endpoint) -> ListeningSocket:
        sock = _open(address, endpoint, "listen")
        try:
            _bind(sock, endpoint)
        except BaseException:
            sock.close()
            raise
        return sock

    if address.scheme == "packet":
        try:
            sockets = [open_one(endpoints[0])]
        except Error:
            raise
        except OSError as error:
            raise _not_opened(address, error, endpoints[0], "listen") from error
        return Ports(address, sockets, remote=address)
    return Ports(address, open_each(address, endpoints, open_one), remote=None)


def connect_ports(address: Address, endpoints: Sequence[Endpoint]) -> Ports:
    """Open a socket that knows one peer: the first endpoint that a way leads to.

    Raises:
        Error: the system refused.
    """
    if address.scheme == "packet":  # packet(7) has no connect: the interface is all there is
        return bind_ports(address, endpoints)
    failed: list[Failed] = []
    for endpoint in endpoints:
        try:
            sock = _open(address, endpoint, "connect")
        except Error:
            raise
        except OSError as error:
            failed.append(Failed(endpoint, error, 0.0))
            continue
        try:
            _connect(sock, endpoint)
        except Error:
            sock.close()
            raise
        except OSError as error:
            sock.close()
            failed.append(Failed(endpoint, error, 0.0))
        else:
            # Not getpeername(2): it knows no peer without a port.
            remote = address if address.is_unix else _written(address, endpoint.sockaddr)
            return Ports(address, [sock], remote=remote, connected=True)
    cause = failed[0].error
    if (made := cannot_open(address, cause, "connect")) is not None:
        raise made from cause
    if address.is_unix:
        made = datagram_failed(cause, address, "connect", scheme=address.scheme)
        raise made from cause
    made, cause = cannot_connect(address, failed)
    raise made from cause


class Ports:
    """One socket or more, non-blocking, that are one end to their user.

    Two are it where one cannot have both versions of IP: at ``localhost``, or for ICMP.

    Args:
        address: as it was asked for.
        sockets: bound or connected; they belong to this object from now on.
        remote: the only peer, if there is one.
        connected: whether the system knows the peer.

    Attributes:
        local: the address to send to, with the real port; None where it has no name.
        ended: the peer of a connection has ended it.
    """

    def __init__(
        self,
        address: Address,
        sockets: Sequence[socket.socket],
        *,
        remote: Address | None,
        connected: bool = False,
    ) -> None:
        self.scheme = address.scheme
        self.sockets = list(sockets)
        self.remote = remote
        self.connected = connected
        self.ended = False
        self.kept = sockets[0].type == _SEQPACKET  # a connection, though of messages
        self._number = address.number
        self._turn = -1
        self._addresses: dict[Any, Address | None] = {}
        self._places: dict[Address, tuple[socket.socket, Any]] = {}
        # Raw sockets for ICMP give the IP header before it on IPv4, those for pings do not.
        self._headed = {
            sock
            for sock in sockets
            if address.scheme == "icmp"
            and sock.type == socket.SOCK_RAW
            and sock.family == socket.AF_INET
        }
        for sock in self.sockets:
            sock.setblocking(False)
        self.local = self._local_of(address)

    def _local_of(self, address: Address) -> Address | None:
        """Ask the system for the real name."""
        if address.port is None and not address.is_unix and not self.connected:
            return address
        if not self.connected:
            return listening_address(address, self.sockets)
        return _written(address, self.sockets[0].getsockname())

    def receive(self, max_bytes: int) -> tuple[bytes, Address | None] | None:
        """Return the next datagram and its sender; None if there is none yet.

        Raises:
            TruncatedError: it was too long; or the peer has ended the connection.
            Error: the system told of a failure.
        """
        count = len(self.sockets)
        for _ in range(count):
            self._turn = (self._turn + 1) % count  # so that none is asked before the others always
            try:
                taken = self._receive_from(self.sockets[self._turn], max_bytes)
            except (BlockingIOError, InterruptedError):
                continue
            except OSError as error:
                if isinstance(error, Error):
                    raise
                raise datagram_failed(error, self.remote, "read", scheme=self.scheme) from error
            return taken
        return None

    def _receive_from(self, sock: socket.socket, max_bytes: int) -> tuple[bytes, Address | None]:
        """Receive from one socket."""
        if self.ended:
            raise connection_ended(self.remote)
        header = _MAX_IP_HEADER if sock in self._headed else 0
        room = max_bytes + header + 1
        buffer = _buffer(room)
        size, sockaddr = sock.recvfrom_into(buffer, room, _TELL_LENGTH)
        if not size and self.kept:
            self.ended = True
            raise connection_ended(self.remote)
        start = (buffer[0] & 15) * 4 if header and size else 0
        sender = self._address(sock, sockaddr)
        if size - start > max_bytes:
            raise datagram_truncated(sender, size - start if _TELL_LENGTH else None, max_bytes)
        return bytes(memoryview(buffer)[start:size]), sender

    def _address(self, sock: socket.socket, sockaddr: Any) -> Address | None:
        """Return the address of a sender, and remember how to answer it."""
        if not sockaddr:
            return self.remote if self.connected else None
        if sockaddr in self._addresses:
            return self._addresses[sockaddr]
        address = _named(self.scheme, self._number, sockaddr)
        if len(self._addresses) >= _CACHED:
            self._addresses.clear()
            self._places.clear()
        self._addresses[sockaddr] = address
        if address is not None and self.scheme != "packet":
            self._places[address] = sock, sockaddr
        return address

    def place(self, to: Address | None) -> tuple[socket.socket, Any] | None:
        """Return the socket and the system's address for a receiver; None to look its name up.

        The address is None where the socket knows it.

        Raises:
            AddressError: it is of another kind.
            LocalProtocolError: there is no receiver.
            UnreachableError: the sockets have another version of IP.
        """
        if to is None:
            if self.remote is None and not self.connected:
                raise no_receiver(self.local)
            return self.sockets[0], None
        if to.scheme != self.scheme:
            raise wrong_scheme(to, self.scheme)
        if self.kept:
            raise LocalProtocolError(
                "a connection has one receiver only.", stage="write", advice="Leave out to=."
            )
        if self.scheme == "packet":
            if self.remote is None or to.host != self.remote.host:
                raise other_link(to)
            return self.sockets[0], None
        return self._places.get(to) or self._look_up(to)

    def _look_up(self, to: Address) -> tuple[socket.socket, Any] | None:
        """Find the way to a receiver that was not seen before, without asking anybody."""
        endpoints = known_endpoints(to, listening=False)
        if endpoints is None:
            lookup = Lookup(to)
            if not lookup.is_numeric:
                return None
            lookup.run()
            endpoints = lookup.endpoints()
        found = self.choose(to, endpoints)
        if len(self._places) < _CACHED:
            self._places[to] = found
        return found

    def choose(self, to: Address, endpoints: Sequence[Endpoint]) -> tuple[socket.socket, Any]:
        """Return the first way that a socket of ours has to one of the endpoints.

        Raises:
            UnreachableError: there is none.
        """
        for endpoint in endpoints:
            for sock in self.sockets:
                if sock.family == endpoint.family:
                    return sock, endpoint.sockaddr
                if endpoint.family == socket.AF_INET and _takes_both(sock):
                    host, port = endpoint.sockaddr
                    return sock, (f"::ffff:{host}", port, 0, 0)  # RFC 4291 2.5.5.2
        raise other_family(to)

    def send(
        self, data: bytes | memoryview, place: tuple[socket.socket, Any], to: Address | None
    ) -> bool:
        """Send one datagram; return False if there is no room for it now.

        Raises:
            Error: the system told of a failure.
        """
        if self.kept and not data:
            raise empty_message()
        sock, sockaddr = place
        try:
            if sockaddr is None:
                sock.send(data)
            else:
                sock.sendto(data, sockaddr)
        except (BlockingIOError, InterruptedError):
            return False
        except OSError as error:
            peer = to or self.remote
            size = len(data)
            made = datagram_failed(error, peer, "write", scheme=self.scheme, size=size)
            raise made from error
        return True

    def must_poll(self, to: Address | None) -> bool:
        """Whether only asking again tells that there is room.

        unix(7): a socket that is not connected is always ready to be written to, whether the
        queue of a certain receiver is full or not.
        """
        return self.scheme.startswith("unix") and to is not None

    def close_half(self, how: int) -> None:
        """End one direction of a connection.

        Args:
            how: `socket.SHUT_RD` or `socket.SHUT_WR`.

        Raises:
            LocalProtocolError: it is no connection.
        """
        if not self.kept:
            raise no_half_close(self.scheme)
        try:
            self.sockets[0].shutdown(how)
        except OSError as error:
            raise datagram_failed(error, self.remote, "write", scheme=self.scheme) from error

    def disown(self) -> None:
        """Leave the socket file where it is on closing."""
        disown_listening_sockets(self.sockets)

    def close(self) -> None:
        """Close the sockets, and remove the socket file. Again is harmless."""
        close_listening_sockets(self.sockets)


def _open(address: Address, endpoint: Endpoint, stage: str) -> ListeningSocket:
    """Open the socket that the address needs.

    Raises:
        OSError: likewise, where no words of ours are special to it.
        PermissionDeniedError: it needs a privilege.
    """
    scheme = address.scheme
    if scheme == "icmp":
        six = endpoint.family == socket.AF_INET6
        number = socket.IPPROTO_ICMPV6 if six else socket.IPPROTO_ICMP
        try:  # icmp(7): without a privilege, where net.ipv4.ping_group_range has our group
            return ListeningSocket(endpoint.family, socket.SOCK_DGRAM, number)
        except OSError as error:
            if error.errno not in {errno.EPERM, errno.EACCES, errno.EPROTONOSUPPORT}:
                raise
        kind = socket.SOCK_RAW
    elif scheme == "ip":
        number = _IP_RAW if address.number is None else address.number
        kind = socket.SOCK_RAW
    elif scheme == "packet":
        number = 0  # nothing arrives before it is bound to its interface
        kind = socket.SOCK_RAW
    else:
        number = 0
        kind = _SEQPACKET if scheme == "unix+seqpacket" else socket.SOCK_DGRAM
    try:
        return ListeningSocket(endpoint.family, kind, number)
    except OSError as error:
        if (made := cannot_open(address, error, stage)) is not None:
            raise made from error
        raise


def _bind(sock: socket.socket, endpoint: Endpoint) -> None:
    """Bind it."""
    if endpoint.family == socket.AF_INET6 and sock.type != socket.SOCK_RAW:  # those never take both
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, not endpoint.dual_stack)
    apply_preset(sock)
    sock.bind(endpoint.sockaddr)


def _connect(sock: ListeningSocket, endpoint: Endpoint) -> None:
    """Connect it."""
    apply_preset(sock)
    here = bind_to_source(sock)
    if not here and endpoint.family == getattr(socket, "AF_UNIX", None) and sys.platform == "linux":
        sock.bind("")  # unix(7), "autobind": so that the peer can answer
    sock.connect(endpoint.sockaddr)


def _not_opened(address: Address, error: OSError, endpoint: Endpoint, stage: str) -> Error:
    """Make the error for a socket that could not be bound."""
    return cannot_open(address, error, stage) or cannot_listen(address, error, endpoint)


def _written(address: Address, sockaddr: Any) -> Address | None:
    """Return the address for what the system calls an end of ours."""
    return _named(address.scheme, address.number, sockaddr)


def _named(scheme: str, number: int | None, sockaddr: Any) -> Address | None:
    """Return the address of an end; None where it has no name."""
    if scheme == "packet":
        # packet(7): interface, protocol, kind of packet, kind of hardware, hardware address
        return Address.of("packet", host=sockaddr[0], text=sockaddr[4].hex(":"))
    if scheme in {"icmp", "ip"}:
        host = address_of("udp", sockaddr)
        return None if host is None else Address.of(scheme, host=host.host, number=number)
    return address_of(scheme, sockaddr)


def _takes_both(sock: socket.socket) -> bool:
    """Whether an IPv6 socket reaches IPv4 too."""
    return (
        sock.family == socket.AF_INET6
        and sock.type == socket.SOCK_DGRAM
        and not sock.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY)
    )


def _buffer(size: int) -> bytearray:
    """Memory to receive into, one a thread: what arrives is copied out at once."""
    usual = MAX_DATAGRAM + _MAX_IP_HEADER + 1
    if size > usual:
        return bytearray(size)
    try:
        buffer: bytearray = _memory.buffer
    except AttributeError:
        buffer = _memory.buffer = bytearray(usual)
    return buffer
