"""What came to pass when an entry was applied: `State.apply` returns these."""

from __future__ import annotations

from razem.talk.events.base import Failed, Refused
from razem.talk.events.channels import (
    Invited,
    Joined,
    Kicked,
    ModesChanged,
    Parted,
    TopicChanged,
)
from razem.talk.events.messages import Repeated, Spoken, SpokenTo, Tagged
from razem.talk.events.orders import (
    InvitationCreated,
    InvitationRevoked,
    MotdChanged,
    NotDone,
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
    Detached,
    HostChanged,
    Left,
    RealnameChanged,
    Renamed,
    UserModesChanged,
)

__all__ = [
    "Arrived",
    "Attached",
    "AwayChanged",
    "BanAdded",
    "BanRemoved",
    "Barred",
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
    "Left",
    "ModesChanged",
    "MotdChanged",
    "NotDone",
    "Parted",
    "Promoted",
    "RealnameChanged",
    "Refused",
    "Renamed",
    "Repeated",
    "Spoken",
    "SpokenTo",
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
    | UserModesChanged
    | RealnameChanged
    | HostChanged
    | Joined
    | Parted
    | TopicChanged
    | ModesChanged
    | Kicked
    | Invited
    | Spoken
    | SpokenTo
    | Tagged
    | Repeated
    | InvitationCreated
    | InvitationRevoked
    | MotdChanged
    | NotDone
    | TurnedAway
    | Promoted
    | Killed
    | Barred
    | BanAdded
    | BanRemoved
    | WallopsSent
)
