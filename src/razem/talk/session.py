"""One client connection, from bytes to changes and answers. No I/O.

Commands take effect in the order in which they came. A command that wants a change proposes it
and waits in the session's queue until its entry was applied; a command that only asks is
answered at once when the queue is empty, and else waits in it for its turn.
"""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Final, TypeVar

from razem.talk.answers import Answers, Pending
from razem.talk.bucket import TokenBucket
from razem.talk.changes import Speak
from razem.talk.commands import COMMANDS
from razem.talk.commands.base import Refusal
from razem.talk.commands.messages import plain_message
from razem.talk.commands.multiline import OpenBatch, take
from razem.talk.commands.nickserv import addressed
from razem.talk.irc import capabilities as cap
from razem.talk.irc import numerics as n
from razem.talk.irc.lines import MAX_LINE, LineSplitter
from razem.talk.irc.message import Message, MessageError, parse_tags
from razem.talk.render import Line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from razem.talk.changes import Change
    from razem.talk.commands.sasl import Exchange
    from razem.talk.hub import Hub
    from razem.talk.model import User
    from razem.talk.origin import Origin
    from razem.talk.requests import Request

__all__ = ["Session"]

_Found = TypeVar("_Found")

_MAX_CLIENT_TAGS: Final = 4096  # IRCv3 message-tags: "@", 4094 bytes of tag data, a space
_MOST_AT_ONCE: Final = 1000  # commands of a session in one turn
_MAX_INBOX: Final = 200  # lines read and not yet worked on, above which reading pauses


_NEVER: Final = b"\n"  # no line begins so


# What waits for a line without a label has nothing of its own: one serves all.
_PLAIN: Final = Pending("", 1)


