"""A client that asks for everything, against the hub itself."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import pytest

from razem.hub.config import Config
from razem.hub.running import running_hub
from razem.talk import Client
from razem.talk.client.errors import RegistrationError
from razem.talk.client.events import (
    AwayChanged,
    CaughtUp,
    Event,
    HistoryReceived,
    LoggedIn,
    MessageReceived,
    Missed,
    Reacted,
    ReadMarked,
    Redacted,
    TypingChanged,
)

from .loop import in_loop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

Kind = TypeVar("Kind", bound=Event)


class Watch:
    """Waits for events of a client, each looked at once."""

    def __init__(self, client: Client) -> None:
        self._events: AsyncIterator[Event] = client.events()

    async def sees(self, kind: type[Kind], **facts: object) -> Kind:
        async with asyncio.timeout(20):
            async for event in self._events:
                if isinstance(event, kind) and all(
                    getattr(event, name) == value for name, value in facts.items()
                ):
                    return event
        raise AssertionError


def config(tmp_path: Path) -> Config:
    return Config(listen=f"unix://{tmp_path}/hub", memory=True)


@in_loop
async def test_two_people_and_all_that_is_told(tmp_path: Path) -> None:
    async with running_hub(config(tmp_path)) as hub:
        where = hub.addresses[0]
        async with (
            Client(where, nick="ana", channels=["#net"], rich=True) as ana,
            Client(where, nick="bo", channels=["#net"], rich=True) as bo,
        ):
            eyes, other = Watch(ana), Watch(bo)
            await eyes.sees(CaughtUp, channel="#net")
            await other.sees(CaughtUp, channel="#net")
            msgid = await bo.send("#net", "for ana:\n\n```\ncode\n```")
            message = await eyes.sees(MessageReceived, sender="bo")
            assert message.text == "for ana:\n\n```\ncode\n```"
            assert (message.msgid, message.mention) == (msgid, True)

            bo.tell_typing("#net", "active")
            assert (await eyes.sees(TypingChanged)).active
            answer = await bo.send("#net", "a reply", reply=msgid)
            assert (await eyes.sees(MessageReceived, msgid=answer)).reply == msgid
            assert not (await eyes.sees(TypingChanged)).active

            ana.react("#net", msgid, "🎉")
            assert (await eyes.sees(Reacted)).own
            reacted = await other.sees(Reacted)
            assert (reacted.to, reacted.by, reacted.reaction) == (msgid, "ana", "🎉")

            bo.redact("#net", answer, "typo")
            assert (await eyes.sees(Redacted)).redacted == answer
            bo.command("AWAY", "lunch")
            assert (await eyes.sees(AwayChanged)).text == "lunch"
            channel = ana.channel("#net")
            assert channel is not None
            assert {m.nick: m.away for m in channel.members.values()} == {"ana": False, "bo": True}

            net = ana.conversation("#net")
            assert net is not None
            assert (net.unread, net.mentions) == (1, 1)
            ana.mark_read("#net")
            assert net.unread == 0

            found = await ana.search("cod", where="#net")
            assert [m.msgid for m in found] == [msgid]

            await ana.send("bo", "psst")
            assert (await other.sees(MessageReceived, conversation="ana")).text == "psst"
            ana.ask_history("#net", "older", limit=50)
            page = await eyes.sees(HistoryReceived, token="older")
            assert page.complete
            kinds = [type(line).__name__ for line in page.lines]
            assert "Reacted" in kinds
            assert kinds.count("MessageReceived") == 1  # the other one is redacted


@in_loop
async def test_an_account_has_its_talks_and_markers_everywhere(tmp_path: Path) -> None:
    async with running_hub(config(tmp_path)) as hub:
        where = hub.addresses[0]
        async with Client(where, nick="ana") as ana:
            ana.command("REGISTER", "*", "*", "correct horse")
            seen = Watch(ana)
            await seen.sees(LoggedIn, account="ana")
        login = partial(Client, where, nick="ana", account="ana", account_password="correct horse")
        async with Client(where, nick="bo", channels=["#net"]) as bo:
            async with login(channels=["#net"], rich=True) as ana:
                first = Watch(ana)
                await first.sees(CaughtUp, channel="#net")
                await bo.send("#net", "one")
                await first.sees(MessageReceived, text="one")
                ana.mark_read("#net")
                await bo.send("ana", "psst")
                async with login(rich=True) as desk:
                    second = Watch(desk)
                    await second.sees(MessageReceived, conversation="bo")
                    talk = desk.conversation("bo")
                    assert talk is not None
                    await first.sees(MessageReceived, conversation="bo")
                    ana.mark_read("bo")
                    await second.sees(ReadMarked, conversation="bo")
                    assert talk.unread == 0
            await bo.send("#net", "ana: two")
            async with login(channels=["#net"], rich=True) as ana:
                missed = await Watch(ana).sees(Missed)
                told = {one.conversation: one.mentions for one in missed.conversations}
                assert told == {"#net": 1}
                net = ana.conversation("#net")
                assert net is not None
                assert (net.unread, net.mentions) == (1, 1)
        with pytest.raises(RegistrationError, match="the log-in to ana failed"):
            async with Client(where, nick="x", account="ana", account_password="wrong"):
                pass
