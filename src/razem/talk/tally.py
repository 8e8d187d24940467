"""How many are here: counted as they come and go, so that LUSERS counts nobody. No I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from razem.talk.changes import ModeChange
    from razem.talk.model import User
    from razem.talk.state import State

__all__ = ["Tally"]


class Tally:
    """Counts of users, for LUSERS.

    Args:
        state: whose users are counted to begin with.

    Attributes:
        invisible: users with mode i.
        operators: users with mode o.
        most: how many users there were at the same time, since the hub began.
        here: sessions of this hub that are registered.
        most_here: how many there were at the same time.
    """

    __slots__ = ("_state", "here", "invisible", "most", "most_here", "operators")

    def __init__(self, state: State) -> None:
        self._state = state
        self.invisible = sum(user.invisible for user in state.users.values())
        self.operators = sum(user.is_operator for user in state.users.values())
        self.most = len(state.users)
        self.here = self.most_here = 0

    def arrived(self, user: User) -> None:
        """A user is here."""
        self.invisible += user.invisible
        self.operators += user.is_operator
        self.most = max(self.most, len(self._state.users))

    def left(self, user: User) -> None:
        """A user is gone."""
        self.invisible -= user.invisible
        self.operators -= user.is_operator

    def modes_changed(self, modes: Sequence[ModeChange]) -> None:
        """A user has other modes."""
        for mode in modes:
            step = 1 if mode.add else -1
            if mode.letter == "i":
                self.invisible += step
            elif mode.letter == "o":
                self.operators += step

    def registered(self, step: int) -> None:
        """One session more (1) or less (-1) is that of a user."""
        self.here += step
        self.most_here = max(self.most_here, self.here)
