"""What was measured of the hub and its peers, as a table a scenario."""

from collections.abc import Sequence

from bench.load import Figures
from bench.report import Spread, aligned, ratio_line, ratios

WIDTHS = ("<10", ">10", ">8", ">8", ">10", ">10", ">9", ">7", ">8")


def table(results: dict[str, list[Figures]]) -> str:
    """Format one scenario: a row for each server, and the ratio of the first to each other."""
    head = ("", "deliveries a second (M)", "latency (ms)", "CPU (%)", "bytes")
    names = ("", "min", "median", "max", "p50", "p99", "server", "load", "a line")
    lines = [f"  {head[0]:<10}{head[1]:>26}{head[2]:>20}{head[3]:>16}{head[4]:>8}"]
    lines += aligned([names, *(row(name, rounds) for name, rounds in results.items())], WIDTHS)
    first, *others = results
    for other in others:
        ratio = ratios(results[first], results[other])
        lines.append(ratio_line(first, other, ratio, len(results[other])))
    return "\n".join(lines)


def row(name: str, rounds: Sequence[Figures]) -> list[str]:
    rate = Spread.of(figures.rate / 1e6 for figures in rounds)

    def median(attribute: str) -> float:
        return Spread.of(getattr(figures, attribute) for figures in rounds).median

    return [
        name,
        *(f"{value:.{2 if value >= 1 else 3}f}" for value in (rate.low, rate.median, rate.high)),
        f"{median('p50_ms'):.2f}",
        f"{median('p99_ms'):.2f}",
        f"{median('server_cpu') * 100:.0f}",
        f"{median('generator_cpu') * 100:.0f}",
        f"{median('bytes_a_line'):.0f}",
    ]
