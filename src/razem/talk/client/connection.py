"""One connection of a chat client, from its first line to its end; no I/O.

What outlives it (our messages, the timelines, the channels that we want) is in `Memory`. What is
promised to a user is kept by `Pending` (nothing that we said is lost or said twice), by
`Timeline` (nothing shown is missing, doubled or out of order), and where they meet: a channel's
messages are not sent before its catch-up is complete, and those that are found in it are
acknowledged instead of being sent again (`Messages`).
"""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Final

from razem.talk.irc.lines import LineSplitter
from razem.talk.irc.message import Message, MessageError

from .around import Around
from .batches import HISTORY, SEARCHES, TARGETS, UNREAD, Batch, Batches, Labelled
from .catching_up import CatchUp
from .events import (
    ChannelRenamed,
    CommandRefused,
    Connected,
    Event,
    Joined,
    Kicked,
    MessageReceived,
    ModeChanged,
    Names,
    NickChanged,
    Parted,
    Quit,
    ServerNotice,
    TopicChanged,
)
from .keepalive import Keepalive
from .messages import Messages
from .reading import Reader, is_error, read_time, server_text
from .registration import Registration
from .roster import Roster, nick_of
from .transmission import lines_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from .memory import Memory
    from .outgoing import Outgoing

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
        self.registration = Registration(memory.identity, rich=memory.rich)
        self.keepalive = Keepalive(memory.timing, now)
        reader = Reader(self.registration, memory.own_ids)
        self._messages = Messages(memory, self.registration, reader)
        self.around = Around(memory, self.registration, reader, self._messages)
        self.catch_up = CatchUp(
            memory, self.registration, reader, self._messages, self.say, self.new_label
        )
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
            "REDACT": lambda message, _, now: self.around.on_mark(message, now),
            "TAGMSG": lambda message, _, now: self.around.on_mark(message, now),
        }
        around = self.around
        self._around: dict[str, Callable[[Message], list[Event]]] = {
            "305": around.on_away,
            "306": around.on_away,
            "341": around.on_invite,
            "900": around.on_account,
            "901": around.on_account,
            "AWAY": around.on_away,
            "INVITE": around.on_invite,
            "MARKREAD": around.on_marker,
        }
        for message in self.registration.begin():
            self.write(message)

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
        self.write(Message(command, params, tags))

    def ask_nick(self, nick: str) -> None:
        """Ask to be called otherwise; when it is granted, that is the nick we want."""
        self._asked_nick = nick
        self.say("NICK", nick)

    def write(self, message: Message) -> None:
        """Send a message."""
        self._out.append(message.format().encode(errors="replace") + b"\r\n")

    def new_label(self) -> str:
        """Return a label that was not used on this connection."""
        self._labels += 1
        return f"r{self._labels}"

    def to_send(self, *, hold: bool) -> list[bytes]:
        """Return the lines to send now, each once; without messages of ours with `hold`."""
        if self.ready and not hold:
            for message in self._memory.pending.due(self._may_send_to):
                self._transmit(message)
        out, self._out = self._out, []
        return out

    def _may_send_to(self, target: str) -> bool:
        """Tell whether what we say would come in its place: the catch-up must be complete."""
        memory = self._memory
        if not memory.is_wanted(target):
            kept = memory.conversations.get(target) is not None
            return not (kept and memory.history.timeline(target).catching_up)
        joined = self.roster.get(target) is not None
        return joined and not memory.history.timeline(target).catching_up

    def _transmit(self, message: Outgoing) -> None:
        registration, label = self.registration, self.new_label()
        for line in lines_of(message, label, registration):
            self.write(line)
        self.around.said(message.target)
        if not registration.labels:
            self._barriers += 1
            self.say("PING", f"{_BARRIER}{self._barriers}")
        self._memory.pending.mark_sent(message, label, self._barriers)

    # ---- the time

    def expire(self, now: float) -> list[Event]:
        """Do what is due by now; calling early is harmless."""
        self._expire(now)
        return self._memory.conversations.expire(now)

    def _expire(self, now: float) -> None:
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
        typing = self._memory.conversations.next_deadline()
        return min(self.keepalive.next_deadline(), self._regain_at, history, typing)

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
            happened: list[Event] = []
            if isinstance(unit, Batch):
                happened = self._on_batch(unit, now)
            elif unit is not None:
                happened = self._on_message(unit, now)
            events += happened
            events += self._memory.conversations.note(happened)
            if self.refused:
                break
        if len(self._out) > _MAX_UNSENT:
            self.over = "the server asks much and reads nothing"
        return events

    def _on_message(self, unit: Labelled, now: float) -> list[Event]:
        message, label = unit
        was_ready = self.ready
        for answer in self.registration.receive(message):
            self.write(answer)
        if self.ready and not was_ready:
            return self._on_welcome(now)
        handler = self._handlers.get(message.command)
        if handler is not None:
            return handler(message, label, now)
        about = self._around.get(message.command)
        if about is not None:
            return self._on_around(about(message), message)
        if is_error(message.command):
            return self._on_numeric_error(message, label, now) if self.ready else []
        events = self.roster.receive(message, self.registration.nick)
        for event in list(events):
            events += self._follow(event, now)
            self._note_place(event, message)
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
        events: list[Event] = [
            Connected(nick=registration.nick, server=registration.server, network=network)
        ]
        if self._memory.rich:
            for talk in self._memory.conversations.talks():
                events += self.catch_up.begin(talk.name, now)
            self.catch_up.ask_talks()
            if registration.has("razem/unread"):
                self.say("UNREAD")
            self.say("PING", self.keepalive.ask_at_once(now))
        return events

    def _on_around(self, events: list[Event], message: Message) -> list[Event]:
        """Follow what is told around the messages; an AWAY changes the rosters, too."""
        if message.command == "AWAY":
            events += self.roster.receive(message, self.registration.nick)
        return events

    def _note_place(self, event: Event, message: Message) -> None:
        """Note what became of a channel as told, since its history has it, too."""
        if not self.registration.playback:
            return
        match event:
            case TopicChanged(channel=name) | ModeChanged(target=name) | Kicked(channel=name):
                msgid, time = (message.tags.get(tag, "") for tag in ("msgid", "time"))
                self._messages.timeline(name).note(msgid, read_time(time))

    def _follow(self, event: Event, now: float) -> list[Event]:  # noqa: C901 - a table
        """Do what a change of the roster means to us."""
        match event:
            case Joined(own=True, channel=channel):
                if not self._memory.is_wanted(channel):
                    self._memory.want(channel, "")  # the server has put us there
                return self.catch_up.begin(channel, now)
            case Names(channel=channel):
                self._ask_away(channel)
            case ChannelRenamed(old=old, new=new):
                self._follow_name(old, new)
            case Parted(own=True):
                return self._on_left(event.channel, "we have left the channel")
            case Kicked(own=True):
                return self._on_left(event.channel, f"{event.by} has thrown us out")
            case NickChanged(own=True, new=new):
                self._on_own_nick(new)
            case NickChanged(old=old, new=new):
                talk = self._memory.conversations.get(old)
                if talk is not None and not talk.is_channel:
                    self._follow_name(old, new)
                self._on_free_nick(old, now)
            case Quit(nick=nick):
                self._on_free_nick(nick, now)
        return []

    def _on_free_nick(self, nick: str, now: float) -> None:
        """Take the nick that we want as soon as nobody has it."""
        if self._regain_at < math.inf and self._memory.is_same(nick, self._memory.identity.nick):
            self._regain(now)

    def _follow_name(self, old: str, new: str) -> None:
        """Keep what we know of a channel or talk that is called otherwise."""
        if self._memory.rename_conversation(old, new):
            self._memory.pending.retarget(partial(self._memory.is_same, old), new)

    def _ask_away(self, channel: str) -> None:
        """Ask who of a channel is away: what changes afterwards is told (IRCv3 away-notify)."""
        registration, present = self.registration, self.roster.get(channel)
        if present is None or not (registration.has("away-notify") and registration.features.whox):
            return
        if 1 < len(present.members) <= self._memory.limits.asked_away:
            self.say("WHO", present.name, "%cnf")

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

    def _on_text(self, item: Message | Batch, label: str, now: float) -> list[Event]:
        event = self._messages.read(item)
        if not isinstance(event, MessageReceived):
            return [event] if event is not None else []
        events: list[Event] = []
        if self._memory.rich and not self.registration.features.is_channel(event.conversation):
            events = self.catch_up.open_talk(event.conversation, now)
        return events + self._messages.receive(event, label)

    def _on_ack(self, _message: Message, label: str, now: float) -> list[Event]:
        """Take ``ACK``: the labelled command was done, and there is nothing to say to it."""
        ours = self._memory.pending.by_label(label)
        if ours is not None:
            return self._messages.acknowledge_unseen(ours)
        request = self._memory.history.find(label, ())
        return self.catch_up.on_page(request, [], now) if request is not None else []

    def _on_batch(self, batch: Batch, now: float) -> list[Event]:
        if batch.kind == HISTORY:
            return self.catch_up.on_batch(batch, now)
        if batch.kind == TARGETS:
            return self.catch_up.on_talks(batch, now)
        if batch.kind == UNREAD:
            return self._on_missed(batch, now)
        if batch.kind in SEARCHES:
            return self.around.on_found(batch)
        return self._on_text(batch, batch.label, now)

    def _on_missed(self, batch: Batch, now: float) -> list[Event]:
        features, opened = self.registration.features, list[Event]()
        for name in [m.param(0) for m in batch.messages()]:
            if name and " " not in name and not features.is_channel(name):
                opened += self.catch_up.open_talk(name, now)
        return opened + self.around.on_missed(batch)

    # ---- refusals and the rest

    def _on_fail(self, message: Message, label: str, now: float) -> list[Event]:
        """Take ``FAIL command code [context …] :description`` (IRCv3 standard-replies)."""
        reason = message.params[-1] if message.params else "refused"
        context = message.params[2:-1]
        found = self.around.refuse_search(label, reason)
        if found:
            return found
        ours = self._memory.pending.by_label(label)
        if ours is not None:
            return [self._messages.refuse(ours, reason)]
        if label or message.param(0) == "CHATHISTORY":
            request = self._memory.history.find(label, context)
            if request is not None:
                return self.catch_up.on_refused(request, reason, now)
        if message.params[:1] == ("CHATHISTORY",) and "TARGETS" in context:
            return []  # a question of ours, which nobody waits for
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
            return self.catch_up.on_refused(request, reason, now)
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
            return [] if request is None else self.catch_up.on_refused(request, why, now)
        number = token.removeprefix(_BARRIER)
        if number == token or not (number.isascii() and number.isdigit()) or len(number) > 15:
            return []
        events: list[Event] = []
        for ours in self._memory.pending.sent():
            if 0 < ours.barrier <= int(number):
                events += self._messages.acknowledge_unseen(ours)
        return events
