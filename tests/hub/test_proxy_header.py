"""The PROXY protocol (haproxy, doc/proxy-protocol.txt), as its receiver."""

from __future__ import annotations

import contextlib
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from razem.errors import RemoteProtocolError
from razem.hub.proxy_header import ProxyHeader

SIGNATURE = b"\x0d\x0a\x0d\x0a\x00\x0d\x0a\x51\x55\x49\x54\x0a"  # section 2.2
# Of haproxy to a server at 172.19.0.3, as captured on the wire.
CAPTURED = bytes.fromhex("0d0a0d0a000d0a515549540a2111000cac130001ac130003a6520050")
# The longest lines of section 2.1, and its examples.
V6 = "ffff:f...f:ffff".replace("f...f", ":".join(["ffff"] * 6))

HEADERS = [
    (b"PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255"),
    (b"PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n", "192.168.0.1"),
    (f"PROXY TCP6 {V6} {V6} 65535 65535\r\n".encode(), V6),
    (b"PROXY TCP6 ::1 ::1 1 2\r\n", "::1"),
    (b"PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n", "192.0.2.1"),
    (b"PROXY UNKNOWN\r\n", None),
    (f"PROXY UNKNOWN {V6} {V6} 65535 65535\r\n".encode(), None),
    (CAPTURED, "172.19.0.1"),
    (SIGNATURE + b"\x21\x11\0\x0f" + bytes([192, 0, 2, 7, 192, 0, 2, 8, 0, 1, 0, 2]) + b"\4\0\0",
     "192.0.2.7"),
    (SIGNATURE + b"\x21\x21\0\x24" + ip_address("2001:db8::7").packed + bytes(20), "2001:db8::7"),
    (SIGNATURE + b"\x21\x21\0\x24" + ip_address("::ffff:192.0.2.1").packed + bytes(20),
     "192.0.2.1"),
    (SIGNATURE + b"\x21\x31\0\xd8" + b"/tmp/x".ljust(216, b"\0"), None),
    (SIGNATURE + b"\x21\x00\0\0", None),
    (SIGNATURE + b"\x21\x00\0\x05hello", None),
    (SIGNATURE + b"\x20\x00\0\0", None),
    (SIGNATURE + b"\x20\xff\0\x03abc", None),  # "the receiver must ignore" the rest of LOCAL
    (SIGNATURE + b"\x21\x11\xff\xff" + bytes([192, 0, 2, 7]) + bytes(65531), "192.0.2.7"),
]  # fmt: skip

WRONG = [
    b"NICK ana\r\n",
    b"GET / HTTP/1.1\r\n",
    b"\x16\x03\x01\x02\x00",
    b"PROXY\r\n",
    b"PROXY  TCP4 192.0.2.1 192.0.2.2 1 2\r\n",
    b"PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n",
    b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2 \r\n",
    b"PROXY TCP4 192.0.2.1 192.0.2.2 1 65536\r\n",
    b"PROXY TCP4 192.0.2.1 192.0.2.2 01 2\r\n",
    b"PROXY TCP4 192.0.2.1 192.0.2.2 -1 2\r\n",
    "PROXY TCP4 192.0.2.1 192.0.2.2 \u0661 2\r\n".encode(),  # a digit, but not of ASCII
    b"PROXY TCP4 192.0.2.256 192.0.2.2 1 2\r\n",
    b"PROXY TCP4 ::1 ::1 1 2\r\n",
    b"PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n",
    b"PROXY UDP4 192.0.2.1 192.0.2.2 1 2\r\n",
    b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\n" + b"x" * 100,
    b"PROXY UNKNOWN " + b"x" * 92 + b"\r\n",
    b"\r\n\r\n\0\r\nQUIT\r",
    SIGNATURE + b"\x11\x11\0\x0c" + bytes(12),  # version 1
    SIGNATURE + b"\x22\x11\0\x0c" + bytes(12),  # no such command
    SIGNATURE + b"\x21\x41\0\x0c" + bytes(12),  # no such family
    SIGNATURE + b"\x21\x13\0\x0c" + bytes(12),  # no such transport
    SIGNATURE + b"\x21\x12\0\x0c" + bytes(12),  # datagrams
    SIGNATURE + b"\x21\x11\0\x0b" + bytes(11),  # cut off
    SIGNATURE + b"\x21\x21\0\x0c" + bytes(12),
]


