"""What to do with an entry, by what is there already under its name. No I/O."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias, get_args

from razem.files.entries import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from razem.files.entries import Entry

__all__ = ["EXISTING", "Existing", "Found", "Plan", "Step", "make_plan", "renamed"]

Existing: TypeAlias = Literal["update", "replace", "skip", "rename", "fail"]
"""What becomes of what is there: "update" leaves it alone when size and time are equal, and else
replaces it by what differs; "replace" replaces it in any case; "skip" leaves it alone; "rename"
takes another name for the new one; "fail" makes the entry fail."""

EXISTING: Final[tuple[Existing, ...]] = get_args(Existing)

_MANY: Final = 10_000


class Found(NamedTuple):
    """What is there under the name of an entry.

    Attributes:
        kind: a `Kind`.
        size: of a file, in bytes.
        mtime: in nanoseconds since 1970.
        mode: the twelve permission bits.
        target: of a symbolic link.
    """

    kind: Kind
    size: int = 0
    mtime: int = 0
    mode: int = 0o644
    target: bytes = b""


class Step(Enum):
    """What to do."""

    MAKE = "make"  # nothing is there, or it may be replaced
    UPDATE = "update"  # an older version is there
    KEEP = "keep"  # it is the same: only its mode may differ
    SKIP = "skip"
    FAIL = "fail"


class Plan(NamedTuple):
    """What to do, under which name, and why it fails."""

    step: Step
    name: bytes
    why: str = ""


def make_plan(
    entry: Entry, found: Found | None, existing: Existing, is_free: Callable[[bytes], bool]
) -> Plan:
    """Say what to do with an entry.

    Args:
        entry: any but a special file.
        found: what is there under its name; None: nothing.
        existing: what to do with that.
        is_free: whether nothing is there under another name, for "rename".
    """
    name = entry.name
    if found is None:
        return Plan(Step.MAKE, name)
    if entry.kind == Kind.DIRECTORY:
        if found.kind == Kind.DIRECTORY:
            return Plan(Step.KEEP, name)
        return Plan(Step.FAIL, name, f"there is {_NOUNS[found.kind]} of that name")
    if existing in {"skip", "fail"}:
        step = Step.SKIP if existing == "skip" else Step.FAIL
        return Plan(step, name, "it is there already")
    return _replace(entry, found, existing, is_free)


def _replace(
    entry: Entry, found: Found, existing: Existing, is_free: Callable[[bytes], bool]
) -> Plan:
    """Say what to do with an entry whose name is taken, and that is to be there in the end."""
    name = entry.name
    if existing == "rename":
        if _is_same(entry, found):
            return Plan(Step.KEEP, name)
        other = renamed(name, is_free)
        return Plan(Step.MAKE, other) if other else Plan(Step.FAIL, name, "no other name is free")
    if found.kind == Kind.DIRECTORY:
        return Plan(Step.FAIL, name, "there is a directory of that name")
    if existing == "update":
        if _is_same(entry, found):
            return Plan(Step.KEEP, name)
        if entry.kind == Kind.FILE and found.kind == Kind.FILE:
            return Plan(Step.UPDATE, name)
    return Plan(Step.MAKE, name)


_NOUNS: Final = {
    Kind.FILE: "a file",
    Kind.DIRECTORY: "a directory",
    Kind.SYMLINK: "a symbolic link",
    Kind.HARD_LINK: "a file",
    Kind.SPECIAL: "a special file",
}


def _is_same(entry: Entry, found: Found) -> bool:
    if entry.kind == Kind.FILE:
        same = (found.kind, found.size, found.mtime) == (Kind.FILE, entry.size, entry.mtime)
        return bool(same)
    return entry.kind == Kind.SYMLINK == found.kind and found.target == entry.target


def renamed(name: bytes, is_free: Callable[[bytes], bool]) -> bytes | None:
    """Return the first free name such as ``notes (2).txt``; None: there is none.

    >>> renamed(b"notes.tar.gz", lambda name: True), renamed(b".profile", lambda name: True)
    (b'notes (2).tar.gz', b'.profile (2)')
    """
    at = name.find(b".", 1)
    stem, suffix = (name, b"") if at < 0 else (name[:at], name[at:])
    for count in range(2, _MANY):
        mark = b" (%d)" % count
        other = stem[: max(255 - len(suffix) - len(mark), 1)] + mark + suffix
        if len(other) <= 255 and is_free(other):  # limits.h, NAME_MAX
            return other
    return None
