"""Columns are what the views of `razem.wire` read, for any packets on any link."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from razem.look import COLUMNS, decode
from razem.wire import (
    Ipv4,
    Ipv6,
    Ipv6Fragment,
    LinuxCooked,
    LinuxCooked2,
    Loopback,
    RawIp,
    Stack,
    Tcp,
    TcpFlags,
    Udp,
)
from tests.look.reference import block_of, readable, row_of
from tests.wire import strategies
from tests.wire.scapy_packets import FRAMES


def expected(data: bytes, link: int = 1) -> dict[str, Any]:
    row = row_of(data, link)
    nothing = {IPv4Address(0): IPv4Address(0), IPv6Address(0): None}
    for name in ("source", "destination"):
        row[name] = nothing.get(row[name], row[name])
        if isinstance(row[name], IPv6Address) and row[name].ipv4_mapped:
            row[name] = row[name].ipv4_mapped
    return {name: int(value) if isinstance(value, bool) else value for name, value in row.items()}


def compare(packets: list[bytes], link: int = 1) -> None:
    columns = decode(block_of(packets, link))
    assert list(columns) == list(COLUMNS.names or ())
    for index, packet in enumerate(packets):
        assert readable(columns, index) == expected(packet, link), packet.hex()


@given(st.lists(strategies.STACKS, min_size=1, max_size=8), st.data())
@settings(max_examples=80)
def test_packets_of_all_kinds_damaged_and_cut(stacks: list[Stack], data: st.DataObject) -> None:
    packets = []
    for stack in stacks:
        packet = bytearray(stack.build())
        for _ in range(data.draw(st.integers(0, 3))):
            packet[data.draw(st.integers(0, len(packet) - 1))] = data.draw(strategies.BYTE)
        packets.append(bytes(packet[: data.draw(st.integers(0, len(packet)))]))
    compare(packets)


@pytest.mark.parametrize("link", [1, 0, 101, 113, 276])
@given(packets=st.lists(st.binary(max_size=120), min_size=1, max_size=6))
def test_any_bytes_on_any_link(link: int, packets: list[bytes]) -> None:
    compare(packets, link)


@pytest.mark.parametrize(
    ("link", "header"),
    [(0, Loopback()), (101, RawIp()), (113, LinuxCooked()), (276, LinuxCooked2())],
)
@given(
    networks=st.lists(
        strategies.joined(strategies.layers(strategies.IPV4), strategies.TRANSPORT),
        min_size=1,
        max_size=5,
    )
)
@settings(max_examples=20)
def test_other_links(link: int, header: Any, networks: list[strategies.Layers]) -> None:
    compare([(header / Stack(network)).build() for network in networks], link)


def test_every_length_that_a_header_can_claim() -> None:
    """And every kind of fragment."""
    four = Ipv4(IPv4Address("192.0.2.1"), IPv4Address("192.0.2.2"), protocol=6)
    six = Ipv6(IPv6Address("2001:db8::1"), IPv6Address("2001:db8::2"))
    tcp, udp = Tcp(1, 2, TcpFlags.ACK, 3, 4), Udp(5, 6)
    packets = []
    for words in range(16):
        packets += [
            (replace(four, header_words=words) / tcp / bytes(30)).build(),
            (four / replace(tcp, header_words=words) / bytes(30)).build(),
            (six / replace(tcp, header_words=words) / bytes(10)).build(),
        ]
    for length in range(0, 80, 3):
        packets += [
            (replace(four, total_length=length) / tcp / bytes(20)).build(),
            (replace(six, payload_length=length) / tcp / bytes(20)).build(),
            (four / replace(udp, length=length) / bytes(20)).build(),
            (six / replace(udp, length=length) / bytes(20)).build(),
        ]
    for offset in (0, 8, 16, 256, 65528):
        for more in (False, True):
            fragment = Ipv6Fragment(7, offset, more_fragments=more)
            part = replace(four, fragment_offset=offset, more_fragments=more)
            packets += [
                (six / fragment / tcp / bytes(20)).build(),
                (six / fragment / replace(udp, length=500)).build(),
                (part / tcp / bytes(20)).build(),
                (part / replace(udp, length=500)).build(),
            ]
    for kind in (0, 43, 51, 60):
        for length in range(8):
            packets.append(
                (replace(six, next_header=kind) / bytes([6, length]) / bytes(46)).build()
            )
            packets.append((replace(six, next_header=kind) / bytes([kind, length])).build())
    compare(packets, 101)


def test_packets_of_scapy() -> None:
    compare(list(FRAMES.values()))


def test_links_may_be_mixed() -> None:
    packet = Ipv4(IPv4Address("192.0.2.1"), IPv4Address("192.0.2.2")) / Udp(5, 6)
    packets = [(LinuxCooked() / packet).build(), packet.build(), FRAMES["udp"]]
    columns = decode(block_of(packets, [113, 101, 1]))
    assert columns["source_port"].tolist() == [5, 5, 4000]
    assert columns["link"].tolist() == [113, 101, 1]


def test_what_the_capture_cut_off_is_not_malformed() -> None:
    frame = FRAMES["syn"]
    columns = decode(block_of([frame[:40]], lengths=[len(frame)]))
    assert columns["malformed"].tolist() == [False]
    assert columns["transport"].tolist() == [6]
    assert columns["source_port"].tolist() == [0]  # not there
    headers = decode(block_of([frame[:54]], lengths=[len(frame)]))
    assert headers["sequence"].tolist() == [0xFFFFFFFE]
    assert headers["malformed"].tolist() == [False]


def test_payload_is_counted_by_the_packet_and_not_by_the_capture() -> None:
    ends = Ipv4(IPv4Address("192.0.2.1"), IPv4Address("192.0.2.2"))
    packet = (ends / Tcp(1, 2, TcpFlags.ACK) / bytes(1000)).build()
    columns = decode(block_of([packet[:60]], 101, [len(packet)]))
    assert (columns["payload_offset"][0], columns["payload_length"][0]) == (40, 1000)


def test_many_batches() -> None:
    packets = list(FRAMES.values()) * 1000
    columns = decode(block_of(packets))
    once = decode(block_of(list(FRAMES.values())))
    for name in set(columns) - {"number", "time", "interface"}:
        assert np.array_equal(columns[name], np.tile(once[name], 1000)), name


def test_nothing() -> None:
    columns = decode(block_of([]))
    assert {len(column) for column in columns.values()} == {0}
