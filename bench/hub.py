"""How fast the hub is beside other IRC servers.

Deliveries a second (a delivery is one line received by one member) and latency in channels of 2 to
1,000 members, latency at a fixed rate, memory and join time of idle sessions. All servers are
measured in one invocation, in alternating rounds on the same core; the load generator (load.c) has
another core, and checks that every member got every line exactly once, in order and unaltered.
A row is named by members, senders and window: 100-10-1 is a channel of 100 in which 10 send, each
with one line outstanding.
"""

import argparse
import contextlib
import itertools
import os
import platform
import shutil
import signal
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import NoReturn

import msgspec

from bench.disk import Disk, inspect_disk
from bench.hub_report import Results, details, overview, pairs, ratios
from bench.load import BenchError, Scenario, compile_generator, run_generator
from bench.report import Spread
from bench.rows import QUICK, Row, chosen, table
from bench.servers import SERVERS, Server, running

BUILD = Path(__file__).resolve().parents[1] / "build"  # ignored by git, on the checkout's disk


def parse_arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.hub",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "rows", nargs="*", metavar="ROW", help="as in 100-1-10 or 'idle-*' (all; --list names them)"
    )
    parser.add_argument("--list", action="store_true", help="name the rows, and measure nothing")
    parser.add_argument("--quick", action="store_true", help="a few rows, for a short time")
    load = parser.add_argument_group(
        "load of your own", "instead of rows; of several values, each combination is measured"
    )
    load.add_argument("--members", type=int, nargs="+", metavar="N", help="of the channel (100)")
    load.add_argument("--senders", type=int, nargs="+", metavar="N", help="among them (1)")
    load.add_argument("--window", type=int, nargs="+", metavar="N", help="lines outstanding (100)")
    load.add_argument("--sliding", action="store_true", help="until the first member has them")
    load.add_argument("--text", type=int, default=64, metavar="N", help="bytes of a text (64)")
    load.add_argument(
        "--rate", type=float, default=0.0, metavar="N", help="lines a second (0: all that go)"
    )
    load.add_argument("--caps", default="", help='as in "message-tags server-time echo-message"')
    run = parser.add_argument_group("run")
    run.add_argument(
        "--only",
        nargs="+",
        choices=list(SERVERS),
        default=["razem", "razem-fsync", "inspircd", "ngircd"],
        metavar="SERVER",
        help=f"among {', '.join(SERVERS)} (all but razem-memory)",
    )
    run.add_argument("--rounds", type=int, metavar="N", help="all servers in turn (3)")
    run.add_argument("--seconds", type=float, metavar="N", help="of a round (1)")
    run.add_argument("--warmup", type=float, default=0.3, metavar="N", help="before them (0.3)")
    run.add_argument("--server-cpu", type=int, metavar="N", help="core of the servers (the first)")
    run.add_argument("--load-cpu", type=int, metavar="N", help="core of the generator (the last)")
    run.add_argument("--dir", type=Path, default=BUILD, help="for the servers' data (build)")
    run.add_argument("--json", type=Path, metavar="FILE", help="write the raw figures there")
    run.add_argument(
        "--verbose", action="store_true", help="tell each server's process id and each round"
    )
    arguments = parser.parse_args(words)
    if arguments.rounds is None:
        arguments.rounds = 1 if arguments.quick else 3
    if arguments.seconds is None:
        arguments.seconds = 0.5 if arguments.quick else 1.0
    for name, least in (("rounds", 1), ("seconds", 0.01), ("warmup", 0)):
        if getattr(arguments, name) < least:
            parser.error(f"--{name} must be at least {least}")
    if max(arguments.senders or [1]) > min(arguments.members or [100]):
        parser.error("--senders must not exceed --members")
    return arguments


def rows_of(arguments: argparse.Namespace) -> list[Row]:
    """Return the rows that were asked for, or the load that was described.

    Raises:
        BenchError: there is no row of a name.
    """
    if arguments.members or arguments.senders or arguments.window or arguments.rate:
        return own_rows(arguments)
    rows = list(table(arguments.warmup, arguments.seconds))
    if arguments.rows:
        return chosen(rows, arguments.rows)
    return chosen(rows, QUICK) if arguments.quick else rows


def own_rows(arguments: argparse.Namespace) -> list[Row]:
    combinations = itertools.product(
        arguments.members or [100], arguments.senders or [1], arguments.window or [100]
    )
    rows = []
    for members, senders, window in combinations:
        scenario = Scenario(
            members=members,
            senders=senders,
            window=window,
            sliding=arguments.sliding,
            text=arguments.text,
            rate=arguments.rate,
            caps=arguments.caps,
            warmup=arguments.warmup,
            seconds=arguments.seconds,
        )
        rows.append(
            Row(f"{members}-{senders}-{window}", scenario, "p99" if scenario.rate else "rate")
        )
    return rows


