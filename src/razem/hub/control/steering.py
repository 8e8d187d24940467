"""Carrying out what the owner of a hub asks for."""

from __future__ import annotations

import asyncio
import os
import secrets
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from razem.errors import Error
from razem.hub.config import check_lines
from razem.hub.control import requests as ask
from razem.hub.data import copy_identity
from razem.sockets.hosts import find_reach
from razem.talk import events as ev
from razem.talk.bans import parse_ban_target
from razem.talk.changes import (
    AddBan,
    CreateInvitation,
    GiveStatus,
    Kill,
    Promote,
    RemoveBan,
    RevokeInvitation,
    SetMotd,
)
from razem.talk.invitations import TOKEN_BYTES, Key, digest_of, make_token
from razem.talk.log.sqlite import SQLiteLog

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from razem.hub.config import Config
    from razem.hub.process import HubProcess
    from razem.talk.bans import Ban, BanKind
    from razem.talk.changes import Change
    from razem.talk.model import Invitation, User

__all__ = ["Steering"]

_ID_DIGITS: Final = 8  # of a digest, by which people call an invitation
_MILLISECONDS: Final = 1000


class Steering:
    """The hands of the owner on a running hub.

    Args:
        process: the hub.
    """

    def __init__(self, process: HubProcess) -> None:
        self._process: Final = process
        self._started: Final = time.time()
        self._ways: Final[dict[type[Any], Callable[[Any], Awaitable[dict[str, Any]]]]] = {
            ask.Status: self._status,
            ask.Users: self._users,
            ask.Motd: self._motd,
            ask.Invite: self._invite,
            ask.Invitations: self._invitations,
            ask.Revoke: self._revoke,
            ask.Kick: self._kick,
            ask.Ban: self._ban,
            ask.Unban: self._unban,
            ask.Bans: self._bans,
            ask.Promote: self._promote,
            ask.Backup: self._backup,
            ask.Reload: self._reload,
        }

    async def carry_out(self, request: ask.Request) -> dict[str, Any]:
        """Do what was asked for; return what there is to tell, as plain values.

        Raises:
            Error: it cannot be done.
        """
        return await self._ways[type(request)](request)

    async def _order(self, make: Callable[[str], Change]) -> list[ev.Event]:
        """Let the hub propose a change; return what came of it.

        Raises:
            Error: it could not be stored, or did not come to pass.
        """
        events = await self._process.order(make)
        if events is None:
            raise Error(
                "the log could not be written: nothing was changed.",
                advice="See whether the disk is full, and try again.",
            )
        for event in events:
            if isinstance(event, ev.NotDone):
                raise Error(f"{event.why}.")
        return list(events)

    # Telling

    async def _status(self, _request: ask.Status) -> dict[str, Any]:
        process, config = self._process, self._process.config
        hub = process.hub
        return {
            "pid": os.getpid(),
            "version": hub.identity.version,
            "name": hub.identity.name,
            "network": hub.identity.network,
            "uptime_seconds": round(time.time() - self._started, 3),
            "addresses": [str(address) for address in process.addresses],
            "fingerprint": self._fingerprint(),
            "data": _directory(config),
            "durability": None if config.memory else config.durability,
            "plaintext": config.plaintext,
            "access": config.access,
            "users": len(hub.state.users),
            "sessions": len(hub.sessions),
            "channels": len(hub.state.channels),
            "invitations": len(hub.state.invitations),
            "entries": hub.state.applied,
        }

    async def _users(self, _request: ask.Users) -> dict[str, Any]:
        users = self._process.hub.state.users.values()
        return {"users": [self._facts_of(user) for user in users]}

    def _facts_of(self, user: User) -> dict[str, Any]:
        hub, now = self._process.hub, self._process.now()
        channels = [hub.state.channels[name].name for name in user.channels]
        return {
            "nick": user.nick,
            "user": user.username,
            "host": user.host,
            "realname": user.realname,
            "account": user.account,
            "away": user.away,
            "modes": user.modes,
            "since": _written(user.signed_on),
            "channels": channels,
            "sessions": [
                {
                    "id": session.id,
                    "address": session.origin.address,
                    "transport": session.origin.transport,
                    "secure": session.origin.secure,
                    "silent_seconds": round(max(0.0, now - session.heard_at), 1),
                }
                for session in hub.sessions_of(user)
            ],
        }

    # The message of the day

    async def _motd(self, request: ask.Motd) -> dict[str, Any]:
        if request.text is not None:
            text = request.text.rstrip("\n")
            try:
                check_lines("the message", text)
            except ValueError as error:
                raise Error(f"{error}.") from error
            await self._order(lambda order: SetMotd(order, text))
        hub = self._process.hub
        return {"motd": list(hub.motd), "set": bool(hub.state.motd)}

    # Invitations

    async def _invite(self, request: ask.Invite) -> dict[str, Any]:
        process = self._process
        reach = find_reach(process.addresses, process.hub.identity.name)
        if reach is None and not (request.host and request.port):
            raise Error(
                "guests could not connect: the hub listens on no port.",
                advice="Say where they reach it: --host NAME:PORT.",
            )
        host = request.host or (reach.host if reach else "")
        port = request.port or (reach.port if reach else 0)
        key = Key(make_token(secrets.token_bytes(TOKEN_BYTES)), self._fingerprint())
        expires = int((time.time() + request.seconds) * _MILLISECONDS) if request.seconds else 0
        most = process.hub.limits.invitations
        events = await self._order(
            lambda order: CreateInvitation(
                order, digest_of(key.token), request.channel, request.uses, expires, most
            )
        )
        made = next(event for event in events if isinstance(event, ev.InvitationCreated))
        return {
            **_facts_of_invitation(made.invitation),
            "link": key.link(host, port, request.channel),
            "web": key.web_link(host, port, request.channel),
            "host": host,
            "port": port,
            "password": key.password,
            "fingerprint": key.fingerprint,
            "remote": bool(request.host) or bool(reach and reach.remote),
        }

    async def _invitations(self, _request: ask.Invitations) -> dict[str, Any]:
        known = self._process.hub.state.invitations.values()
        now = time.time() * _MILLISECONDS
        return {
            "invitations": [_facts_of_invitation(each) for each in known if not each.over(int(now))]
        }

    async def _revoke(self, request: ask.Revoke) -> dict[str, Any]:
        events = await self._order(lambda order: RevokeInvitation(order, request.id))
        gone = next(event for event in events if isinstance(event, ev.InvitationRevoked))
        return _facts_of_invitation(gone.invitation)

    # Who may be here

    async def _kick(self, request: ask.Kick) -> dict[str, Any]:
        events = await self._order(lambda order: Kill(order, request.nick, request.reason))
        return {"gone": _gone(events)}

    async def _ban(self, request: ask.Ban) -> dict[str, Any]:
        kind, mask = _target(request.whom)
        milliseconds = int(request.seconds * _MILLISECONDS)
        events = await self._order(
            lambda order: AddBan(order, kind, mask, request.reason, milliseconds)
        )
        made = next(event for event in events if isinstance(event, ev.BanAdded))
        return {**_facts_of_ban(made.ban), "gone": _gone(events)}

    async def _unban(self, request: ask.Unban) -> dict[str, Any]:
        kind, mask = _target(request.whom)
        events = await self._order(lambda order: RemoveBan(order, kind, mask))
        gone = next(event for event in events if isinstance(event, ev.BanRemoved))
        return _facts_of_ban(gone.ban)

    async def _bans(self, _request: ask.Bans) -> dict[str, Any]:
        now = int(time.time() * _MILLISECONDS)
        bans = self._process.hub.state.bans
        return {"bans": [_facts_of_ban(ban) for ban in bans if ban.holds(now)]}

    async def _promote(self, request: ask.Promote) -> dict[str, Any]:
        nick, channel, operator = request.nick, request.channel, request.operator
        if channel:
            await self._order(lambda order: GiveStatus(order, channel, nick, operator))
        else:
            await self._order(lambda order: Promote(order, nick, operator))
        return {"nick": nick, "channel": channel, "operator": operator}

    # The process

    async def _backup(self, request: ask.Backup) -> dict[str, Any]:
        log, config = self._process.log, self._process.config
        if not isinstance(log, SQLiteLog):
            raise Error("the hub keeps nothing: there is nothing to back up.")
        report = await log.backup(Path(request.file))
        identity = await asyncio.to_thread(copy_identity, Path(config.data_directory), report.path)
        return {
            "file": str(report.path),
            "bytes": report.size,
            "entries": report.last,
            "identity": str(identity) if identity is not None else None,
        }

    async def _reload(self, _request: ask.Reload) -> dict[str, Any]:
        _, changed, waiting = self._process.reload()
        return {"changed": changed, "waiting": waiting, "fingerprint": self._fingerprint()}

    def _fingerprint(self) -> str:
        return self._process.load_identity().fingerprint


