"""What ping, curl and dig say in a network of their own, read by us and by tshark; dig reads us."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from razem.wire import (
    Dns,
    Echo,
    HttpRequest,
    HttpResponse,
    Icmp,
    IcmpError,
    Icmpv6,
    Packet,
    StreamBytes,
    StreamEnded,
    StreamJoiner,
    StreamOpened,
    StreamReset,
    TlsClientHello,
)
from tests.wire.tshark import FIELDS, WORDS, agree, needs_tshark

TOOLS = ["unshare", "tcpdump", "ping", "curl", "dig", "ip"]
MISSING = [tool for tool in TOOLS if shutil.which(tool) is None]
pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="captures need root"),
    pytest.mark.skipif(bool(MISSING), reason=f"not there: {', '.join(MISSING)}"),
]
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def captured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("captured")
    command = ["unshare", "--net", sys.executable, "-m", "tests.wire.real_tools", str(directory)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    if "unshare" in done.stderr:
        pytest.skip(f"no network of its own here: {done.stderr}")
    assert done.returncode == 0, done.stderr
    return directory


def frames(path: Path) -> tuple[int, list[bytes]]:
    """Read a file of tcpdump, of this machine's byte order."""
    data = path.read_bytes()
    place, found = 24, []
    while place < len(data):
        size = struct.unpack_from("=I", data, place + 8)[0]
        found.append(data[place + 16 : place + 16 + size])
        place += 16 + size
    return struct.unpack_from("=I", data, 20)[0], found


@needs_tshark
@pytest.mark.parametrize("name", ["lo", "any"])
def test_tshark_reads_the_same(captured: Path, name: str) -> None:
    link, found = frames(captured / f"{name}.pcap")
    assert link == {"lo": 1, "any": 276}[name]
    agree(captured / f"{name}.pcap", found, link, {**FIELDS, **WORDS})


def test_all_that_the_tools_said_is_there(captured: Path) -> None:
    link, found = frames(captured / "lo.pcap")
    packets = [Packet(frame, link) for frame in found]
    assert [packet.problems for packet in packets if packet.problems] == []
    echoes = [packet for packet in packets if Icmp in packet and Echo in packet]
    assert [packet[Echo].sequence for packet in echoes] == [1, 1, 2, 2]
    assert all(packet[Icmp].checksum_ok for packet in echoes)
    assert len([packet for packet in packets if Icmpv6 in packet and Echo in packet]) == 4
    asked = [packet[HttpRequest] for packet in packets if HttpRequest in packet]
    assert [(each.method, each.target, each.host) for each in asked] == [
        ("GET", "/nothing", "127.0.0.1:8000")
    ]
    assert [packet[HttpResponse].status for packet in packets if HttpResponse in packet][:1] == [
        404
    ]
    hellos = [packet[TlsClientHello] for packet in packets if TlsClientHello in packet]
    assert [hello.server_name for hello in hellos] == ["razem.example"]
    assert 0x0304 in (hellos[0].versions or ())
    errors = [packet[IcmpError] for packet in packets if IcmpError in packet]
    quoted = errors[0].quoted
    assert quoted is not None
    assert Dns not in quoted  # port 5 is not known for DNS
    for packet in packets:
        assert packet.value().build() == bytes(packet) or Dns in packet


def test_dig_reads_our_answer(captured: Path) -> None:
    printed = " ".join((captured / "dig.txt").read_text().split())
    assert "www.example.com. 60 IN A 192.0.2.80" in printed
    assert "www.example.com. 60 IN MX 10 mail.www.example.com." in printed
    assert 'www.example.com. 60 IN TXT "made by razem"' in printed
    assert "malformed" not in printed
    assert "WARNING" not in printed.replace("WARNING: recursion", "")


def test_the_streams_are_whole(captured: Path) -> None:
    link, found = frames(captured / "lo.pcap")
    joiner = StreamJoiner()
    events = [event for frame in found for event in joiner.receive(Packet(frame, link), 0.0)]
    said = {type(event) for event in events}
    assert said <= {StreamOpened, StreamBytes, StreamEnded, StreamReset}  # curl gives TLS up
    data = [event.data for event in events if isinstance(event, StreamBytes)]
    assert data[0].startswith(b"GET /nothing HTTP/1.1\r\n")
    assert b"".join(data[1:]).startswith(b"HTTP/1.0 404 ")