def read(data: bytes, step: int) -> tuple[ProxyHeader, bytes]:
    """Read a header as it comes in pieces; return it and what is not of it."""
    header = ProxyHeader()
    for start in range(0, len(data), step):
        piece = data[start : start + step]
        used = header.receive(piece)
        if header.done:
            return header, data[start + used :]
        assert used == len(piece)
    return header, b""


@pytest.mark.parametrize("step", [1, 7, 65536])
@pytest.mark.parametrize(("data", "source"), HEADERS)
def test_a_header_tells_the_client_and_nothing_more_is_taken(
    data: bytes, source: str | None, step: int
) -> None:
    header, rest = read(data + b"NICK ana\r\n", step)
    assert header.done
    assert rest == b"NICK ana\r\n"
    assert header.source == (None if source is None else ip_address(source))
    assert header.relayed == (data[:13] != SIGNATURE + b"\x20")


@pytest.mark.parametrize("step", [1, 7, 65536])
@pytest.mark.parametrize("data", WRONG)
def test_what_is_no_header_is_refused(data: bytes, step: int) -> None:
    with pytest.raises(RemoteProtocolError, match="a proxy did not say"):
        read(data, step)


@pytest.mark.parametrize("data", [data for data, _ in HEADERS])
def test_a_header_is_not_done_before_its_end(data: bytes) -> None:
    header, _ = read(data[:-1], 4096)
    assert not header.done


def test_what_is_not_for_us_is_not_kept() -> None:
    header = ProxyHeader()
    header.receive(SIGNATURE + b"\x21\x11\xff\xff" + bytes(60_000))
    assert len(header._data) == 28


ends = st.tuples(st.ip_addresses(v=4), st.ip_addresses(v=4)) | st.tuples(
    st.ip_addresses(v=6), st.ip_addresses(v=6)
)
ports = st.integers(0, 65535)


@given(ends, ports, ports, st.integers(1, 200), st.binary(max_size=50))
def test_every_line_is_read(
    pair: tuple[IPv4Address | IPv6Address, ...], first: int, second: int, step: int, rest: bytes
) -> None:
    source, destination = pair
    line = f"PROXY TCP{source.version} {source} {destination} {first} {second}\r\n"
    header, left = read(line.encode() + rest, step)
    assert left == rest
    mapped = source.ipv4_mapped if isinstance(source, IPv6Address) else None
    assert header.source == (mapped or source)


@given(ends, ports, ports, st.binary(max_size=300), st.integers(1, 400), st.binary(max_size=50))
def test_every_binary_header_is_read(
    pair: tuple[IPv4Address | IPv6Address, ...],
    first: int,
    second: int,
    extensions: bytes,
    step: int,
    rest: bytes,
) -> None:
    source, destination = pair
    body = source.packed + destination.packed
    body += first.to_bytes(2, "big") + second.to_bytes(2, "big") + extensions
    family = b"\x11" if source.version == 4 else b"\x21"
    data = SIGNATURE + b"\x21" + family + len(body).to_bytes(2, "big") + body
    header, left = read(data + rest, step)
    assert left == rest
    mapped = source.ipv4_mapped if isinstance(source, IPv6Address) else None
    assert header.source == (mapped or source)


beginnings = st.sampled_from([b"", b"PROXY ", b"PROXY TCP4 ", SIGNATURE, SIGNATURE + b"\x21\x11"])


@given(beginnings, st.binary(max_size=300), st.integers(1, 200))
def test_no_bytes_make_another_error(beginning: bytes, data: bytes, step: int) -> None:
    with contextlib.suppress(RemoteProtocolError):
        read(beginning + data, step)
