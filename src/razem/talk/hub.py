r"""The hub without its sockets, disk and clock: sessions in front of a state (DESIGN 6). No I/O.

    bytes of a session --> Session --> answer from the state
                                  \-> change --> Hub.proposals --> (the log) --> Hub.commit
                                                                                     |
    Hub.dirty: outboxes to be written  <--  told to those who hear it  <--  State.apply

Whoever drives it hands over what came from the network and from the log, and after each turn of
its loop takes `proposals`, `filings`, `requests`, `dirty` and `closing`, and empties them.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, Final

from razem.talk import changes as do
from razem.talk import events as ev
from razem.talk.changes.orders import ORDER_MARK
from razem.talk.commands.capabilities import announce, offered
from razem.talk.commands.persistence import tell_persistence
from razem.talk.departed import Departed
from razem.talk.filing import filing_of
from razem.talk.irc import capabilities as cap
from razem.talk.isupport import isupport, send_isupport_changes
from razem.talk.outbox import Audience, Outbox, Run
from razem.talk.render import Line, label_tag, spoken, stretch
from razem.talk.requests import ReadLog
from razem.talk.session import Session
from razem.talk.settings import Identity, Limits, Policy
from razem.talk.tally import Tally
from razem.talk.telling import TELLERS
from razem.talk.throttle import Throttle
from razem.talk.watching import Watching

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from razem.talk.history import Filing, Kept, Question
    from razem.talk.model import Channel, User
    from razem.talk.origin import Origin
    from razem.talk.requests import Request
    from razem.talk.state import State

__all__ = ["Hub"]


_HOUR: Final = 3600.0


class Hub:
    """All sessions of one hub, and the state that they share with the hubs of the same log.

    Args:
        name: of this hub among those of the log.
        log_id: of the log; part of every message id.
        state: as it was after `State.applied`.
        identity: how the hub presents itself.
        limits: sizes and times.
        policy: who may come in.
        told: the place of the last entry that this hub told its sessions of before it started;
            None: all that there are.

    Attributes:
        proposals: changes to be appended to the log, in this order.
        filings: where entries are to be kept, for the log.
        requests: what is to be fetched, and answered.
        dirty: outboxes with something to be taken.
        closing: sessions to be closed once their outbox was written.
        watching: who wants to hear when somebody comes and goes.
        departed: who was here and is not any more.
        tally: how many are here.
        guesses: failed log-ins, by account and by address.
    """

    def __init__(  # noqa: PLR0913 # each is a fact by name
        self,
        name: str,
        log_id: str,
        state: State,
        identity: Identity | None = None,
        limits: Limits | None = None,
        *,
        policy: Policy | None = None,
        told: int | None = None,
    ) -> None:
        self.name: Final = name
        self.log_id: Final = log_id
        self.state: Final = state
        self.identity = identity or Identity()
        self.limits = limits or Limits()
        self.policy = policy or Policy()
        self.sessions: dict[str, Session] = {}
        self.proposals: list[do.Change] = [
            do.HubStarted(
                name,
                state.applied if told is None else told,
                self.policy.accounts.always_on,
            )
        ]
        self.filings: list[Filing] = []
        self.requests: list[Request] = []
        self.dirty: list[Outbox] = []
        self.closing: list[Session] = []
        self.watching: Final = Watching()
        self.departed: Final = Departed()
        self.tally: Final = Tally(state)
        self._audiences: dict[str, Audience] = {}
        self._run: Final = Run(self.dirty)
        self._throttled: dict[Session, None] = {}
        self._first_id: Final = f"{name}.{state.applied:x}"
        self._opened = 0
        self.guesses = _guesses(self.policy)
        # Accounts that were made from an address: some are free, then they take their time.
        self.registrations: Final = Throttle(10, 60.0)
        self._forget_at = 0.0
        self._orders: dict[str, Callable[[Sequence[ev.Event] | None], None]] = {}

    @property
    def motd(self) -> Sequence[str]:
        """The message of the day, by line; empty when there is none."""
        return self.state.motd.splitlines() or self.identity.motd

    @property
    def deliveries(self) -> int:
        """How many lines were told to members of channels so far, each counted for every one."""
        return self._run.deliveries

    # Sessions

    def open_session(self, origin: Origin, now: float) -> Session:
        """Begin a session for a new connection."""
        self._opened += 1
        # Unique for as long as the log lives: each start of a hub is an entry in it.
        session = Session(self, f"{self._first_id}.{self._opened:x}", origin, now)
        self.sessions[session.id] = session
        return session

    def lose_session(self, session: Session, reason: str, *, cut: bool = True) -> None:
        """End a session whose connection is gone; `cut`: not because its user wished it."""
        if self.sessions.pop(session.id, None) is None:
            return
        self._throttled.pop(session, None)
        self.watching.clear(session)
        user = session.user
        if user is not None:
            self.unsubscribe(session)
            session.be(None)
            # Lines that are on their way through the log will not reach it any more.
            told = min([self.state.applied, *session.missing])
            self.proposals.append(self.quit(session.id, reason, cut=cut, told=told))
        elif session.arriving:
            # An Arrive of it may be on its way to the log: whoever arrives so leaves at once.
            self.proposals.append(self.quit(session.id, reason, cut=cut))
        session.closing = session.closing or reason

    def quit(self, session: str, reason: str, *, cut: bool = False, told: int = 0) -> do.Quit:
        """Return the change that ends a session, as `Quit` has it."""
        return do.Quit(session, reason, cut, told, self.policy.accounts.always_on)

    def set_capabilities(self, session: Session, capabilities: int) -> None:
        """Let a session have these capabilities from now on."""
        if session.user is not None:
            self.unsubscribe(session)
        session.capabilities = capabilities
        if session.user is not None:
            for name in session.user.channels:
                self.subscribe(session, name)

    def sessions_of(self, user: User) -> list[Session]:
        """Return the sessions of a user that are sessions of this hub."""
        sessions = self.sessions
        return [sessions[one] for one in user.sessions if one in sessions]

    def throttle(self, session: Session) -> None:
        """Remember to let a session go on when flood control allows it."""
        self._throttled[session] = None

    def ask_log(
        self,
        session: Session,
        question: Question,
        tell: Callable[[Sequence[Kept] | None], Sequence[do.Change] | None],
    ) -> None:
        """Answer the command under way by what the log says to a question.

        `tell` sends the answer, from the lines in ascending order; None: they cannot be read. It
        may return changes, as `Session.answered` takes them.
        """
        session.ask(lambda answer: ReadLog(question, answer), tell)

    # Orders

    def order(
        self,
        make: Callable[[str], do.Change],
        done: Callable[[Sequence[ev.Event] | None], None],
    ) -> None:
        """Propose a change that no session wants, but whoever runs the hub.

        Args:
            make: returns the change, given the id to be its `session`.
            done: is called when it was applied, with what came to pass; with None when it could
                not be stored.
        """
        self._opened += 1
        order = f"{self._first_id}.{ORDER_MARK}{self._opened:x}"
        self._orders[order] = done
        self.proposals.append(make(order))

    # Settings

    def configure(self, identity: Identity, limits: Limits, policy: Policy) -> None:
        """Go on with other settings, and tell the sessions what is different for them."""
        default = self.policy.accounts.always_on
        offers = {session: offered(session) for session in self.sessions.values()}
        tokens = isupport(self.identity, self.limits)
        if policy.accounts != self.policy.accounts:
            self.guesses = _guesses(policy)
        self.identity, self.limits, self.policy = identity, limits, policy
        for session, before in offers.items():
            announce(session, before)
            if session.user is not None:
                send_isupport_changes(session, tokens)
            if policy.accounts.always_on != default:
                tell_persistence(session)

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
        self._forget_absent(now)
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

    def _forget_absent(self, now: float) -> None:
        """Let users leave who have had no session for as long as is allowed, once an hour."""
        days = self.policy.accounts.absent_days
        if days and now >= self._forget_at:
            self._forget_at = now + _HOUR
            self.proposals.append(do.ForgetAbsent(self.name, int(days * 24 * _HOUR * 1000)))

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
            session = sessions.get(entry.change.session)
            if failed and entry.seq in failed:
                self._tell_failed(entry, session, now)
                continue
            events = apply(entry)
            if len(events) == 1 and type(events[0]) is ev.Spoken:
                self._tell_spoken(events[0], entry, session, now)
                again = index < end and entries[index].change.session == entry.change.session
                if again and not failed:
                    index = self._tell_alike(entries, index, events[0].channel, session)
                continue
            self._run.flush()
            filing = filing_of(self.state, entry, events)
            if filing is not None:
                self.filings.append(filing)
            if session is not None:
                session.begin_entry()
            for event in events:
                TELLERS[type(event)](self, event, entry, session)
            if session is not None:
                session.end_entry(now)
            elif done := self._orders.pop(entry.change.session, None):
                done(events)
        self._run.flush()

    def _tell_failed(self, entry: do.Entry, session: Session | None, now: float) -> None:
        if session is None:
            if done := self._orders.pop(entry.change.session, None):
                done(None)
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
        if session is None and not change.more:
            if audience is not None:
                self._run.add(audience, line)
            return
        if session is None:
            self._run.flush()
            self.broadcast(channel, line, None)
            return
        echo = session.capabilities & cap.ECHO_MESSAGE
        pending = session.awaited
        # One of several targets; or one message in several lines, of which clients are told in
        # more forms than a run has.
        if pending.entries > 1 or pending.lines or change.more:
            self._run.flush()
            session.begin_entry()
            self.broadcast(channel, line, session, own=bool(echo))
            session.end_entry(now)
            return
        label = label_tag(pending.label) if pending.label else ""
        if audience is None or not _is_in(session, channel):
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
        """Apply and tell the lines of the same session to the same channel that come next.

        What was decided for the one before holds for each of them: clients send many lines at
        once, and this takes less than half the time. Returns the index of the first other entry.
        """
        audience = self._audiences.get(channel.folded)
        if audience is None or (session is not None and not _is_in(session, channel)):
            return index
        before, no_ctcp = entries[index - 1], "C" in channel.flags
        last = index
        for entry in itertools.islice(entries, index, None):
            if not _are_alike(entry, before, no_ctcp=no_ctcp):
                break
            last += 1
        if session is not None and last > index:
            last = index + session.end_plain(last - index)
        if last > index:
            self.state.apply_alike(entries[last - 1])
            echo = session is None or session.capabilities & cap.ECHO_MESSAGE
            origin = None if session is None or echo else session.outbox
            line = stretch(entries[index:last], self.log_id)
            self._run.add_stretch(audience, line, last - index, origin)
        return last

    def _own_line(self, session: Session, line: Line, label: str) -> bytes:
        """Return what the sender gets: its line as echo, or the acknowledgement of its label."""
        if session.capabilities & cap.ECHO_MESSAGE:
            return line.encode(session.capabilities, label)
        return Line(f":{self.identity.name} ACK").encode(session.capabilities, label)

    # Audiences

    def broadcast(
        self, channel: Channel, line: Line, session: Session | None, *, own: bool = True
    ) -> None:
        """Send a line to those in a channel; to `session`, whose command it was, as an answer."""
        self.tell_channels([channel], line, session)
        if own and session is not None:
            session.send(line)

    def tell_user(self, user: User, line: Line, session: Session | None = None) -> None:
        """Send a line to all sessions of a user; to `session`, if it is one, as an answer."""
        for one in self.sessions_of(user):
            if one is session:
                one.send(line)
            else:
                one.deliver(line)

    def tell_channels(  # noqa: PLR0913 # each is a fact by name
        self,
        channels: Collection[Channel],
        line: Line,
        session: Session | None,
        *,
        knowing: int = 0,
        lacking: int = 0,
        also: User | None = None,
        but: Collection[Session] = (),
        about: User | None = None,
    ) -> None:
        """Send a line once to everybody in any of the channels, except `session`.

        Args:
            channels: whose members hear it.
            line: what they hear.
            session: is left out.
            knowing: only to those with these capabilities (of `AUDIENCE_CAPABILITIES`).
            lacking: not to those with any of these.
            but: these hear nothing, too.
            also: all sessions of this user hear it as well, in whatever channels they are.
            about: sessions that monitor this user hear it as well (IRCv3 extended-monitor).
        """
        told: set[Outbox] = {one.outbox for one in but}
        if session is not None:
            told.add(session.outbox)
        for channel in channels:
            audience = self._audiences.get(channel.folded)
            for capabilities, group in audience.groups.items() if audience else ():
                if capabilities & knowing != knowing or capabilities & lacking:
                    continue
                data = line.encode(capabilities)
                for outbox in group:
                    if outbox not in told:
                        told.add(outbox)
                        outbox.put(data)
        for one in self._beside(also, about):
            meant = one.capabilities & knowing == knowing and not one.capabilities & lacking
            if meant and one.outbox not in told:
                told.add(one.outbox)
                one.deliver(line)

    def _beside(self, also: User | None, about: User | None) -> list[Session]:
        """Return the sessions that hear of a user without being in its channels."""
        sessions = self.sessions_of(also) if also is not None else []
        if about is not None:
            watchers = self.watching.watchers_of(about.nick)
            sessions += [one for one in watchers if one.capabilities & cap.EXTENDED_MONITOR]
        return sessions

    def subscribe(self, session: Session, name: str) -> None:
        """Let a session hear what is said in a channel from now on."""
        audience = self._audiences.setdefault(name, Audience())
        audience.add(session.outbox, session.capabilities & cap.AUDIENCE_CAPABILITIES)

    def rename_audience(self, old: str, new: str) -> None:
        """Let those who hear a channel hear it under another folded name."""
        audience = self._audiences.pop(old, None)
        if audience is not None:
            self._audiences[new] = audience

    def unsubscribe(self, session: Session, *names: str) -> None:
        """Take a session out of the audiences of these channels; of all of its channels."""
        if not names and session.user is not None:
            names = tuple(session.user.channels)
        for name in names:
            audience = self._audiences.get(name)
            if audience is not None:
                audience.discard(session.outbox, session.capabilities & cap.AUDIENCE_CAPABILITIES)
                if not audience.groups:
                    del self._audiences[name]


def _guesses(policy: Policy) -> Throttle:
    return Throttle(policy.accounts.failures, policy.accounts.failure_seconds)


def _are_alike(entry: do.Entry, before: do.Entry, *, no_ctcp: bool) -> bool:
    """Tell whether two lines differ in their texts only, so that one verdict holds for both."""
    change, other = entry.change, before.change
    return (
        type(change) is do.Speak
        and type(other) is do.Speak
        and change.session == other.session
        and change.target == other.target
        and change.source == other.source
        and change.account == other.account
        and change.bot is other.bot
        and change.notice is other.notice
        and not (change.tags or change.more or other.more)
        and entry.time == before.time
        and not (no_ctcp and change.text[:1] == "\x01")
    )


def _is_in(session: Session, channel: Channel) -> bool:
    return session.user is not None and session.user.id in channel.members


_COMMANDS: Final[dict[type[Any], str]] = {
    do.Speak: "PRIVMSG",
    do.SetTopic: "TOPIC",
    do.SetModes: "MODE",
    do.Kick: "KICK",
    do.RegisterAccount: "REGISTER",
    do.LogIn: "AUTHENTICATE",
    do.Relay: "RELAYMSG",
    do.RenameChannel: "RENAME",
    do.RegisterChannel: "CS",
    do.DropChannel: "CS",
    do.TransferChannel: "CS",
    do.SetAccess: "CS",
}
