"""Where one types: several lines, completion, what was typed before."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import TextArea

from .completion import Known, Offer, offers_for

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual import events

__all__ = ["Composer"]

_MOST_LINES: Final = 8
_REMEMBERED: Final = 100  # texts that Ctrl+↑ brings back


class Composer(TextArea):
    """The text that is being written; Enter sends it.

    Args:
        known: gives what a word may become.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("alt+enter,shift+enter,ctrl+j", "new_line", "New line", show=False),
        Binding("ctrl+up", "recall(-1)", "Earlier", show=False),
        Binding("ctrl+down", "recall(1)", "Later", show=False),
    ]

    class Sent(Message):
        """Enter was pressed: `text` is to be said or done."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Typed(Message):
        """The text is another one."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Offered(Message):
        """What the word may become, and which of it is chosen."""

        def __init__(self, offers: Sequence[Offer], chosen: int) -> None:
            super().__init__()
            self.offers = offers
            self.chosen = chosen

    class Escaped(Message):
        """There is nothing to give up here: Escape is meant for something else."""

    class Left(Message):
        """The keyboard goes to the messages."""

    def __init__(self, known: Callable[[], Known], *, id: str) -> None:  # noqa: A002 - Textual's
        super().__init__(
            id=id, soft_wrap=True, show_line_numbers=False, tab_behavior="focus", compact=True
        )
        self.highlight_cursor_line = False
        self._known = known
        self._offers: list[Offer] = []
        self._chosen = -1  # -1: none was asked for
        self._sent: list[str] = []
        self._at = 0

    def put(self, text: str) -> None:
        """Let a text stand here, with the cursor at its end."""
        self.text = text
        self.move_cursor(self.document.end)
        self._offer([])

    # ---- keys

    async def _on_key(self, event: events.Key) -> None:
        handler = {
            "enter": self._press_enter,
            "tab": self._press_tab,
            "shift+tab": self._press_back_tab,
            "escape": self._press_escape,
            "up": self._press_up,
            "down": self._press_down,
        }.get(event.key)
        if handler is not None and handler():
            event.stop()
            event.prevent_default()
            return
        await super()._on_key(event)

    def _press_enter(self) -> bool:
        if self._offers and self._chosen >= 0:
            self._take(self._offers[self._chosen])
            return True
        text = self.text
        if text.strip():
            self._sent = [*self._sent[-_REMEMBERED:], text]
            self._at = len(self._sent)
            self.put("")
            self.post_message(self.Sent(text))
        return True

    def _press_tab(self) -> bool:
        return self._complete(1)

    def _press_back_tab(self) -> bool:
        return bool(self._offers) and self._complete(-1)

    def _complete(self, step: int) -> bool:
        """Complete the word; with several ways, the first Tab shows them, each further moves on."""
        offers = self._offers or self._find()
        if not offers:
            return bool(self.text)  # with an empty text, Tab goes to the next part
        if len(offers) == 1:
            self._take(offers[0])
        else:
            asked = self._chosen >= 0
            self._offer(offers, (self._chosen + step) % len(offers) if asked else 0)
        return True

    def _press_escape(self) -> bool:
        if self._offers:
            self._offer([])
        else:
            self.post_message(self.Escaped())
        return True

    def _press_up(self) -> bool:
        if self._offers:
            self._offer(self._offers, (self._chosen - 1) % len(self._offers))
            return True
        if not self.text:
            self.post_message(self.Left())
            return True
        return False

    def _press_down(self) -> bool:
        if self._offers:
            self._offer(self._offers, (self._chosen + 1) % len(self._offers))
            return True
        return False

    def action_new_line(self) -> None:
        """Begin another line."""
        self.insert("\n")

    def action_recall(self, step: int) -> None:
        """Bring back what was sent before."""
        at = self._at + step
        if 0 <= at <= len(self._sent) and self._sent:
            self._at = at
            self.put(self._sent[at] if at < len(self._sent) else "")

    # ---- completion

    def on_text_area_changed(self) -> None:
        """Tell what is typed; offer commands, channels and emoji at once, names when asked."""
        self.styles.height = min(_MOST_LINES, max(1, self.wrapped_document.height)) + 0
        offers = self._find()
        begun = self._line()[offers[0].start :][:1] if offers else ""
        self._offer(offers if begun in {"/", "#", ":", "@"} else [])
        self.post_message(self.Typed(self.text))

    def _line(self) -> str:
        row, column = self.cursor_location
        return self.document.get_line(row)[:column]

    def _find(self) -> list[Offer]:
        return offers_for(self._line(), self._known(), first_line=self.cursor_location[0] == 0)

    def _take(self, offer: Offer) -> None:
        row, column = self.cursor_location
        self.replace(offer.text, (row, offer.start), (row, column))
        self._offer([])

    def _offer(self, offers: list[Offer], chosen: int = -1) -> None:
        if offers or self._offers:
            self.post_message(self.Offered(offers, chosen))
        self._offers, self._chosen = offers, chosen
