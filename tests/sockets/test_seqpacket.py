"""unix+seqpacket: connections of messages."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import threading
from typing import TYPE_CHECKING, cast

import pytest
import uvloop

import razem
from razem import aio
from razem.testing import memory_datagrams
from razem.testing.aio import memory_datagrams as async_memory_datagrams

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def pair() -> tuple[razem.Datagrams, razem.Datagrams]:
    with (
        tempfile.TemporaryDirectory() as folder,
        razem.listen(f"unix+seqpacket://{folder}/socket") as listener,
    ):
        client = razem.connect_datagrams(listener.local)
        return client, cast("razem.Datagrams", listener.accept(timeout=10))


async def async_pair() -> tuple[aio.Datagrams, aio.Datagrams]:
    with tempfile.TemporaryDirectory() as folder:
        async with await aio.listen(f"unix+seqpacket://{folder}/socket") as listener:
            client = await aio.connect_datagrams(listener.local)
            server = await listener.accept(timeout=10)
            return client, cast("aio.Datagrams", server)


def test_messages_arrive_whole_and_the_end_is_told() -> None:
    client, server = pair()
    with client, server:
        for message in (b"one", b"two" * 20_000):
            client.send(message)
        assert [server.receive()[0] for _ in range(2)] == [b"one", b"two" * 20_000]
        server.send(b"back")
        assert client.receive() == (b"back", client.remote)
        client.send(b"last")
        client.close()
        assert [data for data, _ in server] == [b"last"]
        with pytest.raises(razem.TruncatedError, match="has ended the connection") as caught:
            server.receive()
        assert caught.value.got == 0
        with pytest.raises(razem.BrokenError):
            server.send(b"anybody?")


def test_half_closing_of_what_is_received() -> None:
    client, server = pair()
    with client, server:
        client.send(b"before")
        server.close_receiving()
        assert [data for data, _ in server] == [b"before"]
        server.send(b"still there")
        assert client.receive()[0] == b"still there"
        with pytest.raises(razem.BrokenError):
            client.send(b"more")
    with pytest.raises(razem.ClosedError):
        server.close_receiving()


def test_half_closing_wakes_who_waits_in_asyncio() -> None:
    async def main() -> None:
        client, server = await async_pair()
        async with client, server:
            waiting = asyncio.create_task(server.receive())
            await asyncio.sleep(0)
            await server.close_receiving()
            with pytest.raises(razem.TruncatedError):
                await waiting
        async with await aio.bind("udp://localhost:0") as end:
            with pytest.raises(razem.LocalProtocolError, match="no connection"):
                await end.close_receiving()

    uvloop.run(main())


def test_what_a_connection_refuses() -> None:
    client, server = pair()
    with client, server:
        with pytest.raises(razem.LocalProtocolError, match="empty message"):
            client.send(b"")
        with pytest.raises(razem.LocalProtocolError, match="one receiver only"):
            client.send(b"x", to=client.remote)
        client.send(b"x" * 100)
        client.send(b"y")
        with pytest.raises(razem.TruncatedError) as caught:
            server.receive(10)
        assert caught.value.needed == 100
        assert server.receive()[0] == b"y"


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def test_in_asyncio(run: Callable[..., None]) -> None:
    async def main() -> None:
        client, server = await async_pair()
        async with client, server:
            waiting = asyncio.create_task(server.receive())
            await asyncio.sleep(0)
            waiting.cancel()
            await client.send(b"one")
            assert (await server.receive(timeout=10))[0] == b"one"
            with pytest.raises(razem.TimedOutError):
                await server.receive(timeout=0.01)
            await server.send(b"two")
            await server.close()
            assert [data async for data, _ in client] == [b"two"]

    run(main())


def test_half_close() -> None:
    client, server = pair()
    with client, server:
        client.send(b"question")
        client.close_sending()
        client.close_sending()
        with pytest.raises(razem.BrokenError):
            client.send(b"more")
        assert [data for data, _ in server] == [b"question"]
        server.send(b"late answer")
        assert client.receive()[0] == b"late answer"
    with pytest.raises(razem.ClosedError):
        client.close_sending()
    with (
        razem.bind("udp://127.0.0.1:0") as end,
        pytest.raises(razem.LocalProtocolError, match="udp has no connection"),
    ):
        end.close_sending()
    left, right = memory_datagrams()
    with left, right, pytest.raises(razem.LocalProtocolError):
        left.close_sending()


def test_half_close_in_asyncio() -> None:
    async def main() -> None:
        client, server = await async_pair()
        async with client, server:
            await client.close_sending()
            assert [data async for data, _ in server] == []
            await server.send(b"late answer")
            assert (await client.receive())[0] == b"late answer"
        with pytest.raises(razem.ClosedError):
            await client.close_sending()
        one, other = await async_memory_datagrams()
        async with one, other:
            with pytest.raises(razem.LocalProtocolError):
                await one.close_sending()

    asyncio.run(main())


def test_closing_wakes() -> None:
    client, server = pair()
    with client:
        thread = threading.Thread(target=lambda: list(server))
        thread.start()
        server.close()
        thread.join()
        assert list(client) == []


def test_a_handler_gets_messages(tmp_path: Path) -> None:
    def echo(stream: razem.Stream) -> None:
        end = cast("razem.Datagrams", stream)
        for data, _ in end:
            end.send(data)

    with razem.listen(f"unix+seqpacket://{tmp_path}/socket") as listener:
        thread = threading.Thread(target=listener.serve, args=(echo,))
        thread.start()
        with razem.connect_datagrams(listener.local) as client:
            client.send(b"hello")
            assert client.receive(timeout=10)[0] == b"hello"
        listener.close()
        thread.join()
    assert not (tmp_path / "socket").exists()


def test_a_full_backlog_does_not_block_for_ever(tmp_path: Path) -> None:
    address = f"unix+seqpacket://{tmp_path}/socket"
    with (
        razem.listen(address, backlog=0),
        razem.connect_datagrams(address),
        pytest.raises(razem.TimedOutError),
    ):
        razem.connect_datagrams(address, timeout=0.05)


def test_other_kinds(tmp_path: Path) -> None:
    with razem.listen(f"unix://{tmp_path}/stream"):
        with pytest.raises(razem.RefusedError, match="a socket of another kind"):
            razem.connect(f"unix+seqpacket://{tmp_path}/stream")
        with pytest.raises(razem.InUseError):
            razem.listen(f"unix+seqpacket://{tmp_path}/stream")
    with pytest.raises(razem.AddressError, match=r"use connect\(\) or listen"):
        razem.bind(f"unix+seqpacket:@razem-{os.getpid()}")


def test_systems_without_it_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(razem.UnavailableError, match="no seqpacket sockets"):
        razem.listen("unix+seqpacket:razem-test")
