"""`razem.talk.Client` over real sockets: against a hub, and against servers that misbehave."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from razem.errors import ClosedError, Error, LocalProtocolError, RefusedError
from razem.hub.config import Config
from razem.hub.running import running_hub
from razem.talk import Client
from razem.talk.client.errors import (
    MessageRefusedError,
    NotAcknowledgedError,
    RegistrationError,
)
from razem.talk.client.events import (
    CaughtUp,
    Connected,
    Disconnected,
    Event,
    EventsLost,
    MessageReceived,
    ServerNotice,
)
from razem.talk.client.mailbox import Mailbox
from razem.talk.client.settings import Timing

from .loop import in_loop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

QUICK = Timing(first_retry=0.01, last_retry=0.05)


def config(tmp_path: Path, **more: Any) -> Config:
    """A hub on a UNIX socket, which can be started again in the same place."""
    return Config(listen=f"unix://{tmp_path}/hub", data=f"{tmp_path}/data", **more)


async def first(client: Client, kind: type[Event], **facts: object) -> Event:
    """Return the next event of a kind, with these attributes."""
    async for event in client.events():
        known = msgspec.structs.asdict(event)
        if isinstance(event, kind) and all(known.get(k) == v for k, v in facts.items()):
            return event
    raise AssertionError("the events have ended")


@asynccontextmanager
async def server(
    talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[str]:
    """A server whose every connection does what `talk` says, then ends."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await talk(reader, writer)
        except ConnectionError:
            pass
        finally:
            writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listening:
        yield f"tcp://127.0.0.1:{listening.sockets[0].getsockname()[1]}"


@in_loop
async def test_a_bot_in_ten_lines(tmp_path: Path) -> None:
    async with (
        running_hub(config(tmp_path)) as hub,
        Client(hub.addresses[0], nick="bot", channels=["#net"]) as bot,
        Client(hub.addresses[0], nick="ana", channels=["#net"]) as ana,
    ):

        async def answer() -> None:
            async for event in bot.events():
                if isinstance(event, MessageReceived) and event.text == "!ping":
                    await bot.send(event.conversation, f"pong, {event.sender}")

        answering = asyncio.create_task(answer())
        msgid = await ana.send("#net", "!ping")
        assert msgid
        reply = await first(ana, MessageReceived, sender="bot")
        assert isinstance(reply, MessageReceived)
        assert reply.text == "pong, ana"
        assert [m.text for m in await ana.history("#net")] == ["!ping", "pong, ana"]
        assert [m.text for m in await ana.history("#net", before=reply.msgid)] == ["!ping"]
        answering.cancel()


@in_loop
async def test_what_is_said_while_the_hub_is_away_arrives_once(tmp_path: Path) -> None:
    where = config(tmp_path)
    address = f"unix://{tmp_path}/hub"
    async with running_hub(where):
        ana = await Client(address, nick="ana", channels=["#net"], timing=QUICK).__aenter__()
        bo = await Client(address, nick="bo", channels=["#net"], timing=QUICK).__aenter__()
        await ana.send("#net", "one")
    await first(ana, Disconnected)
    ana.say("#net", "two\nthree")
    async with running_hub(where):
        assert await ana.flush(timeout=20)
        view = []
        async for event in bo.events():
            if isinstance(event, MessageReceived):
                view.append(event.text)
                if event.text == "three":
                    break
        assert view == ["one", "two", "three"]
        assert [m.text for m in await ana.history("#net")] == view
        assert await ana.close() == []
        await bo.close()


@in_loop
async def test_the_first_attempt_must_succeed() -> None:
    with pytest.raises(RefusedError, match="nothing listens"):
        async with Client("tcp://localhost:1", nick="ana"):
            pass


