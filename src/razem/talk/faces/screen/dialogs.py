"""What lies over the chat for a while: help, search, the way to another channel, settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple

from rich.text import Text
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from razem.talk.faces.printable import printable
from razem.talk.faces.typed import WORDS

from .listing import Item, ItemList
from .markup import plain_text
from .painting import day_name

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from textual import events
    from textual.app import ComposeResult

    from razem.talk.client.events import Found

    from .palette import Palette

__all__ = ["KEYS", "HelpScreen", "PickScreen", "SearchScreen"]

KEYS: Final = (
    ("Enter", "send; Alt+Enter or Ctrl+J begins another line"),
    ("Tab", "complete a name, a channel, a command, an emoji"),
    ("Ctrl+K", "find a channel or person"),
    ("Ctrl+F", "find messages"),
    ("Alt+↑, Alt+↓", "the conversation above, below"),
    ("Alt+Shift+↓", "the next one with something unread"),
    ("Esc", "to the newest message; everything is read"),
    ("F6", "move between the parts of the screen"),
    ("PgUp, PgDn", "read what was said before"),
    ("↑", "choose a message, then:"),
    ("  r  e  d  c", "reply, edit what was refused, remove, copy"),
    ("  + or 1…8", "react: {reactions}"),
    ("F2, F3", "show or hide the channels, the members"),
    ("Ctrl+T", "dark or light"),
    ("Ctrl+D", "leave"),
)


class Dialog(ModalScreen[str]):
    """A box in the middle; Escape closes it."""

    BINDINGS: ClassVar = [("escape", "dismiss('')", "Close")]

    def on_click(self, event: events.Click) -> None:
        """Close, when beside the box is clicked."""
        if event.widget is self:
            self.dismiss("")


class HelpScreen(Dialog):
    """The keys and the commands."""

    def __init__(self, palette: Palette, reactions: Sequence[str], notes: Sequence[str]) -> None:
        super().__init__()
        self._palette = palette
        self._reactions = reactions
        self._notes = notes

    def compose(self) -> ComposeResult:
        """Make the box."""
        text = Text()
        for note in self._notes:
            text.append(f"{note}\n", style=self._palette.quiet)
        text.append("\nKeys\n", style="bold")
        for key, meaning in KEYS:
            self._row(text, key, meaning.format(reactions=" ".join(self._reactions)))
        text.append("\nCommands\n", style="bold")
        for name, word in WORDS.items():
            self._row(text, f"/{name} {word.usage}".rstrip(), word.help)
        text.append("\n//text says a line that begins with a slash. ```code``` and `code` are\n")
        text.append("shown as they are.")
        with Vertical(classes="dialog"):
            yield Static("Help", classes="title")
            with VerticalScroll():
                yield Static(text)

    def _row(self, text: Text, term: str, meaning: str) -> None:
        text.append(f"{term:<24}", style=self._palette.accent)
        text.append(f"{meaning}\n")


class PickScreen(Dialog):
    """Chooses one of many by a part of its name.

    Args:
        offer: gives the items for what is typed.
        otherwise: tells what Enter does when there is none; {} stands for what is typed.
    """

    def __init__(
        self,
        title: str,
        palette: Palette,
        offer: Callable[[str], Sequence[Item]],
        *,
        placeholder: str = "",
        otherwise: str = "",
    ) -> None:
        super().__init__()
        self._title = title
        self._palette = palette
        self._offer = offer
        self._placeholder = placeholder
        self._otherwise = otherwise
        self._moved = False  # the mark, from where it was put

    def compose(self) -> ComposeResult:
        """Make the box."""
        with Vertical(classes="dialog"):
            yield Static(self._title, classes="title")
            yield Input(placeholder=self._placeholder, id="pick")
            yield ItemList(id="picks", marked=True)
            yield Static("", classes="note", id="pick-note")

    def on_mount(self) -> None:
        """Show everything to begin with."""
        self._update("")

    def renew(self) -> None:
        """Show what there is to choose from by now; a mark that was moved stays where it is."""
        marked = self.query_one("#picks", ItemList).cursor_key if self._moved else ""
        self._update(self.query_one("#pick", Input).value, marked)

    def _update(self, typed: str, marked: str = "") -> None:
        items = self._offer(typed)
        picks = self.query_one("#picks", ItemList)
        picks.styles.height = max(1, min(18, len(items)))
        picks.show(items, self._palette)
        places = {item.key: index for index, item in reversed([*enumerate(items)]) if item.key}
        first = min(places.values(), default=-1)
        self._moved = marked in places
        picks.put_cursor(places.get(marked, first))
        note = "" if items or not typed.strip() else self._otherwise.format(typed.strip())
        self.query_one("#pick-note", Static).update(Text(note))

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show what fits."""
        self._update(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take what is marked, or what is typed."""
        picks = self.query_one("#picks", ItemList)
        self.dismiss(picks.cursor_key or event.value.strip())

    def on_item_list_chosen(self, event: ItemList.Chosen) -> None:
        """Take what is clicked."""
        event.stop()
        self.dismiss(event.key)

    def on_key(self, event: events.Key) -> None:
        """Move the mark by the arrows, while one goes on typing."""
        if event.key in {"up", "down"}:
            picks = self.query_one("#picks", ItemList)
            picks.action_move(1 if event.key == "down" else -1)
            self._moved = True
            event.stop()
            event.prevent_default()


class Hit(NamedTuple):
    """A message that was found."""

    conversation: str
    msgid: str


class SearchScreen(Dialog):
    """Finds messages; what is chosen is revealed.

    Args:
        ask: asks for a text, everywhere or here; the answer comes by `answer`.
        here: the conversation that is open, or "".
    """

    BINDINGS: ClassVar = [("ctrl+r", "here", "Here or everywhere")]

    def __init__(
        self,
        palette: Palette,
        ask: Callable[[str, bool], str],
        text: str,
        here: str,
        now: datetime,
    ) -> None:
        super().__init__()
        self._palette = palette
        self._ask = ask
        self._text = text
        self._here = here
        self._only_here = False
        self._now = now
        self.hits: list[Hit] = []

    def compose(self) -> ComposeResult:
        """Make the box."""
        with Vertical(classes="dialog"):
            yield Static("Find messages", classes="title")
            yield Input(self._text, placeholder='words; "in quotes" together', id="search")
            yield ItemList(id="found", marked=True)
            yield Static("", classes="note", id="search-note")

    def on_mount(self) -> None:
        """Ask at once, when there is something to ask."""
        self.query_one("#found", ItemList).styles.height = 1
        if self._text.strip():
            self._search()
        else:
            self._say(self._where())

    def _where(self) -> str:
        place = printable(self._here) if self._only_here else "everywhere"
        return f"Looks {'only in ' if self._only_here else ''}{place}; Ctrl+R changes that."

    def action_here(self) -> None:
        """Look only in the conversation that is open, or everywhere."""
        self._only_here = not self._only_here and bool(self._here)
        self._say(self._where())
        self._search()

    def on_input_submitted(self) -> None:
        """Ask, or take what is marked when nothing new was typed."""
        found = self.query_one("#found", ItemList)
        if self.query_one("#search", Input).value == self._text and self.hits:
            self.dismiss(found.cursor_key)
        else:
            self._search()

    def _search(self) -> None:
        self._text = self.query_one("#search", Input).value
        if self._text.strip():
            problem = self._ask(self._text.strip(), self._only_here)
            self._say(problem or "Searching…")

    def _say(self, text: str) -> None:
        self.query_one("#search-note", Static).update(Text(text))

    def answer(self, found: Found) -> None:
        """Show what was found, the newest first."""
        messages = found.messages[::-1]
        self.hits = [Hit(message.conversation, message.msgid) for message in messages]
        items = []
        for index, message in enumerate(messages):
            time = (message.time or self._now).astimezone()
            when = f"{day_name(time.date(), self._now.date())} {time:%H:%M}"
            text = f"{printable(message.sender)}: {plain_text(message.text)}"
            where = f"{printable(message.conversation)} · {when}"
            items.append(Item(str(index), text, right=where))
        listed = self.query_one("#found", ItemList)
        listed.styles.height = max(1, min(18, len(items)))
        listed.show(items, self._palette)
        listed.put_cursor(0)
        count = len(items)
        none = found.refused or f"Nothing was found. {self._where()}"
        some = f"{count} message{'s' if count != 1 else ''}; Enter shows the marked one. "
        self._say(some + self._where() if count else none)

    def on_item_list_chosen(self, event: ItemList.Chosen) -> None:
        """Take what is clicked."""
        event.stop()
        self.dismiss(event.key)

    def on_key(self, event: events.Key) -> None:
        """Move the mark by the arrows, while one goes on typing."""
        if event.key in {"up", "down"}:
            self.query_one("#found", ItemList).action_move(1 if event.key == "down" else -1)
            event.stop()
            event.prevent_default()
