"""The desk of a hub: numbers and tickets, their bounds, and those who flood it."""

from __future__ import annotations

from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from razem.meet.desk import Bounds, Desk
from razem.meet.messages import (
    Call,
    Found,
    Message,
    Numbered,
    Refused,
    SeekAt,
    Take,
    Watch,
    Whereabouts,
    relay_line,
)

BOUNDS = Bounds(
    numbers=10, numbers_by_address=3, seconds=600, tries=4, asks=5, ask_seconds=3, joined=4
)
PAIR = b"p" * 16


def desk(bounds: Bounds = BOUNDS) -> Desk[str]:
    numbers = count(1)
    return Desk(bounds, lambda size: next(numbers).to_bytes(size, "big"))


def hear(
    at: Desk[str], who: str, message: Message, *, address: str = "", now: float = 0.0
) -> list[tuple[str, Message]]:
    return [(reply.to, reply.message) for reply in at.hear(who, address or who, message, now)]


def ticket(number: int) -> bytes:
    return number.to_bytes(16, "big")


def reason(replies: list[tuple[str, Message]]) -> str:
    ((_, message),) = replies
    assert isinstance(message, Refused)
    return message.reason


def test_two_find_each_other_by_a_number() -> None:
    at = desk()
    assert hear(at, "ana", Take(0)) == [("ana", Numbered(1, 600))]
    assert hear(at, "bo", SeekAt(1)) == [("bo", Found(ticket(1))), ("ana", Found(ticket(1)))]
    assert at.arrive(ticket(1), "socket of bo", 1.0) == (None, "bo")
    assert at.arrive(ticket(1), "socket of ana", 2.0) == ("socket of bo", "bo")
    assert at.arrive(ticket(1), "somebody", 3.0) is None  # it joins two, once


def test_a_line_with_a_ticket() -> None:
    assert relay_line(ticket(1)) == b"RAZEM-RELAY 00000000000000000000000000000001\n"


def test_numbers_are_the_smallest_free_ones() -> None:
    at = desk()
    hear(at, "ana", Take(0))
    hear(at, "bo", Take(0))
    at.leave("ana")
    assert hear(at, "cy", Take(0)) == [("cy", Numbered(1, 600))]
    assert hear(at, "di", Take(2)) == [("di", Refused("the number 2 is taken"))]
    assert hear(at, "di", Take(7)) == [("di", Numbered(7, 600))]


def test_numbers_expire() -> None:
    at = desk()
    hear(at, "ana", Take(0))
    assert hear(at, "bo", SeekAt(1), now=599.0)[0][1] == Found(ticket(1))
    assert "nobody waits" in reason(hear(at, "bo", SeekAt(1), now=600.0))


def test_tickets_expire_and_who_waited_is_told_of() -> None:
    at = desk()
    hear(at, "ana", Take(0))
    hear(at, "bo", SeekAt(1))
    at.arrive(ticket(1), "socket", 1.0)
    at.expire(15.0)
    assert at.take_late() == ["socket"]
    assert at.take_late() == []
    assert at.arrive(ticket(1), "late", 15.0) is None


def test_guessing_numbers_is_slowed_by_address() -> None:
    at = desk()
    tried = [reason(hear(at, "eve", SeekAt(n), address="203.0.113.9")) for n in range(1, 9)]
    assert sum("too many questions" in each for each in tried) == 3
    assert "too many" in reason(hear(at, "eve again", SeekAt(1), address="203.0.113.9"))
    assert "nobody waits" in reason(hear(at, "bo", SeekAt(1)))  # from elsewhere
    assert "nobody waits" in reason(hear(at, "eve", SeekAt(1), address="203.0.113.9", now=3.1))


def test_one_number_is_not_asked_for_without_end() -> None:
    at = desk(BOUNDS._replace(joined=100))
    hear(at, "ana", Take(0))
    for place in range(4):
        assert len(hear(at, f"eve{place}", SeekAt(1))) == 2
    assert "too many have asked" in reason(hear(at, "eve5", SeekAt(1)))


def test_nobody_takes_all_numbers() -> None:
    at = desk()
    for place in range(3):
        hear(at, f"eve{place}", Take(0), address="203.0.113.9")
    assert "from your address" in reason(hear(at, "eve", Take(0), address="203.0.113.9"))
    for place in range(7):
        hear(at, f"bot{place}", Take(0))
    assert "no room" in reason(hear(at, "ana", Take(0)))
    assert at.numbers == 10
    at.expire(600.0)
    assert at.numbers == 0


def test_joined_pairs_are_bounded() -> None:
    at = desk(BOUNDS._replace(joined_by_address=1, joined=2))
    for place in (1, 2, 3):
        hear(at, f"ana{place}", Take(0))
    first = hear(at, "bo", SeekAt(1), address="b")
    for socket in ("one", "two"):
        at.arrive(ticket(1), socket, 0.0)
    assert len(first) == 2
    assert "as many as it can" in reason(hear(at, "bo2", SeekAt(2), address="b"))
    assert len(hear(at, "cy", SeekAt(2), address="c")) == 2
    assert "as many as it can" in reason(hear(at, "di", SeekAt(3), address="d"))
    at.parted("b")
    assert len(hear(at, "di", SeekAt(3), address="d")) == 2


def test_a_pair_finds_each_other_again() -> None:
    at = desk()
    assert hear(at, "ana", Watch(PAIR)) == []
    assert [who for who, _ in hear(at, "bo", Call(PAIR))] == ["bo", "ana"]
    at.leave("ana")
    assert "not at the hub" in reason(hear(at, "bo", Call(PAIR)))


def test_what_is_no_question() -> None:
    assert "no question" in reason(hear(desk(), "eve", Whereabouts([], 0)))


steps = st.one_of(
    st.builds(Take, st.integers(0, 12)),
    st.builds(SeekAt, st.integers(0, 12)),
    st.builds(Watch, st.binary(min_size=1, max_size=1)),
    st.builds(Call, st.binary(min_size=1, max_size=1)),
)


@given(st.lists(st.tuples(st.sampled_from("abcdef"), steps, st.floats(0, 30)), max_size=80))
def test_bounds_hold_whatever_is_asked(script: list[tuple[str, Message, float]]) -> None:
    at, now = desk(), 0.0
    given = set()
    for who, message, wait in script:
        now += wait
        for _, answer in hear(at, who, message, now=now):
            if isinstance(answer, Found):
                given.add(answer.ticket)
        assert at.numbers <= BOUNDS.numbers
        assert len(at._tickets) <= BOUNDS.joined
        assert len(at._pairs) <= BOUNDS.numbers
        assert len(at._asked) <= 6
    at.expire(now + 1e6)
    assert not at._tickets
    assert not at._asked
    assert all(at.arrive(each, "late", now + 1e6) is None for each in given)
