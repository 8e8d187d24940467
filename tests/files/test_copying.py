"""Trees copied over a pair of sockets, onto a real file system."""

from __future__ import annotations

import errno
import os
import random
import socket
import stat
from typing import TYPE_CHECKING

import pytest

from razem.files.chunking import MOST, cut, pieces_of
from razem.files.digests import CELL
from razem.files.entries import Outcome
from razem.files.folders import Folders
from razem.files.names import part_name
from tests.files.copying import copy, snapshot

if TYPE_CHECKING:
    from pathlib import Path

NOISE = random.Random(7)
LARGE = NOISE.randbytes(3 * CELL + 777)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A tree with everything in it."""
    top = tmp_path / "source"
    (top / "inner" / "deep").mkdir(parents=True)
    (top / "empty folder").mkdir()
    (top / "large").write_bytes(LARGE)
    (top / "nothing").touch()
    (top / "inner" / "run.sh").write_text("#!/bin/sh\n")
    (top / "inner" / "run.sh").chmod(0o750)
    (top / "inner" / "secret").write_bytes(b"x" * 70_000)
    (top / "inner" / "secret").chmod(0o400)
    (top / "inner" / "link").symlink_to("../large")
    (top / "inner" / "broken").symlink_to("/nowhere/at/all")
    (top / os.fsdecode(b"not utf-8 \xff\xfe")).write_bytes(b"bytes")
    os.link(top / "large", top / "inner" / "deep" / "same file")
    for number in range(1200):
        (top / "inner" / "deep" / f"{number:04}").write_bytes(NOISE.randbytes(number))
    os.utime(top / "nothing", ns=(1, 1234567890123456789))
    (top / "empty folder").chmod(0o555)
    os.utime(top / "inner", ns=(1, 987654321987654321))
    return top


def test_everything_of_a_tree_is_there(source: Path, tmp_path: Path) -> None:
    sent, received = copy(source, tmp_path / "target")
    assert snapshot(source) == snapshot(tmp_path / "target" / "source")
    assert not received.failed
    assert received.digest == sent.digest
    assert sent.files == received.files == 1205
    one, other = tmp_path / "target/source/large", tmp_path / "target/source/inner/deep/same file"
    assert one.samefile(other)


def test_a_second_copy_sends_nothing(source: Path, tmp_path: Path) -> None:
    copy(source, tmp_path / "target")
    sent, received = copy(source, tmp_path / "target")
    assert (sent.bytes_sent, received.same, received.files) == (0, 1205, 0)
    assert received.bytes_saved == received.size
    assert snapshot(source) == snapshot(tmp_path / "target" / "source")


def test_a_file_under_another_name(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(LARGE)
    copy(tmp_path / "a", tmp_path / "b")
    copy(tmp_path / "a", f"{tmp_path}/c/")
    assert (tmp_path / "b").read_bytes() == (tmp_path / "c" / "a").read_bytes() == LARGE


def test_with_a_peer_that_knows_no_features(tmp_path: Path) -> None:
    with (tmp_path / "a").open("wb") as file:
        file.truncate(3 * CELL)
    (tmp_path / "b").write_bytes(LARGE)
    os.utime(tmp_path / "b", ns=(1, 1))
    sent, _ = copy(tmp_path / "a", tmp_path / "b", features=())
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert sent.bytes_sent == 3 * CELL


def test_sparse_files_stay_sparse(tmp_path: Path) -> None:
    with (tmp_path / "a").open("wb") as file:
        file.truncate(50 * CELL)
        file.seek(20 * CELL + 5000)
        file.write(b"in the middle")
    sent, _ = copy(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert (tmp_path / "b").stat().st_blocks * 512 < CELL
    assert sent.bytes_sent <= 2 * CELL


@pytest.mark.parametrize("kept", [1, 5000, CELL, 2 * CELL + 100, len(LARGE)])
def test_what_was_interrupted_goes_on(tmp_path: Path, kept: int) -> None:
    (tmp_path / "a").write_bytes(LARGE)
    (tmp_path / ".b.razem-part").write_bytes(LARGE[:kept])
    (tmp_path / "here").touch()
    sent, _ = copy(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == LARGE
    assert sent.bytes_sent <= len(LARGE) - kept + MOST
    assert not (tmp_path / ".b.razem-part").exists()


def test_what_was_interrupted_of_another_source_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(LARGE)
    other = bytearray(LARGE)
    other[CELL + 5] ^= 1
    (tmp_path / ".b.razem-part").write_bytes(other)
    sent, _ = copy(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == LARGE
    assert CELL < sent.bytes_sent < 3 * CELL


@pytest.mark.parametrize("place", [0, 1, CELL, len(LARGE) - 1])
@pytest.mark.parametrize("change", ["insert", "remove", "replace"])
def test_only_what_differs_is_sent(tmp_path: Path, place: int, change: str) -> None:
    old = {
        "insert": LARGE[:place] + b"something new" + LARGE[place:],
        "remove": LARGE[:place] + LARGE[place + 1000 :],
        "replace": LARGE[:place] + b"!" + LARGE[place + 1 :],
    }[change]
    (tmp_path / "a").write_bytes(LARGE)
    (tmp_path / "b").write_bytes(old)
    os.utime(tmp_path / "b", ns=(1, 1))
    sent, received = copy(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == LARGE
    assert sent.bytes_sent <= 4 * MOST
    assert received.files == 1


def test_an_older_version_and_an_interrupted_copy_are_both_used(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(LARGE)
    (tmp_path / "b").write_bytes(LARGE[CELL:])
    (tmp_path / ".b.razem-part").write_bytes(LARGE[:CELL])
    sent, _ = copy(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == LARGE
    assert sent.bytes_sent <= 3 * MOST


def test_cuts_are_where_the_content_says_so() -> None:
    whole = cut(LARGE, last=True)
    assert whole[-1] == len(LARGE)
    sizes = [end - begin for begin, end in zip([0, *whole], whole, strict=False)]
    assert max(sizes) <= MOST
    assert min(sizes[:-1]) >= 4096
    assert 8000 < len(LARGE) / len(sizes) < 20000
    shifted = cut(b"some bytes before it" + LARGE, last=True)
    assert len(set(whole) & {end - 20 for end in shifted}) > len(whole) - 5
    read = pieces_of(lambda at, size: LARGE[at : at + min(size, 99_999)], len(LARGE))
    assert [at + len(piece) for at, piece, _ in read] == whole
    assert cut(b"", last=True) == []
    assert cut(bytes(3 * MOST), last=True)[-1] == 3 * MOST


@pytest.mark.parametrize(
    ("existing", "content", "outcome"),
    [
        ("update", b"new", Outcome.DONE),
        ("replace", b"new", Outcome.DONE),
        ("skip", b"old!", Outcome.SKIPPED),
        ("fail", b"old!", Outcome.FAILED),
        ("rename", b"old!", Outcome.DONE),
    ],
)
def test_what_is_there(tmp_path: Path, existing: str, content: bytes, outcome: Outcome) -> None:
    (tmp_path / "a.txt").write_bytes(b"new")
    (tmp_path / "to").mkdir()
    (tmp_path / "to" / "a.txt").write_bytes(b"old!")
    _, received = copy(tmp_path / "a.txt", tmp_path / "to", existing=existing)
    assert (tmp_path / "to" / "a.txt").read_bytes() == content
    assert (tmp_path / "to" / "a (2).txt").exists() == (existing == "rename")
    assert bool(received.failed) == (outcome == Outcome.FAILED)
    assert bool(received.skipped) == (outcome == Outcome.SKIPPED)


def test_nothing_is_written_through_a_link(source: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    target = tmp_path / "target"
    (target / "source").mkdir(parents=True)
    (target / "source" / "inner").symlink_to(outside)
    (target / "source" / "large").symlink_to(outside / "victim")
    _, received = copy(source, target)
    assert list(outside.iterdir()) == []
    assert (target / "source" / "large").read_bytes() == LARGE  # in the place of the link
    assert not (target / "source" / "large").is_symlink()
    assert any(ended.path == b"source/inner" for ended in received.failed)


def test_a_link_under_the_other_name_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(LARGE)
    (tmp_path / "small").write_bytes(b"x")
    target = tmp_path / "target"
    target.mkdir()
    victim = tmp_path / "victim"
    victim.write_bytes(b"mine")
    for name in (b"a", b"small"):
        (target / os.fsdecode(part_name(name))).symlink_to(victim)
    copy(tmp_path / "a", target)
    copy(tmp_path / "small", target)
    assert victim.read_bytes() == b"mine"
    assert (target / "a").read_bytes() == LARGE


def test_special_files_are_told_and_passed_over(tmp_path: Path) -> None:
    top = tmp_path / "top"
    top.mkdir()
    os.mkfifo(top / "pipe")
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(top / "socket"))
    (top / "file").write_text("x")
    _, received = copy(top, tmp_path / "target")
    assert sorted(ended.path for ended in received.skipped) == [b"top/pipe", b"top/socket"]
    assert (tmp_path / "target" / "top" / "file").read_text() == "x"


def test_a_dry_run_writes_nothing(source: Path, tmp_path: Path) -> None:
    _, received = copy(source, tmp_path / "target", dry_run=True)
    assert not (tmp_path / "target").exists()
    assert not received.failed
    assert any(ended.path == b"source/large" for ended in received.skipped)


def test_a_folder_in_the_place_of_a_file_fails_and_the_rest_goes_on(
    source: Path, tmp_path: Path
) -> None:
    (tmp_path / "target" / "source" / "large").mkdir(parents=True)
    _, received = copy(source, tmp_path / "target")
    failed = {ended.path: ended.why for ended in received.failed}
    assert set(failed) == {b"source/large", b"source/inner/deep/same file"}
    assert (tmp_path / "target" / "source" / "inner" / "run.sh").exists()


def test_folders_that_became_links_are_not_opened(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to("elsewhere")
    with Folders() as folders:
        folders.add_root(-1, os.fsencode(tmp_path))
        folders.add(0, -1, b"link")
        with pytest.raises(OSError, match=r"directory|link"):
            folders.descriptor(0)


@pytest.mark.parametrize("before", [0o600, 0o666, 0o400])
def test_modes_are_those_of_the_source_whatever_they_were(tmp_path: Path, before: int) -> None:
    content = NOISE.randbytes(3 << 20)
    source = tmp_path / "source"
    source.write_bytes(content)
    source.chmod(0o644)
    same = tmp_path / "same"  # of another time
    same.write_bytes(content)
    os.utime(same, ns=(1, 1))
    broken = tmp_path / ".broken.razem-part"  # of a copy that was interrupted
    broken.write_bytes(content[: 2 << 20])
    for path in (same, broken):
        path.chmod(before)
    for target in (same, tmp_path / "broken"):
        copy(source, target)
        assert target.read_bytes() == content
        assert stat.S_IMODE(target.stat().st_mode) == 0o644


@pytest.mark.parametrize("what", ["file", "folder"])
def test_what_is_not_on_the_disk_is_not_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """A disk that fails to sync cannot be had without one that is broken."""

    def fail(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode) == (what == "folder"):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        os.fsync(descriptor)

    monkeypatch.setattr("razem.files.group.sync_file", fail)
    source = tmp_path / "source"
    source.write_bytes(b"small")
    sent, received = copy(source, tmp_path / "target")
    for summary in (sent, received):
        assert [one.why for one in summary.failed] == ["input/output error"]
        assert summary.files == 0
    assert (tmp_path / "target").exists() == (what == "folder")
