"""Relays side by side: throughput, and CPU seconds a gigabyte, of ours, socat and ncat.

One connection goes through a relay to a server of plain sockets (peer.py), which discards what
comes; a client of plain sockets sends for some seconds.
"""

import os
import resource
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import msgspec

from bench.load import BenchError
from bench.peer import OPENING

ROOT: Final = Path(__file__).resolve().parents[1]
BLOCK: Final = bytes(1 << 18)
WARMUP_SECONDS: Final = 0.2
GIGABYTE: Final = 1e9
START_SECONDS: Final = 20.0


class RelayFigures(msgspec.Struct, frozen=True):
    """What one run measured: bytes that went in, and CPU seconds of the relay."""

    seconds: float
    count: int
    cpu_seconds: float

    @property
    def rate(self) -> float:
        """MiB a second."""
        return self.count / self.seconds / (1 << 20)

    @property
    def cpu_each(self) -> float:
        """CPU seconds a gigabyte."""
        return self.cpu_seconds / (self.count / GIGABYTE)


def ours(driver: str) -> Callable[[int, int], list[str]]:
    return lambda port, target: [
        sys.executable, "-m", "bench.relays", driver, str(port), str(target)
    ]  # fmt: skip


RELAYS: Final[dict[str, Callable[[int, int], list[str]]]] = {
    "razem.aio.relay": ours("uvloop"),
    "razem.relay": ours("blocking"),
    "socat": lambda port, target: [
        "socat",
        f"tcp4-listen:{port},bind=127.0.0.1,reuseaddr",
        f"tcp4:127.0.0.1:{target}",
    ],
    "ncat": lambda port, target: [
        *("ncat", "-4", "-l", "127.0.0.1", str(port)),
        *("--sh-exec", f"exec ncat -4 127.0.0.1 {target}"),
    ],
}


def measure_relay(name: str, target: int, seconds: float) -> RelayFigures:
    """Send through a relay for so long."""
    port = free_port()
    command = RELAYS[name](port, target)
    if shutil.which(command[0]) is None:
        raise BenchError(f"{command[0]} is not installed: `make bench` installs it on Debian")
    before = children_cpu()
    with running(command), connected(port) as sock:
        sock.sendall(OPENING.pack(b"d", 0))
        warmup = send_for(sock, WARMUP_SECONDS)
        begun = time.perf_counter()
        count = send_for(sock, seconds)
        taken = time.perf_counter() - begun
        sock.shutdown(socket.SHUT_WR)
        with suppress(ConnectionError):  # an answer after the end does not come through ncat
            sock.recv(1)
    # The CPU time is of its whole life, and so are the bytes that it is divided by.
    cpu = (children_cpu() - before) * count / (warmup + count)
    return RelayFigures(taken, count, cpu)


def send_for(sock: socket.socket, seconds: float) -> int:
    """Return how many bytes that were."""
    count = 0
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        sock.sendall(BLOCK)
        count += len(BLOCK)
    return count


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port: int = sock.getsockname()[1]
        return port


def children_cpu() -> float:
    """CPU seconds of all processes that were started here and have ended, and of theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@contextmanager
def running(command: list[str]) -> Iterator[None]:
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL) as process:
        try:
            yield
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.terminate()
        except BaseException:
            process.kill()
            raise


@contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    """Connect as soon as the relay listens."""
    give_up = time.monotonic() + START_SECONDS
    while True:
        try:
            sock = socket.create_connection(("127.0.0.1", port))
            break
        except ConnectionRefusedError:
            if time.monotonic() > give_up:
                raise BenchError("the relay does not listen") from None
            time.sleep(0.01)
    with sock:
        yield sock


def relay_once(driver: str, port: str, target: str) -> None:
    """Be the relay: of one connection."""
    if driver == "blocking":
        import razem  # noqa: PLC0415  each only in the process that is measured

        with (
            razem.listen(f"tcp://127.0.0.1:{port}") as listener,
            listener.accept() as client,
            razem.connect(f"tcp://127.0.0.1:{target}") as server,
        ):
            razem.relay(client, server)
        return
    import uvloop  # noqa: PLC0415

    from razem import aio  # noqa: PLC0415

    async def main() -> None:
        async with (
            await aio.listen(f"tcp://127.0.0.1:{port}") as listener,
            await listener.accept() as client,
            await aio.connect(f"tcp://127.0.0.1:{target}") as server,
        ):
            await aio.relay(client, server)

    uvloop.run(main())


if __name__ == "__main__":
    relay_once(*sys.argv[1:])
    os._exit(0)
