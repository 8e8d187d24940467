"""Filters mean what they mean to libpcap: tcpdump is the judge."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from razem import look
from razem.errors import ConfigError
from razem.look import compile_filter, decode
from tests.look.reference import block_of
from tests.wire.scapy_packets import FRAMES
from tests.wire.tshark import pcap

if TYPE_CHECKING:
    from pathlib import Path

# what libpcap does not look into: tags of VLANs, and extension headers of IPv6
NOT_THERE = {
    "vlan",
    "qinq",
    "hop-by-hop",
    "destination options",
    "routing",
    "segments",
    "fragment 6",
    "home address",
}
NAMES = [name for name in FRAMES if name not in NOT_THERE]
BLOCK = block_of([FRAMES[name] for name in NAMES])
COLUMNS = decode(BLOCK)


def picked(expression: str) -> list[str]:
    mask = compile_filter(expression)(COLUMNS)
    return [name for name, good in zip(NAMES, mask, strict=True) if good]


SAME = [
    "",
    "ip",
    "ip6",
    "arp",
    "tcp",
    "udp",
    "icmp",
    "icmp6",
    "not udp",
    "! udp and ! tcp",
    "tcp or udp",
    "tcp || arp && ip6",
    "udp port 53",
    "port 53",
    "port domain",
    "tcp port https",
    "src port 40000",
    "tcp dst port 80 or 443",
    "udp src port 68 and dst port 67",
    "src or dst port 443",
    "src and dst port 9",
    "portrange 4000-5000",
    "udp dst portrange 60-70",
    "host 192.0.2.1",
    "src host 192.0.2.1",
    "dst 198.51.100.2",
    "ip host 192.0.2.7",
    "arp host 192.0.2.7",
    "host 2001:db8::2",
    "ip6 src 2001:db8::1",
    "net 192.0.2.0/24",
    "src net 198.51.100.0/24",
    "dst net 2001:db8::/32",
    "net 0.0.0.0/0",
    "less 60",
    "greater 100",
    "len > 100",
    "len <= 60",
    "ip proto 17",
    "ip proto \\tcp",
    "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
    "tcp[tcpflags] & tcp-syn != 0 and tcp[tcpflags] & tcp-ack == 0",
    "tcp[13] & 2 != 0",
    "tcp[tcpflags] = tcp-syn",
    "(tcp or udp) and not port 53 and (net 192.0.2.0/24 or ip6)",
    "not (tcp or udp or icmp or arp) and ip6",
    "host 192.0.2.1 and (port 53 or port 80)",
]


@pytest.mark.skipif(shutil.which("tcpdump") is None, reason="there is no tcpdump")
@pytest.mark.parametrize("expression", SAME)
def test_tcpdump_picks_the_same(tmp_path: Path, expression: str) -> None:
    source, target = tmp_path / "all.pcap", tmp_path / "some.pcap"
    source.write_bytes(pcap([FRAMES[name] for name in NAMES]))
    command = ["tcpdump", "-Z", "root", "-r", str(source), "-w", str(target)]
    command += [expression] if expression else []
    subprocess.run(command, capture_output=True, check=True)
    theirs = [packet.time for packet in look.read(target)]  # the times are the places
    ours = [packet.time for packet in look.read(source, expression)]
    assert [NAMES[time // 10**9] for time in ours] == [NAMES[time // 10**9] for time in theirs]


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("ttl < 10 and ip6 and icmp6 and port 0", []),
        ("icmp_type = 11", ["time exceeded"]),
        ("flags & syn and not flags & ack", ["syn", "tcp wrong"]),
        (
            "payload_length = 5 and udp",
            ["source route", "udp", "udp without checksum", "udp wrong", "ipv6 udp"],
        ),
        ("fragment", []),
        ("malformed", []),
        ("window = 64240", ["syn"]),
        ("TCP AND sequence = 0xfffffffe", ["syn"]),
    ],
)
def test_columns_are_words(expression: str, names: list[str]) -> None:
    assert picked(expression) == names


def test_vlans() -> None:
    columns = decode(block_of(list(FRAMES.values())))
    count = {
        text: int(compile_filter(text)(columns).sum()) for text in ("vlan", "vlan 100", "vlan 8")
    }
    assert count == {"vlan": 2, "vlan 100": 1, "vlan 8": 0}
    assert compile_filter("udp port 2 and vlan")(columns).any()


@pytest.mark.parametrize(
    ("expression", "column"),
    [
        ("tcp port", None),
        ("port 99999", 6),
        ("host example", 6),
        ("(tcp", None),
        ("tcp )", 5),
        ("ttl", None),
        ("ttl < many", 7),
        ("tcp and", None),
        ("ip proto 999", 10),
        ("tcp € udp", 5),
        ("net 192.0.2.0/99", 5),
        ("port 5-4-3", 6),
        ("(" * 200 + "tcp", None),
    ],
)
def test_what_cannot_be_understood_is_told_where(expression: str, column: int | None) -> None:
    with pytest.raises(ConfigError, match="cannot be understood") as caught:
        compile_filter(expression)
    if column is not None:
        assert f"column {column}" in str(caught.value)


WORDS = st.sampled_from(
    [
        "tcp",
        "udp",
        "ip",
        "ip6",
        "arp",
        "port",
        "host",
        "net",
        "src",
        "dst",
        "and",
        "or",
        "not",
        "(",
        ")",
        "<",
        "=",
        "&",
        "80",
        "192.0.2.1",
        "::1",
        "10.0.0.0/8",
        "ttl",
        "len",
        "vlan",
        "less",
        "proto",
        "portrange",
        "1-2",
        "tcp[tcpflags]",
        "tcp-syn",
        "malformed",
        "http",
        "€",
        '"',
    ]
)


@given(st.lists(WORDS, max_size=10))
def test_any_words_are_a_filter_or_an_error(words: list[str]) -> None:
    with contextlib.suppress(ConfigError):
        assert len(compile_filter(" ".join(words))(COLUMNS)) == len(NAMES)


@given(st.text(max_size=30))
def test_any_text_is_a_filter_or_an_error(text: str) -> None:
    with contextlib.suppress(ConfigError):
        compile_filter(text)
