"""One channel as a client sees it: the order of the server's log, no gap, nothing doubled.

Theory of operation. Live lines come in the order of the log; after a connection was lost some
are missing. Once we have joined again, every live line is *held*, and the server is asked for
all that followed the last line shown, page by page. The held lines are contiguous, so the
catch-up is complete when a page reaches one of them, or when there is nothing more (an empty
page); then what is held and was not in a page is shown after it.

    ask AFTER last ──page──▶ show it, ask AFTER its last line ──▶ … ──▶ release what is held
        │ refused: this log does not know our last line
        ▼
    ask AFTER the time of the last line, which another log understands too
        │ refused
        ▼
    ask LATEST ──page──▶ show it ──▶ release        (either way with a gap, which is told)

Where nothing was ever shown, the first question is LATEST: a screenful to begin with. When that
was empty, all that comes later is new to us, and the next catch-up asks for what came AFTER the
beginning of all time.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from .events import Logged
    from .settings import Limits

__all__ = ["Query", "Timeline"]

_BEGINNING: Final = "timestamp=1970-01-01T00:00:00.000Z"


class Query(NamedTuple):
    """A question for history: ``CHATHISTORY <subcommand> <channel> <selector> <limit>``."""

    subcommand: str
    selector: str
    limit: int


class Timeline:
    """What was shown of one channel, and what is missing still.

    Attributes:
        active: we are in the channel.
        catching_up: live lines are held, and a query is open.
        gap: lines may be missing between those shown before this catch-up and those after.
        count: lines told from history in this catch-up.
    """

    def __init__(self, limits: Limits, screenful: int) -> None:
        self._limits = limits
        self._screenful = screenful
        self._last = ""  # the msgid of the last line shown
        self._last_time: datetime | None = None
        self._from_beginning = False  # the log was empty when we came: nothing is older
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._held: deque[Logged] = deque(maxlen=limits.held)
        self._query: Query | None = None
        self._page = limits.page
        self.active = False
        self.catching_up = False
        self.gap = False
        self.count = 0

    @property
    def fresh(self) -> bool:
        """Nothing was ever shown here."""
        return not self._last and not self._from_beginning

    @property
    def told_since_last(self) -> bool:
        """The open query asks for exactly what came after the last line that was shown."""
        return self._query is not None and self._query.subcommand == "AFTER" and not self.gap

    def begin(self, server_limit: int) -> Query:
        """Start to catch up, right after our JOIN; `server_limit` 0 is none.

        Until it is complete, live lines are held.
        """
        self._page = min(self._limits.page, server_limit or self._limits.page)
        self._held.clear()
        self.active, self.catching_up, self.gap, self.count = True, True, False, 0
        if self._last:
            return self._ask("AFTER", f"msgid={self._last}")
        if self._from_beginning:
            return self._ask("AFTER", _BEGINNING)
        return self._ask("LATEST", "*", min(max(self._screenful, 1), self._page))

    def receive_live(self, message: Logged) -> list[Logged]:
        """Take a line as it happens; return what to show now."""
        if self.catching_up:
            self._held.append(message)
            return []
        return [message] if self._take(message) else []

    def receive_page(self, page: Sequence[Logged]) -> tuple[list[Logged], Query | None]:
        """Take an answer to the open query; return what to show, and what to ask next."""
        query, held = self._query, {message.msgid for message in self._held if message.msgid}
        if query is None:
            return [], None
        reached = any(message.msgid in held for message in page)
        if query.subcommand == "LATEST" and self.fresh:
            shown = self._receive_first(page, held)
        else:
            shown = [message for message in page if self._take(message)]
        self.count += len(shown)
        if query.subcommand == "LATEST" or reached or not page:
            return shown + self.finish(), None
        # A page of lines that we had shown already (which an exact server never sends) gets us
        # no further: it would be sent again and again.
        last = page[-1].msgid
        if not last or query.selector == f"msgid={last}":
            return shown + self.finish(gap=True), None
        return shown, self._ask("AFTER", f"msgid={last}")

    def refuse(self) -> tuple[list[Logged], Query | None]:
        """Take the server's refusal of the open query; return what to show, what to ask next."""
        query = self._query
        if query is None or query.subcommand == "LATEST":
            return self.finish(gap=True), None
        self.gap = True
        if query.selector.startswith("msgid=") and self._last_time is not None:
            since = self._last_time.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
            return [], self._ask("AFTER", f"timestamp={since}Z")
        return [], self._ask("LATEST", "*", self._page)

    def finish(self, *, gap: bool = False) -> list[Logged]:
        """End the catch-up; return the held lines that were not told by it."""
        self.catching_up, self._query = False, None
        self.gap |= gap
        held, self._held = self._held, deque(maxlen=self._limits.held)
        return [message for message in held if self._take(message)]

    def stop(self) -> None:
        """Give up what is open, since the connection is lost or we have left.

        What is held is dropped: the next catch-up begins before it.
        """
        self.active, self.catching_up, self._query = False, False, None
        self._held.clear()

    def note(self, msgid: str, time: datetime | None) -> None:
        """Note what was told without us, so that no page of history tells it again."""
        if not msgid:
            return
        if self.catching_up:  # it comes after what is missing still: its place is not ours yet
            self._remember(msgid)
        elif msgid not in self._seen:
            self._remember(msgid)
            self._last, self._last_time = msgid, time or self._last_time

    def is_older(self, message: Logged) -> bool:
        """Tell whether a line stands before the last one shown, as far as the times tell."""
        return bool(message.time and self._last_time and message.time < self._last_time)

    def knows(self, msgid: str) -> bool:
        """Tell whether a line was shown."""
        return msgid in self._seen

    def _receive_first(self, page: Iterable[Logged], held: set[str]) -> list[Logged]:
        """Take the first screenful; where none is wanted, only its place in the log."""
        page = [message for message in page if message.msgid not in held]
        self._from_beginning = not page
        taken = [message for message in page if self._take(message)]
        return taken if self._screenful else []

    def _ask(self, subcommand: str, selector: str, limit: int = 0) -> Query:
        self._query = Query(subcommand, selector, limit or self._page)
        return self._query

    def _take(self, message: Logged) -> bool:
        """Note a line as shown; False when it was before."""
        msgid = message.msgid
        if not msgid:
            return True
        if msgid in self._seen:
            return False
        self._remember(msgid)
        self._last, self._last_time = msgid, message.time or self._last_time
        return True

    def _remember(self, msgid: str) -> None:
        self._seen[msgid] = None
        if len(self._seen) > self._limits.seen:
            self._seen.popitem(last=False)
