"""The full screen, with keys and a terminal that are not there, at a real hub."""

from __future__ import annotations

import asyncio
import re
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC
from typing import TYPE_CHECKING

import pytest

from razem.hub.config import Config
from razem.hub.running import running_hub
from razem.talk import Client
from razem.talk.client.settings import Timing
from razem.talk.faces.screen.app import ChatApp
from razem.talk.faces.screen.dialogs import HelpScreen, PickScreen, SearchScreen
from razem.talk.faces.screen.keeping import Keeping
from razem.talk.settings import Limits
from tests.talk.client.loop import in_loop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from textual.pilot import Pilot

    from razem.sockets.address import Address

QUICK = Timing(first_retry=0.05, last_retry=0.1)


def config(tmp_path: Path) -> Config:
    return Config(
        listen=f"unix://{tmp_path}/hub",
        data=str(tmp_path / "data"),
        durability="none",
        limits=Limits(flood=False),
    )


class Screen:
    """A face that is being used: what it shows, as text."""

    def __init__(self, app: ChatApp, pilot: Pilot[str]) -> None:
        self.app = app
        self.pilot = pilot

    def lines(self) -> list[str]:
        """Return the lines of the list of messages, without what is empty."""
        messages = self.app.messages
        drawn = (messages.render_line(y).text.rstrip() for y in range(messages.size.height))
        return [line for line in drawn if line]

    def part(self, name: str) -> str:
        """Return the text of another part."""
        widget = self.app.query_one(f"#{name}")
        size = widget.size
        return "\n".join(widget.render_line(y).text.rstrip() for y in range(size.height))

    async def until(self, condition: Callable[[], object], what: str) -> None:
        """Wait for something that the hub and the face do in their own time."""
        try:
            async with asyncio.timeout(20):
                while not condition():
                    await self.pilot.pause(0.02)
        except TimeoutError:
            pytest.fail(f"there was no {what} in\n" + "\n".join(self.lines()))

    async def sees(self, text: str) -> None:
        await self.until(lambda: any(text in line for line in self.lines()), text)

    async def misses(self, text: str) -> None:
        await self.until(lambda: not any(text in line for line in self.lines()), f"end of {text}")

    async def type(self, text: str, *keys: str) -> None:
        self.app.composer.insert(text)
        await self.pilot.press(*keys)


@asynccontextmanager
async def face(
    where: Address,
    nick: str = "ana",
    *channels: str,
    size: tuple[int, int] = (120, 36),
    keeping: Keeping | None = None,
) -> AsyncIterator[tuple[Screen, Client]]:
    channels = channels or ("#net",)
    async with Client(where, nick=nick, channels=channels, rich=True, timing=QUICK) as client:
        hub = keeping.use("here", 1.0) if keeping is not None else None
        app = ChatApp(client, channels[0], zone=UTC, keeping=keeping, hub=hub)
        async with app.run_test(size=size) as pilot:
            screen = Screen(app, pilot)
            await screen.until(lambda: client.channel(channels[0]), "channel")
            yield screen, client
        await client.close(wait=1)


@in_loop
async def test_what_is_said_is_shown_in_columns(tmp_path: Path) -> None:
    async with (
        running_hub(config(tmp_path)) as hub,
        Client(hub.addresses[0], nick="bo", channels=["#net"]) as bo,
        face(hub.addresses[0]) as (screen, _),
    ):
        await bo.send("#net", "good morning \x1b[2J\u202e漢字 e\u0301")
        await screen.sees("good morning ␛[2J<U+202E>漢字 e\u0301")
        await screen.type("hello :tada:", "enter")
        await screen.sees("hello 🎉")
        rules = {line.index("│") for line in screen.lines() if "│" in line}
        assert len(rules) == 1  # the columns stand one below the other
        assert any(line.lstrip().startswith("─") and "Today" in line for line in screen.lines())


@in_loop
async def test_several_lines_and_code(tmp_path: Path) -> None:
    async with (
        running_hub(config(tmp_path)) as hub,
        Client(hub.addresses[0], nick="bo", channels=["#net"], rich=True) as bo,
        face(hub.addresses[0]) as (screen, _),
    ):
        await screen.pilot.press("a", "ctrl+j", "b", "alt+enter", "c")
        assert screen.app.composer.text == "a\nb\nc"
        await screen.pilot.press("enter")
        await screen.sees("│ c")
        (message,) = await bo.history("#net")
        assert message.text == "a\nb\nc"


