"""Two joined ends for datagrams in memory: real ones, without a socket."""

from __future__ import annotations

from collections import deque
from errno import ECONNREFUSED
from threading import Condition
from typing import Final, TypeAlias

from razem.sockets.address import Address
from razem.sockets.clock import remaining
from razem.sockets.datagram import Datagrams
from razem.sockets.datagram_failures import (
    datagram_failed,
    datagram_timed_out,
    datagram_truncated,
    wrong_scheme,
)
from razem.sockets.failures import os_error

__all__ = ["LEFT", "RIGHT", "MemoryDatagrams", "check_receiver", "gone", "memory_datagrams", "take"]

LEFT: Final = Address("unix+dgram:@memory-left")
RIGHT: Final = Address("unix+dgram:@memory-right")

Queue: TypeAlias = "deque[bytes]"


def memory_datagrams(*, capacity: int = 64) -> tuple[MemoryDatagrams, MemoryDatagrams]:
    """Make two joined ends, each connected to the other.

    Args:
        capacity: datagrams that may be on their way in each direction; `send` waits beyond that.

    >>> left, right = memory_datagrams()
    >>> left.send(b"hello")
    >>> right.receive()
    (b'hello', Address('unix+dgram:@memory-left'))
    """
    changed = Condition()
    left = MemoryDatagrams(LEFT, RIGHT, capacity, changed)
    right = MemoryDatagrams(RIGHT, LEFT, capacity, changed)
    left.peer, right.peer = right, left
    return left, right


class MemoryDatagrams(Datagrams):
    """One of a pair; see `memory_datagrams`.

    Attributes:
        peer: the other one.
        arrived: what was sent to this one.
    """

    peer: MemoryDatagrams

    def __init__(self, local: Address, remote: Address, capacity: int, changed: Condition) -> None:
        super().__init__(local=local, remote=remote)
        self.arrived: Queue = deque()
        self._capacity = capacity
        self._changed = changed

    def _receive(self, max_bytes: int, deadline: float | None) -> tuple[bytes, Address | None]:
        with self._changed:
            while not self.arrived:
                self._wait("read", deadline)
            data = take(self.arrived, max_bytes, self._remote)
            self._changed.notify_all()
            return data, self._remote

    def _send(self, data: bytes | memoryview, to: Address | None, deadline: float | None) -> None:
        check_receiver(to, self._remote)
        with self._changed:
            while True:
                if self.peer.closed:
                    raise gone(self._remote)
                if len(self.peer.arrived) < self._capacity:
                    break
                self._wait("write", deadline)
            self.peer.arrived.append(bytes(data))
            self._changed.notify_all()

    def _wait(self, stage: str, deadline: float | None) -> None:
        """Wait until something changes."""
        if self._closed:
            raise self._closed_error(stage)
        if not self._changed.wait(remaining(deadline)):
            raise datagram_timed_out(self._remote, stage)

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _release(self) -> None:
        self.arrived.clear()


def take(queue: Queue, max_bytes: int, sender: Address | None) -> bytes:
    """Take the first datagram of a queue that has one.

    Raises:
        TruncatedError: it is too long.
    """
    data = queue.popleft()
    if len(data) > max_bytes:
        raise datagram_truncated(sender, len(data), max_bytes)
    return data


def check_receiver(to: Address | None, peer: Address | None) -> None:
    """Check that a datagram is for the peer.

    Raises:
        AddressError: it is for somebody of another kind.
        RefusedError: nobody else is there.
    """
    if to is None or to == peer:
        return
    if to.scheme != "unix+dgram":
        raise wrong_scheme(to, "unix+dgram")
    raise gone(to)


def gone(peer: Address | None) -> Exception:
    """Make the error for sending to somebody who is not there."""
    return datagram_failed(os_error(ECONNREFUSED), peer, "write", scheme="unix+dgram")
