"""History on a connection: what was missed, what our user asks for, and which talks there are.

No I/O. The questions go out by `say`; a channel's or talk's catch-up begins when it is entered or
opened, and its timeline decides what is shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .events import CaughtUp, Event, HistoryReceived, Logged, MessageReceived, TalkOpened

if TYPE_CHECKING:
    from collections.abc import Callable

    from .batches import Batch
    from .history import Answer, Request
    from .memory import Memory
    from .messages import Messages
    from .reading import Reader
    from .registration import Registration
    from .timeline import Query

__all__ = ["CatchUp", "no_history"]

_EVER: Final = ("timestamp=9999-12-31T23:59:59.999Z", "timestamp=1970-01-01T00:00:00.000Z")
_TALKS: Final = 50  # private talks that are looked for


class CatchUp:
    """Asks for history, and shows what comes.

    Args:
        say: sends a command: its name, its parameters, and the label.
        new_label: gives another one.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - the parts of a connection
        self,
        memory: Memory,
        registration: Registration,
        reader: Reader,
        messages: Messages,
        say: Callable[..., None],
        new_label: Callable[[], str],
    ) -> None:
        self._memory = memory
        self._registration = registration
        self._reader = reader
        self._messages = messages
        self._say = say
        self._new_label = new_label

    def begin(self, conversation: str, now: float) -> list[Event]:
        """Catch up with a channel that we have entered, or with a private talk."""
        timeline = self._memory.history.timeline(conversation)
        if timeline.catching_up:
            return []
        if self._registration.history:
            label, limit = self._new_label(), self._registration.features.history_limit
            question = self._memory.history.begin(conversation, label, limit, now)
            self._say(question.command, *question.params, label=label)
            return []
        gap = not timeline.fresh and self._registration.features.is_channel(conversation)
        return [CaughtUp(channel=conversation, count=0, gap=gap)]

    def open_talk(self, nick: str, now: float) -> list[Event]:
        """Keep a private talk from now on; [] when it is known."""
        conversations = self._memory.conversations
        if conversations.get(nick) is not None or conversations.open(nick) is None:
            return []
        return [TalkOpened(conversation=nick), *self.begin(nick, now)]

    def ask_talks(self) -> None:
        """Ask with whom there were private talks."""
        if self._registration.history:
            self._say("CHATHISTORY", "TARGETS", *_EVER, str(_TALKS))

    def on_talks(self, batch: Batch, now: float) -> list[Event]:
        """Take ``CHATHISTORY TARGETS name timestamp``, for each of them."""
        names = [m.param(1) for m in batch.messages() if m.command == "CHATHISTORY"]
        features = self._registration.features
        return [
            event
            for name in names
            if name and " " not in name and not features.is_channel(name)
            for event in self.open_talk(name, now)
        ]

    def ask(self, target: str, query: Query, token: str, now: float) -> None:
        """Ask for messages for our user.

        Raises:
            LimitError: too many questions are open.
        """
        label = self._new_label()
        question = self._memory.history.ask(target, query, label, token, now)
        self._say(question.command, *question.params, label=label)

    def on_batch(self, batch: Batch, now: float) -> list[Event]:
        """Take a page of history."""
        request = self._memory.history.find(batch.label, batch.params[:1])
        if request is None:
            return []  # the answer to a question that is given up
        page = [self._reader.history(item, request.channel) for item in batch.items]
        return self.on_page(request, page, now)

    def on_page(self, request: Request, page: list[Logged], now: float) -> list[Event]:
        """Take the lines that answer a question."""
        if request.token:
            lines = [line for line in page if type(line) is not Logged]
            answer = HistoryReceived(
                token=request.token,
                target=request.channel,
                messages=tuple(line for line in lines if isinstance(line, MessageReceived)),
                lines=tuple(lines),
                complete=len(page) < request.limit,
            )
            return [answer]
        events = self._messages.find_in_history(request.channel, page)
        label = self._new_label()
        taken = self._memory.history.take_page(request.channel, page, label, now)
        events += self._messages.acknowledge_held(taken.shown)
        return self._go_on(request.channel, taken, label) + events

    def on_refused(self, request: Request, reason: str, now: float) -> list[Event]:
        """Take the refusal of a question."""
        if request.token:
            return [no_history(request, reason)]
        label = self._new_label()
        answer = self._memory.history.take_refusal(request.channel, label, now)
        events = self._messages.acknowledge_held(answer.shown)
        return self._go_on(request.channel, answer, label) + events

    def _go_on(self, conversation: str, answer: Answer, label: str) -> list[Event]:
        # A line that says nothing to us has its place in the log, and nothing to show.
        events: list[Event] = [line for line in answer.shown if type(line) is not Logged]
        if answer.ask is not None:
            self._say(answer.ask.command, *answer.ask.params, label=label)
        if answer.complete is not None:
            done = answer.complete
            # Of a private talk, a server may know nothing when we come back as somebody else.
            gap = done.gap and self._registration.features.is_channel(conversation)
            events.append(CaughtUp(channel=conversation, count=done.count, gap=gap))
        return events


def no_history(request: Request, reason: str) -> Event:
    """Return the answer to our user's question for history when there is none."""
    return HistoryReceived(token=request.token, target=request.channel, messages=(), refused=reason)
