"""What the lists of the screen have in common: they draw line by line, and know their colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.scroll_view import ScrollView

if TYPE_CHECKING:
    from rich.style import Style

__all__ = ["LineView"]


class LineView(ScrollView):
    """A list that draws the lines that are seen, and no others."""

    _base: Style | None = None

    @property
    def base_style(self) -> Style:
        """The colours of the list itself, which take long to find out."""
        if self._base is None:
            self._base = self.rich_style
        return self._base

    def notify_style_update(self) -> None:
        """Take other colours."""
        super().notify_style_update()
        self._base = None
