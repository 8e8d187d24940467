"""scapy reads what we build as we do, and we read what it builds as it does."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from razem.wire import (
    Arp,
    ArpView,
    Dhcp,
    Dns,
    DnsRecord,
    Echo,
    FastOpen,
    Icmp,
    IcmpError,
    Icmpv6,
    Ipv4,
    Ipv6,
    MldRecord,
    MldReport,
    NeighborSolicitation,
    Packet,
    RouterAdvertisement,
    Stack,
    Tcp,
    TlsClientHello,
    Udp,
    Vlan,
)
from tests.wire import strategies
from tests.wire.scapy_packets import FRAMES, inet6, scapy

# our format and field, and how scapy calls the same
SAME: list[tuple[Any, Any, dict[str, str]]] = [
    (Arp, scapy.ARP, {"operation": "op", "sender_mac": "hwsrc", "sender": "psrc"}),
    (Arp, scapy.ARP, {"target": "pdst", "target_mac": "hwdst", "hardware_type": "hwtype"}),
    (Ipv4, scapy.IP, {"version": "version", "header_words": "ihl", "total_length": "len"}),
    (Ipv4, scapy.IP, {"identification": "id", "ttl": "ttl", "protocol": "proto"}),
    (Ipv4, scapy.IP, {"checksum": "chksum", "source": "src", "destination": "dst"}),
    (Ipv6, inet6.IPv6, {"flow_label": "fl", "payload_length": "plen", "next_header": "nh"}),
    (Ipv6, inet6.IPv6, {"hop_limit": "hlim", "source": "src", "destination": "dst"}),
    (Udp, scapy.UDP, {"source_port": "sport", "destination_port": "dport"}),
    (Udp, scapy.UDP, {"length": "len", "checksum": "chksum"}),
    (Tcp, scapy.TCP, {"source_port": "sport", "destination_port": "dport", "sequence": "seq"}),
    (Tcp, scapy.TCP, {"acknowledgement": "ack", "header_words": "dataofs", "window": "window"}),
    (Tcp, scapy.TCP, {"checksum": "chksum", "urgent": "urgptr"}),
    (Icmp, scapy.ICMP, {"type": "type", "code": "code", "checksum": "chksum"}),
]


def compare(data: bytes) -> None:
    ours, theirs = Packet(data), scapy.Ether(data)
    for kind, layer, names in SAME:
        view = ours.get(kind)
        other = theirs.getlayer(layer)
        if view is None or other is None or type(other) is not layer:
            continue
        if isinstance(view, ArpView) and (view.hardware_type, view.protocol_type) != (1, 0x0800):
            continue
        for name, their_name in names.items():
            read = getattr(view, name)
            expected = getattr(other, their_name)
            assert (read if isinstance(read, int) else str(read)) == expected, (name, theirs)


@pytest.mark.filterwarnings("ignore")
@given(strategies.STACKS)
@settings(deadline=None, max_examples=150)
def test_scapy_reads_what_we_build(stack: Stack) -> None:
    compare(stack.build())


@pytest.mark.parametrize("name", FRAMES)
@pytest.mark.filterwarnings("ignore")
def test_we_read_what_scapy_builds(name: str) -> None:
    frame = FRAMES[name]
    compare(frame)
    packet = Packet(frame)
    wrong = {problem.layer for problem in packet.wrong_checksums()}
    expected = {"wrong checksum": {"ICMP"}, "udp wrong": {"UDP"}, "tcp wrong": {"TCP"}}
    assert wrong == expected.get(name, set())
    assert packet.problems == []
    assert packet.value().build() == frame or Dns in packet


def read(name: str) -> Packet:
    return Packet(FRAMES[name])


def test_every_layer_is_found() -> None:
    assert [layer.NAME for layer in read("qinq")] == ["Ethernet", "VLAN", "VLAN", "IPv4", "TCP"]
    assert [layer.NAME for layer in read("hop-by-hop")][1:] == [
        "IPv6",
        "IPv6 hop-by-hop options",
        "ICMPv6",
        "echo",
    ]
    assert read("ip in ip").get(Ipv4) is not None
    assert (read("vlan")[Vlan].identifier, read("vlan")[Vlan].drop_eligible) == (100, True)


def test_options() -> None:
    assert list(map(str, read("options")[Ipv4].options)) == [
        "record route 192.0.2.9, 0.0.0.0",
        "no operation",
    ]
    syn = read("syn")[Tcp]
    assert list(map(str, syn.options)) == [
        "maximum segment size 1460",
        "SACK permitted",
        "timestamp 123456 echo 0",
        "no operation",
        "window scale 7",
        "fast open 0102030405060708",
    ]
    assert syn.option(FastOpen) == FastOpen(bytes(range(1, 9)))
    assert str(read("sack")[Tcp].options[-1]) == "SACK 9-12"
    assert str(read("flags")[Tcp].flags) == "FIN SYN RST PSH ACK URG ECE CWR"


def test_errors_quote_packets() -> None:
    error = read("time exceeded")[IcmpError]
    assert error.quoted is not None
    assert error.quoted[Udp].destination_port == 33435
    assert read("too big")[IcmpError].mtu == 1400
    expected = (
        "ICMP port unreachable / about [192.0.2.9 > 192.0.2.1 / UDP 33434 > 33435] / 28 bytes"
    )
    assert str(read("unreachable")).endswith(expected)
    assert str(read("too big 6")[Icmpv6].line()) == "ICMPv6 packet too big"


def test_dns() -> None:
    dns = read("dns answer")[Dns]
    assert list(map(str, dns.answers)) == [
        "www.example.com CNAME example.com",
        "example.com A 192.0.2.80",
        "example.com AAAA 2001:db8::80",
        "example.com TXT 'a' 'b c'",
    ]
    assert dns.additionals == (DnsRecord(".", 41, (), 0x8000, 1232),)  # the flag DO
    by_tcp = read("dns by tcp")[Dns]
    assert by_tcp.answers == dns.answers
    again = scapy.DNS(dns.value().build())
    assert again.an[0].rdata == b"example.com."
    assert again.an[2].rdata == "2001:db8::80"


def test_dhcp() -> None:
    dhcp = read("dhcp")[Dhcp]
    assert (dhcp.message, str(dhcp.mac)) == ("discover", "02:00:00:00:00:09")
    assert list(map(str, dhcp.options)) == [
        "message discover",
        "host name 'razem'",
        "requested address 192.0.2.77",
        "wanted options 010306",
        "end",
    ]


def test_tls() -> None:
    hello = read("client hello")[TlsClientHello]
    assert hello.server_name == "www.example.com"
    assert hello.alpn == ("h2", "http/1.1")
    assert hello.versions == (0x0304, 0x0303)
    assert hello.ciphers == (0x1301, 0x1302, 0xC02F)


def test_neighbours_and_listeners() -> None:
    asked = read("who has 6")[NeighborSolicitation]
    assert (str(asked.target), str(asked.options[0])) == (
        "2001:db8::7",
        "source 02:00:00:00:00:09",
    )
    router = read("router")[RouterAdvertisement]
    assert list(map(str, router.options)) == [
        "prefix 2001:db8:1::/64",
        "mtu 1480",
        "name servers 2001:db8::53",
    ]
    assert (router.managed, router.other, router.lifetime) == (True, False, 900)
    (record,) = read("listener 2")[MldReport].records
    assert isinstance(record, MldRecord)
    assert str(record) == "ff02::fb changes to exclude 2001:db8::5"
    assert read("echo 6")[Echo].sequence == 6