def _directory(config: Config) -> str | None:
    return None if config.memory else str(Path(config.data_directory).absolute())


def _target(whom: str) -> tuple[BanKind, str]:
    try:
        return parse_ban_target(whom)
    except ValueError as error:
        raise Error(
            f"{error}.", advice="Write an address, a network, account:NAME or nick!user@host."
        ) from error


def _gone(events: Sequence[ev.Event]) -> list[str]:
    """Return the nicks of those who left."""
    return [event.user.nick for event in events if isinstance(event, ev.Left)]


def _facts_of_ban(ban: Ban) -> dict[str, Any]:
    return {
        "kind": ban.kind,
        "whom": ban.title,
        "reason": ban.reason,
        "by": ban.by,
        "since": _written(ban.set_at),
        "expires": _written(ban.expires) if ban.expires else None,
    }


def _facts_of_invitation(invitation: Invitation) -> dict[str, Any]:
    return {
        "id": invitation.digest[:_ID_DIGITS],
        "channel": invitation.channel,
        "uses": invitation.uses,
        "used": len(invitation.guests),
        "created": _written(invitation.created),
        "expires": _written(invitation.expires) if invitation.expires else None,
    }


def _written(milliseconds: int) -> str:
    """Return a time as text (ISO 8601, UTC, whole seconds)."""
    return f"{datetime.fromtimestamp(milliseconds // _MILLISECONDS, UTC):%Y-%m-%dT%H:%M:%SZ}"
