"""The full screen of the chat: its parts, and what is drawn in them when something happens."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from textual.app import App
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
    Intent,
    MarkRead,
    carry_out,
)

from . import panes
from .book import OLDER, Book
from .completion import Known
from .composer import Composer
from .dialogs import SearchScreen
from .listing import ItemList
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

__all__ = ["Frame"]

_FRAME: float = 1 / 30  # seconds between two drawings, however much happens
_ROOMY = 96  # cells: less has narrower channels
_WIDE = 104  # cells: less has no members
_MEDIUM = 72  # cells: less has no channels either


class Frame(App[str]):
    """The parts of the screen, the client, and the views of its conversations.

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

    # ---- what is wanted

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

    # ---- the room that there is

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
