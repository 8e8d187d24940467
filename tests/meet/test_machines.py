"""Two machines on one cable (network namespaces, as root): mDNS, changed addresses, a cut cable."""

from __future__ import annotations

import shutil
import subprocess
import sys
from contextlib import contextmanager
from hashlib import sha256
from typing import IO, TYPE_CHECKING

import pytest

from razem.cli.exits import Exit
from tests.end_to_end.machines import Machine, two_machines

if TYPE_CHECKING:
    from collections.abc import Iterator

SECONDS = 40
RAZEM = [sys.executable, "-W", "error", "-m", "razem"]
DATA = b"".join(sha256(place.to_bytes(4, "big")).digest() for place in range(10_000))


@contextmanager
def running(machine: Machine, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(
        [*machine.inside, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def pipe(end: IO[bytes] | None) -> IO[bytes]:
    assert end is not None
    return end


def told(process: subprocess.Popen[bytes], what: str) -> str:
    """What follows these words on its standard error."""
    while line := pipe(process.stderr).readline().decode():
        _, found, rest = line.partition(what)
        if found:
            return rest.strip()
    raise AssertionError(what)


def ip(machine: Machine, *words: str) -> None:
    subprocess.run([*machine.inside, "ip", *words], check=True)


def meet_and_check(here: Machine, there: Machine) -> str:
    """Send a file by a code, without a hub; return which way it went."""
    with running(here, *RAZEM, "listen", "code:") as listener:
        code = told(listener, "razem connect ")
        with running(there, *RAZEM, "connect", code) as client:
            pipe(client.stdin).write(DATA)
            pipe(client.stdin).close()
            pipe(listener.stdin).close()
            assert pipe(listener.stdout).read() == DATA
            assert (client.wait(SECONDS), listener.wait(SECONDS)) == (Exit.DONE, Exit.DONE)
            return told(client, "connected ")


def test_they_find_each_other_without_anybody() -> None:
    with two_machines() as (here, there):
        assert meet_and_check(here, there).startswith("directly to ")


def test_by_ipv6_of_the_link_only() -> None:
    with two_machines() as (here, there):
        for machine in (here, there):
            ip(machine, "address", "del", f"{machine.number}/24", "dev", "eth0")
            link = f"fe80::{machine.number[-1]}/64"
            ip(machine, "address", "replace", link, "dev", "eth0", "nodad")
        assert "fe80::" in meet_and_check(here, there)


@contextmanager
def walled(*machines: Machine, but: int = 0) -> Iterator[None]:
    """Let nobody connect to the machines, but to this port."""
    if shutil.which("nft") is None:
        pytest.skip("needs nft")
    rules = (
        "table inet wall { chain input { type filter hook input priority 0;"
        f' iifname != "lo" tcp dport != {but} tcp flags & (syn|ack) == syn reject with tcp reset'
        "; }\n}\n"
    )
    for machine in machines:
        subprocess.run([*machine.inside, "nft", "-f", "-"], input=rules.encode(), check=True)
    try:
        yield
    finally:
        for machine in machines:
            subprocess.run([*machine.inside, "nft", "flush", "ruleset"], check=True)


def test_a_wall_before_either_end_does_not_matter() -> None:
    for walled_one in (0, 1):
        with two_machines() as machines, walled(machines[walled_one]):
            assert meet_and_check(*machines).startswith("directly to ")


def test_walls_before_both_lead_by_a_hub_until_one_is_taken_down() -> None:
    with two_machines() as (here, there):
        hub = [*RAZEM, "hub", "--memory", "--open", "--listen", "tcp://:6697"]
        via = ("--via", f"{there.number}:6697")
        with running(there, *hub) as process, walled(here, there, but=6697):
            assert b"listens on" in pipe(process.stdout).readline()
            with running(here, *RAZEM, "listen", *via, "code:") as listener:
                code = told(listener, "razem connect ")
                with running(there, *RAZEM, "connect", *via, code) as client:
                    way = told(client, "connected ")
                    assert way.startswith("through the hub")
                    assert "because there was no better way" in way
                    pipe(client.stdin).write(DATA[:100_000])
                    pipe(client.stdin).flush()
                    assert pipe(listener.stdout).read(100_000) == DATA[:100_000]
                    subprocess.run([*here.inside, "nft", "flush", "ruleset"], check=True)
                    assert told(client, "connected ") == f"directly to {here.number}"
                    process.kill()
                    pipe(client.stdin).write(DATA[100_000:])
                    pipe(client.stdin).close()
                    pipe(listener.stdin).close()
                    assert pipe(listener.stdout).read() == DATA[100_000:]
                    assert (client.wait(SECONDS), listener.wait(SECONDS)) == (0, 0)


LISTEN = """
import sys, razem
lasting = razem.Lasting(heartbeat=0.3, silence=1.5, patience=30)
with razem.listen("tcp://:9090", lasting=lasting) as listener:
    print("ready", file=sys.stderr, flush=True)
    with listener.accept() as stream:
        for piece in stream:
            sys.stdout.buffer.write(piece)
            sys.stdout.buffer.flush()
"""
CONNECT = """
import sys, razem
lasting = razem.Lasting(heartbeat=0.3, silence=1.5, patience=30)
with razem.connect(sys.argv[1], lasting=lasting) as stream:
    while piece := sys.stdin.buffer.read1(65536):
        stream.send(piece)
    stream.close_sending()
    stream.delivered()
    print("delivered over", stream.inner.transports, file=sys.stderr)
"""


def test_a_lasting_stream_survives_a_pulled_cable_and_another_address() -> None:
    with two_machines() as (here, there):
        python = [sys.executable, "-c"]
        with running(here, *python, LISTEN) as listener:
            told(listener, "ready")
            address = f"tcp://{here.number}:9090"
            with running(there, *python, CONNECT, address) as client:
                half = len(DATA) // 2
                pipe(client.stdin).write(DATA[:half])
                pipe(client.stdin).flush()
                assert pipe(listener.stdout).read(half) == DATA[:half]
                ip(there, "link", "set", "eth0", "down")
                ip(there, "address", "flush", "dev", "eth0")
                ip(there, "address", "add", "192.0.2.77/24", "dev", "eth0")
                ip(there, "link", "set", "eth0", "up")
                pipe(client.stdin).write(DATA[half:])
                pipe(client.stdin).close()
                assert pipe(listener.stdout).read() == DATA[half:]
                assert (client.wait(SECONDS), listener.wait(SECONDS)) == (0, 0)
                assert int(told(client, "delivered over ")) > 1
