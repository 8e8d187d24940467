"""Blocking datagrams: messages that arrive whole or not at all."""

from __future__ import annotations

from abc import ABC, abstractmethod
from threading import RLock
from typing import TYPE_CHECKING, Final, Self

from razem.errors import ClosedError, Error, TruncatedError, UnavailableError
from razem.sockets.address import Address
from razem.sockets.clock import Timeout, deadline_after
from razem.sockets.datagram_failures import no_half_close
from razem.sockets.descriptors import Detachable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

__all__ = ["MAX_DATAGRAM", "Datagrams"]

MAX_DATAGRAM: Final = 65536  # bytes of one receive; UDP's longest has 65507


class Datagrams(Detachable, ABC):
    """An end that sends and receives messages, whole: each `receive` gives what one `send` sent.

    Made by `razem.bind`, which receives from anybody and sends to whom each call says, or by
    `razem.connect`, which knows one peer. Datagrams may get lost, doubled and reordered on a
    network; not so on UNIX sockets, where `send` waits for a slow reader.

    Sending and receiving may go on in two threads at once. ``with`` closes it; iterating gives
    ``(data, sender)`` as they arrive. Every call that waits takes a `timeout` in seconds, None
    for as long as it takes, by default that of the object. A call that timed out has lost
    nothing: a datagram is received, or sent, by a call that returns, or not yet.

    All that waits raises:

    - `ClosedError`: this side closed it, before the call or during it;
    - `TimedOutError`: it did not happen in time;
    - `RefusedError`: nobody has the address open that an earlier datagram was sent to; only a
      connected end is told so, and it goes on.

    To make datagrams of something else, write the four methods that are abstract here.

    Attributes:
        timeout: the default of all calls; None, to wait for ever, unless it is set.
    """

    def __init__(
        self, *, local: Address | None, remote: Address | None, timeout: float | None = None
    ) -> None:
        self.timeout = timeout
        self._local = local
        self._remote = remote
        self._closed = False
        # One thread at a time in each direction. Reentrant, so that a signal handler may close.
        self._receiving = RLock()
        self._sending = RLock()

    # -- what a transport provides ---------------------------------------------------------------

    @abstractmethod
    def _receive(self, max_bytes: int, deadline: float | None) -> tuple[bytes, Address | None]:
        """Wait for the next datagram."""

    @abstractmethod
    def _send(self, data: bytes | memoryview, to: Address | None, deadline: float | None) -> None:
        """Send one, waiting until there is room."""

    @abstractmethod
    def _wake(self) -> None:
        """Make every `_receive` and `_send` in other threads return or raise, now and later."""

    @abstractmethod
    def _release(self) -> None:
        """Give everything back to the system. No other thread is inside any more."""

    def _begin(self) -> None:
        """Do what comes before the first message: nothing. Listeners ask any connection to."""

    # -- what it is ------------------------------------------------------------------------------

    @property
    def local(self) -> Address | None:
        """The address of this end, to be sent to; None where it has no name."""
        return self._local

    @property
    def remote(self) -> Address | None:
        """The only peer of a connected end; None of one that is not, or has no name."""
        return self._remote

    @property
    def closed(self) -> bool:
        """Whether this side has closed it."""
        return self._closed

    def fileno(self) -> int:
        """Return the descriptor, -1 once closed.

        Raises:
            UnavailableError: there is none, or more than one, as at ``localhost``.
        """
        if self._closed:
            return -1
        descriptors = self._described()
        if len(descriptors) > 1:
            raise UnavailableError(
                f"{self.local} has a socket for each version of IP.",
                advice="Bind one of them, as 127.0.0.1 or [::1].",
            )
        return descriptors[0]

    # -- sending and receiving -------------------------------------------------------------------

    def receive(
        self, max_bytes: int = MAX_DATAGRAM, *, timeout: Timeout = ...
    ) -> tuple[bytes, Address | None]:
        """Wait for the next datagram; return its bytes, which may be none, and its sender.

        The sender is None where it has no name. What is received from ``icmp:`` is the ICMP
        message; from ``ip:`` on IPv4 it has its IP header, on IPv6 it has not (raw(7)); from
        ``packet:`` it is the frame with its link-layer header.

        Raises:
            TruncatedError: it was longer than `max_bytes`, and the rest of it is lost; `needed`
                is its length, `got` what was asked for. Of unix+seqpacket also: the peer has
                ended the connection; `got` is 0.
        """
        deadline = self._deadline(timeout)
        with self._receiving:
            if self._closed:
                raise self._closed_error("read")
            try:
                return self._receive(max_bytes, deadline)
            except Error as error:
                if self._closed:
                    raise self._closed_error("read") from error
                raise

    def send(
        self,
        data: bytes | bytearray | memoryview,
        to: Address | str | None = None,
        *,
        timeout: Timeout = ...,
    ) -> None:
        """Send `data` as one datagram, whole; when it returns, the system has taken it.

        Args:
            data: of any length that the transport carries, also none.
            to: the receiver; may be left out where the end is connected.
            timeout: seconds; a datagram that timed out was not sent.

        Raises:
            LocalProtocolError: nobody says to whom.
            AddressError: the receiver's address is wrong, or of another kind.
            ResolveError: the receiver's name is not known.
            LimitError: it is too long for one datagram.
            UnreachableError: no way leads there.
            PermissionDeniedError: a broadcast without the option, or a firewall's rule.
        """
        receiver = None if to is None else Address(to)
        if not isinstance(data, bytes):
            data = memoryview(data).cast("B")
        deadline = self._deadline(timeout)
        with self._sending:
            if self._closed:
                raise self._closed_error("write")
            try:
                self._send(data, receiver, deadline)
            except Error as error:
                if self._closed:
                    raise self._closed_error("write") from error
                raise

    def close_sending(self) -> None:
        """Tell the peer that nothing more will be sent; receiving goes on. Again is harmless.

        Raises:
            LocalProtocolError: it is not unix+seqpacket, which alone has connections.
            ClosedError: this side closed it.
        """
        raise no_half_close(self.local.scheme if self.local else "this")

    def close_receiving(self) -> None:
        """Receive nothing more; sending goes on. Again is harmless.

        The next receive, also one that waits, gets what has arrived and then the peer's end.

        Raises:
            LocalProtocolError: it is not unix+seqpacket, which alone has connections.
            ClosedError: this side closed it.
        """
        raise no_half_close(self.local.scheme if self.local else "this")

    def __iter__(self) -> Iterator[tuple[bytes, Address | None]]:
        """Yield what arrives, until it is closed or the peer has ended the connection."""
        while True:
            try:
                item = self.receive()
            except ClosedError:
                return
            except TruncatedError as error:
                if error.needed is None and not error.got:
                    return
                raise
            yield item

    # -- the end ---------------------------------------------------------------------------------

    def close(self) -> None:
        """Close it, from any thread; whoever waits in another gets `ClosedError`.

        What has arrived and was not received is discarded. Again is harmless.
        """
        self._closed = True
        self._wake()
        with self._sending, self._receiving:
            self._release()

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
        state = "closed " if self._closed else ""
        peer = f" - {self.remote}" if self.remote else ""
        return f"<{state}{type(self).__name__} {self.local}{peer}>"

    def _deadline(self, timeout: Timeout) -> float | None:
        """When a call that starts now must end."""
        return deadline_after(self.timeout if timeout is ... else timeout)

    def _closed_error(self, stage: str) -> ClosedError:
        message = f"{self.local or 'this end'} is closed."
        return ClosedError(message, address=self.local, stage=stage)
