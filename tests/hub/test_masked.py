"""Frames of clients bear a mask, however their bytes are cut (RFC 6455, 5.1 and 5.2)."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from razem.hub.masked import OnlyMasked

KEY = b"\x37\xfa\x21\x3d"


class Reader:
    """Takes what is handed on."""

    def __init__(self) -> None:
        self.data = b""

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        self.data += data
        return False, b""

    def feed_eof(self) -> None:
        self.data += b"<end>"


def frame(length: int, *, mask: bool = True) -> bytes:
    """A text frame with `length` bytes (section 5.2)."""
    bit = 0x80 if mask else 0
    if length < 126:
        head = struct.pack("!BB", 0x81, bit | length)
    elif length < 65536:
        head = struct.pack("!BBH", 0x81, bit | 126, length)
    else:
        head = struct.pack("!BBQ", 0x81, bit | 127, length)
    return head + (KEY if mask else b"") + b"\x81\x01" * (length // 2) + b"\x00" * (length % 2)


def pass_on(data: bytes, step: int) -> bytes:
    reader = Reader()
    check = OnlyMasked(reader)
    for start in range(0, len(data), step):
        check.feed_data(data[start : start + step])
    check.feed_eof()
    return reader.data.removesuffix(b"<end>")


@pytest.mark.parametrize("step", [1, 2, 3, 7, 1000, 1_000_000])
@pytest.mark.parametrize("length", [0, 1, 125, 126, 127, 300, 65535, 65536])
def test_masked_frames_pass_and_the_first_without_a_mask_is_refused(length: int, step: int) -> None:
    good = frame(length) + frame(0) + frame(5)
    assert pass_on(good, step) == good
    assert pass_on(good + frame(3, mask=False) + good, step) == good + b"\xf0\x80"


@given(st.lists(st.tuples(st.integers(0, 400), st.booleans())), st.integers(1, 50))
def test_how_the_bytes_are_cut_does_not_matter(frames: list[tuple[int, bool]], step: int) -> None:
    data = b"".join(frame(length, mask=mask) for length, mask in frames)
    good = b""
    for length, mask in frames:
        if not mask:
            good += b"\xf0\x80"
            break
        good += frame(length)
    assert pass_on(data, step) == good
