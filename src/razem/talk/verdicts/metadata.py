"""Verdicts on metadata: who may say what of whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from razem.talk import events as ev
from razem.talk.irc import numerics as n
from razem.talk.metadata import metadata_of, target_of
from razem.talk.model import Channel
from razem.talk.ranks import at_least

if TYPE_CHECKING:
    from razem.talk import changes as do
    from razem.talk.model import User
    from razem.talk.state import State

__all__ = ["clear_metadata", "set_metadata"]


def _settable(state: State, session: str, name: str, key: str) -> User | Channel | ev.Failed | None:
    """Return whose metadata a session may set; None: the session is nobody any more."""
    user = state.user_of(session)
    if user is None:
        return None
    target = target_of(state, user, name)
    if target is None:
        return ev.Failed("METADATA", "INVALID_TARGET", (name,), "Invalid target")
    if isinstance(target, Channel):
        mine = at_least(target.members.get(user.id, ""), "o")
    else:
        mine = target is user
    if mine or user.is_operator:
        return target
    text = "You do not have permission to set that"
    return ev.Failed("METADATA", "KEY_NO_PERMISSION", (name, key), text)


def set_metadata(state: State, change: do.SetMetadata, _entry: do.Entry) -> list[ev.Event]:
    """A key has a value, or another, or none any more."""
    target = _settable(state, change.session, change.target, change.key)
    if target is None:
        return []
    if isinstance(target, ev.Failed):
        return [target]
    metadata = metadata_of(state, target)
    if not change.value:
        if metadata.pop(change.key, None) is None:
            name = target.name if isinstance(target, Channel) else target.nick
            return [ev.Refused(n.RPL_KEYNOTSET, (name, change.key), "Key not set")]
    elif change.key not in metadata and change.most and len(metadata) >= change.most:
        return [ev.Failed("METADATA", "LIMIT_REACHED", (change.target,), "Too many keys are set")]
    else:
        metadata[change.key] = change.value
    return [ev.MetadataChanged(target, ((change.key, change.value),))]


def clear_metadata(state: State, change: do.ClearMetadata, _entry: do.Entry) -> list[ev.Event]:
    """No key has a value any more."""
    target = _settable(state, change.session, change.target, "*")
    if target is None:
        return []
    if isinstance(target, ev.Failed):
        return [target]
    metadata = metadata_of(state, target)
    cleared = tuple((key, "") for key in metadata)
    metadata.clear()
    return [ev.MetadataChanged(target, cleared)]
