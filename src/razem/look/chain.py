"""Finding where the records of a capture file begin: each says only where the next one does.

One after another that takes a third of a microsecond each, as long as all the rest of decoding.
So a buffer is cut into many pieces; in each, a place is guessed at which a record begins; and from
all of these the chains are followed at the same time, a step of all chains being a few operations
of NumPy. A guess is right when the chain before it arrives exactly there. If one is wrong, the
buffer is followed record by record: guessing makes it faster, never different.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

__all__ = ["follow"]

PIECE: Final = 32 * 1024  # bytes for each chain
LEAST: Final = 64  # pieces, below which it is not worth it


def follow(
    start: int,
    end: int,
    size_at: Callable[[NDArray[np.int64]], NDArray[np.int64]],
    one_size_at: Callable[[int], int],
    guess: Callable[[int, int], int],
) -> tuple[NDArray[np.int64], int]:
    """Return where the records between `start` and `end` begin, and the first that is not whole.

    Args:
        start: where a record begins.
        end: of what is there.
        size_at: the sizes of the records at many places; a size that is not possible is 0.
        one_size_at: the same for one place.
        guess: a place, at or behind the first one given and before the second, at which a record
            may begin; -1 if there is none.
    """
    pieces = (end - start) // PIECE
    if pieces >= LEAST:
        found = _together(start, end, pieces, size_at, guess)
        if found is not None:
            return found
    return _one_by_one(start, end, one_size_at)


def _one_by_one(
    place: int, end: int, one_size_at: Callable[[int], int]
) -> tuple[NDArray[np.int64], int]:
    places: list[int] = []
    while place < end:
        size = one_size_at(place)
        if size <= 0 or place + size > end:
            break
        places.append(place)
        place += size
    return np.array(places, dtype=np.int64), place


def _together(
    start: int,
    end: int,
    pieces: int,
    size_at: Callable[[NDArray[np.int64]], NDArray[np.int64]],
    guess: Callable[[int, int], int],
) -> tuple[NDArray[np.int64], int] | None:
    starts = [start]
    for piece in range(1, pieces):
        boundary = start + piece * PIECE
        place = guess(boundary, min(boundary + PIECE, end))
        if place > starts[-1]:
            starts.append(place)
    heads = np.array(starts, dtype=np.int64)
    limits = np.append(heads[1:], end)
    places = heads.copy()
    rows: list[NDArray[np.int64]] = []
    going = np.arange(len(heads))
    while len(going):
        here = places[going]
        sizes = size_at(here)
        beyond = here + sizes
        good = (sizes > 0) & (beyond <= end)
        if not good.all():
            going, here, beyond = going[good], here[good], beyond[good]
        row = np.full(len(heads), -1, dtype=np.int64)
        row[going] = here
        rows.append(row)
        places[going] = beyond
        going = going[beyond < limits[going]]
    if not np.array_equal(places[:-1], heads[1:]):
        return None
    table = np.array(rows).T  # a row a chain
    return table[table >= 0], int(places[-1])
