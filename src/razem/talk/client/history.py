"""The questions for history that are open, and the timelines of the channels they complete."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from razem.errors import LimitError
from razem.talk.irc.message import Message

from .timeline import Query, Timeline

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .events import Logged
    from .settings import Limits

__all__ = ["Answer", "History", "Request"]

_MAX_OPEN = 100  # questions of our user at once


class Request(NamedTuple):
    """An open question.

    Attributes:
        token: the user's name for it; "" when it is part of a catch-up.
        limit: lines asked for.
    """

    label: str
    channel: str
    token: str
    deadline: float
    limit: int = 0


class Answer(NamedTuple):
    """What follows from an answer to a catch-up's question.

    Attributes:
        shown: the messages to show now.
        ask: the next question, or None.
        complete: the catch-up's timeline, when it is complete.
    """

    shown: list[Logged]
    ask: Message | None = None
    complete: Timeline | None = None


class History:
    """Asks for history and knows which answer belongs to which question.

    Args:
        fold: how names are compared; `refold` when the server has said how.
        screenful: messages shown of a channel that we see for the first time.
        patience: seconds after which there will be no answer.
    """

    def __init__(
        self, limits: Limits, fold: Callable[[str], str], screenful: int, patience: float
    ) -> None:
        self._limits = limits
        self._fold = fold
        self._screenful = screenful
        self._patience = patience
        self._timelines: dict[str, Timeline] = {}
        self._requests: list[Request] = []

    def refold(self, fold: Callable[[str], str]) -> None:
        """Compare names otherwise from now on."""
        self._fold = fold
        self._timelines = {fold(name): timeline for name, timeline in self._timelines.items()}

    def rename(self, old: str, new: str) -> None:
        """Keep a timeline under another name, with what is asked for it."""
        timeline = self._timelines.pop(self._fold(old), None)
        if timeline is not None:
            self._timelines[self._fold(new)] = timeline
        self._requests = [
            request._replace(channel=new)
            if self._fold(request.channel) == self._fold(old)
            else request
            for request in self._requests
        ]

    def timeline(self, channel: str) -> Timeline:
        """Return a channel's timeline, which outlives connections."""
        folded = self._fold(channel)
        timeline = self._timelines.get(folded)
        if timeline is None:
            if len(self._timelines) >= 2 * self._limits.channels:
                self._forget_one()
            timeline = self._timelines[folded] = Timeline(self._limits, self._screenful)
        return timeline

    def begin(self, channel: str, label: str, server_limit: int, now: float) -> Message:
        """Return the first question of a catch-up."""
        query = self.timeline(channel).begin(server_limit)
        return self._ask(channel, query, label, "", now)

    def ask(self, channel: str, query: Query, label: str, token: str, now: float) -> Message:
        """Return a question of our user.

        Raises:
            LimitError: too many are open.
        """
        if len(self._requests) >= _MAX_OPEN + self._limits.channels:
            raise LimitError(
                "too many questions for history are open.",
                limit=_MAX_OPEN,
                advice="Wait for the answers.",
            )
        return self._ask(channel, query, label, token, now)

    def find(self, label: str, words: Sequence[str]) -> Request | None:
        """Take out the open question with that label; without one, the oldest about a channel.

        Args:
            label: the answer's label, or "".
            words: the words of the answer, one of which names the channel.
        """
        folded = {self._fold(word) for word in words}
        for request in self._requests:
            if request.label == label or (not label and self._fold(request.channel) in folded):
                self._requests.remove(request)
                return request
        return None

    def take_page(self, channel: str, page: Sequence[Logged], label: str, now: float) -> Answer:
        """Take the answer to a catch-up's question; `label` is for the next one."""
        return self._go_on(channel, *self.timeline(channel).receive_page(page), label, now)

    def take_refusal(self, channel: str, label: str, now: float) -> Answer:
        """Take the refusal of a catch-up's question; `label` is for the next one."""
        return self._go_on(channel, *self.timeline(channel).refuse(), label, now)

    def overdue(self, now: float) -> list[Request]:
        """Return the questions that have waited too long, each once; they stay open."""
        late = [request for request in self._requests if request.deadline <= now]
        self._requests = [
            request._replace(deadline=math.inf) if request.deadline <= now else request
            for request in self._requests
        ]
        return late

    def next_deadline(self) -> float:
        """Return when to call `overdue`."""
        return min((request.deadline for request in self._requests), default=math.inf)

    def leave(self, channel: str) -> None:
        """Give up a channel's catch-up."""
        self.timeline(channel).stop()
        folded = self._fold(channel)
        self._requests = [r for r in self._requests if r.token or self._fold(r.channel) != folded]

    def lose(self) -> list[Request]:
        """Give up everything, since the connection is lost; return our user's questions."""
        for timeline in self._timelines.values():
            timeline.stop()
        asked = [request for request in self._requests if request.token]
        self._requests.clear()
        return asked

    def _ask(self, channel: str, query: Query, label: str, token: str, now: float) -> Message:
        self._requests.append(Request(label, channel, token, now + self._patience, query.limit))
        params = (query.subcommand, channel, query.selector, str(query.limit))
        return Message("CHATHISTORY", params)

    def _go_on(
        self,
        channel: str,
        shown: list[Logged],
        query: Query | None,
        label: str,
        now: float,
    ) -> Answer:
        if query is None:
            return Answer(shown, complete=self.timeline(channel))
        return Answer(shown, ask=self._ask(channel, query, label, "", now))

    def _forget_one(self) -> None:
        left = (folded for folded, timeline in self._timelines.items() if not timeline.active)
        oldest = next(left, None) or next(iter(self._timelines))
        del self._timelines[oldest]
