"""Draws the pictures of the page in docs/: on a desk and on a phone, light and dark.

Run it by `make pictures`; it needs Chromium. What they show is what the page showed.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from playwright.sync_api import expect, sync_playwright
from tests.hub.process import HubProcess

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page
    from tests.hub.process import Client

DOCS: Final = Path(__file__).resolve().parent.parent / "docs"
CAPS: Final = "message-tags echo-message labeled-response draft/multiline batch"
DESK: Final = (1180, 760)
PHONE: Final = (390, 780)
PATIENCE: Final = 20_000  # milliseconds
Scheme = Literal["light", "dark"]


class Speaker:
    """Somebody with an IRC client."""

    def __init__(self, hub: HubProcess, nick: str, *channels: str) -> None:
        self._client: Client = hub.person(nick, *channels, caps=CAPS)
        self._said = 0

    def say(self, text: str, target: str = "#lobby", **tags: str) -> str:
        """Say something; return its message id."""
        self._said += 1
        marks = ";".join([f"label={self._said}", *(f"+draft/{k}={v}" for k, v in tags.items())])
        self._client.say(f"@{marks} PRIVMSG {target} :{text}")
        while True:
            line = self._client.line()
            if line is None:
                raise ConnectionError("the hub has closed the connection")
            if line.tags.get("label") == str(self._said):
                return str(line.tags["msgid"])

    def react(self, reaction: str, message: str) -> None:
        """React to a message."""
        self._client.say(f"@+draft/react={reaction};+draft/reply={message} TAGMSG #lobby")

    def do(self, *lines: str) -> None:
        """Say lines of IRC."""
        self._client.say(*lines)


def talk(hub: HubProcess) -> list[Speaker]:
    """Let some people talk; they stay as long as they are kept."""
    ana = Speaker(hub, "ana", "#lobby", "#kitchen", "#ops")
    bo = Speaker(hub, "bo", "#lobby", "#kitchen", "#ops")
    cleo = Speaker(hub, "cleo", "#lobby", "#ops")
    bo.say("good morning! is the release out?")
    asked = ana.say("in a minute, the tests are still running")
    bo.react("☕", asked)
    cleo.react("☕", asked)
    ana.say("5283 passed, 1 skipped 🎉")
    cleo.say("great. what is left to do?", reply=asked)
    ana.say("only the tag: `git tag -s v0.1.0 && git push --tags`")
    out = bo.say("done, it is out: https://example.org/releases/0.1.0")
    for one in (ana, cleo):
        one.react("🎉", out)
    ana.react("❤", out)
    cleo.say("dana: could you tell the others?")
    ana.say("Cake at four", "#kitchen")
    bo.say("dana, the disk of the build machine is at 91 %", "#ops")
    bo.do("@+typing=active TAGMSG #lobby")
    return [ana, bo, cleo]


def open_page(browser: Browser, hub: HubProcess, size: tuple[int, int], scheme: Scheme) -> Page:
    """Come in as dana, and look at the lobby."""
    width, height = size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        reduced_motion="reduce",
        device_scale_factor=1.5 if size == PHONE else 1,
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(f"http://localhost:{hub.port}/")
    page.locator("#enter-form input[name=nick]").fill("dana")
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-phase", "ready")
    for channel in ("#kitchen", "#ops", "#lobby"):
        page.locator("#input").fill(f"/join {channel}")
        page.keyboard.press("Enter")
        expect(page.locator("#place")).to_have_text(channel)
    page.locator("#input").fill("/topic Release day · notes at https://example.org/notes")
    page.keyboard.press("Enter")
    expect(page.locator("#topic")).to_contain_text("Release day")
    return page


def main() -> None:
    """Draw all of them."""
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    path = shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        for name, size, scheme in PICTURES:
            with HubProcess("--memory") as hub:
                page = open_page(browser, hub, size, scheme)
                people = talk(hub)
                page.get_by_text("could you tell the others").wait_for()
                page.locator(".reaction").nth(2).wait_for(state="attached")
                expect(page.locator("#typing")).to_have_text("bo is typing…")
                page.screenshot(path=DOCS / name)
                page.context.close()
                people.clear()
        browser.close()


PICTURES: Final[list[tuple[str, tuple[int, int], Scheme]]] = [
    ("page.png", DESK, "light"),
    ("page-dark.png", DESK, "dark"),
    ("page-phone.png", PHONE, "light"),
    ("page-phone-dark.png", PHONE, "dark"),
]

if __name__ == "__main__":
    main()
