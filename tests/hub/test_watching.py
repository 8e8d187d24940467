"""What the hub tells of itself: figures, logs, and systemd."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import socket
from typing import TYPE_CHECKING

import pytest

from razem.hub.logs import configure_logs, log_event
from razem.hub.metrics import Histogram, Sample, exposition
from razem.hub.pace import CommitPace
from razem.hub.refusals import Refusals
from razem.hub.supervision import Supervisor

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Figures


def test_a_histogram_counts_up_to_each_bound() -> None:
    histogram = Histogram((0.1, 1.0))
    for value in (0.05, 0.1, 0.5, 1.0, 7.0):
        histogram.observe(value)
    assert histogram.cumulative == [2, 4, 5]
    assert histogram.total == pytest.approx(8.65)


def test_figures_are_written_as_prometheus_reads_them() -> None:
    histogram = Histogram((0.1,))
    histogram.observe(0.05)
    histogram.observe(3)
    samples = [
        Sample("up", "gauge", "Up.", 1),
        Sample("refused_total", "counter", "Refused.", {("reason", 'a"b\\c\n'): 2}),
        Sample("seconds", "histogram", "Time.", histogram),
    ]
    # Prometheus, "Exposition formats": text-based format
    assert exposition(samples) == (
        "# HELP razem_up Up.\n# TYPE razem_up gauge\nrazem_up 1\n"
        "# HELP razem_refused_total Refused.\n# TYPE razem_refused_total counter\n"
        'razem_refused_total{reason="a\\"b\\\\c\\n"} 2\n'
        "# HELP razem_seconds Time.\n# TYPE razem_seconds histogram\n"
        'razem_seconds_bucket{le="0.1"} 1\nrazem_seconds_bucket{le="+Inf"} 2\n'
        "razem_seconds_sum 3.050000\nrazem_seconds_count 2\n"
    )


def test_commits_are_timed_by_what_was_handed_over_together() -> None:
    seconds = Histogram((1.5, 2.5, 10.0))
    pace = CommitPace(seconds)
    assert pace.waits(0.0) == 0.0
    pace.begin(2, 10.0)
    pace.begin(3, 11.0)
    assert pace.waits(14.0) == 4.0
    pace.end(1, 11.0)  # one of the first two
    assert pace.waits(14.0) == 4.0
    pace.end(2, 12.0)  # the other one, and one of the three
    assert pace.waits(14.0) == 3.0
    pace.end(2, 12.2)
    assert pace.waits(14.0) == 0.0
    assert seconds.cumulative == [1, 2, 2, 2]
    assert seconds.total == pytest.approx(3.2)


# Logs


@pytest.fixture
def logs() -> Iterator[None]:
    """Put the logs back as they were."""
    root, ours = logging.getLogger(), logging.getLogger("razem.hub")
    before, level, own = root.handlers[:], root.level, ours.level
    yield
    root.handlers[:] = before
    root.setLevel(level)
    ours.setLevel(own)


@pytest.mark.usefixtures("logs")
def test_programs_read_an_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(as_json=True)
    log_event("info", "refused", address="192.0.2.1", count=2, text="a\nb\x1b[31m", time="x")
    log_event("debug", "not told")
    try:
        int("no")
    except ValueError:
        logging.getLogger("razem.hub").exception("it failed")
    first, second = capsys.readouterr().err.splitlines()
    line = json.loads(first)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.pop("time"))
    assert line == {
        "level": "info",
        "event": "refused",
        "address": "192.0.2.1",
        "count": 2,
        "text": "a\nb\x1b[31m",
    }
    assert json.loads(second)["traceback"].splitlines()[-1] == (
        "ValueError: invalid literal for int() with base 10: 'no'"
    )


@pytest.mark.usefixtures("logs")
def test_people_read_what_needs_them(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs(as_json=False)
    log_event("info", "refused")
    log_event("warning", "the log cannot be written", reason="disk\x1b[31m full")
    assert capsys.readouterr().err == (
        "razem hub: the log cannot be written (reason: disk\\x1b[31m full)\n"
    )


def test_many_refusals_are_one_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    now = 0.0
    refusals = Refusals(lambda: now)
    with caplog.at_level(logging.INFO, "razem.hub"):
        for _ in range(5):
            refusals.note("tls", "192.0.2.1", "no shared cipher")
        refusals.note("full", "192.0.2.2")
        now = 11.0
        refusals.note("tls", "192.0.2.3")
    fields = [record.__dict__["fields"] for record in caplog.records]
    assert fields == [
        {"reason": "tls", "address": "192.0.2.1", "count": 1, "detail": "no shared cipher"},
        {"reason": "full", "address": "192.0.2.2", "count": 1},
        {"reason": "tls", "address": "192.0.2.3", "count": 5},
    ]
    assert refusals.counts == {"tls": 6, "full": 1}


# systemd


def heard(manager: socket.socket) -> list[str]:
    return manager.recv(4096).decode().splitlines()


@pytest.mark.parametrize("abstract", [False, True])
def test_systemd_is_told_how_the_hub_is(tmp_path: Path, abstract: bool) -> None:
    place = f"@razem-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(place.replace("@", "\0") if abstract else place)
        manager.settimeout(10)
        supervisor = Supervisor({"NOTIFY_SOCKET": place})
        supervisor.ready("listening")
        assert heard(manager) == ["READY=1", "STATUS=listening"]
        supervisor.reloading()
        reloading, when = heard(manager)
        assert reloading == "RELOADING=1"
        assert re.fullmatch(r"MONOTONIC_USEC=\d+", when)
        supervisor.stopping()
        assert heard(manager) == ["STOPPING=1"]


def test_signs_of_life_are_given_while_all_is_well(tmp_path: Path) -> None:
    async def live() -> None:
        loop = asyncio.get_running_loop()
        well = [True, True, False, True]
        done = loop.create_future()

        def is_well() -> bool:
            if not well:
                if not done.done():
                    done.set_result(None)
                return False
            return well.pop(0)

        supervisor.watch(loop, is_well)
        await asyncio.wait_for(done, 10)
        supervisor.stopping()

    place = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(place)
        manager.settimeout(10)
        supervisor = Supervisor(
            {"NOTIFY_SOCKET": place, "WATCHDOG_USEC": "2000", "WATCHDOG_PID": str(os.getpid())}
        )
        asyncio.run(live())
        assert [heard(manager) for _ in range(4)] == [["WATCHDOG=1"]] * 3 + [["STOPPING=1"]]


def test_nobody_needs_to_listen(tmp_path: Path) -> None:
    Supervisor({}).ready("x")
    Supervisor({"NOTIFY_SOCKET": str(tmp_path / "nothing")}).stopping()
