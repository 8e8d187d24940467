"""Values of every format, for hypothesis: each such that its bytes say all that it says."""

from __future__ import annotations

from dataclasses import MISSING, fields
from ipaddress import IPv4Address, IPv6Address
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from razem import wire
from razem.wire import (
    Arp,
    DestinationOptions,
    Dhcp,
    DhcpOption,
    Dns,
    DnsOverTcp,
    DnsQuestion,
    DnsRecord,
    Echo,
    Ethernet,
    FastOpen,
    HopByHop,
    HttpRequest,
    HttpResponse,
    Icmp,
    IcmpError,
    IcmpRedirect,
    IcmpTimestamp,
    Icmpv6,
    Icmpv6Error,
    Ipv4,
    Ipv4Option,
    Ipv6,
    Ipv6Authentication,
    Ipv6Fragment,
    Ipv6Option,
    Ipv6Routing,
    MacAddress,
    MaximumSegmentSize,
    MldMessage,
    MldQuery,
    MldRecord,
    MldReport,
    Mptcp,
    NdOption,
    NdRedirect,
    NeighborAdvertisement,
    NeighborSolicitation,
    NoOperation,
    OtherTcpOption,
    Raw,
    RouterAdvertisement,
    RouterSolicitation,
    Sack,
    SackPermitted,
    Stack,
    Tcp,
    Timestamps,
    TlsClientHello,
    TlsExtension,
    Udp,
    Value,
    Vlan,
    WindowScale,
)
from razem.wire.application import kind_in_stream
from razem.wire.dns_data import Caa, Mx, Parameter, Soa, Srv, Svcb
from razem.wire.dns_names import name_of
from razem.wire.fields import Converted, Flag, Number
from razem.wire.registry import UDP_PORTS

PUBLIC = [getattr(wire, name) for name in wire.__all__]
FORMATS: list[Any] = [each for each in PUBLIC if hasattr(each, "VIEW")]

BYTE = st.integers(0, 255)
SHORT = st.integers(0, 65535)
LONG = st.integers(0, (1 << 32) - 1)
V4 = st.builds(IPv4Address, LONG)
V6 = st.builds(IPv6Address, st.integers(0, (1 << 128) - 1))
MAC = st.builds(MacAddress, st.binary(min_size=6, max_size=6))
DATA = st.binary(min_size=1, max_size=60)


def whole(multiple: int, less: int = 0, most: int = 5) -> SearchStrategy[bytes]:
    """Bytes that have a multiple of a size, less so many."""
    sizes = st.integers(1, most).map(lambda times: times * multiple - less)
    return sizes.flatmap(lambda size: st.binary(min_size=size, max_size=size))


