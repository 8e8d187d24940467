"""Draws the pictures of the terminal face in docs/: light and dark, and with its help.

Run it by `make pictures`; it needs Chromium, which turns Textual's SVG into PNG. What they show is
what the face showed, at a hub of its own.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

from playwright.async_api import async_playwright

from razem.hub.config import Config
from razem.hub.running import running_hub
from razem.talk import Client
from razem.talk.faces.screen.app import ChatApp

DOCS: Final = Path(__file__).resolve().parent.parent / "docs"
SIZE: Final = (116, 32)  # cells
PICTURES: Final = (
    ("terminal-dark.png", ()),
    ("terminal.png", ("ctrl+t",)),
)


async def talk(ana: Client, bo: Client, cleo: Client) -> None:
    """Let some people talk, while dana looks."""
    await bo.send("#lobby", "good morning! is the release out?")
    asked = await ana.send("#lobby", "in a minute, the tests are still running")
    bo.react("#lobby", asked, "☕")
    cleo.react("#lobby", asked, "☕")
    await ana.send("#lobby", "```\n5283 passed, 1 skipped in 14 min\n0 failed\n```")
    await cleo.send("#lobby", "great. what is left to do?", reply=asked)
    await ana.send("#lobby", "only the tag: `git tag -s v0.1.0 && git push --tags`")
    out = await bo.send("#lobby", "done, it is out: https://example.org/releases/0.1.0")
    for one in (ana, cleo):
        one.react("#lobby", out, "🎉")
    await bo.send("#lobby", "makes coffee", action=True)
    await cleo.send("#lobby", "dana: could you tell the others? Everybody waits for the notes")
    await ana.send("#kitchen", "Cake at four")
    await bo.send("#ops", "dana, the disk of the build machine is at 91 %")
    await ana.send("dana", "psst: cake in the kitchen")
    bo.tell_typing("#lobby", "active")


async def screens(folder: Path) -> list[Path]:
    """Return SVGs of what dana saw."""
    async with AsyncExitStack() as stack:
        hub = await stack.enter_async_context(
            running_hub(Config(listen="tcp://localhost:0", memory=True))
        )
        channels = ["#lobby", "#kitchen", "#ops"]
        people = [
            await stack.enter_async_context(
                Client(hub.addresses[0], nick=nick, channels=channels, rich=True)
            )
            for nick in ("dana", "ana", "bo", "cleo")
        ]
        dana, *others = people
        app = ChatApp(dana, "#lobby")
        files = []
        async with app.run_test(size=SIZE) as pilot:
            dana.set_topic("#lobby", "Release day · notes at https://example.org/notes")
            conversation = dana.conversation("#lobby")
            while conversation is None or not conversation.settled:
                await pilot.pause(0.05)
            await talk(*others)
            while "bo" not in (conversation.typing or ()):
                await pilot.pause(0.05)
            await pilot.press(*"on my way")
            await pilot.pause(0.5)
            for name, keys in PICTURES:
                await pilot.press(*keys)
                await pilot.pause(0.5)
                file = folder / f"{name}.svg"
                # Its fonts are not of this machine.
                svg = re.sub(r"@font-face \{.*?\}", "", app.export_screenshot(), flags=re.DOTALL)
                file.write_text(svg, encoding="utf-8")
                files.append(file)
            app.exit("")
        return files


async def main() -> None:
    """Draw all of them."""
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with tempfile.TemporaryDirectory() as directory:
        files = await screens(Path(directory))
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=arguments
            )
            page = await browser.new_page()
            for file in files:
                size = re.findall(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', file.read_text("utf-8"))[0]
                width, height = (int(float(number)) for number in size)
                await page.set_viewport_size({"width": width, "height": height})
                await page.goto(file.as_uri())
                await page.screenshot(path=DOCS / file.stem, omit_background=True)
            await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
