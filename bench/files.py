"""How fast files are copied, beside an rsync daemon, scp, curl from nginx, and magic-wormhole.

One file of 1 GiB and a tree of 50,000 small ones, on memory (tmpfs), over loopback. All in one
invocation, in alternating rounds, after one that is thrown away: the first use of memory is slow on
virtual machines. CPU seconds are those of both ends together.
"""

import argparse
import os
import random
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from bench.report import Spread, aligned, ratio_line, shown

RAZEM: Final = [sys.executable, "-m", "razem"]
WIDTHS: Final = ("<20", "<12", ">10", ">12", ">10")


class Run(NamedTuple):
    """What one copy took; `rate` is what is compared."""

    seconds: float
    cpu_seconds: float

    @property
    def rate(self) -> float:
        return 1 / self.seconds


# What is compared with what on which task, and the ratio it should reach.
GOALS: Final = [
    ("file", "razem", "rsync", 1.7),
    ("file", "razem", "curl", None),
    ("file", "razem tls", "scp", 2.5),
    ("tree", "razem", "rsync", 1.2),
    ("tree", "razem tls", "scp", 5.0),
    ("again", "razem", "rsync", 1.0),
    ("file", "razem send", "wormhole", 5.0),
]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return int(sock.getsockname()[1])


def wait_for(port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise SystemExit(f"nothing came to listen on port {port}")


@contextmanager
def server(command: Sequence[str], port: int) -> Iterator[None]:
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        try:
            wait_for(port)
            yield
        finally:
            os.killpg(process.pid, signal.SIGTERM)


class Bench:
    """Copies from one directory on memory to another."""

    def __init__(self, top: Path) -> None:
        self.source = top / "source"
        self.target = top / "target"
        self.work = top / "work"
        self.work.mkdir()
        self.source.mkdir()

    def make(self, size: int, files: int) -> None:
        noise = random.Random(1)
        with (self.source / "file").open("wb") as file:
            for _ in range(size >> 20):
                file.write(noise.randbytes(1 << 20))
        for folder in range(max(files // 100, 1)):
            path = self.source / "tree" / f"{folder:03}"
            path.mkdir(parents=True)
            for number in range(min(files, 100)):
                (path / str(number)).write_bytes(noise.randbytes(noise.randrange(1024, 8192)))

    def clean(self) -> None:
        shutil.rmtree(self.target, ignore_errors=True)
        self.target.mkdir()

    def measure(self, copy: Callable[[], None]) -> Run:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        copy_seconds = self._timed(copy)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return Run(copy_seconds, cpu)

    def _timed(self, copy: Callable[[], None]) -> float:
        self.seconds = 0.0
        copy()
        return self.seconds

    def run(self, *command: str) -> None:
        begin = time.monotonic()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.seconds = time.monotonic() - begin

    # The programs

    def razem(self, what: str) -> None:
        port = free_port()
        share = [*RAZEM, "share", str(self.source), "--listen", f"tcp://127.0.0.1:{port}"]
        with server(share, port):
            self.run(*RAZEM, "get", f"tcp://127.0.0.1:{port}/{what}", f"{self.target}/")

    def razem_tls(self, what: str) -> None:
        port = free_port()
        identity = self.work / "identity.pem"
        if not identity.exists():
            from razem import Identity  # noqa: PLC0415

            Identity.make().save(identity)
        fingerprint = load_fingerprint(identity)
        share = [*RAZEM, "share", str(self.source), "--listen", f"tcp://127.0.0.1:{port}"]
        with server([*share, "--identity", str(identity)], port):
            link = f"razem://127.0.0.1:{port}/{what}?cert={fingerprint}"
            self.run(*RAZEM, "get", link, f"{self.target}/")

    def razem_send(self, what: str) -> None:
        command = [*RAZEM, "send", str(self.source / what), "--no-qr"]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as sender:
            assert sender.stdout is not None
            code = sender.stdout.readline().split()[-1]
            self.run(*RAZEM, "receive", "--yes", code, "-o", f"{self.target}/")

    def rsync(self, what: str) -> None:
        port = free_port()
        config = self.work / "rsyncd.conf"
        config.write_text(f"use chroot = no\n[m]\npath = {self.source}\nuid = root\ngid = root\n")
        daemon = ["rsync", "--daemon", "--no-detach", f"--config={config}", f"--port={port}"]
        with server([*daemon, "--address=127.0.0.1"], port):
            self.run("rsync", "-a", f"rsync://127.0.0.1:{port}/m/{what}", f"{self.target}/")

    def curl(self, what: str) -> None:
        port = free_port()
        config = self.work / "nginx.conf"
        config.write_text(
            f"daemon off; user root; pid {self.work}/nginx.pid; error_log /dev/null;\n"
            "events {} http { sendfile on; access_log off; "
            f"server {{ listen 127.0.0.1:{port}; root {self.source}; }} }}\n"
        )
        with server(["nginx", "-c", str(config)], port):
            self.run("curl", "-s", "-o", f"{self.target}/file", f"http://127.0.0.1:{port}/{what}")

    def scp(self, what: str) -> None:
        port = free_port()
        key = self.work / "key"
        if not key.exists():
            subprocess.run(
                ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True
            )
            (self.work / "authorized").write_text((self.work / "key.pub").read_text())
            (self.work / "authorized").chmod(0o600)
        Path("/run/sshd").mkdir(exist_ok=True)
        options = [f"HostKey={key}", f"AuthorizedKeysFile={self.work}/authorized"]
        options += ["StrictModes=no", "PermitRootLogin=yes", "UsePAM=no"]
        options += ["Subsystem=sftp internal-sftp"]
        daemon = ["/usr/sbin/sshd", "-D", "-f", "/dev/null", "-p", str(port)]
        for option in options:
            daemon += ["-o", option]
        with server(daemon, port):
            self.run(
                "scp", "-q", "-r", "-c", "aes128-gcm@openssh.com", "-P", str(port), "-i", str(key),
                "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
                f"127.0.0.1:{self.source}/{what}", f"{self.target}/",
            )  # fmt: skip

    def wormhole(self, what: str) -> None:
        """By a mailbox of its own; the two then find each other directly, on this machine."""
        port = free_port()
        mailbox = ["twist3", "wormhole-mailbox", f"--port=tcp:{port}:interface=127.0.0.1"]
        mailbox += [f"--channel-db={self.work}/mailbox.sqlite", "--usage-db=:memory:"]
        client = ["wormhole", f"--relay-url=ws://127.0.0.1:{port}/v1", "--transit-helper="]
        code = f"{port}-bench-code"
        with server(mailbox, port):
            send = [*client, "send", "--hide-progress", "--code", code, str(self.source / what)]
            with subprocess.Popen(send, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL):
                place = f"{self.target}/{what}"
                self.run(*client, "receive", "--hide-progress", "--accept-file", "-o", place, code)


def load_fingerprint(identity: Path) -> str:
    from razem import Identity  # noqa: PLC0415

    return Identity.load(identity).fingerprint.removeprefix("sha256:")


def difference(bench: Bench) -> float:
    """Change one per cent of the file in a hundred places; return the share that is sent."""
    from razem import files  # noqa: PLC0415

    bench.clean()
    shutil.copy2(bench.source / "file", bench.target / "file")
    size = (bench.target / "file").stat().st_size
    noise = random.Random(2)
    with (bench.target / "file").open("r+b") as file:
        for _ in range(100):
            file.seek(noise.randrange(size - size // 10_000))
            file.write(noise.randbytes(size // 10_000))
    os.utime(bench.target / "file", ns=(1, 1))
    port = free_port()
    share = [*RAZEM, "share", str(bench.source), "--listen", f"tcp://127.0.0.1:{port}"]
    with server(share, port):
        summary = files.get(f"tcp://127.0.0.1:{port}/file", f"{bench.target}/")
    return summary.bytes_sent / size


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.files", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="that count (3)")
    parser.add_argument("--size", type=int, default=1024, metavar="MIB", help="of the file (1024)")
    parser.add_argument("--files", type=int, default=50_000, metavar="N", help="in the tree")
    parser.add_argument("--place", type=Path, default=Path("/dev/shm"), help="on memory")
    arguments = parser.parse_args(words)
    top = arguments.place / f"razem-bench-{os.getpid()}"
    top.mkdir()
    try:
        bench = Bench(top)
        bench.make(arguments.size << 20, arguments.files)
        report(bench, arguments.rounds)
    finally:
        shutil.rmtree(top)


def report(bench: Bench, rounds: int) -> None:
    programs = {
        "razem": bench.razem,
        "rsync": bench.rsync,
        "curl": bench.curl,
        "razem tls": bench.razem_tls,
        "scp": bench.scp,
        "razem send": bench.razem_send,
        "wormhole": bench.wormhole,
    }
    tasks = {
        "file": list(programs),
        "tree": ["razem", "rsync", "razem tls", "scp"],
        "again": ["razem", "rsync"],
    }
    figures: dict[tuple[str, str], list[Run]] = {}
    for number in range(rounds + 1):
        for task, names in tasks.items():
            what = "file" if task == "file" else "tree"
            for name in names:
                bench.clean()
                if task == "again":
                    programs[name](what)
                run = bench.measure(lambda name=name, what=what: programs[name](what))  # type: ignore[misc]
                if number:
                    figures.setdefault((task, name), []).append(run)
    print(*aligned([("program", "task", "seconds", "CPU seconds", "rounds")], WIDTHS))
    for (task, name), runs in figures.items():
        seconds = Spread.of(run.seconds for run in runs)
        cpu = Spread.of(run.cpu_seconds for run in runs)
        row = (name, task, shown(seconds.median), shown(cpu.median), str(len(runs)))
        print(*aligned([row], WIDTHS))
    for task, ours, theirs, goal in GOALS:
        if (task, theirs) not in figures:
            continue
        one, other = figures[task, ours], figures[task, theirs]
        spread = Spread.of(b.seconds / a.seconds for a, b in zip(one, other, strict=True))
        print(f"{task}:", ratio_line(ours, theirs, spread, len(one), wanted=goal))
    share = difference(bench)
    print(f"file of which 1 % has changed: {share:.2%} of it is sent (wanted: under 5 %)")


if __name__ == "__main__":
    main()
