"""The servers under measurement: how each is configured, started and stopped.

All get what suits a benchmark: flood control, lookups and limits on connections off, queues wide.
A server is a program on loopback with a directory of its own; to add one, write a subclass of
`Server` and put it in `SERVERS`.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from bench.load import BenchError

START_SECONDS = 20.0
STOP_SECONDS = 10.0


class Server(ABC):
    """One kind of server; its methods are called with a fresh directory and a free port."""

    name: str
    program: ClassVar[str]  # the executable
    joining: ClassVar[int] = 512  # clients that may come in at once

    def find(self) -> str:
        """Return the path of the executable.

        Raises:
            BenchError: it is not installed.
        """
        # Debian keeps daemons where an ordinary user's PATH does not look.
        path = os.environ.get("PATH", "") + ":/usr/local/sbin:/usr/sbin"
        found = shutil.which(self.program, path=path)
        if found is None:
            raise BenchError(
                f"{self.name} is not installed: `make bench` installs it on Debian; "
                "`--only` leaves servers out"
            )
        return found

    def version(self) -> str:
        """Return the first line that the server says about its version."""
        result = subprocess.run(
            [self.find(), "--version"], capture_output=True, text=True, timeout=20, check=False
        )
        lines = (result.stdout + result.stderr).strip().splitlines()
        return lines[0] if lines else "unknown"

    @abstractmethod
    def configure(self, directory: Path, port: int, caps: str) -> list[str]:
        """Write the configuration into `directory`; return the command that runs in front."""


class Razem(Server):
    """The hub, with history on: each line is in its log before it is delivered.

    Args:
        name: of this kind among the servers.
        durability: as in the hub's configuration; "": the log is in memory.
    """

    program = "razem"

    def __init__(self, name: str, durability: str) -> None:
        self.name = name
        self.durability = durability

    def find(self) -> str:
        beside = Path(sys.executable).with_name(self.program)  # the same virtual environment
        if not beside.exists():
            raise BenchError("razem is not installed beside this Python: use `make bench`")
        return str(beside)

    def configure(self, directory: Path, port: int, caps: str) -> list[str]:
        del caps  # the hub has no modules to load for them
        config = directory / "razem.toml"
        config.write_text(
            'name = "bench.test"\nnetwork = "Bench"\n'
            + (f'durability = "{self.durability}"\n' if self.durability else "")
            + "\n[limits]\nflood = false\n",
            encoding="utf-8",
        )
        data = ["--data", str(directory / "data")] if self.durability else ["--memory"]
        listen = ["--listen", f"tcp://127.0.0.1:{port}"]
        return [self.find(), "hub", *listen, *data, "--config", str(config)]


class InspIRCd(Server):
    """https://docs.inspircd.org/3/configuration/; only the core and what `caps` ask for."""

    name = "inspircd"
    program = "inspircd"

    MODULES: ClassVar = {
        "message-tags": "ircv3_ctctags",
        "server-time": "ircv3_servertime",
        "echo-message": "ircv3_echomessage",
        "labeled-response": "ircv3_labeledresponse",
        "batch": "ircv3_batch",
    }

    def configure(self, directory: Path, port: int, caps: str) -> list[str]:
        wanted = [self.MODULES[cap] for cap in caps.split() if cap in self.MODULES]
        modules = ["cap", *wanted] if caps else []
        config = directory / "inspircd.conf"
        config.write_text(
            f"""<config format="xml">
<server name="bench.test" description="benchmark" id="001" network="Bench">
<admin name="bench" nick="bench" email="bench@bench.test">
<bind address="127.0.0.1" port="{port}" type="clients">
<connect name="all" allow="*" timeout="600" pingfreq="3600"
    threshold="1000000000" commandrate="1000000000" fakelag="no"
    softsendq="1G" hardsendq="2G" recvq="64M"
    localmax="100000" globalmax="100000" limit="100000" maxconnwarn="no" maxchans="1000"
    resolvehostnames="no" useident="no">
<performance netbuffersize="65534" somaxconn="4096" softlimit="100000" clonesonconnect="no">
<log method="file" type="*" level="default" target="{directory}/inspircd.log">
"""
            + "".join(f'<module name="{name}">\n' for name in modules),
            encoding="utf-8",
        )
        root = ["--runasroot"] if os.geteuid() == 0 else []
        return [self.find(), "--config", str(config), "--nofork", "--nopid", *root]


class NgIRCd(Server):
    """ngircd.conf(5). It has none of the IRCv3 capabilities that matter here."""

    name = "ngircd"
    program = "ngircd"
    joining = 8  # its listen backlog is 10; who finds no room tries again after a second

    def configure(self, directory: Path, port: int, caps: str) -> list[str]:
        if caps:
            raise BenchError(f"ngircd has not the capabilities {caps}")
        config = directory / "ngircd.conf"
        config.write_text(
            f"""[Global]
Name = bench.test
Info = benchmark
Listen = 127.0.0.1
Ports = {port}
MotdPhrase = benchmark
[Limits]
MaxConnections = 0
MaxConnectionsIP = 0
MaxJoins = 0
MaxPenaltyTime = 0
PingTimeout = 3600
[Options]
DNS = no
Ident = no
PAM = no
""",
            encoding="utf-8",
        )
        return [self.find(), "--nodaemon", "--config", str(config)]


SERVERS: dict[str, Server] = {
    server.name: server
    for server in (
        Razem("razem", "commit"),
        Razem("razem-fsync", "fsync"),
        Razem("razem-memory", ""),
        InspIRCd(),
        NgIRCd(),
    )
}


@dataclass(frozen=True, slots=True)
class Running:
    """A started server that accepts connections."""

    pid: int
    port: int


@contextlib.contextmanager
def running(server: Server, directory: Path, *, cpu: int, caps: str = "") -> Iterator[Running]:
    """Start `server` on one core with its files in `directory`; stop it, whatever happens.

    Raises:
        BenchError: it ended or did not listen in time; the message has its last words.
    """
    port = free_port()
    words = directory / "output"
    # The kernel kills the server even if this process is killed without a chance to clean up.
    guard = ["setpriv", "--pdeathsig", "KILL", "taskset", "--cpu-list", str(cpu)]
    with words.open("wb") as output:
        process = subprocess.Popen(
            [*guard, *server.configure(directory, port, caps)],
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # a Ctrl-C is ours alone; and what it starts ends with it
        )
    try:
        wait_for_port(process, port, server.name, words)
        yield Running(process.pid, port)
        if process.poll() is not None:
            raise BenchError(f"{server.name} ended during the run:\n{last_words(words)}")
    finally:
        stop(process)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for_port(process: subprocess.Popen[bytes], port: int, name: str, words: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if process.poll() is not None:
            status = process.returncode
            raise BenchError(f"{name} ended with status {status}:\n{last_words(words)}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    raise BenchError(f"{name} did not listen within {START_SECONDS:.0f} s:\n{last_words(words)}")


def last_words(file: Path) -> str:
    lines = file.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return "\n".join(f"    {line}" for line in lines[-15:]) or "    (it said nothing)"


def stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        pass
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # also what it left behind
        process.wait()
