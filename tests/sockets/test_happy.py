"""Happy Eyeballs and retries, told of the time."""

from __future__ import annotations

from itertools import islice

import pytest

from razem import Retry
from razem.sockets.happy import HappyEyeballs, interleave


def test_each_has_a_head_start() -> None:
    race = HappyEyeballs(["a", "b", "c"], delay=0.25)
    assert race.to_start(10.0) == ["a"]
    assert race.to_start(10.0) == []
    assert race.next_deadline() == 10.25
    assert race.to_start(10.24) == []
    assert race.to_start(10.25) == ["b"]
    assert race.next_deadline() == 10.5
    assert race.to_start(11.0) == ["c"]
    assert race.next_deadline() is None
    assert not race.done


def test_a_failure_starts_the_next_at_once() -> None:
    race = HappyEyeballs(["a", "b"], delay=0.25)
    assert race.to_start(0.0) == ["a"]
    race.failed()
    assert race.to_start(0.0) == ["b"]
    done = [race.done]
    race.failed()
    assert [*done, race.done] == [False, True]
    assert race.to_start(9.0) == []


def test_nothing_to_try_is_done() -> None:
    assert HappyEyeballs([]).done


@pytest.mark.parametrize(
    ("given", "turns"),
    [("", ""), ("6", "6"), ("664", "646"), ("6664", "6466"), ("4466", "4646"), ("444", "444")],
)
def test_families_take_turns(given: str, turns: str) -> None:
    assert interleave(given, lambda family: family) == list(turns)


def test_retry_waits() -> None:
    retry = Retry(attempts=4, backoff=1.0, limit=3.0, jitter=0.0)
    assert list(retry.delays(lambda: 0.5)) == [1.0, 2.0, 3.0]
    assert list(Retry(attempts=1).delays(lambda: 0.5)) == []
    assert list(islice(Retry(attempts=None, jitter=0).delays(lambda: 0.5), 99))[-1] == 15.0
    assert list(Retry(attempts=2, backoff=1.0, jitter=0.5).delays(lambda: 1.0)) == [0.5]
