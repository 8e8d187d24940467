"""What was measured of the hub and its peers, as a table a row, and all rows at a glance."""

from collections.abc import Callable, Iterator, Sequence

from bench.load import Figures
from bench.report import Spread, aligned, ratio_line, shown
from bench.rows import Row

Results = dict[str, list[Figures]]  # by the name of the server, a figure a round

COLUMNS: dict[str, Callable[[Figures], float]] = {
    "p50 ms": lambda figures: figures.p50_ms,
    "p99 ms": lambda figures: figures.p99_ms,
    "server %": lambda figures: figures.server_cpu * 100,
    "load %": lambda figures: figures.generator_cpu * 100,
    "us a line": lambda figures: figures.server_cpu_us_a_line,
}
IDLE_COLUMNS: dict[str, Callable[[Figures], float]] = {
    "join s": lambda figures: figures.join_seconds,
    "RSS MB": lambda figures: figures.end_bytes / 1e6,
    "without": lambda figures: figures.first_bytes / 1e6,
}
UNITS = {"rate": (1e6, "M/s"), "p99": (1.0, "p99 ms"), "memory": (1000.0, "KB each")}


def ratios(row: Row, ours: Sequence[Figures], theirs: Sequence[Figures]) -> Spread:
    """Compare round by round: what disturbs one round disturbs both sides."""
    pairs = [(row.value(our), row.value(their)) for our, their in zip(ours, theirs, strict=True)]
    return Spread.of(our / their if their > 0 else float("inf") for our, their in pairs)


def pairs(results: Results) -> Iterator[tuple[str, str]]:
    """Return each server of ours with each peer."""
    for ours in results:
        for peer in results:
            if ours.startswith("razem") and not peer.startswith("razem"):
                yield ours, peer


def details(row: Row, results: Results) -> str:
    """Format one row: a line for each server, and the ratios of ours to the peers'."""
    columns = IDLE_COLUMNS if row.measure == "memory" else COLUMNS
    scale, unit = UNITS[row.measure]
    widths = ("<12", *[">9"] * 3, *[">10"] * len(columns))
    cells = [[unit, "min", "median", "max", *columns]]
    for name, rounds in results.items():
        spread = Spread.of(row.value(figures) / scale for figures in rounds)
        values = [spread.low, spread.median, spread.high]
        values += [Spread.of(map(column, rounds)).median for column in columns.values()]
        cells.append([name, *map(shown, values)])
    lines = aligned(cells, widths)
    for ours, peer in pairs(results):
        ratio = ratios(row, results[ours], results[peer])
        count = len(results[ours])
        lines.append(ratio_line(ours, peer, ratio, count, wanted=row.goal(ours, peer)))
    return "\n".join(lines)


def overview(results: Sequence[tuple[Row, Results]]) -> str:
    """Format all rows as one table in Markdown: medians, and ratios as median (min to max)."""
    if not results:
        return ""
    first = results[0][1]
    heads = ["row", "", *first, *(f"{ours} / {peer}" for ours, peer in pairs(first))]
    lines = [heads, ["---"] * 2 + ["---:"] * (len(heads) - 2)]
    for row, measured in results:
        scale, unit = UNITS[row.measure]
        cells = [row.name, unit]
        cells += [
            shown(Spread.of(map(row.value, rounds)).median / scale) for rounds in measured.values()
        ]
        for ours, peer in pairs(measured):
            ratio = ratios(row, measured[ours], measured[peer])
            goal = row.goal(ours, peer)
            wanted = "" if goal is None else f", wanted {goal:g}"
            cells.append(f"{ratio.median:.2f} ({ratio.low:.2f} to {ratio.high:.2f}{wanted})")
        lines.append(cells)
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
