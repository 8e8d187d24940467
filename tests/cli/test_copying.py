"""Copies by the commands, each as a process, as two people do it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from contextlib import contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from razem.cli.exits import Exit

from .command import SECONDS, by_a_hub, code_of, pipe, razem, running, stop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BIG = b"".join(sha256(place.to_bytes(4, "big")).digest() for place in range(90_000))


@pytest.fixture
def via() -> Iterator[tuple[str, ...]]:
    with by_a_hub() as options:
        yield options


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """A folder with something in it."""
    folder = tmp_path / "album"
    (folder / "inner").mkdir(parents=True)
    (folder / "big").write_bytes(BIG)
    (folder / "inner" / "small.txt").write_text("small")
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@contextmanager
def sharing(folder: Path, *words: str) -> Iterator[tuple[str, Any]]:
    """Share a folder with this machine; its address, and the process."""
    with running("share", str(folder), "--listen", "tcp://127.0.0.1:0", *words) as process:
        line = pipe(process.stdout).readline().decode()
        assert line.startswith("sharing album on "), pipe(process.stderr).read()
        yield line.split(" on ")[1].strip(), process


def test_a_share_and_its_copy(album: Path, tmp_path: Path) -> None:
    with sharing(album) as (address, process):
        for _ in range(2):  # a second time it is all there
            done = razem("get", address, str(tmp_path / "copy"))
            assert done.returncode == Exit.DONE, done.stderr
            assert contents(tmp_path / "copy" / "album") == contents(album)
        assert stop(process, signal.SIGTERM)[0] == Exit.DONE


def test_one_file_a_pattern_and_one_that_is_not_there(album: Path, tmp_path: Path) -> None:
    with sharing(album) as (address, _):
        done = razem("get", f"{address}/inner/small.txt", str(tmp_path / "renamed"))
        assert done.returncode == Exit.DONE
        assert (tmp_path / "renamed").read_text() == "small"
        done = razem("get", f"{address}/b*", str(tmp_path / "some") + "/")
        assert done.returncode == Exit.DONE
        assert contents(tmp_path / "some") == {"big": BIG}
        done = razem("get", f"{address}/nothing", str(tmp_path / "none"))
        assert done.returncode not in {Exit.DONE, Exit.INTERRUPTED}
        assert b"nothing" in done.stderr
        assert not (tmp_path / "none").exists()


def test_what_is_put_where_that_is_allowed(album: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.write_text("from another")
    with sharing(album) as (address, _):
        done = razem("put", str(mine), address)
        assert done.returncode != Exit.DONE
        assert not (album / "mine").exists()
    with sharing(album, "--writable") as (address, _):
        assert razem("put", str(mine), address).returncode == Exit.DONE
        assert (album / "mine").read_text() == "from another"


def test_a_copy_that_was_damaged_is_verified(album: Path, tmp_path: Path) -> None:
    with sharing(album) as (address, _):
        copy = tmp_path / "copy"
        assert razem("get", address, str(copy)).returncode == Exit.DONE
        damaged = copy / "album" / "big"
        status = damaged.stat()
        damaged.write_bytes(b"!" + BIG[1:])
        os.utime(damaged, ns=(status.st_mtime_ns, status.st_mtime_ns))
        done = razem("verify", address, str(copy), "--json")
        assert done.returncode == Exit.DONE
        assert damaged.read_bytes() == BIG
        assert [json.loads(line) for line in done.stdout.splitlines()]


def test_a_share_by_a_code_needs_no_key(album: Path, tmp_path: Path, via: tuple[str, ...]) -> None:
    with running("share", str(album), *via, "--listen", "code:") as process:
        code = code_of(process, "get")
        done = razem("get", *via, f"{code}/inner", str(tmp_path / "copy"))
        assert done.returncode == Exit.DONE, done.stderr
    assert contents(tmp_path / "copy") == {"inner/small.txt": b"small"}


def test_files_are_sent_by_a_code(album: Path, tmp_path: Path, via: tuple[str, ...]) -> None:
    with running("send", *via, str(album)) as sender:
        code = code_of(sender, "receive")
        done = razem("receive", *via, "--yes", code, "-o", str(tmp_path / "copy"))
        assert done.returncode == Exit.DONE, done.stderr
        assert sender.wait(SECONDS) == Exit.DONE
    assert contents(tmp_path / "copy" / "album") == contents(album)


def test_a_pipe_is_sent_by_a_code(album: Path, via: tuple[str, ...]) -> None:
    with (
        subprocess.Popen(["cat", str(album / "big")], stdout=subprocess.PIPE) as cat,
        running("send", *via, "-", stdin=cat.stdout) as sender,
    ):
        done = razem("receive", *via, "--yes", code_of(sender, "receive"), "-o", "-")
        assert (done.returncode, done.stdout == BIG) == (Exit.DONE, True), done.stderr
        assert sender.wait(SECONDS) == Exit.DONE


def test_likely_mistakes(tmp_path: Path) -> None:
    nowhere = str(tmp_path / "nowhere")
    for words, said in (
        (("share", nowhere), b"nowhere"),
        (("send", nowhere), b"nowhere"),
        (("get", "tcp://127.0.0.1:1/x", nowhere), b"nothing listens on"),
        (("put", nowhere, "tcp://127.0.0.1:1"), b"nowhere"),
        (("get", "ftp://example.org/x"), b"ftp"),
        (("get", "tcp://127.0.0.1:1", "--existing", "often"), b"often"),
        (("get", "tcp://127.0.0.1:1", "--limit", "fast"), b"fast"),
    ):
        done = razem(*words)
        assert done.returncode not in {Exit.DONE, Exit.INTERRUPTED}, words
        assert said in done.stderr, (words, done.stderr)
        assert b"Traceback" not in done.stderr
