"""How soon the command answers: python -m bench.startup.

The fastest of some runs of each, beside Python that does nothing: what is above that is ours.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from time import perf_counter

LIMIT = 0.100  # seconds, as the design promises

WORDS = [
    ["--help"],
    ["--version"],
    ["connect", "--help"],
    ["serve", "--help"],
    ["hub", "--help"],
    ["chat", "--help"],
    ["serv"],
    ["connect", "tcp://::1:80"],
    ["connect", "unix:@razem-nobody"],
    ["completion", "bash"],
]


def fastest(command: list[str], runs: int) -> float:
    """Return the seconds of the fastest run: the others had to wait for something else."""
    times = []
    for _ in range(runs):
        start = perf_counter()
        subprocess.run([sys.executable, *command], capture_output=True, check=False)
        times.append(perf_counter() - start)
    return min(times)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.startup", description=__doc__)
    parser.add_argument("--runs", type=int, default=15, help="of each (by default 15)")
    runs = parser.parse_args().runs
    bare = fastest(["-c", "pass"], runs)
    print(f"{bare * 1000:6.1f} ms  python -c pass")
    slow = 0
    for words in WORDS:
        seconds = fastest(["-m", "razem", *words], runs)
        slow += seconds > LIMIT
        print(f"{seconds * 1000:6.1f} ms  razem {' '.join(words)}")
    print(f"{slow} of {len(WORDS)} took more than {LIMIT * 1000:.0f} ms")
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
