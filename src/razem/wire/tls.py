"""The first message of TLS, ClientHello (RFC 8446 4.1.2, RFC 5246 7.4.1.2), in its record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from razem.errors import LocalProtocolError
from razem.wire.cursor import Cursor
from razem.wire.fields import Derived, Items, Number, raw
from razem.wire.value import Around, Value
from razem.wire.view import View

if TYPE_CHECKING:
    from collections.abc import Iterator

    from razem.wire.problems import Problem

__all__ = ["TlsClientHello", "TlsClientHelloView", "TlsExtension"]

HANDSHAKE: Final = 22
CLIENT_HELLO: Final = 1
VERSIONS: Final = {
    0x0300: "SSL 3.0",
    0x0301: "TLS 1.0",
    0x0302: "TLS 1.1",
    0x0303: "TLS 1.2",
    0x0304: "TLS 1.3",
}
EXTENSIONS: Final = {  # IANA TLS ExtensionType Values
    0: "server name",
    5: "status request",
    10: "groups",
    11: "point formats",
    13: "signature algorithms",
    16: "ALPN",
    18: "certificate timestamp",
    21: "padding",
    22: "encrypt then MAC",
    23: "extended main secret",
    27: "compress certificate",
    35: "session ticket",
    41: "pre-shared key",
    42: "early data",
    43: "supported versions",
    45: "key exchange modes",
    49: "post-handshake authentication",
    51: "key share",
    0xFE0D: "encrypted client hello",
    0xFF01: "renegotiation",
}
_SERVER_NAME: Final = 0
_ALPN: Final = 16
_SUPPORTED_VERSIONS: Final = 43


class TlsExtension(NamedTuple):
    """An extension: its number and what it holds.

    >>> TlsExtension.server_name("a.example").content.hex()
    '000c000009612e6578616d706c65'
    """

    kind: int
    content: bytes

    @classmethod
    def server_name(cls, name: str) -> TlsExtension:
        """Return which host is meant (RFC 6066 3)."""
        entry = b"\0" + _sized(2, name.encode("ascii"))
        return cls(_SERVER_NAME, _sized(2, entry))

    @classmethod
    def alpn(cls, *protocols: str) -> TlsExtension:
        """Return which protocols the client speaks (RFC 7301 3.1)."""
        names = b"".join(_sized(1, protocol.encode("ascii")) for protocol in protocols)
        return cls(_ALPN, _sized(2, names))

    @classmethod
    def versions(cls, *numbers: int) -> TlsExtension:
        """Return which versions the client speaks (RFC 8446 4.2.1)."""
        return cls(
            _SUPPORTED_VERSIONS, _sized(1, b"".join(each.to_bytes(2, "big") for each in numbers))
        )

    def __str__(self) -> str:
        return f"{EXTENSIONS.get(self.kind, f'extension {self.kind}')} {self.content[:24].hex()}"


class TlsClientHelloView(View):
    """A ClientHello read in place, from the beginning of its record."""

    NAME = "TLS ClientHello"
    SIZE = 43

    __slots__ = ()

    content_type = Number(0, 1)
    record_version = Number(1, 2, names=VERSIONS, base=16)
    record_length = Number(3, 2)
    handshake_type = Number(5, 1)
    handshake_length = Number(6, 3)
    version = Number(9, 2, names=VERSIONS, base=16)
    random = raw(11, 32)

    @Derived
    def session(self) -> bytes:
        """The identifier of the session; of TLS 1.3, for looks only."""
        return self._parts()[0]

    @Derived
    def ciphers(self) -> tuple[int, ...]:
        """The numbers of the cipher suites that the client offers."""
        return _pairs(self._parts()[1])

    @Derived
    def compressions(self) -> bytes:
        """The numbers of the compressions."""
        return self._parts()[2]

    @Items
    def extensions(self) -> Iterator[TlsExtension]:
        """The extensions, as many as can be read."""
        cursor = self._cursor()
        for size in (1, 2, 1):
            cursor.prefixed(size)
        if not cursor.left:
            return  # RFC 5246 7.4.1.2: there need not be any
        length = cursor.number(2)
        end = cursor.place + length
        while cursor.place < end:
            yield TlsExtension(cursor.number(2), cursor.prefixed(2))

    @Derived
    def server_name(self) -> str | None:
        """The host that is meant (SNI); None where it is not told."""
        content = self._content(_SERVER_NAME)
        if content is None or len(content) < 5 or content[2] != 0:
            return None
        length = int.from_bytes(content[3:5], "big")
        return content[5 : 5 + length].decode("ascii", "backslashreplace")

    @Derived
    def alpn(self) -> tuple[str, ...] | None:
        """The protocols that the client speaks; None where they are not told."""
        content = self._content(_ALPN)
        if content is None:
            return None
        found, place = [], 2
        while place < len(content):
            end = place + 1 + content[place]
            found.append(content[place + 1 : end].decode("ascii", "backslashreplace"))
            place = end
        return tuple(found)

    @Derived
    def versions(self) -> tuple[int, ...] | None:
        """The versions that the client speaks; None where it tells `version` only."""
        content = self._content(_SUPPORTED_VERSIONS)
        return None if content is None else _pairs(content[1:])

    @property
    def header_length(self) -> int:
        """The record."""
        return 5 + self.record_length

    def judge(self) -> Iterator[Problem]:
        """Tell when the rest is in later segments or records, and when extensions do not fit."""
        if self.header_length > len(self.buffer):
            there = len(self.buffer) - 5
            yield self.problem("record_length", f"is {self.record_length}, {there} are here")
        if self.handshake_length != self.record_length - 4:
            message = f"is {self.handshake_length}, and the record holds {self.record_length}"
            yield self.problem("handshake_length", message)

    def line(self) -> str:
        """Return who is meant, and which protocols are spoken."""
        name = f" for {self.server_name}" if self.server_name else ""
        return f"{self.NAME}{name}" + (f" ({', '.join(self.alpn)})" if self.alpn else "")

    def _cursor(self) -> Cursor:
        end = min(self.header_length, 9 + self.handshake_length, len(self.buffer))
        cursor = Cursor(self.buffer, self.NAME, self.start, place=self.SIZE, end=end)
        cursor.field = "extensions"
        return cursor

    def _parts(self) -> tuple[bytes, bytes, bytes]:
        cursor = self._cursor()
        cursor.field = "session"
        return cursor.prefixed(1), cursor.prefixed(2), cursor.prefixed(1)

    def _content(self, kind: int) -> bytes | None:
        return next((each.content for each in self.extensions if each.kind == kind), None)


@dataclass(frozen=True, slots=True)
class TlsClientHello(Value[TlsClientHelloView]):
    """A ClientHello in one record; the lengths are filled in."""

    VIEW = TlsClientHelloView
    FILLED = ("record_length", "handshake_length")

    random: bytes  # 32 bytes
    ciphers: tuple[int, ...]
    extensions: tuple[TlsExtension, ...] = ()
    session: bytes = b""
    compressions: bytes = b"\0"
    version: int = 0x0303
    record_version: int = 0x0301
    content_type: int = HANDSHAKE
    handshake_type: int = CLIENT_HELLO
    record_length: int | None = None
    handshake_length: int | None = None

    def assemble(self, payload: bytes, around: Around) -> bytes:
        """Return the record, and what follows."""
        try:
            ciphers = b"".join(cipher.to_bytes(2, "big") for cipher in self.ciphers)
            extensions = b"".join(
                kind.to_bytes(2, "big") + _sized(2, content) for kind, content in self.extensions
            )
            rest = _sized(1, self.session) + _sized(2, ciphers) + _sized(1, self.compressions)
            rest += _sized(2, extensions) if self.extensions else b""
        except OverflowError as error:
            raise LocalProtocolError(f"a ClientHello cannot be built: {error}.") from error
        size = self.VIEW.SIZE + len(rest)
        header = self.header(record_length=size - 5, handshake_length=size - 9)
        return bytes(header) + rest + payload


def _sized(size: int, content: bytes) -> bytes:
    return len(content).to_bytes(size, "big") + content


def _pairs(data: bytes) -> tuple[int, ...]:
    return tuple(
        int.from_bytes(data[place : place + 2], "big") for place in range(0, len(data) - 1, 2)
    )


def looks_like_client_hello(data: memoryview) -> bool:
    """Tell whether a stream begins with one."""
    return len(data) >= 6 and data[0] == HANDSHAKE and data[1] == 3 and data[5] == CLIENT_HELLO
