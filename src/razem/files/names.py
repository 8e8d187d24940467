"""Which names may be made at a destination. No I/O.

A name on the wire is one component of a path, as bytes; where it stands is told by the number of
its directory. So no name can lead anywhere else, as long as each is checked here, and as long as
whoever makes it never follows a link on the way (razem.files.folders).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from blake3 import blake3

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["PART", "FoldedNames", "name_fault", "part_name", "shown_name"]

PART: Final = b".razem-part"  # what the name of a file ends with that is not whole yet

_LONGEST: Final = 255  # limits.h, NAME_MAX: bytes of a name on every file system of Linux
_ROOM: Final = _LONGEST - len(PART) - 1

# Microsoft, "Naming Files, Paths, and Namespaces": these are devices, with any extension, too.
_DEVICES: Final = frozenset(
    ["con", "prn", "aux", "nul", "conin$", "conout$"]
    + [f"{device}{digit}" for device in ("com", "lpt") for digit in "0123456789¹²³"]
)
_NOT_ON_WINDOWS: Final = frozenset('<>:"/\\|?*')


def name_fault(name: bytes, *, windows: bool = False) -> str:
    """Return why nothing may be made under that name, as words; "" if it may.

    Args:
        name: as the sender told it.
        windows: whether the destination has the rules of Windows: there a colon names a stream
            within a file, a backslash divides a path, and some names are devices.

    >>> name_fault(b"notes.txt"), name_fault(b".."), name_fault(b"a/b")
    ('', 'it means another directory', 'it has a slash in it')
    """
    if not name:
        return "it is empty"
    if name in {b".", b".."}:
        return "it means another directory"
    if b"/" in name:
        return "it has a slash in it"
    if b"\0" in name:
        return "it has a NUL in it"
    if len(name) > _LONGEST:
        return f"it is longer than {_LONGEST} bytes"
    if name.endswith(PART):
        return f"names that end with {PART.decode()} are kept for files that are not whole yet"
    return _windows_fault(name) if windows else ""


def _windows_fault(name: bytes) -> str:
    text = name.decode("utf-8", "replace")
    if any(letter in _NOT_ON_WINDOWS or letter < " " for letter in text):
        return "it has a character that Windows gives another meaning"
    if text[-1] in ". ":
        return "Windows would leave out its last character"
    if text.partition(".")[0].rstrip(" ").casefold() in _DEVICES:
        return "it is a device of Windows"
    return ""


def part_name(name: bytes) -> bytes:
    """Return under which name a file is kept until it is whole: always the same for a name.

    >>> part_name(b"notes.txt")
    b'.notes.txt.razem-part'
    """
    if len(name) <= _ROOM:
        return b"." + name + PART
    return b"." + blake3(name).hexdigest()[:32].encode() + PART


def shown_name(name: bytes) -> str:
    r"""Return a name or path so that it can be printed: nothing in it can steer a terminal.

    >>> shown_name("zażółć".encode()), shown_name(b"\x1b[2J\xff")
    ('zażółć', '\\x1b[2J\\xff')
    """
    text = name.decode("utf-8", "backslashreplace")
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )


class FoldedNames:
    """The names made in one directory that takes "A" and "a" for the same.

    There the second of two such twins would take the place of the first.

    Args:
        names: what is there already and may be replaced under exactly its own name.
    """

    def __init__(self, names: Iterable[bytes] = ()) -> None:
        self._known: dict[str, bytes] = {_fold(name): name for name in names}

    def twin(self, name: bytes) -> bytes | None:
        """Note that a name is made, and return the other one whose place it would take."""
        known = self._known.setdefault(_fold(name), name)
        return None if known == name else known


def _fold(name: bytes) -> str:
    import unicodedata  # noqa: PLC0415  seldom needed

    text = name.decode("utf-8", "surrogateescape")
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", text).casefold())
