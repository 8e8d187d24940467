"""Every transport keeps the one contract, under both drivers and both event loops."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
import uvloop

from razem.testing import check_stream
from razem.testing.aio import check_stream as check_async_stream

from .pairs import ASYNC, BLOCKING, AsyncPairMaker, PairMaker

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize("make_pair", BLOCKING)
def test_blocking_streams(make_pair: PairMaker) -> None:
    check_stream(make_pair)


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
@pytest.mark.parametrize("make_pair", ASYNC)
def test_async_streams(make_pair: AsyncPairMaker, run: Callable[..., None]) -> None:
    run(check_async_stream(make_pair))
