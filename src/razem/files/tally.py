"""How a copy goes on, and how it ended: what faces show of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from razem.files.entries import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Ended", "Progress", "Summary", "Tally"]


class Ended(NamedTuple):
    """What became of one entry.

    Attributes:
        path: below the destination, in bytes.
        outcome: a `razem.files.entries.Outcome`.
        why: in words, where there is something to say.
        size: of a file, in bytes.
    """

    path: bytes
    outcome: Outcome
    why: str = ""
    size: int = 0


@dataclass(slots=True)
class Tally:
    """How far a copy is; it changes while the copy goes on.

    Attributes:
        entries: that were told of so far; all of them once `counted`.
        size: bytes in files that were told of so far.
        settled: entries that have their outcome.
        bytes_done: bytes of files that are done, the same, or on their way.
        bytes_sent: bytes of files that went over the line.
        files_done: files that were copied.
        path: the file that is on its way.
        counted: whether `entries` and `size` are final.
    """

    entries: int = 0
    size: int = 0
    settled: int = 0
    bytes_done: int = 0
    bytes_sent: int = 0
    files_done: int = 0
    path: bytes = b""
    counted: bool = False


@dataclass(slots=True)
class Summary:
    """How a copy ended.

    Attributes:
        files: that were copied, directories and links not counted.
        same: that were there already.
        size: bytes in all files of the manifest.
        bytes_sent: bytes of files that went over the line.
        seconds: that it took.
        failed: what failed, and why.
        skipped: what was passed over, and why.
        digest: the same at both ends; people compare `razem.files.transcript.short_digest` of it.
        limit: what it waited for most: "disk", "processor", "network", "peer" or "".
        way: by which way the two ends were joined.
    """

    files: int = 0
    same: int = 0
    size: int = 0
    bytes_sent: int = 0
    seconds: float = 0.0
    failed: list[Ended] = field(default_factory=list)
    skipped: list[Ended] = field(default_factory=list)
    digest: bytes = b""
    limit: str = ""
    way: str = ""

    @property
    def bytes_saved(self) -> int:
        """Bytes that did not have to be sent, because they were there."""
        return max(self.size - self.bytes_sent - sum(each.size for each in self.failed), 0)

    @property
    def whole(self) -> bool:
        """Whether nothing failed."""
        return not self.failed

    def note(self, ended: Ended, *, is_file: bool) -> None:
        """Take note of an outcome."""
        if ended.outcome <= Outcome.SAME:
            self.count(ended.outcome, is_file=is_file)
        elif ended.outcome == Outcome.SKIPPED:
            self.skipped.append(ended)
        else:
            self.failed.append(ended)

    def count(self, outcome: Outcome, *, is_file: bool) -> None:
        """Count an entry that is done, or was the same."""
        if outcome == Outcome.DONE:
            self.files += is_file
        else:
            self.same += is_file


Progress: TypeAlias = "Callable[[Tally, Ended | None], object]"
"""Is called now and then with how far it is, and with what became of each entry."""
