"""Packets of every format, built by scapy."""

from __future__ import annotations

import logging
import warnings
from importlib import import_module
from typing import Any

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    logging.getLogger("scapy").setLevel(logging.ERROR)
    scapy: Any = import_module("scapy.all")  # its types do not know what it has
    inet6: Any = import_module("scapy.layers.inet6")
    tls: Any = import_module("scapy.layers.tls.all")

ETHER = scapy.Ether(dst="02:00:00:00:00:01", src="02:00:00:00:00:02")
IP = scapy.IP(src="192.0.2.1", dst="198.51.100.2", ttl=17, id=0x1234, tos=0xB9)
IPV6 = inet6.IPv6(src="2001:db8::1", dst="2001:db8::2", hlim=9, tc=0xB9, fl=0x12345)
QUOTED = scapy.IP(src="192.0.2.9", dst="192.0.2.1", ttl=1) / scapy.UDP(sport=33434, dport=33435)
DNS_ANSWER = scapy.DNS(
    id=77,
    qr=1,
    rd=1,
    ra=1,
    qd=scapy.DNSQR(qname="www.example.com", qtype="A"),
    an=[
        scapy.DNSRR(rrname="www.example.com", type="CNAME", ttl=300, rdata="example.com"),
        scapy.DNSRR(rrname="example.com", type="A", ttl=60, rdata="192.0.2.80"),
        scapy.DNSRR(rrname="example.com", type="AAAA", ttl=60, rdata="2001:db8::80"),
        scapy.DNSRR(rrname="example.com", type="TXT", ttl=60, rdata=[b"a", b"b c"]),
    ],
    ns=[scapy.DNSRR(rrname="example.com", type="NS", ttl=60, rdata="ns.example.com")],
    ar=[scapy.DNSRROPT(rclass=1232)],
)
BY_TCP = len(bytes(DNS_ANSWER)).to_bytes(2, "big") + bytes(DNS_ANSWER)
_PACKETS = {
    "vlan": ETHER / scapy.Dot1Q(vlan=100, prio=5, dei=1) / IP / scapy.UDP(sport=1, dport=2) / b"x",
    "qinq": ETHER / scapy.Dot1AD(vlan=7) / scapy.Dot1Q(vlan=8) / IP / scapy.TCP(),
    "arp request": ETHER / scapy.ARP(op=1, psrc="192.0.2.1", pdst="192.0.2.7"),
    "arp reply": ETHER
    / scapy.ARP(op=2, hwsrc="02:00:00:00:00:03", psrc="192.0.2.7", pdst="192.0.2.1"),
    "options": ETHER
    / scapy.IP(
        src="192.0.2.1",
        dst="192.0.2.2",
        options=[scapy.IPOption_RR(routers=["192.0.2.9", "0.0.0.0"]), scapy.IPOption_NOP()],
    )
    / scapy.ICMP(id=3, seq=4)
    / b"data",
    "router alert": ETHER
    / scapy.IP(dst="224.0.0.1", options=[scapy.IPOption_Router_Alert()])
    / scapy.UDP(sport=9, dport=9),
    "source route": ETHER
    / scapy.IP(
        src="192.0.2.1",
        dst="192.0.2.2",
        options=[scapy.IPOption_LSRR(routers=["192.0.2.9", "192.0.2.10"])],
    )
    / scapy.UDP(sport=4000, dport=5000)
    / b"hello",
    "dont fragment": ETHER / scapy.IP(src="192.0.2.1", dst="192.0.2.2", flags="DF") / scapy.UDP(),
    "echo": ETHER / IP / scapy.ICMP(type=8, id=1, seq=2) / bytes(56),
    "echo reply": ETHER / IP / scapy.ICMP(type=0, id=1, seq=2) / bytes(56),
    "time exceeded": ETHER / IP / scapy.ICMP(type=11) / QUOTED,
    "unreachable": ETHER / IP / scapy.ICMP(type=3, code=3) / QUOTED,
    "too big": ETHER / IP / scapy.ICMP(type=3, code=4, nexthopmtu=1400) / QUOTED,
    "wrong checksum": ETHER / IP / scapy.ICMP(type=8, id=1, seq=2, chksum=1) / b"wrong",
    "udp": ETHER / IP / scapy.UDP(sport=4000, dport=5000) / b"hello",
    "udp without checksum": ETHER / IP / scapy.UDP(sport=4000, dport=5000, chksum=0) / b"hello",
    "udp wrong": ETHER / IP / scapy.UDP(sport=4000, dport=5000, chksum=9) / b"hello",
    "syn": ETHER
    / IP
    / scapy.TCP(
        sport=40000,
        dport=443,
        seq=0xFFFFFFFE,
        flags="S",
        window=64240,
        options=[
            ("MSS", 1460),
            ("SAckOK", b""),
            ("Timestamp", (123456, 0)),
            ("NOP", None),
            ("WScale", 7),
            (34, b"\x01\x02\x03\x04\x05\x06\x07\x08"),
        ],
    ),
    "sack": ETHER
    / IP
    / scapy.TCP(
        sport=1,
        dport=2,
        flags="A",
        ack=5,
        options=[("NOP", None), ("NOP", None), ("SAck", (9, 12))],
    ),
    "flags": ETHER / IP / scapy.TCP(sport=1, dport=2, flags="FSRPAUEC", urgptr=7) / b"x",
    "tcp wrong": ETHER / IP / scapy.TCP(sport=1, dport=2, chksum=7) / b"x",
    "dns question": ETHER / IP / scapy.UDP(sport=4000) / scapy.DNS(qd=scapy.DNSQR(qname="a.b")),
    "dns answer": ETHER / IP / scapy.UDP(sport=53, dport=4000) / DNS_ANSWER,
    "no such name": ETHER
    / IP
    / scapy.UDP(sport=53, dport=4000)
    / scapy.DNS(qr=1, rcode=3, qd=scapy.DNSQR(qname="no.example", qtype="AAAA")),
    "dns by tcp": ETHER / IP / scapy.TCP(sport=53, dport=4000, flags="PA") / BY_TCP,
    "dhcp": ETHER
    / scapy.IP(src="0.0.0.0", dst="255.255.255.255")
    / scapy.UDP(sport=68, dport=67)
    / scapy.BOOTP(chaddr=b"\x02\0\0\0\0\x09", xid=0xABCDEF01)
    / scapy.DHCP(
        options=[
            ("message-type", "discover"),
            ("hostname", b"razem"),
            ("requested_addr", "192.0.2.77"),
            ("param_req_list", [1, 3, 6]),
            "end",
        ]
    ),
    "ipv6 udp": ETHER / IPV6 / scapy.UDP(sport=4000, dport=5000) / b"hello",
    "ipv6 tcp": ETHER / IPV6 / scapy.TCP(sport=1, dport=2, flags="SA", options=[("MSS", 1440)]),
    "echo 6": ETHER / IPV6 / inet6.ICMPv6EchoRequest(id=5, seq=6) / b"data",
    "hop-by-hop": ETHER
    / IPV6
    / inet6.IPv6ExtHdrHopByHop(options=[inet6.RouterAlert()])
    / inet6.ICMPv6EchoReply(id=5, seq=6),
    "destination options": ETHER / IPV6 / inet6.IPv6ExtHdrDestOpt() / scapy.UDP(sport=1, dport=2),
    "home address": ETHER
    / IPV6
    / inet6.IPv6ExtHdrDestOpt(options=[inet6.HAO(hoa="2001:db8::77")])
    / scapy.UDP(sport=1, dport=2)
    / b"x",
    "routing": ETHER
    / IPV6
    / inet6.IPv6ExtHdrRouting(addresses=["2001:db8::9", "2001:db8::8"], segleft=2)
    / scapy.UDP(sport=1, dport=2)
    / b"x",
    "segments": ETHER
    / IPV6
    / inet6.IPv6ExtHdrSegmentRouting(
        addresses=["2001:db8::9", "2001:db8::8"], segleft=1, lastentry=1
    )
    / scapy.UDP(sport=1, dport=2)
    / b"x",
    "fragment 6": ETHER
    / IPV6
    / inet6.IPv6ExtHdrFragment(id=0x55, m=1, offset=0)
    / scapy.UDP(sport=1, dport=2, len=200, chksum=1)
    / bytes(24),
    "who has 6": ETHER
    / IPV6
    / inet6.ICMPv6ND_NS(tgt="2001:db8::7")
    / inet6.ICMPv6NDOptSrcLLAddr(lladdr="02:00:00:00:00:09"),
    "is at 6": ETHER
    / IPV6
    / inet6.ICMPv6ND_NA(tgt="2001:db8::7", R=0, S=1, O=1)
    / inet6.ICMPv6NDOptDstLLAddr(lladdr="02:00:00:00:00:09"),
    "router": ETHER
    / IPV6
    / inet6.ICMPv6ND_RA(routerlifetime=900, chlim=64, M=1)
    / inet6.ICMPv6NDOptPrefixInfo(prefix="2001:db8:1::", prefixlen=64)
    / inet6.ICMPv6NDOptMTU(mtu=1480)
    / inet6.ICMPv6NDOptRDNSS(dns=["2001:db8::53"], lifetime=60),
    "router?": ETHER / IPV6 / inet6.ICMPv6ND_RS(),
    "too big 6": ETHER / IPV6 / inet6.ICMPv6PacketTooBig(mtu=1280) / IPV6 / scapy.UDP(),
    "unreachable 6": ETHER / IPV6 / inet6.ICMPv6DestUnreach(code=4) / IPV6 / scapy.UDP(),
    "listener": ETHER / IPV6 / inet6.ICMPv6MLReport(mladdr="ff02::1:3"),
    "listener 2": ETHER
    / IPV6
    / inet6.ICMPv6MLReport2(
        records=[inet6.ICMPv6MLDMultAddrRec(rtype=4, dst="ff02::fb", sources=["2001:db8::5"])]
    ),
    "listener query 2": ETHER
    / IPV6
    / inet6.ICMPv6MLQuery2(mladdr="ff02::fb", sources=["2001:db8::5"], QQIC=60),
    "client hello": ETHER
    / IP
    / scapy.TCP(sport=40000, dport=443, flags="PA")
    / tls.TLS(
        msg=[
            tls.TLSClientHello(
                random_bytes=bytes(28),
                ciphers=[0x1301, 0x1302, 0xC02F],
                ext=[
                    tls.TLS_Ext_ServerName(
                        servernames=[tls.ServerName(servername=b"www.example.com")]
                    ),
                    tls.TLS_Ext_ALPN(
                        protocols=[
                            tls.ProtocolName(protocol=b"h2"),
                            tls.ProtocolName(protocol=b"http/1.1"),
                        ]
                    ),
                    tls.TLS_Ext_SupportedVersion_CH(versions=[0x0304, 0x0303]),
                ],
            )
        ]
    ),
    "http request": ETHER
    / IP
    / scapy.TCP(sport=40000, dport=80, flags="PA")
    / b"GET /index.html?q=1 HTTP/1.1\r\nHost: www.example.com\r\n\r\n",
    "http answer": ETHER
    / IP
    / scapy.TCP(sport=80, dport=40000, flags="PA")
    / b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
    "ip in ip": ETHER / IPV6 / scapy.IP(src="192.0.2.1", dst="192.0.2.2") / scapy.UDP(),
}
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    FRAMES: dict[str, bytes] = {name: bytes(packet) for name, packet in _PACKETS.items()}
