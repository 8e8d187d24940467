"""`--lasting` as processes, with a relay between that is killed and started again."""

from __future__ import annotations

import signal
from hashlib import sha256
from typing import TYPE_CHECKING

from razem.cli.exits import Exit

from .command import SECONDS, pipe, razem, running

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

BIG = b"".join(sha256(bytes([one, two])).digest() for one in range(256) for two in range(256))


def listening(process: subprocess.Popen[bytes]) -> str:
    """Where it says that it listens."""
    line = pipe(process.stderr).readline().decode()
    assert line.startswith("listening on "), line + pipe(process.stderr).read().decode()
    return line.removeprefix("listening on ").strip()


def test_a_pipe_through_a_relay_that_is_killed(tmp_path: Path) -> None:
    received = tmp_path / "received"
    with (
        received.open("wb") as output,
        running("listen", "--lasting", "tcp://127.0.0.1:0", stdout=output) as listener,
    ):
        pipe(listener.stdin).close()
        target = listening(listener)
        with running("relay", "listen:tcp://127.0.0.1:0", target) as relay:
            middle = listening(relay)
            with running("connect", "--lasting", middle) as client:
                pipe(client.stdin).write(BIG[:500_000])
                pipe(client.stdin).flush()
                relay.kill()
                relay.wait()
                with running("relay", f"listen:{middle}", target) as another:
                    assert listening(another) == middle
                    pipe(client.stdin).write(BIG[500_000:])
                    pipe(client.stdin).close()
                    assert client.wait(SECONDS) == Exit.DONE
                    assert listener.wait(SECONDS) == Exit.DONE
    assert received.read_bytes() == BIG


def test_relays_that_last_between_ends_that_do_not(tmp_path: Path) -> None:
    with (
        running("serve", "upper", f"unix://{tmp_path}/upper") as service,
        running("relay", "listen:lasting:tcp://127.0.0.1:0", f"unix://{tmp_path}/upper") as far,
    ):
        pipe(service.stdout).readline()
        with running("relay", "listen:tcp://127.0.0.1:0", f"lasting:{listening(far)}") as near:
            done = razem("connect", listening(near), input=b"through both\n")
            assert (done.returncode, done.stdout) == (Exit.DONE, b"THROUGH BOTH\n")


def test_a_peer_that_never_returns_is_told() -> None:
    with running("listen", "--lasting", "tcp://127.0.0.1:0") as listener:
        target = listening(listener)
        with running("connect", "--lasting", "--patience", "0.5", target) as client:
            pipe(client.stdin).write(b"hello\n")
            pipe(client.stdin).flush()
            assert pipe(listener.stdout).readline() == b"hello\n"
            listener.send_signal(signal.SIGKILL)
            assert client.wait(SECONDS) == Exit.BROKEN
            assert b"did not return within 0.5 seconds" in pipe(client.stderr).read()


def test_an_end_that_does_not_last() -> None:
    with running("serve", "echo", "tcp://127.0.0.1:0") as service:
        address = pipe(service.stdout).readline().decode().split(" on ")[1].strip()
        done = razem("connect", "--lasting", address, input=b"x")
        assert done.returncode != Exit.DONE
        assert b"--lasting" in done.stderr