@in_loop
async def test_a_wrong_password(tmp_path: Path) -> None:
    async with running_hub(config(tmp_path, password="right")) as hub:
        with pytest.raises(RegistrationError, match="does not let us in"):
            async with Client(hub.addresses[0], nick="ana", password="wrong"):
                pass
        async with Client(hub.addresses[0], nick="ana", password="right") as client:
            assert client.nick == "ana"


@in_loop
async def test_a_server_that_hangs_up_at_once() -> None:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"ERROR :Go away\r\n")
        await writer.drain()

    async with server(hang_up) as address:
        with pytest.raises(RegistrationError, match="Go away"):
            async with Client(address, nick="ana"):
                pass


async def welcome(writer: asyncio.StreamWriter) -> None:
    writer.write(b":hub 001 ana :Hi\r\n:hub 422 ana :no MOTD\r\n")
    await writer.drain()


@in_loop
async def test_a_server_that_acknowledges_nothing() -> None:
    async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await welcome(writer)
        while await reader.read(1000):
            pass

    async with server(swallow) as address:
        client = Client(address, nick="ana")
        async with client:
            with pytest.raises(NotAcknowledgedError):
                await client.send("bo", "hi", timeout=0.01)
            with pytest.raises(LocalProtocolError, match="nothing to say"):
                await client.send("bo", "\n")
            assert not await client.flush(timeout=0.01)
            left = await client.close(wait=0)
            assert [message.text for message in left] == ["hi"]
        with pytest.raises(ClosedError):
            client.say("bo", "x")


@in_loop
async def test_refusals_are_errors(tmp_path: Path) -> None:
    async with (
        running_hub(config(tmp_path)) as hub,
        Client(hub.addresses[0], nick="ana") as client,
    ):
        with pytest.raises(MessageRefusedError, match="nobody does not get the message"):
            await client.send("nobody", "hi")
        with pytest.raises(Error, match="no history of #elsewhere"):
            await client.history("#elsewhere")
        client.join("#net")
        await client.send("#net", "after the join")
        client.set_topic("#net", "tea")
        client.set_nick("zoe")
        await first(client, Event, old="ana", new="zoe")
        channel = client.channel("#net")
        assert channel is not None
        assert channel.topic == "tea"
        client.part("#net", "off")
        await first(client, Event, channel="#net", reason="off")
        assert client.channels() == []


@in_loop
async def test_who_waits_learns_of_the_end(tmp_path: Path) -> None:
    async with (
        running_hub(config(tmp_path)) as hub,
        Client(hub.addresses[0], nick="ana", timing=QUICK) as client,
    ):
        pass
    kinds = {type(event) async for event in client.events()}
    assert {Connected, Disconnected} <= kinds

    async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await welcome(writer)
        while await reader.read(1000):
            pass

    async with server(swallow) as address, Client(address, nick="ana") as client:
        sending = asyncio.create_task(client.send("bo", "hi"))
        await asyncio.sleep(0)
        await client.close(wait=0)
        with pytest.raises(MessageRefusedError, match="closed"):
            await sending


@in_loop
async def test_a_slow_reader_loses_the_oldest_and_is_told() -> None:
    mailbox = Mailbox(3)
    mailbox.put([ServerNotice(text=str(number)) for number in range(5)])
    mailbox.close()
    events = [event async for event in mailbox.events()]
    assert events[0] == EventsLost(count=2)
    assert [event.text for event in events[1:] if isinstance(event, ServerNotice)] == list("234")


@in_loop
async def test_a_reader_makes_the_writer_wait() -> None:
    mailbox = Mailbox(4)
    mailbox.put([CaughtUp(channel="#net", count=0)])
    reader = mailbox.events()
    await anext(reader)
    mailbox.put([CaughtUp(channel="#net", count=0)] * 3)
    waiting = asyncio.create_task(mailbox.has_room())
    await asyncio.sleep(0)
    assert not waiting.done()
    for _ in range(3):
        await anext(reader)
    pending = asyncio.ensure_future(anext(reader))
    await waiting
    pending.cancel()
