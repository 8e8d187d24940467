"""The desk of a hub, where two ends find each other by number: no I/O, no clock, no luck.

It knows numbers, the numbers of pairs, and tickets; never a word of a code. Two who come with the
same ticket are joined, once. Everything has an end and a bound, by address too, so that nobody can
try all numbers, or take them all.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final, Generic, NamedTuple, TypeVar

from razem.meet.messages import (
    Call,
    Found,
    Message,
    Numbered,
    Refused,
    SeekAt,
    Take,
    Watch,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

__all__ = ["Bounds", "Desk", "Reply"]

Guest = TypeVar("Guest", bound="Hashable")

_TICKET_BYTES: Final = 16


class Bounds(NamedTuple):
    """How much the desk does.

    Attributes:
        numbers: at once.
        numbers_by_address: at once.
        seconds: that a number is kept for who took it.
        tries: of one number, after which it is given to nobody any more.
        asks: of one address at once, ...
        ask_seconds: ... and one more each so many seconds.
        joined: pairs of connections at once.
        joined_by_address: of these.
        ticket_seconds: for both to come.
    """

    numbers: int = 1000
    numbers_by_address: int = 20
    seconds: float = 600.0
    tries: int = 20
    asks: int = 20
    ask_seconds: float = 3.0
    joined: int = 500
    joined_by_address: int = 40
    ticket_seconds: float = 15.0


class Reply(NamedTuple, Generic[Guest]):
    """What somebody is to be told."""

    to: Guest
    message: Message


class _Taken:
    """A number that somebody has."""

    def __init__(self, by: object, address: str, until: float) -> None:
        self.by = by
        self.address = address
        self.until = until
        self.tries = 0


class Desk(Generic[Guest]):
    """Numbers, pairs and tickets.

    Args:
        bounds: how much.
        luck: gives as many random bytes as it is asked for.
    """

    def __init__(self, bounds: Bounds, luck: Callable[[int], bytes]) -> None:
        self.bounds = bounds
        self._luck = luck
        self._numbers: dict[int, _Taken] = {}
        self._pairs: dict[bytes, Guest] = {}
        self._asked: dict[str, float] = {}  # when an address will have been idle for long enough
        self._tickets: dict[bytes, tuple[float, str]] = {}  # until when, and for whose address
        self._waiting: dict[bytes, object] = {}  # the first who came with a ticket
        self._late: list[object] = []
        self._joined: Counter[str] = Counter()

    @property
    def numbers(self) -> int:
        """How many are taken."""
        return len(self._numbers)

    def hear(self, guest: Guest, address: str, message: Message, now: float) -> list[Reply[Guest]]:
        """Take what somebody asks for; return what is to be told to whom.

        Args:
            guest: who.
            address: where that one is.
            message: the question.
            now: the time.
        """
        self.expire(now)
        match message:
            case Take():
                return [Reply(guest, self._take(guest, address, message.number, now))]
            case SeekAt():
                return self._seek(guest, address, message.number, now)
            case Watch():
                if message.pair not in self._pairs and len(self._pairs) >= self.bounds.numbers:
                    return [Reply(guest, Refused("the hub has no room for more"))]
                self._pairs[message.pair] = guest
                return []
            case Call():
                return self._call(guest, address, message.pair, now)
            case _:
                return [Reply(guest, Refused("that is no question to a hub"))]

    def _take(self, guest: Guest, address: str, wanted: int, now: float) -> Message:
        bounds = self.bounds
        mine = sum(1 for taken in self._numbers.values() if taken.address == address)
        if mine >= bounds.numbers_by_address:
            return Refused("too many codes from your address are waiting")
        if len(self._numbers) >= bounds.numbers:
            return Refused("the hub has no room for more codes")
        if wanted in self._numbers:
            return Refused(f"the number {wanted} is taken")
        number = wanted or next(n for n in range(1, bounds.numbers + 2) if n not in self._numbers)
        self._numbers[number] = _Taken(guest, address, now + bounds.seconds)
        return Numbered(number, bounds.seconds)

    def _seek(self, guest: Guest, address: str, number: int, now: float) -> list[Reply[Guest]]:
        if not self._may_ask(address, now):
            return [Reply(guest, Refused("too many questions from your address", later=True))]
        taken = self._numbers.get(number)
        if taken is None:
            return [Reply(guest, Refused(f"nobody waits by the number {number}", later=True))]
        taken.tries += 1
        if taken.tries > self.bounds.tries:
            return [Reply(guest, Refused(f"too many have asked for the number {number}"))]
        other: Guest = taken.by  # type: ignore[assignment]
        return self._join(guest, other, address, now)

    def _call(self, guest: Guest, address: str, pair: bytes, now: float) -> list[Reply[Guest]]:
        other = self._pairs.get(pair)
        if other is None or not self._may_ask(address, now):
            return [Reply(guest, Refused("the other end is not at the hub", later=True))]
        return self._join(guest, other, address, now)

    def _join(self, guest: Guest, other: Guest, address: str, now: float) -> list[Reply[Guest]]:
        bounds = self.bounds
        busy = self._joined.total() + len(self._tickets)
        if busy >= bounds.joined or self._joined[address] >= bounds.joined_by_address:
            return [Reply(guest, Refused("the hub joins as many as it can already", later=True))]
        ticket = self._luck(_TICKET_BYTES)
        self._tickets[ticket] = now + bounds.ticket_seconds, address
        return [Reply(guest, Found(ticket)), Reply(other, Found(ticket))]

    def arrive(self, ticket: bytes, who: object, now: float) -> tuple[object | None, str] | None:
        """Take a connection that came with a ticket.

        Returns:
            Who came before it, to be joined to it now, or None for the first; and the address
            that it counts for, for `parted`. None for a ticket that is not valid.
        """
        self.expire(now)
        if ticket not in self._tickets:
            return None
        address = self._tickets[ticket][1]
        if ticket not in self._waiting:
            self._waiting[ticket] = who
            return None, address
        del self._tickets[ticket]
        self._joined[address] += 1
        return self._waiting.pop(ticket), address

    def parted(self, address: str) -> None:
        """Take note that two who were joined are not any more."""
        self._joined[address] -= 1
        if not self._joined[address]:
            del self._joined[address]

    def leave(self, guest: Guest) -> None:
        """Take note that somebody has gone: what it took is free."""
        for number in [n for n, taken in self._numbers.items() if taken.by == guest]:
            del self._numbers[number]
        for pair in [pair for pair, who in self._pairs.items() if who == guest]:
            del self._pairs[pair]

    def expire(self, now: float) -> None:
        """Forget what is over."""
        for number in [n for n, taken in self._numbers.items() if taken.until <= now]:
            del self._numbers[number]
        for address in [a for a, idle in self._asked.items() if idle <= now]:
            del self._asked[address]
        late = [ticket for ticket, (until, _) in self._tickets.items() if until <= now]
        for ticket in late:
            del self._tickets[ticket]
        self._late += [self._waiting.pop(ticket) for ticket in late if ticket in self._waiting]

    def take_late(self) -> list[object]:
        """Return the connections that waited in vain, each once, to be closed."""
        late, self._late = self._late, []
        return late

    def _may_ask(self, address: str, now: float) -> bool:
        """Count a question against its address (a leaky bucket)."""
        bounds = self.bounds
        idle = max(self._asked.get(address, now), now) + bounds.ask_seconds
        if idle - now > bounds.asks * bounds.ask_seconds:
            return False
        self._asked[address] = idle
        return True