def of(kind: Any, /, **given: SearchStrategy[Any] | Any) -> SearchStrategy[Any]:
    """Any value of a format: each fixed field with anything that fits, unless it is given."""
    view = kind.VIEW
    drawn: dict[str, SearchStrategy[Any]] = {}
    for each in fields(kind):
        field = vars(view).get(each.name) or next(
            (f for f in view.FIELDS if f.name == each.name), None
        )
        if each.name in given:
            value = given[each.name]
            drawn[each.name] = value if isinstance(value, SearchStrategy) else st.just(value)
        elif each.name in kind.FILLED:
            drawn[each.name] = st.none()
        elif isinstance(field, Number):
            steps = st.integers(0, field.greatest // field.scale)
            drawn[each.name] = steps.map(field.scale.__mul__)
        elif isinstance(field, Flag):
            drawn[each.name] = st.booleans()
        elif isinstance(field, Converted):
            packed = st.binary(min_size=field.size, max_size=field.size)
            drawn[each.name] = packed.map(field._load)
        else:
            assert each.default is not MISSING, each.name
    return st.builds(kind, **drawn)


def fitting(options: SearchStrategy[Any], size: Any) -> SearchStrategy[tuple[Any, ...]]:
    """Options that have 40 bytes together at the most."""
    several = st.lists(options, max_size=8).map(tuple)
    return several.filter(lambda found: sum(map(size, found)) <= 40)


IPV4_OPTIONS = fitting(
    st.one_of(
        st.just(Ipv4Option(1)), st.builds(Ipv4Option, st.integers(2, 255), st.binary(max_size=20))
    ),
    lambda option: len(option.data) + 2,
)
TCP_OPTIONS = fitting(
    st.one_of(
        st.just(NoOperation()),
        st.builds(MaximumSegmentSize, SHORT),
        st.builds(WindowScale, BYTE),
        st.just(SackPermitted()),
        st.builds(Sack, st.lists(st.tuples(LONG, LONG), min_size=1, max_size=3).map(tuple)),
        st.builds(Timestamps, LONG, LONG),
        st.builds(FastOpen, st.binary(max_size=16)),
        st.builds(Mptcp, st.binary(max_size=20)),
        st.builds(OtherTcpOption, st.integers(35, 255), st.binary(max_size=10)),
    ),
    lambda option: {Sack: 2 + 8 * len(getattr(option, "blocks", ()))}.get(type(option), 22),
)


def padded(options: list[Ipv6Option]) -> tuple[Ipv6Option, ...]:
    size = 2 + sum(2 + len(option.data) for option in options)
    return (*options, Ipv6Option(1, bytes((-size - 2) % 8)))


IPV6_OPTIONS = st.lists(
    st.builds(Ipv6Option, st.integers(1, 255), st.binary(max_size=20)), max_size=4
).map(padded)
LABELS = st.lists(st.binary(min_size=1, max_size=20), max_size=5)
NAMES = LABELS.map(name_of)
TEXTS = st.lists(st.binary(max_size=30), max_size=3).map(tuple)
PARAMETERS = st.lists(st.builds(Parameter, SHORT, st.binary(max_size=12)), max_size=3).map(tuple)
RECORD_DATA: dict[int, SearchStrategy[Any]] = {
    1: V4,
    2: NAMES,
    5: NAMES,
    6: st.builds(Soa, NAMES, NAMES, LONG, LONG, LONG, LONG, LONG),
    12: NAMES,
    15: st.builds(Mx, SHORT, NAMES),
    16: TEXTS,
    28: V6,
    33: st.builds(Srv, SHORT, SHORT, SHORT, NAMES),
    41: PARAMETERS,
    65: st.builds(Svcb, SHORT, NAMES, PARAMETERS),
    99: st.binary(max_size=20),
    257: st.builds(Caa, BYTE, st.binary(max_size=5), st.binary(max_size=20)),
}
RECORDS = st.sampled_from(sorted(RECORD_DATA)).flatmap(
    lambda kind: st.builds(DnsRecord, NAMES, st.just(kind), RECORD_DATA[kind], LONG, SHORT)
)
SECTION = st.lists(RECORDS, max_size=3).map(tuple)
DNS = of(
    Dns,
    questions=st.lists(st.builds(DnsQuestion, NAMES, SHORT, SHORT), max_size=2).map(tuple),
    answers=SECTION,
    authorities=SECTION,
    additionals=SECTION,
)
DHCP_OPTIONS = st.lists(
    st.builds(DhcpOption, st.integers(1, 254), st.binary(max_size=20)), max_size=6
).map(lambda options: (*options, DhcpOption(255)))
DHCP = of(Dhcp, options=DHCP_OPTIONS, cookie=0x63825363)
HELLO = of(
    TlsClientHello,
    ciphers=st.lists(SHORT, max_size=6).map(tuple),
    extensions=st.lists(st.builds(TlsExtension, SHORT, st.binary(max_size=20)), max_size=4).map(
        tuple
    ),
    session=st.binary(max_size=32),
    compressions=st.binary(max_size=3),
    content_type=22,
    handshake_type=1,
    record_version=st.integers(0x0300, 0x03FF),
)
WORD = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=20)
HTTP = st.one_of(
    st.builds(
        HttpRequest,
        st.sampled_from(["GET", "POST", "HEAD"]),
        WORD,
        WORD,
        st.sampled_from([b"\r\n", b"\n"]),
    ),
    st.builds(HttpResponse, st.integers(0, 999), WORD, st.just("HTTP/1.0")),
)
ND_OPTIONS = st.lists(st.builds(NdOption, BYTE, whole(8, less=2)), max_size=3).map(tuple)
MLD_RECORDS = st.lists(
    st.builds(
        MldRecord,
        BYTE,
        V6,
        st.lists(V6, max_size=3).map(tuple),
        st.one_of(st.just(b""), whole(4)),
    ),
    max_size=3,
).map(tuple)

# each is what a layer may carry: layers, outermost first
Layers = tuple[Value[Any], ...]


def layers(*parts: SearchStrategy[Any]) -> SearchStrategy[Layers]:
    return st.tuples(*parts)


