"""Giving a descriptor away, for asyncio: the twin of `razem.sockets.descriptors.Detachable`."""

from __future__ import annotations

from abc import ABC, abstractmethod

from razem.sockets.descriptors import Described

__all__ = ["Detachable"]


class Detachable(Described, ABC):
    """An endpoint whose descriptor can be had without it."""

    async def detach(self) -> int:
        """Give the descriptor away, and close the rest of this endpoint.

        What it does, and its errors, are those of the blocking twin.
        """
        descriptor = self._take_out()
        await self.close()
        return descriptor

    @abstractmethod
    async def close(self) -> None:
        """Close it; every endpoint says how."""
