"""The rows of the table that `python -m bench.hub` measures, and what each should reach."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from bench.load import BenchError, Figures, Scenario

Measure = Literal["rate", "p99", "memory"]


@dataclass(frozen=True, slots=True)
class Row:
    """One load, and which figure of it counts.

    `wanted` has ratios by the names of our server and its peer: at least so many deliveries a
    second, or at most so many times the latency. Rows that take long have few rounds.
    """

    name: str
    scenario: Scenario
    measure: Measure = "rate"
    wanted: tuple[tuple[str, str, float], ...] = ()
    most_rounds: int = 100

    def goal(self, ours: str, peer: str) -> float | None:
        """What the ratio of `ours` to `peer` should reach."""
        return next(
            (ratio for one, other, ratio in self.wanted if (one, other) == (ours, peer)), None
        )

    def value(self, figures: Figures) -> float:
        """The figure that counts: deliveries a second, milliseconds, or bytes a session."""
        if self.measure == "p99":
            return figures.p99_ms
        if self.measure == "memory":
            return (figures.end_bytes - figures.first_bytes) / self.scenario.members
        return figures.rate


WINDOWS = (1, 10, 100)
SENDERS = {2: (1,), 10: (1, 10), 100: (1, 10), 1000: (1, 100)}
LINES_A_SECOND = 1000.0


def goals(members: int, window: int) -> tuple[tuple[str, str, float], ...]:
    """What a channel of so many members should reach."""
    if members == 100 and window >= 10:
        return (
            ("razem", "inspircd", 2.0),
            ("razem", "ngircd", 6.0),
            ("razem-fsync", "inspircd", 1.5),
        )
    if window == 10 and members in {2, 10}:
        return (("razem", "inspircd", 0.3 if members == 2 else 0.6),)
    return ()


def table(warmup: float, seconds: float) -> Iterator[Row]:
    """Return all rows, each measured for so many seconds after a warm-up."""
    for members, senders in SENDERS.items():
        for talking in senders:
            for window in WINDOWS:
                load = Scenario(members, talking, window, warmup=warmup, seconds=seconds)
                yield Row(f"{members}-{talking}-{window}", load, wanted=goals(members, window))
    for talking in SENDERS[100]:
        for window in WINDOWS[1:]:
            load = Scenario(100, talking, window, sliding=True, warmup=warmup, seconds=seconds)
            yield Row(f"100-{talking}-{window}-sliding", load, wanted=goals(100, window))
    paced = Scenario(100, 1, 1000, rate=LINES_A_SECOND, warmup=warmup, seconds=3 * seconds)
    latency = (("razem", "inspircd", 2.0), ("razem-fsync", "inspircd", 2.0))
    yield Row("rate-100", paced, "p99", latency)
    for sessions in (1000, 5000):
        idle = Scenario(sessions, 0, 1, channels=sessions // 10, warmup=0, seconds=0.5)
        yield Row(f"idle-{sessions}", idle, "memory", most_rounds=1)


QUICK = (
    "2-1-10",
    "10-1-10",
    "100-1-10",
    "100-10-100",
    "100-10-10-sliding",
    "rate-100",
    "idle-1000",
)


def chosen(rows: Sequence[Row], patterns: Sequence[str]) -> list[Row]:
    """Return the rows whose names match one of the patterns, as a shell matches file names.

    Raises:
        BenchError: a pattern matches none.
    """
    for pattern in patterns:
        if not any(fnmatchcase(row.name, pattern) for row in rows):
            raise BenchError(
                f"no row is called {pattern}: there are " + ", ".join(row.name for row in rows)
            )
    return [row for row in rows if any(fnmatchcase(row.name, one) for one in patterns)]
