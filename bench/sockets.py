"""How fast the streams are beside Python's sockets, asyncio, uvloop, anyio and trio.

Round trips of 64 bytes, and blocks of 64 KiB in each direction, over loopback TCP. Everything is
measured in one invocation, in alternating rounds, each client in a process of its own; the peer
is the same process of plain sockets for all (peer.py). Round trips are made on one core, by both
ends (`--cores` leaves them to the system): on two, most of a trip is the time that a sleeping core
takes to wake up, which says nothing of the clients. Then relays beside socat and ncat, and the
memory that idle connections take.
"""

import argparse
import os
import platform
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from bench.clients import CLIENTS, Figures
from bench.hub import cpu_model, interrupt
from bench.idle import measure_idle
from bench.load import BenchError
from bench.relays import RELAYS, RelayFigures, measure_relay
from bench.report import Spread, aligned, ratio_line, ratios, shown

ROOT: Final = Path(__file__).resolve().parents[1]
GRACE_SECONDS: Final = 30.0
WIDTHS: Final = ("<22", ">10", ">10", ">10", ">12")


class Task(NamedTuple):
    """What is measured, in which unit, and what the CPU time is of."""

    title: str
    unit: str
    of: str


TASKS: Final = {
    "trips": Task("round trips of 64 bytes", "a second", "us each"),
    "in": Task("receiving blocks of 64 KiB", "MiB a second", "us a MiB"),
    "out": Task("sending blocks of 64 KiB", "MiB a second", "us a MiB"),
}

# What is compared with what, and the ratio that it should reach: of round trips, of throughput.
GOALS: Final = [
    ("razem", "raw socket", 0.9, 0.9),
    ("razem records", "razem", 0.7, 0.7),
    ("aio (uvloop)", "protocol (uvloop)", None, None),
    ("aio (uvloop)", "streams (uvloop)", 1.0, 1.2),
    ("aio (uvloop)", "streams (asyncio)", 1.4, None),
    ("aio (uvloop)", "anyio (uvloop)", 1.5, None),
    ("aio (uvloop)", "trio", 2.0, None),
    ("aio records (uvloop)", "aio (uvloop)", 0.7, 0.7),
    ("aio (asyncio)", "streams (asyncio)", None, None),
]


def parse_arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.sockets",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--only",
        nargs="+",
        choices=list(CLIENTS),
        default=list(CLIENTS),
        metavar="CLIENT",
        help=f"among {', '.join(CLIENTS)} (all)",
    )
    parser.add_argument(
        "--tasks",
        nargs="+",
        choices=[*TASKS, "relays", "idle"],
        default=[*TASKS, "relays", "idle"],
        metavar="TASK",
        help=f"among {', '.join(TASKS)}, relays, idle (all)",
    )
    parser.add_argument(
        "--connections", type=int, default=10_000, metavar="N", help="that idle (10000)"
    )
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="all in turn (5)")
    parser.add_argument("--seconds", type=float, default=1.0, metavar="N", help="of each (1)")
    parser.add_argument("--cores", action="store_true", help="let round trips go between cores")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the raw figures there")
    arguments = parser.parse_args(words)
    for name, least in (("rounds", 1), ("seconds", 0.01)):
        if getattr(arguments, name) < least:
            parser.error(f"--{name} must be at least {least}")
    return arguments


class Peer(NamedTuple):
    """The other end."""

    port: int
    pid: int


@contextmanager
def running_peer() -> Iterator[Peer]:
    """Run the other end."""
    command = [sys.executable, "-m", "bench.peer"]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        if process.stdout is None:
            raise BenchError("the peer has no output")
        yield Peer(int(process.stdout.readline()), process.pid)
        process.terminate()


@contextmanager
def on_one_core(peer: Peer) -> Iterator[None]:
    """Keep the peer, and what is started meanwhile, on one core."""
    cores = os.sched_getaffinity(0)
    threads = [int(task.name) for task in Path(f"/proc/{peer.pid}/task").iterdir()]
    try:
        for thread in [0, *threads]:
            os.sched_setaffinity(thread, {max(cores)})
        yield
    finally:
        for thread in [0, *threads]:
            os.sched_setaffinity(thread, cores)


