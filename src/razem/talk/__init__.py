"""Chat: IRC messages, the hub's state machine and its log, the client and its faces."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from razem.talk.client.driver import Client
    from razem.talk.client.events import Event, MessageReceived

__all__ = ["Client", "Event", "MessageReceived"]

_PLACES = {
    "Client": "razem.talk.client.driver",
    "Event": "razem.talk.client.events",
    "MessageReceived": "razem.talk.client.events",
}


def __getattr__(name: str) -> Any:
    """Import the client when it is first used: a hub does without it (PEP 562)."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_PLACES[name]), name)
