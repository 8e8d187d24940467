"""How much memory `razem serve echo` takes for connections on which nothing happens."""

import re
import resource
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec

from bench.load import BenchError

SPARE_DESCRIPTORS = 100  # of ours, besides the connections


class IdleFigures(msgspec.Struct, frozen=True):
    """Resident memory of the server, in bytes: with no connection, and with all of them."""

    connections: int
    before: int
    after: int

    def __str__(self) -> str:
        each = (self.after - self.before) / self.connections / 1024
        return (
            f"{self.connections:,} idle connections: {self.after / 1e6:.0f} MB, "
            f"{self.before / 1e6:.0f} MB without them, {each:.1f} KiB each"
        )


def measure_idle(connections: int) -> IdleFigures:
    """Open so many connections to one server, and see that each is served."""
    allow_descriptors(connections + SPARE_DESCRIPTORS)
    with serving() as (pid, port), ExitStack() as stack:
        before = resident(pid)
        clients = []
        for _ in range(connections):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", port), 30))
            client.sendall(b"?")
            clients.append(client)
        for client in clients:
            if client.recv(1) != b"?":
                raise BenchError("a connection is not served")
        return IdleFigures(connections, before, resident(pid))


def allow_descriptors(count: int) -> None:
    """Raise the limit of this process, which the server inherits."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < count:
        raise BenchError(f"{count} descriptors are needed, and {hard} allowed (ulimit -Hn)")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, count), hard))


@contextmanager
def serving() -> Iterator[tuple[int, int]]:
    """Run the server; its process and its port."""
    command = [sys.executable, "-m", "razem", "serve", "echo", "tcp://127.0.0.1:0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            found = re.search(r":(\d+)$", line.strip())
            if found is None:
                raise BenchError(f"the server does not tell its port, but {line!r}")
            yield process.pid, int(found[1])
        finally:
            process.terminate()


def resident(pid: int) -> int:
    """The resident set of a process, in bytes (proc(5))."""
    for line in Path(f"/proc/{pid}/status").read_text("ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise BenchError(f"process {pid} has ended")
