"""What the hub counts, and its figures in the text format of Prometheus (version 0.0.4)."""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["CONTENT_TYPE", "Histogram", "Sample", "Traffic", "exposition"]

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
COMMIT_SECONDS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class Histogram:
    """How often something took how long.

    Args:
        bounds: upper ends of the buckets, rising.
    """

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds: Final = tuple(bounds)
        self.total = 0.0
        self._counts = [0] * (len(bounds) + 1)

    def observe(self, value: float) -> None:
        """Count a value."""
        self.total += value
        self._counts[bisect_left(self.bounds, value)] += 1

    @property
    def cumulative(self) -> list[int]:
        """How many were at most each bound; the last is how many there were."""
        return list(accumulate(self._counts))


class Traffic:
    """What passed through the sessions since the start.

    Attributes:
        received, sent: bytes, within TLS and WebSocket.
        writes: to sockets; one a session and turn of the loop.
        dropped: sessions that were dropped because they read too slowly.
        entries: of the log, committed.
        failed: entries that could not be stored.
        commits: how long each took, in seconds, from the hand-over to the log.
    """

    __slots__ = ("commits", "dropped", "entries", "failed", "received", "sent", "writes")

    def __init__(self) -> None:
        self.received = 0
        self.sent = 0
        self.writes = 0
        self.dropped = 0
        self.entries = 0
        self.failed = 0
        self.commits: Final = Histogram(COMMIT_SECONDS)


class Sample:
    """One metric with its values.

    Args:
        name: without the prefix of ours.
        kind: "counter", "gauge" or "histogram".
        text: what it means.
        value: a number; numbers by label ``(name, value)``; or a histogram.
    """

    def __init__(
        self,
        name: str,
        kind: str,
        text: str,
        value: float | Mapping[tuple[str, str], float] | Histogram,
    ) -> None:
        self.name = f"razem_{name}"
        self.kind = kind
        self.text = text
        self.value = value

    def lines(self) -> list[str]:
        """Return the metric as text, by line."""
        head = [f"# HELP {self.name} {self.text}", f"# TYPE {self.name} {self.kind}"]
        value = self.value
        if isinstance(value, Histogram):
            counts = value.cumulative
            bounds = [*map(str, value.bounds), "+Inf"]
            rows = [
                f'{self.name}_bucket{{le="{bound}"}} {count}'
                for bound, count in zip(bounds, counts, strict=True)
            ]
            rows += [f"{self.name}_sum {value.total:.6f}", f"{self.name}_count {counts[-1]}"]
        elif isinstance(value, (int, float)):
            rows = [f"{self.name} {value}"]
        else:
            rows = [
                f'{self.name}{{{label}="{_escaped(word)}"}} {number}'
                for (label, word), number in value.items()
            ]
        return head + rows


def exposition(samples: Sequence[Sample]) -> str:
    """Return metrics as a scraper reads them."""
    return "".join(f"{line}\n" for sample in samples for line in sample.lines())


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
