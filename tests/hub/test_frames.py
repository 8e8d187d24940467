"""Lines as messages of a WebSocket: the bytes of RFC 6455, section 5."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from razem.hub.frames import BINARY, TEXT, frames


@pytest.mark.parametrize(
    ("lines", "opcode", "expected"),
    [
        (b"", TEXT, b""),
        (b"Hello\r\n", TEXT, bytes.fromhex("81 05 48 65 6c 6c 6f")),  # RFC 6455, 5.7
        (b"x" * 125 + b"\r\n", BINARY, b"\x82\x7d" + b"x" * 125),
        (b"x" * 126 + b"\r\n", TEXT, b"\x81\x7e\x00\x7e" + b"x" * 126),
        (b"x" * 256 + b"\r\n", BINARY, b"\x82\x7e\x01\x00" + b"x" * 256),  # 5.7
        (b"x" * 65535 + b"\r\n", BINARY, b"\x82\x7e\xff\xff" + b"x" * 65535),
        (b"x" * 65536 + b"\r\n", BINARY, b"\x82\x7f" + b"\0\0\0\0\0\1\0\0" + b"x" * 65536),  # 5.7
        (b"a\r\nbc\r\n", TEXT, b"\x81\x01a\x81\x02bc"),
        ("é\r\n".encode(), TEXT, b"\x81\x02\xc3\xa9"),
        (b"a\xffb\r\nc\r\n", TEXT, b"\x81\x05a\xef\xbf\xbdb\x81\x01c"),  # U+FFFD
        (b"a\xffb\r\n", BINARY, b"\x82\x03a\xffb"),
    ],
)
def test_each_line_is_a_message(lines: bytes, opcode: int, expected: bytes) -> None:
    assert frames(lines, opcode) == expected


@given(st.lists(st.binary(max_size=200).filter(lambda line: b"\r\n" not in line + b"\r")))
def test_no_line_is_lost(lines: list[bytes]) -> None:
    lines = [line for line in lines if not line.endswith(b"\r")]
    data = frames(b"".join(line + b"\r\n" for line in lines), BINARY)
    read = []
    while data:
        length, start = data[1], 2
        if length == 126:
            length, start = int.from_bytes(data[2:4], "big"), 4
        read.append(data[start : start + length])
        data = data[start + length :]
    assert read == lines
