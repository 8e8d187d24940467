"""Capture files of every kind: read as tshark reads them, written so that tshark reads them."""

from __future__ import annotations

import gzip
import io
import shutil
import struct
import subprocess
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from razem import look
from razem.errors import (
    ConfigError,
    CorruptError,
    Error,
    LocalProtocolError,
    TruncatedError,
    UnavailableError,
)
from razem.look import CapturedPacket, Interface, PcapngWriter, PcapWriter
from razem.look.chain import follow
from razem.look.pcapng_blocks import build_block, build_options, section_block
from tests.wire.scapy_packets import FRAMES
from tests.wire.tshark import needs_tshark, pcap

if TYPE_CHECKING:
    from pathlib import Path

FRAME = FRAMES["udp"]
ETHERNET = Interface(1, "eth0")


def packets(count: int, frames: list[bytes] | None = None) -> list[CapturedPacket]:
    several = frames or list(FRAMES.values())
    return [
        CapturedPacket(
            number,
            1_700_000_000_123_456_789 + number * 1001,
            ETHERNET,
            len(several[number % len(several)]),
            memoryview(several[number % len(several)]),
        )
        for number in range(1, count + 1)
    ]


def same(found: list[CapturedPacket], expected: list[CapturedPacket]) -> None:
    assert [packet._replace(interface=ETHERNET) for packet in found] == expected


def magic(order: str, nanoseconds: bool) -> bytes:
    return struct.pack(f"{order}I", 0xA1B23C4D if nanoseconds else 0xA1B2C3D4)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("nanoseconds", [True, False])
@pytest.mark.parametrize("packed", [True, False])
def test_pcap(tmp_path: Path, order: str, nanoseconds: bool, packed: bool) -> None:
    data = magic(order, nanoseconds) + struct.pack(f"{order}HHiIII", 2, 4, 0, 0, 65535, 101)
    data += struct.pack(f"{order}IIII", 5, 999, 4, 60) + b"abcd"
    data += struct.pack(f"{order}IIII", 0xFFFFFFFF, 0, 0, 0)
    path = tmp_path / "x"
    path.write_bytes(gzip.compress(data) if packed else data)
    first, second = look.read(path)
    assert (first.number, first.time) == (1, 5_000_000_999 if nanoseconds else 5_000_999_000)
    assert (first.length, bytes(first.data), first.interface.link) == (60, b"abcd", 101)
    assert (second.time, len(second.data)) == (4294967295_000_000_000, 0)


def test_pcapng_in_both_orders(tmp_path: Path) -> None:
    """Byte by byte as the draft has it: sections, interfaces, resolutions, all kinds of packets."""

    def block(order: str, kind: int, body: bytes) -> bytes:
        body += bytes(-len(body) % 4)
        size = struct.pack(f"{order}I", len(body) + 12)
        return struct.pack(f"{order}I", kind) + size + body + size

    def option(order: str, code: int, content: bytes) -> bytes:
        head = struct.pack(f"{order}HH", code, len(content))
        return head + content + bytes(-len(content) % 4)

    data = b""
    for order in "<>":
        data += block(order, 0x0A0D0D0A, struct.pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, -1))
        data += block(order, 1, struct.pack(f"{order}HHI", 1, 0, 0))
        options = option(order, 2, b"lo") + option(order, 9, b"\x09")
        options += option(order, 14, struct.pack(f"{order}q", 100)) + option(order, 0, b"")
        data += block(order, 1, struct.pack(f"{order}HHI", 101, 0, 8) + options)
        data += block(order, 99, b"unknown!")
        enhanced = struct.pack(f"{order}IIIII", 0, 0, 7, 3, 5) + b"abc\0"
        comment = option(order, 2, bytes(4)) + option(order, 1, b"said") + option(order, 0, b"")
        data += block(order, 6, enhanced + comment)
        data += block(order, 6, struct.pack(f"{order}IIIII", 1, 1, 2, 4, 4) + b"wxyz")
        data += block(order, 3, struct.pack(f"{order}I", 6) + b"simple")
        data += block(order, 2, struct.pack(f"{order}HHIIII", 1, 0, 0, 9, 2, 2) + b"ol")
    path = tmp_path / "x.pcapng"
    path.write_bytes(data)
    capture = look.read(path)
    found = list(capture)
    assert capture.problem is None
    assert [bytes(each.data) for each in found] == [b"abc", b"wxyz", b"simple", b"ol"] * 2
    assert [each.time for each in found[:4]] == [
        7000,
        (1 << 32) + 2 + 100 * 10**9,
        0,
        9 + 100 * 10**9,
    ]
    assert [each.time for each in found[4:]] == [each.time for each in found[:4]]
    assert [each.comments for each in found] == [("said",), (), (), ()] * 2
    assert [each.interface.name for each in found] == ["", "lo", "", "lo"] * 2
    assert (found[0].length, found[1].interface.link, found[5].interface.snap_length) == (5, 101, 8)
    assert [(before, block[8:16]) for before, block in capture.kept] == [
        (0, b"unknown!"),
        (4, b"unknown!"),
    ]


