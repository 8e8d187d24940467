"""The plain face of a script: lines in, lines out."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime
from threading import BoundedSemaphore, Thread
from typing import TYPE_CHECKING, Final

import msgspec

from razem.errors import Error
from razem.talk.client.events import Disconnected, Event, MessageReceived, Refused
from razem.talk.irc.lines import LineSplitter

from .printable import printable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from razem.talk.client.driver import Client

    from .plain import PlainFace

__all__ = ["Pipe"]

_MAX_LINE: Final = 65536
_PIECE: Final = 65536
_PIECES: Final = 4  # read ahead
_IN_FLIGHT: Final = 200  # lines on the way before more of the input is read


class Pipe:
    """Says each line of the input in a channel, and prints each message as a line.

    Args:
        client: entered.
        face: what makes lines of events; its focus is where the input is said.
        write: prints one line of output.
        complain: prints one line about what did not work.
        as_json: print every event as one line of JSON instead.

    Attributes:
        failed: a line was refused, or could not be said.
    """

    def __init__(
        self,
        client: Client,
        face: PlainFace,
        write: Callable[[str], None],
        complain: Callable[[str], None],
        *,
        as_json: bool,
    ) -> None:
        self.failed = False
        self._client = client
        self._face = face
        self._channel = face.focus
        self._write = write
        self._complain = complain
        self._as_json = as_json

    async def run(self, descriptor: int, *, follow: bool, patience: float) -> None:
        """Say the lines of a file descriptor; then wait until they are acknowledged, or go on.

        Args:
            descriptor: of the input, which is read to its end.
            follow: go on printing after the end of the input, until the client is closed.
            patience: seconds to wait at the end for what is not acknowledged.
        """
        saying = asyncio.create_task(self._say_all(descriptor, patience, follow=follow))
        showing = asyncio.create_task(self._show())
        try:
            await asyncio.wait([saying, showing], return_when=asyncio.FIRST_COMPLETED)
            if follow and not showing.done():
                await showing
            await asyncio.sleep(0)  # what has been received is shown before the end
        finally:
            for task in (saying, showing):
                task.cancel()
            results = await asyncio.gather(saying, showing, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result

    async def _say_all(self, descriptor: int, patience: float, *, follow: bool) -> None:
        async for line in read_lines(descriptor):
            if line is None:
                self._fail(f"a line of more than {_MAX_LINE} bytes was left out")
                continue
            await self._client.flush(below=_IN_FLIGHT)
            try:
                self._client.say(self._channel, line.decode(errors="replace"))
            except Error as error:
                self._fail(str(error))
        if not follow:
            await self._client.flush(timeout=patience)

    async def _show(self) -> None:
        async for event in self._client.events():
            self._show_one(event)

    def _show_one(self, event: Event) -> None:
        if isinstance(event, Refused):
            self.failed = True
        if self._as_json:
            self._write(msgspec.json.encode(event).decode())
            return
        lines = self._face.show(event, datetime.now(UTC))
        if isinstance(event, MessageReceived):
            self._write(lines[-1])  # without the day
        elif isinstance(event, Disconnected) or any("!! " in line for line in lines):
            for line in lines:
                self._complain(line)

    def _fail(self, reason: str) -> None:
        self.failed = True
        self._complain(f"!! {printable(reason)}")


async def read_lines(descriptor: int) -> AsyncIterator[bytes | None]:
    """Give the lines of a file descriptor of any kind; None for one that is too long.

    A thread reads, since not every kind can be waited for in an event loop; it is left alone
    when nobody wants its lines any more.
    """
    loop = asyncio.get_running_loop()
    pieces: asyncio.Queue[bytes] = asyncio.Queue()
    room = BoundedSemaphore(_PIECES)

    def read() -> None:
        piece = b"-"
        while piece:
            room.acquire()
            try:
                piece = os.read(descriptor, _PIECE)
            except OSError:
                piece = b""  # a terminal that is gone: there is no more
            try:
                loop.call_soon_threadsafe(pieces.put_nowait, piece)
            except RuntimeError:
                return  # the loop is closed

    Thread(target=read, name="razem-input", daemon=True).start()
    splitter = LineSplitter(_MAX_LINE)
    while piece := await pieces.get():
        room.release()
        for line in splitter.receive(piece):
            yield line
    for line in splitter.receive(b"\n"):
        yield line
