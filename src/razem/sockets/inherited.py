"""fd:N, blocking: descriptors that this process was started with (sd_listen_fds(3))."""

from __future__ import annotations

import errno
import os
import socket
from typing import TYPE_CHECKING, Final, cast

from razem.errors import AddressError, Error, UnavailableError
from razem.sockets.address import Address
from razem.sockets.endpoints import address_of
from razem.sockets.file_stream import FileStream
from razem.sockets.listener import Listener
from razem.sockets.ports import Ports
from razem.sockets.seqpacket import listening_messages
from razem.sockets.socket_datagram import SocketDatagrams
from razem.sockets.socket_stream import SocketStream

if TYPE_CHECKING:
    from razem.sockets.stream import Stream

__all__ = [
    "activated",
    "adopt",
    "adopt_bound",
    "adopt_connected",
    "adopt_listening",
    "adopt_ports",
    "bind_inherited",
    "connect_inherited",
    "listen_inherited",
    "named_address",
    "open_file",
]

_FIRST: Final = 3  # sd_listen_fds(3): SD_LISTEN_FDS_START

_SCHEMES: Final = {
    (socket.AF_INET, socket.SOCK_STREAM): "tcp",
    (socket.AF_INET6, socket.SOCK_STREAM): "tcp",
    (socket.AF_INET, socket.SOCK_DGRAM): "udp",
    (socket.AF_INET6, socket.SOCK_DGRAM): "udp",
}
if hasattr(socket, "AF_UNIX"):
    _SCHEMES[socket.AF_UNIX, socket.SOCK_STREAM] = "unix"
    _SCHEMES[socket.AF_UNIX, socket.SOCK_DGRAM] = "unix+dgram"
    if hasattr(socket, "SOCK_SEQPACKET"):
        _SCHEMES[socket.AF_UNIX, socket.SOCK_SEQPACKET] = "unix+seqpacket"


def activated() -> list[Address]:
    """Return an ``fd:`` address for each socket that systemd passed to this process.

    They are to be listened on, or bound if they are for datagrams. It is none where the process
    was not started so, or the sockets are for another one (``LISTEN_FDS`` and ``LISTEN_PID``,
    sd_listen_fds(3)).
    """
    return [Address(f"fd:{_FIRST + number}") for number in range(_count_passed())]


def connect_inherited(
    address: Address, _deadline: float | None = None, _tls: object = None
) -> Stream:
    """Make a stream, or datagrams, of a descriptor that is connected or no socket at all."""
    sock, scheme = adopt_connected(address)
    if sock is None:
        return open_file(address)
    if sock.type != socket.SOCK_STREAM:
        return cast("Stream", SocketDatagrams(adopt_ports(address, sock)))
    sock.setblocking(True)
    return SocketStream(sock, scheme=scheme)


def open_file(address: Address) -> FileStream:
    """Make a stream of a descriptor that is no socket."""
    descriptor = _number(address)
    mode = _access(descriptor)
    reading = -1 if mode == os.O_WRONLY else descriptor
    writing = -1 if mode == os.O_RDONLY else descriptor
    return FileStream(reading, writing, address=address)


def _access(descriptor: int) -> int:
    """Which directions a descriptor is open for: `os.O_RDONLY`, `os.O_WRONLY` or `os.O_RDWR`."""
    try:
        import fcntl  # noqa: PLC0415  not on Windows
    except ImportError:
        return os.O_RDWR
    return fcntl.fcntl(descriptor, fcntl.F_GETFL) & (os.O_RDONLY | os.O_WRONLY | os.O_RDWR)


def listen_inherited(address: Address, backlog: int) -> Listener:
    """Listen on a socket that is bound already."""
    sock, local = adopt_listening(address, backlog)
    if local.scheme == "unix+seqpacket":
        return listening_messages(local, [sock])
    return Listener(local, [sock])


def bind_inherited(address: Address, _deadline: float | None = None) -> SocketDatagrams:
    """Make datagrams of a socket that is bound already."""
    return SocketDatagrams(adopt_bound(address))


def adopt(address: Address) -> socket.socket | None:
    """Take the socket over; None if the descriptor is none.

    Raises:
        UnavailableError: it is not open.
    """
    number = _number(address)
    try:
        os.set_inheritable(number, False)
        return socket.socket(fileno=number)
    except OSError as error:
        if error.errno == errno.ENOTSOCK:
            return None
        made = UnavailableError(
            f"{address}: this process was started without that descriptor.",
            address=address,
            advice=_way_out(),
        )
        made.errno = error.errno
        raise made from error


