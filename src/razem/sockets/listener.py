"""Blocking listeners: wait for connections, and serve each in a thread."""

from __future__ import annotations

import socket
from selectors import EVENT_READ, DefaultSelector
from threading import Condition, RLock, Thread, current_thread
from time import monotonic
from typing import TYPE_CHECKING, Final, Self

from razem.errors import ClosedError, ExhaustedError, TimedOutError
from razem.sockets.address import Address
from razem.sockets.clock import deadline_after, remaining
from razem.sockets.descriptors import Detachable
from razem.sockets.failures import cannot_accept, is_passing
from razem.sockets.handlers import report
from razem.sockets.listening import (
    BACKLOG,
    close_listening_sockets,
    disown_listening_sockets,
    listening_address,
    open_listening_sockets,
)
from razem.sockets.options import presetting
from razem.sockets.schemes import find, lasts
from razem.sockets.socket_stream import SocketStream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import TracebackType

    from razem.sockets.lasting.settings import Lasting
    from razem.sockets.options import OptionValues
    from razem.sockets.stream import Stream
    from razem.sockets.tls_config import Tls

__all__ = ["Listener", "listen", "listen_plain", "listen_tls"]

_EXHAUSTED_PAUSE: Final = 0.5  # seconds before accepting again when descriptors have run out
_STOP_SECONDS: Final = 5.0  # for handlers to end once their streams are closed


def listen(
    address: Address | str,
    *,
    backlog: int = BACKLOG,
    tls: Tls | None = None,
    options: OptionValues | None = None,
    lasting: bool | Lasting = False,
) -> Listener:
    """Listen on the address; close the listener, or use it in a ``with``.

    ``tcp://localhost:9090`` is both loopback addresses, ``tcp://:9090`` every interface, port 0
    a free one: see `Listener.local`. A UNIX socket file that nobody listens on is replaced.

    Args:
        address: tcp, tls or unix; fd, a socket that was inherited; or unix+seqpacket, of which
            `Datagrams` are accepted.
        backlog: connections that may wait until they are accepted; the system may allow fewer.
        tls: for tls addresses: the identity to show, and which clients to take.
        options: of the socket, from before it is bound; see `razem.sockets.options`.
        lasting: whether to take lasting streams, and those only. `Lasting` says for how long.

    Raises:
        InUseError: somebody listens there already; the message names the process, if it may.
        PermissionDeniedError: this user may not.
        UnavailableError: the machine has no such address, or the folder is missing.
        ResolveError: the name is not known.
        AddressError: the address is wrong, or nothing to listen on.
        TlsError: a tls address without an identity, or with one that cannot be used.
    """
    address = Address(address)
    if lasting and not lasts(address):
        import razem.sockets.aio.listener as twin  # noqa: PLC0415  seldom used
        from razem.sockets.bridge import BridgedListener, run  # noqa: PLC0415

        return BridgedListener(
            run(twin.listen(address, backlog=backlog, tls=tls, options=options, lasting=lasting))
        )
    open_one = find(address, "listen")
    arguments = (address, backlog, tls) if address.scheme == "tls" else (address, backlog)
    with presetting(address, options):
        listener: Listener = open_one(*arguments)
    return listener


def listen_plain(address: Address, backlog: int) -> Listener:
    """Listen without TLS."""
    return Listener(address, open_listening_sockets(address, backlog=backlog))


def listen_tls(address: Address, backlog: int, tls: Tls | None) -> Listener:
    """Listen for clients that speak TLS. Each has 30 seconds to agree on it."""
    from razem.sockets.tls import TlsSession  # noqa: PLC0415  ssl is slow to import
    from razem.sockets.tls_config import TLS_PATIENCE, server_context  # noqa: PLC0415
    from razem.sockets.tls_stream import TlsStream  # noqa: PLC0415

    context = server_context(address, tls)
    pins = tls.pins if tls else frozenset()

    def wrap(stream: Stream) -> Stream:
        session = TlsSession(context, stream.remote, server_side=True, pins=pins)
        return TlsStream(stream, session, patience=TLS_PATIENCE)

    return Listener(address, open_listening_sockets(address, backlog=backlog), wrap=wrap)


