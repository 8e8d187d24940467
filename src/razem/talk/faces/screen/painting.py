"""Rows -> strips of the screen: columns for the time and the nick, and the text wrapped beside.

09:41       ana │ the text of the message, wrapped where the
                │ column ends
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from razem.talk.client.outgoing import Status
from razem.talk.faces.printable import printable

from .happening import together
from .markup import CHANNEL, CODE, LINK, NICK, Block, Span, blocks_of, plain_text
from .palette import nick_colour
from .rows import DayRow, EdgeRow, EventsRow, LineRow, Row, UnreadRow, WaitingRow
from .view import ACTION, NOTICE, TOLD, Line
from .wrapping import cut, width_of, wrap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from .palette import Palette

__all__ = ["Painter", "day_name"]

_TIME: Final = 5
_FOLDED_LINES: Final = 16  # of a long message, before somebody wants all of it
_LONG_LINES: Final = 20
_LONG_CHARACTERS: Final = 2000
_QUOTED: Final = 200  # characters of a line that is answered
_CACHED: Final = 2000  # rows
_NARROW: Final = 64  # cells: less has a smaller column for nicks


class _Layout(NamedTuple):
    """Where the columns are, in cells."""

    width: int
    nick: int
    left: int  # before the text

    @property
    def text(self) -> int:
        return max(8, self.width - self.left - 1)


class Painter:
    """Draws rows for one width and palette, and remembers what it drew.

    Args:
        today: gives the date, for «Today» and «Yesterday».
    """

    def __init__(self, palette: Palette, width: int, today: Callable[[], date]) -> None:
        nick = 9 if width < _NARROW else 11
        self._layout = _Layout(width, nick, 1 + _TIME + 1 + nick + 3)
        self._today = today
        self._drawn: OrderedDict[Row, tuple[object, list[Strip]]] = OrderedDict()
        self.palette = palette
        self.own_nick = ""
        self.find: Callable[[str], Line | None] = lambda _: None
        colour = palette
        self._quiet = Style(color=colour.quiet)
        self._faint = Style(color=colour.quiet, italic=True)
        self._edge = Style(color=colour.edge)
        self._text = Style(color=colour.text)
        self._bad = Style(color=colour.bad)
        self._nicks = [Style(color=one, bold=True) for one in colour.nicks]
        self._styles = {
            "bold": Style(bold=True),
            "italic": Style(italic=True),
            "underline": Style(underline=True),
            "strike": Style(strike=True),
            LINK: Style(color=colour.accent, underline=True),
            CHANNEL: Style(color=colour.accent),
            CODE: Style(bgcolor=colour.code),
            NICK: Style(color=colour.warning, bold=True),
        }

    @property
    def width(self) -> int:
        """The width for which rows are drawn, in cells."""
        return self._layout.width

    def draw(self, row: Row) -> list[Strip]:
        """Return the strips of a row, at least one."""
        key, known = row.key, self._drawn.get(row)
        if known is not None and known[0] == key:
            return known[1]
        strips = self._draw(row)
        self._drawn[row] = (key, strips)
        if len(self._drawn) > _CACHED:
            self._drawn.popitem(last=False)
        return strips

    def estimate(self, row: Row) -> int:
        """Return about how many strips a row has, fast."""
        if isinstance(row, LineRow) and not row.line.text.isspace():
            text = row.line.text
            return 1 + len(text) // self._layout.text + text.count("\n")
        return 1

    def _draw(self, row: Row) -> list[Strip]:
        match row:
            case LineRow(line=line):
                return self._line(row, line)
            case EventsRow():
                return self._events(row)
            case WaitingRow(message=message):
                return self._waiting(message.text, message.status, action=message.action)
            case DayRow(day=day):
                return [self._rule(day_name(day, self._today()), self._quiet, self._edge)]
            case UnreadRow():
                colour = Style(color=self.palette.warning)
                return [self._rule("New", colour + Style(bold=True), colour)]
            case EdgeRow(view=view):
                place = view.name if view.is_channel else f"your talk with {view.name}"
                text = (
                    f"This is the beginning of {printable(place)}."
                    if view.complete
                    else "Loading…"
                    if view.asking
                    else "Scroll up for more."
                )
                return [Strip.blank(self.width), self._centred(text)]
        return [Strip.blank(self.width)]

    # ---- lines

    def _line(self, row: LineRow, line: Line) -> list[Strip]:
        body = self._body(line)
        if line.reply:
            body.insert(0, self._quotation(line.reply))
        if line.reactions:
            body += self._reactions(line)
        if line.why:
            why = f"✗ not sent: {printable(line.why.rstrip('.'))} · Enter edits it"
            body += [[Segment(one.text, self._bad)] for one in _flat(wrap_text(why, self._layout))]
        time = f"{line.time:%H:%M}" if row.timed else ""
        nick, style = self._name(line) if row.head else ("", None)
        meta = {"nick": line.sender} if line.is_said else {}
        return self._with_columns(body, time, nick, style, meta)

    def _body(self, line: Line) -> list[list[Segment]]:
        if line.redacted:
            return [[Segment("This message was removed.", self._faint)]]
        base = self._base(line)
        blocks = blocks_of(line.text, "" if line.own or line.kind == TOLD else self.own_nick)
        if line.kind == ACTION:
            name = Span(printable(line.sender), frozenset({"sender"}))
            first = blocks[0]
            blocks[0] = Block((name, Span(" "), *first.spans), first.code)
        elif line.bot or line.kind == NOTICE:
            tag = Span("bot" if line.bot else "notice", frozenset({"tag"}))
            blocks[0] = Block((tag, Span(" "), *blocks[0].spans), blocks[0].code)
        lines = self._blocks(blocks, base, line.sender)
        long = len(lines) > _LONG_LINES or len(line.text) > _LONG_CHARACTERS
        if not long:
            return lines
        style = Style(color=self.palette.accent, meta={"fold": 1})
        if line.unfolded:
            return [*lines, [Segment("▴ Show less", style)]]
        more = len(lines) - _FOLDED_LINES
        if more <= 0:
            return lines
        return [*lines[:_FOLDED_LINES], [Segment(f"▾ Show all of it ({more} more lines)", style)]]

    def _base(self, line: Line) -> Style:
        if line.kind == TOLD:
            return self._bad if line.sender == "!" else Style(color=self.palette.accent)
        if line.why:
            return self._quiet
        return self._text + Style(italic=True) if line.kind == ACTION else self._text

    def _blocks(self, blocks: Iterable[Block], base: Style, sender: str) -> list[list[Segment]]:
        width = self._layout.text
        lines: list[list[Segment]] = []
        for block in blocks:
            if not block.code:
                lines += [
                    [self._segment(span, base, sender) for span in spans]
                    for spans in wrap(block.spans, width)
                ]
                continue
            style = Style(color=self.palette.text, bgcolor=self.palette.code)
            for spans in wrap(block.spans, width - 2):
                text = "".join(span.text for span in spans)
                lines.append([Segment(f" {text}{' ' * (width - 1 - width_of(text))}", style)])
        return lines

    def _segment(self, span: Span, base: Style, sender: str) -> Segment:
        style = base
        for name in span.styles:
            if name == "sender":
                style += self._nicks[nick_colour(sender)] + Style(meta={"nick": sender})
            elif name == "tag":
                style += Style(color=self.palette.quiet, bgcolor=self.palette.raised)
            else:
                style += self._styles[name]
        if span.target:
            kind = LINK if LINK in span.styles else CHANNEL
            link = span.target if kind == LINK else None
            style += Style(meta={kind: span.target}, link=link)
        return Segment(span.text, style)

    def _quotation(self, msgid: str) -> list[Segment]:
        line = self.find(msgid)
        if line is None:
            return [Segment("╭╴an earlier message", self._faint)]
        name = printable(line.sender)
        text = plain_text(line.text[:_QUOTED]) if not line.redacted else "removed"
        room = self._layout.text - width_of(name) - 4
        goto = Style(meta={"goto": msgid})
        return [
            Segment("╭╴", self._edge + goto),
            Segment(name, self._nicks[nick_colour(line.sender)] + Style(bold=False) + goto),
            Segment(f" {cut(text, max(room, 4))}", self._quiet + goto),
        ]

    def _reactions(self, line: Line) -> list[list[Segment]]:
        lines: list[list[Segment]] = [[]]
        used, palette = 0, self.palette
        own = self.own_nick.casefold()
        for reaction, who in line.reactions.items():
            count = f" {len(who)} "
            shown = cut(printable(reaction), min(20, self._layout.text - len(count) - 2))
            text = f" {shown}{count}"
            need = width_of(text) + 1
            if used and used + need > self._layout.text:
                lines.append([])
                used = 0
            colour = palette.accent if own in who else palette.quiet
            style = Style(color=colour, bgcolor=palette.raised, meta={"react": reaction})
            lines[-1] += [Segment(text, style), Segment(" ")]
            used += need
        return lines

    def _name(self, line: Line) -> tuple[str, Style]:
        if line.kind == TOLD:
            return ("✗" if line.sender == "!" else "·"), self._base(line)
        if line.kind == ACTION:
            return "•", self._quiet
        style = self._nicks[nick_colour(line.sender)]
        return printable(line.sender), style

    # ---- the rest

    def _events(self, row: EventsRow) -> list[Strip]:
        told = [(printable(one.sender), printable(one.text)) for one in row.lines]
        many = len(told) > 2
        texts = [text for _, text in told] if row.unfolded or not many else [together(told)]
        fold = Style(meta={"fold": 1}) if many else Style()
        body = [
            [Segment(one.text, self._quiet + fold)]
            for text in texts
            for one in _flat(wrap_text(text, self._layout))
        ]
        sign = ("▾" if row.unfolded else "▸") if many else "·"
        return self._with_columns(body, "", sign, self._quiet, {})

    def _waiting(self, text: str, status: Status, *, action: bool) -> list[Strip]:
        blocks = blocks_of(text)
        body = self._blocks(blocks, self._quiet, "")
        if status is Status.WAITING:
            body[-1].append(Segment("  ◌ waits to be sent", self._faint))
        nick = "•" if action else printable(self.own_nick)
        style = self._nicks[nick_colour(self.own_nick)] + Style(dim=True)
        return self._with_columns(body, "◌" if status is Status.WAITING else "", nick, style, {})

    def _with_columns(
        self,
        body: Sequence[list[Segment]],
        time: str,
        nick: str,
        style: Style | None,
        meta: dict[str, str],
    ) -> list[Strip]:
        """Put the columns of time and nick before the lines of a text."""
        layout = self._layout
        shown = cut(nick, layout.nick)
        name = (style or self._quiet) + Style(meta=meta) if meta else (style or self._quiet)
        gap = " " * (layout.nick - width_of(shown))
        first = [
            Segment(f" {time:>{_TIME}} {gap}", self._quiet),
            Segment(shown, name),
            Segment(" │ ", self._edge),
        ]
        rest = [
            Segment(" " * (layout.left - 3)),
            Segment(" │ ", self._edge),
        ]
        return [
            Strip([*(rest if index else first), *segments]) for index, segments in enumerate(body)
        ]

    def _rule(self, text: str, style: Style, line: Style) -> Strip:
        """Return a line across the screen with a text in its middle."""
        text = f" {text} "
        left = max(2, (self.width - width_of(text)) // 2)
        right = max(1, self.width - left - width_of(text))
        return Strip(
            [
                Segment(" " + "─" * (left - 1), line),
                Segment(text, style),
                Segment("─" * (right - 1) + " ", line),
            ]
        )

    def _centred(self, text: str) -> Strip:
        shown = cut(text, self.width)
        left = (self.width - width_of(shown)) // 2
        return Strip([Segment(" " * left), Segment(shown, self._faint)])


def wrap_text(text: str, layout: _Layout) -> list[list[Span]]:
    """Return the lines of a safe text."""
    return wrap((Span(text),), layout.text)


def _flat(lines: list[list[Span]]) -> list[Span]:
    return [Span("".join(span.text for span in line)) for line in lines]


def day_name(day: date, today: date) -> str:
    """Return a day as people call it.

    >>> day_name(date(2026, 11, 24), date(2026, 11, 25))
    'Yesterday'
    >>> day_name(date(2026, 11, 2), date(2026, 11, 25))
    'Monday, 2 November'
    """
    if day == today:
        return "Today"
    if day == today - timedelta(days=1):
        return "Yesterday"
    year = f" {day.year}" if day.year != today.year else ""
    return f"{day:%A}, {day.day} {day:%B}{year}"
