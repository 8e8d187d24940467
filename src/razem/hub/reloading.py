"""Which keys of the configuration a running hub can take over, and which wait for a restart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

if TYPE_CHECKING:
    from razem.hub.config import Config

__all__ = ["Differences", "compare"]

# All others are of use only at the start, or are on the wire of those who are connected.
_AT_ONCE: Final = {
    "description",
    "admin",
    "motd",
    "access",
    "password",
    "plaintext",
    "filehost",
    "metrics",
    "origins",
    "proxies",
    "limits",
    "accounts",
    "operators",
    "tls",
}


class Differences(NamedTuple):
    """What another configuration says.

    Attributes:
        config: the old one with all that can change at once.
        changed: keys that change at once, with their table: ``limits.nick``.
        waiting: keys that change at the next start.
    """

    config: Config
    changed: list[str]
    waiting: list[str]


def compare(old: Config, new: Config) -> Differences:
    """Return what is different in a new configuration."""
    before, after = msgspec.to_builtins(old), msgspec.to_builtins(new)
    changed: list[str] = []
    waiting: list[str] = []
    for key in after:
        keys = list(_different(key, before[key], after[key]))
        (changed if key in _AT_ONCE else waiting).extend(keys)
    at_once = {key: getattr(new, key) for key in _AT_ONCE}
    return Differences(msgspec.structs.replace(old, **at_once), changed, waiting)


def _different(key: str, before: Any, after: Any) -> list[str]:
    if before == after:
        return []
    if isinstance(before, dict) and isinstance(after, dict):
        names = dict.fromkeys([*before, *after])
        return [f"{key}.{name}" for name in names if before.get(name) != after.get(name)]
    return [key]
