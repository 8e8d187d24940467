"""The channels we are in: members and their ranks, topic, modes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .events import (
    ChannelRenamed,
    Event,
    Joined,
    Kicked,
    Member,
    ModeChanged,
    Names,
    NickChanged,
    Parted,
    Quit,
    TopicChanged,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from razem.talk.irc.message import Message

    from .features import Features

__all__ = ["Channel", "Roster", "nick_of"]


def nick_of(source: str) -> str:
    """Return the nick of ``nick!user@host``, or the name of a server."""
    return source.partition("!")[0]


class Channel:
    """One channel that we are in.

    Attributes:
        name: as the server writes it.
        modes: those that are set without the members' ranks and lists: ``{"n": "", "k": "key"}``.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.topic = ""
        self.modes: dict[str, str] = {}
        self.members: dict[str, Member] = {}  # by folded nick
        self.naming: dict[str, Member] | None = None  # a list of names that is arriving

    def sorted_members(self) -> tuple[Member, ...]:
        """Return the members in the order of the alphabet."""
        return tuple(self.members[folded] for folded in sorted(self.members))


class Roster:
    """All channels we are in, kept by what the server says.

    Args:
        features: how the server folds names and which ranks it has.
        max_members: members of one channel kept; more are not.
        max_channels: channels kept; the server cannot put us into more.

    Attributes:
        version: grows with every message that may change who is where, or how.
    """

    def __init__(self, features: Features, max_members: int, max_channels: int) -> None:
        self._features = features
        self._max_members = max_members
        self._max_channels = max_channels
        self._channels: dict[str, Channel] = {}
        self.version = 0
        self._handlers: dict[str, Callable[[Message, str], list[Event]]] = {
            "324": self._on_told_modes,  # RPL_CHANNELMODEIS
            "332": self._on_told_topic,  # RPL_TOPIC
            "353": self._on_names,  # RPL_NAMREPLY
            "354": self._on_who,  # RPL_WHOSPCRPL
            "366": self._on_names_end,  # RPL_ENDOFNAMES
            "AWAY": self._on_away,
            "JOIN": self._on_join,
            "KICK": self._on_kick,
            "MODE": self._on_mode,
            "NICK": self._on_nick,
            "PART": self._on_part,
            "QUIT": self._on_quit,
            "RENAME": self._on_rename,
            "TOPIC": self._on_topic,
        }

    def __iter__(self) -> Iterator[Channel]:
        return iter(self._channels.values())

    def get(self, name: str) -> Channel | None:
        """Return the channel of that name, if we are in it."""
        return self._channels.get(self._features.fold(name))

    def receive(self, message: Message, own_nick: str) -> list[Event]:
        """Take any message of the server; return what it changed."""
        handler = self._handlers.get(message.command)
        if handler is None:
            return []
        self.version += 1
        return handler(message, own_nick)

    def _is_own(self, nick: str, own_nick: str) -> bool:
        return self._features.fold(nick) == self._features.fold(own_nick)

    def _on_join(self, message: Message, own_nick: str) -> list[Event]:
        name, nick = message.param(0), nick_of(message.source)
        folded, own = self._features.fold(name), self._is_own(nick, own_nick)
        if own and folded not in self._channels and self._is_acceptable(name):
            self._channels[folded] = Channel(name)
        channel = self._channels.get(folded)
        if channel is None:
            return []
        self._put(channel.members, Member(nick))
        return [Joined(channel=channel.name, nick=nick, own=own)]

    def _is_acceptable(self, name: str) -> bool:
        """Tell whether the server may put us into a channel: we must be able to name it."""
        fits = len(self._channels) < self._max_channels
        return fits and self._features.is_channel(name) and name[0] != ":" and " " not in name

    def _on_part(self, message: Message, own_nick: str) -> list[Event]:
        nick = nick_of(message.source)
        channel = self._remove(message.param(0), nick, own_nick)
        if channel is None:
            return []
        own = self._is_own(nick, own_nick)
        return [Parted(channel=channel.name, nick=nick, reason=message.param(1), own=own)]

    def _on_kick(self, message: Message, own_nick: str) -> list[Event]:
        nick = message.param(1)
        channel = self._remove(message.param(0), nick, own_nick)
        if channel is None:
            return []
        own, by = self._is_own(nick, own_nick), nick_of(message.source)
        return [
            Kicked(channel=channel.name, nick=nick, by=by, reason=message.param(2), own=own),
        ]

    def _remove(self, name: str, nick: str, own_nick: str) -> Channel | None:
        """Take a member out, and with ourselves the whole channel; return the channel."""
        channel = self.get(name)
        if channel is None:
            return None
        if self._is_own(nick, own_nick):
            del self._channels[self._features.fold(name)]
        else:
            channel.members.pop(self._features.fold(nick), None)
        return channel

    def _on_quit(self, message: Message, own_nick: str) -> list[Event]:
        nick = nick_of(message.source)
        if self._is_own(nick, own_nick):
            return []  # our own end is told by the end of the connection
        folded = self._features.fold(nick)
        shared = tuple(c.name for c in self if c.members.pop(folded, None) is not None)
        return [Quit(nick=nick, reason=message.param(0), channels=shared)] if shared else []

    def _on_nick(self, message: Message, own_nick: str) -> list[Event]:
        old, new = nick_of(message.source), message.param(0)
        own, seen, folded = self._is_own(old, own_nick), False, self._features.fold(old)
        if not new:
            return []
        for channel in self:
            member = channel.members.pop(folded, None)
            if member is not None:
                seen = True
                self._put(channel.members, Member(new, member.prefixes, member.away))
        return [NickChanged(old=old, new=new, own=own)] if seen or own else []

    def _on_rename(self, message: Message, _: str) -> list[Event]:
        """``RENAME #old #new :reason`` (IRCv3 channel-rename)."""
        channel, new = self.get(message.param(0)), message.param(1)
        if channel is None or not self._features.is_channel(new) or " " in new:
            return []
        old = channel.name
        del self._channels[self._features.fold(old)]
        channel.name = new
        self._channels[self._features.fold(new)] = channel
        by = nick_of(message.source)
        return [ChannelRenamed(old=old, new=new, by=by, reason=message.param(2))]

    def _on_away(self, message: Message, _: str) -> list[Event]:
        """Note who is away (IRCv3 away-notify)."""
        for channel in self:
            self._set_away(channel, nick_of(message.source), away=bool(message.param(0)))
        return []

    def _on_who(self, message: Message, _: str) -> list[Event]:
        """Note who is away: ``354 us #channel nick G@``, as WHO with ``%cnf`` has it (WHOX)."""
        channel = self.get(message.param(1))
        if channel is not None:
            self._set_away(channel, message.param(2), away=message.param(3)[:1] == "G")
        return []

    def _set_away(self, channel: Channel, nick: str, *, away: bool) -> None:
        folded = self._features.fold(nick)
        member = channel.members.get(folded)
        if member is not None and member.away != away:
            channel.members[folded] = Member(member.nick, member.prefixes, away)

    def _on_topic(self, message: Message, _: str) -> list[Event]:
        return self._set_topic(message.param(0), message.param(1), nick_of(message.source))

    def _on_told_topic(self, message: Message, _: str) -> list[Event]:
        return self._set_topic(message.param(1), message.param(2), "")

    def _set_topic(self, name: str, topic: str, by: str) -> list[Event]:
        channel = self.get(name)
        if channel is None:
            return []
        channel.topic = topic
        return [TopicChanged(channel=channel.name, topic=topic, by=by)]

    def _on_names(self, message: Message, _: str) -> list[Event]:
        """RPL_NAMREPLY: ``353 us = #channel :@ana +bo cy``."""
        channel = self.get(message.param(2))
        if channel is None:
            return []
        if channel.naming is None:
            channel.naming = {}
        signs = "".join(self._features.prefixes.values())
        for word in message.param(3).split():
            nick = nick_of(word.lstrip(signs))
            if nick:
                prefixes = word[: len(word) - len(word.lstrip(signs))]
                known = channel.members.get(self._features.fold(nick))
                away = known is not None and known.away
                self._put(channel.naming, Member(nick, prefixes, away))
        return []

    def _on_names_end(self, message: Message, _: str) -> list[Event]:
        channel = self.get(message.param(1))
        if channel is None:
            return []
        if channel.naming is not None:
            channel.members, channel.naming = channel.naming, None
        return [Names(channel=channel.name, members=channel.sorted_members())]

    def _on_mode(self, message: Message, _: str) -> list[Event]:
        target, by = message.param(0), nick_of(message.source)
        channel = self.get(target)
        if channel is not None:
            self._change_modes(channel, message.params[1:])
        modes = " ".join(message.params[1:])
        return [ModeChanged(target=target, modes=modes, by=by)]

    def _on_told_modes(self, message: Message, _: str) -> list[Event]:
        channel = self.get(message.param(1))
        if channel is not None:
            channel.modes.clear()
            self._change_modes(channel, message.params[2:])
        return []

    def _change_modes(self, channel: Channel, words: tuple[str, ...]) -> None:
        if not words:
            return
        arguments, adding = iter(words[1:]), True
        for mode in words[0]:
            if mode in "+-":
                adding = mode == "+"
                continue
            takes = self._features.takes_argument(mode, adding=adding)
            argument = next(arguments, "") if takes else ""
            if mode in self._features.prefixes:
                self._change_rank(channel, argument, self._features.prefixes[mode], adding=adding)
            elif self._features.is_list(mode) or not (mode.isascii() and mode.isalpha()):
                continue
            elif adding:
                channel.modes[mode] = argument
            else:
                channel.modes.pop(mode, None)

    def _change_rank(self, channel: Channel, nick: str, sign: str, *, adding: bool) -> None:
        folded = self._features.fold(nick)
        member = channel.members.get(folded)
        if member is None:
            return
        held = set(member.prefixes) | {sign} if adding else set(member.prefixes) - {sign}
        ordered = "".join(s for s in self._features.prefixes.values() if s in held)
        channel.members[folded] = Member(member.nick, ordered, member.away)

    def _put(self, members: dict[str, Member], member: Member) -> None:
        folded = self._features.fold(member.nick)
        if folded in members or len(members) < self._max_members:
            members[folded] = member
