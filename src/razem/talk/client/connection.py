"""One connection of a chat client, from its first line to its end; no I/O.

What outlives it (our messages, the timelines, the channels that we want) is in `Memory`. What is
promised to a user is kept by `Pending` (nothing that we said is lost or said twice), by
`Timeline` (nothing shown is missing, doubled or out of order), and where they meet: a channel's
messages are not sent before its catch-up is complete, and those that are found in it are
acknowledged instead of being sent again (`Messages`).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from razem.talk.irc.lines import LineSplitter
from razem.talk.irc.message import Message, MessageError

from .batches import Batch, Batches, Labelled
from .events import (
    CaughtUp,
    CommandRefused,
    Connected,
    Event,
    HistoryReceived,
    Joined,
    Kicked,
    NickChanged,
    Parted,
    Quit,
    ServerNotice,
)
from .keepalive import Keepalive
from .messages import Messages
from .reading import ID_TAG, is_error, server_text
from .registration import Registration
from .roster import Roster, nick_of
from .text import wrap_action

if TYPE_CHECKING:
    from collections.abc import Callable

    from .history import Answer, Request
    from .memory import Memory
    from .outgoing import Outgoing
    from .timeline import Query

__all__ = ["Connection"]

_BARRIER: Final = "barrier-"
_LATE: Final = "late-"
_MAX_UNSENT: Final = 20_000  # lines for a server that asks and asks but does not read
_NICK_REFUSED: Final = {"431", "432", "433", "436", "437", "447"}


class Connection:
    """What is said on one connection.

    Attributes:
        ready: the server has welcomed us.
        over: why the connection shall end, or "".
        refused: why the server will never let us in, or "".
    """

    def __init__(self, memory: Memory, now: float) -> None:
        self._memory = memory
        self.opened = now
        self.over = ""
        self.registration = Registration(memory.identity)
        self.keepalive = Keepalive(memory.timing, now)
        self._messages = Messages(memory, self.registration)
        limits = memory.limits
        self.roster = Roster(self.registration.features, limits.members, limits.channels)
        self._splitter = LineSplitter()
        self._batches = Batches(limits.batches, limits.batched)
        self._out: list[bytes] = []
        self._labels = 0
        self._barriers = 0
        self._error = ""
        self._asked_nick = ""
        self._regain_at = math.inf
        self._handlers: dict[str, Callable[[Message, str, float], list[Event]]] = {
            "ACK": self._on_ack,
            "ERROR": self._on_error,
            "FAIL": self._on_fail,
            "NOTICE": self._on_text,
            "PING": self._on_ping,
            "PONG": self._on_pong,
            "PRIVMSG": self._on_text,
        }
        for message in self.registration.begin():
            self._write(message)

    @property
    def ready(self) -> bool:
        """The server has welcomed us."""
        return self.registration.done

    @property
    def refused(self) -> str:
        """Why the server will never let us in, or ""."""
        return self.registration.refused

    def why_lost(self, reason: str) -> str:
        """Return why the connection ended: what the server said before it did, else `reason`."""
        return self._error or reason

    # ---- what we say

    def say(self, command: str, *params: str, label: str = "") -> None:
        """Send a command.

        Raises:
            ValueError: a parameter cannot stand in a line.
        """
        tags = {"label": label} if label and self.registration.labels else {}
        self._write(Message(command, params, tags))

    def ask_nick(self, nick: str) -> None:
        """Ask to be called otherwise; when it is granted, that is the nick we want."""
        self._asked_nick = nick
        self.say("NICK", nick)

    def ask_history(self, target: str, query: Query, token: str, now: float) -> None:
        """Ask for messages for our user.

        Raises:
            LimitError: too many questions are open.
        """
        label = self._new_label()
        question = self._memory.history.ask(target, query, label, token, now)
        self.say(question.command, *question.params, label=label)

    def to_send(self, *, hold: bool) -> list[bytes]:
        """Return the lines to send now, each once; without messages of ours with `hold`."""
        if self.ready and not hold:
            for message in self._memory.pending.due(self._may_send_to):
                self._transmit(message)
        out, self._out = self._out, []
        return out

    def _may_send_to(self, target: str) -> bool:
        """Tell whether what we say would come in its place: the catch-up must be complete."""
        if not self._memory.is_wanted(target):
            return True
        joined = self.roster.get(target) is not None
        return joined and not self._memory.history.timeline(target).catching_up

    def _transmit(self, message: Outgoing) -> None:
        registration, label = self.registration, self._new_label()
        tags = {"label": label} if registration.labels else {}
        if registration.tags:
            tags[ID_TAG] = message.id
        text = wrap_action(message.text) if message.action else message.text
        command = "NOTICE" if message.notice else "PRIVMSG"
        self._write(Message(command, (message.target, text), tags))
        if not registration.labels:
            self._barriers += 1
            self.say("PING", f"{_BARRIER}{self._barriers}")
        self._memory.pending.mark_sent(message, label, self._barriers)

    def _write(self, message: Message) -> None:
        self._out.append(message.format().encode(errors="replace") + b"\r\n")

    def _new_label(self) -> str:
        self._labels += 1
        return f"r{self._labels}"

    # ---- the time

    def expire(self, now: float) -> None:
        """Do what is due by now; calling early is harmless."""
        timing = self._memory.timing
        if not self.ready:
            if now >= self.opened + timing.register:
                self.over = f"the server did not welcome us within {timing.register:g} s"
            return
        if self.keepalive.is_dead(now):
            self.over = f"the server has not answered for {timing.dead:g} s"
            return
        token = self.keepalive.ping_due(now)
        if token:
            self.say("PING", token)
        if now >= self._regain_at:
            self._regain(now)
        # Commands are answered in their order: a question that is not answered when the answer
        # to a later PING comes never will be. A slow server alone costs nothing but patience.
        for request in self._memory.history.overdue(now):
            self.say("PING", _LATE + request.label)

    def next_deadline(self) -> float:
        """Return when to call `expire`."""
        if not self.ready:
            return self.opened + self._memory.timing.register
        history = self._memory.history.next_deadline()
        return min(self.keepalive.next_deadline(), self._regain_at, history)

    def _regain(self, now: float) -> None:
        """Ask for the nick that we want, while another has it."""
        self._regain_at = now + self._memory.timing.regain
        self.say("NICK", self._memory.identity.nick)

    # ---- what the server says

    def receive(self, data: bytes, now: float) -> list[Event]:
        """Take bytes of the server, however they were cut."""
        self.keepalive.heard(now)
        events: list[Event] = []
        for line in self._splitter.receive(data):
            if line is None:
                continue  # longer than any line may be
            text = line.translate(None, b"\r\0").decode(errors="replace")  # no line has these
            try:
                message = Message.parse(text)
            except MessageError:
                continue  # there is nothing in it
            unit = self._batches.receive(message)
            if isinstance(unit, Batch):
                events += self._on_history(unit, now)
            elif unit is not None:
                events += self._on_message(unit, now)
            if self.refused:
                break
        if len(self._out) > _MAX_UNSENT:
            self.over = "the server asks much and reads nothing"
        return events

    def _on_message(self, unit: Labelled, now: float) -> list[Event]:
        message, label = unit
        was_ready = self.ready
        for answer in self.registration.receive(message):
            self._write(answer)
        if self.ready and not was_ready:
            return self._on_welcome(now)
        handler = self._handlers.get(message.command)
        if handler is not None:
            return handler(message, label, now)
        if is_error(message.command):
            return self._on_numeric_error(message, label, now) if self.ready else []
        events = self.roster.receive(message, self.registration.nick)
        for event in list(events):
            events += self._follow(event, now)
        text = server_text(message)
        if text:
            events.append(ServerNotice(text=text, sender=nick_of(message.source)))
        return events

    def _on_welcome(self, now: float) -> list[Event]:
        registration = self.registration
        self._memory.learn(registration.features)
        if registration.nick != self._memory.identity.nick:
            self._regain_at = now + self._memory.timing.regain
        for name, key in self._memory.wanted.values():
            self.say("JOIN", *([name, key] if key else [name]))
        network = registration.features.network
        return [Connected(nick=registration.nick, server=registration.server, network=network)]

    def _follow(self, event: Event, now: float) -> list[Event]:
        """Do what a change of the roster means to us."""
        match event:
            case Joined(own=True):
                return self._on_own_join(event.channel, now)
            case Parted(own=True):
                return self._on_left(event.channel, "we have left the channel")
            case Kicked(own=True):
                return self._on_left(event.channel, f"{event.by} has thrown us out")
            case NickChanged(own=True):
                self._on_own_nick(event.new)
            case NickChanged() | Quit():
                nick = event.old if isinstance(event, NickChanged) else event.nick
                if self._regain_at < math.inf and self._memory.is_same(
                    nick, self._memory.identity.nick
                ):
                    self._regain(now)
        return []

    def _on_own_join(self, channel: str, now: float) -> list[Event]:
        memory = self._memory
        if not memory.is_wanted(channel):
            memory.want(channel, "")  # the server has put us there
        if memory.history.timeline(channel).catching_up:
            return []
        if self.registration.history:
            label, limit = self._new_label(), self.registration.features.history_limit
            question = memory.history.begin(channel, label, limit, now)
            self.say(question.command, *question.params, label=label)
            return []
        gap = not memory.history.timeline(channel).fresh
        return [CaughtUp(channel=channel, count=0, gap=gap)]

    def _on_left(self, channel: str, reason: str) -> list[Event]:
        self._memory.drop(channel)
        self._memory.history.leave(channel)
        return self._messages.refuse_all(channel, reason)

    def _on_own_nick(self, nick: str) -> None:
        self.registration.nick = nick
        if self._asked_nick and self._memory.is_same(nick, self._asked_nick):
            self._memory.rename(nick)
            self._asked_nick = ""
        if self._memory.is_same(nick, self._memory.identity.nick):
            self._regain_at = math.inf

    # ---- messages

    def _on_text(self, message: Message, label: str, _: float) -> list[Event]:
        return self._messages.receive(message, label)

    def _on_ack(self, _message: Message, label: str, now: float) -> list[Event]:
        """Take ``ACK``: the labelled command was done, and there is nothing to say to it."""
        ours = self._memory.pending.by_label(label)
        if ours is not None:
            return self._messages.acknowledge_unseen(ours)
        request = self._memory.history.find(label, ())
        return self._on_history_page(request, [], now) if request is not None else []

    # ---- history

    def _on_history(self, batch: Batch, now: float) -> list[Event]:
        request = self._memory.history.find(batch.label, batch.params[:1])
        if request is None:
            return []  # the answer to a question that is given up
        return self._on_history_page(request, batch.messages, now)

    def _on_history_page(
        self, request: Request, messages: list[Message], now: float
    ) -> list[Event]:
        texts = [m for m in messages if m.command in {"PRIVMSG", "NOTICE"}]
        page = [
            m for m in (self._messages.read(text, history=True) for text in texts) if m is not None
        ]
        if request.token:
            answer = HistoryReceived(
                token=request.token, target=request.channel, messages=tuple(page)
            )
            return [answer]
        events = self._messages.find_in_history(request.channel, page)
        label = self._new_label()
        taken = self._memory.history.take_page(request.channel, page, label, now)
        return self._go_on(request.channel, taken, label) + events

    def _go_on(self, channel: str, answer: Answer, label: str) -> list[Event]:
        events: list[Event] = [*answer.shown]
        if answer.ask is not None:
            self.say(answer.ask.command, *answer.ask.params, label=label)
        if answer.complete is not None:
            done = answer.complete
            events.append(CaughtUp(channel=channel, count=done.count, gap=done.gap))
        return events

    def _on_history_refused(self, request: Request, reason: str, now: float) -> list[Event]:
        if request.token:
            return [no_history(request, reason)]
        label = self._new_label()
        answer = self._memory.history.take_refusal(request.channel, label, now)
        return self._go_on(request.channel, answer, label)

    # ---- refusals and the rest

    def _on_fail(self, message: Message, label: str, now: float) -> list[Event]:
        """Take ``FAIL command code [context …] :description`` (IRCv3 standard-replies)."""
        reason = message.params[-1] if message.params else "refused"
        context = message.params[2:-1]
        ours = self._memory.pending.by_label(label)
        if ours is not None:
            return [self._messages.refuse(ours, reason)]
        if label or message.param(0) == "CHATHISTORY":
            request = self._memory.history.find(label, context)
            if request is not None:
                return self._on_history_refused(request, reason, now)
        subject = " ".join([message.param(0), *context])
        return [CommandRefused(code=message.param(1), subject=subject, reason=reason)]

    def _on_numeric_error(self, message: Message, label: str, now: float) -> list[Event]:
        code, subject = message.command, message.param(1)
        reason = message.params[-1] if message.params else code
        memory = self._memory
        ours = memory.pending.by_label(label)
        if ours is None and not self.registration.labels:
            sent = (o for o in memory.pending.sent() if self._memory.is_same(o.target, subject))
            ours = next(sent, None)
        if ours is not None:
            return [self._messages.refuse(ours, reason)]
        request = memory.history.find(label, ()) if label else None
        if request is not None:
            return self._on_history_refused(request, reason, now)
        of_nick = code in _NICK_REFUSED and not self.registration.features.is_channel(subject)
        if of_nick and not self._is_asked_nick(subject):
            return []  # the nick that we would like to have back is not free yet
        refusal = CommandRefused(code=code, subject=subject, reason=reason)
        if memory.is_wanted(subject) and self.roster.get(subject) is None:
            memory.drop(subject)
            return [refusal, *self._messages.refuse_all(subject, reason)]
        return [refusal]

    def _is_asked_nick(self, subject: str) -> bool:
        """Tell whether it was our user that asked for a nick; the answer ends the asking."""
        asked, self._asked_nick = self._asked_nick, ""
        return bool(asked) and (self._memory.is_same(asked, subject) or subject in {"", "*"})

    def _on_error(self, message: Message, _label: str, _now: float) -> list[Event]:
        self._error = message.param(0)
        return []

    def _on_ping(self, message: Message, _label: str, _now: float) -> list[Event]:
        self.say("PONG", *message.params[-1:])
        return []

    def _on_pong(self, message: Message, _label: str, now: float) -> list[Event]:
        token = message.params[-1] if message.params else ""
        self.keepalive.pong(token, now)
        if token.startswith(_LATE):
            request = self._memory.history.find(token.removeprefix(_LATE), ())
            why = "the server did not answer"
            return [] if request is None else self._on_history_refused(request, why, now)
        number = token.removeprefix(_BARRIER)
        if number == token or not (number.isascii() and number.isdigit()) or len(number) > 15:
            return []
        events: list[Event] = []
        for ours in self._memory.pending.sent():
            if 0 < ours.barrier <= int(number):
                events += self._messages.acknowledge_unseen(ours)
        return events


def no_history(request: Request, reason: str) -> Event:
    """Return the answer to our user's question for history when there is none."""
    return HistoryReceived(token=request.token, target=request.channel, messages=(), refused=reason)
