"""Who is let in by `listen`, and a line about who is not."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import argparse

    from razem.sockets.address import Address

__all__ = ["Door"]

_REMEMBERED: Final = 1000  # senders that were told of; a stranger can make up any number


class Door:
    """Lets in as the options `--allow` and `--deny` say.

    Args:
        args: that have them.
        once: whether each address is told of once only, since each datagram comes by itself.

    Raises:
        AddressError: one is no network.
    """

    def __init__(self, args: argparse.Namespace, *, once: bool = False) -> None:
        from razem.serve.access import AccessList

        self._access = AccessList(args.allow, args.deny)
        self._once = once
        self._told: set[Address | None] = set()

    def permits(self, address: Address | None) -> bool:
        """Whether who comes from there is let in; if not, it says so."""
        if self._access.permits(address):
            return True
        if address not in self._told:
            print(f"not let in: {address}", file=sys.stderr, flush=True)
            if self._once and len(self._told) < _REMEMBERED:
                self._told.add(address)
        return False
