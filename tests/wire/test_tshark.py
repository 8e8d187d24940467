"""Every value agrees with tshark's reading of the same bytes: ours, and those of scapy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import HealthCheck, Phase, given, seed, settings

from razem.wire import (
    Dns,
    DnsOverTcp,
    IcmpError,
    IcmpRedirect,
    Icmpv6Error,
    Ipv6Routing,
    Stack,
    Udp,
)
from tests.wire import strategies
from tests.wire.scapy_packets import FRAMES
from tests.wire.tshark import FIELDS, WORDS, agree, needs_tshark, pcap

if TYPE_CHECKING:
    from pathlib import Path


@needs_tshark
def test_packets_of_scapy(tmp_path: Path) -> None:
    path = tmp_path / "scapy.pcap"
    frames = list(FRAMES.values())
    path.write_bytes(pcap(frames))
    agree(path, frames, 1, {**FIELDS, **WORDS})


@needs_tshark
def test_packets_of_ours(tmp_path: Path) -> None:
    """Many of them, with anything in every field."""
    frames: list[bytes] = []

    @seed(1)
    @settings(
        max_examples=250,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategies.STACKS)
    def collect(stack: Stack) -> None:
        kinds = {type(layer) for layer in stack.layers}
        # of what is quoted or routed at random, in a part of a packet, or in a segment with any
        # flags, tshark reads less than we do
        less: set[type] = {IcmpError, IcmpRedirect, Icmpv6Error, DnsOverTcp, Ipv6Routing} & kinds
        # and of two known ports it takes the lower
        well_known = any(isinstance(layer, Udp) and layer.source_port < 1024 for layer in stack)
        less |= {Dns} & kinds if well_known else set()
        # routes and home addresses that lead nowhere, each takes in its way
        options = [option for layer in stack for option in getattr(layer, "options", ())]
        odd = any(getattr(option, "kind", 0) in {131, 137, 201} for option in options)
        parts = any(getattr(layer, "more_fragments", False) for layer in stack)
        if not less and not odd and not parts:
            frames.append(stack.build())

    collect()
    path = tmp_path / "ours.pcap"
    path.write_bytes(pcap(frames))
    assert len(frames) > 80
    agree(path, frames, 1, FIELDS)
