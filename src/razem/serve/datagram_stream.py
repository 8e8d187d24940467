"""Datagrams to one peer as a stream, for those who join them to something that flows."""

from __future__ import annotations

from threading import Condition
from time import monotonic
from typing import TYPE_CHECKING, Final, TypeAlias

from razem.errors import Error, LocalProtocolError, TimedOutError, TruncatedError
from razem.sockets.clock import deadline_after, remaining
from razem.sockets.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from razem.sockets.address import Address
    from razem.sockets.datagram import Datagrams

__all__ = ["DatagramStream", "LastSender", "Permits", "first_sender", "send_in_datagrams"]

_LARGEST: Final = 65507  # bytes of a datagram of UDP over IPv4: 65535 - 20 - 8
_TICK: Final = 0.1  # seconds between two looks at whether our side has ended meanwhile

Permits: TypeAlias = "Callable[[Address | None], bool]"
"""Whether who sends from there is listened to."""


class DatagramStream(Stream):
    """What is sent goes out in datagrams, one for each call of `send` unless it is too long.

    Datagrams tell no end. So after `close_sending` the end comes when nothing was heard for a
    while. Messages (unix+seqpacket) tell it, both ways.

    Args:
        datagrams: connected, or bound; it belongs to the stream from now on.
        peer: the one to talk to, if it is bound; what others send is thrown away.
        first: what came from there already.
        linger: seconds to listen for answers after the end of what is sent.
    """

    def __init__(
        self,
        datagrams: Datagrams,
        *,
        peer: Address | None = None,
        first: bytes = b"",
        linger: float = 1.0,
    ) -> None:
        super().__init__(local=datagrams.local, remote=peer or datagrams.remote)
        self._datagrams = datagrams
        self._peer = peer
        self._pending = first
        self._linger = linger
        self._ends_at: float | None = None

    def _read(self, max_bytes: int, deadline: float | None) -> bytes:
        while not self._pending:
            if self._ended_receiving or (
                self._ends_at is not None and monotonic() >= self._ends_at
            ):
                return b""
            left = remaining(deadline)
            try:
                data, sender = self._datagrams.receive(
                    timeout=_TICK if left is None else min(left, _TICK)
                )
            except TimedOutError:
                if left is not None and left <= _TICK and remaining(deadline) == 0.0:
                    raise
                continue
            except TruncatedError as error:
                if error.needed is None and not error.got:  # the end of a connection
                    return b""
                raise
            if self._takes(sender):
                self._pending = data
                if self._ends_at is not None:
                    self._ends_at = monotonic() + self._linger
        data, self._pending = self._pending[:max_bytes], self._pending[max_bytes:]
        return data

    def _takes(self, sender: Address | None) -> bool:
        """Whether a datagram of that sender is for us."""
        return self._peer is None or sender == self._peer

    def _write(self, data: bytes | memoryview, deadline: float | None) -> None:
        send_in_datagrams(self._datagrams, data, self._peer, deadline)

    def _end_writing(self, deadline: float | None) -> None:  # noqa: ARG002  never waits
        try:
            self._datagrams.close_sending()
        except LocalProtocolError:  # there is no such thing
            self._ends_at = monotonic() + self._linger

    def _wake(self) -> None:
        self._datagrams.close()

    def _release(self) -> None:
        self._datagrams.close()


class LastSender(DatagramStream):
    """What anybody sends, as one stream without an end; what is sent goes to who sent last.

    Args:
        datagrams: bound; it belongs to the stream from now on.
        permits: whose datagrams are taken.
    """

    def __init__(self, datagrams: Datagrams, *, permits: Permits) -> None:
        super().__init__(datagrams)
        self._permits = permits
        self._met = Condition()  # somebody who can be answered

    def _takes(self, sender: Address | None) -> bool:
        if not self._permits(sender):
            return False
        if sender is not None:
            with self._met:
                self._peer = self._remote = sender
                self._met.notify_all()
        return True

    def _write(self, data: bytes | memoryview, deadline: float | None) -> None:
        if not data:
            return
        with self._met:
            while self._peer is None and not self._closed:
                if not self._met.wait(remaining(deadline)):
                    raise TimedOutError("nobody has sent anything yet who could be answered.")
        super()._write(data, deadline)

    def _end_writing(self, deadline: float | None) -> None:
        """There is no end for the others."""

    def _wake(self) -> None:
        with self._met:
            self._met.notify_all()
        super()._wake()


def first_sender(
    datagrams: Datagrams,
    *,
    timeout: float | None = None,
    linger: float = 1.0,
    permits: Permits = lambda _: True,
) -> DatagramStream:
    """Wait for the first datagram; return the stream to who sent it, which it begins with.

    Args:
        datagrams: bound; it belongs to the stream from then on.
        timeout: seconds to wait.
        linger: see `DatagramStream`.
        permits: whose datagrams are taken.

    Raises:
        TimedOutError: nobody sent one in time.
    """
    deadline = deadline_after(timeout)
    try:
        while True:
            data, sender = datagrams.receive(timeout=remaining(deadline))
            if permits(sender):
                return DatagramStream(datagrams, peer=sender, first=data, linger=linger)
    except Error as error:
        error.address = error.address or datagrams.local
        raise


def send_in_datagrams(
    datagrams: Datagrams, data: bytes | memoryview, to: Address | None, deadline: float | None
) -> None:
    """Send bytes of a stream: in one datagram, unless they are too many for that."""
    for start in range(0, len(data), _LARGEST):
        piece = data[start : start + _LARGEST]
        datagrams.send(piece, to, timeout=remaining(deadline))
