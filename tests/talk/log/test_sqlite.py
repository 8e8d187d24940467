"""The log in a file: durable, ordered, and honest about what it could not store."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from razem.talk import changes as do
from razem.talk.log.sqlite import LogError, SQLiteLog
from razem.talk.recovery import recover_state
from razem.talk.state import State
from tests.talk.harness import DurableLog, World
from tests.talk.log.opened import ARRIVED, Open, line, run, text
from tests.talk.test_state import PROGRAMS

if TYPE_CHECKING:
    from pathlib import Path

    from razem.talk.changes import Change
    from razem.talk.settings import Durability

CAPS = "batch message-tags server-time echo-message labeled-response draft/chathistory"


# Durability and order


@pytest.mark.parametrize("durability", ["fsync", "commit", "none"])
def test_what_came_back_is_there_when_the_log_is_opened_again(
    tmp_path: Path, durability: Durability
) -> None:
    async def main() -> None:
        async with Open(tmp_path / "log", durability=durability) as log:
            first = await log.append(*ARRIVED, line("1"))
            log.log.append([line("2")])
            log.log.append([line("3"), do.Quit("1", "bye")])
        assert [entry.seq for entry in log.entries] == list(range(1, 8))
        assert log.entries[:4] == first
        again = SQLiteLog(tmp_path / "log", "other", lambda: 1000)
        assert again.id == "log0"
        assert again.recover()[0] is None
        assert list(again.recover()[1]) == log.entries
        await again.close()

    run(main())


def test_what_is_kept_is_for_this_user_only_wherever_it_is(tmp_path: Path) -> None:
    async def main() -> None:
        async with Open(tmp_path / "log") as log:
            await log.append(*ARRIVED, line("1"))
            files = list(tmp_path.iterdir())
            assert tmp_path / "log-wal" in files
            assert {file.name for file in files if file.stat().st_mode & 0o077} == set()

    run(main())


def test_places_and_times_go_on_after_a_restart_and_never_back(tmp_path: Path) -> None:
    clock = iter([50, 40, 60, 10, 10])

    async def main() -> None:
        for wanted in ([(1, 50), (2, 50)], [(3, 60), (4, 60), (5, 60)]):
            async with Open(tmp_path / "log", clock.__next__) as log:
                for _ in wanted:
                    await log.append(line("x"))
            assert [(entry.seq, entry.time) for entry in log.entries] == wanted

    run(main())


def test_what_is_appended_at_once_comes_back_in_order_and_once(tmp_path: Path) -> None:
    async def main() -> None:
        async with Open(tmp_path / "log") as log:
            for number in range(500):
                log.log.append([line(f"{number}.{part}") for part in range(number % 4)])
        wanted = [f"{number}.{part}" for number in range(500) for part in range(number % 4)]
        assert [text(entry) for entry in log.entries] == wanted
        assert [entry.seq for entry in log.entries] == list(range(1, len(wanted) + 1))
        again = SQLiteLog(tmp_path / "log", "x", lambda: 0)
        assert list(again.recover()[1]) == log.entries
        await again.close()

    run(main())


# Checkpoints and retraction


def test_a_checkpoint_replaces_what_came_before_but_history_stays(tmp_path: Path) -> None:
    async def main() -> None:
        state = State()
        async with Open(tmp_path / "log") as log:
            for entry in await log.append(*ARRIVED, line("1"), do.SetTopic("1", "#a", "t")):
                state.apply(entry)
            log.log.checkpoint(state.applied, state.snapshot())
            for entry in await log.append(line("2"), do.Part("1", "#a")):
                state.apply(entry)
        again = SQLiteLog(tmp_path / "log", "x", lambda: 0)
        snapshot, entries = again.recover()
        assert snapshot is not None
        assert [entry.seq for entry in entries] == [6, 7]
        assert recover_state(again) == state
        await again.close()
        async with Open(tmp_path / "log") as log:
            assert [text(entry) for entry in await log.page("#a")] == ["1", "2"]
            assert (await log.append(line("3")))[0].seq == 8
        rows = sqlite3.connect(tmp_path / "log")
        places = [seq for (seq,) in rows.execute("SELECT seq FROM entry ORDER BY seq")]
        rows.close()
        assert places == [4, 6, 7, 8]  # what the checkpoint knows and no history needs is gone

    run(main())


def test_what_was_retracted_is_in_no_page_at_once_and_for_ever(tmp_path: Path) -> None:
    async def main() -> None:
        async with Open(tmp_path / "log") as log:
            await log.append(*(line(str(number)) for number in range(6)))
            log.retract(2, 5)
            assert [text(entry) for entry in await log.page("#a")] == ["0", "2", "3", "5"]
            assert [text(entry) for entry in await log.page("#a", 3)] == ["2", "3", "5"]
            await log.append(line("6"))
            assert [text(entry) for entry in await log.page("#a", 4)] == ["2", "3", "5", "6"]
        async with Open(tmp_path / "log") as log:
            assert [text(entry) for entry in await log.page("#a")] == ["0", "2", "3", "5", "6"]

    run(main())


def test_lines_that_did_not_come_to_pass_are_retracted_by_recovery(tmp_path: Path) -> None:
    async def main() -> None:
        async with Open(tmp_path / "log") as log:
            await log.append(*ARRIVED, line("1"), line("ghost", user="2"), line("2"))
        again = Open(tmp_path / "log")
        state = recover_state(again.log)
        assert state.applied == 6
        async with again:
            assert [text(entry) for entry in await again.page("#a")] == ["1", "2"]

    run(main())


# Crashes


@settings(max_examples=15)
@given(PROGRAMS, st.data())
def test_after_a_crash_at_any_place_the_state_is_that_of_the_entries_that_came_back(
    tmp_path_factory: pytest.TempPathFactory, program: list[Change], data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(program)), "crash after")
    marks = data.draw(st.sets(st.integers(0, len(program)), max_size=2), "checkpoints after")
    path = tmp_path_factory.mktemp("log")

    async def main() -> None:
        state = State()
        async with Open(path / "log", durability="commit") as log:
            for number, change in enumerate(program[:place]):
                for entry in await log.append(change):
                    state.apply(entry)
                if number in marks:
                    log.log.checkpoint(state.applied, state.snapshot())
            crashed = path / "crashed"
            crashed.mkdir()
            for file in sorted(path.glob("log*")):  # what the next process would find
                shutil.copy(file, crashed / file.name)
        again = SQLiteLog(crashed / "log", "x", lambda: 0)
        assert recover_state(again) == state
        await again.close()

    run(main())


# A full disk


def limit_pages(log: DurableLog, more: int) -> None:
    """Let the file of a log grow by so many pages, as a disk with so much room would."""
    log.settle()
    writer = log.log._writer
    (pages,) = writer.execute("PRAGMA page_count").fetchone()
    writer.execute(f"PRAGMA max_page_count = {pages + more}")
    log.log._front._journal.most_bytes = more * 4096


def test_on_a_full_disk_lines_are_refused_presence_goes_on_and_later_all_is_well(
    tmp_path: Path,
) -> None:
    log = DurableLog(tmp_path / "log")
    world = World(log)
    ana = world.person("ana", "#a", caps=CAPS)
    bo = world.person("bo", "#a")
    ana.say("PRIVMSG #a :before")
    limit_pages(log, 0)
    bo.heard()
    refused = [
        "@label=1 PRIVMSG #a :" + "x" * 400,
        "NOTICE #a :" + "y" * 400,
        "TOPIC #a :" + "t" * 300,
        "MODE #a +k key",
        "@label=2 PRIVMSG #a,bo,nobody :" + "z" * 400,
    ] * 20
    heard = ana.ask(*refused)
    kinds = {m.params[0] for m in heard if m.command == "FAIL"}
    assert {"PRIVMSG", "NOTICE", "TOPIC", "MODE"} <= kinds
    assert all(m.params[1] == "NOT_STORED" for m in heard if m.command == "FAIL")
    echoed = [m.params[1] for m in heard if m.command == "PRIVMSG" and m.params[0] == "#a"]
    delivered = [m.params[1] for m in bo.messages() if m.command == "PRIVMSG"]
    assert [one for one in delivered if one in echoed] == echoed
    assert len(echoed) < 40

    # Who is here goes on.
    cy = world.connect()
    cy.say("NICK cy", "USER cy 0 * :Cy", "JOIN #a")
    assert any(line.startswith(":cy!~cy@localhost JOIN #a") for line in bo.heard())
    assert [m.command for m in cy.ask("NICK cyril", "AWAY :x", "PART #a")] == [
        "NICK",
        "306",
        "PART",
    ]
    assert [m.command for m in ana.ask("PING 1")][-1] == "PONG"
    kept = [m.params[-1] for m in ana.ask("CHATHISTORY LATEST #a * 50") if m.command == "PRIVMSG"]
    assert kept[0] == "before"
    assert [one for one in kept if one in echoed] == echoed

    # Room again.
    limit_pages(log, 10_000)
    ana.say("PRIVMSG #a :after")
    bo.heard()
    assert [m.params[-1] for m in ana.ask("TOPIC #a :new")] == ["new"]
    assert bo.heard()[-1] == ":ana!~ana@localhost TOPIC #a :new"
    state = world.hub.state
    log.end()

    again = SQLiteLog(tmp_path / "log", "x", lambda: 0)
    assert recover_state(again) == state
    asyncio.run(again.close())
    log = DurableLog(tmp_path / "log")
    dee = World(log).person("dee", "#a", caps=CAPS)
    told = [m.params[-1] for m in dee.ask("CHATHISTORY LATEST #a * 99") if m.command == "PRIVMSG"]
    assert told == [*kept, "after"]
    log.end()


def test_a_line_that_could_not_be_stored_can_be_sent_again(tmp_path: Path) -> None:
    log = DurableLog(tmp_path / "log")
    world = World(log)
    ana, bo = world.person("ana", "#a", caps=CAPS), world.person("bo", "#a")
    bo.heard()
    limit_pages(log, 0)
    sent = 0
    while ana.ask(f"@+razem/id={sent} PRIVMSG #a :{'x' * 300}")[0].command != "FAIL":
        sent += 1
        assert sent < 100
    bo.heard()
    limit_pages(log, 1000)
    assert ana.ask(f"@+razem/id={sent} PRIVMSG #a :again")[0].command == "PRIVMSG"
    assert bo.heard() == [":ana!~ana@localhost PRIVMSG #a :again"]
    log.end()


# Files that are no log


def test_a_file_of_another_program_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "log"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE t (a)")
    other.commit()
    other.close()
    before = path.read_bytes()
    with pytest.raises(LogError, match="not a log of Razem"):
        SQLiteLog(path, "x", lambda: 0)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"hello world" * 100, b"\0" * 4096, b"SQLite format 3\0" * 99])
def test_a_file_that_is_no_database_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "log"
    path.write_bytes(content)
    with pytest.raises(LogError, match="log"):
        SQLiteLog(path, "x", lambda: 0)


@pytest.mark.parametrize("place", ["missing/log", "file/log", "directory"])
def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "directory").mkdir()
    with pytest.raises(LogError, match="cannot be opened"):
        SQLiteLog(tmp_path / place, "x", lambda: 0)


def test_a_damaged_entry_is_an_error_of_ours(tmp_path: Path) -> None:
    async def main() -> None:
        async with Open(tmp_path / "log") as log:
            await log.append(line("1"), line("2"))
        writer = sqlite3.connect(tmp_path / "log")
        writer.execute("UPDATE entry SET change = x'c1' WHERE seq = 2")
        writer.commit()
        writer.close()
        again = Open(tmp_path / "log")
        with pytest.raises(LogError, match="cannot be read"):
            recover_state(again.log)
        async with again:
            with pytest.raises(LogError, match="cannot be read"):
                await again.page("#a")

    run(main())


def test_a_log_that_was_made_in_part_only_is_made_anew(tmp_path: Path) -> None:
    path = tmp_path / "log"
    sqlite3.connect(path).close()
    path.touch()
    log = SQLiteLog(path, "log7", lambda: 0)
    assert log.id == "log7"
    asyncio.run(log.close())
