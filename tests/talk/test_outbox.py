"""Outboxes and runs: what is said is put together once and reaches each member in order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from razem.talk.outbox import Audience, Outbox, Run
from razem.talk.render import Line


def test_an_outbox_is_dirty_once_until_it_is_taken() -> None:
    dirty: list[Outbox] = []
    outbox = Outbox(dirty)
    outbox.put(b"1")
    outbox.put(b"2")
    assert dirty == [outbox]
    assert outbox.take() == b"12"
    assert outbox.take() == b""
    outbox.put(b"3")
    assert dirty == [outbox, outbox]
    assert outbox.take() == b"3"


def test_what_follows_a_hold_waits_for_what_is_fetched() -> None:
    outbox = Outbox([])
    outbox.put(b"1")
    gap = outbox.hold()
    outbox.put(b"3")
    assert outbox.take() == b"1"
    assert outbox.take() == b""
    assert outbox.held == 1
    outbox.release(gap, b"2")
    assert outbox.take() == b"23"
    assert outbox.held == 0


_STEPS = st.lists(st.sampled_from(["put", "hold", "release first", "release last", "take"]))


@given(_STEPS)
def test_whatever_is_held_and_released_the_order_is_that_of_the_places(steps: list[str]) -> None:
    dirty: list[Outbox] = []
    outbox = Outbox(dirty)
    number, gaps, out = 0, [], b""
    for step in steps:
        if step == "put":
            outbox.put(bytes([number]))
            number += 1
        elif step == "hold":
            gaps.append((outbox.hold(), number))
            number += 1
        elif step == "take":
            out += outbox.take()
            dirty.clear()
        elif gaps:
            gap, place = gaps.pop(0 if step == "release first" else -1)
            outbox.release(gap, bytes([place]))
    out += outbox.take()
    waiting = [place for _, place in gaps]
    assert out == bytes(range(min(waiting, default=number)))
    for gap, place in gaps:
        outbox.release(gap, bytes([place]))
    assert not gaps or outbox in dirty
    assert out + outbox.take() == bytes(range(number))
    assert outbox.held == 0


def test_sessions_with_the_same_capabilities_get_the_same_bytes_object() -> None:
    dirty: list[Outbox] = []
    members = [Outbox(dirty) for _ in range(3)]
    audience = Audience()
    for member in members:
        audience.add(member, 1)
    run = Run(dirty)
    run.add(audience, Line("one", 0))
    run.add(audience, Line("two", 0))
    assert dirty == []
    run.flush()
    assert sorted(map(id, dirty)) == sorted(map(id, members))
    first, second, third = (member.parts[0] for member in members)
    assert first is second is third


_PROGRAM = st.lists(
    st.tuples(
        st.integers(0, 1),  # the audience
        st.sampled_from([None, 0, 1, 2, 3]),  # who said it
        st.booleans(),  # whether it gets a line of its own
        st.booleans(),  # whether a flush follows
    ),
    max_size=20,
)


@given(_PROGRAM)
def test_everybody_gets_every_line_in_order_and_the_sender_its_own(
    program: list[tuple[int, int | None, bool, bool]],
) -> None:
    dirty: list[Outbox] = []
    members = [Outbox(dirty) for _ in range(4)]
    audiences = [Audience(), Audience()]
    capabilities = [0, 0, 1, 3]
    for number, member in enumerate(members):
        audiences[0].add(member, capabilities[number])
        if number % 2:
            audiences[1].add(member, capabilities[number])
    wanted = [b""] * 4
    run = Run(dirty)
    for number, (where, origin, has_own, flush) in enumerate(program):
        line = Line(f"line {number}", number)
        if origin is not None and where == 1 and origin % 2 == 0:
            origin = None  # noqa: PLW2901 # only members have lines of their own in a run
        own = f"own {number};".encode() if has_own else b""
        if origin is None:
            run.add(audiences[where], line)
        else:
            run.add(audiences[where], line, members[origin], own)
        for index in range(4) if where == 0 else (1, 3):
            wanted[index] += own if index == origin else line.encode(capabilities[index])
        if flush:
            run.flush()
    run.flush()
    assert [member.take() for member in members] == wanted


def test_who_left_an_audience_hears_nothing_more() -> None:
    dirty: list[Outbox] = []
    one, other = Outbox(dirty), Outbox(dirty)
    audience = Audience()
    audience.add(one, 0)
    audience.add(other, 0)
    audience.discard(one, 1)
    audience.discard(one, 0)
    audience.discard(one, 0)
    run = Run(dirty)
    run.add(audience, Line("x"))
    run.flush()
    assert (one.take(), other.take()) == (b"", b"x\r\n")
    audience.discard(other, 0)
    assert audience.groups == {}


def test_an_empty_flush_does_nothing() -> None:
    dirty: list[Outbox] = []
    Run(dirty).flush()
    assert dirty == []


def test_a_line_is_encoded_in_the_form_that_was_asked_for() -> None:
    line = Line("PING :x", 1_700_000_000_123)
    assert line.encode(0) == b"PING :x\r\n"
    assert line.encode(1) == b"@time=2023-11-14T22:13:20.123Z PING :x\r\n"
    assert line.encode(0, "label=1") == b"@label=1 PING :x\r\n"
    assert line.encode(1, "batch=2") == b"@batch=2;time=2023-11-14T22:13:20.123Z PING :x\r\n"
    assert Line("PING :x").encode(1) == b"PING :x\r\n"
