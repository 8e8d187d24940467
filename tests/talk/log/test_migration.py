"""Logs that older versions wrote, and those that later ones will."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

from razem.talk.history import Search
from razem.talk.log.schema import check
from razem.talk.log.sqlite import LogError, SQLiteLog
from razem.talk.recovery import recover_state
from tests.talk.harness import DurableLog, World
from tests.talk.log.opened import Open, line, run, text

CAPS = "batch message-tags server-time draft/chathistory"
VERSION_1 = Path(__file__).with_name("version_1.sql")


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A log that the code of version 1 made: three people, two channels, a checkpoint."""
    path = tmp_path / "log"
    writer = sqlite3.connect(path)
    writer.executescript(VERSION_1.read_text())
    writer.execute("PRAGMA journal_mode = WAL")
    writer.close()
    return path


def test_a_log_of_the_first_version_is_brought_up_to_date_and_nothing_is_lost(old: Path) -> None:
    async def main() -> None:
        log = Open(old)
        state = recover_state(log.log)
        assert {user.nick for user in state.users.values()} == {"ana", "bo"}
        assert state.channels["#a"].topic == "what was"
        assert state.channels["#a"].key == "key"
        async with log:
            assert log.log.id == "log0"
            assert await log.texts("#a") == [
                "hello from the first version",
                "a notice",
                "Größe and ζωή",
                "after the checkpoint",
            ]
            assert await log.texts("#b") == ["in b"]
            search = Search(("#a", "#b"), None, "ΖΩΗ", "", None, None, 9, 99)
            assert [text(one) for one in await log.log.read(search)] == ["Größe and ζωή"]
        async with Open(old) as log:  # the second time there is nothing to do
            assert await log.texts("#b") == ["in b"]

    run(main())


def test_a_hub_goes_on_with_a_log_of_the_first_version(old: Path) -> None:
    log = DurableLog(old, lambda: 1_700_000_100_000)
    ana = World(log).person("ana", "#b", caps=CAPS)
    ana.say("PRIVMSG #b :and now")
    lines = ana.ask("CHATHISTORY LATEST #b * 9")[1:-1]
    assert (lines[0].tags["msgid"], lines[0].params[-1]) == ("log0-12", "in b")
    assert lines[-1].params[-1] == "and now"
    log.end()


def test_a_migration_that_fails_leaves_the_log_as_it_was(old: Path) -> None:
    writer = sqlite3.connect(old)
    writer.execute("CREATE TABLE party (in_the_way)")
    writer.commit()
    before = list(writer.iterdump())
    writer.close()
    with pytest.raises(LogError, match="already exists"):
        SQLiteLog(old, "x", lambda: 0)
    writer = sqlite3.connect(old)
    assert list(writer.iterdump()) == before
    assert writer.execute("PRAGMA user_version").fetchone() == (1,)
    writer.close()


def test_the_log_of_a_later_version_is_refused_in_words_and_left_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "log"
    asyncio.run(SQLiteLog(path, "x", lambda: 0).close())
    writer = sqlite3.connect(path)
    writer.execute("PRAGMA user_version = 99")
    writer.close()
    before = path.read_bytes()
    with pytest.raises(LogError, match=r"later version of Razem: its tables have version 99") as e:
        SQLiteLog(path, "x", lambda: 0)
    assert "that version" in (e.value.advice or "")
    assert path.read_bytes() == before


# Damage


def filled(path: Path) -> None:
    async def main() -> None:
        async with Open(path) as log:
            for number in range(20):
                await log.append(*(line(f"{number}.{part} " + "x" * 200) for part in range(50)))

    run(main())


@pytest.mark.parametrize("page", [3, 5, 20])
def test_a_damaged_file_is_refused_with_what_to_do(tmp_path: Path, page: int) -> None:
    path = tmp_path / "log"
    filled(path)
    with path.open("r+b") as file:
        file.seek(page * 4096)
        file.write(b"\xa5" * 4096)
    with pytest.raises(LogError, match="is damaged") as caught:
        SQLiteLog(path, "x", lambda: 0)
    assert "backup" in (caught.value.advice or "")


def test_a_file_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log"
    filled(path)
    with path.open("r+b") as file:
        file.truncate(50_000)
    with pytest.raises(LogError, match="is damaged"):
        SQLiteLog(path, "x", lambda: 0)


def test_the_check_of_a_large_file_ends_when_its_time_is_over(tmp_path: Path) -> None:
    path = tmp_path / "log"
    filled(path)
    connection = sqlite3.connect(path)
    clock = iter([0.0] + [9.0] * 1000)
    assert check(connection, path, seconds=60)
    assert not check(connection, path, seconds=5, clock=clock.__next__)
    connection.close()
