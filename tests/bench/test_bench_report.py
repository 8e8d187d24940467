"""Ratios and tables of made-up figures."""

import sys
from pathlib import Path

import msgspec
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # bench is not an installed package

from bench.disk import find_mount
from bench.hub_report import details, overview
from bench.load import BenchError, Figures, Scenario
from bench.report import Spread, ratio_line, ratios, shown
from bench.rows import QUICK, Row, chosen, table


def figures(deliveries: int) -> Figures:
    zeros = dict.fromkeys(Figures.__struct_fields__, 0)
    return msgspec.convert(zeros | {"seconds": 2.0, "deliveries": deliveries}, Figures)


def test_ratios_compare_round_by_round() -> None:
    ours, theirs = [figures(4), figures(30), figures(20)], [figures(2), figures(10), figures(20)]
    assert ratios(ours, theirs) == Spread(1.0, 2.0, 3.0)


ROW = Row("100-1-10", Scenario(window=10), wanted=(("razem", "inspircd", 2.0),))


def test_a_row_has_a_line_a_server_and_the_ratio_with_its_goal() -> None:
    text = details(ROW, {"razem": [figures(8_000_000)], "inspircd": [figures(2_000_000)]})
    rows = text.splitlines()
    assert [row.split()[:4] for row in rows[1:3]] == [
        ["razem", "4.00", "4.00", "4.00"],
        ["inspircd", "1.00", "1.00", "1.00"],
    ]
    assert rows[3].strip() == ("razem / inspircd: 4.00 x (min 4.00, max 4.00, 1 rounds, wanted 2)")


def test_memory_is_told_by_session() -> None:
    row = Row("idle-100", Scenario(members=100, senders=0), "memory")
    grown = msgspec.structs.replace(figures(0), first_bytes=5_000_000, end_bytes=7_000_000)
    assert row.value(grown) == 20_000
    assert details(row, {"razem": [grown]}).splitlines()[1].split()[:2] == ["razem", "20.0"]


def test_the_overview_is_a_table_of_medians() -> None:
    rounds = {
        "razem": [figures(4_000_000), figures(8_000_000), figures(6_000_000)],
        "ngircd": [figures(2_000_000), figures(2_000_000), figures(2_000_000)],
    }
    assert overview([(ROW, rounds)]).splitlines() == [
        "| row |  | razem | ngircd | razem / ngircd |",
        "| --- | --- | ---: | ---: | ---: |",
        "| 100-1-10 | M/s | 3.00 | 1.00 | 3.00 (2.00 to 4.00) |",
    ]


def test_rows_are_chosen_by_pattern_and_quick_ones_exist() -> None:
    rows = list(table(0.3, 1.0))
    assert len({row.name for row in rows}) == len(rows)
    assert [row.name for row in chosen(rows, ["idle-*", "2-1-1"])] == [
        "2-1-1",
        "idle-1000",
        "idle-5000",
    ]
    assert len(chosen(rows, QUICK)) == len(QUICK)
    with pytest.raises(BenchError, match="no row is called 3-1-1"):
        chosen(rows, ["3-1-1"])


def test_the_root_filesystem_is_found() -> None:
    filesystem, device = find_mount(Path("/"))
    assert filesystem != "unknown"
    assert device != "unknown"


def test_numbers_keep_three_digits() -> None:
    assert [shown(each) for each in (12345.6, 123.4, 12.34, 1.234, 0.1234)] == [
        "12,346",
        "123",
        "12.3",
        "1.23",
        "0.123",
    ]


def test_a_ratio_says_what_was_wanted() -> None:
    line = ratio_line("ours", "theirs", Spread(1.0, 2.0, 3.0), 5, wanted=1.5)
    assert line == "  ours / theirs: 2.00 x (min 1.00, max 3.00, 5 rounds, wanted 1.5)"
