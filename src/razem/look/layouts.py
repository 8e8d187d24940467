"""The headers that are decoded in bulk, as layouts of NumPy; and the columns that come of them."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

__all__ = [
    "ADDRESS",
    "ARP",
    "COLUMNS",
    "ETHERNET",
    "EXTENSION",
    "ICMP",
    "IPV4",
    "IPV6",
    "TCP",
    "UDP",
    "VLAN",
]


def _layout(*fields: tuple[str, str]) -> np.dtype[Any]:
    return np.dtype(list(fields))


ADDRESS: Final = np.dtype("V16")  # IPv4 as ::ffff:a.b.c.d (RFC 4291 2.5.5.2)
ETHERNET: Final = _layout(("addresses", "V12"), ("ethertype", ">u2"))
VLAN: Final = _layout(("tag", ">u2"), ("ethertype", ">u2"))
IPV4: Final = _layout(
    ("first", "u1"),
    ("service", "u1"),
    ("total", ">u2"),
    ("identification", ">u2"),
    ("fragment", ">u2"),
    ("ttl", "u1"),
    ("protocol", "u1"),
    ("checksum", ">u2"),
    ("source", "V4"),
    ("destination", "V4"),
)
IPV6: Final = _layout(
    ("first", "u1"),
    ("rest", "V3"),
    ("payload", ">u2"),
    ("next", "u1"),
    ("hops", "u1"),
    ("source", "V16"),
    ("destination", "V16"),
)
EXTENSION: Final = _layout(("next", "u1"), ("length", "u1"), ("fragment", ">u2"), ("rest", "V4"))
ARP: Final = _layout(
    ("kinds", "V4"),
    ("sizes", ">u2"),
    ("operation", ">u2"),
    ("sender_mac", "V6"),
    ("sender", "V4"),
    ("target_mac", "V6"),
    ("target", "V4"),
)
TCP: Final = _layout(
    ("source_port", ">u2"),
    ("destination_port", ">u2"),
    ("sequence", ">u4"),
    ("acknowledgement", ">u4"),
    ("flags", ">u2"),  # with the length of the header above
    ("window", ">u2"),
    ("checksum", ">u2"),
    ("urgent", ">u2"),
)
UDP: Final = _layout(
    ("source_port", ">u2"), ("destination_port", ">u2"), ("length", ">u2"), ("checksum", ">u2")
)
ICMP: Final = _layout(("type", "u1"), ("code", "u1"))

COLUMNS: Final = _layout(
    ("number", "i8"),  # in the capture, the first being 1
    ("time", "i8"),  # nanoseconds since 1970
    ("interface", "u2"),
    ("link", "u2"),  # libpcap's link type
    ("length", "u4"),  # bytes on the wire
    ("captured", "u4"),  # of these, in the capture
    ("vlan", "u2"),  # the outermost; 0 without
    ("network", "u2"),  # ethertype: 0x0800 IPv4, 0x86dd IPv6, 0x0806 ARP; 0 unknown
    ("transport", "u1"),  # protocol of IP, behind extension headers; 0 without
    ("source", "V16"),
    ("destination", "V16"),
    ("source_port", "u2"),
    ("destination_port", "u2"),
    ("ttl", "u1"),
    ("flags", "u2"),  # of TCP, nine bits
    ("sequence", "u4"),
    ("acknowledgement", "u4"),
    ("window", "u2"),
    ("icmp_type", "u1"),
    ("icmp_code", "u1"),
    ("fragment", "?"),  # a part of a larger packet
    ("payload_offset", "u4"),  # bytes from the packet's beginning
    ("payload_length", "u4"),  # by the headers' account
    ("malformed", "?"),
)
