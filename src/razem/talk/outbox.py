"""What is to be sent: an outbox a session, and runs that many outboxes share. No I/O.

Fan-out is written once and sent many times (DESIGN 6): consecutive lines for one audience are
collected into a run, joined once for each set of capabilities, and the same bytes object goes
into every member's outbox.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from razem.talk.render import Line

__all__ = ["Audience", "Outbox", "Run"]


class Outbox:
    """Bytes on their way to one session.

    Whoever drives the hub takes them once in a turn of its loop and writes them in one go.

    Args:
        dirty: the list into which the outbox puts itself when it has something to be taken.
    """

    __slots__ = ("_dirty", "_front", "parts")

    def __init__(self, dirty: list[Outbox]) -> None:
        self.parts: list[bytes] = []
        self._front: list[bytes] | None = None  # not None: `parts` are held back
        self._dirty: Final = dirty

    def put(self, data: bytes) -> None:
        """Add bytes at the end."""
        if not self.parts:
            self._dirty.append(self)
        self.parts.append(data)

    def take(self) -> bytes:
        """Return all that may be sent now, b"" when there is nothing."""
        if self._front is not None:
            data = b"".join(self._front)
            self._front.clear()
            return data
        data = self.parts[0] if len(self.parts) == 1 else b"".join(self.parts)
        self.parts.clear()
        return data

    def hold(self) -> None:
        """Hold back what is put from now on, until `release`; what was put before goes out."""
        if self._front is None:
            self._front, self.parts = self.parts, []

    def release(self, data: bytes) -> None:
        """Let `data` go out, and after it what was held back."""
        if self._front is not None:
            self.parts = [*self._front, data, *self.parts]
            self._front = None
            self._dirty.append(self)

    @property
    def held(self) -> int:
        """How many bytes are held back."""
        return 0 if self._front is None else sum(map(len, self.parts))


class Audience:
    """The local sessions that hear a channel, grouped by the capabilities that matter."""

    __slots__ = ("groups",)

    def __init__(self) -> None:
        self.groups: dict[int, dict[Outbox, None]] = {}

    def add(self, outbox: Outbox, capabilities: int) -> None:
        """Let `outbox` hear what is said, in the form that its capabilities ask for."""
        self.groups.setdefault(capabilities, {})[outbox] = None

    def discard(self, outbox: Outbox, capabilities: int) -> None:
        """Undo `add`; harmless when it was not there."""
        group = self.groups.get(capabilities)
        if group is not None and outbox in group:
            del group[outbox]
            if not group:
                del self.groups[capabilities]


class Run:
    """Consecutive lines for one audience.

    `Run.add` collects; a line for another audience, or `Run.flush`, puts what was collected
    into the members' outboxes. A member that gets a line in a form of its own (or not at all)
    has its own join.

    Args:
        dirty: the list that the outboxes put themselves into.
    """

    __slots__ = ("_audience", "_dirty", "_lines", "_own")

    def __init__(self, dirty: list[Outbox]) -> None:
        self._dirty: Final = dirty
        self._audience: Audience | None = None
        self._lines: list[Line] = []
        self._own: dict[Outbox, list[tuple[int, bytes]]] = {}

    def add(
        self,
        audience: Audience,
        line: Line,
        origin: Outbox | None = None,
        own: bytes = b"",
    ) -> None:
        """Add a line; `origin` gets `own` in its place."""
        if audience is not self._audience:
            self.flush()
            self._audience = audience
        if origin is not None:
            self._own.setdefault(origin, []).append((len(self._lines), own))
        self._lines.append(line)

    def flush(self) -> None:
        """Put what was collected into the outboxes of the audience."""
        lines = self._lines
        if not lines or self._audience is None:
            return
        own, dirty = self._own, self._dirty
        for capabilities, group in self._audience.groups.items():
            pieces = [line.encode(capabilities) for line in lines]
            shared = pieces[0] if len(pieces) == 1 else b"".join(pieces)
            for outbox in group:  # the hot loop of the hub: a few hundred thousand a second
                data = shared
                if own and outbox in own:
                    mine = pieces.copy()
                    for index, replacement in own[outbox]:
                        mine[index] = replacement
                    data = b"".join(mine)
                    if not data:
                        continue
                parts = outbox.parts
                if not parts:
                    dirty.append(outbox)
                parts.append(data)
        self._audience = None
        self._lines = []
        self._own = {}
