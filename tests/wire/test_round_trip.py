"""parse(build(x)) == x, for every format and every stack of them."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from razem import wire
from razem.errors import LocalProtocolError
from razem.wire import Ethernet, LinuxCooked, LinuxCooked2, Loopback, Packet, Raw, Stack, Value
from razem.wire.fields import Number
from razem.wire.registry import LINKS
from razem.wire.value import Around
from tests.wire import strategies


@given(strategies.STACKS)
def test_a_packet_reads_as_what_built_it(stack: Stack) -> None:
    built = stack.build()
    packet = Packet(built)
    assert packet.value() == stack
    assert packet.problems == []
    assert packet.wrong_checksums() == []
    assert packet.value().build() == built


@pytest.mark.parametrize(
    ("link", "header"),
    [(113, LinuxCooked()), (276, LinuxCooked2(interface=3)), (0, Loopback())],
    ids=lambda value: type(value).__name__,
)
@given(data=st.data())
def test_other_links_carry_the_same(link: int, header: Value[Any], data: st.DataObject) -> None:
    network = data.draw(strategies.joined(strategies.layers(strategies.IPV4), strategies.ICMP))
    stack = header / Stack(network)
    assert Packet(stack.build(), link).value() == stack


@given(strategies.joined(strategies.layers(strategies.IPV6), strategies.ICMPV6))
def test_raw_ip_begins_at_once(network: strategies.Layers) -> None:
    stack = wire.RawIp() / Stack(network)
    assert Packet(stack.build(), 101).value() == stack
    assert Packet(stack.build(), wire.Ipv6).value() == Stack(network)


@given(strategies.STACKS, st.data())
def test_what_is_given_stands_there_as_given(stack: Stack, data: st.DataObject) -> None:
    """Also lengths and checksums that are wrong; and all bytes come back."""
    index = data.draw(st.sampled_from(range(len(stack.layers))))
    layer = stack.layers[index]
    number = data.draw(st.integers(0, 15))
    given_names = [name for name in layer.FILLED if data.draw(st.booleans())]
    layer = replace(layer, **dict.fromkeys(given_names, number))  # type: ignore[type-var]
    changed = Stack((*stack.layers[:index], layer, *stack.layers[index + 1 :]))
    built = changed.build()
    above = changed.layers[index + 1] if index + 1 < len(changed.layers) else None
    alone = layer.assemble(b"", Around(None, type(above) if above else None))
    for name in given_names:
        assert getattr(layer.VIEW(alone), name) == number
    value = Packet(built).value()
    assert value.build() == built or wire.Dns in map(type, value.layers)


@given(strategies.STACKS, st.data())
def test_all_bytes_come_back_from_what_was_damaged(stack: Stack, data: st.DataObject) -> None:
    """Whatever the bytes are: the values build them again, where their format is not DNS.

    (Names of DNS can be compressed in many ways; ours is one.)
    """
    built = bytearray(stack.build())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(built) - 1))
        built[place] = data.draw(strategies.BYTE)
    value = Packet(built).value()
    if wire.Dns not in map(type, value.layers):
        assert value.build() == bytes(built)


@pytest.mark.parametrize("kind", strategies.FORMATS, ids=lambda kind: kind.__name__)
def test_every_field_of_a_header_can_be_built(kind: type[Value[Any]]) -> None:
    names = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    assert {field.name for field in kind.VIEW.FIELDS if field.offset is not None} <= names
    assert kind.VIEW.VALUE is kind
    assert names >= set(kind.FILLED)


@given(strategies.VALUES, st.data())
def test_what_does_not_fit_is_refused(value: Value[Any], data: st.DataObject) -> None:
    numbers = [field for field in value.VIEW.FIELDS if isinstance(field, Number)]
    if numbers:
        field = data.draw(st.sampled_from(numbers))
        wrong = data.draw(st.sampled_from([-1, field.greatest + 1]))
        with pytest.raises(LocalProtocolError):
            replace(value, **{field.name: wrong}).build()  # type: ignore[type-var]


def test_what_cannot_be_told_is_asked_for() -> None:
    frame = Ethernet(wire.BROADCAST, wire.BROADCAST) / b"?"
    with pytest.raises(LocalProtocolError, match="ethertype"):
        frame.build()
    assert frame[Raw].data == b"?"
    assert LINKS.kind(1) is wire.EthernetView
