"""Chromium, and people with a page of a hub before them."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)

from tests.hub.process import HubProcess

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENCE = 20_000  # milliseconds, for a busy machine
CHROMIUM = shutil.which("chromium")
# Its own services reach for the network, which tests have no business with.
ARGUMENTS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = pytest.mark.skipif(not CHROMIUM, reason="needs Debian's chromium")
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(missing)


@pytest.fixture(scope="module")  # its event loop is in the way of other tests
def browser() -> Iterator[Browser]:
    arguments = [*ARGUMENTS, "--no-sandbox"] if os.geteuid() == 0 else ARGUMENTS
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubProcess]:
    config = tmp_path / "razem.toml"
    config.write_text("memory = true\n[limits]\nflood = false\n", encoding="utf-8")
    with HubProcess("--config", str(config)) as process:
        yield process


class Person:
    """Somebody at the page: complains of errors that the page did not expect."""

    def __init__(self, context: BrowserContext, port: int) -> None:
        self.page: Page = context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._hear)
        self.address = f"http://localhost:{port}/"

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    def open(self, fragment: str = "") -> None:
        self.page.goto(self.address + fragment)

    def enter(self, nick: str, fragment: str = "") -> None:
        """Open the page, give a name, and come in."""
        self.open(fragment)
        self.page.locator("#enter-form input[name=nick]").fill(nick)
        self.page.keyboard.press("Enter")
        expect(self.page.locator("html")).to_have_attribute("data-phase", "ready")

    def say(self, text: str) -> None:
        self.page.locator("#input").fill(text)
        self.page.keyboard.press("Enter")

    def texts(self) -> list[str]:
        """What is shown of messages that the hub has."""
        return self.page.locator("#lines .line:not(.outgoing) .text").all_inner_texts()

    def sees(self, text: str) -> None:
        expect(self.page.locator("#lines")).to_contain_text(text)


class People:
    """Makes people, each with a browser of their own."""

    def __init__(self, browser: Browser, port: int) -> None:
        self._browser = browser
        self._port = port
        self._contexts: list[BrowserContext] = []
        self.all: list[Person] = []

    def person(self, nick: str = "", *, width: int = 1200, height: int = 780) -> Person:
        context = self._browser.new_context(
            viewport={"width": width, "height": height}, reduced_motion="reduce"
        )
        self._contexts.append(context)
        person = Person(context, self._port)
        self.all.append(person)
        if nick:
            person.enter(nick)
        return person

    def close(self) -> None:
        for context in self._contexts:
            context.close()


@pytest.fixture
def people(browser: Browser, hub: HubProcess) -> Iterator[People]:
    people = People(browser, hub.port)
    yield people
    errors = [error for person in people.all for error in person.errors]
    people.close()
    assert errors == []