RAW = DATA.map(Raw)
UNKNOWN_PORT = SHORT.filter(lambda port: UDP_PORTS.kind(port) is None)
NO_PORT_53 = SHORT.filter(lambda port: port != 53)
TCP_RAW = DATA.filter(lambda data: kind_in_stream(memoryview(data), 1, 1) is None).map(Raw)
TCP = of(Tcp, source_port=NO_PORT_53, destination_port=NO_PORT_53, options=TCP_OPTIONS)
TRANSPORT: SearchStrategy[Layers] = st.one_of(
    layers(of(Udp)),
    layers(of(Udp, source_port=UNKNOWN_PORT, destination_port=UNKNOWN_PORT), RAW),
    layers(of(Udp, destination_port=53), DNS),
    layers(of(Udp, source_port=68, destination_port=67), DHCP),
    layers(TCP),
    layers(TCP, TCP_RAW),
    layers(TCP, HELLO),
    layers(TCP, HTTP, RAW),
    layers(of(Tcp, destination_port=53, options=TCP_OPTIONS), of(DnsOverTcp), DNS),
)
ICMP: SearchStrategy[Layers] = st.one_of(
    layers(of(Icmp), of(Echo), RAW),
    layers(of(Icmp, type=0), of(Echo)),
    layers(of(Icmp), of(IcmpError), RAW),
    layers(of(Icmp, type=11), of(IcmpError), RAW),
    layers(of(Icmp), of(IcmpRedirect), RAW),
    layers(of(Icmp), of(IcmpTimestamp)),
    layers(of(Icmp, type=200), RAW),
)
ICMPV6: SearchStrategy[Layers] = st.one_of(
    layers(of(Icmpv6), of(Echo), RAW),
    layers(of(Icmpv6), of(Icmpv6Error), RAW),
    layers(of(Icmpv6, type=2), of(Icmpv6Error), RAW),
    *(
        layers(of(Icmpv6), of(kind, options=ND_OPTIONS))
        for kind in (
            RouterSolicitation,
            RouterAdvertisement,
            NeighborSolicitation,
            NeighborAdvertisement,
            NdRedirect,
        )
    ),
    layers(of(Icmpv6), of(MldMessage)),
    layers(of(Icmpv6, type=131), of(MldMessage), RAW),
    layers(of(Icmpv6), of(MldMessage), of(MldQuery, sources=st.lists(V6, max_size=3).map(tuple))),
    layers(of(Icmpv6), of(MldReport, records=MLD_RECORDS)),
)
IPV4 = of(Ipv4, options=IPV4_OPTIONS, fragment_offset=0, version=4)
IPV6 = of(Ipv6, version=6)
EXTENSIONS = st.one_of(
    st.just(()),
    layers(of(HopByHop, options=IPV6_OPTIONS)),
    layers(of(DestinationOptions, options=IPV6_OPTIONS)),
    layers(of(Ipv6Routing, data=whole(8, less=4), kind=st.sampled_from([0, 2, 3, 4, 9]))),
    layers(of(Ipv6Fragment, fragment_offset=0)),
    layers(of(HopByHop, options=IPV6_OPTIONS), of(Ipv6Fragment, fragment_offset=0)),
    layers(of(Ipv6Authentication, proof=whole(4))),
)


def joined(*parts: SearchStrategy[Layers]) -> SearchStrategy[Layers]:
    return st.tuples(*parts).map(lambda found: tuple(layer for part in found for layer in part))


NETWORK: SearchStrategy[Layers] = st.one_of(
    layers(of(Arp, hardware_size=6, protocol_size=4)),
    joined(layers(IPV4), st.one_of(TRANSPORT, ICMP)),
    joined(layers(IPV6), EXTENSIONS, st.one_of(TRANSPORT, ICMPV6)),
    joined(layers(IPV4), layers(IPV6), TRANSPORT),
    layers(of(Ipv4, options=IPV4_OPTIONS, fragment_offset=8, protocol=17, version=4), RAW),
)
LINK: SearchStrategy[Layers] = st.one_of(
    layers(of(Ethernet)),
    layers(of(Ethernet), of(Vlan)),
    layers(of(Ethernet, ethertype=0x88A8), of(Vlan), of(Vlan)),
)
STACKS = joined(LINK, NETWORK).map(Stack)
VALUES: SearchStrategy[Any] = STACKS.flatmap(lambda stack: st.sampled_from(stack.layers))
