"""For tests of asyncio programs: streams in memory, their contract, and a bad network."""

from __future__ import annotations

from razem.testing.aio_bad_network import BadNetwork
from razem.testing.aio_memory import memory_pair
from razem.testing.contract import AsyncPairMaker, check_async_stream
from razem.testing.faults import Faults

__all__ = ["AsyncPairMaker", "BadNetwork", "Faults", "check_stream", "memory_pair"]

check_stream = check_async_stream
