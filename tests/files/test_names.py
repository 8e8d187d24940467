"""Names that try to leave the destination."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from razem.files.entries import ROOT, Entry, Kind
from razem.files.messages import EntryList
from razem.files.names import FoldedNames, name_fault, part_name, shown_name
from razem.files.receiving import Receiver
from tests.files.memory import arrived

ATTACKS = [
    b"",
    b".",
    b"..",
    b"/",
    b"/etc/passwd",
    b"../x",
    b"a/b",
    b"a/../../b",
    b"a\0b",
    b"\0",
    b"x" * 256,
    b".x.razem-part",
]
WINDOWS_ATTACKS = [
    b"..\\x",
    b"C:",
    b"C:\\x",
    b"file.txt:stream",
    b"CON",
    b"con.txt",
    b"NUL ",
    b"nul .txt",
    b"COM1",
    b"lpt9.log",
    "COM¹".encode(),
    b"conin$",
    b"ends.",
    b"ends ",
    b"what?",
    b"a*b",
    b"a\nb",
]


@pytest.mark.parametrize("name", ATTACKS)
def test_attacks_are_refused(name: bytes) -> None:
    assert name_fault(name)
    assert name_fault(name, windows=True)


@pytest.mark.parametrize("name", WINDOWS_ATTACKS)
def test_attacks_on_windows_are_names_elsewhere(name: bytes) -> None:
    assert name_fault(name, windows=True)
    assert not name_fault(name)


@given(st.binary(max_size=300))
def test_a_name_that_passes_is_one_component(name: bytes) -> None:
    if not name_fault(name):
        assert name not in {b"", b".", b".."}
        assert not set(name) & {0, 0x2F}
        assert len(part_name(name)) <= 255
        assert name_fault(part_name(name))  # no sender can name what is not whole yet


@given(st.binary(max_size=100))
def test_what_is_shown_steers_no_terminal(name: bytes) -> None:
    assert shown_name(name).isprintable()


def test_what_stands_in_a_refused_directory_is_refused() -> None:
    core = Receiver()
    entries = [
        Entry(Kind.DIRECTORY, ROOT, b".."),
        Entry(Kind.DIRECTORY, 0, b"inner"),
        Entry(Kind.FILE, 1, b"file"),
        Entry(Kind.SYMLINK, ROOT, b"link", target=b"a\0b"),
    ]
    core.receive(arrived(EntryList(entries)))
    assert all(core.check(number, entry) for number, entry in enumerate(entries))


@pytest.mark.parametrize(
    ("first", "second"), [(b"A", b"a"), ("é".encode(), "e\u0301".encode()), (b"SS", "ß".encode())]
)
def test_twins_are_noticed(first: bytes, second: bytes) -> None:
    names = FoldedNames([first])
    assert names.twin(first) is None
    assert names.twin(second) == first
    assert names.twin(b"other") is None
