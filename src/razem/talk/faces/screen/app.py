"""The terminal face, put together: its keys, and what they do."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from razem.errors import Error
from razem.talk.faces.intents import (
    Intent,
    Join,
    Leave,
    Open,
    Search,
    ShowHelp,
    ShowSettings,
    carry_out,
)
from razem.talk.faces.typed import as_channel

from . import panes
from .dialogs import HelpScreen, PickScreen, SearchScreen
from .emoji import REACTIONS
from .style import THEMES
from .talking import Talking

__all__ = ["ChatApp"]

_OF_THE_CHAT = {"end", "help", "move", "page", "pane", "part", "search", "switch"}


class ChatApp(Talking):
    """A chat on a full screen; what it returns is the reason given for leaving.

    Args:
        client: entered, with all that a face needs (`rich`).
        first: the conversation to begin with.
        keeping: what is kept on the disk; None: nothing.
        hub: of these, the hub that we are at.
        notes: what is to be told at the beginning, such as a fingerprint.
        zone: of the times shown; None for that of this machine.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1", "help", "Help"),
        Binding("f2", "pane('side')", "Channels"),
        Binding("f3", "pane('people')", "Members"),
        Binding("f6", "part(1)", "Next part", priority=True),
        Binding("shift+f6", "part(-1)", "Part before", priority=True),
        Binding("ctrl+k", "switch", "Switch", priority=True),
        Binding("ctrl+f", "search", "Search", priority=True),
        Binding("ctrl+t", "theme", "Theme", priority=True),
        Binding("ctrl+d", "end", "Leave", priority=True),
        Binding("ctrl+q", "leave", "Leave", priority=True),
        Binding("ctrl+c", "copy_or_leave", "Copy", priority=True),
        Binding("alt+up", "move(-1, False)", "Above", priority=True),
        Binding("alt+down", "move(1, False)", "Below", priority=True),
        Binding("alt+shift+up", "move(-1, True)", "Unread above", priority=True),
        Binding("alt+shift+down", "move(1, True)", "Unread below", priority=True),
        Binding("pageup", "page(-1)", "Page up", show=False, priority=True),
        Binding("pagedown", "page(1)", "Page down", show=False, priority=True),
    ]

    def _do_here(self, intent: Intent | None) -> None:
        match intent:
            case Leave(reason=reason):
                self._leave(reason)
            case ShowHelp():
                self.action_help()
            case ShowSettings():
                self.action_settings()
            case Search(text=text):
                self._open_search(text)
            case _:
                super()._do_here(intent)

    def action_help(self) -> None:
        """Show the keys and the commands."""
        self.push_screen(HelpScreen(self.palette, REACTIONS, panes.facts(self._client, self._hub)))

    def action_settings(self) -> None:
        """Choose how it looks."""
        self.push_screen(
            PickScreen("Settings", self.palette, lambda _: panes.settings(self, self._keeping)),
            self._set,
        )

    def _set(self, picked: str | None) -> None:
        kept = self._keeping.kept if self._keeping is not None else None
        if picked in THEMES:
            self._dress(THEMES[picked])
            if kept is not None:
                kept.theme = picked
        elif picked == "bell" and kept is not None:
            kept.bell = not kept.bell
        elif picked == "nick":
            self.composer.put("/nick ")

    def action_theme(self) -> None:
        """Turn from dark to light, or back."""
        others = [name for name in THEMES if name != self.palette.name]
        self._set(others[0])

    def action_switch(self) -> None:
        """Find a channel or a person by a part of the name."""

        def take(picked: str | None) -> None:
            if not picked:
                return
            if self._client.conversation(picked) is not None:
                self.turn_to(picked)
            elif panes.is_member(self._client, picked):
                self._intend(Open(picked))
            else:
                self._intend(Join(as_channel(picked)))

        self.push_screen(
            PickScreen(
                "Go to",
                self.palette,
                lambda typed: panes.places(self._client, typed),
                placeholder="a channel or a person",
                otherwise="Enter joins #{}",
            ),
            take,
        )

    def action_search(self) -> None:
        """Find messages."""
        self._open_search("")

    def _open_search(self, text: str) -> None:
        def ask(words: str, only_here: bool) -> str:  # noqa: FBT001 - called by position
            self._searches += 1
            intent = Search(words, self.view.name if only_here else "", str(self._searches))
            try:
                carry_out(intent, self._client)
            except Error as error:
                return str(error)
            return ""

        screen = SearchScreen(self.palette, ask, text, self.view.name, self._now())

        def take(picked: str | None) -> None:
            if picked and picked.isdigit() and int(picked) < len(screen.hits):
                hit = screen.hits[int(picked)]
                view = self.turn_to(hit.conversation)
                line = view.by_id.get(hit.msgid)
                if line is None or not self.messages.reveal(line):
                    text = "That message is older than what is loaded: scroll up for it."
                    self.book.tell(text, self._now())
                self._soon()

        self.push_screen(screen, take)

    def action_pane(self, name: str) -> None:
        """Show or hide a part."""
        part = self.query_one(f"#{name}")
        self._panes[name] = part.has_class("hidden")
        self._fit(self.size.width)

    def action_part(self, step: int) -> None:
        """Move the keyboard to the next part."""
        if len(self.screen_stack) > 1:
            return
        parts = [self.query_one(f"#{n}") for n in ("channels", "messages", "composer", "members")]
        seen = [p for p in parts if p.parent is not None and p.region.width > 0]
        at = next((i for i, p in enumerate(seen) if p is self.focused), 0)
        seen[(at + step) % len(seen)].focus()

    def action_page(self, direction: int) -> None:
        """Turn a page of the messages, wherever the keyboard is."""
        if len(self.screen_stack) == 1:
            self.messages.action_page(direction)

    def action_move(self, step: int, unread_only: bool) -> None:  # noqa: FBT001 - by a binding
        """Turn to the conversation above or below."""
        names = panes.ordered(self._client)
        if not names:
            return
        fold = self._client.fold
        at = next((i for i, n in enumerate(names) if fold(n) == fold(self.view.name)), 0)
        for count in range(1, len(names) + 1):
            name = names[(at + step * count) % len(names)]
            conversation = self._client.conversation(name)
            if not unread_only or (conversation is not None and conversation.unread):
                self.turn_to(name)
                return

    def action_copy_or_leave(self) -> None:
        """Copy what is selected; with nothing selected, say how to leave."""
        selected = self.composer.selected_text
        if selected:
            self.copy_to_clipboard(selected)
        else:
            self.notify("Ctrl+D or /quit leaves", timeout=3)

    def action_leave(self) -> None:
        """Leave."""
        self._leave("")

    def action_end(self) -> None:
        """Leave, or delete in the text that is being written, as Ctrl+D does in shells."""
        if self.focused is self.composer and self.composer.text:
            self.composer.action_delete_right()
        else:
            self._leave("")

    def check_action(
        self,
        action: str,
        parameters: tuple[object, ...],  # noqa: ARG002 - as Textual calls it
    ) -> bool | None:
        """Leave keys to what lies over the chat, while something does."""
        return len(self.screen_stack) <= 1 or action not in _OF_THE_CHAT

    def _leave(self, reason: str) -> None:
        self._reason = reason
        view = self.book.current
        if view is not None:
            view.draft = self.composer.text
            self._keep_draft(view)
        self.exit(reason)
