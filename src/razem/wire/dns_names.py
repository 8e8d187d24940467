"""Names of DNS: as text, as labels, and as they stand in a message (RFC 1035 3.1, 4.1.4)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from razem.errors import LocalProtocolError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from razem.wire.cursor import Cursor

__all__ = ["ROOT", "NameReader", "NameWriter", "labels_of", "name_of"]

ROOT: Final = "."
MAX_NAME: Final = 255  # RFC 1035 2.3.4, with the lengths
MAX_LABEL: Final = 63
_PIECE: Final = re.compile(r"\\(\d{3})|\\(.)|([^\\.])|(\.)", re.DOTALL)


def name_of(labels: Sequence[bytes]) -> str:
    r"""Return a name as text: without a dot at its end; what is strange is escaped (RFC 1035 5.1).

    >>> name_of([b"www", b"a.b", b"\xff"]), name_of([])
    ('www.a\\.b.\\255', '.')
    """
    return ".".join(map(_label_text, labels)) or ROOT


def _label_text(label: bytes) -> str:
    if label.isalnum():
        return label.decode("ascii")
    return "".join(
        f"\\{chr(byte)}" if byte in b".\\" else chr(byte) if 0x21 <= byte < 0x7F else f"\\{byte:03}"
        for byte in label
    )


def labels_of(name: str) -> tuple[bytes, ...]:
    """Return the labels of a name that is text; a dot at its end makes no difference.

    Raises:
        LocalProtocolError: a label is empty or has more than 63 bytes, or the whole is too long.
    """
    if name in {ROOT, ""}:
        return ()
    labels = [bytearray()]
    place = 0
    while place < len(name):
        found = _PIECE.match(name, place)
        if not found or int(found[1] or 0) > 255 or ord((found[2] or found[3] or "a")[0]) > 127:
            raise LocalProtocolError(f'"{name}" is no name of DNS: see column {place + 1}.')
        if found[4]:
            labels.append(bytearray())
        else:
            labels[-1] += bytes([int(found[1])]) if found[1] else (found[2] or found[3]).encode()
        place = found.end()
    if not labels[-1] and len(labels) > 1:
        labels.pop()
    if not all(0 < len(label) <= MAX_LABEL for label in labels):
        raise LocalProtocolError(f'"{name}" is no name of DNS: labels have 1 to 63 bytes.')
    if sum(map(len, labels)) + len(labels) >= MAX_NAME:
        raise LocalProtocolError(f'"{name}" is longer than names of DNS can be.')
    return tuple(map(bytes, labels))


class NameReader:
    """Names out of a message; what was read at a place is remembered, with its length there."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[str, int]] = {}

    def read(self, cursor: Cursor) -> str:
        """Return the name at the cursor, and move behind it.

        Raises:
            FieldError: it is cut off, too long, or points elsewhere than back.
        """
        here = cursor.place
        labels: list[bytes] = []
        behind, size = "", 1
        while length := cursor.number(1):
            if length >= 0xC0:
                target = (length & 0x3F) << 8 | cursor.number(1)
                behind, size = self._at(cursor, target, here)
                break
            if length > MAX_LABEL:
                cursor.place -= 1
                raise cursor.error(f"the kind of label 0x{length:02x} is not known")
            labels.append(cursor.take(length))
        return self._remember(cursor, here, labels, behind, size)

    def _remember(
        self, cursor: Cursor, place: int, labels: list[bytes], behind: str, size: int
    ) -> str:
        size += sum(map(len, labels)) + len(labels)
        if size > MAX_NAME:
            raise cursor.error("the name is longer than 255 bytes")
        name = name_of(labels) if labels else behind or ROOT
        if labels and behind not in {"", ROOT}:
            name = f"{name}.{behind}"
        self._known[place] = name, size
        return name

    def _at(self, cursor: Cursor, target: int, before: int) -> tuple[str, int]:
        """Return the name at a place that a pointer names: always further back than the last."""
        way: list[tuple[int, list[bytes]]] = []  # the places, and the labels at each
        behind, size = "", 1
        while target not in self._known:
            if target >= before:  # RFC 1035 4.1.4: "a pointer to a prior occurance"
                raise cursor.error(f"a pointer goes to byte {target}, which is not further back")
            before = place = target
            labels: list[bytes] = []
            while 0 < (length := _byte(cursor, place)) <= MAX_LABEL:
                labels.append(bytes(cursor.buffer[place + 1 : place + 1 + length]))
                place += 1 + length
                if place - before > MAX_NAME:
                    raise cursor.error("the name is longer than 255 bytes")
            way.append((before, labels))
            if length == 0:
                break
            if length < 0xC0:
                raise cursor.error("a pointer leads to what is no name")
            target = (length & 0x3F) << 8 | _byte(cursor, place + 1)
        else:
            behind, size = self._known[target]
        for place, found in reversed(way):
            behind = self._remember(cursor, place, found, behind, size)
            size = self._known[place][1]
        return behind, size


def _byte(cursor: Cursor, place: int) -> int:
    if place >= len(cursor.buffer):
        raise cursor.error("a pointer leads past the end")
    return cursor.buffer[place]


class NameWriter:
    """Names into a message; what was written before is pointed to (RFC 1035 4.1.4)."""

    def __init__(self) -> None:
        self._places: dict[tuple[bytes, ...], int] = {}

    def write(self, name: str, place: int, *, compress: bool = True) -> bytes:
        """Return the name for `place` in the message; one that is not compressed is remembered.

        Raises:
            LocalProtocolError: it is no name.
        """
        labels = labels_of(name)
        built = bytearray()
        for index, label in enumerate(labels):
            known = self._places.get(labels[index:])
            if compress and known is not None:
                return bytes(built) + (0xC000 | known).to_bytes(2, "big")
            if place + len(built) < 0x4000:
                self._places.setdefault(labels[index:], place + len(built))
            built += bytes([len(label)]) + label
        return bytes(built) + b"\0"
