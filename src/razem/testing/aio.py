"""For tests of asyncio programs: streams in memory, and the contract that streams keep."""

from __future__ import annotations

from razem.testing.aio_memory import memory_pair
from razem.testing.contract import AsyncPairMaker, check_async_stream

__all__ = ["AsyncPairMaker", "check_stream", "memory_pair"]

check_stream = check_async_stream
