"""Running the command `razem` as a process, as a user does."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

from tests.hub.process import HubProcess

if TYPE_CHECKING:
    import signal
    from collections.abc import Iterator

SECONDS = 30

# Warnings are errors; not "-X dev", which also makes asyncio complain of a busy machine.
RAZEM = [sys.executable, "-W", "error", "-m", "razem"]
ENVIRONMENT = {**os.environ, "PYTHONUNBUFFERED": "1", "COLUMNS": "100"}


def razem(*words: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    """Run it to its end; its output is kept unless told otherwise."""
    options = {"stdin": subprocess.DEVNULL, **options}
    if "input" in options:
        del options["stdin"]
    return subprocess.run(
        [*RAZEM, *words],
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options},
        env=ENVIRONMENT,
        timeout=SECONDS,
        check=False,
    )


@contextmanager
def running(*words: str, **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Run it meanwhile, and see that it is gone afterwards."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([*RAZEM, *words], **{**pipes, **options}, env=ENVIRONMENT) as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def serving(name: str, address: str = "tcp://localhost:0") -> Iterator[tuple[str, Any]]:
    """Run `razem serve`, and give the address that it says and its process."""
    with running("serve", name, address) as process:
        line = pipe(process.stdout).readline().decode()
        assert line.startswith(f"{name} on "), pipe(process.stderr).read()
        yield line.split(" on ")[1].strip(), process


def stop(process: subprocess.Popen[bytes], number: signal.Signals) -> tuple[int, bytes]:
    """Send a signal, and return the exit code and what was said on standard error."""
    process.send_signal(number)
    _, complaints = process.communicate(timeout=SECONDS)
    return process.returncode, complaints


def pipe(stream: IO[bytes] | None) -> IO[bytes]:
    """The pipe, which is there."""
    assert stream is not None
    return stream


@contextmanager
def by_a_hub() -> Iterator[tuple[str, ...]]:
    """The options that lead by a hub of ours, and no other way."""
    with HubProcess("--memory") as hub:
        yield "--via", f"127.0.0.1:{hub.port}", "--hidden"


def code_of(process: subprocess.Popen[bytes], command: str) -> str:
    """The code that a command prints: where something else is its output, as a complaint."""
    said = process.stdout if command == "receive" else process.stderr
    while line := pipe(said).readline().decode():
        _, found, rest = line.partition(f"razem {command} ")
        if found:
            return rest.strip()
    raise AssertionError("no code was told")