@in_loop
async def test_unread_mentions_and_the_way_there(tmp_path: Path) -> None:
    async with (
        running_hub(config(tmp_path)) as hub,
        Client(hub.addresses[0], nick="bo", channels=["#net", "#web"]) as bo,
        face(hub.addresses[0], "ana", "#net", "#web") as (screen, client),
    ):
        web = client.conversation("#web")
        assert web is not None
        await screen.until(lambda: web.settled, "end of the catch-up")
        await bo.send("#web", "one")
        await bo.send("#web", "ana: two")
        await bo.send("ana", "psst")
        await screen.until(lambda: re.search(r"@ bo +1", screen.part("channels")), "talk")
        listed = screen.part("channels")
        assert [line.split() for line in listed.splitlines() if line.split()] == [
            ["Channels"],
            ["▎", "#", "net"],
            ["#", "web", "1"],
            ["People"],
            ["@", "bo", "1"],
        ]
        await screen.pilot.press("alt+shift+down")
        await screen.sees("ana: two")
        assert any("New" in line for line in screen.lines())
        await screen.until(lambda: not web.unread, "mark")
        await screen.pilot.press("escape")
        await screen.misses(" New ")


@in_loop
async def test_reply_react_remove_by_keyboard(tmp_path: Path) -> None:
    async with (
        running_hub(config(tmp_path)) as hub,
        Client(hub.addresses[0], nick="bo", channels=["#net"], rich=True) as bo,
        face(hub.addresses[0]) as (screen, _),
    ):
        msgid = await bo.send("#net", "cake?")
        await screen.sees("cake?")
        await screen.pilot.press("up", "4")  # the fourth reaction
        await screen.sees("🎉 1")
        bo.react("#net", msgid, "🎉")
        await screen.sees("🎉 2")
        await screen.pilot.press("4")
        await screen.sees("🎉 1")
        await screen.pilot.press("r")
        assert "bo cake?" in screen.part("replying")
        await screen.type("yes", "enter")
        await screen.sees("╭╴bo cake?")
        page = await bo.history("#net")
        assert page[-1].reply == msgid
        await screen.pilot.press("up", "d")
        await screen.sees("This message was removed.")


@in_loop
async def test_who_is_typing_and_who_is_there(tmp_path: Path) -> None:
    async with (
        running_hub(config(tmp_path)) as hub,
        face(hub.addresses[0]) as (screen, client),
        Client(hub.addresses[0], nick="bo", channels=["#net"], rich=True) as bo,
    ):
        await screen.sees("bo came in")
        bo.tell_typing("#net", "active")
        await screen.until(lambda: "bo is typing…" in screen.part("typing"), "typing")
        assert screen.part("people-head") == "2 members\n"
        assert [line.split() for line in screen.part("members").splitlines()[:2]] == [
            ["@", "ana"],
            ["bo"],
        ]
        client.set_topic("#net", "cake \x1b[31m day")
        await screen.until(lambda: "cake ␛[31m day" in screen.part("head"), "topic")


@in_loop
async def test_completion(tmp_path: Path) -> None:
    async with (
        running_hub(config(tmp_path)) as hub,
        Client(hub.addresses[0], nick="borodin", channels=["#net"]),
        face(hub.addresses[0]) as (screen, client),
    ):
        channel = client.channel("#net")
        assert channel is not None
        await screen.until(lambda: "borodin" in channel.members, "borodin")
        await screen.pilot.press("b", "o", "tab")
        assert screen.app.composer.text == "borodin: "
        screen.app.composer.put("")
        await screen.pilot.press("slash", "t")
        await screen.until(lambda: "/topic [text]" in screen.part("offers"), "offer")
        await screen.pilot.press("tab")
        assert screen.app.composer.text == "/topic "
        screen.app.composer.put("")
        await screen.pilot.press(*":roc", "tab")
        assert screen.app.composer.text == "🚀 "


