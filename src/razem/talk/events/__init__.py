"""What came to pass when an entry was applied: `State.apply` returns these."""

from __future__ import annotations

from razem.talk.events.accounts import (
    AccountChanged,
    AccountRegistered,
    Moved,
    PersistenceChanged,
    Returned,
)
from razem.talk.events.base import Failed, Refused
from razem.talk.events.channels import (
    ChannelRenamed,
    Invited,
    Joined,
    Kicked,
    Knocked,
    ListsWanted,
    ModesChanged,
    Parted,
    TopicChanged,
)
from razem.talk.events.history import MarkedRead, Redacted
from razem.talk.events.messages import (
    Repeated,
    ServiceSaid,
    Spoken,
    SpokenTo,
    SpokenToStatus,
    Tagged,
)
from razem.talk.events.metadata import MetadataChanged
from razem.talk.events.orders import (
    InvitationCreated,
    InvitationRevoked,
    MotdChanged,
    NotDone,
    StatusGiven,
    TurnedAway,
)
from razem.talk.events.server import (
    BanAdded,
    BanRemoved,
    Barred,
    Killed,
    Promoted,
    WallopsSent,
)
from razem.talk.events.users import (
    Arrived,
    Attached,
    AwayChanged,
    AwaySaid,
    Detached,
    HostChanged,
    Left,
    RealnameChanged,
    Renamed,
    UserModesChanged,
)

__all__ = [
    "AccountChanged",
    "AccountRegistered",
    "Arrived",
    "Attached",
    "AwayChanged",
    "AwaySaid",
    "BanAdded",
    "BanRemoved",
    "Barred",
    "ChannelRenamed",
    "Detached",
    "Event",
    "Failed",
    "HostChanged",
    "InvitationCreated",
    "InvitationRevoked",
    "Invited",
    "Joined",
    "Kicked",
    "Killed",
    "Knocked",
    "Left",
    "ListsWanted",
    "MarkedRead",
    "MetadataChanged",
    "ModesChanged",
    "MotdChanged",
    "Moved",
    "NotDone",
    "Parted",
    "PersistenceChanged",
    "Promoted",
    "RealnameChanged",
    "Redacted",
    "Refused",
    "Renamed",
    "Repeated",
    "Returned",
    "ServiceSaid",
    "Spoken",
    "SpokenTo",
    "SpokenToStatus",
    "StatusGiven",
    "Tagged",
    "TopicChanged",
    "TurnedAway",
    "UserModesChanged",
    "WallopsSent",
]

Event = (
    Refused
    | Failed
    | Arrived
    | Attached
    | Detached
    | Renamed
    | Left
    | AwayChanged
    | AwaySaid
    | UserModesChanged
    | RealnameChanged
    | HostChanged
    | Joined
    | Parted
    | TopicChanged
    | ModesChanged
    | Kicked
    | Invited
    | Knocked
    | ListsWanted
    | ChannelRenamed
    | Spoken
    | SpokenTo
    | SpokenToStatus
    | ServiceSaid
    | Tagged
    | Repeated
    | Redacted
    | MarkedRead
    | InvitationCreated
    | InvitationRevoked
    | MotdChanged
    | NotDone
    | StatusGiven
    | TurnedAway
    | Promoted
    | Killed
    | Barred
    | BanAdded
    | BanRemoved
    | WallopsSent
    | AccountRegistered
    | AccountChanged
    | Moved
    | PersistenceChanged
    | Returned
    | MetadataChanged
)
