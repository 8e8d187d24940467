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
from razem.talk.lookalikes import Looks
from razem.talk.model import Account, Channel, Invitation, User  # noqa: TC001 # msgspec reads the types
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
    accounts: dict[str, Account] = {}
    dropped: dict[str, None] = {}


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
        accounts: by folded name.
        dropped: folded names of accounts that are no more: nobody else may have them.
        certificates: folded names of accounts, by the fingerprints that may log in to them.
        present: user ids by the folded name of the account that they are logged in to.
        nick_looks, account_looks: nicks in use, and names of accounts, by their looks.
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
        self.accounts: dict[str, Account] = {}
        self.dropped: dict[str, None] = {}
        self.certificates: dict[str, str] = {}
        self.present: dict[str, str] = {}
        self.nick_looks = Looks()
        self.account_looks = Looks()

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
        return self.user_of_account(value)

    def user_of_account(self, account: str) -> User | None:
        """Return the user who is logged in to this account."""
        user_id = self.present.get(fold(account)) if account else None
        return self.users[user_id] if user_id is not None else None

    def account(self, name: str) -> Account | None:
        """Return the account of this name, in whatever case it is written."""
        return self.accounts.get(fold(name))

    def marker(self, user: User, name: str) -> int:
        """Return up to which time a user has read a channel or another user; 0: not known."""
        return self.markers.get(user.identity, {}).get(fold(name), 0)

    def channel(self, name: str) -> Channel | None:
        """Return the channel of this name, in whatever case it is written."""
        return self.channels.get(fold(name))

    # What is found by more than one key

    def add_user(self, user: User) -> None:
        """Let a user be found by its sessions, nick, looks and account."""
        self.users[user.id] = user
        for session in user.sessions:
            self.sessions[session] = user.id
        self.nicks[fold(user.nick)] = user.id
        self.nick_looks.add(user.nick, user.looks)
        if user.account:
            self.present[fold(user.account)] = user.id

    def remove_user(self, user: User) -> None:
        """Undo `add_user`."""
        del self.users[user.id]
        for session in user.sessions:
            del self.sessions[session]
        del self.nicks[fold(user.nick)]
        self.nick_looks.discard(user.nick, user.looks)
        self._forget_account_of(user)

    def rename_user(self, user: User, nick: str, looks: tuple[str, ...]) -> None:
        """Let a user have another nick."""
        del self.nicks[fold(user.nick)]
        self.nick_looks.discard(user.nick, user.looks)
        user.nick, user.looks = nick, looks
        self.nicks[fold(nick)] = user.id
        self.nick_looks.add(nick, looks)

    def log_in(self, user: User, account: str) -> None:
        """Let a user be logged in to an account; "": to none any more."""
        self._forget_account_of(user)
        markers = {} if user.account else self.markers.pop(user.identity, {})
        user.account = account
        if account and markers:
            known = self.markers.setdefault(user.identity, {})
            known |= {name: max(time, known.get(name, 0)) for name, time in markers.items()}
        if account:
            self.present[fold(account)] = user.id

    def _forget_account_of(self, user: User) -> None:
        if self.present.get(fold(user.account)) == user.id:
            del self.present[fold(user.account)]

    def add_account(self, account: Account) -> None:
        """Let an account be found by its name, looks and certificates."""
        folded = fold(account.name)
        self.accounts[folded] = account
        self.account_looks.add(account.name, account.looks)
        for fingerprint in account.certificates:
            self.certificates[fingerprint] = folded

    def drop_account(self, account: Account) -> None:
        """Let an account be no more; its name stays taken."""
        folded = fold(account.name)
        del self.accounts[folded]
        self.dropped[folded] = None
        self.account_looks.discard(account.name, account.looks)
        for fingerprint in account.certificates:
            self.certificates.pop(fingerprint, None)

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
                self.accounts,
                self.dropped,
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
        state.channels = snapshot.channels
        state.marks = snapshot.marks
        state.invitations, state.motd = snapshot.invitations, snapshot.motd
        state.bans = Bans(snapshot.bans)
        state.markers = snapshot.markers
        state.nicks = {fold(user.nick): user.id for user in state.users.values()}
        state.sessions = {
            session: user.id for user in state.users.values() for session in user.sessions
        }
        for account in snapshot.accounts.values():
            state.add_account(account)
        state.dropped = snapshot.dropped
        for user in snapshot.users.values():
            state.add_user(user)
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
