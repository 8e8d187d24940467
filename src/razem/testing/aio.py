"""For tests of asyncio programs: streams and datagrams in memory, contracts and a bad network."""

from __future__ import annotations

from razem.testing.aio_bad_network import BadNetwork
from razem.testing.aio_memory import memory_pair
from razem.testing.aio_memory_datagrams import memory_datagrams
from razem.testing.contract import AsyncPairMaker, check_async_stream
from razem.testing.datagram_contract import AsyncDatagramsMaker, check_async_datagrams
from razem.testing.faults import Faults

__all__ = [
    "AsyncDatagramsMaker",
    "AsyncPairMaker",
    "BadNetwork",
    "Faults",
    "check_datagrams",
    "check_stream",
    "memory_datagrams",
    "memory_pair",
]

check_datagrams = check_async_datagrams
check_stream = check_async_stream