def test_sections_without_packets(tmp_path: Path) -> None:
    """Of one byte order after the other, with packets in the last only."""
    empty = section_block() + build_block(1, struct.pack("<HHI", 1, 0, 0))
    other = struct.pack(">IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)
    file = io.BytesIO()
    with PcapngWriter(file) as writer:
        writer.write(packets(1)[0])
    path = tmp_path / "x.pcapng"
    path.write_bytes(empty + other + other + file.getvalue())
    capture = look.read(path)
    same(list(capture), packets(1))
    assert capture.problem is None


@pytest.mark.parametrize(
    ("resolution", "units", "nanoseconds"),
    [(3, 5, 5_000_000), (6, 5, 5000), (9, 5, 5), (12, 5_000_000, 5000), (0x83, 5, 625_000_000)],
)
def test_resolutions(tmp_path: Path, resolution: int, units: int, nanoseconds: int) -> None:
    interface = struct.pack("<HHI", 1, 0, 0) + build_options([(9, bytes([resolution]))])
    packet = struct.pack("<IIIII", 0, 0, units, 0, 0)
    path = tmp_path / "x"
    path.write_bytes(section_block() + build_block(1, interface) + build_block(6, packet))
    (found,) = look.read(path)
    assert found.time == nanoseconds


@pytest.mark.parametrize("name", ["x.pcap", "x.pcapng", "x.pcap.gz", "x.pcapng.gz"])
@pytest.mark.parametrize("piece", [100, 5000, 16 << 20])
def test_what_is_written_is_read(tmp_path: Path, name: str, piece: int) -> None:
    """However the file is cut: pieces may be smaller than a packet."""
    expected = packets(300)
    assert look.write(tmp_path / name, expected) == 300
    capture = look.read(tmp_path / name, piece=piece)
    same(list(capture), expected)
    same(list(capture), expected)  # and again
    assert capture.problem is None


@pytest.mark.parametrize("kind", [PcapWriter, PcapngWriter])
def test_records_of_large_files_are_found_together_as_one_by_one(kind: Any) -> None:
    """A file that is large enough for the quick way; also with packets that contain the file."""
    inner = io.BytesIO()
    with kind(inner) as writer:
        for packet in packets(100):
            writer.write(packet)
    nested = inner.getvalue()
    frames = [*FRAMES.values(), nested[:60_000], nested[24 : 24 + 9000], bytes(3000)]
    expected = packets(4000, frames)
    file = io.BytesIO()
    with kind(file) as writer:
        for packet in expected:
            writer.write(packet)
    assert len(file.getvalue()) > 2 << 20
    file.seek(0)
    same(list(look.read(file)), expected)


@given(
    sizes=st.lists(st.integers(4, 40), min_size=1, max_size=400),
    wrong=st.lists(st.integers(0, 5000), max_size=5),
    missing=st.integers(0, 3),
)
@settings(max_examples=60)
def test_a_chain_is_the_same_whatever_is_guessed(
    sizes: list[int], wrong: list[int], missing: int
) -> None:
    import razem.look.chain as module

    places = np.cumsum([0, *sizes])
    end = int(places[-1]) - missing
    table = np.zeros(int(places[-1]) + 50, dtype=np.int64)
    table[places[:-1]] = sizes

    def guess(start: int, stop: int) -> int:
        wanted: list[int] = [*wrong, *map(int, places)]
        return next((place for place in wanted if start <= place < stop), -1)

    piece, least = module.PIECE, module.LEAST
    try:
        module.PIECE, module.LEAST = 50, 2  # type: ignore[misc]
        found, rest = follow(
            0,
            end,
            lambda at: table[np.minimum(at, len(table) - 1)],
            table.item,
            guess,
        )
    finally:
        module.PIECE, module.LEAST = piece, least  # type: ignore[misc]
    whole = [
        int(place) for place, size in zip(places[:-1], sizes, strict=True) if place + size <= end
    ]
    assert found.tolist() == whole
    assert rest == int(places[len(whole)])


def test_interfaces_and_comments_are_written(tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    several = [
        CapturedPacket(1, 5, Interface(1, "eth0", 100, "the first", "tcp"), 60, memoryview(b"ab")),
        CapturedPacket(2, 6, Interface(101, "tun0"), 3, memoryview(b"abc"), ("seen", "twice")),
    ]
    look.write(path, several)
    assert list(look.read(path)) == several
    with pytest.raises(LocalProtocolError, match="one link type"):
        look.write(tmp_path / "x.pcap", several)


def test_blocks_of_other_kinds_are_written_as_they_stand(tmp_path: Path) -> None:
    path = tmp_path / "x.pcapng"
    with PcapngWriter(path, comment="hello") as writer:
        writer.write(packets(1)[0])
        writer.write_block(build_block(4242, b"mine"))
    capture = look.read(path)
    assert len(list(capture)) == 1
    assert capture.kept == [(1, build_block(4242, b"mine"))]


@needs_tshark
@pytest.mark.parametrize("name", ["x.pcap", "x.pcapng.gz"])
def test_tshark_reads_what_we_write(tmp_path: Path, name: str) -> None:
    expected = packets(20)
    expected[3] = expected[3]._replace(comments=("a remark",) if "ng" in name else ())
    look.write(tmp_path / name, expected)
    command = ["tshark", "-n", "-r", str(tmp_path / name), "-T", "fields"]
    for field in ("frame.time_epoch", "frame.len", "frame.comment"):
        command += ["-e", field]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert [(row[0].replace(".", ""), int(row[1])) for row in rows] == [
        (str(packet.time), packet.length) for packet in expected
    ]
    assert rows[3][2:] == (["a remark"] if "ng" in name else [""])


@pytest.mark.skipif(shutil.which("editcap") is None, reason="there is no editcap")
def test_we_read_what_editcap_writes(tmp_path: Path) -> None:
    source, target = tmp_path / "x.pcap", tmp_path / "y.pcapng"
    expected = packets(50)
    look.write(source, expected)
    subprocess.run(["editcap", "-F", "pcapng", str(source), str(target)], check=True)
    same(list(look.read(target)), expected)


@pytest.mark.parametrize("name", ["x.pcap", "x.pcapng"])
def test_a_file_that_ends_too_early_gives_what_is_whole(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    expected = packets(10)
    look.write(path, expected)
    whole = path.read_bytes()
    for cut in range(1, len(whole), 97):
        path.write_bytes(whole[:cut])
        capture = look.read(path)
        try:
            found = list(capture)
        except TruncatedError:
            found = []
        except CorruptError:
            assert cut < 4
            continue
        same(found, expected[: len(found)])
        rest = whole[:cut].endswith(bytes(expected[len(found) - 1].data)) if found else False
        assert isinstance(capture.problem, TruncatedError) or not found or rest


@given(st.binary(max_size=200), st.sampled_from(["", "pcap", "ng"]))
def test_any_bytes_as_a_file(data: bytes, kind: str) -> None:
    head = {"": b"", "pcap": pcap([FRAME]), "ng": section_block()}[kind]
    capture = look.read(io.BytesIO(head + data))
    try:
        for block in capture.blocks():
            look.decode(block)
    except Error:
        pass


@given(st.data())
@settings(max_examples=100)
def test_damaged_files(data: st.DataObject) -> None:
    file = io.BytesIO()
    with data.draw(st.sampled_from([PcapWriter, PcapngWriter]))(file) as writer:
        for packet in packets(8):
            writer.write(packet)
    damaged = bytearray(file.getvalue())
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    capture = look.read(
        io.BytesIO(bytes(damaged)), piece=data.draw(st.sampled_from([200, 1 << 20]))
    )
    try:
        for block in capture.blocks():
            look.decode(block)
            assert all(len(packet.data) <= 1 << 20 for packet in block)
    except Error:
        pass


def test_what_is_no_capture_is_told() -> None:
    with pytest.raises(CorruptError, match="no capture file"):
        list(look.read(io.BytesIO(b"GIF89a" * 10)))
    with pytest.raises(TruncatedError, match="empty"):
        list(look.read(io.BytesIO(b"")))
    with pytest.raises(ConfigError):
        look.read("x", "tcp port")
    with pytest.raises(FileNotFoundError):
        list(look.read("/nowhere/at/all"))


def test_all_packets_as_one_array(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    look.write(path, packets(100, [FRAME, FRAMES["syn"]]))
    rows = look.read(path, "udp").to_numpy()
    assert rows.dtype == look.COLUMNS
    assert len(rows) == 50
    assert set(rows["source_port"].tolist()) == {4000}
    assert set(look.texts_of(rows["source"]).tolist()) == {"192.0.2.1"}
    assert look.read(path, "udp port 1").to_numpy().shape == (0,)


@pytest.mark.parametrize("name", ["arrow", "pandas", "polars"])
def test_other_libraries(tmp_path: Path, name: str) -> None:
    """Where they are installed; elsewhere it is told."""
    from importlib.util import find_spec

    path = tmp_path / "x.pcap"
    look.write(path, packets(3, [FRAME]))
    convert = getattr(look.read(path), f"to_{name}")
    library = {"arrow": "pyarrow"}.get(name, name)
    if find_spec(library) is None:
        with pytest.raises(UnavailableError, match=f"pip install {library}"):
            convert()
    else:
        assert len(convert()) == 3
