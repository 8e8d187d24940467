"""The verdict on another name of a channel (IRCv3 channel-rename)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from razem.talk import events as ev
from razem.talk.irc import numerics as n
from razem.talk.irc.names import fold
from razem.talk.verdicts.shared import of_status

if TYPE_CHECKING:
    from razem.talk import changes as do
    from razem.talk.model import Channel
    from razem.talk.state import State

__all__ = ["rename_channel"]


# Milliseconds from one renaming of a channel to the next: its history has to follow, and those
# who do not know RENAME leave and come in again.
_PAUSE: Final = 10_000


def rename_channel(state: State, change: do.RenameChannel, entry: do.Entry) -> list[ev.Event]:
    """A channel has another name, and is the same one otherwise."""
    found = of_status(state, change.session, change.channel, "o")
    if isinstance(found, ev.Refused):
        return [found]
    user, channel = found
    names = channel.name, change.name
    if channel.founder and "q" not in channel.members[user.id]:
        text = "Only its owner can rename a registered channel"
        return [ev.Refused(n.ERR_CHANOPRIVSNEEDED, (channel.name,), text)]
    if change.name == channel.name:
        return [ev.Failed("RENAME", "CANNOT_RENAME", names, "The channel has this name already")]
    if channel.renamed and entry.time - channel.renamed < _PAUSE:
        text = "This channel has been renamed a moment ago: wait a little"
        return [ev.Failed("RENAME", "CANNOT_RENAME", names, text)]
    folded = fold(change.name)
    if folded != channel.folded and folded in state.channels:
        text = "The channel name is already taken"
        return [ev.Failed("RENAME", "CHANNEL_NAME_IN_USE", names, text)]
    old = channel.name
    channel.renamed = entry.time
    _move(state, channel, change.name)
    return [ev.ChannelRenamed(channel, user.source, old, change.reason)]


def _move(state: State, channel: Channel, name: str) -> None:
    """Let everything that knew a channel by its name know it by another one."""
    old, new = channel.folded, fold(name)
    for other in state.channels.values():
        if fold(other.forward) == old:
            other.forward = name
    for invitation in state.invitations.values():
        if fold(invitation.channel) == old:
            invitation.channel = name
    channel.name, channel.folded = name, new
    if new != old:
        _file_anew(state, channel, old)


def _file_anew(state: State, channel: Channel, old: str) -> None:
    """Let a channel be found under its folded name, and no more under the one that it had."""
    new = channel.folded
    del state.channels[old]
    state.channels[new] = channel
    for member in channel.members:
        user = state.users[member]
        user.channels = {new if each == old else each: None for each in user.channels}
    for markers in state.markers.values():
        if old in markers:
            markers[new] = markers.pop(old)
    state.marks = {
        f"{new}{mark[len(old) :]}" if mark.startswith(f"{old} ") else mark: place
        for mark, place in state.marks.items()
    }
