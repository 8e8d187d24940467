"""Joined streams over every transport of ours."""

from __future__ import annotations

import asyncio
import os
import ssl
import subprocess
import tempfile
from collections.abc import Awaitable, Callable
from functools import cache
from pathlib import Path

import razem
from razem import aio
from razem.sockets.aio.stream import Stream as AsyncStream
from razem.sockets.aio.tls_stream import TlsStream as AsyncTlsStream
from razem.sockets.stream import Stream
from razem.sockets.tls import TlsSession
from razem.sockets.tls_stream import TlsStream
from razem.testing import memory_pair
from razem.testing.aio import memory_pair as async_memory_pair

PairMaker = Callable[[], tuple[Stream, Stream]]
AsyncPairMaker = Callable[[], Awaitable[tuple[AsyncStream, AsyncStream]]]


def _pair(address: str) -> tuple[Stream, Stream]:
    with razem.listen(address) as listener:
        return razem.connect(listener.local), listener.accept()


def tcp_pair() -> tuple[Stream, Stream]:
    return _pair("tcp://localhost:0")


def tcp4_pair() -> tuple[Stream, Stream]:
    return _pair("tcp://127.0.0.1:0")


def unix_pair() -> tuple[Stream, Stream]:
    with tempfile.TemporaryDirectory() as folder:
        return _pair(f"unix://{folder}/socket")


def abstract_pair() -> tuple[Stream, Stream]:
    return _pair(f"unix:@razem-test-{os.getpid()}")


async def _async_pair(address: str) -> tuple[AsyncStream, AsyncStream]:
    async with await aio.listen(address) as listener:
        return await aio.connect(listener.local), await listener.accept()


async def async_tcp_pair() -> tuple[AsyncStream, AsyncStream]:
    return await _async_pair("tcp://localhost:0")


async def async_unix_pair() -> tuple[AsyncStream, AsyncStream]:
    with tempfile.TemporaryDirectory() as folder:
        return await _async_pair(f"unix://{folder}/socket")


@cache
def certificate() -> tuple[Path, Path]:
    """A certificate for localhost and its key, signed by itself; made once a process."""
    folder = Path(tempfile.mkdtemp(prefix="razem-tls-"))
    key, cert = folder / "key.pem", folder / "cert.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    names = "subjectAltName=DNS:localhost,IP:127.0.0.1"
    files = ["-keyout", str(key), "-out", str(cert)]
    subprocess.run(
        [*command.split(), "-subj", "/CN=localhost", "-addext", names, *files],
        check=True,
        capture_output=True,
    )
    return cert, key


def server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate())
    return context


def client_context() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(certificate()[0]))


def _sessions() -> tuple[TlsSession, TlsSession]:
    address = razem.Address("tls://localhost:1")
    client = TlsSession.client(address, client_context())
    return client, TlsSession(server_context(), None, server_side=True)


def tls_pair() -> tuple[Stream, Stream]:
    from threading import Thread

    plain_client, plain_server = tcp_pair()
    client_session, server_session = _sessions()
    client, server = (
        TlsStream(plain_client, client_session),
        TlsStream(plain_server, server_session),
    )
    thread = Thread(target=server.handshake, args=(None,))
    thread.start()
    client.handshake(None)
    thread.join()
    return client, server


async def async_tls_pair() -> tuple[AsyncStream, AsyncStream]:
    plain_client, plain_server = await async_tcp_pair()
    client_session, server_session = _sessions()
    client = AsyncTlsStream(plain_client, client_session)
    server = AsyncTlsStream(plain_server, server_session)
    await asyncio.gather(client.handshake(None), server.handshake(None))
    return client, server


BLOCKING: list[PairMaker] = [
    memory_pair,
    tcp_pair,
    tcp4_pair,
    unix_pair,
    abstract_pair,
    tls_pair,
]
ASYNC: list[AsyncPairMaker] = [
    async_memory_pair,
    async_tcp_pair,
    async_unix_pair,
    async_tls_pair,
]
