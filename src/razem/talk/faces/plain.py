"""The plain face: events -> lines of text, typed lines -> intents. No I/O, no protocol state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from razem.talk.client.events import (
    AwayChanged,
    CaughtUp,
    ChannelRenamed,
    CommandRefused,
    Connected,
    Disconnected,
    Event,
    EventsLost,
    Invited,
    Joined,
    Kicked,
    LoggedIn,
    MessageReceived,
    ModeChanged,
    Names,
    NickChanged,
    Parted,
    Quit,
    Refused,
    ServerNotice,
    TopicChanged,
)

from .intents import Intent, Join
from .printable import printable
from .typed import read_typed

if TYPE_CHECKING:
    from datetime import date, datetime, tzinfo

__all__ = ["PlainFace"]


class PlainFace:
    """A chat as lines: ``12:34 <ana> good morning``.

    Quiet lines (``--``) tell what happens around the talk, loud ones (``!!``) what did not work.

    Args:
        focus: the channel in which is said what is typed.
        zone: of the times shown; None for that of this machine.

    Attributes:
        focus: it follows /join, and the last channel entered when its own is left.
    """

    def __init__(self, focus: str, zone: tzinfo | None = None) -> None:
        self.focus = focus
        self._zone = zone
        self._day: date | None = None
        self._trouble = ""  # the last loss of the connection that was told

    def typed(self, line: str) -> Intent | None:
        """Return what a typed line asks for; None for nothing."""
        intent = read_typed(line, self.focus)
        if isinstance(intent, Join):
            self.focus = intent.channel
        return intent

    def show(self, event: Event, now: datetime) -> list[str]:
        """Return the lines that tell of an event; `now` is aware of its zone."""
        if isinstance(event, MessageReceived):
            moment = (event.time or now).astimezone(self._zone)
            return [*self._new_day(moment), f"{moment:%H:%M} {self._message(event)}"]
        lines = self._told(event)
        if not lines:
            return []
        moment = now.astimezone(self._zone)
        return [*self._new_day(moment), *(f"{moment:%H:%M} {line}" for line in lines)]

    def _new_day(self, moment: datetime) -> list[str]:
        day = moment.date()
        if day == self._day:
            return []
        self._day = day
        return [f"-- {day:%A}, {day.day} {day:%B %Y} --"]

    def _message(self, message: MessageReceived) -> str:
        sender, text = printable(message.sender), printable(message.text)
        where = ""
        if message.conversation[:1] not in "#&":
            where = f"to {printable(message.conversation)}: " if message.own else "privately: "
        elif message.conversation != self.focus:
            where = f"{printable(message.conversation)} "
        if message.action:
            return f"{where}* {sender} {text}"
        return f"{where}-{sender}- {text}" if message.notice else f"{where}<{sender}> {text}"

    def _told(self, event: Event) -> list[str]:
        """Return the lines for an event that is no message."""
        match event:
            case Refused() | CommandRefused() | EventsLost():
                return [f"!! {printable(_failure(event))}"]
            case Connected() | Disconnected() | CaughtUp():
                text = self._about_connection(event)
            case ServerNotice(text=text):
                pass
            case Joined() | Parted() | Kicked() | Quit() | NickChanged():
                self._follow(event)
                text = _about_people(event)
            case TopicChanged() | ModeChanged() | Names():
                text = _about_channel(event)
            case Invited() | AwayChanged(own=True) | LoggedIn() | ChannelRenamed():
                text = self._about_us(event)
            case _:  # acknowledgements, answers, and what only a full face has room for
                return []
        return [f"-- {printable(text)}"] if text else []

    def _follow(self, event: Event) -> None:
        """Turn to the channel that we enter when the one in focus was left."""
        match event:
            case Joined(own=True, channel=channel) if not self.focus:
                self.focus = channel
            case Parted(own=True, channel=channel) | Kicked(own=True, channel=channel):
                if channel == self.focus:
                    self.focus = ""

    def _about_us(self, event: Invited | AwayChanged | LoggedIn | ChannelRenamed) -> str:
        match event:
            case Invited(channel=channel, by=by, own=True):
                return f"{by} asks you into {channel}: /join {channel}"
            case Invited(channel=channel, nick=nick, by=by):
                return f"{by} has asked {nick} into {channel}"
            case AwayChanged(text=text):
                return "you are marked as away" if text else "you are back"
            case LoggedIn(account=account):
                return f"logged in as {account}" if account else "logged out"
            case ChannelRenamed(old=old, new=new, by=by):
                self.focus = new if self.focus == old else self.focus
                return f"{by} has renamed {old} to {new}"

    def _about_connection(self, event: Connected | Disconnected | CaughtUp) -> str:
        match event:
            case Connected(nick=nick, server=server, network=network):
                self._trouble = ""
                return f"connected to {network or server} as {nick}"
            case Disconnected(reason=reason, retry_in=None):
                return f"disconnected: {reason}"
            case Disconnected(reason=reason):
                if reason == self._trouble:
                    return ""  # it was told, and nothing has changed
                self._trouble = reason
                return f"no connection: {reason.rstrip('.')}; trying again until it is back"
            case CaughtUp(channel=channel, gap=True):
                return f"{channel}: lines may be missing here: the hub has lost its place"
        return ""


def _failure(event: Refused | CommandRefused | EventsLost) -> str:
    match event:
        case Refused(target=target, reason=reason, text=text):
            return f"{target} did not get it ({reason.rstrip('.')}): {text}"
        case CommandRefused(subject=subject, reason=reason):
            return f"{subject}: {reason}" if subject else reason
        case EventsLost(count=count):
            return f"{count} lines were dropped: they came faster than they could be shown"


def _about_people(event: Joined | Parted | Kicked | Quit | NickChanged) -> str:
    match event:
        case Joined(nick=nick, channel=channel):
            return f"{nick} has joined {channel}"
        case Parted(nick=nick, channel=channel, reason=reason):
            return f"{nick} has left {channel}" + _because(reason)
        case Kicked(nick=nick, channel=channel, by=by, reason=reason):
            return f"{by} has thrown {nick} out of {channel}" + _because(reason)
        case Quit(nick=nick, reason=reason):
            return f"{nick} has quit" + _because(reason)
        case NickChanged(old=old, new=new):
            return f"{old} is now called {new}"


def _about_channel(event: TopicChanged | ModeChanged | Names) -> str:
    match event:
        case TopicChanged(channel=channel, topic=""):
            return f"{channel} has no topic"
        case TopicChanged(channel=channel, topic=topic, by=by):
            return f"the topic of {channel}: {topic}" + (f" (by {by})" if by else "")
        case ModeChanged(target=target, modes=modes, by=by):
            return f"{by} sets {modes} for {target}"
        case Names(channel=channel, members=members):
            names = ", ".join(member.prefixes[:1] + member.nick for member in members)
            return f"in {channel} ({len(members)}): {names}"


def _because(reason: str) -> str:
    return f" ({reason})" if reason else ""
