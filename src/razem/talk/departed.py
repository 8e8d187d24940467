"""Who was here under which nick: a memory of bounded size, for WHOWAS. No I/O."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final, NamedTuple

from razem.talk.irc.masks import is_mask, mask_pattern
from razem.talk.irc.names import fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from razem.talk.model import User

__all__ = ["Departed", "Departure"]

_MOST: Final = 1000


class Departure(NamedTuple):
    """Somebody who left, or took another nick."""

    nick: str
    username: str
    host: str
    realname: str
    address: str  # "": not known
    time: int  # milliseconds since 1970


class Departed:
    """The last departures."""

    def __init__(self, most: int = _MOST) -> None:
        self._last: deque[Departure] = deque(maxlen=most)

    def add(self, user: User, source: str, time: int) -> None:
        """Remember a user as it was: by its ``nick!user@host``."""
        nick, _, rest = source.partition("!")
        username, _, host = rest.partition("@")
        address = next((origin.address for origin in user.origins.values()), "")
        self._last.append(Departure(nick, username, host, user.realname, address, time))

    def find(self, targets: Iterable[str], most: int) -> Iterator[Departure]:
        """Yield departures of nicks or masks, the latest first; `most` of each (0: all)."""
        left = {fold(target): most for target in targets}
        masks = {target: mask_pattern(target) for target in left if is_mask(target)}
        for departure in reversed(self._last):
            nick = fold(departure.nick)
            target = nick if nick in left else None
            if target is None:
                target = next((mask for mask, fits in masks.items() if fits.fullmatch(nick)), None)
            if target is None or (most and not left[target]):
                continue
            left[target] -= 1
            yield departure
