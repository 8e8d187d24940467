"""Who is here, in which channels, and what becomes of an entry (DESIGN 6). No I/O.

The verdict on a change (the nick is taken, not a member …) is reached in `talk/verdicts`, from
the state and the entry alone: hubs that apply the same entries in the same order are in the same
state. So nothing there may ask a clock, a random number, a setting or a session.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from razem.errors import Error
from razem.talk.bans import Ban, Bans
from razem.talk.irc.names import fold
from razem.talk.model import Channel, Invitation, User  # noqa: TC001 # msgspec reads the types
from razem.talk.verdicts import VERDICTS

if TYPE_CHECKING:
    from razem.talk.changes import Entry
    from razem.talk.events import Event

__all__ = ["SnapshotError", "State"]

_VERSION: Final = 2


class SnapshotError(Error):
    """A snapshot that this version of Razem cannot read."""


class _Snapshot(msgspec.Struct):
    """The whole state; a new field has a default, so that older snapshots can be read."""

    version: int
    applied: int
    users: dict[str, User]
    channels: dict[str, Channel]
    marks: dict[str, tuple[int, int]]
    invitations: dict[str, Invitation] = {}
    motd: str = ""
    bans: list[Ban] = []
    markers: dict[str, dict[str, int]] = {}


class State:
    """The state after the entries applied so far.

    Attributes:
        applied: `Entry.seq` of the last entry applied; 0 before the first.
        users: by user id.
        sessions: user ids by session id.
        nicks: user ids by folded nick.
        channels: by folded name.
        marks: place and time of the lines that bore a mark (`MESSAGE_ID_TAG`), by target and
            mark; the last ones only.
        markers: times up to which was read, by identity and folded channel or nick.
        invitations: by the digest of their token.
        motd: the message of the day; "": that of the configuration of each hub.
        bans: from the whole server.
    """

    def __init__(self) -> None:
        self.applied = 0
        self.users: dict[str, User] = {}
        self.sessions: dict[str, str] = {}
        self.nicks: dict[str, str] = {}
        self.channels: dict[str, Channel] = {}
        self.marks: dict[str, tuple[int, int]] = {}
        self.markers: dict[str, dict[str, int]] = {}
        self.invitations: dict[str, Invitation] = {}
        self.motd = ""
        self.bans = Bans()

    def apply(self, entry: Entry) -> list[Event]:
        """Let one entry come to pass, and tell what did; [] when nothing changed.

        Entries are applied in the order of their `seq`. A change of somebody who is gone, or
        not yet here, does nothing.
        """
        self.applied = entry.seq
        change = entry.change
        return VERDICTS[type(change)](self, change, entry)

    def apply_alike(self, entry: Entry) -> None:
        """Do what `apply` would do with a line like those before it, up to this one.

        Lines of the same session to the same channel, without tags, right after one that came
        to pass: they come to pass as well, and nothing else changes.
        """
        self.applied = entry.seq

    def user_of(self, session_id: str) -> User | None:
        """Return the user whose session this is."""
        user_id = self.sessions.get(session_id)
        return self.users[user_id] if user_id is not None else None

    def user_by_nick(self, nick: str) -> User | None:
        """Return the user who has this nick now."""
        user_id = self.nicks.get(fold(nick))
        return self.users[user_id] if user_id is not None else None

    def user_of_identity(self, wanted: str) -> User | None:
        """Return the user who is here under an identity (`User.identity`)."""
        kind, _, value = wanted.partition(":")
        if kind == "user":
            return self.users.get(value)
        return next((user for user in self.users.values() if user.account == value), None)

    def marker(self, user: User, name: str) -> int:
        """Return up to which time a user has read a channel or another user; 0: not known."""
        return self.markers.get(user.identity, {}).get(fold(name), 0)

    def channel(self, name: str) -> Channel | None:
        """Return the channel of this name, in whatever case it is written."""
        return self.channels.get(fold(name))

    # Snapshots

    def snapshot(self) -> bytes:
        """Return the whole state as bytes, for `restore`."""
        return msgspec.msgpack.encode(
            _Snapshot(
                _VERSION,
                self.applied,
                self.users,
                self.channels,
                self.marks,
                self.invitations,
                self.motd,
                list(self.bans),
                self.markers,
            )
        )

    @classmethod
    def restore(cls, data: bytes) -> State:
        """Make the state anew of which `data` is the snapshot.

        Raises:
            SnapshotError: another version wrote it, or it is damaged.
        """
        try:
            snapshot = _read(msgspec.msgpack.decode(data))
        except (msgspec.MsgspecError, ValueError, TypeError, LookupError) as error:
            raise SnapshotError(f"the stored state cannot be read: {error}") from error
        if snapshot.version != _VERSION:
            raise SnapshotError(
                f"the stored state has version {snapshot.version}, this Razem reads {_VERSION}"
            )
        state = cls()
        state.applied = snapshot.applied
        state.users, state.channels = snapshot.users, snapshot.channels
        state.marks = snapshot.marks
        state.invitations, state.motd = snapshot.invitations, snapshot.motd
        state.bans = Bans(snapshot.bans)
        state.markers = snapshot.markers
        state.nicks = {fold(user.nick): user.id for user in state.users.values()}
        state.sessions = {
            session: user.id for user in state.users.values() for session in user.sessions
        }
        return state

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, State):
            return NotImplemented
        return self.snapshot() == other.snapshot()

    __hash__ = None  # type: ignore[assignment]  # it changes


def _read(raw: object) -> _Snapshot:
    """Read a snapshot of this version or of the first one."""
    if isinstance(raw, list) and raw[0] == 1:  # an array, each user with one session of its id
        _, applied, users, channels, marks = raw
        for user in users.values():
            user["sessions"] = {user["id"]: user.pop("hub")}
            user["modes"] = "i" if user.pop("invisible") else ""
        raw = {
            "version": _VERSION,
            "applied": applied,
            "users": users,
            "channels": channels,
            "marks": marks,
        }
    return msgspec.convert(raw, _Snapshot)
