"""What becomes of what is there already."""

from __future__ import annotations

import pytest

from razem.files.entries import ROOT, Entry, Kind
from razem.files.planning import Existing, Found, Step, make_plan, renamed

FILE = Entry(Kind.FILE, ROOT, b"a.txt", 0o644, 5, 10)
LINK = Entry(Kind.SYMLINK, ROOT, b"a", target=b"there")
FOLDER = Entry(Kind.DIRECTORY, ROOT, b"a")
SAME = Found(Kind.FILE, 10, 5)
OLDER = Found(Kind.FILE, 10, 4)


@pytest.mark.parametrize(
    ("entry", "found", "existing", "step"),
    [
        (FILE, None, "update", Step.MAKE),
        (FILE, SAME, "update", Step.KEEP),
        (FILE, OLDER, "update", Step.UPDATE),
        (FILE, SAME, "replace", Step.MAKE),
        (FILE, SAME, "skip", Step.SKIP),
        (FILE, OLDER, "skip", Step.SKIP),
        (FILE, OLDER, "fail", Step.FAIL),
        (FILE, None, "fail", Step.MAKE),
        (FILE, OLDER, "rename", Step.MAKE),
        (FILE, SAME, "rename", Step.KEEP),
        (FILE, Found(Kind.DIRECTORY), "update", Step.FAIL),
        (FILE, Found(Kind.SYMLINK, target=b"/etc/passwd"), "update", Step.MAKE),
        (LINK, Found(Kind.SYMLINK, target=b"there"), "update", Step.KEEP),
        (LINK, Found(Kind.SYMLINK, target=b"elsewhere"), "update", Step.MAKE),
        (FOLDER, Found(Kind.DIRECTORY), "fail", Step.KEEP),
        (FOLDER, Found(Kind.SYMLINK, target=b"/"), "replace", Step.FAIL),
        (FOLDER, SAME, "update", Step.FAIL),
    ],
)
def test_plans(entry: Entry, found: Found | None, existing: Existing, step: Step) -> None:
    assert make_plan(entry, found, existing, lambda _: True).step is step


def test_the_next_free_name() -> None:
    assert renamed(b"a.txt", lambda name: name == b"a (4).txt") == b"a (4).txt"
    assert make_plan(FILE, OLDER, "rename", lambda _: True).name == b"a (2).txt"
    assert make_plan(FILE, OLDER, "rename", lambda _: False).step is Step.FAIL
    name = renamed(b"x" * 255, lambda _: True)
    assert name is not None
    assert len(name) == 255
