"""For tests, yours and ours: streams and datagrams in memory, contracts, a pump, and a bad network.

`razem.testing.aio` has the asyncio twins.
"""

from __future__ import annotations

from razem.testing.bad_network import BadNetwork
from razem.testing.contract import PairMaker, check_stream
from razem.testing.datagram_contract import DatagramsMaker, check_datagrams
from razem.testing.faults import Faults
from razem.testing.memory import memory_pair
from razem.testing.memory_datagrams import memory_datagrams
from razem.testing.pump import Core, pump

__all__ = [
    "BadNetwork",
    "Core",
    "DatagramsMaker",
    "Faults",
    "PairMaker",
    "check_datagrams",
    "check_stream",
    "memory_datagrams",
    "memory_pair",
    "pump",
]
