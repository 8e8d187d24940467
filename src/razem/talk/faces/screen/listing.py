"""Lists of one-line items, of any length: channels, members, what was found."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip

from .lines import LineView
from .wrapping import cut, width_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events

    from .palette import Palette

__all__ = ["Item", "ItemList"]


class Item(NamedTuple):
    """One line.

    Attributes:
        key: what is chosen by it; "" for a heading, which cannot be chosen.
        text: safe.
        left: a sign before it, in two cells.
        right: a number after it, or a short text.
        colour: of the text; "" for the usual one.
        style: ``bold``, ``quiet`` (it is away), ``badge`` (its number is for us).
    """

    key: str
    text: str
    left: str = ""
    right: str = ""
    colour: str = ""
    style: str = ""


class ItemList(LineView, can_focus=True):
    """Draws only what is seen of a list; the chosen item is marked.

    Attributes:
        shown: what the items were made of, for who makes them only when that has changed.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Previous", show=False),
        Binding("down,j", "move(1)", "Next", show=False),
        Binding("pageup", "move(-10)", "Page up", show=False),
        Binding("pagedown", "move(10)", "Page down", show=False),
        Binding("enter,space", "choose", "Choose", show=False),
    ]

    class Chosen(Message):
        """An item was chosen."""

        def __init__(self, widget: ItemList, key: str) -> None:
            super().__init__()
            self.widget = widget
            self.key = key

    def __init__(self, *, id: str, marked: bool = False) -> None:  # noqa: A002 - Textual's
        super().__init__(id=id)
        self._marked = marked  # where the keyboard is, is seen also while one types elsewhere
        self._items: Sequence[Item] = ()
        self.shown: object = None
        self._palette: Palette | None = None
        self._current = ""  # what is shown elsewhere
        self._cursor = -1  # where the keyboard is

    def show(self, items: Sequence[Item], palette: Palette, current: str = "") -> None:
        """Show these items, of which `current` is the one that is open."""
        if items == self._items and palette is self._palette and current == self._current:
            return
        self._items, self._palette = items, palette
        turned, self._current = current != self._current, current
        self.virtual_size = Size(self.size.width, len(items))
        self._cursor = min(self._cursor, len(items) - 1)
        if turned:
            self._see_current()
        self.refresh()

    @property
    def cursor_key(self) -> str:
        """The item where the keyboard is; "" for none."""
        return self._items[self._cursor].key if 0 <= self._cursor < len(self._items) else ""

    def put_cursor(self, index: int) -> None:
        """Let the keyboard stand on an item."""
        self._cursor = index
        self.refresh()

    def _see_current(self) -> None:
        index = next((i for i, one in enumerate(self._items) if one.key == self._current), -1)
        if index >= 0:
            self._cursor = index
            self._see(index)

    def _see(self, index: int) -> None:
        top, height = self.scroll_offset.y, max(1, self.size.height)
        if index < top or index >= top + height:
            y = max(0, index - height // 2)
            self.scroll_to(y=y, animate=False, immediate=True, force=True)

    def on_focus(self) -> None:
        """Show where the keyboard is."""
        if self._cursor < 0:
            self.action_move(1)

    def action_move(self, step: int) -> None:
        """Go up or down, over headings."""
        index = max(-1, min(self._cursor + step, len(self._items) - 1))
        direction = 1 if step > 0 else -1
        while 0 <= index < len(self._items) and not self._items[index].key:
            index += direction
        if 0 <= index < len(self._items):
            self._cursor = index
            self._see(index)
            self.refresh()

    def action_choose(self) -> None:
        """Take the item where the keyboard is."""
        if self.cursor_key:
            self.post_message(self.Chosen(self, self.cursor_key))

    def on_click(self, event: events.Click) -> None:
        """Take the item that is clicked."""
        index = event.y + self.scroll_offset.y
        if 0 <= index < len(self._items) and self._items[index].key:
            self._cursor = index
            self.action_choose()

    def render_line(self, y: int) -> Strip:
        """Draw one line of the screen."""
        width, palette = self.size.width, self._palette
        index = y + self.scroll_offset.y
        if palette is None or index >= len(self._items):
            return Strip.blank(width, self.base_style)
        item = self._items[index]
        base = self.base_style
        if item.key and item.key == self._current:
            base += Style(bgcolor=palette.hover)
        elif (self.has_focus or self._marked) and index == self._cursor:
            base += Style(bgcolor=palette.edge)
        return _drawn(item, width, palette, current=item.key == self._current).apply_style(base)


def _drawn(item: Item, width: int, palette: Palette, *, current: bool) -> Strip:
    if not item.key:
        heading = Style(color=palette.quiet, bold=True)
        return Strip([Segment(f" {cut(item.text, width - 1)}", heading)]).extend_cell_length(width)
    bar = Segment("▎" if current else " ", Style(color=palette.accent))
    left = f"{item.left:<2}" if item.left else ""
    right = f" {item.right} " if item.right else ""
    room = width - 3 - width_of(left) - width_of(right)
    text = cut(item.text, max(1, room))
    gap = " " * max(0, room - width_of(text))
    quiet = "quiet" in item.style
    colour = palette.quiet if quiet else item.colour or palette.text
    bold = "bold" in item.style
    number = (
        Style(color=palette.on_accent, bgcolor=palette.accent, bold=True)
        if "badge" in item.style
        else Style(color=palette.quiet, bold=bold)
    )
    return Strip(
        [
            bar,
            Segment(" "),
            Segment(left, Style(color=palette.quiet)),
            Segment(text, Style(color=colour, bold=bold, italic=quiet)),
            Segment(gap),
            Segment(right, number),
            Segment(" "),
        ]
    )
