"""Files of pcapng read in bulk: several interfaces and sections, comments, blocks of any kind."""

from __future__ import annotations

import struct
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from razem.errors import CorruptError
from razem.look.block import Block, Interface
from razem.look.chain import follow
from razem.look.gather import gather
from razem.look.pcapng_blocks import (
    COMMENT,
    ENHANCED,
    INTERFACE,
    OBSOLETE,
    ORDER_MAGIC,
    SECTION,
    SIMPLE,
    read_interface,
    read_options,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["PcapngReader"]

GLANCE: Final = 2048
MAX_BLOCK: Final = 64 * 1024 * 1024  # bytes; more, and the file is damaged
MAX_KEPT: Final = 1024 * 1024  # bytes of blocks of other kinds that are kept
MAX_INTERFACES: Final = 65535


class _Clock(NamedTuple):
    """How the times of an interface become nanoseconds."""

    times: int
    over: int
    offset: int  # seconds


class PcapngReader:
    """Takes buffers apart; each begins where the last one's rest did.

    Attributes:
        interfaces: all that were described so far, over all sections.
        kept: blocks of kinds that are neither packets nor interfaces, as they stand, each with the
            number of the packet that came before it; up to 1 MiB of them.
    """

    header_size = 0

    def __init__(self, kept: list[tuple[int, bytes]] | None = None) -> None:
        self.interfaces: tuple[Interface, ...] = ()
        self.kept: list[tuple[int, bytes]] = [] if kept is None else kept
        self._kept_size = 0
        self._clocks: list[_Clock] = []
        self._base = 0  # of the section's interfaces among all
        self._order = "<"
        self._count = 0

    def take(self, data: NDArray[np.uint8], start: int, end: int) -> tuple[Block, int]:
        """Return the packets of whole blocks, and where the first that is not whole begins.

        Of a file with sections in both byte orders, as many as are in the first.

        Raises:
            CorruptError: a block cannot be right; what stands before it was given before.
        """
        view = data.data
        if end - start >= 12 and view[start : start + 4] == SECTION.to_bytes(4, "little"):
            self._order = _order_of(view, start)
        unpack = struct.Struct(f"{self._order}I").unpack_from
        sizes = np.ndarray((len(data) - 7,), f"{self._order}u4", view[4:], strides=(1,))
        last = end - 12

        def size_at(places: NDArray[np.int64]) -> NDArray[np.int64]:
            found = sizes[np.minimum(places, len(sizes) - 1)].astype(np.int64)
            good = (places <= last) & (found >= 12) & (found <= MAX_BLOCK) & (found % 4 == 0)
            return np.where(good, found, 0)

        def one_size_at(place: int) -> int:
            if place > last:
                return 0
            size: int = unpack(view, place + 4)[0]
            return size if 12 <= size <= MAX_BLOCK and size % 4 == 0 else 0

        guess = partial(self._guess, view)
        places, rest = follow(start, end, size_at, one_size_at, guess)
        if not len(places) and rest <= last and not one_size_at(rest):
            raise CorruptError(
                f"what stands behind packet {self._count} is no block: the file is damaged there.",
                advice="What stands before it can be read.",
            )
        return self._packets(data, places, rest)

    def _packets(
        self, data: NDArray[np.uint8], places: NDArray[np.int64], rest: int
    ) -> tuple[Block, int]:
        view = data.data
        heads = gather(data, places, _layout(self._order))
        packets = heads["kind"] == ENHANCED
        bases = [(0, self._base)]  # from which row on, the section's first interface
        for row in np.flatnonzero(~packets):
            place, kind = int(places[row]), int(heads["kind"][row])
            if kind == SECTION and row and _order_of(view, place) != self._order:
                places, heads, packets, rest = places[:row], heads[:row], packets[:row], place
                break  # from there next time
            if kind in {SIMPLE, OBSOLETE}:
                packets[row] = True
                continue
            before = self._count + int(np.count_nonzero(packets[:row]))
            self._note(kind, bytes(view[place : place + int(heads["size"][row])]), before)
            bases.append((int(row), self._base))
        rows = np.flatnonzero(packets)
        which = np.searchsorted([row for row, _ in bases], rows, side="right") - 1
        base = np.array([each for _, each in bases], dtype=np.int64)[which]
        return self._block(data, places[rows], heads[rows], base), rest

    def _note(self, kind: int, block: bytes, before: int) -> None:
        """Take a block that is no packet."""
        if kind == SECTION:
            self._base = len(self.interfaces)
        elif kind == INTERFACE and len(block) >= 20:
            if len(self.interfaces) == MAX_INTERFACES:
                raise CorruptError(f"the file has more than {MAX_INTERFACES} interfaces.")
            interface, *clock = read_interface(block[8:-4], self._order)
            self.interfaces += (interface,)
            self._clocks.append(_Clock(*clock))
        elif self._kept_size + len(block) <= MAX_KEPT:
            self.kept.append((before, block))
            self._kept_size += len(block)

    def _block(
        self,
        data: NDArray[np.uint8],
        places: NDArray[np.int64],
        heads: NDArray[Any],
        base: NDArray[np.int64],
    ) -> Block:
        simple = heads["kind"] == SIMPLE
        size = heads["size"].astype(np.int64)
        room = size - np.where(simple, 16, 32)  # without what every such block has
        number = heads["interface"].astype(np.int64)
        if (heads["kind"] == OBSOLETE).any():
            short = gather(data, places + 8, np.dtype(f"{self._order}u2")).astype(np.int64)
            number = np.where(heads["kind"] == OBSOLETE, short, number)
        number = np.where(simple, 0, number) + base
        known = np.minimum(number, max(len(self.interfaces) - 1, 0))
        if len(number) and (not self.interfaces or int(number.max()) >= len(self.interfaces)):
            raise CorruptError(
                f"a packet behind packet {self._count} is of an interface that is not described."
            )
        length = np.where(simple, heads["interface"], heads["length"]).astype(np.uint32)
        captured = np.where(simple, length, heads["captured"]).astype(np.int64)
        snaps = np.array([each.snap_length or MAX_BLOCK for each in self.interfaces], np.int64)
        if simple.any():
            captured = np.where(simple, np.minimum(captured, snaps[known]), captured)
        captured = np.clip(captured, 0, np.maximum(room, 0))
        first, self._count = self._count + 1, self._count + len(places)
        numbers = np.arange(first, self._count + 1, dtype=np.int64)
        offsets = places + np.where(simple, 12, 28)
        left = np.where(simple, 0, room - captured - -captured % 4)
        return Block(
            data,
            offsets,
            captured.astype(np.uint32),
            length,
            np.where(simple, 0, self._times(heads, known)),
            known.astype(np.uint16),
            self.interfaces,
            numbers,
            self._comments(data, offsets + captured + -captured % 4, left, numbers),
        )

    def _times(self, heads: NDArray[Any], known: NDArray[np.int64]) -> NDArray[np.int64]:
        units = heads["high"].astype(np.int64) << 32 | heads["low"].astype(np.int64)
        if not self._clocks:
            return units
        if len(set(self._clocks)) == 1 and self._clocks[0].over == 1:
            return units * self._clocks[0].times + self._clocks[0].offset * 10**9
        clocks = np.array(self._clocks, dtype=np.int64)[known]
        # in two steps, because the product of both may not fit
        whole, rest = np.divmod(units, clocks[:, 1])
        return whole * clocks[:, 0] + rest * clocks[:, 0] // clocks[:, 1] + clocks[:, 2] * 10**9

    def _comments(
        self,
        data: NDArray[np.uint8],
        places: NDArray[np.int64],
        left: NDArray[np.int64],
        numbers: NDArray[np.int64],
    ) -> dict[int, tuple[str, ...]]:
        found: dict[int, tuple[str, ...]] = {}
        rows = np.flatnonzero(left >= 8)
        if not len(rows):
            return found
        codes = gather(data, places[rows], np.dtype(f"{self._order}u2"))
        view = data.data
        for row in rows[(codes == COMMENT) | (left[rows] > 16)]:
            place = int(places[row])
            options = read_options(bytes(view[place : place + int(left[row])]), self._order)
            texts = options.get(COMMENT, [])
            if texts:
                found[int(numbers[row])] = tuple(text.decode("utf-8", "replace") for text in texts)
        return found

    def _guess(self, view: memoryview, start: int, end: int) -> int:
        """Return where a packet's block seems to begin, and another behind it."""
        wanted = struct.pack(f"{self._order}I", ENHANCED)
        for size in (GLANCE, end - start):  # most often there is one at once
            piece = bytes(view[start : min(start + size, end)])
            found = piece.find(wanted)
            while found >= 0:
                place = start + found
                if self._plausible(view, place) and self._plausible(view, place + self._size):
                    return place
                found = piece.find(wanted, found + 1)
        return -1

    def _plausible(self, view: memoryview, place: int) -> bool:
        if place + 12 > len(view):
            return False
        kind, size = struct.unpack_from(f"{self._order}II", view, place)
        if kind > ENHANCED or not 12 <= size <= 1 << 20 or place + size > len(view):
            return False
        self._size: int = size
        return view[place + size - 4 : place + size] == view[place + 4 : place + 8]


def _layout(order: str) -> np.dtype[Any]:
    names = ("kind", "size", "interface", "high", "low", "captured", "length")
    return np.dtype([(name, f"{order}u4") for name in names])


def _order_of(view: memoryview, place: int) -> str:
    """Return the byte order that a section tells.

    Raises:
        CorruptError: it tells none.
    """
    for order in "<>":
        if struct.unpack_from(f"{order}I", view, place + 8)[0] == ORDER_MAGIC:
            return order
    raise CorruptError("a section of the file does not tell its byte order: it is damaged.")
