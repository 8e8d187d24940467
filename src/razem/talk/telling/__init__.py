"""Who hears of each event, and in which words: one function each, in one table.

It is called when an event came of an entry, with the session whose command it was, where that is
a session of this hub. What that session is sent (`Session.send`) is the answer to its command.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from razem.talk import events as ev
from razem.talk.telling import (
    accounts,
    channels,
    history,
    messages,
    metadata,
    orders,
    returning,
    server,
    users,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from razem.talk.changes import Entry
    from razem.talk.hub import Hub
    from razem.talk.session import Session

__all__ = ["TELLERS"]

# `Spoken`, the commonest of all, is told by the hub itself (`Hub.commit`).
TELLERS: Final[dict[type[Any], Callable[[Hub, Any, Entry, Session | None], None]]] = {
    ev.Refused: messages.refused,
    ev.Failed: messages.failed,
    ev.SpokenTo: messages.spoken_to,
    ev.SpokenToStatus: messages.spoken_to_status,
    ev.ServiceSaid: messages.service_said,
    ev.Tagged: messages.tags_sent,
    ev.Repeated: messages.repeated,
    ev.Redacted: history.message_redacted,
    ev.MarkedRead: history.marked_read,
    ev.Arrived: users.arrived,
    ev.Attached: users.attached,
    ev.Detached: users.detached,
    ev.Renamed: users.renamed,
    ev.Left: users.left,
    ev.AwaySaid: users.away_said,
    ev.AwayChanged: users.away_changed,
    ev.UserModesChanged: users.modes_changed,
    ev.RealnameChanged: users.realname_changed,
    ev.HostChanged: users.host_changed,
    ev.Joined: channels.joined,
    ev.Parted: channels.parted,
    ev.TopicChanged: channels.topic_changed,
    ev.ModesChanged: channels.modes_changed,
    ev.Kicked: channels.kicked,
    ev.Invited: channels.invited,
    ev.Knocked: channels.knocked,
    ev.ListsWanted: channels.lists_wanted,
    ev.ChannelRenamed: channels.renamed,
    ev.TurnedAway: orders.turned_away,
    ev.InvitationCreated: orders.nothing,
    ev.InvitationRevoked: orders.nothing,
    ev.MotdChanged: orders.nothing,
    ev.NotDone: orders.nothing,
    ev.StatusGiven: orders.status_given,
    ev.AccountRegistered: accounts.account_registered,
    ev.AccountChanged: accounts.account_changed,
    ev.Moved: accounts.moved,
    ev.PersistenceChanged: accounts.persistence_changed,
    ev.MetadataChanged: metadata.metadata_changed,
    ev.Returned: returning.returned,
    ev.Promoted: server.promoted,
    ev.Killed: server.killed,
    ev.Barred: server.barred,
    ev.BanAdded: server.ban_added,
    ev.BanRemoved: server.ban_removed,
    ev.WallopsSent: server.wallops_sent,
}
