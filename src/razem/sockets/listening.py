"""The listening sockets of an address, for any driver: bound, listening, non-blocking."""

from __future__ import annotations

import errno
import os
import socket
import stat
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep
from typing import TYPE_CHECKING, Final

from razem.errors import Error, InUseError
from razem.sockets.address import Address
from razem.sockets.endpoints import connection_type
from razem.sockets.failures import cannot_listen, is_missing_family
from razem.sockets.options import apply_preset
from razem.sockets.resolve import resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from razem.sockets.endpoints import Endpoint

__all__ = [
    "BACKLOG",
    "ListeningSocket",
    "close_listening_sockets",
    "disown_listening_sockets",
    "listening_address",
    "open_each",
    "open_endpoints",
    "open_listening_sockets",
]

BACKLOG: Final = 1024  # connections that wait to be accepted; the system may hold fewer

_SAME_PORT_TRIES: Final = 20
_LOCK_SECONDS: Final = 5.0


class ListeningSocket(socket.socket):
    """A socket with a name of its own. Closing it, by whomever, removes its UNIX socket file.

    The file is left where it is when it is not ours any more: when another process has put its
    own there, or when this is a child process that inherited the socket.
    """

    _file: tuple[Path, int, int, int] | None = None  # path, device, inode, process

    def owns(self, path: str) -> None:
        """Remember the file that was just made at `path`, to remove it."""
        absolute = Path(path).absolute()  # the working folder may change before it is closed
        status = absolute.lstat()
        self._file = absolute, status.st_dev, status.st_ino, os.getpid()

    def disown(self) -> None:
        """Leave the file where it is on closing."""
        self._file = None

    def close(self) -> None:
        """Remove the file, and close the socket. Again is harmless."""
        self.remove_file()
        super().close()

    def remove_file(self) -> None:
        """Remove the file only, for who closes the socket in another way."""
        file, self._file = self._file, None
        if file is not None and file[3] == os.getpid():
            with suppress(OSError):  # it is gone, or the folder is
                status = file[0].lstat()
                if (status.st_dev, status.st_ino) == file[1:3]:
                    file[0].unlink()


def open_listening_sockets(
    address: Address | str, *, backlog: int = BACKLOG
) -> list[ListeningSocket]:
    """Open every socket that it takes to listen on the address.

    They are bound and listen; they are non-blocking, so that any event loop can take them, as in
    ``loop.create_server(factory, sock=each)`` (a `socket.socket` each, whose `close` removes the
    socket file if there is one). `listening_address` says what to connect to. Close them with
    `close_listening_sockets`, or each by itself; a server of asyncio closes its own.

    ``tcp://localhost:PORT`` gives two, IPv4 and IPv6, where the machine has both; port 0 becomes
    the same free port on both. ``tcp://:PORT`` gives one that takes both families. A UNIX socket
    file that nobody listens on any more is removed first.

    Args:
        address: tcp or unix; of a tls or razem address, the sockets below its TLS.
        backlog: connections that may wait until they are accepted.

    Raises:
        InUseError: somebody listens there already; the message names the process, if it may.
        PermissionDeniedError: this user may not.
        UnavailableError: the machine has no such address, or the folder is missing.
        ResolveError: the name is not known.
        AddressError: the address is wrong, or the path too long.
    """
    address = Address(address)
    return open_endpoints(address, resolve(address, listening=True), backlog=backlog)


def close_listening_sockets(sockets: Iterable[socket.socket]) -> None:
    """Close all of them, and remove the socket file. Again is harmless."""
    for sock in sockets:
        sock.close()


def disown_listening_sockets(sockets: Iterable[socket.socket]) -> None:
    """Leave the socket file where it is when they are closed."""
    for sock in sockets:
        if isinstance(sock, ListeningSocket):
            sock.disown()


def listening_address(address: Address, sockets: Sequence[socket.socket]) -> Address:
    """Return the address to connect to: the one that was asked for, with its real port."""
    if address.is_unix or address.port or not sockets:
        return address
    return address.replace(port=sockets[0].getsockname()[1])


def open_endpoints(
    address: Address, endpoints: Sequence[Endpoint], *, backlog: int = BACKLOG
) -> list[ListeningSocket]:
    """Do what `open_listening_sockets` does, with the name looked up already."""
    return open_each(address, endpoints, lambda endpoint: _open(address, endpoint, backlog))


