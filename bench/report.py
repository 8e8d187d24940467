"""The figures as people read them: a table a scenario, and ratios round by round."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bench.load import Figures


@dataclass(frozen=True, slots=True)
class Spread:
    """The least, the middle and the greatest of some values."""

    low: float
    median: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> "Spread":
        """Of at least one value."""
        ordered = sorted(values)
        return cls(ordered[0], statistics.median(ordered), ordered[-1])


def ratios(ours: Sequence[Figures], theirs: Sequence[Figures]) -> Spread:
    """Compare deliveries a second round by round: what disturbs one round disturbs both sides."""
    return Spread.of(
        our.rate / their.rate for our, their in zip(ours, theirs, strict=True) if their.rate
    )


def table(results: dict[str, list[Figures]]) -> str:
    """Format one scenario: a row for each server, and the ratio of the first to each other."""
    head = ("", "deliveries a second (M)", "latency (ms)", "CPU (%)", "bytes")
    names = ("", "min", "median", "max", "p50", "p99", "server", "load", "a line")
    lines = [
        f"  {head[0]:<10}{head[1]:>26}{head[2]:>20}{head[3]:>16}{head[4]:>8}",
        "  " + "".join(f"{name:{fit}}" for name, fit in zip(names, WIDTHS, strict=True)),
    ]
    lines += [row(name, rounds) for name, rounds in results.items()]
    first, *others = results
    for other in others:
        ratio = ratios(results[first], results[other])
        lines.append(
            f"  {first} / {other}: {ratio.median:.2f} x "
            f"(min {ratio.low:.2f}, max {ratio.high:.2f}, {len(results[other])} rounds)"
        )
    return "\n".join(lines)


WIDTHS = ("<10", ">10", ">8", ">8", ">10", ">10", ">9", ">7", ">8")


def row(name: str, rounds: Sequence[Figures]) -> str:
    rate = Spread.of(figures.rate / 1e6 for figures in rounds)

    def median(attribute: str) -> float:
        return Spread.of(getattr(figures, attribute) for figures in rounds).median

    cells = [
        name,
        *(f"{value:.{2 if value >= 1 else 3}f}" for value in (rate.low, rate.median, rate.high)),
        f"{median('p50_ms'):.2f}",
        f"{median('p99_ms'):.2f}",
        f"{median('server_cpu') * 100:.0f}",
        f"{median('generator_cpu') * 100:.0f}",
        f"{median('bytes_a_line'):.0f}",
    ]
    return "  " + "".join(f"{cell:{fit}}" for cell, fit in zip(cells, WIDTHS, strict=True))
