"""ChanServ, by its name: to whom channels belong is asked of it (`commands/services.py`)."""

from __future__ import annotations

from typing import Final

from razem.talk.irc.names import fold

__all__ = ["CHANSERV", "CHANSERV_SOURCE", "is_service"]

CHANSERV: Final = "ChanServ"
# The same at every hub that reads the log: what it did to a channel stands in its history.
CHANSERV_SOURCE: Final = f"{CHANSERV}!{CHANSERV}@services"
_FOLDED: Final = frozenset({fold(CHANSERV)})


def is_service(nick: str) -> bool:
    """Tell whether this is the name of a service, and so nobody's nick."""
    return fold(nick) in _FOLDED
