"""What a log in a file does in between: indexing, removing, backups."""

from __future__ import annotations

import asyncio
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from razem.talk import changes as do
from razem.talk.history import REDACTION, Filing, Search
from razem.talk.log import committing, reading
from razem.talk.log import sqlite as sqlite_log
from razem.talk.log.backup import copy_log, restore_log
from razem.talk.log.sqlite import LogError, SQLiteLog
from razem.talk.recovery import recover_state
from razem.talk.settings import History
from razem.talk.state import State
from tests.talk.log.opened import ARRIVED, Open, line, run, text

if TYPE_CHECKING:
    from pathlib import Path

FAR = 10**9


def found(path: Path, query: str) -> list[int]:
    """Ask the index itself."""
    reader = sqlite3.connect(path)
    rows = reader.execute("SELECT rowid FROM words WHERE words MATCH ?", (query,)).fetchall()
    reader.close()
    return [row[0] for row in rows]


def search(query: str) -> Search:
    return Search(("#a",), None, query, "", None, None, 99, FAR)


# The index


def test_lines_are_indexed_in_time_without_being_searched_for(tmp_path: Path) -> None:
    async def main() -> None:
        async with Open(tmp_path / "log") as log:
            await log.append(*(line(f"word{number}") for number in range(1000)))
            await log.log.tidy()
            assert found(tmp_path / "log", "word999") == [1000]
            assert len(found(tmp_path / "log", "word*")) == 1000

    run(main())


def test_what_was_not_indexed_when_the_hub_ended_is_caught_up(tmp_path: Path) -> None:
    async def main() -> None:
        async with Open(tmp_path / "log") as log:
            await log.append(*(line(f"word{number}") for number in range(2000)))
        async with Open(tmp_path / "log") as log:
            assert [one.seq for one in await log.log.read(search("word1999"))] == [2000]
            assert len(await log.log.read(search("word"))) == 99

    run(main())


def test_a_search_sees_what_was_appended_before_it(tmp_path: Path) -> None:
    async def main() -> None:
        async with Open(tmp_path / "log") as log:
            for number in range(30):
                log.log.append([line(f"word{number}")])
                answer = await log.log.read(search(f"word{number}"))
                assert [text(one) for one in answer] == [f"word{number}"]

    run(main())


def test_the_index_is_that_of_the_rows_whatever_happened(tmp_path: Path) -> None:
    path = tmp_path / "log"

    async def main() -> None:
        async with Open(path) as log:
            await log.append(*(line(f"w{number} word") for number in range(20)))
            await log.log.tidy()
            log.retract(3, 4)
            log.log.file([Filing(5, "#b"), Filing(20, "#a", REDACTION, "redact", redacts=6)])
            await log.log.tidy()
            log.log.file([Filing(3, "#b")])
            await log.log.tidy()

    run(main())
    assert found(path, "word") == [1, 2, 3, 5, *range(7, 20)]
    writer = sqlite3.connect(path)  # FTS5, "The 'integrity-check' Command"
    writer.execute("INSERT INTO words (words) VALUES ('integrity-check')")
    writer.close()


def test_a_full_disk_stops_no_search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(committing, "_REST_SECONDS", 0.01)

    async def main() -> None:
        async with Open(tmp_path / "log") as log:
            await log.append(*(line(f"word{number} " + "x" * 90) for number in range(300)))
            await log.page("#a")  # all is stored, and little indexed
            writer = log.log._writer
            (pages,) = writer.execute("PRAGMA page_count").fetchone()
            writer.execute(f"PRAGMA max_page_count = {pages}")
            few = await log.log.read(search("word"))
            assert len(few) < 300
            writer.execute("PRAGMA max_page_count = 100000")
            while len(await log.log.read(search("word299"))) != 1:
                await asyncio.sleep(0)

    run(main())


# What was redacted


def bytes_of(path: Path) -> bytes:
    return b"".join(part.read_bytes() for part in path.parent.glob(f"{path.name}*"))


@pytest.mark.parametrize("size", [1, 300, 900])
def test_what_was_redacted_is_in_no_byte_of_the_files(tmp_path: Path, size: int) -> None:
    path = tmp_path / "log"
    secret = " ".join(f"hushhush{number}" for number in range(size))

    async def main() -> None:
        async with Open(path) as log:
            await log.append(*(line(f"some words {number}") for number in range(300)))
            await log.append(
                do.Speak("1", "ana!~a@x", "#a", secret, tags={"+x": "hushhush"}),
                *(line(f"more words {number}") for number in range(300)),
                line("never mind"),
            )
            await log.log.tidy()
            assert b"hushhush" in bytes_of(path)
            log.log.file([Filing(602, "#a", REDACTION, "REDACT", redacts=301)])
            await log.log.tidy()
            assert b"hushhush" not in bytes_of(path)
            assert len(await log.log.read(search("words"))) == 99

    run(main())
    assert b"hushhush" not in bytes_of(path)


def test_what_was_redacted_is_removed_after_a_start_too(tmp_path: Path) -> None:
    path = tmp_path / "log"

    async def main() -> None:
        async with Open(path) as log:
            await log.append(line("hushhush"), line("other"), line("never mind"))
            await log.log.tidy()
            log.log.file([Filing(3, "#a", REDACTION, "REDACT", redacts=1)])
        async with Open(path) as log:
            await log.log.tidy()
            assert b"hushhush" not in bytes_of(path)

    run(main())


# What is kept


async def applied(log: Open, *changes: do.Change) -> None:
    """Append, and make a checkpoint after it: what is not to be kept may go then."""
    entries = await log.append(*changes)
    log.log.checkpoint(entries[-1].seq, State().snapshot())


