"""Lines of IRC as messages of a WebSocket (RFC 6455, 5.2; IRCv3 websocket). No I/O."""

from __future__ import annotations

import struct
from typing import Final

__all__ = ["BINARY", "TEXT", "frames"]

TEXT: Final = 1  # opcodes
BINARY: Final = 2

_FINAL: Final = 0x80  # the message has no other fragments
_SHORT: Final = 125  # the longest payload whose length stands in the second byte
_MEDIUM: Final = 65535  # and the longest with two more bytes for it


def frames(lines: bytes, opcode: int) -> bytes:
    r"""Return lines as frames from a server, one a line, without its CR LF.

    "Servers MUST NOT relay non-UTF-8 content to clients using text messages": bytes that are none
    become U+FFFD in text.

    >>> frames(b"PING :a\r\n", TEXT)
    b'\x81\x07PING :a'

    Args:
        lines: whole ones, each with its CR LF.
        opcode: `TEXT` or `BINARY`.
    """
    if opcode == TEXT:
        try:
            lines.decode()
        except UnicodeDecodeError:
            lines = lines.decode(errors="replace").encode()
    first = _FINAL | opcode
    parts = []
    for line in lines.split(b"\r\n")[:-1]:
        length = len(line)
        if length <= _SHORT:
            parts.append(bytes((first, length)))
        elif length <= _MEDIUM:
            parts.append(struct.pack("!BBH", first, 126, length))
        else:
            parts.append(struct.pack("!BBQ", first, 127, length))
        parts.append(line)
    return b"".join(parts)
