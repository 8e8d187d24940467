"""TCP streams put together again from packets in any order, cut, doubled and missing."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from razem.wire import (
    Ipv4,
    Packet,
    StreamBytes,
    StreamDiffers,
    StreamEnded,
    StreamEvent,
    StreamForgotten,
    StreamGap,
    StreamJoiner,
    StreamOpened,
    StreamRepeated,
    StreamReset,
    Tcp,
    TcpFlags,
)

ANA, BO = IPv4Address("192.0.2.1"), IPv4Address("192.0.2.2")
SYN, ACK, FIN, RST = TcpFlags.SYN, TcpFlags.ACK, TcpFlags.FIN, TcpFlags.RST


def there(sequence: int, data: bytes = b"", flags: TcpFlags = ACK, ack: int = 0) -> Packet:
    tcp = Tcp(1000, 80, flags, sequence % (1 << 32), ack % (1 << 32))
    return Packet((Ipv4(ANA, BO) / tcp / data).build(), Ipv4)


def back(sequence: int, data: bytes = b"", flags: TcpFlags = ACK, ack: int = 0) -> Packet:
    tcp = Tcp(80, 1000, flags, sequence % (1 << 32), ack % (1 << 32))
    return Packet((Ipv4(BO, ANA) / tcp / data).build(), Ipv4)


def all_of(joiner: StreamJoiner, *packets: Packet) -> list[StreamEvent]:
    return [event for packet in packets for event in joiner.receive(packet, 0.0)]


def received(events: list[StreamEvent], port: int = 1000) -> bytes:
    """The bytes of one direction, each at the place it says."""
    data = b""
    for event in events:
        if event.way.source.port == port:
            if isinstance(event, StreamBytes):
                assert event.offset == len(data)
                data += event.data
            elif isinstance(event, StreamGap):
                assert event.offset == len(data)
                data += b"?" * event.size
    return data


def kinds(events: list[StreamEvent]) -> list[type[Any]]:
    return [type(event) for event in events]


def test_a_conversation() -> None:
    joiner = StreamJoiner()
    events = all_of(
        joiner,
        there(99, flags=SYN),
        back(499, flags=SYN | ACK, ack=100),
        there(100, b"hello ", ack=500),
        there(106, b"you", ack=500),
        back(500, b"hi", ack=109),
        there(109, flags=FIN | ACK, ack=502),
        back(502, b"!", flags=FIN | ACK, ack=110),
    )
    assert received(events) == b"hello you"
    assert received(events, 80) == b"hi!"
    opened = [event for event in events if isinstance(event, StreamOpened)]
    assert [event.midstream for event in opened] == [False, False]
    assert [event.way.source.port for event in events if isinstance(event, StreamEnded)] == [
        1000,
        80,
    ]
    assert str(events[0].way) == "192.0.2.1:1000 > 192.0.2.2:80"
    assert joiner.close() == []


@given(
    data=st.binary(min_size=1, max_size=300),
    first=st.sampled_from([0, 1, 5000, (1 << 31) - 50, (1 << 32) - 100, (1 << 32) - 1]),
    cuts=st.lists(st.tuples(st.integers(0, 299), st.integers(1, 80)), max_size=12),
    random=st.randoms(use_true_random=False),
)
def test_any_cuts_in_any_order(
    data: bytes, first: int, cuts: list[tuple[int, int]], random: Any
) -> None:
    """Overlapping, doubled, and over the end of the sequence numbers: the stream comes out once."""
    steps = range(0, len(data), 40)
    pieces = [(place, data[place : place + 40]) for place in steps]
    pieces += [(place, data[place : place + size]) for place, size in cuts if place < len(data)]
    random.shuffle(pieces)
    packets = [there(first + 1 + place, piece) for place, piece in pieces]
    joiner = StreamJoiner()
    events = all_of(joiner, there(first, flags=SYN), *packets)
    events += all_of(joiner, there(first + 1 + len(data), flags=FIN | ACK))
    assert received(events) == data
    assert not {StreamGap, StreamDiffers, StreamForgotten} & set(kinds(events))
    assert kinds(events)[-1] == StreamEnded
    repeated = sum(event.size for event in events if isinstance(event, StreamRepeated))
    assert repeated == sum(len(piece) for _, piece in pieces) - len(data)


def test_fin_before_what_it_ends() -> None:
    joiner = StreamJoiner()
    events = all_of(joiner, there(99, flags=SYN), there(103, b"d", flags=FIN | ACK))
    assert StreamEnded not in kinds(events)
    events += all_of(joiner, there(100, b"abc"))
    assert received(events) == b"abcd"
    assert kinds(events)[-1] == StreamEnded


def test_a_gap_is_told_when_the_receiver_has_what_stands_behind_it() -> None:
    joiner = StreamJoiner()
    events = all_of(
        joiner,
        there(99, flags=SYN),
        back(0, flags=SYN | ACK, ack=100),
        there(100, b"abc"),
        there(108, b"ij"),
    )
    assert received(events) == b"abc"
    assert all_of(joiner, back(1, ack=103)) == []  # it waits for the same bytes as we do
    later = all_of(joiner, back(1, ack=110))
    assert kinds(later) == [StreamGap, StreamBytes]
    assert received(events + later) == b"abc?????ij"
    late = all_of(joiner, there(103, b"defgh"))  # too late
    assert kinds(late) == [StreamRepeated]


def test_a_gap_is_told_at_the_end() -> None:
    joiner = StreamJoiner()
    events = all_of(joiner, there(99, flags=SYN), there(105, b"f"))
    events += joiner.close()
    assert received(events) == b"?????f"
    assert kinds(events)[-1] == StreamForgotten


def test_a_gap_is_told_when_too_much_waits() -> None:
    joiner = StreamJoiner(max_early=2000)
    events = all_of(joiner, there(99, flags=SYN))
    for number in range(30):
        events += all_of(joiner, there(101 + 100 * number, b"x" * 100))
    assert received(events)[:2] == b"?x"
    assert sum(event.size for event in events if isinstance(event, StreamGap)) == 1


def test_early_bytes_are_kept_once_and_those_that_came_first() -> None:
    joiner = StreamJoiner()
    events = all_of(
        joiner,
        there(99, flags=SYN),
        there(104, b"efgh"),
        there(102, b"cdEF"),  # the end of it is there already, and not the same
        there(100, b"ab"),
    )
    assert received(events) == b"abcdefgh"
    assert [event for event in events if isinstance(event, StreamDiffers)] == [
        StreamDiffers(events[0].way, 2, 4)
    ]


def test_midstream() -> None:
    joiner = StreamJoiner()
    events = all_of(joiner, there(12345, b"in the middle"), back(9, b"yes"))
    assert [event.midstream for event in events if isinstance(event, StreamOpened)] == [True, True]
    assert (received(events), received(events, 80)) == (b"in the middle", b"yes")


@pytest.mark.parametrize("sender", [there, back])
def test_reset(sender: Any) -> None:
    joiner = StreamJoiner()
    events = all_of(joiner, there(99, flags=SYN), back(0, flags=SYN | ACK, ack=100))
    events = all_of(joiner, there(100, b"ab"), there(104, b"ef"), sender(1, flags=RST | ACK))
    assert received(events) == b"ab??ef"
    assert kinds(events)[-1] == StreamReset
    assert events[-1].way.source.port == (1000 if sender is there else 80)
    assert joiner.close() == []  # it was told that it is over


def test_refused() -> None:
    events = all_of(StreamJoiner(), there(99, flags=SYN), back(0, b"", flags=RST | ACK, ack=100))
    assert kinds(events) == [StreamOpened, StreamReset]


def test_ports_that_are_used_again_are_another_connection() -> None:
    joiner = StreamJoiner()
    all_of(joiner, there(99, flags=SYN), there(100, b"one"))
    assert all_of(joiner, there(99, flags=SYN)) == []  # the same again
    events = all_of(joiner, there(7000, flags=SYN), there(7001, b"two"))
    assert kinds(events) == [StreamForgotten, StreamOpened, StreamBytes]
    assert received(events) == b"two"


def test_keep_alive_is_repeated_and_no_gap() -> None:
    joiner = StreamJoiner()
    all_of(joiner, there(99, flags=SYN), there(100, b"abc"))
    assert kinds(all_of(joiner, there(102, b"c"))) == [StreamRepeated]
    assert all_of(joiner, there(102)) == []


def test_idle_connections_are_forgotten() -> None:
    joiner = StreamJoiner(idle=10)
    joiner.receive(there(99, flags=SYN), 5.0)
    assert joiner.next_deadline() == 15.0
    assert joiner.expire(14.9) == []
    (event,) = joiner.expire(15.0)
    assert isinstance(event, StreamForgotten)
    assert (len(joiner), joiner.next_deadline()) == (0, float("inf"))


def test_connections_are_bounded() -> None:
    joiner = StreamJoiner(max_connections=5)
    for port in range(1, 20):
        tcp = Tcp(port, 80, SYN, 1)
        joiner.receive(Packet((Ipv4(ANA, BO) / tcp).build(), Ipv4), 0.0)
        assert len(joiner) <= 5


def test_fragments_are_no_segments() -> None:
    tcp = (Tcp(1000, 80, SYN, 1) / bytes(20)).build()
    first = Packet((Ipv4(ANA, BO, protocol=6, more_fragments=True) / tcp).build(), Ipv4)
    assert Tcp in first
    assert StreamJoiner().receive(first, 0.0) == []
