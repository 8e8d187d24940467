"""Connecting, blocking: every address of the name, bounded in time, again where asked."""

from __future__ import annotations

import socket
from contextlib import closing
from selectors import EVENT_WRITE, DefaultSelector
from time import sleep
from typing import TYPE_CHECKING, Final, cast

from razem.errors import (
    RefusedError,
    ResetError,
    ResolveError,
    TimedOutError,
    UnreachableError,
)
from razem.sockets.address import Address
from razem.sockets.attempts import Attempts
from razem.sockets.clock import deadline_after, remaining
from razem.sockets.options import presetting
from razem.sockets.resolve import resolve
from razem.sockets.schemes import find, lasts
from razem.sockets.socket_stream import SocketStream
from razem.sockets.source import leaving_from

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

    from razem.sockets.endpoints import Endpoint
    from razem.sockets.lasting.settings import Lasting
    from razem.sockets.options import OptionValues
    from razem.sockets.retry import Retry
    from razem.sockets.stream import Stream
    from razem.sockets.tls_config import Tls

__all__ = [
    "CONNECT_TIMEOUT",
    "WORTH_RETRYING",
    "connect",
    "connect_plain",
    "connect_tls",
    "retry_delays",
]

CONNECT_TIMEOUT: Final = 30.0  # seconds

# What may be better the next time.
WORTH_RETRYING: Final = (
    RefusedError,
    ResetError,
    ResolveError,
    TimedOutError,
    UnreachableError,
)


def connect(  # noqa: PLR0913  each by name
    address: Address | str,
    *,
    timeout: float | None = CONNECT_TIMEOUT,
    retry: Retry | None = None,
    tls: Tls | ssl.SSLContext | None = None,
    options: OptionValues | None = None,
    source: Address | str | None = None,
    lasting: bool | Lasting = False,
) -> Stream:
    """Connect to a listener and return the stream; close it, or use it in a ``with``.

    Every address of the name is tried, the next one 0.25 s after the last if that has not
    answered by then (RFC 8305). Host "" is this machine.

    Args:
        address: tcp, tls or unix; fd, stdio or exec; or one of datagrams or messages (udp,
            unix+dgram, unix+seqpacket, icmp, ip, packet), of which `Datagrams` come, as type
            checkers are told by `razem.connect_datagrams`.
        timeout: seconds for all of it, the name and every attempt included.
        retry: whether to try again when nobody answers; by default once only.
        tls: for tls addresses: whom to trust, and the identity to show; by default the system's
            authorities, and none. A context of Python's `ssl` does, too.
        options: of the socket, from before it is bound or connected; see `razem.sockets.options`.
        source: the address of ours to leave from, such as tcp://192.168.0.7:0; by default the
            system chooses.
        lasting: whether the stream survives a cut network and loses no byte; the listener must be
            a lasting one too. `Lasting` says for how long.

    Raises:
        AddressError: the address is wrong, or nothing to connect to.
        ResolveError: its name is not known.
        RefusedError: nothing listens there.
        TimedOutError: it was not done in time.
        UnreachableError: no way leads there.
        TlsError: the peer's certificate does not prove that it is the host.
        Error: anything else that the system refused; `attempts` has every try.
    """
    address = Address(address)
    if lasting and not lasts(address):
        import razem.sockets.aio.connecting as twin  # noqa: PLC0415  seldom used
        from razem.sockets.bridge import BridgedStream, run  # noqa: PLC0415

        return BridgedStream(
            run(
                twin.connect(
                    address,
                    timeout=timeout,
                    retry=retry,
                    tls=tls,
                    options=options,
                    source=source,
                    lasting=lasting,
                )
            )
        )
    open_stream = find(address, "connect")
    deadline = deadline_after(timeout)
    delays = retry_delays(retry)
    while True:
        try:
            with presetting(address, options), leaving_from(source):
                stream: Stream = open_stream(address, deadline, tls)
        except WORTH_RETRYING:
            delay = next(delays, None)
            left = remaining(deadline)
            if delay is None or (left is not None and left <= delay):
                raise
            sleep(delay)
        else:
            if options and "nodelay" in options:  # which connecting has set
                stream.options.nodelay = options["nodelay"]
            return stream


def connect_plain(
    address: Address, deadline: float | None, _tls: Tls | ssl.SSLContext | None = None
) -> SocketStream:
    """Connect without TLS."""
    sock = race(address, resolve(address, deadline=deadline), deadline)
    return SocketStream(sock, scheme=address.scheme, remote=address if address.is_unix else None)


def connect_tls(
    address: Address, deadline: float | None, tls: Tls | ssl.SSLContext | None
) -> Stream:
    """Connect, and agree on TLS."""
    from razem.sockets.tls import TlsSession  # noqa: PLC0415  ssl is slow to import
    from razem.sockets.tls_stream import TlsStream  # noqa: PLC0415

    session = TlsSession.client(address, tls)
    plain = connect_plain(address, deadline)
    stream = TlsStream(plain, session)
    try:
        stream.handshake(deadline)
    except BaseException:
        plain.close()
        raise
    return stream


def retry_delays(retry: Retry | None) -> Iterator[float]:
    """The waits between the attempts."""
    if retry is None:
        return iter(())
    from random import random  # noqa: PLC0415  slow to import, and seldom needed

    return retry.delays(random)


def race(address: Address, endpoints: list[Endpoint], deadline: float | None) -> socket.socket:
    """Return the first socket that connects."""
    with closing(Attempts(address, endpoints)) as attempts, DefaultSelector() as selector:
        while attempts.winner is None:
            for sock in attempts.start():
                selector.register(sock, EVENT_WRITE)
            if attempts.winner is None:
                attempts.check(deadline)
                for key, _ in selector.select(attempts.wait(deadline)):
                    selector.unregister(key.fileobj)
                    attempts.finish(cast("socket.socket", key.fileobj))
        attempts.winner.setblocking(True)
        if not address.is_unix:
            attempts.winner.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return attempts.winner
