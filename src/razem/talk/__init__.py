"""Chat: IRC messages, the hub's state machine and its log, the client and its faces."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from razem.talk.client.driver import Client

__all__ = ["Client"]


def __getattr__(name: str) -> Any:
    """Import the client when it is first used: a hub does without it (PEP 562)."""
    if name != "Client":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module("razem.talk.client.driver").Client
