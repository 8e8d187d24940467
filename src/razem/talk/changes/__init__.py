"""What the log holds: changes that somebody proposes, and entries that have their place in it.

A change says what somebody wants; whether it comes to pass is decided by `State.apply`, from
the state and the entry alone, so that every hub that reads the log comes to the same verdict.
"""

from __future__ import annotations

from typing import Final

import msgspec

from razem.talk.changes.accounts import (
    AddCertificate,
    DropAccount,
    LogIn,
    LogOut,
    RegisterAccount,
    RemoveCertificate,
    Secret,
    SetAlwaysOn,
    SetPassword,
)
from razem.talk.changes.base import ModeChange
from razem.talk.changes.channels import (
    DropChannel,
    Invite,
    Join,
    Kick,
    Knock,
    Part,
    PartAll,
    RegisterChannel,
    RenameChannel,
    SetAccess,
    SetModes,
    SetTopic,
    TransferChannel,
)
from razem.talk.changes.history import MarkRead, Redact
from razem.talk.changes.messages import MESSAGE_ID_TAG, Relay, SendTags, Speak
from razem.talk.changes.metadata import ClearMetadata, SetMetadata
from razem.talk.changes.orders import CreateInvitation, GiveStatus, RevokeInvitation, SetMotd
from razem.talk.changes.server import (
    AddBan,
    BecomeOperator,
    Kill,
    Promote,
    RemoveBan,
    Wallops,
)
from razem.talk.changes.users import (
    Arrive,
    ForgetAbsent,
    HubStarted,
    Quit,
    Rename,
    SetAway,
    SetHost,
    SetRealname,
    SetUserModes,
)

__all__ = [
    "MESSAGE_ID_TAG",
    "AddBan",
    "AddCertificate",
    "Arrive",
    "BecomeOperator",
    "Change",
    "ClearMetadata",
    "CreateInvitation",
    "DropAccount",
    "DropChannel",
    "Entry",
    "ForgetAbsent",
    "GiveStatus",
    "HubStarted",
    "Invite",
    "Join",
    "Kick",
    "Kill",
    "Knock",
    "LogIn",
    "LogOut",
    "MarkRead",
    "ModeChange",
    "Part",
    "PartAll",
    "Promote",
    "Quit",
    "Redact",
    "RegisterAccount",
    "RegisterChannel",
    "Relay",
    "RemoveBan",
    "RemoveCertificate",
    "Rename",
    "RenameChannel",
    "RevokeInvitation",
    "Secret",
    "SendTags",
    "SetAccess",
    "SetAlwaysOn",
    "SetAway",
    "SetHost",
    "SetMetadata",
    "SetModes",
    "SetMotd",
    "SetPassword",
    "SetRealname",
    "SetTopic",
    "SetUserModes",
    "Speak",
    "TransferChannel",
    "Wallops",
    "decode_change",
    "encode_change",
]

Change = (
    HubStarted
    | Arrive
    | Rename
    | Quit
    | ForgetAbsent
    | SetAway
    | SetUserModes
    | SetRealname
    | SetHost
    | Join
    | Part
    | PartAll
    | SetTopic
    | SetModes
    | Kick
    | Invite
    | Speak
    | SendTags
    | Redact
    | MarkRead
    | CreateInvitation
    | GiveStatus
    | RevokeInvitation
    | SetMotd
    | BecomeOperator
    | Promote
    | Kill
    | AddBan
    | RemoveBan
    | Wallops
    | RegisterAccount
    | LogIn
    | LogOut
    | SetPassword
    | SetAlwaysOn
    | SetMetadata
    | ClearMetadata
    | DropAccount
    | AddCertificate
    | RemoveCertificate
    | Relay
    | Knock
    | RenameChannel
    | RegisterChannel
    | DropChannel
    | TransferChannel
    | SetAccess
)


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One line of the log.

    Attributes:
        seq: its place; grows by one from entry to entry.
        time: milliseconds since 1970, never less than that of the entry before.
        change: what is proposed.
    """

    seq: int
    time: int
    change: Change


_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final[msgspec.msgpack.Decoder[Change]] = msgspec.msgpack.Decoder(Change)


def encode_change(change: Change) -> bytes:
    """Return the change as it is stored (msgpack: an array that begins with its name)."""
    return _encoder.encode(change)


def decode_change(data: bytes) -> Change:
    """Undo `encode_change`.

    Raises:
        msgspec.MsgspecError: the bytes are no change.
    """
    return _decoder.decode(data)
