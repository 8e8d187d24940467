"""What is to be sent: an outbox a session, and runs that many outboxes share. No I/O.

Fan-out is written once and sent many times (DESIGN 6): consecutive lines for one audience are
collected into a run, joined once for each set of capabilities, and the same bytes object goes
into every member's outbox.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from razem.talk.irc.capabilities import LINE_CAPABILITIES

if TYPE_CHECKING:
    from razem.talk.render import Line

__all__ = ["Audience", "Gap", "Outbox", "Run"]


class Gap:
    """A place in an outbox for bytes that are to be fetched first; what follows waits for them."""

    __slots__ = ("before", "data")

    def __init__(self, before: list[bytes]) -> None:
        self.before = before
        self.data: bytes | None = None


class Outbox:
    """Bytes on their way to one session.

    Whoever drives the hub takes them once in a turn of its loop and writes them in one go.

    Args:
        dirty: the list into which the outbox puts itself when it has something to be taken.
    """

    __slots__ = ("_dirty", "_gaps", "parts")

    def __init__(self, dirty: list[Outbox]) -> None:
        self.parts: list[bytes] = []  # after the last gap
        self._gaps: list[Gap] = []
        self._dirty: Final = dirty

    def put(self, data: bytes) -> None:
        """Add bytes at the end."""
        if not self.parts:
            self._dirty.append(self)
        self.parts.append(data)

    def take(self) -> bytes:
        """Return all that may be sent now, b"" when there is nothing."""
        if self._gaps:
            return self._take_to_gap()
        data = self.parts[0] if len(self.parts) == 1 else b"".join(self.parts)
        self.parts.clear()
        return data

    def _take_to_gap(self) -> bytes:
        ready: list[bytes] = []
        while self._gaps:
            gap = self._gaps[0]
            ready += gap.before
            gap.before = []
            if gap.data is None:
                return b"".join(ready)
            ready.append(gap.data)
            del self._gaps[0]
        ready += self.parts
        self.parts.clear()
        return b"".join(ready)

    def hold(self) -> Gap:
        """Hold back what is put from now on, until `release`; what was put before goes out."""
        gap = Gap(self.parts)
        self._gaps.append(gap)
        self.parts = []
        return gap

    def release(self, gap: Gap, data: bytes) -> None:
        """Undo `hold`: let `data` go out in that place, and after it what was held back."""
        gap.data = data
        self._dirty.append(self)

    @property
    def held(self) -> int:
        """How many bytes are held back."""
        if not self._gaps:
            return 0
        between = [part for gap in self._gaps[1:] for part in gap.before]
        filled = [gap.data for gap in self._gaps if gap.data is not None]
        return sum(map(len, [*between, *filled, *self.parts]))


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

    Attributes:
        deliveries: lines put into outboxes so far, each counted for every member.
    """

    __slots__ = ("_audience", "_dirty", "_lines", "_more", "_own", "deliveries")

    def __init__(self, dirty: list[Outbox]) -> None:
        self.deliveries = 0
        self._dirty: Final = dirty
        self._audience: Audience | None = None
        self._lines: list[Line] = []
        self._more = 0  # lines that are encoded together with another one
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

    def add_stretch(
        self, audience: Audience, line: Line, count: int, origin: Outbox | None
    ) -> None:
        """Add `count` lines that are encoded as one; `origin` gets none of them."""
        self.add(audience, line, origin)
        self._more += count - 1

    def flush(self) -> None:
        """Put what was collected into the outboxes of the audience."""
        lines = self._lines
        if not lines or self._audience is None:
            return
        own, dirty = self._own, self._dirty
        joined: dict[int, tuple[list[bytes], bytes]] = {}
        for capabilities, group in self._audience.groups.items():
            relevant = capabilities & LINE_CAPABILITIES
            if relevant not in joined:
                pieces = [line.encode(relevant) for line in lines]
                joined[relevant] = pieces, pieces[0] if len(pieces) == 1 else b"".join(pieces)
            pieces, shared = joined[relevant]
            self.deliveries += (len(pieces) + self._more) * len(group)
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
        self._more = 0
        self._own = {}
