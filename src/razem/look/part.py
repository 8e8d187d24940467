"""Some rows of a table of packets, on their way through the layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from razem.look.gather import gather

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Part", "Table"]


class Table(NamedTuple):
    """A batch of packets.

    Attributes:
        data: the buffer that has them.
        start: where each begins there.
        captured: how many bytes of it are there.
        length: how many it had.
        columns: what is found out of them.
    """

    data: NDArray[np.uint8]
    start: NDArray[np.int64]
    captured: NDArray[np.int64]
    length: NDArray[np.int64]
    columns: dict[str, NDArray[Any]]


class Part:
    """Rows that have the same layer next.

    Attributes:
        rows: which they are.
        place: where that layer begins, in bytes from the packet's beginning.
        end: where the packet ends, by the account of the layers so far.
    """

    def __init__(
        self,
        table: Table,
        rows: NDArray[np.int64],
        place: NDArray[np.int64],
        end: NDArray[np.int64],
    ) -> None:
        self.table = table
        self.rows = rows
        self.place = place
        self.end = end

    def __len__(self) -> int:
        return len(self.rows)

    def keep(self, mask: NDArray[np.bool_]) -> Part:
        """Return those for which the mask is set."""
        if mask.all():
            return self
        return Part(self.table, self.rows[mask], self.place[mask], self.end[mask])

    def heads(self, layout: np.dtype[Any]) -> NDArray[Any]:
        """Return the headers that begin here."""
        return gather(self.table.data, self.table.start[self.rows] + self.place, layout)

    def set(self, **columns: NDArray[Any] | int) -> None:
        """Write columns."""
        for name, value in columns.items():
            self.table.columns[name][self.rows] = value

    def mark(self, bad: NDArray[np.bool_]) -> None:
        """Mark as malformed."""
        if bad.any():
            self.table.columns["malformed"][self.rows[bad]] = True

    def payload(self) -> None:
        """Say that everything from here is payload."""
        place = np.minimum(self.place, self.end)
        self.set(payload_offset=place, payload_length=self.end - place)

    def there(self, size: int) -> NDArray[np.bool_]:
        """Tell which have so many bytes of the next header in the capture, and in the packet."""
        needed = self.place + size
        return (self.table.captured[self.rows] >= needed) & (self.end >= needed)
