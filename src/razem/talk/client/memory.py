"""What a chat client knows beyond one connection."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

import msgspec

from .conversations import Conversations
from .features import Features
from .history import History
from .outgoing import Outgoing, Pending

if TYPE_CHECKING:
    from .settings import Identity, Limits, Timing

__all__ = ["Memory"]


class Memory:
    """Who we are, where we want to be, what was shown, and what is not acknowledged.

    Attributes:
        identity: with the nick that we want.
        wanted: the channels to be in: folded name to name and key.
        rich: private talks are kept like channels, and all that is told besides is asked for.
    """

    def __init__(
        self,
        identity: Identity,
        limits: Limits,
        timing: Timing,
        screenful: int,
        *,
        rich: bool = False,
    ) -> None:
        self.rich = rich
        self.identity = identity
        self.limits = limits
        self.timing = timing
        self.features = Features()
        self.pending = Pending(limits.pending, limits.in_flight)
        self.history = History(limits, self.features.fold, screenful, timing.history)
        self.conversations = Conversations(self.features, 2 * limits.channels)
        self.wanted: dict[str, tuple[str, str]] = {}
        self.own_ids: OrderedDict[str, None] = OrderedDict()

    def learn(self, features: Features) -> None:
        """Take what the server of a new connection said of itself: names may fold otherwise."""
        self.features = features
        self.wanted = {features.fold(name): (name, key) for name, key in self.wanted.values()}
        self.history.refold(features.fold)
        self.conversations.refold(features)

    def is_same(self, one: str, other: str) -> bool:
        """Tell whether two names are the same for the server."""
        return self.features.fold(one) == self.features.fold(other)

    def is_wanted(self, channel: str) -> bool:
        """Tell whether we want to be in a channel."""
        return self.features.fold(channel) in self.wanted

    def want(self, channel: str, key: str) -> None:
        """Want to be in a channel from now on."""
        self.wanted[self.features.fold(channel)] = (channel, key)
        self.conversations.open(channel)

    def drop(self, channel: str) -> None:
        """Do not want to be in a channel any more."""
        self.wanted.pop(self.features.fold(channel), None)

    def rename_conversation(self, old: str, new: str) -> bool:
        """Keep under another name what we know of a channel or talk; return whether we do."""
        if not self.conversations.rename(old, new):
            return False
        self.history.rename(old, new)
        wanted = self.wanted.pop(self.features.fold(old), None)
        if wanted is not None:
            self.wanted[self.features.fold(new)] = (new, wanted[1])
        return True

    def rename(self, nick: str) -> None:
        """Want to be called otherwise."""
        self.identity = msgspec.structs.replace(self.identity, nick=nick)

    def add(self, messages: list[Outgoing]) -> None:
        """Take messages of ours.

        Raises:
            LimitError: too many are not acknowledged.
        """
        self.pending.add(messages)
        for message in messages:
            self.own_ids[message.id] = None
        while len(self.own_ids) > 2 * self.limits.pending:
            self.own_ids.popitem(last=False)

    def waiting_for(self, channel: str) -> list[Outgoing]:
        """Return the messages of ours to a channel that are not resolved."""
        folded = self.features.fold(channel)
        return [m for m in self.pending if self.features.fold(m.target) == folded]
