"""The end that offers a code, and takes the lines of the one who proves it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from hmac import compare_digest
from os import urandom
from random import SystemRandom
from typing import TYPE_CHECKING, Final

from razem.errors import CodeError, Error, TlsError, UnavailableError
from razem.meet.codes import LUCK, Code
from razem.meet.finder import Finder, Tasks
from razem.meet.hub_line import HubLine, refused
from razem.meet.messages import (
    Again,
    Found,
    Numbered,
    Prove,
    Refused,
    Seek,
    Take,
    Watch,
    Whereabouts,
    Wrong,
)
from razem.meet.pipes import Pipe, certificate_of, drop, hear, say, secure
from razem.meet.proof import Offered
from razem.sockets.address import Address
from razem.sockets.aio.lasting_listener import LastingListener
from razem.sockets.aio.made_listener import MadeListener
from razem.sockets.tls_identity import Identity

if TYPE_CHECKING:
    from razem.meet.proof import Pair
    from razem.meet.settings import Meeting

__all__ = ["CodeListener", "offer"]

_LOOK_SECONDS: Final = 0.4  # to see which numbers others have
_LOCAL_NUMBERS: Final = 99
_HUB_PAUSE: Final = 5.0  # seconds before a hub that was lost is asked again


async def offer(code: Code | None, meeting: Meeting) -> CodeListener:
    """Offer a code, a new one unless it is given; return a listener that knows it by `local`.

    Raises:
        UnavailableError: there is no way by which anybody could come.
    """
    offering = _Offering(meeting)
    try:
        address = await offering.open(code)
    except BaseException:
        await offering.close()
        raise
    listener = CodeListener(_Transports(address, offering), meeting)
    offering.begin(listener)
    return listener


class CodeListener(LastingListener):
    """Gives out the lines that the other end opens: lasting streams, through TLS.

    `accept` raises `CodeError` once the code was guessed wrong, or has expired.
    """

    def __init__(self, transports: _Transports, meeting: Meeting) -> None:
        super().__init__(transports, meeting.lasting)


class _Transports(MadeListener):
    """Gives out the pipes within which both are alone."""

    def __init__(self, address: Address, offering: _Offering) -> None:
        super().__init__(address)
        self._offering = offering

    async def close(self) -> None:
        await super().close()
        await self._offering.close()


class _Offering:
    """What goes on behind a `CodeListener`."""

    def __init__(self, meeting: Meeting) -> None:
        self._meeting = meeting
        self._finder = Finder(self._serve, offers=True)
        self._tasks = Tasks()
        self._identity = Identity.make("razem", days=3650)
        self._hub: HubLine | None = None
        self._number = 0
        self._dialing: asyncio.Task[object] | None = None
        self._offered: Offered
        self._code: Code
        self._listener: CodeListener
        self._ready = asyncio.Event()

    async def open(self, code: Code | None) -> Address:
        """Find the ways, and a number that nobody else has on them."""
        via = self._meeting.via
        await self._finder.open(local=self._meeting.local, direct=self._meeting.direct)
        if via is not None:
            try:
                self._number = await self._take_number(code.number if code else 0)
            except Error as error:
                self._finder.reasons["hub"] = error.message
        if self._hub is None and self._finder.local is None:
            reasons = "; ".join(f"{way}: {why}" for way, why in self._finder.reasons.items())
            raise UnavailableError(
                f"nobody could come by a code: {reasons or 'no way is allowed'}.",
                stage="listen",
                advice="Name a hub for both to meet by: --via HUB.",
            )
        if code is None:
            number = self._number or await self._local_number()
            code = Code.make(number, urandom(LUCK))
        self._code = code
        self._offered = Offered(code, certificate_of(self._identity), urandom)
        return Address(f"code:{code}")

    async def _take_number(self, wanted: int) -> int:
        via = self._meeting.via
        assert via is not None  # noqa: S101  asked only where there is one
        line = await HubLine.open(via)
        try:
            await line.say(Take(wanted, via.password))
            answer = await asyncio.wait_for(line.hear(), 10.0)
            if not isinstance(answer, Numbered):
                raise refused(  # noqa: TRY301  closes as any other failure
                    answer.reason if isinstance(answer, Refused) else "nothing that makes sense"
                )
        except BaseException:
            await line.close()
            raise
        self._hub = line
        return answer.number

    async def _local_number(self) -> int:
        """Choose a number that nobody else on the local network has."""
        local = self._finder.local
        await asyncio.sleep(_LOOK_SECONDS)
        taken = local.numbers if local is not None else set()
        free = [number for number in range(1, _LOCAL_NUMBERS + 1) if number not in taken]
        return SystemRandom().choice(free or range(100, 1000))

    def begin(self, listener: CodeListener) -> None:
        """Let them come."""
        self._listener = listener
        self._ready.set()
        self._tasks.start(self._finder.announce(self._code.number))
        self._tasks.start(self._expire())
        if self._meeting.via is not None:
            self._tasks.start(self._attend_hub())

    async def _expire(self) -> None:
        await asyncio.sleep(self._meeting.expires)
        if not self._offered.guessed:
            self._offered.guessed = True
            await self._void(
                CodeError(
                    f"the code has expired: nobody came within {self._meeting.expires:g} seconds.",
                    stage="accept",
                    advice="Start again for a new one.",
                )
            )

    async def _void(self, error: CodeError) -> None:
        self._listener.fail(error)
        await self._finder.withdraw()
        await self._leave_hub()

    # -- by the hub ------------------------------------------------------------------------------

    async def _attend_hub(self) -> None:
        """Come whenever the hub says that somebody wants to be joined, for as long as we live."""
        via = self._meeting.via
        assert via is not None  # noqa: S101  as above
        while self._offered.pair is not None or not self._offered.guessed:
            try:
                if self._hub is None:
                    await self._return_to_hub()
                while True:
                    assert self._hub is not None  # noqa: S101  there is one now
                    answer = await self._hub.hear()
                    if isinstance(answer, Found):
                        self._tasks.start(self._come(self._hub, answer.ticket))
            except Error as error:
                self._finder.reasons["hub"] = error.message
                await self._leave_hub()
            await asyncio.sleep(_HUB_PAUSE)

    async def _leave_hub(self) -> None:
        line, self._hub = self._hub, None
        if line is not None:
            await line.close()

    async def _return_to_hub(self) -> None:
        via = self._meeting.via
        assert via is not None  # noqa: S101  as above
        if self._offered.pair is None:
            await self._take_number(self._code.number)
        else:
            self._hub = await HubLine.open(via)
            await self._hub.say(Watch(self._offered.pair.id, via.password))

    async def _come(self, line: HubLine, ticket: bytes) -> None:
        with suppress(Error):
            await self._serve(await line.come(ticket))

    # -- pipes -----------------------------------------------------------------------------------

    async def _serve(self, pipe: Pipe, seconds: float | None = 10.0) -> None:
        """Find out what somebody wants on a pipe."""
        await self._ready.wait()
        try:
            first = await hear(pipe.stream, Seek, Again, seconds=seconds)
            if isinstance(first, Seek):
                await self._prove(pipe, first)
            elif (pair := self._offered.pair) is not None and compare_digest(first.pair, pair.id):
                await self._go_on(pipe, pair)
            else:
                await drop(pipe.stream)
        except TlsError as error:
            await drop(pipe.stream)
            self._meeting.tell(error.message)
        except (Error, OSError):
            await drop(pipe.stream)
        except BaseException:
            await drop(pipe.stream)
            raise

    async def _prove(self, pipe: Pipe, seek: Seek) -> None:
        answer = self._offered.answer(seek)
        await say(pipe.stream, answer)
        if isinstance(answer, Wrong):
            await pipe.stream.close()
            return
        prove = await hear(pipe.stream, Prove, Prove)
        if self._offered.guessed:
            await say(pipe.stream, Wrong())
            await pipe.stream.close()
            return
        verdict = self._offered.verify(seek, prove)
        if isinstance(verdict, Wrong):
            with suppress(Error):
                await say(pipe.stream, verdict)
                await pipe.stream.close()
            await self._void(
                CodeError(
                    f"somebody at {pipe.where} came with a wrong code: it is void now.",
                    stage="accept",
                    advice="Start again for a new one, and tell that once more.",
                )
            )
            return
        await say(pipe.stream, verdict)
        pair = self._offered.pair
        assert pair is not None  # noqa: S101  verified
        self._tasks.start(self._proven(pair))
        await self._go_on(pipe, pair)

    async def _proven(self, pair: Pair) -> None:
        """The number is not needed any more; from now on the hub knows us by the pair."""
        await self._finder.withdraw()
        via = self._meeting.via
        if self._hub is not None and via is not None:
            with suppress(Error):
                await self._hub.say(Watch(pair.id, via.password))

    async def _go_on(self, pipe: Pipe, pair: Pair) -> None:
        here = self._finder.here
        secured = await secure(pipe, pair, self._identity, here, offers=True)
        how = "through" if pipe.relayed else "directly from"
        self._meeting.tell(f"the other end has come {how} {pipe.where}")
        self._listener.come(secured.stream)
        # It may not be able to reach us: then it takes a pipe that we have made.
        if (pipe.relayed or pipe.ours) and (self._dialing is None or self._dialing.done()):
            self._dialing = self._tasks.start(self._dial_back(secured.peer))

    async def _dial_back(self, peer: Whereabouts) -> None:
        """Keep a pipe ready for the other end, as long as it can be dialled."""
        with suppress(Error):
            pipe = await self._finder.dial(peer)
            self._dialing = None
            await self._serve(pipe, None)

    async def close(self) -> None:
        """End all of it."""
        await self._tasks.cancel()
        await self._finder.close()
        await self._leave_hub()
