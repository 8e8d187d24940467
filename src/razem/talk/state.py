"""Who is here, in which channels, and what becomes of an entry (DESIGN 6). No I/O.

The verdict on a change (the nick is taken, not a member …) is reached here, from the state and
the entry alone: hubs that apply the same entries in the same order are in the same state. So
nothing here may ask a clock, a random number, a setting or a session.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from razem.errors import Error
from razem.talk import changes as do
from razem.talk import events as ev
from razem.talk.irc import numerics as n
from razem.talk.irc.names import fold, is_channel

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Channel", "Returning", "SnapshotError", "State", "User"]

_VERSION: Final = 1
_MODES_A_LINE: Final = 8  # so that a line that tells of them is never too long
_MAX_RETURNING: Final = 1000  # remembered absentees of a channel
_MAX_MARKS: Final = 10_000  # remembered marks of lines (MESSAGE_ID_TAG)


_Why = Literal["wish", "cut", "restart"]  # of leaving: a lost connection, an ended hub


class SnapshotError(Error):
    """A snapshot that this version of Razem cannot read."""


class User(msgspec.Struct):
    """Somebody who is here."""

    id: str
    hub: str
    nick: str
    username: str
    host: str
    realname: str
    away: str = ""
    invisible: bool = False
    channels: dict[str, None] = {}  # folded names, in the order joined

    @property
    def source(self) -> str:
        """``nick!user@host``."""
        return f"{self.nick}!{self.username}@{self.host}"


class Returning(msgspec.Struct, frozen=True):
    """Somebody who was cut off from a channel, and may come back as what they were."""

    seq: int  # the last entry of which they were told
    status: str
    welcome: bool  # may come in without invitation, as what they were


class Channel(msgspec.Struct):
    """A channel; members by user id, each with status letters of "ov"."""

    name: str
    folded: str  # the name under which it is known
    created: int  # milliseconds since 1970
    members: dict[str, str] = {}
    topic: str = ""
    topic_source: str = ""
    topic_time: int = 0  # milliseconds since 1970
    flags: str = "nt"
    key: str = ""
    limit: int = 0  # 0: none
    invited: dict[str, None] = {}  # user ids
    has_history: bool = False
    returning: dict[str, Returning] = {}  # by nick!user@host

    @property
    def modes(self) -> list[str]:
        """The modes as RPL_CHANNELMODEIS lists them, the key included."""
        letters = self.flags + ("k" if self.key else "") + ("l" if self.limit else "")
        arguments = [self.key] if self.key else []
        if self.limit:
            arguments.append(str(self.limit))
        return ["+" + letters, *arguments]


class _Snapshot(msgspec.Struct, array_like=True):
    version: int
    applied: int
    users: dict[str, User]
    channels: dict[str, Channel]
    marks: dict[str, tuple[int, int]]


class State:
    """The state after the entries applied so far.

    Attributes:
        applied: `Entry.seq` of the last entry applied; 0 before the first.
        users: by user id.
        nicks: user ids by folded nick.
        channels: by folded name.
    """

    def __init__(self) -> None:
        self.applied = 0
        self.users: dict[str, User] = {}
        self.nicks: dict[str, str] = {}
        self.channels: dict[str, Channel] = {}
        self._marks: dict[str, tuple[int, int]] = {}
        self._verdicts: dict[type[Any], Callable[[Any, do.Entry], list[ev.Event]]] = {
            do.HubStarted: self._hub_started,
            do.Arrive: self._arrive,
            do.Rename: self._rename,
            do.Join: self._join,
            do.Part: self._part,
            do.PartAll: self._part_all,
            do.Quit: self._quit,
            do.SendTags: self._send_tags,
            do.SetTopic: self._set_topic,
            do.SetModes: self._set_modes,
            do.Kick: self._kick,
            do.Invite: self._invite,
            do.SetAway: self._set_away,
            do.SetInvisible: self._set_invisible,
        }

    def apply(self, entry: do.Entry) -> list[ev.Event]:
        """Let one entry come to pass, and tell what did; [] when nothing changed.

        Entries are applied in the order of their `seq`. A change of somebody who is gone, or
        not yet here, does nothing.
        """
        self.applied = entry.seq
        change = entry.change
        if type(change) is do.Speak:  # nearly always
            return self._speak(change, entry)
        return self._verdicts[type(change)](change, entry)

    def apply_alike(self, entry: do.Entry) -> None:
        """Do what `apply` would do with a line like those before it, up to this one.

        Lines of the same user to the same channel, without tags, right after one that came to
        pass: they come to pass as well, and nothing else changes.
        """
        self.applied = entry.seq

    def user_by_nick(self, nick: str) -> User | None:
        """Return the user who has this nick now."""
        user_id = self.nicks.get(fold(nick))
        return self.users[user_id] if user_id is not None else None

    def channel(self, name: str) -> Channel | None:
        """Return the channel of this name, in whatever case it is written."""
        return self.channels.get(fold(name))

    # Snapshots

    def snapshot(self) -> bytes:
        """Return the whole state as bytes, for `restore`."""
        return msgspec.msgpack.encode(
            _Snapshot(_VERSION, self.applied, self.users, self.channels, self._marks)
        )

    @classmethod
    def restore(cls, data: bytes) -> State:
        """Make the state anew of which `data` is the snapshot.

        Raises:
            SnapshotError: another version wrote it, or it is damaged.
        """
        try:
            snapshot = msgspec.msgpack.decode(data, type=_Snapshot)
        except msgspec.MsgspecError as error:
            raise SnapshotError(f"the stored state cannot be read: {error}") from error
        if snapshot.version != _VERSION:
            raise SnapshotError(
                f"the stored state has version {snapshot.version}, this Razem reads {_VERSION}"
            )
        state = cls()
        state.applied = snapshot.applied
        state.users, state.channels = snapshot.users, snapshot.channels
        state._marks = snapshot.marks
        state.nicks = {fold(user.nick): user.id for user in state.users.values()}
        return state

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, State):
            return NotImplemented
        return self.snapshot() == other.snapshot()

    __hash__ = None  # type: ignore[assignment]  # it changes

    # Verdicts

    def _hub_started(self, change: do.HubStarted, _entry: do.Entry) -> list[ev.Event]:
        # Private lines stand in no history: those that nobody was told of before the hub ended
        # are to be delivered when they are sent again.
        self._marks = {
            mark: place
            for mark, place in self._marks.items()
            if is_channel(mark) or place[0] <= change.told
        }
        gone = [user for user in self.users.values() if user.hub == change.user]
        return [self._remove(user, change.told, "hub restarted", why="restart") for user in gone]

    def _arrive(self, change: do.Arrive, _entry: do.Entry) -> list[ev.Event]:
        if change.user in self.users:
            return []
        folded = fold(change.nick)
        if folded in self.nicks:
            return [ev.Refused(n.ERR_NICKNAMEINUSE, (change.nick,))]
        user = User(
            change.user, change.hub, change.nick, change.username, change.host, change.realname
        )
        self.users[user.id] = user
        self.nicks[folded] = user.id
        return [ev.Arrived(user)]

    def _rename(self, change: do.Rename, _entry: do.Entry) -> list[ev.Event]:
        user = self.users.get(change.user)
        if user is None or user.nick == change.nick:
            return []
        folded = fold(change.nick)
        if self.nicks.get(folded, user.id) != user.id:
            return [ev.Refused(n.ERR_NICKNAMEINUSE, (change.nick,))]
        old = user.source
        del self.nicks[fold(user.nick)]
        self.nicks[folded] = user.id
        user.nick = change.nick
        return [ev.Renamed(user, old)]

    def _join(self, change: do.Join, entry: do.Entry) -> list[ev.Event]:
        user = self.users.get(change.user)
        folded = fold(change.channel)
        if user is None or folded in user.channels:
            return []
        if change.most and len(user.channels) >= change.most:
            return [ev.Refused(n.ERR_TOOMANYCHANNELS, (change.channel,))]
        channel = self.channels.get(folded)
        if channel is None and change.in_all and len(self.channels) >= change.in_all:
            text = "There are too many channels: join one of those that there are (LIST)"
            return [ev.Refused(n.ERR_TOOMANYCHANNELS, (change.channel,), text)]
        if channel is None:
            channel = self.channels[folded] = Channel(change.channel, folded, entry.time)
        returning = channel.returning.get(user.source)
        refusal = self._may_not_join(channel, user, change.key, returning)
        if refusal:
            return [ev.Refused(refusal, (channel.name,))]
        status = returning.status if returning and returning.welcome else ""
        if not channel.members and "o" not in status:
            status += "o"
        channel.returning.pop(user.source, None)
        channel.invited.pop(user.id, None)
        channel.members[user.id] = status
        user.channels[folded] = None
        return [ev.Joined(channel, user, returning)]

    @staticmethod
    def _may_not_join(
        channel: Channel, user: User, key: str, returning: Returning | None
    ) -> str | None:
        if user.id in channel.invited:
            return None
        if channel.key and channel.key != key:
            return n.ERR_BADCHANNELKEY
        if "i" in channel.flags and not (returning and returning.welcome):
            return n.ERR_INVITEONLYCHAN
        if channel.limit and len(channel.members) >= channel.limit:
            return n.ERR_CHANNELISFULL
        return None

    def _part(self, change: do.Part, entry: do.Entry) -> list[ev.Event]:
        found = self._member(change.user, change.channel)
        if isinstance(found, ev.Refused):
            return [found]
        user, channel = found
        self._leave(channel, user, entry.seq, why="wish")
        return [ev.Parted(channel, user, change.reason)]

    def _part_all(self, change: do.PartAll, entry: do.Entry) -> list[ev.Event]:
        user = self.users.get(change.user)
        if user is None:
            return []
        channels = [self.channels[name] for name in user.channels]
        for channel in channels:
            self._leave(channel, user, entry.seq, why="wish")
        return [ev.Parted(channel, user, "") for channel in channels]

    def _quit(self, change: do.Quit, entry: do.Entry) -> list[ev.Event]:
        user = self.users.get(change.user)
        if user is None:
            return []
        told = change.told or entry.seq
        why: _Why = "cut" if change.cut else "wish"
        return [self._remove(user, told, change.reason, why=why)]

    def _speak(self, change: do.Speak, entry: do.Entry) -> list[ev.Event]:
        if change.user not in self.users:
            return []
        if not is_channel(change.target):
            return self._speak_to_user(change, entry)
        folded = fold(change.target)
        channel = self.channels.get(folded)
        if channel is None:
            return [ev.Refused(n.ERR_NOSUCHCHANNEL, (change.target,))]
        refused = self._may_not_speak(channel, change.user)
        if refused is not None:
            return [refused]
        mark = change.tags.get(do.MESSAGE_ID_TAG) if change.tags else None
        if mark:
            first = self._mark(f"{folded} {mark}", entry)
            if first is not None:
                return [ev.Repeated(*first)]
        channel.has_history = True
        return [ev.Spoken(channel)]

    @staticmethod
    def _may_not_speak(channel: Channel, user_id: str) -> ev.Refused | None:
        status = channel.members.get(user_id)
        if status:
            return None
        if "m" in channel.flags:
            why = "it is moderated (+m)"
        elif status is None and "n" in channel.flags:
            why = "join it first (+n)"
        else:
            return None
        return ev.Refused(n.ERR_CANNOTSENDTOCHAN, (channel.name,), f"Cannot send to channel: {why}")

    def _send_tags(self, change: do.SendTags, _entry: do.Entry) -> list[ev.Event]:
        if change.user not in self.users:
            return []
        if not is_channel(change.target):
            user = self.user_by_nick(change.target)
            if user is None:
                return [ev.Refused(n.ERR_NOSUCHNICK, (change.target,))]
            return [ev.Tagged(None, user)]
        channel = self.channel(change.target)
        if channel is None:
            return [ev.Refused(n.ERR_NOSUCHCHANNEL, (change.target,))]
        return [self._may_not_speak(channel, change.user) or ev.Tagged(channel, None)]

    def _mark(self, mark: str, entry: do.Entry) -> tuple[int, int] | None:
        """Remember the mark of a line; return place and time of the line that had it before."""
        first = self._marks.get(mark)
        if first is None:
            self._marks[mark] = (entry.seq, entry.time)
            if len(self._marks) > _MAX_MARKS:
                del self._marks[next(iter(self._marks))]
        return first

    def _speak_to_user(self, change: do.Speak, entry: do.Entry) -> list[ev.Event]:
        user = self.user_by_nick(change.target)
        if user is None:
            return [ev.Refused(n.ERR_NOSUCHNICK, (change.target,))]
        mark = change.tags.get(do.MESSAGE_ID_TAG) if change.tags else None
        if mark:
            first = self._mark(f"{fold(change.target)} {mark}", entry)
            if first is not None:
                return [ev.Repeated(*first)]
        return [ev.SpokenTo(user)]

    def _set_topic(self, change: do.SetTopic, entry: do.Entry) -> list[ev.Event]:
        found = self._member(change.user, change.channel)
        if isinstance(found, ev.Refused):
            return [found]
        user, channel = found
        if "t" in channel.flags and "o" not in channel.members[user.id]:
            return [ev.Refused(n.ERR_CHANOPRIVSNEEDED, (channel.name,))]
        channel.topic = change.text
        channel.topic_source = user.source
        channel.topic_time = entry.time
        return [ev.TopicChanged(channel, user.source)]

    def _set_modes(self, change: do.SetModes, _entry: do.Entry) -> list[ev.Event]:
        found = self._operator(change.user, change.channel)
        if isinstance(found, ev.Refused):
            return [found]
        user, channel = found
        done: list[do.ModeChange] = []
        events: list[ev.Event] = []
        for mode in change.modes:
            outcome = self._set_mode(channel, mode)
            if isinstance(outcome, ev.Refused):
                events.append(outcome)
            elif outcome is not None:
                done.append(outcome)
        for start in range(0, len(done), _MODES_A_LINE):
            told = _written(done[start : start + _MODES_A_LINE])
            events.append(ev.ModesChanged(channel, user.source, told))
        return events

    def _set_mode(self, channel: Channel, mode: do.ModeChange) -> do.ModeChange | ev.Refused | None:
        """Set one mode; return it as it is to be told, or None when it was so already."""
        if mode.letter in "ov":
            return self._set_status(channel, mode)
        before = channel.modes
        if mode.letter == "k":
            told = mode._replace(argument=mode.argument if mode.add else channel.key)
            channel.key = mode.argument if mode.add else ""
        elif mode.letter == "l":
            told = mode
            channel.limit = int(mode.argument) if mode.add else 0
        else:
            told = mode
            flags = set(channel.flags) - {mode.letter} | ({mode.letter} if mode.add else set())
            channel.flags = "".join(sorted(flags))
        return told if channel.modes != before else None

    def _set_status(
        self, channel: Channel, mode: do.ModeChange
    ) -> do.ModeChange | ev.Refused | None:
        target = self.user_by_nick(mode.argument)
        if target is None:
            return ev.Refused(n.ERR_NOSUCHNICK, (mode.argument,))
        status = channel.members.get(target.id)
        if status is None:
            return ev.Refused(n.ERR_USERNOTINCHANNEL, (target.nick, channel.name))
        if mode.add == (mode.letter in status):
            return None
        channel.members[target.id] = (
            "".join(letter for letter in "ov" if letter in status + mode.letter)
            if mode.add
            else status.replace(mode.letter, "")
        )
        return mode._replace(argument=target.nick)

    def _kick(self, change: do.Kick, entry: do.Entry) -> list[ev.Event]:
        found = self._operator(change.user, change.channel)
        if isinstance(found, ev.Refused):
            return [found]
        user, channel = found
        target = self.user_by_nick(change.nick)
        if target is None:
            return [ev.Refused(n.ERR_NOSUCHNICK, (change.nick,))]
        if target.id not in channel.members:
            return [ev.Refused(n.ERR_USERNOTINCHANNEL, (target.nick, channel.name))]
        self._leave(channel, target, entry.seq, why="wish")
        if target is not user:  # who was put out is not expected back
            channel.returning.pop(target.source, None)
        return [ev.Kicked(channel, user.source, target, change.reason)]

    def _invite(self, change: do.Invite, _entry: do.Entry) -> list[ev.Event]:
        found = self._member(change.user, change.channel)
        if isinstance(found, ev.Refused):
            return [found]
        user, channel = found
        if "i" in channel.flags and "o" not in channel.members[user.id]:
            return [ev.Refused(n.ERR_CHANOPRIVSNEEDED, (channel.name,))]
        target = self.user_by_nick(change.nick)
        if target is None:
            return [ev.Refused(n.ERR_NOSUCHNICK, (change.nick,))]
        if target.id in channel.members:
            return [ev.Refused(n.ERR_USERONCHANNEL, (target.nick, channel.name))]
        channel.invited[target.id] = None
        return [ev.Invited(channel, user.source, target)]

    def _set_away(self, change: do.SetAway, _entry: do.Entry) -> list[ev.Event]:
        user = self.users.get(change.user)
        if user is None:
            return []
        user.away = change.text
        return [ev.AwayChanged(user)]

    def _set_invisible(self, change: do.SetInvisible, _entry: do.Entry) -> list[ev.Event]:
        user = self.users.get(change.user)
        if user is None or user.invisible == change.invisible:
            return []
        user.invisible = change.invisible
        return [ev.VisibilityChanged(user)]

    # What the verdicts share

    def _member(self, user_id: str, name: str) -> tuple[User, Channel] | ev.Refused:
        channel = self.channels.get(fold(name))
        if channel is None:
            return ev.Refused(n.ERR_NOSUCHCHANNEL, (name,))
        user = self.users.get(user_id)
        if user is None or user_id not in channel.members:
            return ev.Refused(n.ERR_NOTONCHANNEL, (channel.name,))
        return user, channel

    def _operator(self, user_id: str, name: str) -> tuple[User, Channel] | ev.Refused:
        found = self._member(user_id, name)
        if not isinstance(found, ev.Refused) and "o" not in found[1].members[user_id]:
            return ev.Refused(n.ERR_CHANOPRIVSNEEDED, (found[1].name,))
        return found

    def _leave(self, channel: Channel, user: User, seq: int, *, why: _Why) -> None:
        """Take a user out of a channel, and the channel away when nothing is left of it."""
        status = channel.members.pop(user.id)
        del user.channels[channel.folded]
        if not channel.members and not channel.has_history:
            del self.channels[channel.folded]
            return
        if why != "wish" or not channel.members:
            # Whoever was there when the hub ended may return as what they were; and so may the
            # last to leave, lest a channel with history be closed (+i) to everybody for ever.
            # Not so who lost a connection: another may come under that name meanwhile.
            welcome = why == "restart" or not channel.members
            channel.returning[user.source] = Returning(seq, status, welcome)
            if len(channel.returning) > _MAX_RETURNING:
                del channel.returning[next(iter(channel.returning))]

    def _remove(self, user: User, seq: int, reason: str, *, why: _Why) -> ev.Left:
        channels = tuple(self.channels[name] for name in user.channels)
        for channel in channels:
            self._leave(channel, user, seq, why=why)
        for channel in self.channels.values():
            channel.invited.pop(user.id, None)
        del self.users[user.id]
        del self.nicks[fold(user.nick)]
        return ev.Left(user, channels, reason)


def _written(modes: list[do.ModeChange]) -> tuple[str, ...]:
    """Return mode changes as MODE writes them: ``("+o-v", "ana", "bo")``."""
    letters = ""
    sign = ""
    for mode in modes:
        wanted = "+" if mode.add else "-"
        letters += (wanted if wanted != sign else "") + mode.letter
        sign = wanted
    return (letters, *(mode.argument for mode in modes if mode.argument))
