"""Bans from the whole server: of whom, for how long, and who is meant by them. No I/O."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from razem.talk.irc.masks import MAX_MASK, complete_mask, mask_pattern
from razem.talk.irc.names import fold

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Iterator

__all__ = ["Ban", "BanKind", "Bans", "parse_ban_target"]

BanKind = Literal["mask", "account", "network"]

_TOLD: Final = "You are banned from this server"
_ACCOUNT_PREFIXES: Final = ("account:", "~a:", "$a:")

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Ban(msgspec.Struct, frozen=True):
    """Whom the hub does not let in.

    Attributes:
        kind: "mask" (nick!user@host), "account" (its folded name) or "network".
        mask: whom; of a network its address and the length of its prefix, the latter not
            for a single address.
        reason: what they are told.
        by: who set it.
        set_at: milliseconds since 1970.
        expires: milliseconds since 1970; 0: never.
    """

    kind: BanKind
    mask: str
    reason: str = ""
    by: str = ""
    set_at: int = 0
    expires: int = 0

    @property
    def told(self) -> str:
        """What those who are meant by it are told."""
        return f"You are banned from this server: {self.reason}" if self.reason else _TOLD

    @property
    def title(self) -> str:
        """Whom it means, in a form that `parse_ban_target` reads."""
        return f"account:{self.mask}" if self.kind == "account" else self.mask

    def holds(self, time: int) -> bool:
        """Tell whether it is in force at `time`, in milliseconds since 1970."""
        return not self.expires or time < self.expires


class Bans:
    """The bans that there are, found by whom they mean."""

    def __init__(self, bans: Iterable[Ban] = ()) -> None:
        self._all: dict[tuple[BanKind, str], Ban] = {}
        self._masks: dict[str, re.Pattern[str]] = {}
        self._networks: dict[tuple[int, int], set[int]] = {}  # version and prefix: numbers
        self._soonest = 0  # when the next one ends; 0: none does
        for ban in bans:
            self.add(ban)

    def __iter__(self) -> Iterator[Ban]:
        return iter(list(self._all.values()))

    def __len__(self) -> int:
        return len(self._all)

    def get(self, kind: BanKind, mask: str) -> Ban | None:
        """Return the ban of just that."""
        return self._all.get((kind, mask))

    def add(self, ban: Ban) -> None:
        """Add a ban, in the place of one that means the same."""
        self._all[ban.kind, ban.mask] = ban
        if ban.kind == "mask":
            self._masks[ban.mask] = mask_pattern(ban.mask)
        elif ban.kind == "network":
            network = ipaddress.ip_network(ban.mask)
            numbers = self._networks.setdefault((network.version, network.prefixlen), set())
            numbers.add(int(network.network_address) >> _host_bits(network))
        if ban.expires and (not self._soonest or ban.expires < self._soonest):
            self._soonest = ban.expires

    def remove(self, kind: BanKind, mask: str) -> Ban | None:
        """Remove a ban; return it, or None when there is no such."""
        ban = self._all.pop((kind, mask), None)
        if ban is None:
            return None
        if kind == "mask":
            del self._masks[mask]
        elif kind == "network":
            network = ipaddress.ip_network(mask)
            key = network.version, network.prefixlen
            self._networks[key].discard(int(network.network_address) >> _host_bits(network))
            if not self._networks[key]:
                del self._networks[key]
        return ban

    def expire(self, time: int) -> None:
        """Remove those that ended at `time` or before, in milliseconds since 1970."""
        if not self._soonest or time < self._soonest:
            return
        for ban in self:
            if not ban.holds(time):
                self.remove(ban.kind, ban.mask)
        self._soonest = min((ban.expires for ban in self if ban.expires), default=0)

    def of_address(self, address: str, time: int) -> Ban | None:
        """Return a ban that is in force for an IP address ("": none is)."""
        if not address or not self._networks:
            return None
        try:
            found = ipaddress.ip_address(address)
        except ValueError:  # such as an address with a zone that is not one of IPv6
            return None
        for version, length in self._networks:
            if version != found.version:
                continue
            number = int(found) >> (found.max_prefixlen - length)
            if number not in self._networks[version, length]:
                continue
            network = ipaddress.ip_network((int(found), length), strict=False)
            ban = self._all["network", _network_mask(network)]
            if ban.holds(time):
                return ban
        return None

    def of_account(self, account: str, time: int) -> Ban | None:
        """Return the ban of an account ("": none), if it is in force."""
        ban = self._all.get(("account", fold(account))) if account else None
        return ban if ban is not None and ban.holds(time) else None

    def of_source(self, source: str, time: int) -> Ban | None:
        """Return a ban of ``nick!user@host`` that is in force."""
        folded = fold(source)
        for mask, pattern in self._masks.items():
            if pattern.fullmatch(folded):
                ban = self._all["mask", mask]
                if ban.holds(time):
                    return ban
        return None

    def of(self, source: str, account: str, address: str, time: int) -> Ban | None:
        """Return a ban that is in force for somebody."""
        return (
            self.of_address(address, time)
            or self.of_account(account, time)
            or self.of_source(source, time)
        )


def parse_ban_target(text: str) -> tuple[BanKind, str]:
    """Tell whom a text means: an IP address or network, ``account:NAME``, or a mask.

    >>> parse_ban_target("192.0.2.7/24"), parse_ban_target("account:Ana"), parse_ban_target("bo*")
    (('network', '192.0.2.0/24'), ('account', 'ana'), ('mask', 'bo*!*@*'))

    Raises:
        ValueError: it is none of these, or would mean everybody.
    """
    for prefix in _ACCOUNT_PREFIXES:
        if text.startswith(prefix) and len(text) > len(prefix):
            return "account", fold(text.removeprefix(prefix))
    if not text or len(text.encode()) > MAX_MASK or any(letter in text for letter in " ,\r\n\0"):
        raise ValueError(f"not an address, a network, account:NAME or nick!user@host: {text}")
    try:
        return "network", _network_mask(ipaddress.ip_network(text, strict=False))
    except ValueError:
        mask = complete_mask(fold(text))
    if not set(text) - set("0123456789./"):
        raise ValueError(f"not an address: {text}")
    if not set(mask) - set("*?!@."):
        raise ValueError(f"{mask} would mean everybody")
    return "mask", mask


def _network_mask(network: _Network) -> str:
    if network.prefixlen == network.max_prefixlen:
        return str(network.network_address)
    return str(network)


def _host_bits(network: _Network) -> int:
    return network.max_prefixlen - network.prefixlen