def test_the_file_stays_below_its_size_and_the_newest_lines_stay(tmp_path: Path) -> None:
    path = tmp_path / "log"

    async def main() -> None:
        async with Open(path, keep=History(keep_megabytes=1)) as log:
            for number in range(10):
                await applied(log, *(line(f"{number} " + "x" * 400) for _ in range(1000)))
                await log.log.tidy()
            kept = await log.texts("#a")
            assert kept[-1].startswith("9 ")
            rows = log.log._writer.execute("SELECT count(*), min(seq) FROM entry").fetchone()
            assert 1000 < rows[0] < 2500
            assert rows[1] == 10_001 - rows[0]
            assert await log.log.read(search("0")) == []

    run(main())
    assert path.stat().st_size < 1_500_000


def test_what_a_start_needs_is_not_removed(tmp_path: Path) -> None:
    async def main() -> None:
        async with Open(tmp_path / "log", keep=History(keep_messages=1)) as log:
            await log.append(*ARRIVED, line("1"), line("2"))
            await log.log.tidy()
            assert await log.texts("#a") == ["1", "2"]
        again = Open(tmp_path / "log", keep=History(keep_messages=1))
        state = recover_state(again.log)
        assert state.applied == 5
        async with again as log:
            log.log.checkpoint(5, state.snapshot())
            await log.log.tidy()
            assert await log.texts("#a") == ["2"]

    run(main())


def test_lines_come_back_while_much_is_removed(tmp_path: Path) -> None:
    async def main() -> None:
        async with Open(tmp_path / "log") as log:
            await applied(log, *(line(f"old {number}") for number in range(5000)))
        async with Open(tmp_path / "log", keep=History(keep_messages=10)) as log:
            tidy = asyncio.create_task(log.log.tidy())
            while not tidy.done():
                (entry,) = await log.append(line("new"))
                assert text(entry) == "new"
            assert "old 0" not in await log.texts("#a")

    run(main())


# Backups


def test_a_backup_is_whole_while_the_log_goes_on(tmp_path: Path) -> None:
    copy = tmp_path / "copy"

    async def main() -> None:
        async with Open(tmp_path / "log") as log:
            await log.append(*ARRIVED, *(line(str(number)) for number in range(2000)))
            backing_up = asyncio.create_task(log.log.backup(copy))
            while not backing_up.done():
                await log.append(line("meanwhile"))
            report = await backing_up
            assert report.path == copy
            assert report.size == copy.stat().st_size
            assert 2003 <= report.last <= len(log.entries)
            assert not (tmp_path / "copy-wal").exists()
            last = report.last
            await log.log.backup(copy)  # an older backup is replaced
        again = SQLiteLog(copy, "x", lambda: 0)
        entries = list(again.recover()[1])
        assert entries[:last] == log.entries[:last]
        assert again.id == "log0"
        await again.close()

    run(main())


def test_a_backup_takes_the_place_of_the_log_and_no_message_id_is_given_twice(
    tmp_path: Path,
) -> None:
    path, copy = tmp_path / "log", tmp_path / "copy"

    async def main() -> None:
        async with Open(path) as log:
            await log.append(line("1"), line("2"))
            await log.log.backup(copy)
            await log.append(line("lost"))
        report = restore_log(copy, path)
        assert (report.path, report.last) == (path, 2)
        async with Open(path) as log:
            assert await log.texts("#a") == ["1", "2"]
            (entry,) = await log.append(line("3"))
            assert entry.seq > 3
            assert await log.texts("#a") == ["1", "2", "3"]
        async with Open(tmp_path / "log.before-restore") as log:
            assert await log.texts("#a") == ["1", "2", "lost"]

    run(main())
    restore_log(copy, tmp_path / "elsewhere")


def refusal(function: Any, *arguments: Any) -> str:
    with pytest.raises(LogError) as caught:
        function(*arguments)
    assert caught.value.advice
    return str(caught.value)


def test_a_backup_that_cannot_be_made_or_used_is_told(tmp_path: Path) -> None:
    path = tmp_path / "log"
    asyncio.run(SQLiteLog(path, "x", lambda: 0).close())
    precious = tmp_path / "precious"
    precious.write_text("a letter")
    assert "no backup of a log" in refusal(copy_log, path, precious)
    assert precious.read_text() == "a letter"
    assert "the log itself" in refusal(copy_log, path, path)
    assert "cannot be written" in refusal(copy_log, path, tmp_path / "none" / "copy")
    assert "cannot be opened" in refusal(copy_log, tmp_path / "none", tmp_path / "copy")
    before = path.read_bytes()
    assert "no backup" in refusal(restore_log, tmp_path / "none", path)
    assert "cannot be opened" in refusal(restore_log, precious, path)
    damaged = tmp_path / "damaged"
    copy_log(path, damaged)
    with damaged.open("r+b") as file:
        file.seek(4096 * 2)
        file.write(b"\xa5" * 4096)
    assert "damaged" in refusal(restore_log, damaged, path)
    assert path.read_bytes() == before
    assert not list(tmp_path.glob("*.partial"))
    assert not list(tmp_path.glob("*.restored"))


# Time


def test_an_answer_that_would_take_too_long_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_OPCODES_A_LOOK", 10)
    monkeypatch.setattr(sqlite_log, "_SEARCH_SECONDS", 0.0)

    async def main() -> None:
        async with Open(tmp_path / "log") as log:
            await log.append(*(line(f"word{number}") for number in range(2000)))
            with pytest.raises(LogError, match="in time"):
                await log.log.read(search("word"))
            assert len(await log.texts("#a")) == 99

    run(main())
