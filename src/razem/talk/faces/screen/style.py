"""How the face looks: sheets for Textual, and themes made of our palettes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.theme import Theme

from .palette import DARK, LIGHT

if TYPE_CHECKING:
    from .palette import Palette

__all__ = ["SHEET", "THEMES", "theme_of"]

SHEET: Final = """
Screen { background: $background; color: $foreground; layers: base over; }

#sidebar-head { height: 2; padding: 0 2; background: $surface; text-style: bold; }
#channels { background: $surface; height: 1fr; scrollbar-size-vertical: 1; }
#side { width: 26; background: $surface; }
#side.hidden, #people.hidden { display: none; }

#main { width: 1fr; background: $background; }
#head { width: 100%; height: 2; padding: 0 2; background: $background;
  border-bottom: solid $panel; }
MessageList, ItemList { overflow-x: hidden; }
#messages { width: 100%; height: 1fr; background: $background; scrollbar-size-vertical: 1;
  scrollbar-background: $background; scrollbar-color: $panel; scrollbar-color-hover: $primary;
  scrollbar-color-active: $primary; scrollbar-background-hover: $background;
  scrollbar-background-active: $background; }
#channels, #members { scrollbar-background: $surface; scrollbar-color: $panel;
  scrollbar-background-hover: $surface; scrollbar-background-active: $surface; }

#hint { width: 100%; height: 1; padding: 0 2; }
#typing { width: 1fr; color: $secondary; text-style: italic; }
#jump { width: auto; color: $background; background: $primary; display: none; }
#trouble { width: 100%; height: auto; display: none; padding: 0 2; color: $warning; }
#offers { height: auto; max-height: 8; display: none; margin: 0 2; background: $surface; }
#replying { height: 1; display: none; padding: 0 2; color: $secondary; }
#write { height: auto; min-height: 3; margin: 0 2; padding: 0 1; border: round $panel;
  background: $background; }
#write:focus-within { border: round $primary; }
#composer { border: none; padding: 0; height: 1; max-height: 8; background: $background;
  color: $foreground; scrollbar-size-vertical: 1; }
#composer .text-area--cursor-line { background: $background; }

#people { width: 22; background: $surface; }
#people-head { height: 2; padding: 0 2; background: $surface; color: $secondary; }
#members { background: $surface; height: 1fr; scrollbar-size-vertical: 1; }

#status { height: 1; background: $surface; }
#status-left { width: 1fr; padding: 0 2; background: $surface; color: $secondary; }
#status-right { width: auto; padding: 0 2; background: $surface; color: $secondary; }

ModalScreen { align: center middle; background: $background 60%; }
.dialog { width: 78; max-width: 92%; height: auto; max-height: 84%; padding: 1 2;
  background: $surface; border: round $panel; }
.dialog .title { text-style: bold; margin-bottom: 1; height: 1; }
.dialog Input { border: round $panel; background: $background; margin-bottom: 1; height: 3; }
.dialog Input:focus { border: round $primary; }
.dialog ItemList { background: $surface; max-height: 18; scrollbar-size-vertical: 1; }
.dialog .note { color: $secondary; height: auto; margin-top: 1; }
.dialog VerticalScroll { height: auto; max-height: 30; scrollbar-size-vertical: 1; }

Toast { background: $surface; color: $foreground; }
"""


def theme_of(palette: Palette) -> Theme:
    """Return the theme of a palette."""
    return Theme(
        name=palette.name,
        primary=palette.accent,
        secondary=palette.quiet,
        warning=palette.warning,
        error=palette.bad,
        success=palette.good,
        accent=palette.accent,
        foreground=palette.text,
        background=palette.ground,
        surface=palette.raised,
        panel=palette.edge,
        dark=palette.dark,
    )


THEMES: Final = {palette.name: palette for palette in (DARK, LIGHT)}
