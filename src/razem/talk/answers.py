"""What a session is told: lines, numerics and batches, as the answer to a command or not. No I/O.

What answers a command with a label is collected until it is complete, and then sent under it
(IRCv3 labeled-response).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from razem.talk.irc import capabilities as cap
from razem.talk.irc import numerics as n
from razem.talk.irc.lines import MAX_LINE
from razem.talk.irc.names import cut
from razem.talk.outbox import Outbox
from razem.talk.render import Line, label_tag

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from razem.talk.changes import Change
    from razem.talk.commands.base import Refusal
    from razem.talk.hub import Hub
    from razem.talk.model import User

__all__ = ["Answers", "Pending"]

_MAX_MIDDLE: Final = 128  # bytes of a parameter of the client's that an answer repeats


class Pending:
    """A command whose answer is not complete: it waits for entries, or for its turn."""

    __slots__ = ("after", "answer", "barrier", "complaints", "entries", "label", "lines")

    def __init__(
        self,
        label: str,
        entries: int,
        answer: Callable[[], Sequence[Change] | None] | None = None,
        *,
        barrier: bool = False,
    ) -> None:
        self.label = label  # "" once an answer bears it
        self.entries = entries  # still to be applied
        self.answer: Final = answer
        self.barrier: Final = barrier  # nothing is read before this is complete
        # Collected, when there is a label to put on them; each with a tag of its own, or "".
        self.lines: list[tuple[Line, str]] = []
        self.complaints: Sequence[Refusal] = ()  # about parts of the command
        self.after: list[Callable[[], None]] = []  # to be done when they were sent


class Answers:
    """The half of a session that speaks.

    Args:
        hub: what the session is connected to.
    """

    def __init__(self, hub: Hub) -> None:
        self.hub: Final = hub
        self.outbox: Final = Outbox(hub.dirty)
        self.capabilities = 0
        self.user: User | None = None  # set while registered
        self.nick = ""  # wanted, then had
        self._current: Pending | None = None  # the command that is being answered
        self._batches = 0

    def send(self, line: Line) -> None:
        """Send a line that belongs to the answer to the command under way, if there is one."""
        if self._current is not None and self._current.label:
            self._current.lines.append((line, ""))
        else:
            self.outbox.put(line.encode(self.capabilities))

    def deliver(self, line: Line) -> None:
        """Send a line that answers nothing."""
        self.outbox.put(line.encode(self.capabilities))

    def reply(self, numeric: str, *params: str) -> None:
        """Send a numeric: the nick and `params` follow it, the last one as trailing."""
        self.send(self.numeric(numeric, *params))

    def numeric(self, numeric: str, *params: str, ours: bool = False) -> Line:
        """Return the line that `reply` sends; `ours`: nothing in it is from a client, or is cut."""
        nick = (self.user.nick if self.user else self.nick) or "*"
        words = "".join(f" {param if ours else _middle(param)}" for param in params[:-1])
        tail = f" :{params[-1]}" if params else ""
        return self._line_from_hub(f"{numeric} {nick}{words}{tail}")

    def notice(self, text: str, *, answer: bool = True) -> None:
        """Send a NOTICE of the hub, for people to read; `answer`: to the command under way."""
        server, nick = self.hub.identity.name, self.nick or "*"
        line = Line(cut(f":{server} NOTICE {nick} :{text}", MAX_LINE - 2))
        if answer:
            self.send(line)
        else:
            self.deliver(line)

    def refuse(self, numeric: str, params: tuple[str, ...] = (), text: str = "") -> None:
        """Send an error numeric with its text."""
        self.reply(numeric, *params, text or n.TEXTS[numeric])

    def _refuse_all(self, refusals: Sequence[Refusal]) -> None:
        for refusal in refusals:
            refusal.tell(self)

    def fail(self, command: str, code: str, context: tuple[str, ...], text: str) -> None:
        """Send a FAIL (IRCv3 standard-replies)."""
        words = " ".join(("FAIL", command, code, *map(_middle, context)))
        self.from_hub(f"{words} :{text}")

    def from_hub(self, text: str) -> None:
        """Send a line whose source is the hub; what is too long for a line is cut off."""
        self.send(self._line_from_hub(text))

    def _line_from_hub(self, text: str) -> Line:
        return Line(cut(f":{self.hub.identity.name} {text}", MAX_LINE - 2))

    def _complete(self, pending: Pending) -> None:
        """Send what was collected, under its label (IRCv3 labeled-response)."""
        if pending.complaints:
            self._current = pending
            self._refuse_all(pending.complaints)
            self._current = None
        label, lines = pending.label, pending.lines
        if not label:
            return
        tag, capabilities, put = label_tag(label), self.capabilities, self.outbox.put
        server = self.hub.identity.name
        if not lines:
            put(Line(f":{server} ACK").encode(capabilities, tag))
        elif len(lines) == 1:
            put(lines[0][0].encode(capabilities, tag))
        else:
            batch = self.next_batch()
            put(Line(f":{server} BATCH +{batch} labeled-response").encode(capabilities, tag))
            for line, own_tag in lines:
                put(line.encode(capabilities, own_tag or f"batch={batch}"))
            put(f":{server} BATCH -{batch}\r\n".encode())
        for action in pending.after:
            action()

    def after_answer(self, action: Callable[[], None]) -> None:
        """Do something when all of the answer under way is in the outbox."""
        if self._current is not None and self._current.label:
            self._current.after.append(action)
        else:
            action()

    def send_batch(self, kind: str, lines: Sequence[Line], *, whole: bool = True) -> None:
        """Send lines as one batch where the client knows batches, and bare where not.

        `whole`: the batch is the whole answer to the command under way, and bears its label.
        """
        capabilities, put = self.capabilities, self.outbox.put
        if not capabilities & cap.BATCH:
            for line in lines:
                self.send(line)
            return
        server, batch = self.hub.identity.name, self.next_batch()
        label = ""
        if self._current is not None and self._current.label:
            if not whole:
                within = [(line, f"batch={batch}") for line in lines]
                start = Line(f":{server} BATCH +{batch} {kind}")
                end = Line(f":{server} BATCH -{batch}")
                self._current.lines += [(start, ""), *within, (end, "")]
                return
            label = label_tag(self._current.label)
            self._current.label = ""
        put(Line(f":{server} BATCH +{batch} {kind}").encode(capabilities, label))
        for line in lines:
            put(line.encode(capabilities, f"batch={batch}"))
        put(f":{server} BATCH -{batch}\r\n".encode())

    def next_batch(self) -> str:
        """Return a reference for a batch, unused in this session."""
        self._batches += 1
        return f"{self._batches:x}"


def _middle(param: str) -> str:
    """Return what the client sent in a form that can stand as a middle parameter."""
    return cut(param, _MAX_MIDDLE) if param and param[0] != ":" and " " not in param else "*"
