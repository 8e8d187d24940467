"""The checksum of IP, ICMP, UDP and TCP (RFC 1071)."""

from __future__ import annotations

__all__ = ["internet_checksum", "transport_checksum"]


def internet_checksum(data: bytes | bytearray | memoryview) -> int:
    """Return the checksum of `data`; 0 when `data` holds its own, and that is right.

    >>> hex(internet_checksum(bytes.fromhex("0001 f203 f4f5 f6f7")))  # RFC 1071 section 3
    '0x220d'
    """
    # 2**16 is 1 modulo 65535, so the sum of all words with the carries added is the remainder of
    # the whole as one large number; a sum that is not nothing is never written as 0.
    number = int.from_bytes(data, "big") << (8 * (len(data) % 2))
    rest = number % 0xFFFF
    return 0xFFFF - (0xFFFF if number and not rest else rest)


def transport_checksum(ends: bytes, protocol: int, segment: bytes | bytearray | memoryview) -> int:
    """Return the checksum of a segment with the pseudo header (RFC 9293 3.1, RFC 8200 8.1).

    `ends` are the source and the destination as they stand in the IP header, 8 or 32 bytes. The
    pseudo headers of IPv4 and IPv6 order the same numbers differently, which a sum does not see.
    """
    pseudo = ends + len(segment).to_bytes(4, "big") + protocol.to_bytes(4, "big")
    return internet_checksum(pseudo + bytes(segment))
