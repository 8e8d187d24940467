"""Pipes that may lead to the other end: by its addresses, by its dialling ours, by mDNS."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from razem.errors import ClosedError, Error, UnreachableError
from razem.meet.messages import Whereabouts
from razem.meet.pipes import Pipe, drop
from razem.sockets.address import Address
from razem.sockets.aio.connecting import connect
from razem.sockets.aio.listener import Listener, listen

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from razem.meet.local import Local, Sighting
    from razem.sockets.aio.stream import Stream

__all__ = ["Finder", "Tasks"]

_DIAL_SECONDS: Final = 5.0
_HOSTS: Final = 32  # addresses of one end that are tried, at the most
_PIPES: Final = 64  # at once


class Tasks:
    """What goes on beside; all of it ends with `cancel`."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[object]] = set()

    def start(self, work: Coroutine[object, object, object]) -> asyncio.Task[object]:
        """Let it go on beside."""
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task

    def __len__(self) -> int:
        return len(self._running)

    async def cancel(self) -> None:
        """End all, but who calls."""
        others = self._running - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)


class Finder:
    """Listens for the other end, and dials it.

    Args:
        take: is given each pipe, and is awaited beside everything else.
        offers: whether this end offers the code.

    Attributes:
        reasons: why a way leads nowhere so far, by its name.
    """

    def __init__(
        self, take: Callable[[Pipe], Coroutine[object, object, object]], *, offers: bool
    ) -> None:
        self.reasons: dict[str, str] = {}
        self._take = take
        self._offers = offers
        self._tasks = Tasks()
        self._listener: Listener | None = None
        self._local: Local | None = None

    async def open(self, *, local: bool, direct: bool) -> None:
        """Begin to listen, and to look around on the local network, as far as that is wanted."""
        if not direct:
            return
        try:
            self._listener = await listen("tcp://:0")
        except Error as error:
            self.reasons["listening"] = error.message
        else:
            self._tasks.start(self._accept_all(self._listener))
        if local:
            await self._look_around()

    async def _look_around(self) -> None:
        try:
            from razem.meet.local import Local  # noqa: PLC0415  slow to import

            self._local = Local(offers=self._offers, seen=self._seen)
        except (OSError, ImportError) as error:
            self.reasons["local network"] = f"there is none ({error})"

    @property
    def local(self) -> Local | None:
        """Who looks around; None for nobody."""
        return self._local

    @property
    def here(self) -> Whereabouts:
        """Where this end can be reached."""
        listener = self._listener
        if listener is None or listener.local.port is None:
            return Whereabouts([], 0)
        from razem.meet.local import own_hosts  # noqa: PLC0415  slow to import

        return Whereabouts(own_hosts(zones=False)[:_HOSTS], listener.local.port)

    async def announce(self, number: int) -> None:
        """Let the other end find this one on the local network, and be found."""
        if self._local is not None and self._listener is not None:
            self.reasons["local network"] = f"nobody is there by the number {number}"
            await self._local.announce(number, self._listener.local.port or 0)

    async def withdraw(self) -> None:
        """Look around no more."""
        if self._local is not None:
            await self._local.close()
            self._local = None

    async def _accept_all(self, listener: Listener) -> None:
        while True:
            try:
                stream = await listener.accept()
            except ClosedError:
                return
            except Error:
                await asyncio.sleep(1)
                continue
            if len(self._tasks) > _PIPES:
                await drop(stream)
                continue
            pipe = Pipe(stream, relayed=False, ours=False, where=_host(stream.remote))
            self._tasks.start(self._take(pipe))

    def _seen(self, sighting: Sighting) -> None:
        if len(self._tasks) <= _PIPES:
            self._tasks.start(self._dial_and_take(Whereabouts(sighting.hosts, sighting.port)))

    async def _dial_and_take(self, peer: Whereabouts) -> None:
        with suppress(Error):
            await self._take(await self.dial(peer))

    async def dial(self, peer: Whereabouts) -> Pipe:
        """Try all addresses of an end at once; return a pipe to the first that answers.

        Raises:
            UnreachableError: none does.
        """
        addresses = []
        for host in peer.hosts[:_HOSTS]:
            with suppress(Error):
                addresses.append(Address.of("tcp", host=host, port=peer.port))
        attempts = [
            asyncio.create_task(connect(address, timeout=_DIAL_SECONDS)) for address in addresses
        ]
        chosen = None
        try:
            for done in asyncio.as_completed(attempts):
                with suppress(Error):
                    chosen = await done
                    return Pipe(chosen, relayed=False, ours=True, where=_host(chosen.remote))
        finally:
            await _leave(attempts, chosen)
        tried = ", ".join(peer.hosts[:_HOSTS]) or "none"
        self.reasons["directly"] = f"its addresses did not answer ({tried})"
        raise UnreachableError(f"no address of the other end answers ({tried}).", stage="connect")

    async def close(self) -> None:
        """Listen no more, and end all that goes on."""
        if self._listener is not None:
            await self._listener.close()
        await self.withdraw()
        await self._tasks.cancel()


async def _leave(attempts: list[asyncio.Task[Stream]], chosen: Stream | None) -> None:
    """Close what connected too late."""
    for attempt in attempts:
        attempt.cancel()
    for outcome in await asyncio.gather(*attempts, return_exceptions=True):
        if not isinstance(outcome, BaseException) and outcome is not chosen:
            await drop(outcome)


def _host(address: Address | None) -> str:
    return address.host if address is not None else "the other end"
