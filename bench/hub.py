"""How fast the hub is beside other IRC servers: deliveries a second into one channel.

A delivery is one line received by one member. All servers are measured in one invocation, in
alternating rounds on the same core; the load generator (load.c) has another core and checks that
every member got every line exactly once, in order and unaltered.
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
from bench.hub_report import table
from bench.load import BenchError, Figures, Scenario, compile_generator, run_generator
from bench.report import Spread, ratios
from bench.servers import SERVERS, Razem, Server, running

BUILD = Path(__file__).resolve().parents[1] / "build"  # ignored by git, on the checkout's disk


def parse_arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.hub",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    load = parser.add_argument_group("load", "Several values: each combination is a scenario.")
    for name, default, text in (
        ("--members", [100], "of the channel (100)"),
        ("--senders", [1, 10, 100], "among them (1 10 100)"),
        ("--window", [100], "lines outstanding of each (100)"),
    ):
        load.add_argument(name, type=int, nargs="+", metavar="N", default=default, help=text)
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
        default=["razem", "inspircd"],
        metavar="SERVER",
        help=f"among {', '.join(SERVERS)} (razem inspircd)",
    )
    run.add_argument("--rounds", type=int, default=5, metavar="N", help="all in turn (5)")
    run.add_argument("--seconds", type=float, default=3.0, metavar="N", help="of a round (3)")
    run.add_argument("--warmup", type=float, default=1.0, metavar="N", help="before them (1)")
    run.add_argument("--durability", default="fsync", metavar="WORD", help="of razem's log (fsync)")
    run.add_argument("--server-cpu", type=int, metavar="N", help="core of the servers (the first)")
    run.add_argument("--load-cpu", type=int, metavar="N", help="core of the generator (the last)")
    run.add_argument("--dir", type=Path, default=BUILD, help="for the servers' data (build)")
    run.add_argument("--json", type=Path, metavar="FILE", help="write the raw figures there")
    run.add_argument(
        "--verbose", action="store_true", help="tell each server's process id and each round"
    )
    arguments = parser.parse_args(words)
    for name, least in (("rounds", 1), ("seconds", 0.01), ("warmup", 0)):
        if getattr(arguments, name) < least:
            parser.error(f"--{name} must be at least {least}")
    if max(arguments.senders) > min(arguments.members):
        parser.error("--senders must not exceed --members")
    return arguments


def scenarios_of(arguments: argparse.Namespace) -> list[Scenario]:
    combinations = itertools.product(arguments.members, arguments.senders, arguments.window)
    return [
        Scenario(
            members=members,
            senders=senders,
            window=window,
            text=arguments.text,
            rate=arguments.rate,
            caps=arguments.caps,
            warmup=arguments.warmup,
            seconds=arguments.seconds,
        )
        for members, senders, window in combinations
    ]


def servers_of(arguments: argparse.Namespace) -> list[Server]:
    names = [name for name in SERVERS if name in arguments.only]  # ours first: ratios are to it
    servers = [
        Razem(arguments.durability) if name == Razem.name else SERVERS[name]() for name in names
    ]
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
    arguments: argparse.Namespace, servers: list[Server], work: Path
) -> list[tuple[Scenario, dict[str, list[Figures]]]]:
    """Run every scenario in alternating rounds; print each table when its scenario is done."""
    server_cpu, load_cpu = cores_of(arguments)
    program = compile_generator(work)
    results = []
    for scenario in scenarios_of(arguments):
        print(f"\n{scenario}", flush=True)
        figures: dict[str, list[Figures]] = {server.name: [] for server in servers}
        for number, server in itertools.product(range(1, arguments.rounds + 1), servers):
            with (
                tempfile.TemporaryDirectory(prefix=f"{server.name}-", dir=work) as directory,
                running(server, Path(directory), cpu=server_cpu, caps=scenario.caps) as peer,
            ):
                if arguments.verbose:  # a profiler can be attached by this number
                    print(f"  round {number}: {server.name} is process {peer.pid}", flush=True)
                try:
                    result = run_generator(
                        program, scenario, peer.port, server_pid=peer.pid, cpu=load_cpu
                    )
                except BenchError as error:
                    raise BenchError(f"{server.name}, {scenario}: {error}") from error
                figures[server.name].append(result)
                if arguments.verbose:
                    print(f"  round {number}: {server.name} {result.rate / 1e6:.2f} M", flush=True)
        print(table(figures), flush=True)
        results.append((scenario, figures))
    return results


def write_json(
    file: Path,
    disk: Disk,
    versions: dict[str, str],
    results: list[tuple[Scenario, dict[str, list[Figures]]]],
) -> None:
    report = {
        "machine": {"kernel": platform.release(), "cores": os.cpu_count(), "cpu": cpu_model()},
        "disk": asdict(disk),
        "versions": versions,
        "scenarios": [
            {"scenario": asdict(scenario), "rounds": rounds, "ratios": ratios_of(rounds)}
            for scenario, rounds in results
        ],
    }
    file.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")


def ratios_of(rounds: dict[str, list[Figures]]) -> dict[str, Spread]:
    first, *others = rounds
    return {f"{first}/{other}": ratios(rounds[first], rounds[other]) for other in others}


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
            results = measure(arguments, servers, Path(work))
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