class Listener(Detachable):
    """Waits for connections: iterate over it, call `accept`, or let it `serve`.

    Iteration ends when it is closed, by any thread. Streams that were accepted live on.

    Args:
        address: as it was asked for.
        sockets: bound and listening; they belong to the listener from now on.
        wrap: makes of each stream that was accepted the one that is given out; it must not wait.
    """

    def __init__(
        self,
        address: Address,
        sockets: Sequence[socket.socket],
        *,
        wrap: Callable[[Stream], Stream] | None = None,
    ) -> None:
        self.local = listening_address(address, sockets)
        """The address to connect to, with the real port."""
        self._sockets = list(sockets)
        self._wrap = wrap
        self._closed = False
        self._accepting = RLock()  # one thread at a time; reentrant, for signal handlers
        self._changed = Condition()  # a handler has ended, or the listener is closed
        # Becomes readable, for ever, when the listener is closed.
        self._wake_reader, self._wake_writer = socket.socketpair()
        self._selector = DefaultSelector()
        for sock in (*self._sockets, self._wake_reader):
            self._selector.register(sock, EVENT_READ)

    def accept(self, *, timeout: float | None = None) -> Stream:
        """Wait for the next connection.

        Raises:
            TimedOutError: nobody came in time.
            ClosedError: the listener is closed, before the call or during it.
            ExhaustedError: no descriptor is left; it can be called again when some are free.
        """
        deadline = deadline_after(timeout)
        seconds = remaining(deadline)
        if not self._accepting.acquire(timeout=-1 if seconds is None else seconds):
            raise self._timed_out()
        try:
            return self._accept(deadline)
        except (OSError, ValueError, KeyError) as error:
            if self._closed:  # by a signal handler, in the middle of it
                raise self._closed_error() from error
            raise
        finally:
            self._accepting.release()

    def _accept(self, deadline: float | None) -> Stream:
        while not self._closed:
            ready = self._selector.select(remaining(deadline))
            for key, _ in ready:
                sock = key.fileobj
                if not isinstance(sock, socket.socket) or sock is self._wake_reader:
                    continue
                try:
                    accepted, _ = sock.accept()
                except OSError as error:
                    if is_passing(error):  # the client has gone, or another process was quicker
                        continue
                    raise cannot_accept(self.local, error) from error
                accepted.setblocking(True)
                if accepted.family in {socket.AF_INET, socket.AF_INET6}:
                    accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                stream = SocketStream(accepted, scheme=self.local.scheme)
                return stream if self._wrap is None else self._wrap(stream)
            if not ready and deadline is not None and monotonic() >= deadline:
                raise self._timed_out()
        raise self._closed_error()

    def __iter__(self) -> Iterator[Stream]:
        while True:
            try:
                stream = self.accept()
            except ClosedError:
                return
            yield stream

    def serve(
        self, handler: Callable[[Stream], object], *, limit: int = 1000, grace: float = 0.0
    ) -> None:
        """Call `handler` with each connection, in a thread of its own, until closed.

        The stream is closed when the handler returns. A connection that breaks ends its handler
        quietly; any other exception goes to the log "razem", and the others are served on.

        Args:
            handler: what to do with a stream.
            limit: how many run at once at the most; further clients wait in the backlog.
            grace: seconds that handlers may go on after the listener was closed. Then their
                streams are closed too. It returns when they have ended.
        """
        running: dict[Thread, Stream] = {}
        changed = self._changed

        def run(stream: Stream) -> None:
            try:
                with stream:
                    if self._wrap is not None:
                        stream._begin()  # noqa: SLF001  in its handler's time, not in ours
                    handler(stream)
            except Exception as error:  # noqa: BLE001  one client must not end the service
                report(stream.remote, error)
            finally:
                with changed:
                    del running[current_thread()]
                    changed.notify_all()

        try:
            while True:
                with changed:
                    changed.wait_for(lambda: len(running) < limit or self._closed)
                try:
                    stream = self.accept()
                except ExhaustedError as error:
                    report(self.local, error)
                    with changed:
                        changed.wait(_EXHAUSTED_PAUSE)
                    continue
                thread = Thread(target=run, args=(stream,), name="razem-serve", daemon=True)
                with changed:
                    running[thread] = stream
                    thread.start()
        except ClosedError:
            pass
        finally:
            self.close()
            with changed:
                changed.wait_for(lambda: not running, grace)
                left = list(running.values())
            for stream in left:
                stream.close()
            with changed:
                changed.wait_for(lambda: not running, _STOP_SECONDS)

    def close(self) -> None:
        """Stop listening, from any thread, and remove the socket file. Again is harmless."""
        self._closed = True
        try:
            self._wake_writer.send(b"!")
        except OSError:  # closed before
            return
        with self._changed:
            self._changed.notify_all()
        with self._accepting:
            self._selector.close()
            close_listening_sockets([*self._sockets, self._wake_reader, self._wake_writer])

    def _disown(self) -> None:
        disown_listening_sockets(self._sockets)

    def _described(self) -> Sequence[int]:
        return () if self._closed else [sock.fileno() for sock in self._sockets]

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._closed

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{'closed ' if self._closed else ''}Listener {self.local}>"

    def _timed_out(self) -> TimedOutError:
        message = f"nobody connected to {self.local} in time."
        return TimedOutError(message, address=self.local, stage="accept")

    def _closed_error(self) -> ClosedError:
        message = f"the listener on {self.local} is closed."
        return ClosedError(message, address=self.local, stage="accept")
