"""The same few bytes of many packets at once: rows of a table, whose columns are fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["gather"]


def gather(
    data: NDArray[np.uint8], offsets: NDArray[np.int64], layout: np.dtype[Any]
) -> NDArray[Any]:
    """Return what stands at the offsets as rows of a layout.

    One that does not fit in the buffer, because the packet says strange things, is read at its end;
    whoever asks looks at the lengths before believing it.
    """
    last = len(data) - layout.itemsize
    if len(offsets) and int(offsets.max()) > last:
        offsets = np.minimum(offsets, last)
    window = np.ndarray((last + 1,), dtype=f"V{layout.itemsize}", buffer=data.data, strides=(1,))
    rows: NDArray[Any] = window[offsets].view(layout)
    return rows
