"""A capture: packets of a file, or of an interface, as blocks, packets or columns."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self

import numpy as np

from razem.errors import CorruptError, Error, TruncatedError, UnavailableError
from razem.look.decoding import Columns, decode
from razem.look.files import PIECE, blocks_of, open_capture
from razem.look.filters import compile_filter
from razem.look.layouts import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike
    from types import TracebackType

    from numpy.typing import NDArray

    from razem.look.block import Block, CapturedPacket

__all__ = ["Capture", "FileCapture", "read"]


def read(
    source: str | PathLike[str] | IO[bytes],
    filter: str = "",
    *,
    piece: int = PIECE,
) -> FileCapture:
    """Open a capture file: pcap or pcapng, packed by gzip or not.

    Nothing is read before packets are asked for, and never more than a piece at once.

    Args:
        source: its path, or a file that is open for reading bytes.
        filter: which packets are wanted, as for tcpdump.
        piece: how many bytes are read at once.

    Raises:
        ConfigError: the filter cannot be understood.
    """
    return FileCapture(source, filter, piece=piece)


class Capture(ABC):
    """What captures have in common. Going over one gives its packets, one by one.

    Attributes:
        filter: which packets are wanted.
    """

    def __init__(self, filter: str = "") -> None:
        self.filter = filter
        self._wanted = compile_filter(filter) if filter else None

    @abstractmethod
    def all_blocks(self) -> Iterator[Block]:
        """Give the packets before the filter, a block at a time."""

    @abstractmethod
    def close(self) -> None:
        """Give up the file or the interface; more often does no harm."""

    def decoded(self) -> Iterator[tuple[Block, Columns]]:
        """Give the packets that are wanted, a block at a time, each with its columns."""
        for block in self.all_blocks():
            columns = decode(block)
            if self._wanted is None:
                yield block, columns
                continue
            rows = np.flatnonzero(self._wanted(columns))
            if len(rows):
                picked = {name: column[rows] for name, column in columns.items()}
                yield block.select(rows), picked

    def blocks(self) -> Iterator[Block]:
        """Give the packets that are wanted, a block at a time."""
        if self._wanted is None:
            yield from self.all_blocks()
        else:
            yield from (block for block, _ in self.decoded())

    def __iter__(self) -> Iterator[CapturedPacket]:
        for block in self.blocks():
            yield from block

    def columns(self) -> Columns:
        """Return the columns of all packets that are wanted, in memory."""
        found = [columns for _, columns in self.decoded()]
        names = COLUMNS.names or ()
        if not found:
            return {name: np.zeros(0, COLUMNS[name]) for name in names}
        return {name: np.concatenate([columns[name] for columns in found]) for name in names}

    def to_numpy(self) -> NDArray[Any]:
        """Return all packets that are wanted as one structured array, a row a packet."""
        columns = self.columns()
        rows = np.zeros(len(columns["time"]), COLUMNS)
        for name, column in columns.items():
            rows[name] = column
        return rows

    def to_arrow(self) -> Any:
        """Return them as a table of Arrow: times as timestamps, addresses as text.

        Raises:
            UnavailableError: pyarrow is not installed.
        """
        arrow = _library("pyarrow")
        columns = _readable(self.columns())
        return arrow.table(
            {
                name: arrow.array(column, arrow.timestamp("ns")) if name == "time" else column
                for name, column in columns.items()
            }
        )

    def to_pandas(self) -> Any:
        """Return them as a frame of pandas: times as timestamps, addresses as text.

        Raises:
            UnavailableError: pandas is not installed.
        """
        return _library("pandas").DataFrame(_readable(self.columns()))

    def to_polars(self) -> Any:
        """Return them as a frame of polars: times as timestamps, addresses as text.

        Raises:
            UnavailableError: polars is not installed.
        """
        return _library("polars").DataFrame(_readable(self.columns()))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class FileCapture(Capture):
    """The packets of a file. Going over it again reads it again, unless it was given open.

    Attributes:
        problem: what is wrong with the file, once that was met: it is damaged, or ends in the
            middle of a packet. Packets before it are given all the same.
        kept: blocks of pcapng of other kinds that were met, as they stand, each with the number of
            the packet before it; up to 1 MiB of them.
    """

    def __init__(
        self,
        source: str | PathLike[str] | IO[bytes],
        filter: str = "",
        *,
        piece: int = PIECE,
    ) -> None:
        super().__init__(filter)
        self.problem: Error | None = None
        self.kept: list[tuple[int, bytes]] = []
        self._source = source
        self._piece = piece
        self._open: list[IO[bytes]] = []

    def all_blocks(self) -> Iterator[Block]:
        """Give the packets before the filter, a block at a time.

        Raises:
            CorruptError: it is no capture file.
            TruncatedError: it ends before the first packet could.
            OSError: the system does not let it be read.
        """
        self.problem = None
        self.kept = []
        file, head = open_capture(self._source)
        self._open.append(file)
        count = 0
        try:
            for block in blocks_of(file, head, piece=self._piece, kept=self.kept):
                count += len(block)
                yield block
        except (CorruptError, TruncatedError) as error:
            self.problem = error
            if not count:
                raise
        finally:
            self._open.remove(file)
            if file is not self._source:
                file.close()

    def close(self) -> None:
        """Close what is still open."""
        for file in self._open:
            file.close()

    def __repr__(self) -> str:
        name = self._source if isinstance(self._source, str | Path) else "a file"
        return f"<FileCapture of {name}>"


def _library(name: str) -> Any:
    from importlib import import_module  # noqa: PLC0415  seldom

    try:
        return import_module(name)
    except ImportError as error:
        raise UnavailableError(
            f"{name} is not installed.", advice=f"Install it, as by: pip install {name}"
        ) from error


def _readable(columns: Columns) -> Columns:
    """Return columns that other libraries understand: times and texts."""
    from razem.look.addresses import texts_of  # noqa: PLC0415  seldom

    readable = dict(columns)
    readable["time"] = columns["time"].view("datetime64[ns]")
    for name in ("source", "destination"):
        readable[name] = texts_of(columns[name])
    return readable
