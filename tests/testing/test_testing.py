"""What is shipped for tests does what it says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from razem import LimitError
from razem.testing import check_stream, memory_pair, pump
from razem.testing.memory import MemoryStream


@dataclass
class Echo:
    """Answers what it hears, `turns` times."""

    turns: int
    queue: list[bytes] = field(default_factory=list)

    def to_send(self, now: float) -> list[bytes]:
        queue, self.queue = self.queue, []
        return queue

    def receive(self, data: bytes, now: float) -> list[bytes]:
        if self.turns:
            self.turns -= 1
            self.queue.append(data)
        return [data]


@pytest.mark.parametrize("step", [1, 2, 100])
def test_pump_carries_until_both_are_quiet(step: int) -> None:
    left, right = Echo(100, [b"he", b"llo"]), Echo(100 // step)
    events = pump(left, right, step=step, limit=10_000)
    assert b"".join(events[: -(-5 // step)]) == b"hello"


def test_pump_ends() -> None:
    with pytest.raises(LimitError):
        pump(Echo(10**9, [b"x"]), Echo(10**9), limit=1000)


def test_the_contract_notices_what_is_broken() -> None:
    class Careless(MemoryStream):
        def receive_until(self, *args: Any, **options: Any) -> bytes:
            return super().receive_until(*args, **options)[:-1]

    def make() -> tuple[MemoryStream, MemoryStream]:
        left, right = memory_pair()
        return left, Careless(right._incoming, right._outgoing, right._changed)

    with pytest.raises(AssertionError) as caught:
        check_stream(make)
    assert any("the promise: `receive_until` stops" in note for note in caught.value.__notes__)


@pytest.mark.parametrize("capacity", [1, 1000])
def test_capacity_of_a_memory_pair(capacity: int) -> None:
    left, right = memory_pair(capacity=capacity)
    with left, right:
        left.send(bytes(capacity))
        with pytest.raises(TimeoutError):
            left.send(b"x", timeout=0.01)
        assert right.receive_exactly(capacity) == bytes(capacity)
        left.send(b"")
        assert right.receive() == b"x"
