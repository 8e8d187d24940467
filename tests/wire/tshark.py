"""tshark as judge: what it reads of the same bytes, beside what we read."""

from __future__ import annotations

import shutil
import struct
import subprocess
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Any

import pytest

from razem.wire import (
    Arp,
    Dhcp,
    Dns,
    DnsOverTcp,
    Echo,
    Ethernet,
    HttpRequest,
    HttpResponse,
    Icmp,
    IcmpError,
    IcmpTimestamp,
    Icmpv6,
    Icmpv6Error,
    Ipv4,
    Ipv6,
    Ipv6Fragment,
    LinuxCooked,
    LinuxCooked2,
    MaximumSegmentSize,
    NeighborAdvertisement,
    NeighborSolicitation,
    Packet,
    RouterAdvertisement,
    Sack,
    Tcp,
    Timestamps,
    TlsClientHello,
    Udp,
    Vlan,
    WindowScale,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

needs_tshark = pytest.mark.skipif(shutil.which("tshark") is None, reason="there is no tshark")

PREFERENCES = [
    "tcp.relative_sequence_numbers:FALSE",
    "tcp.desegment_tcp_streams:FALSE",
    "tcp.check_checksum:TRUE",
    "udp.check_checksum:TRUE",
    "ip.check_checksum:TRUE",
    "ip.defragment:FALSE",
    "ipv6.defragment:FALSE",
]
GOOD = {None: "", True: "1", False: "0"}


def _find(packet: Packet, kind: Any) -> Any:
    """The layer that tshark shows first: in 802.1ad the inner tag; or one that is quoted."""
    if kind is Vlan and Vlan in packet and packet[Ethernet].ethertype == 0x88A8:
        return packet.get(kind, 1)
    found: Any = packet.get(kind)
    for error in packet.get(IcmpError), packet.get(Icmpv6Error):
        if found is None and error is not None and error.quoted is not None:
            found = error.quoted.get(kind)
    return found


def _number(kind: Any, name: str) -> Callable[[Packet], str]:
    def read(packet: Packet) -> str:
        view = _find(packet, kind)
        return "" if view is None else str(int(getattr(view, name)))

    return read


def _text(kind: Any, name: str) -> Callable[[Packet], str]:
    def read(packet: Packet) -> str:
        view = _find(packet, kind)
        return "" if view is None else str(getattr(view, name))

    return read


def _hex(kind: Any, name: str, digits: int) -> Callable[[Packet], str]:
    def read(packet: Packet) -> str:
        view = _find(packet, kind)
        return "" if view is None else f"0x{int(getattr(view, name)):0{digits}x}"

    return read


def _option(kind: Any, name: str) -> Callable[[Packet], str]:
    def read(packet: Packet) -> str:
        view = packet.get(Tcp)
        option = view.option(kind) if view else None
        return "" if option is None else str(getattr(option, name))

    return read


def _sum(kind: Any) -> Callable[[Packet], str]:
    def read(packet: Packet) -> str:
        view = _find(packet, kind)
        return "" if view is None else GOOD[view.checksum_ok]

    return read


def _sack(packet: Packet) -> str:
    view = packet.get(Tcp)
    option = view.option(Sack) if view else None
    return str(option.blocks[0][0]) if option else ""


def _echo(kind: Any, name: str) -> Callable[[Packet], str]:
    return lambda packet: (
        _number(Echo, name)(packet) or _number(IcmpTimestamp, name)(packet)
        if kind in packet
        else ""
    )


def _count(name: str) -> Callable[[Packet], str]:
    """Of messages that are no updates: the counts of those have other names (RFC 2136 2.2)."""
    read = _number(Dns, name)
    return lambda packet: read(packet) if Dns in packet and packet[Dns].opcode != 5 else ""


def _arp(name: str) -> Callable[[Packet], str]:
    """Of Ethernet and IPv4 alone: of other kinds tshark reads nothing here."""

    def read(packet: Packet) -> str:
        view = packet.get(Arp)
        known = view is not None and (view.hardware_type, view.protocol_type) == (1, 0x0800)
        return str(getattr(view, name)) if known else ""

    return read


# what tshark calls a field, and how we read it
FIELDS: dict[str, Callable[[Packet], str]] = {
    "eth.dst": _text(Ethernet, "destination"),
    "eth.src": _text(Ethernet, "source"),
    "vlan.id": _number(Vlan, "identifier"),
    "vlan.priority": _number(Vlan, "priority"),
    "vlan.dei": _number(Vlan, "drop_eligible"),
    "arp.opcode": _number(Arp, "operation"),
    "arp.src.hw_mac": _arp("sender_mac"),
    "arp.src.proto_ipv4": _arp("sender"),
    "arp.dst.hw_mac": _arp("target_mac"),
    "arp.dst.proto_ipv4": _arp("target"),
    "ip.version": lambda packet: next(
        (str(layer.NAME[-1]) for layer in packet if layer.NAME in {"IPv4", "IPv6"}), ""
    ),
    "ip.hdr_len": _number(Ipv4, "header_length"),
    "ip.dsfield.dscp": _number(Ipv4, "dscp"),
    "ip.dsfield.ecn": _number(Ipv4, "ecn"),
    "ip.len": _number(Ipv4, "total_length"),
    "ip.id": _hex(Ipv4, "identification", 4),
    "ip.flags.rb": _number(Ipv4, "reserved"),
    "ip.flags.df": _number(Ipv4, "dont_fragment"),
    "ip.flags.mf": _number(Ipv4, "more_fragments"),
    "ip.frag_offset": lambda packet: (
        str(packet[Ipv4].fragment_offset // 8) if Ipv4 in packet else ""
    ),
    "ip.ttl": _number(Ipv4, "ttl"),
    "ip.proto": _number(Ipv4, "protocol"),
    "ip.checksum": _hex(Ipv4, "checksum", 4),
    "ip.checksum.status": _sum(Ipv4),
    "ip.src": _text(Ipv4, "source"),
    "ip.dst": lambda packet: _routed(_find(packet, Ipv4)),
    "ipv6.tclass.dscp": _number(Ipv6, "dscp"),
    "ipv6.tclass.ecn": _number(Ipv6, "ecn"),
    "ipv6.flow": _hex(Ipv6, "flow_label", 6),
    "ipv6.plen": _number(Ipv6, "payload_length"),
    "ipv6.nxt": _number(Ipv6, "next_header"),
    "ipv6.hlim": _number(Ipv6, "hop_limit"),
    "ipv6.src": _text(Ipv6, "source"),
    "ipv6.dst": _text(Ipv6, "destination"),
    "ipv6.fraghdr.more": _number(Ipv6Fragment, "more_fragments"),
    "ipv6.fraghdr.ident": _hex(Ipv6Fragment, "identification", 8),
    "icmp.type": _number(Icmp, "type"),
    "icmp.code": _number(Icmp, "code"),
    "icmp.ident": _echo(Icmp, "identifier"),
    "icmp.seq": _echo(Icmp, "sequence"),
    "icmpv6.type": _number(Icmpv6, "type"),
    "icmpv6.code": _number(Icmpv6, "code"),
    "icmpv6.checksum.status": _sum(Icmpv6),
    "icmpv6.echo.identifier": lambda packet: (
        _hex(Echo, "identifier", 4)(packet) if Icmpv6 in packet else ""
    ),
    "icmpv6.echo.sequence_number": _echo(Icmpv6, "sequence"),
    "icmpv6.nd.ns.target_address": _text(NeighborSolicitation, "target"),
    "icmpv6.nd.na.target_address": _text(NeighborAdvertisement, "target"),
    "icmpv6.nd.na.flag.s": _number(NeighborAdvertisement, "solicited"),
    "icmpv6.nd.ra.router_lifetime": _number(RouterAdvertisement, "lifetime"),
    "icmpv6.nd.ra.cur_hop_limit": _number(RouterAdvertisement, "hop_limit"),
    "udp.srcport": _number(Udp, "source_port"),
    "udp.dstport": _number(Udp, "destination_port"),
    "udp.length": _number(Udp, "length"),
    "udp.checksum": _hex(Udp, "checksum", 4),
    "tcp.srcport": _number(Tcp, "source_port"),
    "tcp.dstport": _number(Tcp, "destination_port"),
    "tcp.seq": _number(Tcp, "sequence"),
    "tcp.ack": _number(Tcp, "acknowledgement"),
    "tcp.hdr_len": _number(Tcp, "header_length"),
    "tcp.window_size_value": _number(Tcp, "window"),
    "tcp.checksum": _hex(Tcp, "checksum", 4),
    "tcp.checksum.status": _sum(Tcp),
    "tcp.urgent_pointer": _number(Tcp, "urgent"),
    "tcp.options.mss_val": _option(MaximumSegmentSize, "size"),
    "tcp.options.wscale.shift": _option(WindowScale, "shift"),
    "tcp.options.timestamp.tsval": _option(Timestamps, "value"),
    "tcp.options.timestamp.tsecr": _option(Timestamps, "echo"),
    "tcp.options.sack_le": _sack,
    "dns.id": _hex(Dns, "identifier", 4),
    "dns.flags.response": _number(Dns, "response"),
    "dns.flags.opcode": _number(Dns, "opcode"),
    "dns.count.queries": _count("question_count"),
    "dns.count.answers": _count("answer_count"),
    "dns.count.auth_rr": _count("authority_count"),
    "dns.count.add_rr": _number(Dns, "additional_count"),
    "dns.length": _number(DnsOverTcp, "length"),
    "dhcp.id": _hex(Dhcp, "transaction", 8),
    "dhcp.ip.your": _text(Dhcp, "your"),
    "sll.pkttype": lambda packet: (
        _number(LinuxCooked, "packet_type")(packet) or _number(LinuxCooked2, "packet_type")(packet)
    ),
    "sll.ifindex": _number(LinuxCooked2, "interface"),
}


def _routed(view: Any) -> str:
    """The end of a source route, which tshark calls the destination."""
    ends = view.ends() if view is not None else None
    return str(IPv4Address(ends[4:])) if ends else ""


def _first(items: Iterable[object]) -> str:
    return next((str(item) for item in items), "")


def _answer(kind: int) -> Callable[[Packet], str]:
    def read(packet: Packet) -> str:
        dns = packet.get(Dns)
        return _first(each.data for each in dns.answers if each.type == kind) if dns else ""

    return read


def _dns(read: Callable[[Any], Iterable[object]]) -> Callable[[Packet], str]:
    return lambda packet: _first(read(packet[Dns])) if Dns in packet else ""


# for packets that are not at random: names and texts, which tshark writes in its own way
WORDS: dict[str, Callable[[Packet], str]] = {
    "icmp.mtu": lambda packet: (
        str(packet[IcmpError].mtu) if IcmpError in packet and packet[Icmp].code == 4 else ""
    ),
    "icmpv6.mtu": lambda packet: (
        str(packet[Icmpv6Error].mtu) if Icmpv6Error in packet and packet[Icmpv6].type == 2 else ""
    ),
    "dns.qry.name": _dns(lambda dns: [each.name for each in dns.questions]),
    "dns.qry.type": _dns(lambda dns: [each.type for each in dns.questions]),
    "dns.resp.name": _dns(
        lambda dns: [
            "<Root>" if each.name == "." else each.name
            for each in (*dns.answers, *dns.authorities, *dns.additionals)
        ]
    ),
    "dns.a": _answer(1),
    "dns.aaaa": _answer(28),
    "dns.cname": _answer(5),
    "dns.flags.rcode": _dns(lambda dns: [dns.rcode] if dns.response else []),
    "tls.handshake.extensions_server_name": lambda packet: (
        packet[TlsClientHello].server_name or "" if TlsClientHello in packet else ""
    ),
    "tls.handshake.extensions_alpn_str": lambda packet: (
        _first(packet[TlsClientHello].alpn or ()) if TlsClientHello in packet else ""
    ),
    "tls.handshake.ciphersuite": lambda packet: (
        f"0x{packet[TlsClientHello].ciphers[0]:04x}" if TlsClientHello in packet else ""
    ),
    "http.request.method": _text(HttpRequest, "method"),
    "http.request.uri": _text(HttpRequest, "target"),
    "http.request.version": _text(HttpRequest, "version"),
    "http.response.code": _number(HttpResponse, "status"),
    "http.response.phrase": _text(HttpResponse, "reason"),
    "dhcp.hw.mac_addr": _text(Dhcp, "mac"),
    "dhcp.option.dhcp": lambda packet: (
        str((packet[Dhcp].option(53) or b"\0")[0]) if Dhcp in packet else ""
    ),
}


def pcap(frames: Iterable[bytes], link: int = 1) -> bytes:
    """A capture file, as https://www.tcpdump.org/manpages/pcap-savefile.5.html has it."""
    header = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, link)
    return header + b"".join(
        struct.pack("<IIII", index, 0, len(frame), len(frame)) + frame
        for index, frame in enumerate(frames)
    )


def read_by_tshark(path: Path, fields: Iterable[str]) -> list[dict[str, str]]:
    """What tshark reads, a row a packet; of fields that occur several times, the first."""
    names = list(fields)
    command = ["tshark", "-n", "-r", str(path), "-T", "fields", "-E", "occurrence=f"]
    for preference in PREFERENCES:
        command += ["-o", preference]
    for name in names:
        command += ["-e", name]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    return [dict(zip(names, row, strict=True)) for row in rows]


def agree(path: Path, frames: list[bytes], link: int, fields: dict[str, Any]) -> None:
    """Compare both readings of every frame, field by field."""
    rows = read_by_tshark(path, [*fields, "_ws.malformed"])
    assert len(rows) == len(frames)
    for frame, row in zip(frames, rows, strict=True):
        packet = Packet(frame, link)
        ours = {name: read(packet) for name, read in fields.items()}
        theirs = dict(row)
        if theirs.pop("_ws.malformed"):
            # it gives up where an option or a message makes no sense, which here they need not
            ours |= {name: "" for name in ours if not theirs[name]}
        if Arp in packet and (packet[Arp].hardware_type, packet[Arp].protocol_type) != (1, 0x0800):
            ours |= {name: theirs[name] for name in ours if name.startswith("arp.")}
        if Dns not in packet and 5 in {int(row["udp.dstport"] or 0), int(row["udp.srcport"] or 0)}:
            theirs |= {name: ours[name] for name in ours if name.startswith("dns.")}  # it guesses
        for name in ours:
            if name.endswith("checksum.status") and theirs[name] in {"", "2", "3"}:
                theirs[name] = ours[name] = ""  # tshark did not look
        wrong = {name: (ours[name], theirs[name]) for name in ours if ours[name] != theirs[name]}
        assert not wrong, f"{wrong}\n{packet.tree()}\n{frame.hex()}"
