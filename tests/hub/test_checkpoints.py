"""The process around the state machine: what it hands to the log, and when it gives up."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from razem.hub import process as hub_process
from razem.hub.config import Config
from razem.hub.process import HubProcess
from razem.talk.changes import Entry, Speak
from razem.talk.log import MemoryLog

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

    from razem.talk.history import Filing


class Witness(MemoryLog):
    """A log that remembers in which order it was told of filings and checkpoints."""

    def __init__(self) -> None:
        super().__init__("log0", lambda: 0)
        self.told: list[str] = []

    def file(self, filings: Sequence[Filing]) -> None:
        self.told += [f"file {filing.seq} {filing.target}" for filing in filings]
        super().file(filings)

    def checkpoint(self, applied: int, snapshot: bytes) -> None:
        self.told.append(f"checkpoint {applied}")
        super().checkpoint(applied, snapshot)


def test_a_line_that_did_not_come_to_pass_is_filed_before_the_checkpoint_that_covers_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A start reads no entry before the checkpoint again: it could not find out later."""
    monkeypatch.setattr(hub_process, "_ENTRIES_A_CHECKPOINT", 1)

    async def main() -> list[str]:
        log = Witness()
        process = HubProcess(Config(memory=True), "test", log)
        await process.start([])
        log.append([Speak("nobody", "nobody!~n@h", "#a", "a line of nobody")])
        await process.stop()
        return log.told

    told = asyncio.run(main())
    assert "file 2 None" in told
    assert told.index("file 2 None") < told.index("checkpoint 2")


def test_a_fault_of_ours_stops_the_hub_and_leaves_the_last_checkpoint_alone(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> tuple[bool, list[str]]:
        log = Witness()
        process = HubProcess(Config(memory=True), "test", log)
        await process.start([])
        await asyncio.sleep(0)
        log.told.clear()

        def fault(*_: object) -> None:
            raise ZeroDivisionError("a fault")

        monkeypatch.setattr(process._hub, "commit", fault)
        process._committed([Entry(9, 0, Speak("1", "s", "#a", "x"))])
        await process.stop()
        return process.broken.is_set(), log.told

    assert asyncio.run(main()) == (True, [])
    assert "a fault" in caplog.text
