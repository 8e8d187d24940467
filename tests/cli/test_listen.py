"""`razem listen` as a process, joined to our own connect and to others' clients."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from razem.cli.exits import Exit

from .command import SECONDS, pipe, razem, running, stop

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

BIG = bytes(range(256)) * 20_000  # 5 MB: far more than any buffer on the way


def address_of(process: subprocess.Popen[bytes]) -> str:
    """Where it says that it listens."""
    line = pipe(process.stderr).readline().decode()
    assert line.startswith("listening on "), line
    return line.removeprefix("listening on ").strip()


@pytest.mark.parametrize("address", ["tcp://localhost:0", "unix://{folder}/socket"])
def test_two_of_ours_exchange_files(address: str, tmp_path: Path) -> None:
    (tmp_path / "theirs").write_bytes(BIG)
    with (tmp_path / "theirs").open("rb") as theirs, (tmp_path / "got").open("wb") as got:
        words = ("listen", address.format(folder=tmp_path))
        with running(*words, stdin=theirs, stdout=got) as server:
            done = razem("connect", address_of(server), input=BIG[::-1])
            assert server.wait(SECONDS) == 0
    assert (done.returncode, done.stdout == BIG) == (0, True)
    assert (tmp_path / "got").read_bytes() == BIG[::-1]
    assert not (tmp_path / "socket").exists()


def test_nobody_comes() -> None:
    done = razem("listen", "--timeout", "0.05", "tcp://localhost:0")
    assert done.returncode == Exit.TIMED_OUT
    assert b"nobody connected to tcp://localhost:" in done.stderr


def test_ctrl_c_while_waiting(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with running("listen", f"unix://{path}") as server:
        address_of(server)
        assert stop(server, signal.SIGINT) == (Exit.INTERRUPTED, b"")
    assert not path.exists()
