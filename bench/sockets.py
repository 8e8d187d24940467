"""How fast the streams are beside Python's sockets, asyncio, uvloop, anyio and trio.

Round trips of 64 bytes, and blocks of 64 KiB in each direction, over loopback TCP. Everything is
measured in one invocation, each client in a process of its own; they take turns of a fraction of a
second, so that what disturbs the machine disturbs all. The peer is the same process of plain
sockets for all (peer.py). Round trips are made on one core, by both ends (`--cores` leaves them to
the system): on two, most of a trip is the time that a sleeping core takes to wake up, which says
nothing of the clients. Then relays beside socat and ncat, and the memory that idle connections
take.
"""

import argparse
import os
import platform
import select
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
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
    parser.add_argument("--rounds", type=int, default=25, metavar="N", help="all in turn (25)")
    parser.add_argument("--seconds", type=float, default=0.1, metavar="N", help="of a turn (0.1)")
    parser.add_argument("--cores", action="store_true", help="let round trips go between cores")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the raw figures there")
    arguments = parser.parse_args(words)
    for name, least in (("rounds", 1), ("seconds", 0.01)):
        if getattr(arguments, name) < least:
            parser.error(f"--{name} must be at least {least}")
    return arguments


@contextmanager
def running_peer(core: int | None = None) -> Iterator[int]:
    """Run the other end, on any core or on a certain one; its port."""
    command = [sys.executable, "-m", "bench.peer", *on_core(core)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        if process.stdout is None:
            raise BenchError("the peer has no output")
        yield int(process.stdout.readline())
        process.terminate()


def on_core(core: int | None) -> list[str]:
    """Say to a process on which core it stays."""
    return [] if core is None else [str(core)]


class Contender:
    """A client that is connected, and waits for its turns."""

    def __init__(self, name: str, task: str, port: int, core: int | None) -> None:
        self._name = name
        command = [sys.executable, "-m", "bench.clients", name, task, str(port), *on_core(core)]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    def measure(self, seconds: float) -> Figures:
        """Let it have its turn."""
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise BenchError(f"{self._name} has no input and output")
        with suppress(BrokenPipeError):  # then it has ended, and says why
            stdin.write(b"%f\n" % seconds)
            stdin.flush()
        if not select.select([stdout], [], [], seconds + GRACE_SECONDS)[0]:
            raise BenchError(f"{self._name} gave no answer within {GRACE_SECONDS:.0f} s")
        line = stdout.readline()
        if not line:
            said = self._process.communicate()[1].decode(errors="replace").strip()
            last = said.rpartition("\n")[2]
            raise BenchError(f"{self._name}: {last} (`make bench` installs what is needed)")
        return msgspec.json.decode(line, type=Figures)

    def end(self) -> None:
        """Let it leave."""
        self._process.kill()
        self._process.communicate()


Results = dict[str, list[Figures]]


def measure_all(arguments: argparse.Namespace) -> dict[str, Results]:
    """Measure every task; print each table when its task is done."""
    results: dict[str, Results] = {}
    for task in filter(TASKS.__contains__, arguments.tasks):
        core = one_core() if task == "trips" and not arguments.cores else None
        with running_peer(core) as port:
            results[task] = measure_task(task, port, core, arguments)
        where = "" if core is None else "both ends on one core; "
        print(f"\n{table(task, results[task], where)}", flush=True)
    return results


def one_core() -> int | None:
    """Choose the core that both ends of round trips share; None where that cannot be said."""
    return max(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None


def measure_task(task: str, port: int, core: int | None, arguments: argparse.Namespace) -> Results:
    """Let all clients have their turns, round by round."""
    names = [name for name in CLIENTS if name in arguments.only]
    figures: Results = {name: [] for name in names}
    contenders: dict[str, Contender] = {}
    try:
        for name in names:
            contenders[name] = Contender(name, task, port, core)
        for contender in contenders.values():
            contender.measure(arguments.seconds)  # what it imports and compiles at first
        for _ in range(arguments.rounds):
            for name, contender in contenders.items():
                figures[name].append(contender.measure(arguments.seconds))
    finally:
        for contender in contenders.values():
            contender.end()
    return figures


def table(task: str, results: Results, where: str) -> str:
    """Format one task: a row for each client, and how they compare."""
    title, unit, of = TASKS[task]
    rows = [["", "min", "median", "max", "CPU"]]
    for name, rounds in results.items():
        rate = Spread.of(figures.rate for figures in rounds)
        cpu = Spread.of(figures.cpu_each * 1e6 for figures in rounds)
        rows.append([name, *map(shown, (rate.low, rate.median, rate.high, cpu.median))])
    lines = [f"{title} ({where}{unit}; CPU in {of})", *aligned(rows, WIDTHS)]
    for first, other, trips, blocks in GOALS:
        if first in results and other in results:
            wanted = trips if task == "trips" else blocks
            ours, theirs = results[first], results[other]
            lines.append(ratio_line(first, other, ratios(ours, theirs), len(ours), wanted=wanted))
    return "\n".join(lines)


RELAY_GOALS: Final = {"socat": 1.0, "ncat": 2.0}
RELAY_WIDTHS: Final = ("<22", ">10", ">10", ">10", ">18")


def measure_relays(arguments: argparse.Namespace) -> dict[str, list[RelayFigures]]:
    """Measure the relays in alternating rounds, and print how they compare."""
    results: dict[str, list[RelayFigures]] = {name: [] for name in RELAYS}
    with running_peer() as port:
        for _ in range(arguments.rounds):
            for name, rounds in results.items():
                rounds.append(measure_relay(name, port, arguments.seconds))
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