class Session(Answers):
    """A client connection.

    Args:
        hub: what it is connected to.
        session_id: of this connection among all of the log; the id of its user if it is the first.
        origin: where it comes from.
        now: seconds, of the clock that all later calls use.
    """

    def __init__(self, hub: Hub, session_id: str, origin: Origin, now: float) -> None:
        super().__init__(hub)
        self.id: Final = session_id
        self.origin: Final = origin
        self.source = ""  # nick!user@host, while registered
        self.account = ""  # that it is logged in to
        self.bot = False  # whether its user says that it is one (mode B)
        self.cap_version = 0  # of capability negotiation, as the client understands it
        self.away_at_first = ""  # AWAY before registration (IRCv3 pre-away)
        self._again = _NEVER  # how the last plain line began, up to its text
        self._again_to = ""  # whom it was for
        self._room = 0  # bytes that a command may have so that others receive all of it
        self.username = ""
        self.realname = ""
        self.password = ""
        self.proof: Exchange | None = None  # SASL, under way
        self.failed_logins = 0
        self.subscriptions: dict[str, None] = {}  # keys of metadata
        self.gone_at = 0  # when its user had no session any more, if this was the first one again
        self.negotiating = False  # between CAP LS or REQ and CAP END
        self.closing = ""  # the reason, once it is decided
        self.oper_failures = 0  # wrong passwords of OPER
        self.watched: dict[str, str] = {}  # nicks that it monitors, by their folded form
        self.spoke_at = now  # when it said something last
        self.missing: list[int] = []  # places from which lines are being read for it
        self.connected_at: Final = now
        self.heard_at = now
        self.pinged = False
        self.batch: OpenBatch | None = None  # of the client
        self._splitter = LineSplitter()
        self._inbox: deque[bytes | None] = deque()
        self._input_ended = False
        self._queue: deque[Pending] = deque()
        self._complaints: list[Refusal] = []
        self._barrier = False  # a command with a barrier is under way
        self._waiting = False  # an answer is being fetched
        limits = hub.limits
        self._bucket = (
            TokenBucket(limits.flood_rate, limits.flood_burst, now) if limits.flood else None
        )
        self._max_queue: Final = limits.pending

    def be(self, user: User | None) -> None:
        """Be this user from now on, or (None) nobody any more."""
        if (user is None) != (self.user is None):
            self.hub.tally.registered(-1 if user is None else 1)
        self.user = user
        if user is not None:
            self.nick, self.source = user.nick, user.source
            self.account, self.bot = user.account, "B" in user.modes
            self._room = MAX_LINE - len(f":{self.source} \r\n".encode())
        else:
            self._room = 0

    # Input

    def receive(self, data: bytes, now: float) -> None:
        """Take bytes from the client."""
        if self.closing:
            return
        self.heard_at = now
        self.pinged = False
        self._inbox.extend(self._splitter.receive(data))
        self.work(now)

    def work(self, now: float) -> None:
        """Work on what was received, as far as its turn has come."""
        inbox = self._inbox
        for _ in range(_MOST_AT_ONCE):
            if not inbox or self._barrier or self.closing:
                break
            if len(self._queue) >= self._max_queue:
                return
            if self._bucket is not None and not self._bucket.take(now):
                self.hub.throttle(self)
                return
            self._line(inbox.popleft())
        else:
            self.hub.throttle(self)  # the others have their turn first
            return
        if self._input_ended and not inbox and not self._barrier and not self.closing:
            self._input_ended = False
            self._leave_at_end()

    def end_of_input(self, now: float) -> None:
        """The client will send no more: do what it asked for, and then let it go."""
        self._input_ended = True
        self.work(now)

    def _leave_at_end(self) -> None:
        reason = "Connection closed"
        if self.user is not None:
            self.propose((self.hub.quit(self.id, reason, cut=True),))
        else:
            self._in_turn("", lambda: self.close(reason))

    @property
    def full(self) -> bool:
        """Whether to stop reading from the client until this is false again."""
        return len(self._inbox) > _MAX_INBOX

    @property
    def arriving(self) -> bool:
        """Whether its registration is on its way through the log."""
        return self._barrier and self.user is None

    @property
    def throttled_until(self) -> float:
        """When flood control lets the next command pass: a time, in seconds."""
        return self._bucket.next_at if self._bucket is not None else self.heard_at

    def _line(self, data: bytes | None) -> None:
        if data is not None and data.startswith(self._again) and self._say_again(data):
            return
        if data is None or _too_long(data):
            label = self._label(data or b"")
            self._in_turn(label, lambda: self.refuse(n.ERR_INPUTTOOLONG))
            return
        try:
            text = data.decode()
            if len(data) <= self._room:
                speak = plain_message(self, text)
                if speak is not None:
                    self._again = f"PRIVMSG {speak.target} :".encode()
                    self._again_to = speak.target
                    self._propose_plain(speak)
                    return
            message = Message.parse(text)
        except UnicodeDecodeError:
            label = self._label(data)
            self._in_turn(label, lambda: self.fail("*", "INVALID_UTF8", (), "Send UTF-8 only"))
            return
        except MessageError:
            return
        label = self._label_of(message.tags) if message.tags else ""
        if not take(self, message, label):
            self._dispatch(message, label)

    def _say_again(self, data: bytes) -> bool:
        """Read a line that begins as the last plain one; false, and nothing done: it is no such.

        A short cut past `plain_message`: who speaks mostly goes on in the same channel. Without
        flood control the lines behind it that begin so as well are read at once.
        """
        again, room = self._again, self._room
        start = len(again)
        if not start < len(data) <= room:
            return False
        try:
            texts = [data[start:].decode()]
        except UnicodeDecodeError:
            return False
        if self._bucket is None:
            inbox, most = self._inbox, self._max_queue - len(self._queue)
            with suppress(UnicodeDecodeError):  # it stays, and is told so in its turn
                while inbox and len(texts) < most:
                    line = inbox[0]
                    if line is None or not line.startswith(again) or not start < len(line) <= room:
                        break
                    texts.append(line[start:].decode())
                    inbox.popleft()
        session, source, target = self.id, self.source, self._again_to
        if self.account or self.bot:
            account, bot = self.account, self.bot
            speaks = [
                Speak(session, source, target, text, False, {}, account, bot) for text in texts
            ]
        else:
            speaks = [Speak(session, source, target, text) for text in texts]
        self.spoke_at = self.heard_at
        self._queue.extend([_PLAIN] * len(texts))
        self.hub.proposals.extend(speaks)
        return True

    def _propose_plain(self, speak: Speak) -> None:
        self.spoke_at = self.heard_at
        self._queue.append(_PLAIN)
        self.hub.proposals.append(speak)

    def _label(self, data: bytes) -> str:
        """Return the label of a line that is refused as a whole."""
        tags, space, _ = data.partition(b" ")
        if not tags.startswith(b"@") or not space or len(tags) >= _MAX_CLIENT_TAGS:
            return ""
        return self._label_of(parse_tags(tags[1:].decode(errors="replace")))

    def _label_of(self, tags: dict[str, str]) -> str:
        """Return the label under which to answer; "" without, or when it is too long."""
        label = tags.get("label", "") if self.capabilities & cap.LABELED_RESPONSE else ""
        return label if len(label.encode()) <= 64 else ""

    def _dispatch(self, message: Message, label: str) -> None:
        message = addressed(message)
        command = COMMANDS.get(message.command)
        if command is None:
            self._in_turn(label, lambda: self.refuse(n.ERR_UNKNOWNCOMMAND, (message.command,)))
            return
        if self.user is None and not command.before_welcome:
            self._in_turn(label, lambda: self.refuse(n.ERR_NOTREGISTERED))
            return
        if len(message.params) < command.min_params:
            self._in_turn(label, lambda: self.refuse(n.ERR_NEEDMOREPARAMS, (message.command,)))
            return
        try:
            changes = command.changes(self, message) if command.changes is not None else ()
        except Refusal as refusal:
            refusals = [refusal]
            self._in_turn(label, lambda: self._refuse_all(refusals))
            return
        complaints, self._complaints = self._complaints, []
        if changes:
            self.propose(changes, label, barrier=command.barrier)
            self._queue[-1].complaints = complaints
        elif complaints:
            self._in_turn(label, lambda: self._refuse_all(complaints))
        elif command.answer is not None:
            answer = command.answer
            fetched = command.fetches or (command.barrier and command.changes is None)
            self._in_turn(label, lambda: answer(self, message), barrier=fetched)
        else:
            self._in_turn(label, lambda: None)

    def refuse_in_turn(self, label: str, refusal: Refusal) -> None:
        """Refuse something when what came before it is answered."""
        self._in_turn(label, lambda: refusal.tell(self))

    def complain(self, refusal: Refusal) -> None:
        """Refuse a part of the command that is being read; the rest of it takes effect."""
        self._complaints.append(refusal)

    # The queue

    def propose(self, changes: Sequence[Change], label: str = "", *, barrier: bool = False) -> None:
        """Hand changes to the log; the command is done when all of them were applied."""
        self._barrier = self._barrier or barrier
        self._queue.append(Pending(label, len(changes), barrier=barrier))
        self.hub.proposals.extend(changes)

    def _in_turn(
        self, label: str, answer: Callable[[], Sequence[Change] | None], *, barrier: bool = False
    ) -> None:
        self._barrier = self._barrier or barrier
        pending = Pending(label, 0, answer, barrier=barrier)
        if self._queue:
            self._queue.append(pending)
        else:
            self._run(pending)

    def _run(self, pending: Pending) -> None:
        """Give an answer whose turn it is."""
        self._current = pending
        assert pending.answer is not None  # noqa: S101 # those that wait for entries go elsewhere
        changes = pending.answer()
        self._current = None
        if changes:
            self._go_on(pending, changes)
        elif self._waiting:
            self._queue.appendleft(pending)
        else:
            self._complete(pending)

    def await_answer(self) -> None:
        """Called by an answer that must be fetched: it goes on with `answered`."""
        self._waiting = True

    def answered(self, give: Callable[[], Sequence[Change] | None], now: float) -> None:
        """Go on after `await_answer`: `give` sends what was fetched.

        It may return changes: the command is done when those were applied. Or it may ask again.
        """
        self._waiting = False
        self._current = pending = self._queue.popleft()
        changes = give()
        self._current = None
        if changes:
            self._go_on(pending, changes)
            return
        if self._waiting:  # `give` asked for more
            self._queue.appendleft(pending)
            return
        self._complete(pending)
        self._advance()
        self.work(now)

    def _go_on(self, pending: Pending, changes: Sequence[Change]) -> None:
        """Hand changes to the log that an answer found to be wanted; it is done with them."""
        again = Pending(pending.label, len(changes), barrier=pending.barrier)
        again.lines = pending.lines
        self._queue.appendleft(again)
        self.hub.proposals.extend(changes)

    def ask(
        self,
        make: Callable[[Callable[[_Found, float], None]], Request],
        give: Callable[[_Found], Sequence[Change] | None],
    ) -> None:
        """Answer the command under way with what whoever drives the hub is asked for.

        The command is to be a barrier.

        Args:
            make: returns the request, given what to call with the answer.
            give: is called with the answer, as `answered` does.
        """
        self.await_answer()

        def answer(found: _Found, now: float) -> None:
            if not self.closing:
                self.answered(lambda: give(found), now)

        self.hub.requests.append(make(answer))

    @property
    def awaited(self) -> Pending:
        """The command to which the next applied entry of this session belongs."""
        return self._queue[0]

    def begin_entry(self) -> None:
        """What is sent from now on answers the command at the head of the queue."""
        self._current = self._queue[0]

    def end_entry(self, now: float) -> None:
        """An entry of this session was applied and told."""
        self._current = None
        pending = self._queue[0]
        if pending.entries > 1:
            pending.entries -= 1
            return
        self._queue.popleft()
        self._complete(pending)
        self.proceed(now)

    def end_spoken(self) -> bool:
        """End an entry whose answer stands in a run; true when `proceed` is due."""
        queue = self._queue
        queue.popleft()
        return bool(queue and queue[0].answer) or bool(self._inbox)

    def end_plain(self, most: int) -> int:
        """End entries of lines without labels; return how many, `most` of them at the most.

        It ends before one after which something has to be answered or read at once.
        """
        queue, count = self._queue, 0
        if self._inbox:
            return 0
        while count < most and queue and queue[0] is _PLAIN:
            if len(queue) > 1 and queue[1] is not _PLAIN:
                break
            queue.popleft()
            count += 1
        return count

    def proceed(self, now: float) -> None:
        """Answer what waited for its turn, and work on what waited for the queue."""
        self._advance()
        if self._inbox or self._input_ended:
            self.work(now)

    def _advance(self) -> None:
        queue = self._queue
        while queue and queue[0].answer is not None and not self._waiting and not self.closing:
            self._run(queue.popleft())

    def _complete(self, pending: Pending) -> None:
        if pending.barrier:
            self._barrier = False
        super()._complete(pending)

    # The end

    def close(self, reason: str) -> None:
        """Tell the client why, and close when that is sent."""
        if not self.closing:
            self.closing = reason or "Closed"
            self._inbox.clear()
            self.send(Line(f"ERROR :Closing link: {self.closing}"))
            self.hub.closing.append(self)


def _too_long(data: bytes) -> bool:
    if len(data) <= MAX_LINE - 2:
        return False
    if not data.startswith(b"@"):
        return True
    tags, _, rest = data.partition(b" ")
    return len(tags) + 1 > _MAX_CLIENT_TAGS or len(rest) > MAX_LINE - 2