@in_loop
async def test_history_comes_by_scrolling_up_and_the_place_is_kept(tmp_path: Path) -> None:
    async with running_hub(config(tmp_path)) as hub:
        async with Client(hub.addresses[0], nick="bo", channels=["#net"]) as bo:
            for number in range(300):
                bo.say("#net", f"line {number} " + "word " * (number % 40))
            assert await bo.flush(timeout=20)
        async with face(hub.addresses[0]) as (screen, _):
            await screen.sees("line 299")
            view = screen.app.view
            assert not view.complete
            messages = screen.app.messages
            await screen.until(lambda: messages.is_exact, "measures")
            messages.action_top()
            before = view.lines[0].text
            await screen.until(lambda: len(view.lines) > 60, "older lines")
            await screen.sees(before.strip()[:20])  # what was seen at the top is still seen
            for _ in range(12):
                messages.action_top()
                await screen.pilot.pause(0.05)
            await screen.until(lambda: view.complete, "beginning")
            messages.action_top()
            await screen.sees("This is the beginning of #net.")
            numbers = [int(line.text.split()[1]) for line in view.lines if line.is_said]
            assert numbers == list(range(300))
            assert "newest" in screen.part("jump")
            await screen.pilot.press("escape")
            await screen.sees("line 299")


@in_loop
async def test_search_reveals(tmp_path: Path) -> None:
    async with (
        running_hub(config(tmp_path)) as hub,
        Client(hub.addresses[0], nick="bo", channels=["#net"]) as bo,
        face(hub.addresses[0]) as (screen, _),
    ):
        for number in range(60):
            await bo.send("#net", f"needle {number}" if number == 7 else f"hay {number}")
        await screen.sees("hay 59")
        await screen.pilot.press("ctrl+f")
        assert isinstance(screen.app.screen, SearchScreen)
        await screen.pilot.press(*"needl", "enter")
        found = screen.app.screen
        await screen.until(lambda: found.hits, "hit")
        await screen.pilot.press("enter")
        await screen.sees("needle 7")
        assert screen.app.messages.selected is not None


@in_loop
async def test_drafts_are_kept(tmp_path: Path) -> None:
    file = tmp_path / "chat.json"
    async with running_hub(config(tmp_path)) as hub:
        async with face(hub.addresses[0], "ana", "#net", "#web", keeping=Keeping(file)) as (
            screen,
            client,
        ):
            await screen.until(lambda: client.channel("#web"), "channel")
            await screen.type("half a line")
            await screen.pilot.press("alt+down")
            assert screen.app.composer.text == ""
            await screen.pilot.press("alt+up")
            assert screen.app.composer.text == "half a line"
            await screen.pilot.press("ctrl+d")  # nothing: there is no character to delete
            assert screen.app.composer.text == "half a line"
            await screen.pilot.press("ctrl+q")
            keeping = screen.app._keeping
            assert keeping is not None
            keeping.save()
        assert file.stat().st_mode & 0o077 == 0
        async with face(hub.addresses[0], keeping=Keeping(file)) as (screen, _):
            assert screen.app.composer.text == "half a line"


@in_loop
async def test_trouble_is_told_and_what_was_written_is_sent_later(tmp_path: Path) -> None:
    async with AsyncExitStack() as first:
        hub = await first.enter_async_context(running_hub(config(tmp_path)))
        address = hub.addresses[0]
        async with face(address) as (screen, ana):
            await screen.type("before", "enter")
            await screen.sees("before")
            await first.aclose()
            await screen.until(lambda: "no connection" in screen.part("status-left"), "trouble")
            assert "what you write is sent then" in " ".join(screen.part("trouble").split())
            await screen.type("meanwhile", "enter")
            await screen.sees("meanwhile  ◌ waits to be sent")
            async with running_hub(config(tmp_path)):
                await screen.until(lambda: not ana.unacknowledged, "acknowledgement")
                await screen.misses("waits to be sent")
                said = [line.text for line in screen.app.view.lines if line.is_said]
                assert said == ["before", "meanwhile"]
                await screen.until(lambda: "● connected" in screen.part("status-left"), "status")
                assert screen.part("trouble") == ""


@in_loop
async def test_a_refused_message_says_why_and_can_be_edited(tmp_path: Path) -> None:
    async with (
        running_hub(config(tmp_path)) as hub,
        Client(hub.addresses[0], nick="bo", channels=["#net"]) as bo,
    ):
        bo.command("MODE", "#net", "+m")
        async with face(hub.addresses[0]) as (screen, _):
            await screen.type("may I?", "enter")
            await screen.sees("✗ not sent:")
            await screen.pilot.press("up", "e")
            assert screen.app.composer.text == "may I?"
            await screen.misses("✗ not sent:")


