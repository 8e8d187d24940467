"""The load generator as Python sees it: compiled from load.c, run once, its figures decoded."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import msgspec

SOURCE = Path(__file__).with_name("load.c")
GRACE_SECONDS = 210.0  # joining may take two minutes, draining and the PINGs half a minute each


class BenchError(Exception):
    """The benchmark cannot go on; the message says why and what to do."""


class Figures(msgspec.Struct, frozen=True):
    """What one run measured: rates over the measured seconds, latency of a line to a member.

    CPU is in cores (1.0 is one core fully used), memory in bytes of resident set.
    """

    seconds: float
    deliveries: int
    lines: int
    bytes_a_line: float
    p50_ms: float
    p90_ms: float
    p99_ms: float
    max_ms: float
    generator_cpu: float
    server_cpu: float
    join_seconds: float
    first_bytes: int
    joined_bytes: int
    end_bytes: int
    verified_deliveries: int

    @property
    def rate(self) -> float:
        """Deliveries a second."""
        return self.deliveries / self.seconds

    @property
    def server_cpu_us_a_line(self) -> float:
        """CPU time of the server for one line, all its deliveries included, in microseconds."""
        return self.server_cpu * self.seconds / self.lines * 1e6 if self.lines else 0.0


@dataclass(frozen=True, slots=True)
class Scenario:
    """One load: who is there, who talks, and how much is on its way at any time.

    `window` bounds the lines of each sender that some member has not got yet, or (`sliding`)
    that no member has got yet; `rate` is in lines a second of all senders together, 0 for as
    many as the windows allow. The members are spread over the `channels`; in several, nobody
    talks.
    """

    members: int = 100
    senders: int = 1
    window: int = 100
    sliding: bool = False
    channels: int = 1
    text: int = 64
    rate: float = 0.0
    caps: str = ""
    warmup: float = 1.0
    seconds: float = 3.0

    def __str__(self) -> str:
        if not self.senders:
            return f"{self.members:,} idle sessions in {self.channels} channels"
        talk = "1 sends" if self.senders == 1 else f"{self.senders} send"
        window = f"{'sliding ' if self.sliding else ''}window {self.window}"
        words = [f"channel of {self.members}", talk, window]
        if self.rate:
            words.append(f"{self.rate:g} lines a second")
        if self.caps:
            words.append(self.caps)
        return ", ".join(words)

    def arguments(self) -> list[str]:
        """As the generator's command line has it."""
        return [
            f"--members={self.members}",
            f"--senders={self.senders}",
            f"--window={self.window}",
            *(["--sliding"] if self.sliding else []),
            f"--channels={self.channels}",
            f"--text={self.text}",
            f"--rate={self.rate}",
            f"--caps={self.caps}",
            f"--warmup={self.warmup}",
            f"--seconds={self.seconds}",
        ]


def compile_generator(directory: Path) -> Path:
    """Compile load.c into `directory` and return the program.

    Raises:
        BenchError: there is no gcc, or it refuses the source.
    """
    compiler = shutil.which("gcc")
    if compiler is None:
        raise BenchError("gcc is not installed: `make bench` installs it on Debian")
    program = directory / "load"
    command = [compiler, "-std=gnu17", "-O2", "-Wall", "-Wextra", "-o", str(program), str(SOURCE)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise BenchError(f"gcc refused {SOURCE.name}:\n{result.stderr}")
    return program


def run_generator(
    program: Path,
    scenario: Scenario,
    port: int,
    *,
    server_pid: int = 0,
    cpu: int | None = None,
    joining: int = 512,
) -> Figures:
    """Put `scenario` on the server at `port` of loopback; return when every line was verified.

    `joining`: so many members come in at once.

    Raises:
        BenchError: a line was lost, doubled, altered or out of order, or the server gave up.
    """
    pin = [] if cpu is None else ["taskset", "--cpu-list", str(cpu)]
    command = [
        *pin,
        str(program),
        f"--port={port}",
        f"--server={server_pid}",
        f"--joining={joining}",
    ]
    try:
        result = subprocess.run(
            [*command, *scenario.arguments()],
            capture_output=True,
            timeout=scenario.warmup + scenario.seconds + GRACE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise BenchError(f"the run did not end within {error.timeout:.0f} s") from error
    if result.returncode != 0:
        said = result.stderr.decode(errors="replace").strip()
        raise BenchError(said or f"the generator ended with status {result.returncode}")
    return msgspec.json.decode(result.stdout, type=Figures)
