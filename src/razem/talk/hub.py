r"""The hub without its sockets, disk and clock: sessions in front of a state (DESIGN 6). No I/O.

    bytes of a session --> Session --> answer from the state
                                  \-> change --> Hub.proposals --> (the log) --> Hub.commit
                                                                                     |
    Hub.dirty: outboxes to be written  <--  told to those who hear it  <--  State.apply

Whoever drives it hands over what came from the network and from the log, and after each turn of
its loop takes `proposals`, `retracted`, `history_requests`, `dirty` and `closing`, and empties
them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from razem.talk import changes as do
from razem.talk import events as ev
from razem.talk.commands.queries import send_names, send_topic
from razem.talk.history import Page, Pivot
from razem.talk.irc import capabilities as cap
from razem.talk.irc import numerics as n
from razem.talk.irc.names import is_channel
from razem.talk.outbox import Audience, Gap, Outbox, Run
from razem.talk.render import Line, label_tag, spoken, tagged
from razem.talk.session import Session
from razem.talk.settings import Identity, Limits
from razem.talk.welcome import send_welcome

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from razem.talk.state import Channel, State

__all__ = ["HistoryRequest", "Hub"]


class HistoryRequest(NamedTuple):
    """A page that somebody asked for: read it from the log, and call `answer` with it.

    `answer` takes the entries in ascending order (None: they could not be read) and the time.
    """

    page: Page
    answer: Callable[[Sequence[do.Entry] | None, float], None]


class Hub:
    """All sessions of one hub, and the state that they share with the hubs of the same log.

    Args:
        name: of this hub among those of the log.
        log_id: of the log; part of every message id.
        state: as it was after `State.applied`.
        identity: how the hub presents itself.
        limits: sizes and times.
        told: the place of the last entry that this hub told its sessions of before it started;
            None: all that there are.

    Attributes:
        proposals: changes to be appended to the log, in this order.
        retracted: places of entries that are lines of no history.
        history_requests: pages to be read from the log.
        dirty: outboxes with something to be taken.
        closing: sessions to be closed once their outbox was written.
    """

    def __init__(  # noqa: PLR0913 # each is a fact by name
        self,
        name: str,
        log_id: str,
        state: State,
        identity: Identity | None = None,
        limits: Limits | None = None,
        *,
        told: int | None = None,
    ) -> None:
        self.name: Final = name
        self.log_id: Final = log_id
        self.state: Final = state
        self.identity: Final = identity or Identity()
        self.limits: Final = limits or Limits()
        self.sessions: dict[str, Session] = {}
        self.proposals: list[do.Change] = [
            do.HubStarted(name, state.applied if told is None else told)
        ]
        self.retracted: list[int] = []
        self.history_requests: list[HistoryRequest] = []
        self.dirty: list[Outbox] = []
        self.closing: list[Session] = []
        self._audiences: dict[str, Audience] = {}
        self._run: Final = Run(self.dirty)
        self._throttled: dict[Session, None] = {}
        self._first_id: Final = f"{name}.{state.applied:x}"
        self._opened = 0
        self._tellers: dict[type[Any], Callable[[Any, do.Entry, Session | None], None]] = {
            ev.Refused: self._tell_refused,
            ev.Arrived: self._tell_arrived,
            ev.Renamed: self._tell_renamed,
            ev.Joined: self._tell_joined,
            ev.Parted: self._tell_parted,
            ev.Left: self._tell_left,
            ev.SpokenTo: self._tell_spoken_to,
            ev.Tagged: self._tell_tagged,
            ev.Repeated: self._tell_repeated,
            ev.TopicChanged: self._tell_topic,
            ev.ModesChanged: self._tell_modes,
            ev.Kicked: self._tell_kicked,
            ev.Invited: self._tell_invited,
            ev.AwayChanged: self._tell_away,
            ev.VisibilityChanged: self._tell_visibility,
        }

    # Sessions

    def open_session(self, host: str, now: float) -> Session:
        """Begin a session for a new connection from `host`."""
        self._opened += 1
        # Unique for as long as the log lives: each start of a hub is an entry in it.
        session = Session(self, f"{self._first_id}.{self._opened:x}", host, now)
        self.sessions[session.id] = session
        return session

    def lose_session(self, session: Session, reason: str, *, cut: bool = True) -> None:
        """End a session whose connection is gone; `cut`: not because its user wished it."""
        if self.sessions.pop(session.id, None) is None:
            return
        self._throttled.pop(session, None)
        user = session.user
        if user is not None:
            self._unsubscribe(session)
            session.be(None)
            # Lines that are on their way through the log will not reach it any more.
            told = min([self.state.applied, *session.missing])
            self.proposals.append(do.Quit(session.id, reason, cut, told))
        elif session.arriving:
            # An Arrive of it may be on its way to the log: whoever arrives so leaves at once.
            self.proposals.append(do.Quit(session.id, reason, cut))
        session.closing = session.closing or reason

    def set_capabilities(self, session: Session, capabilities: int) -> None:
        """Let a session have these capabilities from now on."""
        if session.user is not None:
            self._unsubscribe(session)
        session.capabilities = capabilities
        if session.user is not None:
            for name in session.user.channels:
                self._subscribe(session, name)

    def throttle(self, session: Session) -> None:
        """Remember to let a session go on when flood control allows it."""
        self._throttled[session] = None

    def request_history(self, session: Session, page: Page, target: str) -> None:
        """Answer the command under way with a page of history, once that is read."""
        session.await_answer()

        def answer(entries: Sequence[do.Entry] | None, now: float) -> None:
            if session.closing:
                return
            session.answered(lambda: self._send_page(session, target, entries), now)

        self.history_requests.append(HistoryRequest(page, answer))

    def _send_page(self, session: Session, target: str, entries: Sequence[do.Entry] | None) -> None:
        if entries is None:
            text = "Messages could not be retrieved: the log cannot be read now"
            session.fail("CHATHISTORY", "MESSAGE_ERROR", ("*", target), text)
        else:
            session.send_batch(f"chathistory {target}", self._lines(entries))

    def _lines(self, entries: Sequence[do.Entry]) -> list[Line]:
        return [
            spoken(entry, entry.change, self.log_id)
            for entry in entries
            if isinstance(entry.change, do.Speak)
        ]

    # Time

    def tick(self, now: float) -> None:
        """Do what time asks for: let slowed sessions go on, ask silent ones for a sign."""
        for session in [one for one in self._throttled if one.throttled_until <= now]:
            del self._throttled[session]
            session.work(now)

    def next_tick(self) -> float | None:
        """When a slowed session may go on, the time for the next `tick`; None: there is none."""
        return min((one.throttled_until for one in self._throttled), default=None)

    def sweep(self, now: float) -> None:
        """Find sessions that are silent or never registered; call it every few seconds."""
        limits = self.limits
        for session in list(self.sessions.values()):
            if session.full:
                session.heard_at = now  # it cannot be heard: it is not read from
            silent = now - session.heard_at
            if session.closing:
                continue
            if session.outbox.held > limits.outbox:
                session.close("Too slow: output queue exceeded")
                continue
            if session.user is None and now - session.connected_at > limits.registration_seconds:
                session.close("Registration timed out")
            elif session.pinged and silent > 2 * limits.ping_seconds:
                session.close(f"Ping timeout: {silent:.0f} seconds")
            elif silent > limits.ping_seconds and not session.pinged and session.user:
                session.pinged = True
                session.deliver(Line(f"PING :{self.identity.name}"))

    # Entries

    def commit(self, entries: Sequence[do.Entry], now: float, failed: Collection[int] = ()) -> None:
        """Apply entries that are durable now, in order, and tell those who hear of it.

        `failed`: places of those that could not be stored: they do not come to pass, and who
        wanted them is told so.
        """
        sessions, apply = self.sessions, self.state.apply
        index, end = 0, len(entries)
        while index < end:
            entry = entries[index]
            index += 1
            session = sessions.get(entry.change.user)
            if failed and entry.seq in failed:
                self._tell_failed(entry, session, now)
                continue
            events = apply(entry)
            if len(events) == 1 and type(events[0]) is ev.Spoken:
                self._tell_spoken(events[0], entry, session, now)
                if index < end and entries[index].change.user == entry.change.user and not failed:
                    index = self._tell_alike(entries, index, events[0].channel, session)
                continue
            self._run.flush()
            if session is not None:
                session.begin_entry()
            for event in events:
                self._tellers[type(event)](event, entry, session)
            if type(entry.change) is do.Speak and is_channel(entry.change.target):
                self.retracted.append(entry.seq)
            if session is not None:
                session.end_entry(now)
        self._run.flush()

    def _tell_failed(self, entry: do.Entry, session: Session | None, now: float) -> None:
        if session is None:
            return
        self._run.flush()
        session.begin_entry()
        text = "The log could not be written: nothing was changed. Try again later"
        change = entry.change
        notice = isinstance(change, do.Speak) and change.notice
        command = "NOTICE" if notice else _COMMANDS.get(type(change), "*")
        session.fail(command, "NOT_STORED", (), text)
        session.end_entry(now)

    def _tell_spoken(
        self, event: ev.Spoken, entry: do.Entry, session: Session | None, now: float
    ) -> None:
        """Add a line to the run of its channel: the hot path of the hub."""
        change = entry.change
        assert isinstance(change, do.Speak)  # noqa: S101 # only those are spoken
        line = spoken(entry, change, self.log_id)
        channel = event.channel
        audience = self._audiences.get(channel.folded)
        if session is None:
            if audience is not None:
                self._run.add(audience, line)
            return
        echo = session.capabilities & cap.ECHO_MESSAGE
        pending = session.awaited
        if pending.entries > 1 or pending.lines:  # one of several targets
            self._run.flush()
            session.begin_entry()
            self._broadcast(channel, line, session, own=bool(echo))
            session.end_entry(now)
            return
        label = label_tag(pending.label) if pending.label else ""
        if audience is None or session.id not in channel.members:
            own = self._own_line(session, line, label) if echo or label else b""
            if own:
                self._run.flush()
                session.outbox.put(own)
            if audience is not None:
                self._run.add(audience, line)
        elif echo and not label:
            self._run.add(audience, line)
        else:
            own = self._own_line(session, line, label) if label else b""
            self._run.add(audience, line, session.outbox, own)
        if session.end_spoken():
            self._run.flush()
            session.proceed(now)

    def _tell_alike(
        self, entries: Sequence[do.Entry], index: int, channel: Channel, session: Session | None
    ) -> int:
        """Apply and tell the lines of the same speaker to the same channel that come next.

        What was decided for the one before holds for each of them: clients send many lines at
        once, and this takes less than half the time. Returns the index of the first other entry.
        """
        audience = self._audiences.get(channel.folded)
        if audience is None or (session is not None and session.id not in channel.members):
            return index
        before = entries[index - 1].change
        assert isinstance(before, do.Speak)  # noqa: S101 # only those are spoken
        user, target, log_id = before.user, before.target, self.log_id
        lines = []
        for place in range(index, len(entries)):
            entry = entries[place]
            change = entry.change
            if type(change) is not do.Speak or change.tags:
                break
            if change.user != user or change.target != target:
                break
            if session is not None and not session.end_plain():
                break
            lines.append(spoken(entry, change, log_id))
        if lines:
            index += len(lines)
            self.state.apply_alike(entries[index - 1])
            echo = session is None or session.capabilities & cap.ECHO_MESSAGE
            origin = None if session is None or echo else session.outbox
            self._run.add_all(audience, lines, origin)
        return index

    def _own_line(self, session: Session, line: Line, label: str) -> bytes:
        """Return what the sender gets: its line as echo, or the acknowledgement of its label."""
        if session.capabilities & cap.ECHO_MESSAGE:
            return line.encode(session.capabilities, label)
        return Line(f":{self.identity.name} ACK").encode(session.capabilities, label)

    def _tell_spoken_to(self, event: ev.SpokenTo, entry: do.Entry, session: Session | None) -> None:
        change = entry.change
        assert isinstance(change, do.Speak)  # noqa: S101 # only those are spoken
        line = spoken(entry, change, self.log_id)
        receiver = self.sessions.get(event.user.id)
        if receiver is not None:
            receiver.deliver(line)
        if session is None:
            return
        if session.capabilities & cap.ECHO_MESSAGE:
            session.send(line)
        if event.user.away and not change.notice:
            session.reply(n.RPL_AWAY, event.user.nick, event.user.away)

    def _tell_tagged(self, event: ev.Tagged, entry: do.Entry, session: Session | None) -> None:
        change = entry.change
        assert isinstance(change, do.SendTags)  # noqa: S101 # only those are tagged
        line = tagged(entry, change, self.log_id)
        if event.channel is not None:
            self._tell_channels([event.channel], line, session, knowing=cap.MESSAGE_TAGS)
        receiver = self.sessions.get(event.user.id) if event.user is not None else None
        if receiver is not None and receiver.capabilities & cap.MESSAGE_TAGS:
            receiver.deliver(line)
        if session is not None and session.capabilities & cap.ECHO_MESSAGE:
            session.send(line)

    def _tell_repeated(self, event: ev.Repeated, entry: do.Entry, session: Session | None) -> None:
        change = entry.change
        if session is None or not session.capabilities & cap.ECHO_MESSAGE:
            return
        assert isinstance(change, do.Speak)  # noqa: S101 # only those are repeated
        session.send(spoken(do.Entry(event.seq, event.time, change), change, self.log_id))

    def _tell_refused(self, event: ev.Refused, entry: do.Entry, session: Session | None) -> None:
        if session is None:
            return
        if isinstance(entry.change, do.Speak) and entry.change.notice:
            return  # nothing ever answers to a NOTICE (RFC 2812 3.3.2)
        if isinstance(entry.change, do.Arrive):
            session.nick = ""  # it has to ask for another one
        session.refuse(event.numeric, event.params, event.text)

    def _tell_arrived(self, event: ev.Arrived, _entry: do.Entry, session: Session | None) -> None:
        if session is None:
            return
        session.be(event.user)
        send_welcome(session)

    def _tell_renamed(self, event: ev.Renamed, entry: do.Entry, session: Session | None) -> None:
        line = Line(f":{event.old} NICK :{event.user.nick}", entry.time)
        channels = [self.state.channels[name] for name in event.user.channels]
        self._tell_channels(channels, line, session)
        if session is not None:
            session.be(event.user)
            session.send(line)

    def _tell_joined(self, event: ev.Joined, entry: do.Entry, session: Session | None) -> None:
        channel = event.channel
        line = Line(f":{event.user.source} JOIN {channel.name}", entry.time)
        self._broadcast(channel, line, session, own=False)
        if session is None:
            return
        session.send(line)
        send_topic(session, channel)
        send_names(session, channel)
        self._subscribe(session, channel.folded)
        if event.returning is not None and not session.capabilities & cap.CHATHISTORY:
            self._show_missed(session, channel, event.returning.seq)

    def _show_missed(self, session: Session, channel: Channel, since: int) -> None:
        """Show a client that cannot ask for it what was said while it was cut off.

        What is said meanwhile is held back, so that nothing comes twice or in another order.
        """
        page = Page(channel.folded, "latest", Pivot(since), self.limits.missed, self.state.applied)
        outbox, gaps = session.outbox, list[Gap]()
        session.after_answer(lambda: gaps.append(outbox.hold()))
        session.missing.append(since)

        def answer(entries: Sequence[do.Entry] | None, _now: float) -> None:
            lines = self._lines(entries or ())
            session.missing.remove(since)
            data = b"".join(line.encode(session.capabilities) for line in lines)
            if gaps:
                outbox.release(gaps[0], data)
            else:
                outbox.put(data)

        self.history_requests.append(HistoryRequest(page, answer))

    def _tell_parted(self, event: ev.Parted, entry: do.Entry, session: Session | None) -> None:
        reason = f" :{event.reason}" if event.reason else ""
        line = Line(f":{event.user.source} PART {event.channel.name}{reason}", entry.time)
        self._broadcast(event.channel, line, session)
        if session is not None:
            self._unsubscribe(session, event.channel.folded)

    def _tell_left(self, event: ev.Left, entry: do.Entry, session: Session | None) -> None:
        gone = self.sessions.get(event.user.id)
        if gone is not None:
            for channel in event.channels:
                self._unsubscribe(gone, channel.folded)
            gone.be(None)
            gone.close(event.reason)
            self.lose_session(gone, event.reason)  # it hears of nothing that comes after
        line = Line(f":{event.user.source} QUIT :{event.reason}", entry.time)
        self._tell_channels(event.channels, line, session)

    def _tell_topic(self, event: ev.TopicChanged, entry: do.Entry, session: Session | None) -> None:
        channel = event.channel
        line = Line(f":{event.source} TOPIC {channel.name} :{channel.topic}", entry.time)
        self._broadcast(channel, line, session)

    def _tell_modes(self, event: ev.ModesChanged, entry: do.Entry, session: Session | None) -> None:
        words = " ".join(event.modes)
        line = Line(f":{event.source} MODE {event.channel.name} {words}", entry.time)
        self._broadcast(event.channel, line, session)

    def _tell_kicked(self, event: ev.Kicked, entry: do.Entry, session: Session | None) -> None:
        channel, user = event.channel, event.user
        line = Line(f":{event.source} KICK {channel.name} {user.nick} :{event.reason}", entry.time)
        self._broadcast(channel, line, session)
        kicked = self.sessions.get(user.id)
        if kicked is not None:
            self._unsubscribe(kicked, channel.folded)

    def _tell_invited(self, event: ev.Invited, entry: do.Entry, session: Session | None) -> None:
        channel, user = event.channel, event.user
        invited = self.sessions.get(user.id)
        if invited is not None:
            line = Line(f":{event.source} INVITE {user.nick} {channel.name}", entry.time)
            invited.deliver(line)
        if session is not None:
            session.reply(n.RPL_INVITING, user.nick, channel.name)
            if user.away:
                session.reply(n.RPL_AWAY, user.nick, user.away)

    def _tell_away(self, event: ev.AwayChanged, _entry: do.Entry, session: Session | None) -> None:
        if session is None:
            return
        if event.user.away:
            session.reply(n.RPL_NOWAWAY, "You have been marked as being away")
        else:
            session.reply(n.RPL_UNAWAY, "You are no longer marked as being away")

    def _tell_visibility(
        self, event: ev.VisibilityChanged, _entry: do.Entry, session: Session | None
    ) -> None:
        if session is not None:
            nick, sign = event.user.nick, "+" if event.user.invisible else "-"
            session.send(Line(f":{nick} MODE {nick} :{sign}i"))

    # Audiences

    def _broadcast(
        self, channel: Channel, line: Line, session: Session | None, *, own: bool = True
    ) -> None:
        """Send a line to those in a channel; to `session`, whose command it was, as an answer."""
        self._tell_channels([channel], line, session)
        if own and session is not None:
            session.send(line)

    def _tell_channels(
        self,
        channels: Collection[Channel],
        line: Line,
        session: Session | None,
        *,
        knowing: int = 0,
    ) -> None:
        """Send a line once to everybody in any of the channels, except `session`.

        `knowing`: only to those with these capabilities.
        """
        told: set[Outbox] = {session.outbox} if session is not None else set()
        for channel in channels:
            audience = self._audiences.get(channel.folded)
            for capabilities, group in audience.groups.items() if audience else ():
                if capabilities & knowing != knowing:
                    continue
                data = line.encode(capabilities)
                for outbox in group:
                    if outbox not in told:
                        told.add(outbox)
                        outbox.put(data)

    def _subscribe(self, session: Session, name: str) -> None:
        audience = self._audiences.setdefault(name, Audience())
        audience.add(session.outbox, session.capabilities & cap.LINE_CAPABILITIES)

    def _unsubscribe(self, session: Session, *names: str) -> None:
        """Take a session out of the audiences of these channels; of all of its channels."""
        if not names and session.user is not None:
            names = tuple(session.user.channels)
        for name in names:
            audience = self._audiences.get(name)
            if audience is not None:
                audience.discard(session.outbox, session.capabilities & cap.LINE_CAPABILITIES)
                if not audience.groups:
                    del self._audiences[name]


_COMMANDS: Final[dict[type[Any], str]] = {
    do.Speak: "PRIVMSG",
    do.SetTopic: "TOPIC",
    do.SetModes: "MODE",
    do.Kick: "KICK",
}
