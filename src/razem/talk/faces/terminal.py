"""The plain face at a terminal: lines appear above the one that is being typed."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from prompt_toolkit import PromptSession
from prompt_toolkit.patch_stdout import patch_stdout

from razem.errors import Error
from razem.talk.client.core import Phase

from .intents import Leave, Tell, carry_out
from .printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from razem.talk.client.driver import Client

    from .plain import PlainFace

__all__ = ["run_terminal"]


async def run_terminal(client: Client, face: PlainFace, write: Callable[[str], None]) -> str:
    """Chat until the user ends it or the client is closed; return the reason given for leaving.

    Args:
        client: entered.
        face: what makes lines of events, and intents of lines.
        write: prints one line.
    """
    # What was typed is erased on Enter: it appears again where the hub has put it.
    session: PromptSession[str] = PromptSession(erase_when_done=True)
    with patch_stdout():
        typing = asyncio.create_task(_type(session, client, face, write))
        showing = asyncio.create_task(_show(session, client, face, write))
        with _ended_by_signals(typing):
            await asyncio.wait([typing, showing], return_when=asyncio.FIRST_COMPLETED)
        for task in (typing, showing):
            task.cancel()
        results = await asyncio.gather(typing, showing, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception):
            raise result
    return results[0] if isinstance(results[0], str) else ""


async def _show(
    session: PromptSession[str], client: Client, face: PlainFace, write: Callable[[str], None]
) -> None:
    async for event in client.events():
        for line in face.show(event, datetime.now(UTC)):
            write(line)
        session.app.invalidate()


async def _type(
    session: PromptSession[str], client: Client, face: PlainFace, write: Callable[[str], None]
) -> str:
    """Read lines until the end of them; return the reason given for leaving."""
    while True:
        try:
            line = await session.prompt_async(lambda: _prompt(client, face))
        except (EOFError, KeyboardInterrupt):
            return ""
        intent = face.typed(line)
        if isinstance(intent, Leave):
            return intent.reason
        if isinstance(intent, Tell):
            for text in intent.lines:
                write(text)
        elif intent is not None:
            try:
                events = carry_out(intent, client)
            except Error as error:
                write(f"!! {printable(str(error))}")
                continue
            for event in events:
                for text in face.show(event, datetime.now(UTC)):
                    write(text)


def _prompt(client: Client, face: PlainFace) -> str:
    """Return what stands before the typed line: where it goes, and what is not there yet."""
    waiting = len(client.unacknowledged)
    state = "" if client.phase is Phase.READY else "offline, "
    if waiting:
        state += f"{waiting} on the way, "
    where = printable(face.focus) or "no channel"
    return f"[{where}{': ' if state else ''}{state.removesuffix(', ')}] "


@contextlib.contextmanager
def _ended_by_signals(task: asyncio.Task[str]) -> Iterator[None]:
    """Let SIGTERM and a closed terminal end the chat as Ctrl-D does: with a goodbye."""
    loop = asyncio.get_running_loop()
    numbers = [signal.SIGTERM, signal.SIGHUP]
    for number in numbers:
        loop.add_signal_handler(number, task.cancel)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
