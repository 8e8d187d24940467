"""Which hub? Those of the local network, those that were used, or an address that is typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import App

from razem.talk.faces.printable import printable

from .dialogs import PickScreen
from .listing import Item
from .palette import DARK
from .style import SHEET, THEMES, theme_of

if TYPE_CHECKING:
    from razem.talk.faces.nearby import Nearby

    from .keeping import Keeping

__all__ = ["ChooseApp"]


class ChooseApp(App[str]):
    """Lets the user choose a hub; returns what to connect to, or "".

    Args:
        keeping: knows the hubs that were used.
        nearby: looks for those of this network.
    """

    CSS = SHEET
    TITLE = "Razem"
    ENABLE_COMMAND_PALETTE = False

    def __init__(self, keeping: Keeping, nearby: Nearby) -> None:
        super().__init__()
        self._keeping = keeping
        self._nearby = nearby
        self._shown: object = None
        for each in THEMES.values():
            self.register_theme(theme_of(each))
        self._palette = THEMES.get(keeping.kept.theme, DARK)
        self.theme = self._palette.name

    def on_mount(self) -> None:
        """Show the list, and what comes to it."""
        picking = PickScreen(
            "Which hub?",
            self._palette,
            self._items,
            placeholder="HOST, HOST:PORT, or an invitation (razem://…)",
            otherwise="Enter goes to {}",
        )
        self.push_screen(picking, lambda picked: self.exit(picked or ""))
        self.set_interval(0.2, lambda: self._update(picking))

    def _update(self, picking: PickScreen) -> None:
        """Show a hub as soon as it is found."""
        shown = dict(self._nearby.found)
        if shown != self._shown and picking.is_mounted:
            self._shown = shown
            picking.renew()

    def _items(self, typed: str) -> list[Item]:
        wanted = typed.strip().lower()
        here = [
            Item(one.address, printable(one.name), "●", printable(one.address))
            for one in self._nearby.found.values()
        ]
        known = {item.key for item in here}
        recent = [
            Item(hub.address, printable(hub.name or hub.address), "·", printable(hub.address))
            for hub in self._keeping.recent()
            if hub.address not in known
        ]
        fits = lambda item: wanted in (item.text + item.right).lower()  # noqa: E731 - short
        here, recent = list(filter(fits, here)), list(filter(fits, recent))
        items = [Item("", "On this network"), *here] if here or not wanted else []
        if not here and not wanted:
            items.append(Item("", f"  {self._nearby.problem or 'none found yet …'}"))
        if recent:
            items += [Item("", ""), Item("", "Recent"), *recent]
        return items