def open_each(
    address: Address, endpoints: Sequence[Endpoint], open_one: Callable[[Endpoint], ListeningSocket]
) -> list[ListeningSocket]:
    """Open every endpoint of an address, on the same port; or the UNIX socket it is.

    Args:
        address: as it was asked for.
        endpoints: where it leads.
        open_one: opens and binds the socket of one.
    """
    if address.is_unix:
        return [_open_unix(address, endpoints[0], open_one)]
    for remaining_tries in reversed(range(_SAME_PORT_TRIES)):
        sockets: list[ListeningSocket] = []
        try:
            _open_into(address, endpoints, open_one, sockets)
        except BaseException as error:
            close_listening_sockets(sockets)
            # The free port that one family was given may be taken in the other: ask for another.
            unlucky = isinstance(error, InUseError) and address.port == 0 and sockets
            if not (unlucky and remaining_tries):
                raise
        else:
            return sockets
    raise AssertionError("the last try returns or raises")


def _open_into(
    address: Address,
    endpoints: Sequence[Endpoint],
    open_one: Callable[[Endpoint], ListeningSocket],
    sockets: list[ListeningSocket],
) -> None:
    """Open the endpoints, all on the same port, into `sockets`."""
    failure: tuple[OSError, Endpoint] | None = None
    for endpoint in endpoints:
        place = endpoint
        if sockets and address.port == 0:
            place = endpoint.with_port(sockets[0].getsockname()[1])
        try:
            sockets.append(open_one(place))
        except Error:  # an OSError too, and in words already
            raise
        except OSError as error:
            # Of several addresses of a name, a machine may lack some: without IPv6, say.
            if not is_missing_family(error):
                raise cannot_listen(address, error, place) from error
            failure = failure or (error, place)
    if not sockets and failure is not None:
        raise cannot_listen(address, *failure) from failure[0]


def _open(address: Address, endpoint: Endpoint, backlog: int) -> ListeningSocket:
    """Open one."""
    sock = ListeningSocket(endpoint.family, connection_type(address))
    try:
        if isinstance(endpoint.sockaddr, tuple):
            # Without it a server could not be started again while old connections linger. On
            # Windows the same option means that anybody may take the port over.
            option = "SO_EXCLUSIVEADDRUSE" if sys.platform == "win32" else "SO_REUSEADDR"
            sock.setsockopt(socket.SOL_SOCKET, getattr(socket, option), 1)
        if endpoint.family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, not endpoint.dual_stack)
        apply_preset(sock)
        sock.bind(endpoint.sockaddr)
        sock.listen(backlog)
        sock.setblocking(False)
    except BaseException:
        sock.close()
        raise
    return sock


def _open_unix(
    address: Address, endpoint: Endpoint, open_one: Callable[[Endpoint], ListeningSocket]
) -> ListeningSocket:
    """Open a UNIX socket, in the place of a file that nobody listens on if there is one."""
    try:
        if address.path.startswith("@"):
            return open_one(endpoint)
        with _locked(Path(address.path).absolute().parent):
            try:
                sock = open_one(endpoint)
            except OSError as error:
                if error.errno != errno.EADDRINUSE or not _is_stale(address, endpoint):
                    raise
                Path(address.path).unlink()
                sock = open_one(endpoint)
            sock.owns(address.path)
            return sock
    except Error:  # an OSError too, and in words already
        raise
    except OSError as error:
        raise cannot_listen(address, error, endpoint) from error


def _is_stale(address: Address, endpoint: Endpoint) -> bool:
    """Whether what has the path is a socket that nobody listens on.

    Raises:
        InUseError: it is no socket.
    """
    if not stat.S_ISSOCK(os.lstat(address.path).st_mode):
        raise InUseError(
            f"{address}: there is a file already, and it is no socket.",
            address=address,
            stage="listen",
            advice="Choose another path; Razem does not remove it.",
        )
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        # EAGAIN and EPROTOTYPE also mean that somebody is there: busy, or of another kind.
        return probe.connect_ex(endpoint.sockaddr) == errno.ECONNREFUSED


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Keep others of Razem from judging the file while it is replaced.

    A lock on the folder itself needs no file that would stay. Who cannot have it goes on without.
    """
    if sys.platform == "win32":
        yield
        return
    import fcntl  # noqa: PLC0415  not on Windows

    descriptor = -1
    with suppress(OSError):  # the folder may be missing or not readable: bind(2) tells
        descriptor = os.open(folder, os.O_RDONLY)
    try:
        give_up = monotonic() + _LOCK_SECONDS
        while descriptor >= 0 and monotonic() < give_up:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError:
                sleep(0.01)
        yield
    finally:
        if descriptor >= 0:
            os.close(descriptor)