@in_loop
async def test_commands_and_dialogs(tmp_path: Path) -> None:
    async with running_hub(config(tmp_path)) as hub, face(hub.addresses[0]) as (screen, client):
        await screen.type("/frob", "enter")
        await screen.sees("there is no command /frob")
        await screen.type("/join web", "enter")
        await screen.until(lambda: client.channel("#web"), "channel")
        assert screen.app.view.name == "#web"
        await screen.type("/topic bread", "enter")
        await screen.sees("ana set the topic: bread")
        await screen.type("/names", "enter")
        await screen.sees("in #web (1): @ana")
        await screen.type("/msg cy hi", "enter")
        await screen.sees("✗ not sent")
        assert screen.app.view.name == "cy"
        await screen.type("/close", "enter")
        await screen.until(lambda: screen.app.view.name != "cy", "other view")
        await screen.pilot.press("ctrl+k", *"web", "enter")
        assert screen.app.view.name == "#web"
        await screen.pilot.press("f1")
        assert isinstance(screen.app.screen, HelpScreen)
        await screen.pilot.press("escape")
        await screen.type("/settings", "enter")
        await screen.pilot.pause()
        assert isinstance(screen.app.screen, PickScreen)
        await screen.pilot.press("down", "enter")
        await screen.pilot.pause()
        assert screen.app.theme == "razem-light"
        await screen.type("/nick anna", "enter")
        await screen.until(lambda: client.nick == "anna", "nick")
        await screen.type("/quit good night", "enter")
        await screen.pilot.pause()
    assert screen.app.return_value == "good night"


@in_loop
async def test_the_mouse(tmp_path: Path) -> None:
    async with (
        running_hub(config(tmp_path)) as hub,
        Client(hub.addresses[0], nick="bo", channels=["#net"]) as bo,
        face(hub.addresses[0], "ana", "#net", "#web") as (screen, client),
    ):
        await screen.until(lambda: client.channel("#web"), "channel")
        await bo.send("#net", "see #cake")
        await screen.sees("see #cake")
        await screen.pilot.click("#channels", offset=(6, 2))
        assert screen.app.view.name == "#web"
        await screen.pilot.click("#channels", offset=(6, 1))
        assert screen.app.view.name == "#net"
        row = screen.app.messages.size.height - 1
        line = screen.app.messages.render_line(row).text
        assert "#cake" in line
        await screen.pilot.click("#messages", offset=(line.index("#cake") + 1, row))
        assert screen.app.view.name == "#cake"


@in_loop
async def test_a_small_window_leaves_parts_out(tmp_path: Path) -> None:
    async with (
        running_hub(config(tmp_path)) as hub,
        face(hub.addresses[0], size=(50, 16)) as (screen, _),
    ):
        await screen.type("a text that is longer than the window is wide by far", "enter")
        await screen.sees("a text that is longer")
        assert screen.app.query_one("#side").region.width == 0
        assert screen.app.query_one("#people").region.width == 0
        await screen.pilot.press("f2")
        await screen.pilot.pause()
        assert screen.app.query_one("#side").region.width == 18
        await screen.pilot.resize_terminal(130, 30)
        await screen.pilot.pause()
        assert screen.app.query_one("#people").region.width == 22
        await screen.sees("longer than the window is wide by far")


@in_loop
async def test_no_name_or_text_is_taken_for_markup(tmp_path: Path) -> None:
    nick, channel, text = "[red]", "#[/b]", "[/] [link=x] [bold]y {{z}} $d \\[a]"
    async with (
        running_hub(config(tmp_path)) as hub,
        Client(hub.addresses[0], nick=nick, channels=[channel], rich=True) as bo,
        face(hub.addresses[0], "ana", channel) as (screen, client),
    ):
        await screen.until(lambda: nick in screen.part("members"), "member")
        bo.set_topic(channel, text)
        bo.tell_typing(channel, "active")
        await screen.until(lambda: f"{nick} is typing" in screen.part("typing"), "typing")
        msgid = await bo.send(channel, text)
        await screen.sees(text)
        client.react(channel, msgid, "[/]")
        await screen.sees("[/] 1")
        await bo.send("ana", "psst")
        await screen.until(lambda: nick in screen.part("channels"), "talk")
        await screen.pilot.press("up", "r")
        assert text in screen.part("replying")
        await screen.pilot.press("escape", "[", "tab")
        assert screen.app.composer.text == f"{nick}: "
        screen.app.composer.put("")
        await screen.pilot.press("ctrl+k", "[")
        await screen.pilot.pause()
        await screen.pilot.press("escape", "ctrl+f", *"bold", "enter")
        search = screen.app.screen
        assert isinstance(search, SearchScreen)
        await screen.until(lambda: search.hits, "hit")
        await screen.pilot.press("escape", "f1", "escape")
        assert text in screen.part("head")
