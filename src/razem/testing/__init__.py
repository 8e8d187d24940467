"""For tests, yours and ours: streams in memory, a pump for protocols, and the streams' contract.

`razem.testing.aio` has the asyncio twins.
"""

from __future__ import annotations

from razem.testing.contract import PairMaker, check_stream
from razem.testing.memory import memory_pair
from razem.testing.pump import Core, pump

__all__ = ["Core", "PairMaker", "check_stream", "memory_pair", "pump"]
