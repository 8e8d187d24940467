"""Datagrams to one peer as a stream, for those who join them to something that flows."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Final

from razem.errors import Error, TimedOutError, TruncatedError
from razem.sockets.clock import remaining
from razem.sockets.stream import Stream

if TYPE_CHECKING:
    from razem.sockets.address import Address
    from razem.sockets.datagram import Datagrams

__all__ = ["DatagramStream", "first_sender"]

_LARGEST: Final = 65507  # bytes of a datagram of UDP over IPv4: 65535 - 20 - 8
_TICK: Final = 0.1  # seconds between two looks at whether our side has ended meanwhile


class DatagramStream(Stream):
    """What is sent goes out in datagrams, one for each call of `send` unless it is too long.

    Datagrams tell no end. So after `close_sending` the end comes when nothing was heard for a
    while; that of messages (unix+seqpacket) also when the peer closes.

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
            if self._peer is None or sender == self._peer:
                self._pending = data
                if self._ends_at is not None:
                    self._ends_at = monotonic() + self._linger
        data, self._pending = self._pending[:max_bytes], self._pending[max_bytes:]
        return data

    def _write(self, data: bytes | memoryview, deadline: float | None) -> None:
        for start in range(0, len(data), _LARGEST):
            piece = data[start : start + _LARGEST]
            self._datagrams.send(piece, self._peer, timeout=remaining(deadline))

    def _end_writing(self, deadline: float | None) -> None:  # noqa: ARG002  never waits
        self._ends_at = monotonic() + self._linger

    def _wake(self) -> None:
        self._datagrams.close()

    def _release(self) -> None:
        self._datagrams.close()


def first_sender(
    datagrams: Datagrams, *, timeout: float | None = None, linger: float = 1.0
) -> DatagramStream:
    """Wait for the first datagram; return the stream to who sent it, which it begins with.

    Raises:
        TimedOutError: nobody sent one in time.
    """
    try:
        data, sender = datagrams.receive(timeout=timeout)
    except Error as error:
        error.address = error.address or datagrams.local
        raise
    return DatagramStream(datagrams, peer=sender, first=data, linger=linger)
