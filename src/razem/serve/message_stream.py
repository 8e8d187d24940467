"""Those who send datagrams, or connect for messages, each as a stream of asyncio."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast

from razem.errors import ClosedError
from razem.serve.messages import DATAGRAMS, DatagramEnd, Messages, Senders
from razem.sockets.aio.datagram import Datagrams, bind
from razem.sockets.aio.listener import Listener, listen
from razem.sockets.aio.stream import Stream
from razem.sockets.clock import remaining
from razem.sockets.failures import timed_out
from razem.sockets.handlers import report

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from razem.serve.datagram_stream import Permits
    from razem.sockets.address import Address

__all__ = ["MessageListener", "MessageStream"]


class MessageStream(Stream):
    """What is sent goes out in messages, one for each call of `send`; each that comes is a piece.

    Args:
        end: it belongs to the stream from now on.
    """

    def __init__(self, end: Messages) -> None:
        super().__init__(local=None, remote=end.address)
        self._end = end

    async def _fill(self, wanted: int, deadline: float | None) -> None:  # noqa: ARG002
        try:
            async with asyncio.timeout(remaining(deadline)):
                message = await self._end.receive()
        except TimeoutError:
            raise timed_out(self._remote, "read") from None
        if message is None:
            self._buffer.end()
        else:
            self._buffer.feed(message)

    async def _write(self, data: bytes, deadline: float | None) -> None:  # noqa: ARG002
        if data:
            await self._end.send(data)

    async def _end_writing(self, deadline: float | None) -> None:  # noqa: ARG002
        await self._end.end()

    async def _release(self) -> None:
        await self._end.close()


class MessageListener:
    """Waits for those who send datagrams, or connect for messages. Make one with `open`.

    Attributes:
        local: the address to send or connect to.
    """

    def __init__(self, local: Address, door: Listener | Senders) -> None:
        self.local = local
        self._door = door

    @classmethod
    async def open(
        cls, address: Address, *, idle: float, limit: int, permits: Permits
    ) -> MessageListener:
        """Listen.

        Args:
            address: udp, unix+dgram or unix+seqpacket.
            idle: seconds of silence, after which a sender of datagrams has ended.
            limit: of them at once; datagrams of others are lost.
            permits: whose datagrams are taken.

        Raises:
            Error: the address cannot be opened.
        """
        if address.scheme not in DATAGRAMS:
            listener = await listen(address)
            return cls(listener.local, listener)
        datagrams = await bind(address)
        senders = Senders(datagrams, idle=idle, limit=limit, permits=permits)
        return cls(datagrams.local or address, senders)

    async def serve(
        self, handler: Callable[[Stream], Awaitable[object]], *, limit: int = 10_000
    ) -> None:
        """Call `handler` with each who comes, in a task of its own, until closed.

        The stream is closed when the handler returns. Its exceptions go to the log "razem".

        Args:
            handler: what to do with a stream.
            limit: connections at once; further ones wait.
        """
        if isinstance(self._door, Listener):

            async def handle(connection: object) -> None:
                datagrams = cast("Datagrams", connection)
                await _serve(handler, MessageStream(DatagramEnd(datagrams)))

            await self._door.serve(handle, limit=limit)
            return
        running: set[asyncio.Task[Any]] = set()
        try:
            while True:
                task = asyncio.create_task(
                    _serve(handler, MessageStream(await self._door.accept()))
                )
                running.add(task)
                task.add_done_callback(running.discard)
        except ClosedError:
            return
        finally:
            for task in running:
                task.cancel()
            if running:
                await asyncio.wait(running)

    async def close(self) -> None:
        """Stop listening. Again is harmless."""
        await self._door.close()


async def _serve(handler: Callable[[Stream], Awaitable[object]], stream: Stream) -> None:
    """Serve one."""
    try:
        async with stream:
            await handler(stream)
    except Exception as error:  # noqa: BLE001  one client must not end the service
        report(stream.remote, error)
