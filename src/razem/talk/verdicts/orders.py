"""Verdicts on orders of whoever runs the hub."""

from __future__ import annotations

from typing import TYPE_CHECKING

from razem.talk import events as ev
from razem.talk.changes.orders import ordered
from razem.talk.model import Invitation
from razem.talk.ranks import with_letter, without

if TYPE_CHECKING:
    from razem.talk import changes as do
    from razem.talk.state import State

__all__ = ["create_invitation", "give_status", "revoke_invitation", "set_motd"]


def create_invitation(state: State, change: do.CreateInvitation, entry: do.Entry) -> list[ev.Event]:
    """There is one more invitation; those that expired are forgotten."""
    if not ordered(change.session):
        return []
    for digest in [each.digest for each in state.invitations.values() if each.over(entry.time)]:
        del state.invitations[digest]
    if change.most and len(state.invitations) >= change.most:
        return [ev.NotDone(f"there are {change.most} invitations already: revoke some of them")]
    invitation = Invitation(
        digest=change.digest,
        channel=change.channel,
        uses=change.uses,
        expires=change.expires,
        created=entry.time,
    )
    state.invitations[change.digest] = invitation
    return [ev.InvitationCreated(invitation)]


def revoke_invitation(
    state: State, change: do.RevokeInvitation, _entry: do.Entry
) -> list[ev.Event]:
    """An invitation is forgotten, if exactly one is meant."""
    found = [digest for digest in state.invitations if digest.startswith(change.digest)]
    if not ordered(change.session) or not change.digest:
        return []
    if len(found) != 1:
        count = "no invitation is" if not found else f"{len(found)} invitations are"
        return [ev.NotDone(f"{count} known as {change.digest}")]
    return [ev.InvitationRevoked(state.invitations.pop(found[0]))]


def set_motd(state: State, change: do.SetMotd, _entry: do.Entry) -> list[ev.Event]:
    """There is another message of the day."""
    if not ordered(change.session):
        return []
    state.motd = change.text
    return [ev.MotdChanged()]


def give_status(state: State, change: do.GiveStatus, _entry: do.Entry) -> list[ev.Event]:
    """A member of a channel becomes an operator there, or is one no more."""
    if not ordered(change.session):
        return []
    channel, user = state.channel(change.channel), state.user_by_nick(change.nick)
    if channel is None:
        return [ev.NotDone(f"there is no channel {change.channel}")]
    if user is None:
        return [ev.NotDone(f"nobody here is called {change.nick}")]
    status = channel.members.get(user.id)
    if status is None:
        return [ev.NotDone(f"{user.nick} is not in {channel.name}")]
    if ("o" in status) == change.operator:
        return []
    channel.members[user.id] = with_letter(status, "o") if change.operator else without(status, "o")
    return [ev.StatusGiven(channel, user, change.operator)]
