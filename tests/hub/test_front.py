"""The front of a hub within this process, on uvloop and on asyncio's own loop."""

from __future__ import annotations

import asyncio
import socket
import ssl
from typing import TYPE_CHECKING, Any

import pytest
import uvloop

from razem.hub import arriving, web
from razem.hub.config import Config
from razem.hub.running import running_hub
from tests.hub.process import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from razem.hub.process import HubProcess

CONFIG = Config(memory=True, listen="tcp://127.0.0.1:0")


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Callable[[Coroutine[Any, Any, None]], None]:
    """Run a coroutine to its end on one of the loops."""

    def run_on_loop(main: Coroutine[Any, Any, None]) -> None:
        with asyncio.Runner(loop_factory=request.param) as runner:
            runner.run(asyncio.wait_for(main, PATIENCE))

    return run_on_loop


def context(*alpn: str) -> ssl.SSLContext:
    tls = ssl.create_default_context()
    tls.check_hostname = False
    tls.verify_mode = ssl.CERT_NONE
    if alpn:
        tls.set_alpn_protocols(list(alpn))
    return tls


async def connect(
    hub: HubProcess, tls: ssl.SSLContext | None = None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", hub.addresses[0].port, ssl=tls)


async def answer(hub: HubProcess, data: bytes, tls: ssl.SSLContext | None = None) -> bytes:
    """Say something; return the first of what comes back."""
    reader, writer = await connect(hub, tls)
    writer.write(data)
    try:
        return await reader.read(4096)
    finally:
        writer.transport.abort()


REQUEST = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
UPGRADE = (
    b"GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


@pytest.mark.parametrize("alpn", [None, (), ("irc",)], ids=["plain", "tls", "irc"])
def test_irc(run: Any, alpn: tuple[str, ...] | None) -> None:
    async def main() -> None:
        async with running_hub(CONFIG) as hub:
            tls = None if alpn is None else context(*alpn)
            assert b"PONG" in await answer(hub, b"PING 1\r\n", tls)

    run(main())


@pytest.mark.parametrize("alpn", [None, (), ("http/1.1",)], ids=["plain", "tls", "http"])
@pytest.mark.parametrize(("request_", "status"), [(REQUEST, b" 200 "), (UPGRADE, b" 101 ")])
def test_http(run: Any, alpn: tuple[str, ...] | None, request_: bytes, status: bytes) -> None:
    async def main() -> None:
        async with running_hub(CONFIG) as hub:
            tls = None if alpn is None else context(*alpn)
            assert status in await answer(hub, request_, tls)

    run(main())


def test_what_is_said_at_once_with_the_handshake_is_not_lost(run: Any) -> None:
    """The door is found in the middle of what arrived: the rest belongs to what is behind it."""

    async def main() -> None:
        async with running_hub(CONFIG) as hub:
            mask = b"\1\2\3\4"
            body = bytes(byte ^ mask[place % 4] for place, byte in enumerate(b"PING 1"))
            frame = bytes([0x81, 0x80 | len(body)]) + mask + body
            reader, writer = await connect(hub)
            writer.write(UPGRADE + frame)
            await reader.readuntil(b"\r\n\r\n")
            assert b"PONG" in await reader.read(4096)
            writer.transport.abort()

    run(main())


# Slow clients


def test_slow_handshakes_make_room_for_others(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arriving, "_HANDSHAKES", 2)
    monkeypatch.setattr(arriving, "_SLOW_SECONDS", 0.1)
    monkeypatch.setattr(arriving, "_SWEEP_SECONDS", 0.05)

    async def main() -> None:
        async with running_hub(CONFIG) as hub:
            slow = [await connect(hub) for _ in range(6)]
            for _, writer in slow:
                writer.write(b"\x16\x03\x01\x02\x00")
            assert b"PONG" in await answer(hub, b"PING 1\r\n")  # plain ones do not wait at all
            assert b"PONG" in await answer(hub, b"PING 1\r\n", context())
            for _, writer in slow:
                writer.transport.abort()

    run(main())


def test_a_handshake_has_a_time_limit(run: Any) -> None:
    async def main() -> None:
        limits = CONFIG.limits.__class__(handshake_seconds=0.1)
        async with running_hub(Config(memory=True, listen=CONFIG.listen, limits=limits)) as hub:
            reader, writer = await connect(hub)
            writer.write(b"\x16\x03\x01\x02\x00")
            assert await reader.read() == b""
            writer.transport.abort()

    run(main())


@pytest.mark.parametrize("said", [b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ", REQUEST])
def test_a_request_has_a_time_limit_and_so_has_the_pause_after_it(
    run: Any, monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    monkeypatch.setattr(web, "_IDLE_SECONDS", 0.2)
    monkeypatch.setattr(web, "_SWEEP_SECONDS", 0.05)

    async def main() -> None:
        async with running_hub(CONFIG) as hub:
            reader, writer = await connect(hub)
            writer.write(said)
            everything = await reader.read()
            assert everything.startswith(b"HTTP/1.1 200 " if said == REQUEST else b"")
            writer.transport.abort()
            reader, writer = await connect(hub)
            writer.write(UPGRADE)  # sessions have time limits of their own
            await reader.readuntil(b"\r\n\r\n")
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(reader.read(1), 0.6)
            writer.transport.abort()

    run(main())


def test_bytes_that_are_never_decided_end_with_the_time(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arriving, "_SWEEP_SECONDS", 0.05)

    async def main() -> None:
        limits = CONFIG.limits.__class__(registration_seconds=0.1)
        async with running_hub(Config(memory=True, listen=CONFIG.listen, limits=limits)) as hub:
            for tls in (None, context()):
                reader, writer = await connect(hub, tls)
                writer.write(b"GE")
                assert await reader.read() == b"ERROR :Closing link: Registration timed out\r\n"
                writer.transport.abort()

    run(main())


def test_an_end_in_the_middle_of_the_first_word(run: Any) -> None:
    async def main() -> None:
        async with running_hub(CONFIG) as hub:
            reader, writer = await connect(hub)
            writer.write(b"P")
            await asyncio.sleep(0)
            writer.write_eof()
            assert (await reader.read()).startswith(b"ERROR ")
            writer.transport.abort()
            with socket.create_connection(("127.0.0.1", hub.addresses[0].port)):
                pass  # and one that said nothing
            assert b"PONG" in await answer(hub, b"PING 1\r\n")

    run(main())


def test_all_places_are_free_when_all_have_left(run: Any) -> None:
    async def main() -> None:
        async with running_hub(CONFIG) as hub:
            for data in (b"PING 1\r\n", REQUEST, UPGRADE):
                for tls in (None, context()):
                    await answer(hub, data, tls)
            assert hub._front is not None
            places = hub._front._arrivals.places
            while places.count or hub.hub.sessions:
                await asyncio.sleep(0)
            assert not hub._front._arrivals._waiting

    run(main())
