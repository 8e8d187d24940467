"""Descriptors sent to another process over a UNIX socket (unix(7), SCM_RIGHTS), blocking."""

from __future__ import annotations

import array
import os
import socket
from typing import TYPE_CHECKING, Any, Final, Protocol

from razem.errors import LocalProtocolError, TruncatedError, UnavailableError
from razem.sockets.clock import deadline_after
from razem.sockets.datagram_failures import connection_ended, datagram_failed
from razem.sockets.failures import stream_failed
from razem.sockets.socket_datagram import SocketDatagrams
from razem.sockets.socket_stream import SocketStream
from razem.sockets.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from razem.errors import Error
    from razem.sockets.datagram import Datagrams
    from razem.sockets.descriptors import Described

__all__ = [
    "HasFileno",
    "no_passing",
    "receive_descriptors",
    "send_descriptors",
    "try_receive",
    "try_send",
]

MAX_DESCRIPTORS: Final = 253  # unix(7): SCM_MAX_FD, in one message
_SIZE: Final = array.array("i").itemsize


class HasFileno(Protocol):
    """Anything with a descriptor."""

    def fileno(self) -> int:
        """Return the number."""


def send_descriptors(
    end: Stream | Datagrams,
    descriptors: Sequence[int | HasFileno],
    data: bytes = b"\0",
    *,
    timeout: float | None = None,
) -> None:
    """Send descriptors to the process at the other end, which gets copies of its own.

    Yours stay open: close them when they are sent, if you need them no more.

    Args:
        end: connected by a UNIX socket: unix, unix+dgram or unix+seqpacket.
        descriptors: numbers, or whatever has a `fileno`; 253 at the most.
        data: what arrives with them; at least one byte.
        timeout: seconds.

    Raises:
        UnavailableError: it is no UNIX socket.
        LocalProtocolError: too many of them, or no data.
        BrokenError: the peer has gone.
        TimedOutError: there was no room in time; of a stream's data some may be sent.
        ClosedError: this side has closed it.
    """
    numbers = check_passing(end, descriptors, data)
    deadline = deadline_after(timeout)
    if isinstance(end, SocketStream):
        end.send(b"", timeout=timeout)  # what an earlier one has left goes first
    with end._sending:  # noqa: SLF001  the room's own
        while True:
            with end.options.sockets() as sockets:
                sent = try_send(end, sockets[0], data, numbers)
            if sent is not None:
                break
            wait_ready(end, "write", deadline)
        if sent < len(data) and isinstance(end, SocketStream):
            end.send(data[sent:], timeout=timeout)


def receive_descriptors(
    end: Stream | Datagrams,
    max_bytes: int = 65536,
    max_descriptors: int = 16,
    *,
    timeout: float | None = None,
) -> tuple[bytes, list[int]]:
    """Wait for data and the descriptors that were sent with it; they are yours to close.

    Without descriptors the list is empty; ``b""`` means the end of a stream. Any other way to
    receive drops the descriptors, so the two ends must agree when they are sent.

    Args:
        end: a UNIX socket: unix, unix+dgram or unix+seqpacket.
        max_bytes: of the data.
        max_descriptors: 253 at the most.
        timeout: seconds.

    Raises:
        UnavailableError: it is no UNIX socket.
        TruncatedError: there were more descriptors, which were all closed; or a longer datagram;
            or the peer has ended a connection of messages.
        TimedOutError: nothing came in time.
        ClosedError: this side has closed it.
        BrokenError: the connection failed.
    """
    check_passing(end, (), b"\0")
    deadline = deadline_after(timeout)
    if isinstance(end, SocketStream) and end.poll().receive and end._buffered():  # noqa: SLF001
        return end.receive(max_bytes, timeout=timeout), []  # read ahead, so it came without any
    with end._receiving:  # noqa: SLF001  the room's own
        while True:
            with end.options.sockets() as sockets:
                taken = try_receive(end, sockets[0], max_bytes, max_descriptors)
            if taken is not None:
                return taken
            wait_ready(end, "read", deadline)


def wait_ready(end: Stream | Datagrams, stage: str, deadline: float | None) -> None:
    """Wait until it is worth trying again."""
    if isinstance(end, (SocketStream, SocketDatagrams)):
        end.wait_ready(stage, deadline)


def check_passing(end: Described, descriptors: Sequence[int | HasFileno], data: bytes) -> list[int]:
    """Return the numbers of the descriptors, having checked that they can be sent.

    Raises:
        UnavailableError: it is no UNIX socket.
        LocalProtocolError: too many of them, or no data.
    """
    unix = hasattr(socket, "AF_UNIX") and end.family == socket.AF_UNIX
    if not unix or not hasattr(socket.socket, "sendmsg"):
        raise no_passing(f"{end.family.name} sockets carry no descriptors.")
    if not data:
        raise LocalProtocolError("descriptors are sent with at least one byte.", stage="write")
    if len(descriptors) > MAX_DESCRIPTORS:
        raise LocalProtocolError(
            f"{len(descriptors)} descriptors are too many for one message.",
            stage="write",
            advice=f"Send {MAX_DESCRIPTORS} at a time.",
        )
    return [each if isinstance(each, int) else each.fileno() for each in descriptors]


def no_passing(message: str) -> Error:
    """Make the error for an endpoint that cannot carry descriptors."""
    return UnavailableError(message, advice="Use unix+seqpacket: or unix:.")


def try_send(end: Any, sock: socket.socket, data: bytes, numbers: Sequence[int]) -> int | None:
    """Send at once; return how many bytes went, None for no room."""
    ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", numbers).tobytes())]
    try:
        return sock.sendmsg([data], ancillary if numbers else [], socket.MSG_DONTWAIT)
    except (BlockingIOError, InterruptedError):
        return None
    except OSError as error:
        raise _failed(end, error, "write", len(data)) from error


def try_receive(
    end: Any, sock: socket.socket, max_bytes: int, max_descriptors: int
) -> tuple[bytes, list[int]] | None:
    """Receive at once; None if nothing is there."""
    flags = socket.MSG_DONTWAIT | getattr(socket, "MSG_CMSG_CLOEXEC", 0)
    room = socket.CMSG_SPACE(max_descriptors * _SIZE)
    try:
        data, ancillary, told, _ = sock.recvmsg(max_bytes, room, flags)
    except (BlockingIOError, InterruptedError):
        return None
    except OSError as error:
        raise _failed(end, error, "read", 0) from error
    numbers: list[int] = []
    for level, kind, raw in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            numbers += array.array("i", raw[: len(raw) - len(raw) % _SIZE])
    if told & socket.MSG_CTRUNC or told & socket.MSG_TRUNC or len(numbers) > max_descriptors:
        for number in numbers:
            os.close(number)
        what = "descriptors" if told & socket.MSG_TRUNC == 0 else "bytes"
        raise TruncatedError(
            f"more {what} came at once than were asked for; the descriptors were closed.",
            got=len(data),
            stage="read",
            advice="Ask for more.",
        )
    if not data and sock.type == getattr(socket, "SOCK_SEQPACKET", None):
        raise connection_ended(end.remote)
    return data, numbers


def _failed(end: Any, error: OSError, stage: str, size: int) -> Error:
    """Make the error of a stream or of datagrams."""
    if isinstance(end, Stream):
        return stream_failed(error, end.remote, stage)
    return datagram_failed(error, end.remote, stage, scheme="unix+dgram", size=size)