def adopt_connected(address: Address) -> tuple[socket.socket | None, str]:
    """Take a connection over; return it and the scheme of its ends; None for no socket.

    Raises:
        UnavailableError: it is not open.
        AddressError: it is another kind of socket.
    """
    sock = adopt(address)
    if sock is None:
        return None, ""
    scheme = scheme_of(address, sock)
    if _listens(sock):
        raise _wrong_use(address, sock, "It listens: use listen().")
    return sock, scheme


def adopt_bound(address: Address) -> Ports:
    """Take a socket for datagrams over.

    Raises:
        UnavailableError: it is not open.
        AddressError: it is another kind of socket.
    """
    sock = adopt(address)
    if sock is None or sock.type != socket.SOCK_DGRAM:
        raise _wrong_use(address, sock, "It has no datagrams: use listen() or connect().")
    return adopt_ports(address, sock)


def adopt_listening(address: Address, backlog: int) -> tuple[socket.socket, Address]:
    """Take a socket over that listens or can, non-blocking; return it and where it is.

    Raises:
        UnavailableError: it is not open.
        AddressError: it is no such socket.
    """
    sock = adopt(address)
    if sock is None or sock.type == socket.SOCK_DGRAM:
        raise _wrong_use(address, sock, "It takes a socket that listens.")
    scheme = scheme_of(address, sock)
    if not _listens(sock):
        if _is_connected(sock):
            raise _wrong_use(address, sock, "It is a connection already: use connect().")
        sock.listen(backlog)
    sock.setblocking(False)
    return sock, named_address(scheme, sock) or address


def adopt_ports(address: Address, sock: socket.socket) -> Ports:
    """Make ports of a socket for datagrams."""
    scheme = scheme_of(address, sock)
    connected = _is_connected(sock)
    remote = address_of(scheme, sock.getpeername()) if connected else None
    place = named_address(scheme, sock) or Address.of(scheme, host="", port=0, path="@inherited")
    return Ports(place, [sock], remote=remote, connected=connected)


def scheme_of(address: Address, sock: socket.socket) -> str:
    """Return the scheme of the addresses of a socket.

    Raises:
        AddressError: there is none for its family and type.
    """
    scheme = _SCHEMES.get((sock.family, sock.type))
    if scheme is None:
        raise _wrong_use(address, sock, "Razem knows those of TCP, UDP and UNIX sockets.")
    return scheme


def named_address(scheme: str, sock: socket.socket) -> Address | None:
    """Return where a socket is bound; None if it is not."""
    return address_of(scheme, sock.getsockname())


def _wrong_use(address: Address, sock: socket.socket | None, advice: str) -> Error:
    """Make the error for a descriptor of another kind, and leave it open."""
    if sock is None:
        what = "is no socket"
    else:
        what = f"is a socket of another kind ({sock.family.name}, {sock.type.name})"
        sock.detach()
    return AddressError(f"{address} {what}.", address=address, advice=advice)


def _listens(sock: socket.socket) -> bool:
    try:
        return bool(sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
    except OSError:  # not of this family
        return False


def _is_connected(sock: socket.socket) -> bool:
    try:
        sock.getpeername()
    except OSError:
        return False
    return True


def _number(address: Address) -> int:
    assert address.number is not None  # noqa: S101  the syntax of fd: has it
    return address.number


def _count_passed() -> int:
    """How many sockets systemd passed to this very process."""
    count = os.environ.get("LISTEN_FDS", "")
    process = os.environ.get("LISTEN_PID", "")
    mine = process.isdecimal() and int(process) == os.getpid()
    return int(count) if mine and count.isdecimal() else 0


def _way_out() -> str:
    """What to do about a descriptor that is not there."""
    passed = _count_passed()
    if passed:
        return f"systemd passed fd:{_FIRST} to fd:{_FIRST + passed - 1} (LISTEN_FDS={passed})."
    if os.environ.get("LISTEN_PID"):
        return (
            f"systemd passed sockets to process {os.environ['LISTEN_PID']}, and this is "
            f"{os.getpid()}: let the unit start it directly, not through a shell."
        )
    return "Open it for the process, as a shell does with 3<>FILE, or by a systemd socket unit."
