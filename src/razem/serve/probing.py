"""Which of many ports can be connected to: several at once."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING, Final, NamedTuple

from razem.errors import AddressError, Error, RefusedError, TimedOutError
from razem.sockets.address import Address
from razem.sockets.aio.connecting import connect
from razem.sockets.aio.datagram import Datagrams

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from razem.sockets.aio.stream import Stream

__all__ = ["Probe", "expand", "probe"]

_AT_ONCE: Final = 200
_MAX_PORT: Final = 65535


class Probe(NamedTuple):
    """How one address answered.

    Attributes:
        address: that was tried.
        seconds: until it answered.
        error: None if it can be connected to.
    """

    address: Address
    seconds: float
    error: Error | None

    @property
    def state(self) -> str:
        """In a word: open, closed, silent (no answer in time), or failed."""
        if self.error is None:
            return "open"
        if isinstance(self.error, RefusedError):
            return "closed"
        return "silent" if isinstance(self.error, TimedOutError) else "failed"


def expand(text: str) -> list[Address]:
    """Return the addresses that a text with several ports stands for.

    >>> [str(address) for address in expand("tcp://localhost:ssh,8000-8002")]
    ['tcp://localhost:22', 'tcp://localhost:8000', 'tcp://localhost:8001', 'tcp://localhost:8002']

    Raises:
        AddressError: it is wrong.
    """
    head, colon, ports = text.rpartition(":")
    if text.startswith("unix:") or not colon or "]" in ports or "/" in ports:
        return [Address(text)]
    addresses: list[Address] = []
    for part in ports.split(","):
        first, dash, last = part.partition("-")
        if not (dash and first.isdecimal() and last.isdecimal()):
            addresses.append(Address(f"{head}:{part}"))
            continue
        if not int(first) <= int(last) <= _MAX_PORT:
            raise AddressError(
                f"{text}: {part} is no range of ports.",
                address=text,
                column=len(head) + 2 + ports.index(part),
                advice=f"Write the lower port first, and none above {_MAX_PORT}.",
            )
        addresses += [Address(f"{head}:{port}") for port in range(int(first), int(last) + 1)]
    return list(dict.fromkeys(addresses))


async def probe(
    addresses: Iterable[Address], *, timeout: float | None = 3.0, at_once: int = _AT_ONCE
) -> AsyncIterator[Probe]:
    """Connect to each and close again, several at once; yield how each answered, in order.

    Datagrams have no connection: an empty one is sent, and who answers it is open. Most services
    do not, and are silent; a machine whose port is closed says so.

    Args:
        addresses: any that can be connected to.
        timeout: seconds for each.
        at_once: how many at the same time.
    """
    turn = asyncio.Semaphore(at_once)

    async def try_one(address: Address) -> Probe:
        async with turn:
            start = monotonic()
            try:
                end: Stream | Datagrams = await connect(address, timeout=timeout)
                try:
                    if isinstance(end, Datagrams) and address.scheme != "unix+seqpacket":
                        await end.send(b"")
                        await end.receive(timeout=timeout)
                    seconds = monotonic() - start
                finally:
                    await end.close()
            except Error as error:
                return Probe(address, monotonic() - start, error)
            return Probe(address, seconds, None)

    tasks = [asyncio.create_task(try_one(address)) for address in addresses]
    try:
        for task in tasks:
            yield await task
    finally:
        for task in tasks:
            task.cancel()
