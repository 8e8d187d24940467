"""What the web of a hub is told of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection

    from razem.hub.arriving import Network

__all__ = ["Site"]


class Site(NamedTuple):
    """What the web is told of the hub.

    Attributes:
        name, description: of the hub.
        version: of the program.
        fingerprint: of the certificate that is shown, as ``sha256:`` and 64 hex digits.
        origins: web pages of others that may open a WebSocket.
        metrics: who may read the figures besides this machine.
    """

    name: str
    description: str
    version: str
    fingerprint: str
    origins: Collection[str]
    metrics: Collection[Network]
