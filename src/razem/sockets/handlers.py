"""What becomes of the exceptions of handlers that serve a connection each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from razem.errors import Error

if TYPE_CHECKING:
    from razem.sockets.address import Address

__all__ = ["report"]


def report(peer: Address | None, error: Exception) -> None:
    """Log how a handler failed: a broken connection as a detail, anything else as an error."""
    import logging  # noqa: PLC0415  slow to import, and most services never fail

    logger = logging.getLogger("razem")
    if isinstance(error, Error):
        logger.info("%s", error)
    else:
        who = str(peer) if peer else "a client"
        logger.error("the handler of %s failed", who, exc_info=error)
