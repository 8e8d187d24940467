"""The terminal face, put together: shows what the client tells, and returns intents."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar

from textual.app import App
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from razem.errors import Error
from razem.talk.client.core import Phase
from razem.talk.client.events import (
    CaughtUp,
    Connected,
    Disconnected,
    Found,
    Joined,
    MessageReceived,
    Parted,
    TalkOpened,
    TypingChanged,
)
from razem.talk.faces.intents import (
    AskOlder,
    Close,
    Intent,
    Join,
    Leave,
    MarkRead,
    Open,
    React,
    Redact,
    Say,
    Search,
    ShowHelp,
    ShowSettings,
    Tell,
    Typing,
    carry_out,
)
from razem.talk.faces.printable import printable
from razem.talk.faces.typed import as_channel, read_typed

from . import panes
from .book import OLDER, Book
from .completion import Known
from .composer import Composer
from .dialogs import HelpScreen, PickScreen, SearchScreen
from .emoji import REACTIONS, with_emoji
from .listing import Item, ItemList
from .markup import plain_text
from .messages import MessageList
from .palette import DARK, Palette
from .style import SHEET, THEMES, theme_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from textual import events
    from textual.app import ComposeResult

    from razem.talk.client.driver import Client
    from razem.talk.client.events import Event
    from razem.talk.client.outgoing import Outgoing

    from .keeping import Hub, Keeping
    from .view import Line, View

__all__ = ["ChatApp"]

_FRAME: float = 1 / 30  # seconds between two drawings, however much happens
_OF_THE_CHAT = {"end", "help", "move", "page", "pane", "part", "search", "switch"}
_ROOMY = 96  # cells: less has narrower channels
_WIDE = 104  # cells: less has no members
_MEDIUM = 72  # cells: less has no channels either


class ChatApp(App[str]):
    """A chat on a full screen; what it returns is the reason given for leaving.

    Args:
        client: entered, with all that a face needs (`rich`).
        first: the conversation to begin with.
        keeping: what is kept on the disk; None: nothing.
        hub: of these, the hub that we are at.
        notes: what is to be told at the beginning, such as a fingerprint.
        zone: of the times shown; None for that of this machine.
    """

    CSS = SHEET
    TITLE = "Razem"
    ENABLE_COMMAND_PALETTE = False
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

    def __init__(  # noqa: PLR0913 - all by name, two are required
        self,
        client: Client,
        first: str,
        *,
        keeping: Keeping | None = None,
        hub: Hub | None = None,
        notes: Sequence[str] = (),
        zone: tzinfo | None = None,
    ) -> None:
        super().__init__()
        self._client = client
        self._first = first
        self._keeping = keeping
        self._hub = hub
        self._notes = list(notes)
        self._zone = zone
        self.book = Book(client, zone)
        self._reason = ""
        self._due = False
        self._searches = 0
        self._panes: dict[str, bool] = {}  # what the user wants, where it is not by the width
        for each in THEMES.values():
            self.register_theme(theme_of(each))
        kept = keeping.kept.theme if keeping is not None else ""
        self.palette: Palette = THEMES.get(kept, DARK)
        self.theme = self.palette.name

    # ---- building

    def compose(self) -> ComposeResult:
        """Make the parts."""
        with Horizontal():
            with Vertical(id="side"):
                yield Static("", id="sidebar-head")
                yield ItemList(id="channels")
            with Vertical(id="main"):
                yield Static("", id="head")
                yield MessageList(lambda: self._now().date(), id="messages")
                with Horizontal(id="hint"):
                    yield Static("", id="typing")
                    yield Static("", id="jump")
                yield Static("", id="trouble")
                yield Static("", id="offers")
                yield Static("", id="replying")
                with Vertical(id="write"):
                    yield Composer(self._known, id="composer")
            with Vertical(id="people"):
                yield Static("", id="people-head")
                yield ItemList(id="members")
        with Horizontal(id="status"):
            yield Static("", id="status-left")
            yield Static("", id="status-right")

    def on_mount(self) -> None:
        """Begin."""
        self.messages.dress(self.palette, self._client.nick)
        for conversation in self._client.conversations():
            self._begin(conversation.name)
        self.turn_to(self._first)
        for note in self._notes:
            self.book.tell(note, self._now())
        self.composer.focus()
        self.run_worker(self._listen(), name="events", exit_on_error=True)
        self.set_interval(1.0, self._every_second)

    @property
    def messages(self) -> MessageList:
        """The list of messages."""
        return self.query_one("#messages", MessageList)

    @property
    def composer(self) -> Composer:
        """Where one types."""
        return self.query_one("#composer", Composer)

    @property
    def view(self) -> View:
        """The view that is open."""
        return self.book.current or self.turn_to(self._first)

    def _now(self) -> datetime:
        return datetime.now(UTC).astimezone(self._zone)

    def _begin(self, name: str) -> View:
        """Make the view of a conversation, with what was begun to be typed there."""
        view = self.book.view(name)
        if self._hub is not None and not view.draft:
            view.draft = self._hub.drafts.get(self._client.fold(name), "")
        return view

    def _dress(self, palette: Palette) -> None:
        self.palette = palette
        self.theme = palette.name
        self.messages.dress(palette, self._client.nick)
        self._soon()

    # ---- what happens

    async def _listen(self) -> None:
        async for event in self._client.events():
            self.take(event)
        self.exit(self._reason)

    def take(self, event: Event) -> None:
        """Show an event."""
        line = self.book.take(event, self._now())
        match event:
            case MessageReceived(history=False) if line is not None:
                self._on_said(event, line)
            case CaughtUp(channel=name):
                self._on_caught_up(name)
            case Found(token=token):
                if isinstance(self.screen, SearchScreen) and token == str(self._searches):
                    self.screen.answer(event)
            case TalkOpened(conversation=name) | Joined(own=True, channel=name):
                self._begin(name)
            case Parted(own=True) | Connected() | Disconnected() | TypingChanged():
                pass
        self._soon()

    def _on_said(self, event: MessageReceived, line: Line) -> None:
        view = self.book.view(event.conversation)
        if event.own:
            return
        seen = view is self.book.current and self.app_focus and self.messages.at_end
        if view is self.book.current and not seen and view.unread_from is None:
            view.unread_from = line
        wanted = self._keeping is None or self._keeping.kept.bell
        if (event.mention or not view.is_channel) and not seen and wanted:
            self.bell()

    def _on_caught_up(self, name: str) -> None:
        view, conversation = self.book.view(name), self._client.conversation(name)
        if view is self.book.current and conversation is not None:
            view.mark_unread(conversation.unread)
        if not view.first_id:
            view.complete = True  # there is no history

    def _every_second(self) -> None:
        """Draw what the time alone changes: the wait, the lag."""
        if self._is_up:
            self._draw_status()

    @property
    def _is_up(self) -> bool:
        """The parts are there: not yet before the first drawing, no more when we leave."""
        return self.is_running and bool(self.query("#status-right"))

    def _soon(self) -> None:
        """Draw what has changed, soon: many events are drawn at once."""
        if not self._due:
            self._due = True
            self.set_timer(_FRAME, self.draw)

    def draw(self) -> None:
        """Show what has changed."""
        self._due = False
        if not self._is_up:
            return
        changed, self.book.changed = self.book.changed, set()
        view = self.book.current
        if view is None:
            return
        messages = self.messages
        messages.dress(self.palette, self._client.nick)
        if view in changed or messages.has_waiting or self._waiting(view):
            messages.refresh_view(self._waiting(view))
        panes.draw_sidebar(self, self._client, view, self.palette)
        panes.draw_members(self, self._client, view, self.palette)
        panes.draw_head(self, self._client, view, self.palette)
        panes.draw_hint(self, self._client, view, messages)
        self._draw_status()
        self._read_if_seen()
        self._ask_older()

    def _draw_status(self) -> None:
        panes.draw_status(self, self._client, self.palette)

    def _waiting(self, view: View) -> list[Outgoing]:
        fold = self._client.fold
        name = fold(view.name)
        return [one for one in self._client.unacknowledged if fold(one.target) == name]

    def _read_if_seen(self) -> None:
        view = self.book.current
        if view is None or not self.app_focus or not self.messages.at_end:
            return
        conversation = self._client.conversation(view.name)
        if conversation is not None and conversation.unread and len(self.screen_stack) == 1:
            self.do(MarkRead(view.name))

    def _ask_older(self) -> None:
        view = self.book.current
        if view is None or view.complete or view.asking or not self.messages.near_top:
            return
        if view.first_id and self._client.phase is Phase.READY:
            view.asking = True
            if not self.do(AskOlder(view.name, view.first_id, OLDER + view.name), quiet=True):
                view.asking = False

    # ---- intents

    def do(self, intent: Intent, *, quiet: bool = False) -> bool:
        """Do what is wanted; tell why, when it cannot be."""
        try:
            for event in carry_out(intent, self._client):
                self.book.answer(event, self._now())
        except Error as error:
            if not quiet:
                self.book.tell(str(error), self._now(), bad=True)
            self._soon()
            return False
        self._soon()
        return True

    def turn_to(self, name: str) -> View:
        """Open a conversation: its newest lines, and what was begun to be typed there."""
        view = self._begin(name)
        before = self.book.current
        if before is view:
            self.messages.action_end()
            return view
        if before is not None:
            before.draft, before.unread_from = self.composer.text, None
            self._keep_draft(before)
        self.book.current = view
        conversation = self._client.conversation(name)
        view.mark_unread(conversation.unread if conversation is not None else 0)
        self.composer.put(view.draft)
        panes.draw_reply(self, view)
        self.messages.show(view, self._waiting(view))
        if self._hub is not None:
            self._hub.last = name
        self._soon()
        return view

    def _keep_draft(self, view: View) -> None:
        if self._hub is not None:
            self._hub.drafts[self._client.fold(view.name)] = view.draft

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
        match intent:
            case None:
                pass
            case Leave(reason=reason):
                self._leave(reason)
            case Tell(lines=lines):
                for text in lines:
                    bad = text.startswith("!! ")
                    self.book.tell(text.removeprefix("!! "), self._now(), bad=bad)
            case ShowHelp():
                self.action_help()
            case ShowSettings():
                self.action_settings()
            case Search(text=text):
                self._open_search(text)
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

    def _known(self) -> Known:
        view = self.book.current
        if view is None:
            return Known()
        channel = self._client.channel(view.name)
        members = [] if channel is None else [m.nick for m in channel.members.values()]
        if not view.is_channel:
            members = [view.name]
        channels = [one.name for one in self._client.conversations() if one.is_channel]
        return Known(view.speakers(), members, channels, self._client.nick)

    # ---- messages

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

    # ---- parts

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

    def on_resize(self, event: events.Resize) -> None:
        """Leave out parts for which there is no room."""
        self._fit(event.size.width)

    def _fit(self, width: int) -> None:
        self.query_one("#side").styles.width = 26 if width >= _ROOMY else 18
        for name, least in (("side", _MEDIUM), ("people", _WIDE)):
            wanted = self._panes.get(name, width >= least)
            direct = name == "people" and self.book.current is not None
            shown = wanted and not (direct and not self.view.is_channel)
            self.query_one(f"#{name}").set_class(not shown, "hidden")

    def on_app_focus(self) -> None:
        """What is seen now is read."""
        self._soon()

    # ---- actions

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

    def quoted(self, line: Line) -> str:
        """Return a line as it is shown where it is answered."""
        return f"{printable(line.sender)}: {plain_text(line.text[:200])}"