def servers_of(arguments: argparse.Namespace) -> list[Server]:
    servers = [server for name, server in SERVERS.items() if name in arguments.only]
    for server in servers:
        server.find()  # a missing one is told before anything is measured
    for tool in ("taskset", "setpriv"):
        if shutil.which(tool) is None:
            raise BenchError(f"{tool} is not installed: it is in Debian's util-linux")
    return servers


def cores_of(arguments: argparse.Namespace) -> tuple[int, int]:
    cores = sorted(os.sched_getaffinity(0))
    server = cores[0] if arguments.server_cpu is None else arguments.server_cpu
    load = cores[-1] if arguments.load_cpu is None else arguments.load_cpu
    if server == load:
        raise BenchError("two cores are needed: one for the server, one for the load generator")
    return server, load


def disk_of(arguments: argparse.Namespace) -> Disk:
    disk = inspect_disk(arguments.dir)
    if disk.in_memory:
        raise BenchError(
            f"{arguments.dir} is on {disk.filesystem}, where a sync costs nothing: "
            "name a directory on a disk with --dir"
        )
    return disk


def measure(
    arguments: argparse.Namespace, rows: list[Row], servers: list[Server], work: Path
) -> list[tuple[Row, Results]]:
    """Measure every row in alternating rounds; print each when it is done."""
    server_cpu, load_cpu = cores_of(arguments)
    program = compile_generator(work)
    results = []
    for row in rows:
        scenario = row.scenario
        print(f"\n{row.name}: {scenario}", flush=True)
        figures: Results = {server.name: [] for server in servers}
        rounds = min(arguments.rounds, row.most_rounds)
        for number, server in itertools.product(range(1, rounds + 1), servers):
            with (
                tempfile.TemporaryDirectory(prefix=f"{server.name}-", dir=work) as directory,
                running(server, Path(directory), cpu=server_cpu, caps=scenario.caps) as peer,
            ):
                if arguments.verbose:  # a profiler can be attached by this number
                    print(f"  round {number}: {server.name} is process {peer.pid}", flush=True)
                try:
                    result = run_generator(
                        program,
                        scenario,
                        peer.port,
                        server_pid=peer.pid,
                        cpu=load_cpu,
                        joining=server.joining,
                    )
                except BenchError as error:
                    raise BenchError(f"{server.name}, {scenario}: {error}") from error
                figures[server.name].append(result)
        print(details(row, figures), flush=True)
        results.append((row, figures))
    return results


def write_json(
    file: Path, disk: Disk, versions: dict[str, str], results: list[tuple[Row, Results]]
) -> None:
    report = {
        "machine": {"kernel": platform.release(), "cores": os.cpu_count(), "cpu": cpu_model()},
        "disk": asdict(disk),
        "versions": versions,
        "rows": [
            {"row": asdict(row), "rounds": rounds, "ratios": ratios_of(row, rounds)}
            for row, rounds in results
        ],
    }
    file.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")


def ratios_of(row: Row, rounds: Results) -> dict[str, Spread]:
    return {
        f"{ours}/{peer}": ratios(row, rounds[ours], rounds[peer]) for ours, peer in pairs(rounds)
    }


def cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()


def interrupt(*_: object) -> NoReturn:
    """End as Ctrl-C does, through every `finally`."""
    raise KeyboardInterrupt


def main(words: Sequence[str] | None = None) -> int:
    """Measure as the command line says; return the exit status."""
    arguments = parse_arguments(words)
    signal.signal(signal.SIGTERM, interrupt)
    made_directory = not arguments.dir.exists()
    try:
        rows = rows_of(arguments)
        if arguments.list:
            print("\n".join(f"{row.name:<20}{row.scenario}" for row in rows))
            return 0
        servers = servers_of(arguments)
        arguments.dir.mkdir(parents=True, exist_ok=True)
        disk = disk_of(arguments)
        versions = {server.name: server.version() for server in servers}
        server_cpu, load_cpu = cores_of(arguments)
        print(f"machine   {cpu_model()}, {os.cpu_count()} cores, Linux {platform.release()}")
        print(f"cores     servers on {server_cpu}, load generator on {load_cpu}")
        print(f"disk      {disk}")
        print("servers   " + "; ".join(f"{name} ({text})" for name, text in versions.items()))
        with tempfile.TemporaryDirectory(prefix="bench-", dir=arguments.dir) as work:
            results = measure(arguments, rows, servers, Path(work))
        print(f"\n{overview(results)}")
        if arguments.json:
            write_json(arguments.json, disk, versions, results)
    except BenchError as error:
        print(f"\nbench: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nbench: interrupted; all servers are stopped", file=sys.stderr)
        return 130
    finally:
        if made_directory:
            with contextlib.suppress(OSError):  # something else came to live there meanwhile
                arguments.dir.rmdir()
    return 0


if __name__ == "__main__":
    sys.exit(main())
