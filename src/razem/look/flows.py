"""Conversations told apart in columns: who spoke with whom, how much, how long, how well.

A flow is what goes to and fro between two ends (address, port, transport). Its source is who sent
the first packet of it; of TCP, who sent SYN. It is grouped a block at a time, so that only flows
are held in memory, not packets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from razem.look.addresses import address_of
from razem.look.flow_progress import Progress
from razem.look.layouts import ADDRESS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from ipaddress import IPv4Address, IPv6Address

    from numpy.typing import NDArray

    from razem.look.capture import Capture
    from razem.look.decoding import Columns

__all__ = ["FLOW_COLUMNS", "Flow", "FlowTable", "flows_of"]

MAX_FLOWS: Final = 1_000_000
_KEY: Final = np.dtype(
    [("one", ADDRESS), ("other", ADDRESS), ("ports", "u4"), ("transport", "u1"), ("zeros", "V3")]
)
_FIRST: Final = np.iinfo(np.int64).max

FLOW_COLUMNS: Final = np.dtype(
    [
        ("transport", "u1"),
        ("source", ADDRESS),
        ("source_port", "u2"),
        ("destination", ADDRESS),
        ("destination_port", "u2"),
        ("first", "i8"),  # nanoseconds since 1970
        ("last", "i8"),
        ("packets_there", "i8"),  # from the source to the destination
        ("packets_back", "i8"),
        ("bytes_there", "i8"),  # whole packets, as on the wire
        ("bytes_back", "i8"),
        ("payload_there", "i8"),
        ("payload_back", "i8"),
        ("retransmissions_there", "i8"),  # segments of TCP whose bytes were there before
        ("retransmissions_back", "i8"),
        ("round_trip", "i8"),  # nanoseconds, of the handshake; -1 where it was not seen
        ("flags_there", "u2"),  # of TCP, all that were seen
        ("flags_back", "u2"),
    ]
)


class Flow(NamedTuple):
    """One conversation; see `FLOW_COLUMNS` for what the numbers mean."""

    transport: int
    source: IPv4Address | IPv6Address | None
    source_port: int
    destination: IPv4Address | IPv6Address | None
    destination_port: int
    first: int
    last: int
    packets_there: int
    packets_back: int
    bytes_there: int
    bytes_back: int
    payload_there: int
    payload_back: int
    retransmissions_there: int
    retransmissions_back: int
    round_trip: int
    flags_there: int
    flags_back: int

    @property
    def seconds(self) -> float:
        """From the first packet to the last."""
        return (self.last - self.first) / 1e9


class FlowTable:
    """Flows that grow with the packets that are added.

    Args:
        max_flows: how many there may be; packets of others are only counted.

    Attributes:
        missed: how many packets belong to flows that had no room.
    """

    def __init__(self, max_flows: int = MAX_FLOWS) -> None:
        self.missed = 0
        self._max_flows = max_flows
        self._ids: dict[bytes, int] = {}
        self._rows = np.zeros(1024, FLOW_COLUMNS)
        self._turned = np.zeros(1024, dtype=np.bool_)  # the source is the second of the key
        self._progress = Progress()

    def __len__(self) -> int:
        return len(self._ids)

    def __iter__(self) -> Iterator[Flow]:
        for row in self.to_numpy():
            cells = {name: row[name] for name in FLOW_COLUMNS.names or ()}
            plain: dict[str, Any] = {
                name: address_of(cell) if name in {"source", "destination"} else int(cell)
                for name, cell in cells.items()
            }
            yield Flow(**plain)

    def to_numpy(self) -> NDArray[Any]:
        """Return the flows, a row each, in the order in which they began to be seen."""
        rows: NDArray[Any] = self._rows[: len(self)].copy()
        rows["round_trip"] = self._progress.round_trips(len(self))
        return rows

    def add(self, columns: Columns) -> NDArray[np.int64]:
        """Add packets; return for each in which row its flow is, -1 for none."""
        ids = np.full(len(columns["time"]), -1, dtype=np.int64)
        rows = np.flatnonzero(np.isin(columns["network"], (0x0800, 0x86DD)))
        if not len(rows):
            return ids
        picked = {name: column[rows] for name, column in columns.items()}
        keys, forward = _keys(picked)
        found = self._identify(keys, forward, picked)
        ids[rows] = found
        known = found >= 0
        self.missed += int(np.count_nonzero(~known))
        if not known.all():
            picked = {name: column[known] for name, column in picked.items()}
            found, forward = found[known], forward[known]
        self._count(found, forward ^ self._turned[found], picked)
        return ids

    def _identify(
        self, keys: NDArray[Any], forward: NDArray[np.bool_], columns: Columns
    ) -> NDArray[np.int64]:
        """Return the flow of each packet, made where it is new; -1 where there is no room."""
        sums = _sums(keys)
        _, firsts, which = np.unique(sums, return_index=True, return_inverse=True)
        if not np.array_equal(keys, keys[firsts][which]):  # two keys with the same sum
            _, firsts, which = np.unique(keys, return_index=True, return_inverse=True)
        ids = np.empty(len(firsts), dtype=np.int64)
        for index in np.argsort(firsts):  # the order in which they came
            key, first = keys[firsts[index]].tobytes(), firsts[index]
            number = self._ids.get(key, -1)
            if number < 0 and len(self._ids) < self._max_flows:
                number = self._ids[key] = len(self._ids)
                self._begin(number, bool(forward[first]), int(first), columns)
            ids[index] = number
        return ids[which.reshape(-1)]

    def _begin(self, number: int, forward: bool, row: int, columns: Columns) -> None:  # noqa: FBT001
        if number == len(self._rows):
            self._rows = np.concatenate([self._rows, np.zeros_like(self._rows)])
            self._turned = np.concatenate([self._turned, np.zeros_like(self._turned)])
        answers = columns["transport"][row] == 6 and columns["flags"][row] & 0x12 == 0x12
        ends = ("destination", "source") if answers else ("source", "destination")
        flow = self._rows[number]
        for name, end in zip(("source", "destination"), ends, strict=True):
            flow[name] = columns[end][row]
            flow[f"{name}_port"] = columns[f"{end}_port"][row]
        flow["transport"] = columns["transport"][row]
        flow["first"], flow["last"] = _FIRST, -_FIRST
        self._turned[number] = forward == answers
        self._progress.make_room(number + 1)

    def _count(self, ids: NDArray[np.int64], there: NDArray[np.bool_], columns: Columns) -> None:
        rows, size = self._rows, len(self)
        np.minimum.at(rows["first"], ids, columns["time"])
        np.maximum.at(rows["last"], ids, columns["time"])
        again = self._progress.follow(ids, there, columns)
        for way, mask in (("there", there), ("back", ~there)):
            each = ids[mask]
            rows[f"packets_{way}"][:size] += np.bincount(each, minlength=size)
            for name, column in (("bytes", "length"), ("payload", "payload_length")):
                sums = np.bincount(each, weights=columns[column][mask], minlength=size)
                rows[f"{name}_{way}"][:size] += sums.astype(np.int64)
            counted = np.bincount(ids[mask & again], minlength=size)
            rows[f"retransmissions_{way}"][:size] += counted
            np.bitwise_or.at(rows[f"flags_{way}"], each, columns["flags"][mask])


def flows_of(capture: Capture, *, max_flows: int = MAX_FLOWS) -> FlowTable:
    """Return the flows of a capture."""
    table = FlowTable(max_flows)
    for _, columns in capture.decoded():
        table.add(columns)
    return table


def _keys(columns: Columns) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Return for each packet its ends in a fixed order, and whether it goes from the first one."""
    source, destination = (
        np.ascontiguousarray(columns[name]).view(">u8").reshape(-1, 2).astype(np.uint64)
        for name in ("source", "destination")
    )
    ports = columns["source_port"].astype(np.uint32), columns["destination_port"].astype(np.uint32)
    forward = ports[0] <= ports[1]
    for half in (1, 0):
        same = source[:, half] == destination[:, half]
        forward = np.where(same, forward, source[:, half] < destination[:, half])
    keys = np.zeros(len(forward), _KEY)
    keys["one"] = np.where(forward, columns["source"], columns["destination"])
    keys["other"] = np.where(forward, columns["destination"], columns["source"])
    keys["ports"] = np.where(forward, ports[0] << 16 | ports[1], ports[1] << 16 | ports[0])
    keys["transport"] = columns["transport"]
    return keys, forward


def _sums(keys: NDArray[Any]) -> NDArray[np.uint64]:
    """Return a number for each key that others hardly have."""
    words = keys.view(np.uint64).reshape(len(keys), -1)
    total = np.zeros(len(keys), dtype=np.uint64)
    for column in range(words.shape[1]):
        total = (total ^ words[:, column]) * np.uint64(0x9E3779B97F4A7C15)
        total ^= total >> np.uint64(29)
    return total
