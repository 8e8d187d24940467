"""`razem.talk.Client`: the chat client for asyncio, a loop around `ChatClient`."""

from __future__ import annotations

import asyncio
import math
import random
import secrets
from typing import TYPE_CHECKING, Self

from razem.errors import Error, LocalProtocolError
from razem.sockets.aio.connecting import connect
from razem.sockets.tls_config import Tls

from .calls import Calls
from .core import ChatClient, Phase
from .errors import MessageRefusedError, NotAcknowledgedError, RegistrationError
from .events import (
    Acknowledged,
    Connected,
    Disconnected,
    Event,
    Found,
    HistoryReceived,
    MessageReceived,
    Refused,
)
from .mailbox import Mailbox
from .place import find_place
from .settings import Identity, Limits, Timing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable
    from types import TracebackType

    from razem.sockets.address import Address
    from razem.sockets.aio.stream import Stream

    from .outgoing import Outgoing

__all__ = ["Client"]

_GOODBYE_SECONDS = 2.0


class Client(Calls):
    """A chat client that stays connected: nothing is missing, nothing doubled.

    ::

        async with Client("localhost", nick="bot", channels=["#net"]) as client:
            await client.send("#net", "good morning")
            async for event in client.events():
                ...

    The block is entered when the server has welcomed us; the first attempt must succeed.
    Afterwards a lost connection is made again, for ever, and what was missed is told as if it
    had just happened (with `MessageReceived.history`).

    Args:
        address: of the hub: ``host``, ``host:port``, or ``razem://``, ``tcp://``, ``tls://`` or
            ``unix:`` addresses. The channel that it names is joined. The key of an invitation
            lets us in, and says which certificate the hub has.
        nick: the nick we want.
        channels: channels to join; ``"#name key"`` for one with a key.
        password: of the hub; "": that of the invitation, if the address has one.
        tls: which certificate of a hub to trust, and which to show; None: that of the invitation,
            else one that the system's authorities vouch for.
        account: to log in to, by its password (SASL PLAIN).
        screenful: messages to tell of a channel that is seen for the first time.
        rich: ask for all that a face shows: private talks with their history, read markers,
            what was missed, who is away, messages of several lines.
        connect_timeout: seconds for one attempt to connect.
        max_events: events kept for the reader of `events`; beyond, the oldest are dropped.

    Raises:
        AddressError, LocalProtocolError: by the constructor, for what cannot be.
        Error: on entering, when the server cannot be reached.
        RegistrationError: on entering, when it does not let us in.
    """

    def __init__(  # noqa: PLR0913 - all by name, two are required
        self,
        address: str | Address,
        *,
        nick: str,
        channels: Iterable[str] = (),
        password: str = "",
        tls: Tls | None = None,
        user: str = "",
        realname: str = "",
        account: str = "",
        account_password: str = "",
        screenful: int = 50,
        rich: bool = False,
        connect_timeout: float = 10.0,
        max_events: int = 10_000,
        limits: Limits | None = None,
        timing: Timing | None = None,
    ) -> None:
        place = find_place(address, secure=tls is not None)
        self.address = place.address
        self._tls = tls or (Tls(fingerprint=place.fingerprint) if place.fingerprint else None)
        self._core = ChatClient(
            Identity(
                nick,
                user=user,
                realname=realname,
                password=password or place.password,
                account=account,
                account_password=account_password,
            ),
            channels=[*([place.channel] if place.channel else []), *channels],
            new_id=lambda: secrets.token_urlsafe(16),
            jitter=random.random,
            screenful=screenful,
            limits=limits,
            timing=timing,
            rich=rich,
        )
        self._connect_timeout = connect_timeout
        self._mailbox = Mailbox(max_events)
        self._wake = asyncio.Event()  # there may be something to send, or a new deadline
        self._resolved = asyncio.Event()  # one of our messages was acknowledged or refused
        self._messages: dict[str, asyncio.Future[Event]] = {}  # by id: who waits for it
        self._questions: dict[str, asyncio.Future[Event]] = {}  # by token
        self._asked = 0
        self._reason = ""  # why the connection was lost last
        self._welcome: asyncio.Future[None] | None = None
        self._task: asyncio.Task[None] | None = None

    # ---- what one can do

    async def send(
        self,
        target: str,
        text: str,
        *,
        action: bool = False,
        reply: str = "",
        timeout: float | None = 60.0,
    ) -> str:
        """Say something and wait until it is acknowledged; return the msgid it got.

        Text that takes several messages is acknowledged when all are; the msgid is then that of
        the last one. It is "" from a server that gives none.

        Args:
            target: a channel or a nick.
            text: one line or several.
            action: say it as a /me.
            reply: the msgid of the message that this answers.
            timeout: seconds; None to wait for as long as it takes.

        Raises:
            MessageRefusedError: the server will not deliver it.
            NotAcknowledgedError: it was not acknowledged in time; it may still be.
            LimitError: too many messages wait already.
            LocalProtocolError: the target cannot be one, or there is no text.
            ClosedError: the client is closed.
        """
        messages = self.say(target, text, action=action, reply=reply)
        if not messages:
            raise LocalProtocolError("there is nothing to say.", advice="Send some text.")
        futures = [self._wait_for(self._messages, message.id) for message in messages]
        self._mailbox.hurry()
        try:
            async with asyncio.timeout(timeout):
                events = await asyncio.gather(*futures)
        except TimeoutError as error:
            raise NotAcknowledgedError(
                f"{target} has not acknowledged the message within {timeout:g} s.",
                advice="It is sent again when the connection is back.",
            ) from error
        finally:
            for message in messages:
                self._messages.pop(message.id, None)
        for event in events:
            if isinstance(event, Refused):
                raise MessageRefusedError(event.target, event.reason)
        return messages[-1].msgid

    async def flush(self, *, below: int = 1, timeout: float | None = None) -> bool:
        """Wait until fewer than `below` messages are unacknowledged; False when time is up."""
        try:
            async with asyncio.timeout(timeout):
                while len(self._core.unacknowledged) >= below and self.phase is not Phase.CLOSED:
                    self._resolved.clear()
                    await self._resolved.wait()
        except TimeoutError:
            return False
        return len(self._core.unacknowledged) < below

    async def history(
        self, target: str, *, before: str = "", limit: int = 100
    ) -> tuple[MessageReceived, ...]:
        """Return messages of the past, the oldest first: the latest, or those before a msgid.

        Raises:
            LocalProtocolError: there is no connection, or the server keeps no history.
            Error: the server refused, or the connection was lost meanwhile.
        """
        event = await self._ask(
            lambda token: self._core.ask_history(
                target, token, self._now(), before=before, limit=limit
            )
        )
        if not isinstance(event, HistoryReceived) or event.refused:
            why = event.refused if isinstance(event, HistoryReceived) else "it is closed"
            raise Error(f"there is no history of {target}: {why.rstrip('.')}.")
        return event.messages

    def events(self) -> AsyncIterator[Event]:
        """Give the events since the beginning as they come, until the client is closed.

        One reader at a time. A reader that is slow slows down the reading from the network.
        """
        return self._mailbox.events()

    async def search(
        self, text: str, *, where: str = "", sender: str = ""
    ) -> tuple[MessageReceived, ...]:
        """Return messages that have all the words of a text, the oldest first.

        Args:
            text: words, each the beginning of one; in double quotes they stand together.
            where: only in this channel, or the talk with this nick.
            sender: only what this nick has said.

        Raises:
            LocalProtocolError: there is no connection, or the server has no search.
            Error: the server refused, or the connection was lost meanwhile.
        """
        event = await self._ask(
            lambda token: self._core.search(text, token, where=where, sender=sender)
        )
        if not isinstance(event, Found) or event.refused:
            why = event.refused if isinstance(event, Found) else "it is closed"
            raise Error(f"nothing can be found: {why.rstrip('.')}.")
        return event.messages

    async def _ask(self, ask: Callable[[str], None]) -> Event:
        """Ask with a token of its own, and wait for the answer."""
        self._asked += 1
        token = str(self._asked)
        future = self._wait_for(self._questions, token)
        try:
            ask(token)
            self._wake.set()
            self._mailbox.hurry()
            return await future
        finally:
            self._questions.pop(token, None)

    # ---- the life of it

    async def __aenter__(self) -> Self:
        """Connect and register."""
        self._welcome = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._run())
        try:
            await self._welcome
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        """Close, after what we said was acknowledged, unless an error ends the block."""
        await self.close(wait=5.0 if kind is None else 0.0)

    async def close(self, *, wait: float = 5.0, reason: str = "") -> list[Outgoing]:
        """Leave; return the messages that were not acknowledged within `wait` seconds."""
        if wait > 0:
            await self.flush(timeout=wait)
        left = self._core.unacknowledged
        self._core.quit(reason)
        self._wake.set()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=_GOODBYE_SECONDS)
        await self._stop()
        return left

    async def _stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._core.quit()
        self._publish(self._core.lost("closed", self._now()))
        self._finish()

    async def _run(self) -> None:
        """Connect, carry bytes, and connect again, until the core is closed."""
        try:
            while self._core.phase is not Phase.CLOSED:
                await self._sleep(until=self._core.retry_at)
                if self._core.phase is Phase.WAITING and self._core.retry_at <= self._now():
                    await self._connect_once()
        finally:
            self._finish()

    async def _connect_once(self) -> None:
        try:
            stream = await connect(self.address, timeout=self._connect_timeout, tls=self._tls)
        except Error as error:
            self._publish(self._core.lost(error.message, self._now()))
            self._fail(error)
            return
        async with stream:
            self._core.connected(self._now())
            reason = await self._carry(stream)
        if self._core.is_open:
            self._publish(self._core.lost(reason, self._now()))
        why = (self._core.failure or self._reason).rstrip(".")
        self._fail(RegistrationError(f"{self.address} does not let us in: {why}."))

    async def _carry(self, stream: Stream) -> str:
        """Carry bytes and time until the connection is over; return why."""
        tasks = [asyncio.create_task(work) for work in (self._read(stream), self._write(stream))]
        tasks.append(asyncio.create_task(self._tick()))
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            error = task.exception()
            if isinstance(error, Error):
                return error.message
            if error is not None:
                raise error
        return "the server has closed the connection"

    async def _read(self, stream: Stream) -> None:
        while self._core.is_open:
            if not self._messages and not self._questions:
                await self._mailbox.has_room()
            data = await stream.receive()
            if not data:
                return
            self._publish(self._core.receive(data, self._now()))
            self._wake.set()

    async def _write(self, stream: Stream) -> None:
        while self._core.is_open:
            self._wake.clear()
            data = b"".join(self._core.to_send())
            if data:
                await stream.send(data)
            else:
                await self._wake.wait()

    async def _tick(self) -> None:
        while self._core.is_open:
            # Deadlines also come nearer, with what is asked: look at least once a second.
            deadline = min(self._core.next_deadline(), self._now() + 1.0)
            await asyncio.sleep(max(deadline - self._now(), 0.01))
            self._publish(self._core.expire(self._now()))
            self._wake.set()

    async def _sleep(self, *, until: float) -> None:
        """Sleep, or until there is something new."""
        self._wake.clear()
        try:
            async with asyncio.timeout(max(until - self._now(), 0.0) if until > -math.inf else 0.0):
                await self._wake.wait()
        except TimeoutError:
            pass

    def _hurry(self) -> None:
        self._wake.set()

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def _publish(self, events: list[Event]) -> None:
        for event in events:
            match event:
                case Acknowledged() | Refused():
                    self._resolve(self._messages, event.id, event)
                    self._resolved.set()
                case HistoryReceived() | Found():
                    self._resolve(self._questions, event.token, event)
                case Connected():
                    if self._welcome is not None and not self._welcome.done():
                        self._welcome.set_result(None)
                case Disconnected():
                    self._reason = event.reason
        self._mailbox.put(events)

    def _wait_for(
        self, waiting: dict[str, asyncio.Future[Event]], name: str
    ) -> asyncio.Future[Event]:
        future = waiting[name] = asyncio.get_running_loop().create_future()
        return future

    @staticmethod
    def _resolve(waiting: dict[str, asyncio.Future[Event]], name: str, event: Event) -> None:
        future = waiting.pop(name, None)
        if future is not None and not future.done():
            future.set_result(event)

    def _fail(self, error: Error) -> None:
        """End the first attempt without success; later ones are repeated."""
        if self._welcome is not None and not self._welcome.done():
            self._welcome.set_exception(error)
            self._core.quit()

    def _finish(self) -> None:
        """Let everybody who waits come to an end."""
        self._mailbox.close()
        self._resolved.set()
        for message in self._core.unacknowledged:
            event = Refused(
                id=message.id,
                target=message.target,
                text=message.text,
                reason=self._core.failure or "the client is closed",
            )
            self._resolve(self._messages, message.id, event)
        closed = Disconnected(reason="closed", retry_in=None)
        for token in list(self._questions):
            self._resolve(self._questions, token, closed)
