"""Joined streams over every transport of ours."""

from __future__ import annotations

import asyncio
import os
import ssl
import subprocess
import tempfile
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, cast

import razem
from razem import aio
from razem.sockets.aio.stream import Stream as AsyncStream
from razem.sockets.stream import Stream
from razem.sockets.tls_config import Tls
from razem.sockets.tls_identity import Identity
from razem.testing import memory_pair
from razem.testing.aio import memory_pair as async_memory_pair

if TYPE_CHECKING:
    from razem.sockets.aio.tls_stream import TlsStream as AsyncTlsStream
    from razem.sockets.tls_stream import TlsStream

PairMaker = Callable[[], tuple[Stream, Stream]]
AsyncPairMaker = Callable[[], Awaitable[tuple[AsyncStream, AsyncStream]]]


_numbers = count()


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


@cache
def identity() -> Identity:
    """Of the listeners in tests; made once a process."""
    return Identity.make("server", hosts=["localhost", "127.0.0.1"])


def tls_pair() -> tuple[Stream, Stream]:
    ours = identity()
    with (
        razem.listen("tls://localhost:0", tls=Tls(ours)) as listener,
        ThreadPoolExecutor(1) as pool,
    ):
        server = pool.submit(accept_agreed, listener)
        client = razem.connect(listener.local, tls=Tls(fingerprint=ours.fingerprint))
        return client, server.result()


def accept_agreed(listener: razem.Listener) -> Stream:
    """Accept, and make the handshake now, because the other end waits for it."""
    stream = listener.accept()
    cast("TlsStream", stream).handshake()
    return stream


async def async_tls_pair() -> tuple[AsyncStream, AsyncStream]:
    ours = identity()
    async with await aio.listen("tls://localhost:0", tls=Tls(ours)) as listener:
        connecting = asyncio.create_task(
            aio.connect(listener.local, tls=Tls(fingerprint=ours.fingerprint))
        )
        server = await listener.accept()
        await cast("AsyncTlsStream", server).handshake()
        return await connecting, server


def lasting_pair() -> tuple[Stream, Stream]:
    with razem.listen("tcp://localhost:0", lasting=True) as listener:
        return razem.connect(listener.local, lasting=True), listener.accept()


async def async_lasting_pair() -> tuple[AsyncStream, AsyncStream]:
    async with await aio.listen("tcp://localhost:0", lasting=True) as listener:
        return await aio.connect(listener.local, lasting=True), await listener.accept()


async def async_lasting_unix_pair() -> tuple[AsyncStream, AsyncStream]:
    # Of its own each time: it stays taken until the last stream of before has ended.
    address = f"unix:@razem-test-lasting-{os.getpid()}-{next(_numbers)}"
    async with await aio.listen(address, lasting=True) as listener:
        return await aio.connect(listener.local, lasting=True), await listener.accept()


async def async_lasting_tls_pair() -> tuple[AsyncStream, AsyncStream]:
    ours = identity()
    async with await aio.listen("tls://localhost:0", tls=Tls(ours), lasting=True) as listener:
        tls = Tls(fingerprint=ours.fingerprint)
        return await aio.connect(listener.local, tls=tls, lasting=True), await listener.accept()


BLOCKING: list[PairMaker] = [
    memory_pair,
    tcp_pair,
    tcp4_pair,
    unix_pair,
    abstract_pair,
    tls_pair,
    lasting_pair,
]
ASYNC: list[AsyncPairMaker] = [
    async_memory_pair,
    async_tcp_pair,
    async_unix_pair,
    async_tls_pair,
    async_lasting_pair,
    async_lasting_unix_pair,
    async_lasting_tls_pair,
]
