"""The services, by their names.

ChanServ is asked to whom channels belong (`commands/services.py`), NickServ is asked about accounts
(`commands/nickserv.py`).
"""

from __future__ import annotations

from typing import Final

from razem.talk.irc.names import fold

__all__ = ["CHANSERV", "CHANSERV_SOURCE", "NICKSERV", "NICKSERV_SOURCE", "is_service"]

CHANSERV: Final = "ChanServ"
NICKSERV: Final = "NickServ"
# The same at every hub that reads the log: what it did to a channel stands in its history.
CHANSERV_SOURCE: Final = f"{CHANSERV}!{CHANSERV}@services"
NICKSERV_SOURCE: Final = f"{NICKSERV}!{NICKSERV}@services"
_FOLDED: Final = frozenset({fold(CHANSERV), fold(NICKSERV)})


def is_service(nick: str) -> bool:
    """Tell whether this is the name of a service, and so nobody's nick."""
    return fold(nick) in _FOLDED
