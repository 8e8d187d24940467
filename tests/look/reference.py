"""Columns as they should be, one packet at a time, from the views of `razem.wire`."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

from razem.look import Block, Interface, address_of
from razem.look.block import SLACK
from razem.wire import (
    Arp,
    Ethernet,
    Ipv4,
    Ipv6,
    Ipv6Authentication,
    Ipv6Fragment,
    LinuxCooked,
    LinuxCooked2,
    Loopback,
    Packet,
    RawIp,
    Tcp,
    Vlan,
)

LINKS: dict[int, Any] = {
    1: Ethernet,
    113: LinuxCooked,
    276: LinuxCooked2,
    0: Loopback,
    108: Loopback,
    101: RawIp,
}
EXTENSIONS = {
    "IPv6 hop-by-hop options",
    "IPv6 destination options",
    "IPv6 routing",
    "IPv6 fragment",
    "authentication",
}


def block_of(
    packets: list[bytes], link: int | list[int] = 1, lengths: list[int] | None = None
) -> Block:
    """A block of packets, as a reader would give it."""
    links = link if isinstance(link, list) else [link]
    sizes = [len(packet) for packet in packets]
    data = np.frombuffer(b"".join(packets) + bytes(SLACK), dtype=np.uint8)
    offsets = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int64)
    count = len(packets)
    return Block(
        data,
        offsets[:count],
        np.array(sizes, np.uint32),
        np.array(lengths or sizes, np.uint32),
        np.arange(count, dtype=np.int64),
        np.arange(count).astype(np.uint16) % len(links),
        tuple(Interface(each) for each in links),
        np.arange(1, count + 1),
    )


def row_of(data: bytes, link: int = 1) -> dict[str, Any]:
    """What the columns should say of a packet that is all there."""
    packet = Packet(data, link)
    row: dict[str, Any] = {"vlan": 0, "network": 0, "transport": 0, "malformed": False}
    row |= dict.fromkeys(("source", "destination"), None)
    row |= dict.fromkeys(("source_port", "destination_port", "ttl", "flags", "sequence"), 0)
    row |= dict.fromkeys(("acknowledgement", "window", "icmp_type", "icmp_code", "fragment"), 0)
    first = packet.layers[0] if packet.layers else None
    if first is not None and len(data) < first.SIZE:
        return row | {"malformed": True, "payload_offset": len(data), "payload_length": 0}
    if isinstance(first, LINKS[101].VIEW):
        if not data or data[0] >> 4 not in {4, 6}:
            row["malformed"] = True
        else:
            row["network"] = 0x0800 if data[0] >> 4 == 4 else 0x86DD
    elif first is not None and first.NAME == "loopback":
        family = first.family  # type: ignore[attr-defined]
        row["network"] = 0x0800 if family == 2 else 0x86DD if family in {10, 24, 28, 30} else 0
    elif first is not None:
        row["network"] = first.ethertype  # type: ignore[attr-defined]
    place = first.SIZE if first is not None else 0
    for tags, layer in enumerate(packet.layers[1:5]):
        if not isinstance(layer, Vlan.VIEW):
            break
        if len(layer.buffer) < 4:
            return row | {"network": 0, "malformed": True} | rest(data, layer.start)
        row["vlan"] = row["vlan"] if tags else layer.identifier
        row["network"] = layer.ethertype
        place = layer.start + 4
    if row["network"] in {0x8100, 0x88A8, 0x9100} and place == len(data):
        row |= {"network": 0, "malformed": True}  # a tag is announced, and nothing is there
    if row["network"] < 0x600:
        row["network"] = 0
    row |= rest(data, place)
    kinds: dict[int, Any] = {0x0800: Ipv4, 0x86DD: Ipv6, 0x0806: Arp}
    kind = kinds.get(row["network"])
    if kind is None:
        return row
    inner = Packet(data[place:], kind)
    if len(data) - place < kind.VIEW.SIZE:
        return row | {"malformed": True}
    network = inner.layers[0]
    if isinstance(network, Arp.VIEW):
        known = (network.hardware_size, network.protocol_size) == (6, 4)
        row |= {"malformed": not known} | rest(data[: place + 28], place + 28)
        return row | ({"source": network.sender, "destination": network.target} if known else {})
    return row | _of_ip(inner, place)


def _of_ip(inner: Packet, place: int) -> dict[str, Any]:
    network: Any = inner.layers[0]
    row: dict[str, Any] = {"source": network.source, "destination": network.destination}
    row["malformed"] = any(network.judge())
    end = network.extent
    header = min(network.header_length, end)
    part, later = _parts(network)
    protocol = network.protocol if isinstance(network, Ipv4.VIEW) else network.next_header
    row["ttl"] = network.ttl if isinstance(network, Ipv4.VIEW) else network.hop_limit
    lost = False
    kinds = {0, 43, 44, 51, 60} if isinstance(network, Ipv6.VIEW) else set()
    count = 0
    while protocol in kinds and not later and not lost and count < 8:
        count += 1
        views: dict[int, Any] = {44: Ipv6Fragment, 51: Ipv6Authentication}
        view: Any = views.get(protocol, Vlan).VIEW(inner.data[header:end])
        size = 8 if protocol == 44 else 2
        if len(view.buffer) < size:
            row["malformed"] = lost = True
            break
        length = view.buffer[1]
        size = {44: 8, 51: max(length * 4 + 8, 12)}.get(protocol, length * 8 + 8)
        if size > len(view.buffer):
            row["malformed"] = lost = True
        if protocol == 44:
            later = view.fragment_offset > 0
            part |= view.more_fragments or later
        protocol = view.buffer[0]
        header += size
    row |= {"transport": protocol, "fragment": part}
    header = min(header, end)
    row |= {"payload_offset": place + header, "payload_length": end - header}
    if later or lost:
        return row
    data = inner.data[header:end]
    return row | _of_transport(protocol, bytes(data), place + header, part=part, row=row)


def _parts(network: Any) -> tuple[bool, bool]:
    """Whether it is a part of a larger packet, and a later one."""
    if isinstance(network, Ipv4.VIEW):
        return network.is_fragment, network.fragment_offset > 0
    return False, False


def _of_transport(
    protocol: int, data: bytes, place: int, *, part: bool, row: dict[str, Any]
) -> dict[str, Any]:
    least = {6: 20, 17: 8, 1: 4, 58: 4}.get(protocol)
    if least is None:
        return {}
    if len(data) < least:
        return {"malformed": row["malformed"] or not part}
    if protocol in {1, 58}:
        return {"icmp_type": data[0], "icmp_code": data[1]} | rest(data, 8, place)
    if protocol == 17:
        source, destination, length, _ = struct.unpack_from("!HHHH", data)
        bad = length < 8 or (length > len(data) and not part)
        end = len(data) if length < 8 else min(length, len(data))
        return {
            "source_port": source,
            "destination_port": destination,
            "malformed": row["malformed"] or bad,
        } | rest(data[:end], 8, place)
    view = Tcp.VIEW(data)
    size = view.header_words * 4
    return {
        "source_port": view.source_port,
        "destination_port": view.destination_port,
        "sequence": view.sequence,
        "acknowledgement": view.acknowledgement,
        "flags": int(view.flags),
        "window": view.window,
        "malformed": row["malformed"] or size < 20 or (size > len(data) and not part),
    } | rest(data, max(size, 20), place)


def rest(data: bytes, place: int, base: int = 0) -> dict[str, int]:
    """All from a place on is payload."""
    place = min(place, len(data))
    return {"payload_offset": base + place, "payload_length": len(data) - place}


def readable(columns: dict[str, Any], index: int) -> dict[str, Any]:
    """A row of columns, in the same words."""
    skipped = {"number", "time", "interface", "link", "length", "captured"}
    row = {name: column[index] for name, column in columns.items() if name not in skipped}
    shown = {name: int(value) for name, value in row.items() if value.dtype.kind != "V"}
    return shown | {name: address_of(row[name]) for name in ("source", "destination")}
