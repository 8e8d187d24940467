"""Guesses are slowed, and what is remembered of them is bounded."""

from __future__ import annotations

import pytest

from razem.talk.lookalikes import Looks, looks_of
from razem.talk.throttle import Throttle


def test_each_failure_beyond_the_free_ones_doubles_the_wait() -> None:
    throttle = Throttle(2, 10.0)
    now, waits = 0.0, []
    for _ in range(5):
        throttle.fail(("a",), now)
        waits.append(throttle.wait(("a", "b"), now))
        now += waits[-1]
    assert waits == [0.0, 10.0, 20.0, 40.0, 80.0]
    assert throttle.wait(("b",), now) == 0.0


def test_no_wait_is_longer_than_an_hour_and_all_is_forgotten_in_the_end() -> None:
    throttle = Throttle(1, 10.0)
    now = 0.0
    for _ in range(20):
        throttle.fail(("a",), now)
        wait = throttle.wait(("a",), now)
        now += wait
    assert wait == 3600.0
    throttle.fail(("a",), now + 3600.0)
    assert throttle.wait(("a",), now + 3600.0) == 10.0


def test_success_forgets_and_memory_is_bounded() -> None:
    throttle = Throttle(1, 10.0)
    for number in range(10_001):
        throttle.fail((f"k{number}",), 0.0)
    assert throttle.wait(("k0",), 0.0) == 0.0
    assert throttle.wait(("k1",), 0.0) == 10.0
    throttle.succeed("k1")
    assert throttle.wait(("k1",), 0.0) == 0.0


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("evan", "\u0435van", True),  # Cyrillic e
        ("Evan", "\u0415van", True),
        ("ivan", "\u0406van", True),
        ("lvan", "\u0406van", True),
        ("mia", "\u217fia", True),  # Roman numeral one thousand
        ("ana", "\U0001d41a\U0001d427\U0001d41a", True),  # mathematical bold
        ("ana", "an\u00e1", False),
        ("\u010den\u011bk", "cenek", False),
        ("\u0430\u043d\u0430", "\u0430\u043d\u043d\u0430", False),  # Cyrillic ana and anna
        ("rnoss", "moss", False),  # both in plain ASCII
        ("xl", "x1", False),
    ],
)
def test_looks(one: str, other: str, alike: bool) -> None:
    looks = Looks()
    looks.add(one, looks_of(one))
    assert looks.like(other, looks_of(other)) == (one if alike else "")
    assert looks.like(other, looks_of(other), {one}) == ""
    looks.discard(one, looks_of(one))
    assert looks.like(other, looks_of(other)) == ""
