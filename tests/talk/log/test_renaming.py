"""The lines of a channel that got another name, in a log in a file: many, and in steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from razem.talk.changes import RenameChannel
from razem.talk.history import Filing, Search
from razem.talk.log.filing import _LINES_A_TRANSACTION
from razem.talk.log.seam import LogError
from tests.talk.log.opened import Open, line, run, text

if TYPE_CHECKING:
    from pathlib import Path

MANY = 2 * _LINES_A_TRANSACTION + 10


async def renamed(log: Open, old: str = "#a", new: str = "#b") -> None:
    """Append a renaming and file what came of it."""
    (entry,) = await log.append(RenameChannel("1", old, new))
    log.log.file([Filing(entry.seq, None, renames=(old, new))])


def search(log: Open, target: str, words: str) -> Search:
    return Search((target,), None, words, "", None, None, 99, len(log.entries))


def test_a_page_right_after_it_has_all_lines(tmp_path: Path) -> None:
    async def main() -> None:
        async with Open(tmp_path / "log") as log:
            await log.append(*(line(f"word{number}") for number in range(MANY)))
            await renamed(log)
            await log.append(line("after", "#b"), line("other"))
            assert [text(each) for each in await log.page("#b", 3)] == [
                f"word{MANY - 2}",
                f"word{MANY - 1}",
                "after",
            ]
            assert len(await log.page("#b", MANY * 2)) == MANY + 1
            assert [text(each) for each in await log.page("#a")] == ["other"]

    run(main())


def test_lines_are_found_under_the_new_name(tmp_path: Path) -> None:
    async def main() -> None:
        async with Open(tmp_path / "log") as log:
            await log.append(line("early bird"), line("late"))
            assert len(await log.log.read(search(log, "#a", "bird"))) == 1  # it is indexed now
            await renamed(log)
            await log.append(line("a bird again", "#b"))
            found = await log.log.read(search(log, "#b", "bird"))
            assert [text(each) for each in found] == ["early bird", "a bird again"]
            assert {each.target for each in found} == {"#b"}
            assert await log.log.read(search(log, "#a", "bird")) == []

    run(main())


def test_one_renaming_after_another_and_something_filed_in_between(tmp_path: Path) -> None:
    async def main() -> None:
        async with Open(tmp_path / "log") as log:
            entries = await log.append(*(line(str(number)) for number in range(MANY)))
            await renamed(log, "#a", "#b")
            log.retract(entries[0].seq)
            await renamed(log, "#b", "#c")
            page = await log.page("#c", MANY)
            assert [text(each) for each in page] == [str(number) for number in range(1, MANY)]
            assert await log.page("#a") == await log.page("#b") == []

    run(main())


def test_a_checkpoint_waits_for_the_last_of_the_lines(tmp_path: Path) -> None:
    async def main() -> None:
        async with Open(tmp_path / "log") as log:
            await log.append(*(line(str(number)) for number in range(MANY)))
            await renamed(log)
            log.log.checkpoint(MANY + 1, b"state")
        async with Open(tmp_path / "log") as log:  # closing finishes what was begun
            assert log.log.recover()[0] == b"state"
            assert len(await log.page("#b", MANY * 2)) == MANY
            assert await log.page("#a") == []

    run(main())


def test_a_history_that_cannot_be_moved_is_not_shown_half(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("razem.talk.log.sqlite._RENAME_SECONDS", 0.05)

    async def main() -> None:
        async with Open(tmp_path / "log") as log:
            (entry,) = await log.append(line("x"))
            # It is known to be on its way, and never arrives.
            log.log._pending.append(Filing(entry.seq, None, renames=("#a", "#b")))
            with pytest.raises(LogError, match="renamed channel"):
                await log.page("#b")

    run(main())
