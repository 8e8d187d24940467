"""Answers to what the hub asks of its driver (talk/requests.py): the log, the clock, passwords."""

from __future__ import annotations

import asyncio
import logging
import secrets
from typing import TYPE_CHECKING, Final

from razem.errors import Error
from razem.hub.passwords import check_password, make_secret
from razem.talk.log.sqlite import LogError
from razem.talk.requests import CheckPassword, DrawNonce, MakeSecret, ReadClock, ReadLog, Reload

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from razem.talk.history import Kept
    from razem.talk.log import Log
    from razem.talk.requests import Request

__all__ = ["Answering"]

_logger: Final = logging.getLogger("razem.hub")


class Answering:
    """Answers requests, each in its own time.

    Args:
        log: is asked about history.
        clock: returns milliseconds since 1970.
        now: the clock of the loop, in seconds.
        reload: reads the configuration again; raises `Error` when it is wrong.
    """

    def __init__(
        self,
        log: Log,
        clock: Callable[[], int],
        now: Callable[[], float],
        reload: Callable[[], object],
    ) -> None:
        self._log: Final = log
        self._clock: Final = clock
        self._now: Final = now
        self._reload: Final = reload

    async def answer(self, request: Request) -> None:
        """Answer one request."""
        if isinstance(request, ReadLog):
            lines = await self._read(request)
            request.answer(lines, self._now())
        elif isinstance(request, CheckPassword):
            right = await asyncio.to_thread(check_password, request.stored, request.given)
            request.answer(right, self._now())
        elif isinstance(request, MakeSecret):
            secret = await asyncio.to_thread(make_secret, request.password)
            request.answer(secret, self._now())
        elif isinstance(request, DrawNonce):
            request.answer(secrets.token_urlsafe(24), self._now())
        elif isinstance(request, ReadClock):
            request.answer(self._clock(), self._now())
        else:
            self._read_configuration(request)

    async def _read(self, request: ReadLog) -> Sequence[Kept] | None:
        try:
            return await self._log.read(request.question)
        except LogError as error:
            _logger.error("%s", error)  # noqa: TRY400 # our errors speak for themselves
            return None

    def _read_configuration(self, request: Reload) -> None:
        wrong = ""
        try:
            self._reload()
        except Error as error:
            wrong = str(error)
        request.answer(wrong, self._now())
