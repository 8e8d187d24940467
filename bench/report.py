"""The figures as people read them: tables, and ratios round by round."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol


class Rated(Protocol):
    """The figures of one run, as far as they are compared."""

    @property
    def rate(self) -> float:
        """What is compared; more is better."""


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


def ratios(ours: Sequence[Rated], theirs: Sequence[Rated]) -> Spread:
    """Compare rates round by round: what disturbs one round disturbs both sides."""
    return Spread.of(
        our.rate / their.rate for our, their in zip(ours, theirs, strict=True) if their.rate
    )


def ratio_line(
    first: str, other: str, ratio: Spread, rounds: int, *, wanted: float | None = None
) -> str:
    """Say how many times the other the first is; `wanted` is what it should reach."""
    goal = "" if wanted is None else f", wanted {wanted:g}"
    return (
        f"  {first} / {other}: {ratio.median:.2f} x "
        f"(min {ratio.low:.2f}, max {ratio.high:.2f}, {rounds} rounds{goal})"
    )


def aligned(rows: Iterable[Sequence[str]], widths: Sequence[str]) -> list[str]:
    """Put cells into columns; a width is such as ``<10`` or ``>8``."""
    return [
        "  " + "".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True))
        for row in rows
    ]


def shown(value: float) -> str:
    """Write a number with three digits that matter, more or less."""
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.{0 if value >= 100 else 1 if value >= 10 else 2 if value >= 1 else 3}f}"
