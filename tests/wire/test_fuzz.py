"""Any bytes at all: views, packets and joiners give what can be read, or an error of ours."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from razem import errors, wire
from razem.wire import FragmentJoiner, Packet, Stack, StreamJoiner, Value
from razem.wire.packet import MAX_LAYERS
from tests.wire import strategies

LINK_TYPES = [0, 1, 12, 101, 108, 113, 228, 229, 276]


def read_all(packet: Packet) -> None:
    """All that a packet can tell; nothing of it may fail."""
    assert str(packet)
    assert repr(packet)
    assert packet.tree()
    assert json.loads(packet.to_json())["length"] == len(packet)
    packet.value()
    packet.wrong_checksums()
    for problem in packet.problems:
        assert 0 <= problem.offset <= len(packet), problem


@pytest.mark.parametrize("kind", strategies.FORMATS, ids=lambda kind: kind.__name__)
@given(data=st.binary(max_size=300))
def test_any_bytes_as_any_format(kind: type[Value[Any]], data: bytes) -> None:
    view = kind.VIEW(data)
    for field in view.FIELDS:
        try:
            field.read(view)
        except errors.Error:
            assert field.problem(view)
    assert view.facts() is not None
    list(view.problems())
    assert view.checksum_ok in {True, False, None}
    try:
        view.line()
        assert isinstance(view.value(), kind)
    except errors.Error:
        assert list(view.problems()) or not data
    read_all(Packet(data, kind))


@given(st.sampled_from(LINK_TYPES), st.binary(max_size=200))
def test_any_bytes_on_any_link(link: int, data: bytes) -> None:
    read_all(Packet(data, link))


@given(strategies.STACKS, st.data())
def test_damaged_packets(stack: Stack, data: st.DataObject) -> None:
    built = bytearray(stack.build())
    for _ in range(data.draw(st.integers(0, 3))):
        built[data.draw(st.integers(0, len(built) - 1))] = data.draw(strategies.BYTE)
    cut = data.draw(st.integers(0, len(built)))
    packet = Packet(built[:cut])
    read_all(packet)
    for joiner in FragmentJoiner(), StreamJoiner():
        joiner.receive(packet, 0.0)
        joiner.receive(packet, 1.0)
        joiner.expire(1e9)


@given(strategies.STACKS)
def test_a_packet_that_is_cut_off_says_where(stack: Stack) -> None:
    """Cut anywhere behind the first byte: what was read before is the same, and it is told."""
    built = stack.build()
    whole = Packet(built)
    for cut in range(1, len(built), 7):
        packet = Packet(built[:cut])
        reached = [layer for layer in whole.layers if layer.start + layer.SIZE <= cut]
        names = [layer.NAME for layer in packet.layers[: len(reached)]]
        assert names[: len(reached) - 1] == [layer.NAME for layer in reached][: len(reached) - 1]
        for before, after in zip(whole.layers, packet.layers, strict=False):
            if before.start + before.SIZE <= cut:
                for field in before.FIELDS:
                    if field.offset is not None and type(before) is type(after):
                        assert field.read(before) == field.read(after)
        in_ip = any(layer.NAME in {"IPv4", "IPv6"} for layer in packet.layers)
        assert packet.problems or not in_ip


def test_what_quotes_itself_has_an_end() -> None:
    """Errors about errors about errors, deeper than Python calls."""
    from ipaddress import IPv4Address

    header = wire.Ipv4(IPv4Address(1), IPv4Address(2), protocol=1, total_length=65535).build()
    error = wire.Icmp(type=3).build() + wire.IcmpError().build()
    read_all(Packet((header + error) * 2300, wire.Ipv4))


def test_layers_have_an_end() -> None:
    vlans = wire.Ethernet(wire.BROADCAST, wire.BROADCAST, 0x8100).build() + b"\0\1\x81\0" * 4000
    packet = Packet(vlans)
    assert len(packet.layers) == MAX_LAYERS
    assert packet.problems[-1].field == "layers"
    read_all(packet)


def test_names_that_point_to_names_are_read_in_a_moment() -> None:
    """As many names as a message can have, each by a chain of pointers."""
    header = wire.Dns(question_count=65535).build()
    label = b"\x01a" * 126 + b"\0"
    names = header + label + b"\0\1\0\1" + b"\xc0\x0c\0\1\0\1" * 10000
    packet = Packet(names, wire.Dns)
    assert len(packet[wire.Dns].questions) == 10001
    assert [problem.field for problem in packet.problems][:1] == ["questions"]
