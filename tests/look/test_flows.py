"""Flows grouped from columns are those that are counted one packet at a time."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from razem.look import Flow, FlowTable, decode
from razem.wire import Icmp, Ipv4, Ipv6, Packet, Tcp, TcpFlags, Udp
from tests.look.reference import block_of

ANA, BO = IPv4Address("192.0.2.1"), IPv4Address("192.0.2.2")
SYN, ACK = TcpFlags.SYN, TcpFlags.ACK


def there(sequence: int, data: bytes = b"", flags: TcpFlags = ACK) -> bytes:
    tcp = Tcp(1000, 80, flags, sequence % (1 << 32))
    return (Ipv4(ANA, BO) / tcp / data).build()


def back(sequence: int, data: bytes = b"", flags: TcpFlags = ACK) -> bytes:
    return (Ipv4(BO, ANA) / Tcp(80, 1000, flags, sequence % (1 << 32)) / data).build()


def flows(
    packets: list[bytes], cut: int | None = None, times: list[int] | None = None
) -> list[Flow]:
    table = FlowTable()
    columns = decode(block_of(packets, 101))
    columns["time"] = np.array(times or range(len(packets)), np.int64)
    for rows in (slice(0, cut), slice(cut, None)) if cut else (slice(None),):
        table.add({name: column[rows] for name, column in columns.items()})
    return list(table)


def test_a_conversation() -> None:
    packets = [
        there(99, flags=SYN),
        back(499, flags=SYN | ACK),
        there(100),
        there(100, b"hello"),
        back(500, b"hi"),
    ]
    (flow,) = flows(packets, times=[1000, 1030, 1040, 1050, 2000])
    assert (flow.source, flow.source_port, flow.destination, flow.destination_port) == (
        ANA,
        1000,
        BO,
        80,
    )
    assert (flow.packets_there, flow.packets_back) == (3, 2)
    assert (flow.payload_there, flow.payload_back) == (5, 2)
    assert (flow.bytes_there, flow.bytes_back) == (125, 82)
    assert (flow.first, flow.last, flow.round_trip) == (1000, 2000, 40)
    assert (flow.flags_there, flow.flags_back) == (SYN | ACK, SYN | ACK)
    assert (flow.retransmissions_there, flow.retransmissions_back) == (0, 0)
    assert flow.seconds == pytest.approx(1e-6)


def test_who_is_answered_is_the_source() -> None:
    (flow,) = flows([back(499, flags=SYN | ACK), there(100)])
    assert (flow.source, flow.packets_there) == (ANA, 1)
    assert flow.round_trip == -1


def test_the_syn_that_was_answered_counts() -> None:
    packets = [there(99, flags=SYN), there(99, flags=SYN), back(1, flags=SYN | ACK), there(100)]
    (flow,) = flows(packets, times=[0, 1000, 1030, 1040])
    assert flow.round_trip == 40


@pytest.mark.parametrize("cut", [None, 1, 2, 3, 4])
@pytest.mark.parametrize("first", [100, (1 << 32) - 3])
def test_retransmissions_also_over_blocks_and_wrapped_numbers(cut: int | None, first: int) -> None:
    packets = [
        there(first - 1, flags=SYN),
        there(first, b"abcd"),
        there(first, b"abcd"),  # again
        there(first + 4, b"ef"),
        there(first + 2, b"cdef"),  # again
        there(first + 2, b"cdefg"),  # has something new
        there(first + 6),  # an acknowledgement
    ]
    (flow,) = flows(packets, cut)
    assert flow.retransmissions_there == 2


@given(
    pieces=st.lists(st.tuples(st.booleans(), st.integers(0, 60), st.integers(0, 20)), max_size=20),
    cut=st.integers(1, 19),
    first=st.sampled_from([0, 1000, (1 << 32) - 30]),
)
def test_retransmissions_as_one_by_one(
    pieces: list[tuple[bool, int, int]], cut: int, first: int
) -> None:
    packets = [there(first, b"x"), back(first, b"x")]
    furthest = {True: 1, False: 1}
    expected = {True: 0, False: 0}
    for forward, place, size in pieces:
        packets.append((there if forward else back)(first + place, bytes(size)))
        expected[forward] += bool(size) and place + size <= furthest[forward]
        furthest[forward] = max(furthest[forward], place + size)
    for number in (None, cut):
        (flow,) = flows(packets, number)
        counted = {True: flow.retransmissions_there, False: flow.retransmissions_back}
        assert counted == expected


ENDS = st.sampled_from([ANA, BO, IPv4Address("192.0.2.3")])
PORTS = st.sampled_from([1, 2, 3])


@given(st.lists(st.tuples(ENDS, ENDS, PORTS, PORTS, st.booleans()), min_size=1, max_size=40))
def test_groups_are_those_of_a_dictionary(rows: list[tuple[Any, ...]]) -> None:
    packets, counted = [], dict[Any, int]()
    for source, destination, here, beyond, tcp in rows:
        kind = Tcp(here, beyond) if tcp else Udp(here, beyond)
        packets.append((Ipv4(source, destination) / kind).build())
        key = (frozenset([(source, here), (destination, beyond)]), tcp)
        counted[key] = counted.get(key, 0) + 1
    found = {
        (
            frozenset([(flow.source, flow.source_port), (flow.destination, flow.destination_port)]),
            flow.transport == 6,
        ): flow.packets_there + flow.packets_back
        for flow in flows(packets)
    }
    assert found == counted


def test_versions_and_transports_are_told_apart() -> None:
    six = Ipv6(IPv6Address("2001:db8::1"), IPv6Address("2001:db8::2"))
    four = Ipv4(ANA, BO)
    packets = [
        (six / Udp(1, 2)).build(),
        (four / Udp(1, 2)).build(),
        (four / Tcp(1, 2)).build(),
        (four / Icmp(type=9) / b"").build(),
        b"\x00",
    ]
    assert [flow.transport for flow in flows(packets)] == [17, 17, 6, 1]
    assert Packet(packets[0], 101).problems == []


def test_flows_are_bounded() -> None:
    table = FlowTable(max_flows=10)
    packets = [(Ipv4(ANA, BO) / Udp(port, 9)).build() for port in range(1, 31)]
    ids = table.add(decode(block_of(packets, 101)))
    assert (len(table), table.missed) == (10, 20)
    assert ids.tolist() == [*range(10), *[-1] * 20]


def test_many_flows() -> None:
    table = FlowTable()
    packets = [(Ipv4(ANA, BO) / Udp(port, 9)).build() for port in range(1, 3001)]
    table.add(decode(block_of(packets, 101)))
    assert len(table) == 3000
    assert [flow.source_port for flow in table] == list(range(1, 3001))
