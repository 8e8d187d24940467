"""The end that was told a code: finds the other, proves itself, and opens lines to it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from os import urandom
from typing import TYPE_CHECKING, Final

from razem.errors import CodeError, Error, TimedOutError
from razem.meet.finder import Finder, Tasks
from razem.meet.hub_line import HubLine
from razem.meet.messages import Again, Call, Found, Offer, Proven, Refused, SeekAt, Wrong
from razem.meet.pipes import Pipe, Secured, certificate_of, drop, hear, say, secure
from razem.meet.proof import Sought
from razem.sockets.aio.lasting_stream import LastingStream, Transport, open_lasting, open_on
from razem.sockets.clock import deadline_after, remaining
from razem.sockets.lasting.opening import SECRET, Opening
from razem.sockets.tls_identity import Identity

if TYPE_CHECKING:
    from razem.meet.codes import Code
    from razem.meet.messages import Whereabouts
    from razem.meet.proof import Pair
    from razem.meet.settings import Meeting
    from razem.sockets.aio.stream import Stream

__all__ = ["Seeking"]

_GRACE: Final = 1.0  # seconds that a direct way has, before one by a hub is taken
_HEAD_START: Final = 0.5  # ... and for each line that is opened later
_ASK_AGAIN: Final = 3.0  # seconds, when nobody was there by a number
_BETTER: Final = (0.0, 3.0, 15.0, 60.0, 300.0)  # seconds before a better way is looked for
_SPARE: Final = 4  # pipes that the other end has made, kept at once


class Seeking:
    """A pair, as the end sees it that connects. `prove` first, then `open` lines.

    Args:
        code: as it was told.
        meeting: how to meet.
    """

    def __init__(self, code: Code, meeting: Meeting) -> None:
        self._code = code
        self._meeting = meeting
        self._identity = Identity.make("razem", days=3650)
        self._sought = Sought(code, certificate_of(self._identity), urandom)
        self._finder = Finder(self._found, offers=False)
        self._tasks = Tasks()
        self._answered: asyncio.Queue[tuple[Pipe, Offer]] = asyncio.Queue()
        self._spare: asyncio.Queue[Pipe] = asyncio.Queue(_SPARE)
        self._hub: HubLine | None = None
        self._pair: Pair | None = None
        self._first: Secured | None = None
        self._peer: Whereabouts | None = None
        self._lines: set[_Line] = set()
        self._improving: asyncio.Task[object] | None = None

    async def prove(self, deadline: float | None) -> None:
        """Find the other end, and prove the code to it: once.

        Raises:
            CodeError: the other end does not have this code; it is used up.
            TimedOutError: nobody was found; the code is as good as before.
        """
        try:
            await self._finder.open(local=self._meeting.local, direct=self._meeting.direct)
            await self._finder.announce(self._code.number)
            asking = None
            if self._meeting.via is not None:
                asking = self._tasks.start(self._ask_hub())
            pipe, offer = await self._choose(deadline)
            if asking is not None:
                asking.cancel()
            await self._prove_on(pipe, offer)
            await self._leave_hub()
            self._life = asyncio.create_task(self._live())
        except BaseException:
            await self.close()
            raise

    async def _live(self) -> None:
        """Be there for as long as the event loop runs, and leave nothing behind."""
        try:
            await self._finder.withdraw()
            await asyncio.Event().wait()
        finally:
            await self.close()

    async def _choose(self, deadline: float | None) -> tuple[Pipe, Offer]:
        """Take the first direct pipe; one by a hub if no other comes a moment later."""
        try:
            async with asyncio.timeout(remaining(deadline)):
                pipe, offer = await self._answered.get()
        except TimeoutError:
            raise self._nobody() from None
        with suppress(TimeoutError):
            async with asyncio.timeout(_GRACE):
                while pipe.relayed:
                    other = await self._answered.get()
                    worse, (pipe, offer) = pipe, other
                    await drop(worse.stream)
        return pipe, offer

    async def _prove_on(self, pipe: Pipe, offer: Offer) -> None:
        try:
            await say(pipe.stream, self._sought.prove(offer))
            self._pair = self._sought.check(await hear(pipe.stream, Proven, Wrong))
        except CodeError:
            await drop(pipe.stream)
            raise
        except Error as error:
            await drop(pipe.stream)
            raise CodeError(
                f"the other end broke off when the code was tried: {error.message}",
                stage="connect",
                advice="The code is used up: ask for a new one.",
            ) from error
        here = self._finder.here
        self._first = await secure(pipe, self._pair, self._identity, here, offers=False)
        self._peer = self._first.peer

    def _nobody(self) -> TimedOutError:
        reasons = "; ".join(f"{way}: {why}" for way, why in self._finder.reasons.items())
        advice = "The other end must be running."
        if self._meeting.via is None:
            advice += " If it is on another network, name a hub at both ends: --via HUB."
        return TimedOutError(
            f"nobody was found by the number {self._code.number} in time ({reasons}).",
            stage="connect",
            advice=advice,
        )

    # -- pipes -----------------------------------------------------------------------------------

    async def _found(self, pipe: Pipe) -> None:
        """Ask on a pipe whether the other end is there; or keep it, if we know each other."""
        if self._pair is not None:
            if pipe.ours or self._spare.full():
                await drop(pipe.stream)
            else:
                self._spare.put_nowait(pipe)
            return
        if self._sought.used:
            await drop(pipe.stream)
            return
        try:
            await say(pipe.stream, self._sought.seek())
            answer = await hear(pipe.stream, Offer, Wrong)
        except BaseException as error:
            await drop(pipe.stream)
            if not isinstance(error, Error | OSError):
                raise
            return
        if isinstance(answer, Offer) and not self._sought.used:
            self._answered.put_nowait((pipe, answer))
            return
        if isinstance(answer, Wrong):
            way = "hub" if pipe.relayed else "local network"
            self._finder.reasons[way] = f"the code was used up already at {pipe.where}"
        await drop(pipe.stream)

    async def _ask_hub(self) -> None:
        """Ask the hub for who has the number, until somebody does."""
        via = self._meeting.via
        assert via is not None  # noqa: S101  asked only where there is one
        while True:
            try:
                line = await self._at_hub()
                await line.say(SeekAt(self._code.number, via.password))
                answer = await line.hear()
                if isinstance(answer, Found):
                    await self._found(await line.come(answer.ticket))
                    if not self._answered.empty():
                        return
                elif isinstance(answer, Refused):
                    self._finder.reasons["hub"] = answer.reason
            except Error as error:
                self._finder.reasons["hub"] = error.message
                await self._leave_hub()
            await asyncio.sleep(_ASK_AGAIN)

    async def _leave_hub(self) -> None:
        line, self._hub = self._hub, None
        if line is not None:
            await line.close()

    async def _at_hub(self) -> HubLine:
        if self._hub is None:
            assert self._meeting.via is not None  # noqa: S101  as above
            self._hub = await HubLine.open(self._meeting.via)
        return self._hub

    async def _directly(self) -> Pipe:
        """A pipe that goes by no hub: one that the other end has made, or one of ours."""
        assert self._peer is not None  # noqa: S101  proven
        waiting = asyncio.create_task(self._spare.get())
        dialing = asyncio.create_task(self._finder.dial(self._peer))
        try:
            await asyncio.wait((waiting, dialing), return_when=asyncio.FIRST_COMPLETED)
            if waiting.done():
                return waiting.result()
            try:
                return dialing.result()
            except Error:
                return await asyncio.wait_for(waiting, _HEAD_START)
        finally:
            for task in (waiting, dialing):
                if task.cancel():
                    continue
                if task is dialing and task.exception() is None and waiting.done():
                    await drop(task.result().stream)

    async def _by_hub(self) -> Pipe:
        via, pair = self._meeting.via, self._pair
        assert via is not None and pair is not None  # noqa: S101, PT018  proven
        line = await HubLine.open(via)  # of its own: answers come in the order of questions
        try:
            await line.say(Call(pair.id, via.password))
            answer = await line.hear()
            if isinstance(answer, Found):
                return await line.come(answer.ticket)
        finally:
            await line.close()
        reason = answer.reason if isinstance(answer, Refused) else "nothing that makes sense"
        raise TimedOutError(f"the hub says: {reason}.", stage="connect")

    async def _again(self, pipe: Pipe) -> Secured:
        pair = self._pair
        assert pair is not None  # noqa: S101  proven
        try:
            await say(pipe.stream, Again(pair.id))
        except BaseException:
            await drop(pipe.stream)
            raise
        secured = await secure(pipe, pair, self._identity, self._finder.here, offers=False)
        self._peer = secured.peer
        return secured

    async def _secure_directly(self) -> Secured:
        return await self._again(await self._directly())

    async def _secure_by_hub(self, after: float) -> Secured:
        await asyncio.sleep(after)
        return await self._again(await self._by_hub())

    async def way(self, deadline: float | None) -> Secured:
        """Find a way for a line: a direct one, or by the hub if that takes too long.

        Raises:
            Error: there is none.
        """
        first, self._first = self._first, None
        if first is not None:
            return first
        ways = [asyncio.create_task(self._secure_directly())]
        if self._meeting.via is not None:
            ways.append(asyncio.create_task(self._secure_by_hub(_HEAD_START)))
        failures: list[Error] = []
        try:
            async with asyncio.timeout(remaining(deadline)):
                for done in asyncio.as_completed(ways):
                    try:
                        return await done
                    except (Error, TimeoutError) as error:
                        failures.append(error if isinstance(error, Error) else self._lost())
        except TimeoutError:
            raise self._lost() from None
        finally:
            for each in ways:
                each.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
        raise failures[-1]

    def _lost(self) -> TimedOutError:
        return TimedOutError("no way led to the other end in time.", stage="connect")

    # -- lines -----------------------------------------------------------------------------------

    async def open(self, deadline: float | None) -> LastingStream:
        """Open a line.

        Raises:
            Error: there is no way to the other end.
        """
        line = _Line(self)
        first = await line.dial(deadline)
        stream = await open_lasting(line.dial, self._meeting.lasting, deadline, first)
        line.stream = stream
        self._lines.add(line)
        self._look_for_better()
        stream.when_over(lambda _: self._lines.discard(line))
        return stream

    def took(self, secured: Secured) -> None:
        """Tell which way a line goes; look for a better one, if there may be one."""
        pipe = secured.pipe
        if not pipe.relayed:
            self._meeting.tell(f"connected directly to {pipe.where}")
            return
        reasons = {way: why for way, why in self._finder.reasons.items() if way != "hub"}
        why = "; ".join(f"{way}: {reason}" for way, reason in reasons.items())
        self._meeting.tell(
            f"connected through {pipe.where}, which sees ciphertext only"
            + (f", because there was no better way yet ({why})" if why else "")
        )
        self._look_for_better()

    def _look_for_better(self) -> None:
        """Begin to look for a direct way, if a line goes by the hub."""
        looking = self._improving is not None and not self._improving.done()
        if not looking and any(line.relayed for line in self._lines):
            self._improving = self._tasks.start(self._improve())

    async def _improve(self) -> None:
        """Move all lines that go by the hub to a direct way, as soon as there is one."""
        for seconds in _BETTER:
            await asyncio.sleep(seconds)
            while worse := [line for line in self._lines if line.relayed and line.stream]:
                try:
                    await worse[0].move(await self._secure_directly())
                except (Error, TimeoutError):
                    break
            if not any(line.relayed for line in self._lines):
                return

    async def close(self) -> None:
        """End all of it; lines that are open are not found again."""
        await self._tasks.cancel()
        await self._finder.close()
        while not self._answered.empty():
            await drop(self._answered.get_nowait()[0].stream)
        while not self._spare.empty():
            await drop(self._spare.get_nowait().stream)
        await self._leave_hub()


class _Line:
    """One line: how it is dialled again, and which way it goes."""

    def __init__(self, seeking: Seeking) -> None:
        self._seeking = seeking
        self.stream: LastingStream | None = None
        self.relayed = False

    async def dial(self, deadline: float | None) -> Stream:
        """Find a transport."""
        secured = await self._seeking.way(deadline)
        self._note(secured)
        return secured.stream

    async def move(self, secured: Secured) -> None:
        """Go on over another one, while the one before still works."""
        stream = self.stream
        assert stream is not None  # noqa: S101  asked only where there is one
        opening = Opening(urandom(SECRET), stream.mark, stream.known)
        opened = await open_on(secured.stream, opening, deadline_after(10.0))
        stream.go_on(Transport(secured.stream, opened.peer, opened.rest))
        self._note(secured)

    def _note(self, secured: Secured) -> None:
        self.relayed = secured.pipe.relayed
        self._seeking.took(secured)
