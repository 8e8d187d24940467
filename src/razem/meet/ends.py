"""What `connect` and `listen` call for ``code:`` addresses."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from razem.errors import AddressError, Error
from razem.meet.codes import Code
from razem.meet.offering import offer
from razem.meet.seeking import Seeking
from razem.meet.settings import current
from razem.sockets.bridge import BridgedListener, BridgedStream, run

if TYPE_CHECKING:
    from razem.meet.offering import CodeListener
    from razem.sockets.address import Address
    from razem.sockets.aio.stream import Stream

__all__ = ["aio_connect_code", "aio_listen_code", "connect_code", "listen_code"]

# Pairs that were proven, by loop and code: whoever connects to the same code again gets another
# line to the same end.
_pairs: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Code, asyncio.Task[Seeking]]] = (
    WeakKeyDictionary()
)


async def aio_connect_code(address: Address, deadline: float | None, _tls: object = None) -> Stream:
    """Open a line to the other end; the first one proves the code.

    Raises:
        AddressError: the code is none.
        CodeError: it is not that of the other end; it is used up.
        TimedOutError: the other end was not found.
    """
    if not address.code:
        raise AddressError(
            "which code?",
            address=address,
            advice="Write the one that the other end shows, as in code:7-guitar-ocean.",
        )
    code = Code.parse(address.code)
    pairs = _pairs.setdefault(asyncio.get_running_loop(), {})
    proving = pairs.get(code)
    if proving is None:
        proving = pairs[code] = asyncio.create_task(_prove(code, deadline))
    try:
        seeking = await asyncio.shield(proving)
    except BaseException as error:
        if pairs.get(code) is proving:
            del pairs[code]
        if not proving.done():
            proving.cancel()
        if isinstance(error, Error):
            error.address = error.address or address
        raise
    return await seeking.open(deadline)


async def _prove(code: Code, deadline: float | None) -> Seeking:
    seeking = Seeking(code, current())
    await seeking.prove(deadline)
    return seeking


async def aio_listen_code(address: Address, _backlog: int = 0) -> CodeListener:
    """Offer a code: the one of the address, or a new one.

    Raises:
        AddressError: the code is none.
        UnavailableError: there is no way by which anybody could come.
    """
    return await offer(Code.parse(address.code) if address.code else None, current())


def connect_code(address: Address, deadline: float | None, _tls: object = None) -> BridgedStream:
    """Do what `aio_connect_code` does, blocking."""
    return BridgedStream(run(aio_connect_code(address, deadline)))


def listen_code(address: Address, backlog: int = 0) -> BridgedListener:
    """Do what `aio_listen_code` does, blocking."""
    return BridgedListener(run(aio_listen_code(address, backlog)))
