"""kill -9 of either end at random moments: a further copy goes on, byte for byte."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

import razem
from razem import files
from razem.files.channel import Channel
from razem.files.chunking import MOST
from razem.files.destination import Destination
from razem.files.digests import CELL
from razem.files.incoming import receive_tree
from razem.files.outgoing import send_tree
from razem.files.walking import Tree, roots_of
from tests.files.copying import snapshot
from tests.files.test_sharing import sharing

if TYPE_CHECKING:
    from pathlib import Path

GET = """
import sys
from razem import files
files.get(sys.argv[1], sys.argv[2], rate=30e6, sync=False)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    top = tmp_path / "shared"
    top.mkdir()
    noise = random.Random(11)
    (top / "large").write_bytes(noise.randbytes(12 * CELL))
    for number in range(300):
        (top / f"{number:03}").write_bytes(noise.randbytes(3000))
    return top


@pytest.mark.parametrize("seed", range(4))
def test_a_killed_receiver_goes_on(folder: Path, tmp_path: Path, seed: int) -> None:
    target = tmp_path / "target"
    with sharing(folder) as share:
        process = subprocess.Popen([sys.executable, "-c", GET, str(share.address), str(target)])
        part = target / "shared" / ".large.razem-part"
        wanted = (1 + 2 * seed) * CELL
        deadline = time.monotonic() + 20
        while process.poll() is None and time.monotonic() < deadline:
            if part.exists() and part.stat().st_size >= wanted:
                break
            time.sleep(0.002)
        process.kill()
        process.wait()
        kept = part.stat().st_size
        assert not (target / "shared" / "large").exists()
        summary = files.get(share.address, target)
    assert summary.whole
    assert snapshot(folder) == snapshot(target / "shared")
    assert kept >= wanted
    small = 300 * 3000
    assert summary.bytes_sent <= 12 * CELL - kept + MOST + small


def test_a_full_disk_fails_what_does_not_fit(tmp_path: Path) -> None:
    """On a file system of 2 MiB; the rest goes on, and fits."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount")
    top = tmp_path / "top"
    top.mkdir()
    (top / "a small").write_bytes(b"x" * 1000)
    (top / "b large").write_bytes(random.Random(1).randbytes(4 * CELL))
    (top / "c small").write_bytes(b"y" * 1000)
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("nothing can be mounted here")
    try:
        with sharing(top) as share:
            summary = files.get(share.address, f"{disk}/")
            assert [ended.path for ended in summary.failed][:1] == [b"top/b large"]
            assert "space" in summary.failed[0].why
            assert (disk / "top" / "a small").exists()
            assert not (disk / "top" / "b large").exists()
            (disk / "top" / ".b large.razem-part").unlink()
            assert files.get(share.address, f"{disk}/").failed
            subprocess.run(["mount", "-o", "remount,size=9m", str(disk)], check=True)
            assert files.get(share.address, f"{disk}/").whole
        assert snapshot(top) == snapshot(disk / "top")
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_file_that_grows_or_vanishes_fails_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    top = tmp_path / "top"
    top.mkdir()
    for name in ("a", "b", "c"):
        (top / name).write_bytes(b"x" * 100)
    tree = Tree(roots_of([top]))
    entries = list(tree.entries())
    (top / "a").unlink()
    (top / "b").write_bytes(b"x" * 200)

    monkeypatch.setattr(tree, "entries", lambda: iter(entries))  # as they were listed before
    left, right = razem.pair()
    with left, right, ThreadPoolExecutor(1) as pool:
        sending = pool.submit(send_tree, Channel(left), tree, names=[b"top"])
        received = receive_tree(Channel(right), Destination(tmp_path / "to"))
        right.close()
        sending.result()
    tree.close()
    assert [ended.path for ended in received.failed] == [b"top/a", b"top/b"]
    assert "no such file" in received.failed[0].why
    assert "changed" in received.failed[1].why
    assert (tmp_path / "to" / "top" / "c").exists()
