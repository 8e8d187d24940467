"""Fragments joined: in any order, twice, too late, too many, and contradicting each other."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from razem.wire import (
    FragmentJoiner,
    FragmentsExpired,
    FragmentsJoined,
    FragmentsRefused,
    HopByHop,
    Ipv4,
    Ipv6,
    Ipv6Fragment,
    Ipv6Option,
    Packet,
    Raw,
    Udp,
)

V4 = Ipv4(IPv4Address("192.0.2.1"), IPv4Address("192.0.2.2"), identification=7, protocol=17)
V6 = Ipv6(IPv6Address("2001:db8::1"), IPv6Address("2001:db8::2"))


def ipv4(start: int, data: bytes, *, more: bool, **changes: Any) -> Packet:
    header = replace(V4, fragment_offset=start, more_fragments=more, **changes)
    return Packet((header / data).build(), Ipv4)


def ipv6(start: int, data: bytes, *, more: bool, identification: int = 7) -> Packet:
    fragment = Ipv6Fragment(identification, start, more_fragments=more, next_header=17)
    options = HopByHop((Ipv6Option(1, bytes(4)),))
    return Packet((V6 / options / fragment / data).build(), Ipv6)


def cut(data: bytes, places: list[int]) -> list[tuple[int, bytes, bool]]:
    """Pieces that begin at the given multiples of 8."""
    starts = sorted({0, *(8 * place for place in places if 0 < 8 * place < len(data))})
    ends = [*starts[1:], len(data)]
    return [
        (start, data[start:end], end < len(data)) for start, end in zip(starts, ends, strict=True)
    ]


@pytest.mark.parametrize("make", [ipv4, ipv6])
@given(
    data=st.binary(min_size=9, max_size=400),
    places=st.lists(st.integers(1, 50), min_size=1, max_size=8),
    random=st.randoms(use_true_random=False),
)
def test_fragments_in_any_order_and_twice(
    make: Any, data: bytes, places: list[int], random: Any
) -> None:
    pieces = cut(data, places)
    if len(pieces) == 1:
        return
    packets = [make(start, piece, more=more) for start, piece, more in pieces]
    random.shuffle(packets)
    joiner = FragmentJoiner()
    events = []
    for packet in packets[:-1]:
        events += joiner.receive(packet, 0.0)
        events += joiner.receive(packet, 0.0)
    assert events == []
    events = joiner.receive(packets[-1], 0.0)
    assert len(events) == 1
    assert isinstance(events[0], FragmentsJoined)
    joined = events[0].packet
    # By chance the data may be UDP, and what is in that.
    carried = joined[Ipv4].payload if make is ipv4 else joined[HopByHop].payload
    assert bytes(carried) == data
    assert not {problem.layer for problem in joined.problems} & {"IPv4", "IPv6"}
    assert joined.layers[0].checksum_ok in {True, None}
    assert (len(joiner), joiner.held) == (0, 0)


def test_the_joined_packet_is_that_which_was_cut() -> None:
    whole = (V4 / Udp(1000, 2000) / bytes(100)).build()
    joiner = FragmentJoiner()
    segment = whole[20:]
    assert joiner.receive(ipv4(0, segment[:64], more=True), 0.0) == []
    (event,) = joiner.receive(ipv4(64, segment[64:], more=False), 0.0)
    assert isinstance(event, FragmentsJoined)
    assert event.data == whole
    assert event.packet[Udp].checksum_ok


def test_the_joined_packet_of_ipv6_has_no_fragment_header() -> None:
    options = HopByHop((Ipv6Option(1, bytes(4)),))
    whole = (V6 / options / Udp(1000, 2000) / bytes(100)).build()
    joiner = FragmentJoiner()
    segment = whole[48:]
    joiner.receive(ipv6(64, segment[64:], more=False), 0.0)
    (event,) = joiner.receive(ipv6(0, segment[:64], more=True), 0.0)
    assert isinstance(event, FragmentsJoined)
    assert event.data == whole


@pytest.mark.parametrize("make", [ipv4, ipv6])
@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        ((0, bytes(16), True), (8, bytes(16), True), "overlap"),
        ((8, bytes(16), True), (0, bytes(16), True), "overlap"),
        ((0, bytes(16), True), (0, b"\1" * 16, True), "differ"),
        ((0, bytes(16), True), (0, bytes(8), True), "differ"),
        ((8, bytes(8), False), (16, bytes(8), True), "behind"),
        ((16, bytes(8), True), (8, bytes(8), False), "behind"),
        ((8, bytes(8), False), (16, bytes(8), False), "behind"),
    ],
)
def test_what_contradicts_itself_is_refused_as_a_whole(
    make: Any, first: Any, second: Any, reason: str
) -> None:
    joiner = FragmentJoiner(lifetime=30)
    assert joiner.receive(make(first[0], first[1], more=first[2]), 0.0) == []
    (event,) = joiner.receive(make(second[0], second[1], more=second[2]), 1.0)
    assert isinstance(event, FragmentsRefused)
    assert reason in event.reason
    # and so is what comes later of the same datagram, until its time is over
    for start, more in ((0, True), (8, False)):
        assert joiner.receive(make(start, bytes(8), more=more), 2.0) == []
    assert joiner.receive(make(0, bytes(8), more=True), 40.0) == []
    assert len(joiner.receive(make(8, bytes(8), more=False), 41.0)) == 1


def test_a_piece_in_the_middle_has_whole_units() -> None:
    (event,) = FragmentJoiner().receive(ipv4(0, bytes(9), more=True), 0.0)
    assert isinstance(event, FragmentsRefused)
    assert "multiple of 8" in event.reason


def test_no_packet_is_larger_than_can_be() -> None:
    (event,) = FragmentJoiner().receive(ipv4(65528, bytes(64), more=False), 0.0)
    assert isinstance(event, FragmentsRefused)
    assert "past the end" in event.reason


def test_what_was_cut_off_by_the_capture_is_refused() -> None:
    packet = Packet(ipv4(0, bytes(64), more=True).data[:50], Ipv4)
    (event,) = FragmentJoiner().receive(packet, 0.0)
    assert isinstance(event, FragmentsRefused)
    assert "cut off" in event.reason


def test_times_out() -> None:
    joiner = FragmentJoiner(lifetime=30)
    assert joiner.next_deadline() == float("inf")
    joiner.receive(ipv4(0, bytes(8), more=True), 100.0)
    joiner.receive(ipv4(24, bytes(8), more=False), 110.0)
    assert joiner.next_deadline() == 130.0
    assert joiner.expire(129.9) == []
    (event,) = joiner.expire(130.0)
    assert isinstance(event, FragmentsExpired)
    assert event.missing == 16
    assert (joiner.held, joiner.next_deadline()) == (0, float("inf"))


def test_memory_is_bounded_and_the_oldest_goes_first() -> None:
    joiner = FragmentJoiner(max_bytes=10_000)
    expired = []
    for number in range(100):
        events = joiner.receive(ipv4(0, bytes(800), more=True, identification=number), 0.0)
        expired += [event for event in events if isinstance(event, FragmentsExpired)]
        assert joiner.held <= 10_000
    assert [event.datagram.identification for event in expired] == list(range(len(expired)))
    assert len(expired) > 80
    assert expired[0].missing is None


def test_what_is_whole_gives_nothing() -> None:
    joiner = FragmentJoiner()
    assert joiner.receive(Packet((V4 / Raw(b"x")).build(), Ipv4), 0.0) == []
    assert joiner.receive(ipv6(0, b"x", more=False), 0.0) == []  # RFC 6946
    assert len(joiner) == 0


def test_datagrams_are_told_apart() -> None:
    joiner = FragmentJoiner()
    joiner.receive(ipv4(0, b"a" * 8, more=True, identification=1), 0.0)
    joiner.receive(ipv4(0, b"b" * 8, more=True, identification=2), 0.0)
    (one,) = joiner.receive(ipv4(8, b"A", more=False, identification=1), 0.0)
    (two,) = joiner.receive(ipv4(8, b"B", more=False, identification=2), 0.0)
    assert isinstance(one, FragmentsJoined)
    assert isinstance(two, FragmentsJoined)
    assert (one.data[20:], two.data[20:]) == (b"aaaaaaaaA", b"bbbbbbbbB")
