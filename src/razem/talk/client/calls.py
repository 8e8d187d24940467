"""What one can ask of a `Client` without waiting: events tell how it went."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .asking import Phase
    from .conversations import Conversation
    from .core import ChatClient
    from .events import Event
    from .outgoing import Outgoing
    from .roster import Channel

__all__ = ["Calls"]


class Calls:
    """Passes on to the core what is asked, and has sent what follows from it.

    What cannot be raises as the methods of the same names of `Asking` do.
    """

    _core: ChatClient

    @abstractmethod
    def _hurry(self) -> None:
        """Send what there is to send."""

    @abstractmethod
    def _publish(self, events: list[Event]) -> None:
        """Tell what happened."""

    @abstractmethod
    def _now(self) -> float:
        """Return the time of the core."""

    # ---- what there is

    @property
    def nick(self) -> str:
        """Our nick at present."""
        return self._core.nick

    @property
    def account(self) -> str:
        """The account that we are logged in to, or ""."""
        return self._core.account

    @property
    def network(self) -> str:
        """What the hub calls itself; "" when that is not known."""
        return self._core.network

    @property
    def ranks(self) -> str:
        """The signs of the members' ranks, the highest first."""
        return self._core.ranks

    @property
    def lag(self) -> float | None:
        """Seconds that the server took to answer last; None when that is not known."""
        return self._core.lag

    @property
    def retry_in(self) -> float:
        """Seconds until the next attempt to connect, while there is no connection."""
        return max(0.0, self._core.retry_at - self._now())

    @property
    def trouble(self) -> str:
        """Why there is no connection, in `Phase.WAITING` and `Phase.CLOSED`."""
        return self._core.trouble

    @property
    def phase(self) -> Phase:
        """Where we are between having no connection and being welcome."""
        return self._core.phase

    @property
    def unacknowledged(self) -> list[Outgoing]:
        """Our messages that are neither acknowledged nor refused, in their order."""
        return self._core.unacknowledged

    def channels(self) -> list[Channel]:
        """Return the channels that we are in."""
        return self._core.channels()

    @property
    def roster_version(self) -> int:
        """A number that changes when who is in our channels may have changed."""
        return self._core.roster_version

    def channel(self, name: str) -> Channel | None:
        """Return the channel of that name, if we are in it."""
        return self._core.channel(name)

    def conversations(self) -> list[Conversation]:
        """Return the channels that we want to be in and the private talks, oldest first."""
        return self._core.conversations()

    def conversation(self, name: str) -> Conversation | None:
        """Return the channel or talk of that name, if there is one."""
        return self._core.conversation(name)

    def is_channel(self, name: str) -> bool:
        """Tell whether a name is that of a channel."""
        return self._core.is_channel(name)

    def fold(self, name: str) -> str:
        """Return the form under which the server compares names."""
        return self._core.fold(name)

    # ---- what one can do

    def say(
        self, target: str, text: str, *, action: bool = False, reply: str = ""
    ) -> list[Outgoing]:
        """Say something; `reply` is the msgid of the message that it answers."""
        messages = self._core.send(target, text, action=action, reply=reply)
        self._hurry()
        return messages

    def withdraw(self, id_: str) -> bool:
        """Take back a message that waits and was never sent."""
        return self._core.withdraw(id_)

    def join(self, channel: str, key: str = "") -> None:
        """Join a channel. What is sent there waits for it."""
        self._core.join(channel, key)
        self._hurry()

    def part(self, channel: str, reason: str = "") -> None:
        """Leave a channel."""
        self._core.part(channel, reason)
        self._hurry()

    def open(self, nick: str) -> None:
        """Begin a private talk."""
        self._publish(self._core.open(nick, self._now()))
        self._hurry()

    def forget(self, name: str) -> None:
        """Leave a channel and forget it, or forget a private talk until somebody speaks again."""
        self._core.close(name)
        self._hurry()

    def set_nick(self, nick: str) -> None:
        """Be called otherwise."""
        self._core.set_nick(nick)
        self._hurry()

    def set_topic(self, channel: str, topic: str) -> None:
        """Give a channel another topic."""
        self.command("TOPIC", channel, topic)

    def react(self, target: str, msgid: str, reaction: str, *, remove: bool = False) -> None:
        """Put a reaction to a message, or take it back."""
        self._core.react(target, msgid, reaction, remove=remove)
        self._hurry()

    def redact(self, target: str, msgid: str, reason: str = "") -> None:
        """Remove a message."""
        self._core.redact(target, msgid, reason)
        self._hurry()

    def mark_read(self, name: str) -> None:
        """Take note, here and elsewhere, that a conversation was read to its end."""
        self._core.mark_read(name)
        self._hurry()

    def tell_typing(self, target: str, state: str) -> None:
        """Tell others that we are typing: ``active``, ``paused`` or ``done``."""
        self._core.tell_typing(target, state, self._now())
        self._hurry()

    def ask_history(self, target: str, token: str, *, before: str = "", limit: int = 100) -> None:
        """Ask for lines before a msgid; `HistoryReceived` with that token answers."""
        self._core.ask_history(target, token, self._now(), before=before, limit=limit)
        self._hurry()

    def ask_search(self, text: str, token: str, *, where: str = "", sender: str = "") -> None:
        """Look for messages; `Found` with that token answers."""
        self._core.search(text, token, where=where, sender=sender)
        self._hurry()

    def command(self, command: str, *params: str) -> None:
        """Send any other command."""
        self._core.command(command, *params)
        self._hurry()
