"""Packet formats: bytes and values, without I/O.

Each format has a *view*, which reads any field of any buffer in place, and a *value* of the same
name, which builds itself. `Packet` walks the layers of a packet; values stack with ``/``.

What is public is imported when it is first used, and a format when a packet has it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from razem.wire.arp import Arp, ArpView
    from razem.wire.checksum import internet_checksum
    from razem.wire.dhcp import Dhcp, DhcpOption, DhcpView
    from razem.wire.dns import Dns, DnsOverTcp, DnsOverTcpView, DnsQuestion, DnsRecord, DnsView
    from razem.wire.ethernet import Ethernet, EthernetView, Vlan, VlanView
    from razem.wire.fragments import (
        Datagram,
        FragmentEvent,
        FragmentJoiner,
        FragmentsExpired,
        FragmentsJoined,
        FragmentsRefused,
    )
    from razem.wire.http import HttpRequest, HttpRequestView, HttpResponse, HttpResponseView
    from razem.wire.icmp import Icmp, Icmpv6, Icmpv6View, IcmpView
    from razem.wire.icmp_bodies import (
        Echo,
        EchoView,
        IcmpError,
        IcmpErrorView,
        IcmpRedirect,
        IcmpRedirectView,
        IcmpTimestamp,
        IcmpTimestampView,
        Icmpv6Error,
        Icmpv6ErrorView,
        MplsLabel,
    )
    from razem.wire.ipv4 import Ipv4, Ipv4View
    from razem.wire.ipv4_options import Ipv4Option
    from razem.wire.ipv6 import Ipv6, Ipv6View
    from razem.wire.ipv6_extensions import (
        Ipv6Authentication,
        Ipv6AuthenticationView,
        Ipv6Fragment,
        Ipv6FragmentView,
        Ipv6Routing,
        Ipv6RoutingView,
    )
    from razem.wire.ipv6_options import (
        DestinationOptions,
        DestinationOptionsView,
        HopByHop,
        HopByHopView,
        Ipv6Option,
    )
    from razem.wire.links import (
        LinuxCooked,
        LinuxCooked2,
        LinuxCooked2View,
        LinuxCookedView,
        Loopback,
        LoopbackView,
        RawIp,
        RawIpView,
    )
    from razem.wire.mac import BROADCAST, MacAddress
    from razem.wire.mld import (
        MldMessage,
        MldMessageView,
        MldQuery,
        MldQueryView,
        MldRecord,
        MldReport,
        MldReportView,
    )
    from razem.wire.nd import (
        NdRedirect,
        NdRedirectView,
        NeighborAdvertisement,
        NeighborAdvertisementView,
        NeighborSolicitation,
        NeighborSolicitationView,
        RouterAdvertisement,
        RouterAdvertisementView,
        RouterSolicitation,
        RouterSolicitationView,
    )
    from razem.wire.nd_options import NdOption
    from razem.wire.packet import Packet
    from razem.wire.problems import FieldError, MissingFieldError, Problem
    from razem.wire.streams import (
        Endpoint,
        StreamBytes,
        StreamDiffers,
        StreamEnded,
        StreamEvent,
        StreamForgotten,
        StreamGap,
        StreamJoiner,
        StreamOpened,
        StreamRepeated,
        StreamReset,
        Way,
    )
    from razem.wire.tcp import Tcp, TcpFlags, TcpView
    from razem.wire.tcp_options import (
        EndOfOptions,
        FastOpen,
        MaximumSegmentSize,
        Mptcp,
        NoOperation,
        OtherTcpOption,
        Sack,
        SackPermitted,
        TcpOption,
        Timestamps,
        WindowScale,
    )
    from razem.wire.tls import TlsClientHello, TlsClientHelloView, TlsExtension
    from razem.wire.udp import Udp, UdpView
    from razem.wire.value import Raw, RawView, Stack, Value
    from razem.wire.view import View

__all__ = [
    "BROADCAST",
    "Arp",
    "ArpView",
    "Datagram",
    "DestinationOptions",
    "DestinationOptionsView",
    "Dhcp",
    "DhcpOption",
    "DhcpView",
    "Dns",
    "DnsOverTcp",
    "DnsOverTcpView",
    "DnsQuestion",
    "DnsRecord",
    "DnsView",
    "Echo",
    "EchoView",
    "EndOfOptions",
    "Endpoint",
    "Ethernet",
    "EthernetView",
    "FastOpen",
    "FieldError",
    "FragmentEvent",
    "FragmentJoiner",
    "FragmentsExpired",
    "FragmentsJoined",
    "FragmentsRefused",
    "HopByHop",
    "HopByHopView",
    "HttpRequest",
    "HttpRequestView",
    "HttpResponse",
    "HttpResponseView",
    "Icmp",
    "IcmpError",
    "IcmpErrorView",
    "IcmpRedirect",
    "IcmpRedirectView",
    "IcmpTimestamp",
    "IcmpTimestampView",
    "IcmpView",
    "Icmpv6",
    "Icmpv6Error",
    "Icmpv6ErrorView",
    "Icmpv6View",
    "Ipv4",
    "Ipv4Option",
    "Ipv4View",
    "Ipv6",
    "Ipv6Authentication",
    "Ipv6AuthenticationView",
    "Ipv6Fragment",
    "Ipv6FragmentView",
    "Ipv6Option",
    "Ipv6Routing",
    "Ipv6RoutingView",
    "Ipv6View",
    "LinuxCooked",
    "LinuxCooked2",
    "LinuxCooked2View",
    "LinuxCookedView",
    "Loopback",
    "LoopbackView",
    "MacAddress",
    "MaximumSegmentSize",
    "MissingFieldError",
    "MldMessage",
    "MldMessageView",
    "MldQuery",
    "MldQueryView",
    "MldRecord",
    "MldReport",
    "MldReportView",
    "MplsLabel",
    "Mptcp",
    "NdOption",
    "NdRedirect",
    "NdRedirectView",
    "NeighborAdvertisement",
    "NeighborAdvertisementView",
    "NeighborSolicitation",
    "NeighborSolicitationView",
    "NoOperation",
    "OtherTcpOption",
    "Packet",
    "Problem",
    "Raw",
    "RawIp",
    "RawIpView",
    "RawView",
    "RouterAdvertisement",
    "RouterAdvertisementView",
    "RouterSolicitation",
    "RouterSolicitationView",
    "Sack",
    "SackPermitted",
    "Stack",
    "StreamBytes",
    "StreamDiffers",
    "StreamEnded",
    "StreamEvent",
    "StreamForgotten",
    "StreamGap",
    "StreamJoiner",
    "StreamOpened",
    "StreamRepeated",
    "StreamReset",
    "Tcp",
    "TcpFlags",
    "TcpOption",
    "TcpView",
    "Timestamps",
    "TlsClientHello",
    "TlsClientHelloView",
    "TlsExtension",
    "Udp",
    "UdpView",
    "Value",
    "View",
    "Vlan",
    "VlanView",
    "Way",
    "WindowScale",
    "internet_checksum",
]

# Where each public name lives; what is not named here is an error.
_HOMES: Final = {
    "arp": "Arp ArpView",
    "checksum": "internet_checksum",
    "dhcp": "Dhcp DhcpOption DhcpView",
    "dns": "Dns DnsOverTcp DnsOverTcpView DnsQuestion DnsRecord DnsView",
    "ethernet": "Ethernet EthernetView Vlan VlanView",
    "fragments": (
        "Datagram FragmentEvent FragmentJoiner FragmentsExpired FragmentsJoined FragmentsRefused"
    ),
    "http": "HttpRequest HttpRequestView HttpResponse HttpResponseView",
    "icmp": "Icmp IcmpView Icmpv6 Icmpv6View",
    "icmp_bodies": (
        "Echo EchoView IcmpError IcmpErrorView IcmpRedirect IcmpRedirectView IcmpTimestamp "
        "IcmpTimestampView Icmpv6Error Icmpv6ErrorView MplsLabel"
    ),
    "ipv4": "Ipv4 Ipv4View",
    "ipv4_options": "Ipv4Option",
    "ipv6": "Ipv6 Ipv6View",
    "ipv6_extensions": (
        "Ipv6Authentication Ipv6AuthenticationView Ipv6Fragment Ipv6FragmentView "
        "Ipv6Routing Ipv6RoutingView"
    ),
    "ipv6_options": ("DestinationOptions DestinationOptionsView HopByHop HopByHopView Ipv6Option"),
    "links": (
        "LinuxCooked LinuxCooked2 LinuxCooked2View LinuxCookedView Loopback LoopbackView "
        "RawIp RawIpView"
    ),
    "mac": "BROADCAST MacAddress",
    "mld": "MldMessage MldMessageView MldQuery MldQueryView MldRecord MldReport MldReportView",
    "nd": (
        "NdRedirect NdRedirectView NeighborAdvertisement NeighborAdvertisementView "
        "NeighborSolicitation NeighborSolicitationView RouterAdvertisement "
        "RouterAdvertisementView RouterSolicitation RouterSolicitationView"
    ),
    "nd_options": "NdOption",
    "packet": "Packet",
    "problems": "FieldError MissingFieldError Problem",
    "streams": (
        "Endpoint StreamBytes StreamDiffers StreamEnded StreamEvent StreamForgotten StreamGap "
        "StreamJoiner StreamOpened StreamRepeated StreamReset Way"
    ),
    "tcp": "Tcp TcpFlags TcpView",
    "tcp_options": (
        "EndOfOptions FastOpen MaximumSegmentSize Mptcp NoOperation OtherTcpOption Sack "
        "SackPermitted TcpOption Timestamps WindowScale"
    ),
    "tls": "TlsClientHello TlsClientHelloView TlsExtension",
    "udp": "Udp UdpView",
    "value": "Raw RawView Stack Value",
    "view": "View",
}
_HOME_OF: Final = {name: module for module, names in _HOMES.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used (PEP 562)."""
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"razem.wire.{_HOME_OF[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
