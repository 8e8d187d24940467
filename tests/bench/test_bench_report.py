"""Ratios and tables of made-up figures."""

import sys
from pathlib import Path

import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # bench is not an installed package

from bench.disk import find_mount
from bench.hub_report import table
from bench.load import Figures
from bench.report import Spread, ratio_line, ratios, shown


def figures(deliveries: int) -> Figures:
    zeros = dict.fromkeys(Figures.__struct_fields__, 0)
    return msgspec.convert(zeros | {"seconds": 2.0, "deliveries": deliveries}, Figures)


def test_ratios_compare_round_by_round() -> None:
    ours, theirs = [figures(4), figures(30), figures(20)], [figures(2), figures(10), figures(20)]
    assert ratios(ours, theirs) == Spread(1.0, 2.0, 3.0)


def test_the_table_has_a_row_a_server_and_the_ratio() -> None:
    text = table({"razem": [figures(8_000_000)], "inspircd": [figures(2_000_000)]})
    rows = text.splitlines()
    assert [row.split()[:4] for row in rows[2:4]] == [
        ["razem", "4.00", "4.00", "4.00"],
        ["inspircd", "1.00", "1.00", "1.00"],
    ]
    assert rows[4].strip() == "razem / inspircd: 4.00 x (min 4.00, max 4.00, 1 rounds)"


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