def measure(name: str, task: str, port: int, seconds: float) -> Figures:
    """Run one client once."""
    command = [sys.executable, "-m", "bench.clients", name, task, str(port), str(seconds)]
    try:
        result = subprocess.run(
            command, cwd=ROOT, capture_output=True, timeout=seconds + GRACE_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise BenchError(f"{name} did not end within {error.timeout:.0f} s") from error
    if result.returncode != 0:
        said = result.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise BenchError(f"{name}: {said} (`make bench` installs what is needed)")
    return msgspec.json.decode(result.stdout, type=Figures)


Results = dict[str, list[Figures]]


def measure_all(arguments: argparse.Namespace) -> dict[str, Results]:
    """Measure every task in alternating rounds; print each table when its task is done."""
    names = [name for name in CLIENTS if name in arguments.only]
    results: dict[str, Results] = {}
    with running_peer() as peer:
        for task in filter(TASKS.__contains__, arguments.tasks):
            figures: Results = {name: [] for name in names}
            together = task == "trips" and not arguments.cores
            with on_one_core(peer) if together else nullcontext():
                for _ in range(arguments.rounds):
                    for name in names:
                        figures[name].append(measure(name, task, peer.port, arguments.seconds))
            print(f"\n{table(task, figures)}", flush=True)
            results[task] = figures
    return results


def table(task: str, results: Results) -> str:
    """Format one task: a row for each client, and how they compare."""
    title, unit, of = TASKS[task]
    rows = [["", "min", "median", "max", "CPU"]]
    for name, rounds in results.items():
        rate = Spread.of(figures.rate for figures in rounds)
        cpu = Spread.of(figures.cpu_each * 1e6 for figures in rounds)
        rows.append([name, *map(shown, (rate.low, rate.median, rate.high, cpu.median))])
    lines = [f"{title} ({unit}; CPU in {of})", *aligned(rows, WIDTHS)]
    for first, other, trips, blocks in GOALS:
        if first in results and other in results:
            ratio = ratios(results[first], results[other])
            wanted = trips if task == "trips" else blocks
            rounds_made = len(results[first])
            lines.append(ratio_line(first, other, ratio, rounds_made, wanted=wanted))
    return "\n".join(lines)


RELAY_GOALS: Final = {"socat": 1.0, "ncat": 2.0}
RELAY_WIDTHS: Final = ("<22", ">10", ">10", ">10", ">18")


def measure_relays(arguments: argparse.Namespace) -> dict[str, list[RelayFigures]]:
    """Measure the relays in alternating rounds, and print how they compare."""
    results: dict[str, list[RelayFigures]] = {name: [] for name in RELAYS}
    with running_peer() as peer:
        for _ in range(arguments.rounds):
            for name, rounds in results.items():
                rounds.append(measure_relay(name, peer.port, arguments.seconds))
    rows = [["", "min", "median", "max", "CPU s a GB"]]
    for name, rounds in results.items():
        rate = Spread.of(figures.rate for figures in rounds)
        cpu = Spread.of(figures.cpu_each for figures in rounds)
        rows.append([name, *map(shown, (rate.low, rate.median, rate.high, cpu.median))])
    lines = ["relays of one connection (MiB a second)", *aligned(rows, RELAY_WIDTHS)]
    for first in (name for name in results if name not in RELAY_GOALS):
        for other, wanted in RELAY_GOALS.items():
            ratio = ratios(results[first], results[other])
            lines.append(ratio_line(first, other, ratio, arguments.rounds, wanted=wanted))
    print("\n" + "\n".join(lines), flush=True)
    return results


def write_json(file: Path, **results: object) -> None:
    report = {
        "machine": {"kernel": platform.release(), "cores": os.cpu_count(), "cpu": cpu_model()},
        "python": platform.python_version(),
        **results,
    }
    file.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")


def main(words: Sequence[str] | None = None) -> int:
    """Measure as the command line says; return the exit status."""
    arguments = parse_arguments(words)
    signal.signal(signal.SIGTERM, interrupt)
    print(f"machine   {cpu_model()}, {os.cpu_count()} cores, Linux {platform.release()}")
    print(f"python    {platform.python_version()}")
    try:
        streams = measure_all(arguments)
        relays = measure_relays(arguments) if "relays" in arguments.tasks else {}
        idle = measure_idle(arguments.connections) if "idle" in arguments.tasks else None
        if idle:
            print(f"\n{idle}")
        if arguments.json:
            write_json(arguments.json, streams=streams, relays=relays, idle=idle)
    except BenchError as error:
        print(f"\nbench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nbench: interrupted", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
