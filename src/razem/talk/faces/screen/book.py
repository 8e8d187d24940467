"""Events of the client -> views, one for each conversation. No widgets, no I/O, no protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING

from razem.talk.client.events import (
    AwayChanged,
    CaughtUp,
    ChannelRenamed,
    CommandRefused,
    Event,
    EventsLost,
    HistoryReceived,
    Invited,
    Joined,
    Kicked,
    Logged,
    LoggedIn,
    ModeChanged,
    Names,
    NickChanged,
    Parted,
    Quit,
    Refused,
    ServerNotice,
    TalkOpened,
    TopicChanged,
)

from .happening import tell
from .view import TOLD, Line, View

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from razem.talk.client.calls import Calls

__all__ = ["OLDER", "Book"]

OLDER = "older "  # what the token of a question for older lines begins with


class Book:
    """All views, by conversation.

    Args:
        client: knows what is a channel, how names are compared, and who is where.
        zone: of the times shown; None for that of this machine.

    Attributes:
        changed: the views that are not as they were; who draws them empties it.
        current: the view that is open: what is told to us stands there.
    """

    def __init__(self, client: Calls, zone: tzinfo | None = None) -> None:
        self._client = client
        self._zone = zone
        self._views: dict[str, View] = {}
        self.changed: set[View] = set()
        self.current: View | None = None

    def view(self, name: str) -> View:
        """Return the view of a conversation, made if there is none."""
        folded = self._client.fold(name)
        view = self._views.get(folded)
        if view is None:
            is_channel = self._client.is_channel(name)
            view = self._views[folded] = View(name, is_channel=is_channel, zone=self._zone)
        return view

    def find(self, name: str) -> View | None:
        """Return the view of a conversation, if there is one."""
        return self._views.get(self._client.fold(name))

    def forget(self, name: str) -> None:
        """Forget a view."""
        self._views.pop(self._client.fold(name), None)

    # ---- events

    def take(self, event: Event, now: datetime) -> Line | None:
        """Show an event where it belongs; return the line of a message that is new."""
        match event:
            case Logged(conversation=name):
                view = self._touched(name)
                return view.take(event, now)
            case Refused(target=name):
                self._touched(name).refuse(event, self._client.nick, now)
            case HistoryReceived(target=name, token=token) if token.startswith(OLDER):
                view = self._touched(name)
                complete = event.complete or bool(event.refused)
                view.prepend(event.lines, now, complete=complete)
            case CaughtUp(channel=name, gap=gap):
                view = self._touched(name)
                if gap:
                    text = "lines may be missing here: the hub has lost its place"
                    view.note(text, now, kind=TOLD, sender="!")
            case TalkOpened(conversation=name):
                self._touched(name)
            case ChannelRenamed(old=old, new=new):
                self._rename(old, new)
                self._happened(event, [new], now)
            case _:
                self._around(event, now)
        return None

    def _around(self, event: Event, now: datetime) -> None:
        match event:
            case Joined(own=True, channel=name):
                self._touched(name)
            case Joined(channel=name) | Parted(channel=name) | Kicked(channel=name):
                self._happened(event, [name], now)
            case TopicChanged(channel=name, by=by):
                if by:
                    self._happened(event, [name], now)
                else:
                    self.changed.add(self.view(name))
            case ModeChanged(target=name):
                if self._client.is_channel(name):
                    self._happened(event, [name], now)
            case Quit(channels=channels):
                self._happened(event, list(channels), now)
            case NickChanged(old=old, new=new):
                talk = self.find(old)
                if talk is not None and not talk.is_channel and self.find(new) is None:
                    self._rename(old, new)
                fold = self._client.fold
                there = [c.name for c in self._client.channels() if fold(new) in c.members]
                self._happened(event, there, now)
            case _:
                self._told(event, now)

    def _told(self, event: Event, now: datetime, *, asked: bool = False) -> None:
        """Show what is for us only."""
        match event:
            case CommandRefused(subject=subject, reason=reason):
                self.tell(f"{subject}: {reason}" if subject else reason, now, bad=True)
            case ServerNotice(text=text) if text.strip():
                self.tell(text, now)
            case EventsLost(count=count):
                self.tell(f"{count} lines were dropped: they came too fast", now, bad=True)
            case Invited(channel=channel, by=by, own=True):
                self.tell(f"{by} asks you into {channel}: /join {channel}", now)
            case Invited(channel=channel, nick=nick, by=by):
                self.tell(f"{by} has asked {nick} into {channel}", now)
            case AwayChanged(own=True, text=text):
                self.tell("you are marked as away" if text else "you are back", now)
            case LoggedIn(account=account):
                self.tell(f"logged in as {account}" if account else "logged out", now)
            case Names(channel=channel, members=members) if asked:
                names = ", ".join(member.prefixes[:1] + member.nick for member in members)
                self.tell(f"in {channel} ({len(members)}): {names}", now)

    def answer(self, event: Event, now: datetime) -> None:
        """Show what somebody has asked for: the topic, or who is there."""
        if isinstance(event, TopicChanged):
            topic = event.topic
            self.tell(f"the topic is: {topic}" if topic else "there is no topic", now)
        else:
            self._told(event, now, asked=True)

    def tell(self, text: str, now: datetime, *, bad: bool = False) -> None:
        """Show a line for us only, in the view that is open."""
        view = self.current
        if view is not None:
            view.note(text, now, kind=TOLD, sender="!" if bad else "")
            self.changed.add(view)

    def _happened(self, event: Event, names: list[str], now: datetime) -> None:
        who, text = tell(event)
        if text:
            for name in names:
                self._touched(name).note(text, now, sender=who)

    def _rename(self, old: str, new: str) -> None:
        view = self.find(old)
        if view is not None:
            self.forget(old)
            view.name = new
            self._views[self._client.fold(new)] = view
            self.changed.add(view)

    def _touched(self, name: str) -> View:
        view = self.view(name)
        self.changed.add(view)
        return view
