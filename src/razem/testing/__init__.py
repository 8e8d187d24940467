"""For tests, yours and ours: streams in memory, their contract, a pump, and a bad network.

`razem.testing.aio` has the asyncio twins.
"""

from __future__ import annotations

from razem.testing.bad_network import BadNetwork
from razem.testing.contract import PairMaker, check_stream
from razem.testing.faults import Faults
from razem.testing.memory import memory_pair
from razem.testing.pump import Core, pump

__all__ = ["BadNetwork", "Core", "Faults", "PairMaker", "check_stream", "memory_pair", "pump"]
