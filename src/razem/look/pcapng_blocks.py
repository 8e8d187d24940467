"""Blocks of pcapng: https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-03.html."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Final

from razem.look.block import Interface

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "COMMENT",
    "ENHANCED",
    "INTERFACE",
    "OBSOLETE",
    "SECTION",
    "SIMPLE",
    "build_block",
    "build_options",
    "interface_block",
    "packet_block",
    "read_interface",
    "read_options",
    "section_block",
]

SECTION: Final = 0x0A0D0D0A
INTERFACE: Final = 1
OBSOLETE: Final = 2
SIMPLE: Final = 3
ENHANCED: Final = 6
ORDER_MAGIC: Final = 0x1A2B3C4D
COMMENT: Final = 1
NAME: Final = 2
DESCRIPTION: Final = 3
RESOLUTION: Final = 9
FILTER: Final = 11
OFFSET: Final = 14
_MICROSECONDS: Final = 6  # what the resolution is when it is not told


def read_options(data: bytes, order: str) -> dict[int, list[bytes]]:
    """Return options by their code, as many as can be read."""
    found: dict[int, list[bytes]] = {}
    place = 0
    while place + 4 <= len(data):
        code, size = struct.unpack_from(f"{order}HH", data, place)
        if code == 0 or place + 4 + size > len(data):
            break
        found.setdefault(code, []).append(data[place + 4 : place + 4 + size])
        place += 4 + size + -size % 4
    return found


def build_options(options: Iterable[tuple[int, bytes]]) -> bytes:
    """Return options with their end; nothing without any."""
    built = b"".join(
        struct.pack("<HH", code, len(content)) + content + bytes(-len(content) % 4)
        for code, content in options
    )
    return built + bytes(4) if built else b""


def build_block(kind: int, body: bytes) -> bytes:
    """Return a block, its body filled up to whole words."""
    body += bytes(-len(body) % 4)
    size = len(body) + 12
    return struct.pack("<II", kind, size) + body + struct.pack("<I", size)


def section_block(comment: str = "") -> bytes:
    """Return the beginning of a section, in the byte order of x86."""
    options = [(COMMENT, comment.encode())] if comment else []
    head = struct.pack("<IHHq", ORDER_MAGIC, 1, 0, -1)
    return build_block(SECTION, head + build_options([*options, (4, b"razem")]))


def interface_block(interface: Interface) -> bytes:
    """Return the description of an interface whose times are in nanoseconds."""
    texts = (
        (NAME, interface.name),
        (DESCRIPTION, interface.description),
        (FILTER, f"\0{interface.filter}" if interface.filter else ""),
    )
    options = [(code, text.encode()) for code, text in texts if text]
    head = struct.pack("<HHI", interface.link, 0, interface.snap_length)
    return build_block(INTERFACE, head + build_options([*options, (RESOLUTION, b"\x09")]))


def packet_block(
    interface: int, time: int, length: int, data: bytes | memoryview, comments: Iterable[str] = ()
) -> bytes:
    """Return a packet: `time` in nanoseconds since 1970."""
    head = struct.pack(
        "<IIIII", interface, time >> 32 & 0xFFFFFFFF, time & 0xFFFFFFFF, len(data), length
    )
    options = build_options((COMMENT, comment.encode()) for comment in comments)
    return build_block(ENHANCED, head + bytes(data) + bytes(-len(data) % 4) + options)


def read_interface(body: bytes, order: str) -> tuple[Interface, int, int, int]:
    """Return an interface, how its times become nanoseconds (times, divided by), and their offset.

    `body` is the block without its type and lengths; the offset is in seconds.
    """
    link, _, snap_length = struct.unpack_from(f"{order}HHI", body)
    options = read_options(body[8:], order)

    def first(code: int) -> bytes:
        return options.get(code, [b""])[0]

    resolution = (first(RESOLUTION) or bytes([_MICROSECONDS]))[0]
    units = 2 ** (resolution & 0x7F) if resolution & 0x80 else 10**resolution  # a second
    times, over = (10**9 // units, 1) if units <= 10**9 else (1, units // 10**9)
    if 10**9 % units and units % 10**9:  # not a whole number of either: powers of two
        times, over = 10**9, units
    offset = int.from_bytes(first(OFFSET)[:8], "little" if order == "<" else "big", signed=True)
    words = (first(NAME), first(DESCRIPTION), first(FILTER)[1:])
    name, description, wanted = (text.decode("utf-8", "replace") for text in words)
    return (
        Interface(link, name, snap_length, description, wanted),
        times,
        min(over, 1 << 62),
        offset,
    )
