"""The list of messages: a window over rows, of which only what is seen is drawn.

Heights are known exactly for rows that were seen, and estimated for others; they are made exact
little by little while nothing else happens, and what is seen stays where it is.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from itertools import accumulate
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from .lines import LineView
from .painting import Painter
from .rows import EventsRow, LineRow, Row, Rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from textual import events
    from textual.scrollbar import ScrollDown, ScrollUp

    from razem.talk.client.outgoing import Outgoing

    from .palette import Palette
    from .view import Line, View

__all__ = ["MessageList"]

_MEASURED_AT_ONCE: Final = 40  # rows: they take a fraction of a frame
_KEPT: Final = 30  # views whose rows are kept
_PAUSE: Final = 0.02  # seconds between these
_NEAR: Final = 8  # strips from the top at which older lines are asked for


class _Kept(NamedTuple):
    """What was made of a view, for when it is turned to again."""

    rows: Rows
    heights: list[int]
    exact: list[bool]
    width: int


class MessageList(LineView, can_focus=True):
    """Shows one view, and keeps its place.

    Attributes:
        at_end: the newest is seen, and what comes scrolls in.
        selected: the line that is chosen by the keyboard or by the mouse.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "choose(-1)", "Previous", show=False),
        Binding("down,j", "choose(1)", "Next", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home", "top", "Oldest", show=False),
        Binding("end", "end", "Newest", show=False),
    ]

    class Wanted(Message):
        """Something was clicked, or a key pressed on a line."""

        def __init__(self, what: str, value: str, line: Line | None) -> None:
            super().__init__()
            self.what = what
            self.value = value
            self.line = line

    class Moved(Message):
        """What is seen is another part: the end, perhaps, or the beginning."""

    def __init__(self, today: Callable[[], date], *, id: str) -> None:  # noqa: A002 - Textual's
        super().__init__(id=id)
        self._today = today
        self._palette: Palette | None = None
        self._painter: Painter | None = None
        self._rows: Rows | None = None
        self._view: View | None = None
        self._heights: list[int] = []
        self._exact: list[bool] = []
        self._tops: list[int] = [0]
        self._inexact = 0  # all rows from here on have exact heights
        self._measuring = False
        self._own_nick = ""
        self._kept: OrderedDict[View, _Kept] = OrderedDict()  # of views that are not open
        self._seen_shift = -1
        self._nothing: Strip = Strip([])
        self.at_end = True
        self.selected: Line | None = None

    # ---- what is shown

    def show(self, view: View, waiting: Sequence[Outgoing]) -> None:
        """Turn to another view, at its end."""
        if self._view is not None and self._rows is not None and self._painter is not None:
            kept = _Kept(self._rows, self._heights, self._exact, self._painter.width)
            self._kept[self._view] = kept
            self._kept.move_to_end(self._view)
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        painter, known = self._make_painter(), self._kept.get(view)
        if known is None or painter is None or known.width != painter.width:
            known = _Kept(Rows(view), [], [], 0)
        self._view, (self._rows, self._heights, self._exact, _) = view, known
        self._inexact = len(self._exact)
        self._seen_shift = view.shifted if self._heights else -1
        self.selected = None
        self.at_end = True
        self.refresh_view(waiting)

    def dress(self, palette: Palette, own_nick: str) -> None:
        """Draw in these colours, with our nick marked, from now on."""
        if palette is not self._palette or own_nick != self._own_nick:
            self._palette, self._own_nick, self._painter = palette, own_nick, None
            self._layout_anew()

    def refresh_view(self, waiting: Sequence[Outgoing]) -> None:
        """Show what has changed in the view."""
        rows = self._rows
        if rows is None or self._view is None:
            return
        shifted = self._view.shifted
        anchor = None if self.at_end else self._anchor()
        before = len(self._heights)
        start = rows.update(waiting)
        if before == 0 or shifted != self._seen_shift or rows.made_anew:
            start = 0
        self._seen_shift = shifted
        painter = self._make_painter()
        if painter is None:
            return
        del self._heights[start:], self._exact[start:]
        fresh = rows.rows[start:]
        few = len(fresh) <= _MEASURED_AT_ONCE
        if not few:
            self._inexact = len(rows.rows)
        self._heights += [len(painter.draw(r)) if few else painter.estimate(r) for r in fresh]
        self._exact += [few] * len(fresh)
        self._measure_touched()
        self._settle(anchor)

    def _measure_touched(self) -> None:
        """Measure anew the lines that have changed: reactions take a line of their own."""
        touched = self._view.touched if self._view is not None else set()
        for line in touched:
            index = self._index_of(line)
            if index >= 0:
                self._measure(index, index + 1)
        touched.clear()

    def reveal(self, line: Line) -> bool:
        """Scroll to a line and choose it; False when it is not there."""
        index = self._index_of(line)
        if index < 0:
            return False
        self.selected = line
        self._measure(max(0, index - 60), min(len(self._heights), index + 60))
        self._go(self._tops[index] - self.size.height // 2)
        return True

    @property
    def is_exact(self) -> bool:
        """All heights are known."""
        return bool(self._exact) and all(self._exact)

    @property
    def has_waiting(self) -> bool:
        """Messages of ours are shown that the hub does not have yet."""
        return self._rows is not None and bool(self._rows.waiting)

    def unfold_selected(self) -> None:
        """Show all of the chosen message, or fold it again."""
        index = self._index_of(self.selected)
        if index >= 0 and self._rows is not None:
            self.unfold(self._rows.rows[index])

    # ---- keeping the place

    def _make_painter(self) -> Painter | None:
        width = self.scrollable_content_region.width or self.size.width
        if width <= 0 or self._palette is None:
            return None
        if self._painter is None or self._painter.width != width:
            self._painter = Painter(self._palette, width, self._today)
        self._painter.own_nick = self._own_nick
        view = self._view
        self._painter.find = lambda msgid: view.by_id.get(msgid) if view is not None else None
        return self._painter

    def _layout_anew(self) -> None:
        """Take another width or other colours: heights are estimated, but for what is seen."""
        rows = self._rows
        anchor = None if self.at_end else self._anchor()
        painter = self._make_painter()
        if rows is None or painter is None:
            return
        self._heights = [painter.estimate(row) for row in rows.rows]
        self._exact = [False] * len(self._heights)
        self._inexact = len(self._heights)
        self._settle(anchor)

    def _settle(self, anchor: tuple[Row, int] | None) -> None:
        """Measure what is seen, tell the size, and scroll so that the anchor stays."""
        self._add_up()
        count, rows = len(self._heights), self._rows
        if rows is None:
            return
        if anchor is None:
            self._measure_around(count - 1, upwards=True)
            self._follow()
        else:
            row, offset = anchor
            index = next((i for i, one in enumerate(rows.rows) if _same(one, row)), 0)
            self._measure_around(index, upwards=False)
            self._scroll(self._tops[index] + offset)
        self._go_on_measuring()
        self.refresh()

    def _anchor(self) -> tuple[Row, int] | None:
        """Return the first message that is seen, and how much of it is above (or room is, if < 0).

        Of other rows, days and what people came and went, older lines make another row, above.
        """
        rows, top = self._rows, self.scroll_offset.y
        if rows is None or not self._heights:
            return None
        first = self._row_at(top)
        seen = range(first, self._row_at(top + self.size.height) + 1)
        index = next((i for i in seen if isinstance(rows.rows[i], LineRow)), first)
        return rows.rows[index], top - self._tops[index]

    def _measure_around(self, index: int, *, upwards: bool) -> None:
        """Make exact what is a screen away from a row."""
        reach = max(self.size.height, 20)
        start = index - reach if upwards else index - reach // 2
        self._measure(max(0, start), min(len(self._heights), index + reach))

    def _measure(self, start: int, stop: int) -> None:
        rows, painter = self._rows, self._painter
        if rows is None or painter is None:
            return
        for index in range(start, stop):
            if not self._exact[index] or stop - start == 1:
                self._heights[index] = len(painter.draw(rows.rows[index]))
                self._exact[index] = True
        self._add_up()
        self.refresh()

    def _measure_more(self) -> None:
        """Make some more heights exact, from the end upwards; what is seen stays."""
        self._measuring = False
        stop = min(self._inexact, len(self._exact))
        while stop and self._exact[stop - 1]:
            stop -= 1
        self._inexact = stop
        if not stop:
            return
        anchor = None if self.at_end else self._anchor()
        self._measure(max(0, stop - _MEASURED_AT_ONCE), stop)
        self._settle_again(anchor)
        self._go_on_measuring()

    def _go_on_measuring(self) -> None:
        if not self._measuring and self._inexact:
            self._measuring = True
            self.set_timer(_PAUSE, self._measure_more)

    def _near(self) -> None:
        """Make exact what is within two screens, before it is scrolled into sight."""
        top, height = self.scroll_offset.y, self.size.height
        first, last = self._row_at(top - 2 * height), self._row_at(top + 3 * height) + 1
        if not all(self._exact[first:last]):
            anchor = self._anchor()
            self._measure(first, last)
            self._settle_again(anchor)

    def _settle_again(self, anchor: tuple[Row, int] | None) -> None:
        rows = self._rows
        if anchor is None:
            self._follow()
        elif rows is not None:
            index = self._index_of_row(anchor[0])
            self._scroll(self._tops[index] + anchor[1])

    def _index_of_row(self, row: Row) -> int:
        rows = self._rows.rows if self._rows is not None else []
        return next((i for i, one in enumerate(rows) if _same(one, row)), 0)

    def _add_up(self) -> None:
        self._tops = [0, *accumulate(self._heights)]
        self.virtual_size = Size(self.size.width, self._tops[-1])

    def _follow(self) -> None:
        """Show the end, now and when the size of the window or of the lines has become known."""
        self._scroll(self._tops[-1])
        self.call_after_refresh(self._keep_end)

    def _keep_end(self) -> None:
        if self.at_end and self.scroll_offset.y < self._tops[-1] - self.size.height:
            self._scroll(self._tops[-1])

    def _go(self, y: int) -> None:
        """Scroll to where the user wants to be: then, the end is followed only from there."""
        self._scroll(max(0, y))
        self._judge()

    def _judge(self) -> None:
        self.at_end = self.scroll_offset.y >= self._tops[-1] - self.size.height - 1

    def _scroll(self, y: int) -> None:
        end = max(0, self._tops[-1] - self.size.height)
        self.scroll_to(y=max(0, min(y, end)), animate=False, immediate=True, force=True)

    def _row_at(self, y: int) -> int:
        return max(0, min(bisect_right(self._tops, y) - 1, len(self._heights) - 1))

    def _index_of(self, line: Line | None) -> int:
        rows = self._rows.rows if self._rows is not None else []
        for index in range(len(rows) - 1, -1, -1):
            row = rows[index]
            if isinstance(row, LineRow) and row.line is line:
                return index
        return -1

    # ---- drawing

    def render_line(self, y: int) -> Strip:
        """Draw one line of the screen."""
        rows, painter, palette = self._rows, self._painter, self._palette
        width = self.size.width
        at = y + self.scroll_offset.y - self._above
        if rows is None or painter is None or palette is None or not 0 <= at < self._tops[-1]:
            return Strip.blank(width, self.base_style)
        index = self._row_at(at)
        row = rows.rows[index]
        strips = painter.draw(row)
        inner = at - self._tops[index]
        strip = strips[inner] if inner < len(strips) else self._nothing
        style = self.base_style
        if isinstance(row, LineRow):
            style = self._style_of(row.line, palette) or style
            if row.line.mention:
                strip = _with_bar(strip, palette.mention_edge)
        return strip.extend_cell_length(width).crop(0, width).apply_style(style)

    def _style_of(self, line: Line, palette: Palette) -> Style | None:
        if line is self.selected:
            return Style(color=palette.text, bgcolor=palette.hover)
        if line.mention:
            return Style(color=palette.text, bgcolor=palette.mention)
        return None

    @property
    def _above(self) -> int:
        """How many lines are free above, when all fits: the newest stands at the bottom."""
        return max(0, self.size.height - self._tops[-1])

    # ---- moving

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Note whether the end is seen, and ask for more at the beginning."""
        super().watch_scroll_y(old_value, new_value)
        if self.vertical_scrollbar.grabbed is not None:
            self._judge()
        top = int(new_value)
        if not all(self._exact[self._row_at(top) : self._row_at(top + self.size.height) + 1]):
            self.call_later(self._near)  # the scrollbar was drawn to where nobody was yet
        self.post_message(self.Moved())

    @property
    def near_top(self) -> bool:
        """The beginning of what is there is seen, or nearly."""
        return self.scroll_offset.y <= _NEAR

    def on_resize(self) -> None:
        """Take another size."""
        if self._painter is None or self._painter.width != self.size.width:
            self._layout_anew()
        elif self.at_end:
            self._follow()

    def action_page(self, direction: int) -> None:
        """Turn a page."""
        self._near()
        self._go(self.scroll_offset.y + direction * max(1, self.size.height - 2))

    def action_top(self) -> None:
        """Show the oldest."""
        self._measure(0, min(len(self._heights), 2 * self.size.height))
        self._go(0)

    def action_end(self) -> None:
        """Show the newest."""
        self.selected = None
        self.at_end = True
        self._follow()
        self.refresh()

    def action_choose(self, direction: int) -> None:
        """Choose the next line above or below; below the last one, none."""
        rows = self._rows.rows if self._rows is not None else []
        index = self._index_of(self.selected)
        if index < 0:
            index = len(rows) if direction < 0 else -1
            if direction > 0:
                return
        index += direction
        while 0 <= index < len(rows) and not isinstance(rows[index], LineRow):
            index += direction
        if index >= len(rows):
            self.action_end()
            return
        if index < 0:
            return
        row = rows[index]
        assert isinstance(row, LineRow)  # noqa: S101 - by the loop
        self.selected = row.line
        self._see(index)
        self.refresh()

    def _see(self, index: int) -> None:
        """Scroll as little as needed to see a row."""
        top, bottom = self._tops[index], self._tops[index + 1]
        y, height = self.scroll_offset.y, self.size.height
        if top < y:
            self._go(top)
        elif bottom > y + height:
            self._go(min(top, bottom - height))

    def on_click(self, event: events.Click) -> None:
        """Choose a line, or do what is clicked in it."""
        rows = self._rows
        if rows is None or not self._heights:
            return
        index = self._row_at(event.y + self.scroll_offset.y - self._above)
        row = rows.rows[index]
        line = row.line if isinstance(row, LineRow) else None
        meta = event.style.meta
        for what in ("link", "channel", "goto", "react", "nick"):
            if what in meta:
                self.post_message(self.Wanted(what, str(meta[what]), line))
                return
        if "fold" in meta:
            self.unfold(row)
            return
        self.selected = None if line is self.selected else line
        self.refresh()

    def unfold(self, row: Row) -> None:
        """Show all of a long message or a group of happenings, or fold it again."""
        anchor = self._anchor()
        if isinstance(row, EventsRow):
            row.unfolded = not row.unfolded
        elif isinstance(row, LineRow):
            row.line.unfolded = not row.line.unfolded
            row.line.touch()
        index = self._index_of_row(row)
        self._measure(index, index + 1)
        self._settle_again(anchor)

    def scroll_lines(self, count: int) -> None:
        """Scroll by some lines; less than 0: up."""
        self._near()
        self._go(self.scroll_offset.y + count)

    def _on_scroll_up(self, message: ScrollUp) -> None:
        """Turn a page, when the scrollbar is clicked above its handle."""
        message.stop()
        message.prevent_default()
        self.action_page(-1)

    def _on_scroll_down(self, message: ScrollDown) -> None:
        """Turn a page, when the scrollbar is clicked below its handle."""
        message.stop()
        message.prevent_default()
        self.action_page(1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll by three lines."""
        event.stop()
        event.prevent_default()
        self.scroll_lines(-3)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll by three lines."""
        event.stop()
        event.prevent_default()
        self.scroll_lines(3)


def _same(one: Row, other: Row) -> bool:
    """Tell whether two rows show the same thing, perhaps made anew."""
    if one is other:
        return True
    if isinstance(one, LineRow) and isinstance(other, LineRow):
        return one.line is other.line
    if isinstance(one, EventsRow) and isinstance(other, EventsRow):
        return one.lines[-1] is other.lines[-1]
    return False


def _with_bar(strip: Strip, colour: str) -> Strip:
    return Strip([Segment("▎", Style(color=colour)), *strip.crop(1)])
