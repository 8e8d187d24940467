"""What becomes of each change: one function each, in one table.

A verdict takes the state, the change and its entry, lets it come to pass in the state or not,
and returns what did. It decides by these three alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from razem.talk import changes as do
from razem.talk.verdicts import (
    accounts,
    channels,
    history,
    messages,
    metadata,
    modes,
    orders,
    registered,
    renaming,
    server,
    users,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from razem.talk.events import Event
    from razem.talk.state import State

__all__ = ["VERDICTS"]

VERDICTS: Final[dict[type[Any], Callable[[State, Any, do.Entry], list[Event]]]] = {
    do.Speak: messages.speak,
    do.SendTags: messages.send_tags,
    do.Relay: messages.relay,
    do.Redact: history.redact,
    do.MarkRead: history.mark_read,
    do.HubStarted: users.hub_started,
    do.Arrive: users.arrive,
    do.Rename: users.rename,
    do.Quit: users.leave,
    do.ForgetAbsent: users.forget_absent,
    do.SetAway: users.set_away,
    do.SetRealname: users.set_realname,
    do.SetHost: users.set_host,
    do.SetUserModes: modes.set_user_modes,
    do.Join: channels.join,
    do.Part: channels.part,
    do.PartAll: channels.part_all,
    do.SetTopic: channels.set_topic,
    do.SetModes: modes.set_modes,
    do.Kick: channels.kick,
    do.Invite: channels.invite,
    do.Knock: channels.knock,
    do.RenameChannel: renaming.rename_channel,
    do.RegisterChannel: registered.register,
    do.DropChannel: registered.drop,
    do.TransferChannel: registered.transfer,
    do.SetAccess: registered.set_access,
    do.CreateInvitation: orders.create_invitation,
    do.RevokeInvitation: orders.revoke_invitation,
    do.SetMotd: orders.set_motd,
    do.GiveStatus: orders.give_status,
    do.BecomeOperator: server.become_operator,
    do.Promote: server.promote,
    do.Kill: server.kill,
    do.AddBan: server.add_ban,
    do.RemoveBan: server.remove_ban,
    do.Wallops: server.wallops,
    do.RegisterAccount: accounts.register_account,
    do.LogIn: accounts.log_in,
    do.LogOut: accounts.log_out,
    do.SetAlwaysOn: accounts.set_always_on,
    do.SetMetadata: metadata.set_metadata,
    do.ClearMetadata: metadata.clear_metadata,
    do.SetPassword: accounts.set_password,
    do.DropAccount: accounts.drop_account,
    do.AddCertificate: accounts.add_certificate,
    do.RemoveCertificate: accounts.remove_certificate,
}
