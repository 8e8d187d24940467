"""What one does on the full screen with the composer, the messages and the lists at its sides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from razem.talk.client.core import Phase
from razem.talk.faces.intents import (
    Close,
    Intent,
    Join,
    Open,
    React,
    Redact,
    Say,
    Tell,
    Typing,
)
from razem.talk.faces.typed import read_typed

from . import panes
from .dialogs import PickScreen
from .emoji import REACTIONS, with_emoji
from .frame import Frame

if TYPE_CHECKING:
    from textual import events

    from .composer import Composer
    from .listing import Item, ItemList
    from .messages import MessageList
    from .view import Line

__all__ = ["Talking"]


class Talking(Frame):
    """A screen on which one talks: what is typed and clicked becomes intents."""

    # ---- the composer

    def on_composer_sent(self, event: Composer.Sent) -> None:
        """Say it, or do it."""
        view = self.view
        intent = read_typed(with_emoji(event.text), view.name, plain=False)
        if isinstance(intent, Say) and view.replying is not None and intent.target == view.name:
            intent = intent._replace(reply=view.replying.msgid)
            self._reply_to(None)
        view.draft, view.unread_from = "", None
        self._keep_draft(view)
        self._intend(intent)

    def on_composer_typed(self, event: Composer.Typed) -> None:
        """Tell others that we type; keep the draft."""
        view = self.book.current
        if view is None:
            return
        view.draft = event.text
        talking = bool(event.text.strip()) and not event.text.startswith("/")
        if self._client.phase is Phase.READY:
            self.do(Typing(view.name, talking), quiet=True)

    def on_composer_offered(self, event: Composer.Offered) -> None:
        """Show what the word may become."""
        panes.draw_offers(self, event.offers, event.chosen, self.palette)

    def on_composer_escaped(self) -> None:
        """Give up an answer, or go to the newest: everything is read."""
        if self.view.replying is not None:
            self._reply_to(None)
            return
        self.view.unread_from = None
        self.messages.refresh_view(self._waiting(self.view))
        self.messages.action_end()
        self._soon()

    def on_composer_left(self) -> None:
        """Choose among the messages."""
        self.messages.focus()
        self.messages.action_choose(-1)

    def _intend(self, intent: Intent | None) -> None:
        """Do what is wanted of the client, and show where it happens; else what is for us."""
        match intent:
            case Say(target=target):
                if self.do(intent):
                    self._said(target)
            case Join(channel=name) | Open(nick=name):
                if self.do(intent):
                    self.turn_to(name)
            case Close(name=name):
                self._close(name)
            case _:
                self._do_here(intent)
        self._soon()

    def _do_here(self, intent: Intent | None) -> None:
        """Do what is for this screen rather than for the client, or for both."""
        match intent:
            case None:
                pass
            case Tell(lines=lines):
                for text in lines:
                    bad = text.startswith("!! ")
                    self.book.tell(text.removeprefix("!! "), self._now(), bad=bad)
            case _:
                self.do(intent)

    def _said(self, target: str) -> None:
        if self._client.fold(target) != self._client.fold(self.view.name):
            if not self._client.is_channel(target):
                self.do(Open(target))
            self.turn_to(target)
        self.messages.action_end()
        self.messages.refresh_view(self._waiting(self.view))

    def _close(self, name: str) -> None:
        if self.do(Close(name)):
            self.book.forget(name)
            left = self._client.conversations()
            self.book.current = None
            self.turn_to(left[0].name if left else self._first)

    # ---- messages and lists

    def on_message_list_moved(self) -> None:
        """Note that another part is seen."""
        self._soon()

    def on_message_list_wanted(self, event: MessageList.Wanted) -> None:
        """Do what is clicked."""
        what, value, line = event.what, event.value, event.line
        if what == "link":
            panes.open_link(self, value)
        elif what == "channel":
            self._intend(Join(value))
        elif what == "nick" and self._client.fold(value) != self._client.fold(self._client.nick):
            self._intend(Open(value))
        elif what == "goto":
            found = self.view.by_id.get(value)
            if found is not None:
                self.messages.reveal(found)
        elif what == "react" and line is not None:
            self._react(line, value)

    def _react(self, line: Line, reaction: str) -> None:
        if line.msgid and not line.redacted:
            own = self._client.nick.casefold() in line.reactions.get(reaction, {})
            self.do(React(self.view.name, line.msgid, reaction, remove=own))

    def _reply_to(self, line: Line | None) -> None:
        self.view.replying = line
        panes.draw_reply(self, self.view)
        self.composer.focus()

    def on_key(self, event: events.Key) -> None:
        """Do something with the chosen message; else what is typed goes to the composer."""
        messages = self.messages
        if len(self.screen_stack) > 1 or self.focused is self.composer:
            return
        line = messages.selected if self.focused is messages else None
        if line is not None and self._on_line_key(event.key, event.character or "", line):
            event.stop()
        elif event.key == "escape":
            messages.action_end()
            self.composer.focus()
            event.stop()
        elif event.is_printable and event.character and self.focused is messages:
            self.composer.focus()
            self.composer.insert(event.character)
            event.stop()

    def _on_line_key(self, key: str, character: str, line: Line) -> bool:
        """Do what a key means for the chosen message; False: nothing."""
        if key in {"r", "enter"} and line.msgid and not line.redacted:
            self._reply_to(line)
        elif key in {"e", "enter"} and line.why:
            self.view.remove(line)
            self.messages.refresh_view(self._waiting(self.view))
            self.composer.put(line.text)
            self.composer.focus()
        elif key == "d" and line.msgid:
            self.do(Redact(self.view.name, line.msgid))
        elif key == "c":
            self.copy_to_clipboard(line.text)
            self.notify("Copied", timeout=2)
        elif key == "space":
            self.messages.unfold_selected()
        elif key == "plus" and line.msgid:
            self._pick_reaction(line)
        elif character.isdigit() and 0 < int(character) <= len(REACTIONS):
            self._react(line, REACTIONS[int(character) - 1])
        else:
            return False
        self._soon()
        return True

    def _pick_reaction(self, line: Line) -> None:
        def offer(typed: str) -> list[Item]:
            return panes.emoji_items(typed.strip().strip(":"))

        def take(picked: str | None) -> None:
            if picked:
                self._react(line, picked)

        self.push_screen(PickScreen("React", self.palette, offer, placeholder="name"), take)

    def on_item_list_chosen(self, event: ItemList.Chosen) -> None:
        """Turn to what is chosen at the side."""
        if event.widget.id == "channels":
            self.turn_to(event.key)
        elif self._client.fold(event.key) != self._client.fold(self._client.nick):
            self._intend(Open(event.key))
        self.composer.focus()

    def on_click(self, event: events.Click) -> None:
        """Jump to the newest, when that is clicked."""
        if event.widget is not None and event.widget.id == "jump":
            self.on_composer_escaped()
