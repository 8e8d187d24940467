"""Connecting in asyncio: the twin of `razem.sockets.connecting`."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from razem.sockets.address import Address
from razem.sockets.aio.resolve import resolve
from razem.sockets.aio.socket_stream import SocketStream, open_stream
from razem.sockets.aio.waiters import Waiters
from razem.sockets.attempts import Attempts
from razem.sockets.clock import deadline_after, remaining
from razem.sockets.connecting import CONNECT_TIMEOUT, WORTH_RETRYING, retry_delays
from razem.sockets.options import presetting
from razem.sockets.schemes import find, lasts
from razem.sockets.source import leaving_from

if TYPE_CHECKING:
    import socket
    import ssl

    from razem.sockets.aio.stream import Stream
    from razem.sockets.endpoints import Endpoint
    from razem.sockets.lasting.settings import Lasting
    from razem.sockets.options import OptionValues
    from razem.sockets.retry import Retry
    from razem.sockets.tls_config import Tls

__all__ = ["connect", "connect_plain", "connect_tls", "race"]


async def connect(  # noqa: PLR0913  each by name
    address: Address | str,
    *,
    timeout: float | None = CONNECT_TIMEOUT,
    retry: Retry | None = None,
    tls: Tls | ssl.SSLContext | None = None,
    options: OptionValues | None = None,
    source: Address | str | None = None,
    lasting: bool | Lasting = False,
) -> Stream:
    """Connect to a listener and return the stream; close it, or use it in an ``async with``.

    Arguments and errors are those of `razem.connect`.
    """
    address = Address(address)
    if lasting and not lasts(address):
        from razem.sockets.aio.lasting_ends import connect_lasting  # noqa: PLC0415  seldom used

        again = partial(connect, address, tls=tls, options=options, source=source)
        return await connect_lasting(again, lasting=lasting, timeout=timeout, retry=retry)
    open_one = find(address, "aio_connect")
    deadline = deadline_after(timeout)
    delays = retry_delays(retry)
    while True:
        try:
            with presetting(address, options), leaving_from(source):
                stream: Stream = await open_one(address, deadline, tls)
        except WORTH_RETRYING:
            delay = next(delays, None)
            left = remaining(deadline)
            if delay is None or (left is not None and left <= delay):
                raise
            await asyncio.sleep(delay)
        else:
            if options and "nodelay" in options:  # which connecting has set
                stream.options.nodelay = options["nodelay"]
            return stream


async def connect_plain(
    address: Address, deadline: float | None, _tls: Tls | ssl.SSLContext | None = None
) -> SocketStream:
    """Connect without TLS."""
    endpoints = await resolve(address, deadline=deadline)
    sock = await race(address, endpoints, deadline)
    return await open_stream(
        sock, scheme=address.scheme, remote=address if address.is_unix else None
    )


async def connect_tls(
    address: Address, deadline: float | None, tls: Tls | ssl.SSLContext | None
) -> Stream:
    """Connect, and agree on TLS."""
    from razem.sockets.aio.tls_stream import TlsStream  # noqa: PLC0415  ssl is slow to import
    from razem.sockets.tls import TlsSession  # noqa: PLC0415

    session = TlsSession.client(address, tls)
    plain = await connect_plain(address, deadline)
    stream = TlsStream(plain, session)
    try:
        await stream.handshake(deadline)
    except BaseException:
        await plain.close()
        raise
    return stream


async def race(
    address: Address, endpoints: list[Endpoint], deadline: float | None
) -> socket.socket:
    """Return the first socket that connects."""
    loop = asyncio.get_running_loop()
    attempts = Attempts(address, endpoints)
    watched: set[socket.socket] = set()
    waiters = Waiters()

    def ready(sock: socket.socket) -> None:
        loop.remove_writer(sock)
        watched.discard(sock)
        attempts.finish(sock)
        waiters.wake()

    try:
        while attempts.winner is None:
            for sock in attempts.start():
                watched.add(sock)
                loop.add_writer(sock, ready, sock)
            if attempts.winner is None:
                attempts.check(deadline)
                await waiters.wait(deadline_after(attempts.wait(deadline)))
        return attempts.winner  # noqa: TRY300  of the loop, as it is
    except BaseException:
        if attempts.winner is not None:  # cancelled at the last moment
            attempts.winner.close()
        raise
    finally:
        for sock in watched:
            loop.remove_writer(sock)
        attempts.close()
