"""``razem chat`` at a terminal: the full screen, and what is needed before it comes up."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from razem.sockets.address import Address
    from razem.talk.client.driver import Client
    from razem.talk.faces.screen.app import ChatApp
    from razem.talk.faces.screen.keeping import Hub, Keeping

__all__ = ["Known", "calm_collector", "choose_hub", "open_screen", "trusted", "warm_up"]


class Known:
    """What the disk knows of the hub, and what is to be told of it.

    Attributes:
        notes: lines to be told when the chat begins.
    """

    def __init__(self, keeping: Keeping, address: Address) -> None:
        self.keeping = keeping
        self.hub: Hub = keeping.use(str(address), time.time())
        self.notes: list[str] = []


def calm_collector() -> None:
    """Look for garbage less often, and not among what is there now.

    Lines of a conversation come by the thousand and stay: to look through all of them while
    somebody scrolls would be seen.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 100)
    gc.enable()


async def warm_up() -> None:
    """Import the screen in a thread, while the connection is being made."""
    await asyncio.to_thread(__import__, "razem.talk.faces.screen.app")


async def trusted(known: Known, address: Address, given: str) -> str:
    """Return the fingerprint that a hub must show, "" for whoever is vouched for.

    That is the one `given` by its user or an invitation; else the one that it had at first sight,
    which is now, if it was never seen: then it is told.

    Raises:
        Error: it cannot be reached.
    """
    from razem.talk.faces.trust import is_vouched_for, see_fingerprint

    hub = known.hub
    if address.scheme != "tls":
        return ""
    if given:
        hub.fingerprint = given
    elif not hub.fingerprint and not await is_vouched_for(address):
        hub.fingerprint = await see_fingerprint(address)
        known.notes.append(
            f"This is the first time at {hub.address}. Its fingerprint is {hub.fingerprint};"
            " from now on it must be this one. Compare it with what `razem hub status` says there."
        )
    return hub.fingerprint


async def open_screen(client: Client, channel: str, known: Known, args: argparse.Namespace) -> str:
    """Chat on a full screen until the user leaves; return the reason given for it."""
    from razem.talk.client.core import Phase
    from razem.talk.client.errors import RegistrationError
    from razem.talk.faces.screen.app import ChatApp

    _ask_the_terminal()
    hub, keeping = known.hub, known.keeping
    for name in hub.channels:
        if client.conversation(name) is None and not args.channel:
            client.join(name)
    app = ChatApp(client, channel, keeping=keeping, hub=hub, notes=known.notes)
    try:
        with _ended_by_signals(app):
            reason = await app.run_async() or ""
        if client.phase is Phase.CLOSED and client.trouble:
            raise RegistrationError(f"{client.address} has shown us out: {client.trouble}.")
        return reason
    finally:
        hub.name = client.network
        hub.nick = client.nick
        hub.channels = [one.name for one in client.conversations() if one.is_channel]
        keeping.save()


@contextlib.contextmanager
def _ended_by_signals(app: ChatApp) -> Iterator[None]:
    """Let SIGTERM and a closed terminal end the chat with a goodbye, and the screen as it was."""
    loop = asyncio.get_running_loop()
    numbers = [signal.SIGTERM, signal.SIGHUP]
    for number in numbers:
        loop.add_signal_handler(number, app.exit, "")
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


async def choose_hub() -> str:
    """Let the user choose among the hubs of this network and recent ones; "": none."""
    from razem.talk.faces.nearby import Nearby
    from razem.talk.faces.screen.choosing import ChooseApp
    from razem.talk.faces.screen.keeping import Keeping, default_file

    _ask_the_terminal()
    async with Nearby() as nearby:
        return await ChooseApp(Keeping(default_file()), nearby).run_async() or ""


def _ask_the_terminal() -> None:
    """Let the terminal say how large it is.

    These variables, which shells and GNU readline set, are of another moment, or another terminal;
    Python and Textual believe them.
    """
    for name in ("COLUMNS", "LINES"):
        os.environ.pop(name, None)
