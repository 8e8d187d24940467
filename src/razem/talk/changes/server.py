"""Changes of who may be here: what server operators do.

They come from a session of an operator, or as an order from whoever runs the hub (`Hub.order`);
of an order, `source` says under which name it is told (a session has its own).
"""

from __future__ import annotations

from razem.talk.bans import BanKind  # noqa: TC001 # msgspec reads the types
from razem.talk.changes.base import Proposed

__all__ = ["AddBan", "BecomeOperator", "Kill", "Promote", "RemoveBan", "Wallops"]


class BecomeOperator(Proposed, frozen=True):
    """OPER, after the password was found to be right: `name` is that of the operator."""

    name: str


class Promote(Proposed, frozen=True):
    """An operator makes a user an operator too; not `operator`: it is one no more.

    `nick`: of a user, or the name of an account. Who has an account stays one over restarts.
    """

    nick: str
    operator: bool = True
    source: str = ""


class Kill(Proposed, frozen=True):
    """KILL of one user: it leaves with all of its sessions."""

    nick: str
    reason: str = ""
    source: str = ""


class AddBan(Proposed, frozen=True):
    """A ban from the server; who is here and meant by it leaves.

    `kind` and `mask` are those of `Ban` (`parse_ban_target` makes them). It ends `milliseconds`
    after the time of its entry (0: never). `most`: how many bans there may be then (0: any number).
    """

    kind: BanKind
    mask: str
    reason: str = ""
    milliseconds: int = 0
    source: str = ""
    most: int = 0


class RemoveBan(Proposed, frozen=True):
    """The end of a ban."""

    kind: BanKind
    mask: str
    source: str = ""


class Wallops(Proposed, frozen=True):
    """WALLOPS: a line to everybody who asked for such lines."""

    text: str
    source: str = ""
