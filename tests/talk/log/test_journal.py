"""The journal in front of the log: what came back is never lost, doubled or reordered."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from typing import TYPE_CHECKING, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from razem.talk.changes import Entry
from razem.talk.log import front, journal
from razem.talk.log.journal import SUFFIXES, Journal, read_journal
from razem.talk.log.sqlite import SQLiteLog
from tests.talk.log.opened import Open, line, run, text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from razem.talk.settings import Durability


def entries(first: int, count: int, words: str = "words") -> list[Entry]:
    return [Entry(seq, 7, line(f"{words} {seq}")) for seq in range(first, first + count)]


def write(path: Path, *batches: Sequence[Entry], synced: bool = False) -> Journal:
    made = Journal(path, "log0", synced=synced)
    for batch in batches:
        made.write([batch], made.last)
    return made


# The files


@pytest.mark.parametrize("synced", [True, False])
def test_what_was_written_is_read(tmp_path: Path, synced: bool) -> None:
    path = tmp_path / "log"
    made = write(path, entries(1, 3), entries(4, 1), synced=synced)
    made.write([entries(5, 2), entries(9, 1)], made.last)  # 7 and 8 never came to be
    if synced:
        made.sync()
    made.close(keep=True)
    wanted = [*entries(1, 6), *entries(9, 1)]
    assert read_journal(path, "log0", 0) == wanted
    assert read_journal(path, "log0", 4) == wanted[4:]
    assert read_journal(path, "other", 0) == []


def test_however_the_end_is_torn_whole_frames_are_read(tmp_path: Path) -> None:
    path = tmp_path / "log"
    write(path, entries(1, 2), entries(3, 2), entries(5, 2)).close(keep=True)
    file = path.with_name(path.name + SUFFIXES[0])
    data = file.read_bytes()
    ends = []
    for cut in range(len(data) + 1):
        file.write_bytes(data[:cut] + bytes(100))
        ends.append(len(read_journal(path, "log0", 0)))
    assert sorted(set(ends)) == [0, 2, 4, 6]
    assert ends == sorted(ends)
    for place in range(len(data)):
        file.write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
        assert len(read_journal(path, "log0", 0)) < 6


def test_a_frame_after_a_gap_belongs_to_another_life(tmp_path: Path) -> None:
    path = tmp_path / "log"
    made = write(path, entries(5, 2))
    made.write([entries(8, 1)], 7)
    made.close(keep=True)
    assert read_journal(path, "log0", 0) == entries(5, 2)  # after=0: nothing was before them
    made = Journal(path, "log0", synced=False)
    made.write([entries(8, 1)], 7)
    made.close(keep=True)
    assert read_journal(path, "log0", 6) == []
    assert read_journal(path, "log0", 7) == entries(8, 1)


def test_the_files_take_turns_when_sqlite_has_what_stands_in_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "_TURN_BYTES", 1000)
    path = tmp_path / "log"
    made = Journal(path, "log0", synced=False)
    stored = 0
    for seq in range(1, 400):
        made.write([entries(seq, 1)], seq - 1)
        if seq % 7 == 0:
            stored = seq - 3
            made.stored(stored)
        found = read_journal(path, "log0", stored)
        assert found == entries(stored + 1, seq - stored)
    sizes = [path.with_name(path.name + suffix).stat().st_size for suffix in SUFFIXES]
    assert max(sizes) < 4000
    made.close(keep=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("synced", [True, False])
def test_what_is_to_be_erased_is_in_no_byte_once_it_is_stored(tmp_path: Path, synced: bool) -> None:
    path = tmp_path / "log"
    made = write(path, entries(1, 3, "hushhush"), synced=synced)
    made.erase()
    made.write([entries(4, 1)], 3)
    assert read_journal(path, "log0", 0) == [*entries(1, 3, "hushhush"), *entries(4, 1)]
    made.stored(3)
    assert read_journal(path, "log0", 3) == entries(4, 1)
    assert b"hushhush" not in b"".join(file.read_bytes() for file in tmp_path.iterdir())
    made.close(keep=False)


# A crash


@pytest.mark.parametrize("durability", ["fsync", "commit", "none"])
def test_what_came_back_and_was_not_stored_is_there_after_a_crash(
    tmp_path: Path, durability: Durability, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(front, "_PASS_SECONDS", 1000.0)
    path = tmp_path / "log"
    crashed = tmp_path / "crashed"

    async def main() -> None:
        async with Open(path, durability=durability) as log:
            await log.append(line("1"), line("2"))
            assert [text(one) for one in await log.page("#a")] == ["1", "2"]
            await log.append(line("3"))
            await log.append(line("4"), line("5"))
            crashed.mkdir()
            for file in tmp_path.glob("log*"):
                shutil.copy(file, crashed)
        rows = sqlite3.connect(crashed / "log")
        assert rows.execute("SELECT count(*) FROM entry").fetchone() == (2,)
        rows.close()
        async with Open(crashed / "log", durability=durability) as again:
            assert list(again.log.recover()[1]) == log.entries
            assert [text(one) for one in await again.page("#a")] == ["1", "2", "3", "4", "5"]
            assert (await again.append(line("6")))[0].seq == 6

    run(main())
    assert not list(tmp_path.glob("log-new*"))  # nothing is left that is not needed


# Whatever fails

Step = Literal["yield", "settle", "journal fails", "journal works", "disk is full", "disk has room"]
STEPS: tuple[Step, ...] = (
    *("yield", "settle", "journal fails", "journal works", "disk is full", "disk has room"),
)


@pytest.mark.parametrize("durability", ["fsync", "commit"])
@settings(max_examples=60, deadline=None)
@given(program=st.lists(st.one_of(st.integers(1, 40), st.sampled_from(STEPS)), max_size=25))
def test_whatever_fails_entries_come_back_in_order_and_once_and_are_there_for_ever(
    tmp_path_factory: pytest.TempPathFactory, durability: Durability, program: list[int | Step]
) -> None:
    path = tmp_path_factory.mktemp("log") / "log"

    async def main() -> None:
        async with Open(path, durability=durability) as log:
            writer, made = log.log._writer, log.log._front._journal
            count = 0
            for step in program:
                if isinstance(step, int):
                    log.log.append([line(f"{count + one} " + "x" * 300) for one in range(step)])
                    count += step
                elif step == "yield":
                    await asyncio.sleep(0)
                elif step == "settle":
                    await log.page("#a")
                elif step in {"journal fails", "journal works"}:
                    made.most_bytes = 0 if step == "journal fails" else 1 << 20
                else:
                    (pages,) = writer.execute("PRAGMA page_count").fetchone()
                    room = pages if step == "disk is full" else 100_000
                    writer.execute(f"PRAGMA max_page_count = {room}")
            while len(log.entries) < count:
                await asyncio.sleep(0)
            writer.execute("PRAGMA max_page_count = 100000")
        assert [one.seq for one in log.entries] == list(range(1, count + 1))
        assert [text(one).split()[0] for one in log.entries] == [str(one) for one in range(count)]
        kept = [one for one in log.entries if one.seq not in log.failed]
        again = SQLiteLog(path, "x", lambda: 0)
        assert list(again.recover()[1]) == kept
        await again.close()

    run(main())


def test_when_syncing_fails_the_committer_stores_and_later_the_journal_serves_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync, failing = Journal.sync, [False]

    def maybe(self: Journal) -> None:
        if failing[0]:
            raise OSError(5, "Input/output error")
        sync(self)

    monkeypatch.setattr(Journal, "sync", maybe)

    async def main() -> None:
        async with Open(tmp_path / "log", durability="fsync") as log:
            await log.append(line("1"))
            failing[0] = True
            for number in range(2, 6):
                log.log.append([line(str(number))])
            await log.append(line("6"))
            failing[0] = False
            await log.append(line("7"))
            assert [text(one) for one in log.entries] == list("1234567")
            assert not log.failed
            found = read_journal(tmp_path / "log", "log0", 6)
            assert [text(one) for one in found] == ["7"]
            assert [text(one) for one in await log.page("#a")] == list("1234567")

    run(main())


def test_when_sqlite_does_not_keep_up_nothing_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(front, "_MOST_BEHIND", 50)

    async def main() -> None:
        async with Open(tmp_path / "log", durability="commit") as log:
            for number in range(100):
                log.log.append([line(f"{number}.{part}") for part in range(7)])
            assert len(log.entries) < 700  # the others wait for SQLite
        wanted = [f"{number}.{part}" for number in range(100) for part in range(7)]
        assert [text(one) for one in log.entries] == wanted
        again = SQLiteLog(tmp_path / "log", "x", lambda: 0)
        assert list(again.recover()[1]) == log.entries
        await again.close()

    run(main())
