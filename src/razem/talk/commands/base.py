"""What a command is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from razem.talk.answers import Answers
    from razem.talk.changes import Change
    from razem.talk.irc.message import Message
    from razem.talk.session import Session

__all__ = ["Command", "Failure", "Refusal"]


class Refusal(Exception):  # noqa: N818 # a reply to the client, not an error of ours
    """A command that cannot be meant: the numeric that says so.

    Only what the text of the command tells is refused by it; what depends on the state is
    decided when the entry is applied.
    """

    def __init__(self, numeric: str, params: tuple[str, ...] = (), text: str = "") -> None:
        super().__init__(numeric, *params)
        self.numeric = numeric
        self.params = params
        self.text = text

    def tell(self, session: Answers) -> None:
        """Send it."""
        session.refuse(self.numeric, self.params, self.text)


class Failure(Refusal):
    """A refusal as a FAIL (IRCv3 standard-replies): of which command, why, about what."""

    def __init__(self, command: str, code: str, context: tuple[str, ...], text: str) -> None:
        super().__init__(code, context, text)
        self.command = command

    def tell(self, session: Answers) -> None:
        """Send it."""
        session.fail(self.command, self.numeric, self.params, self.text)


class Command(NamedTuple):
    """One command of IRC.

    Attributes:
        changes: returns what to propose to the log; nothing: it is a question. May raise
            `Refusal`. Called when the command comes in.
        answer: answers a question. Called when its turn has come. It may find that changes are
            wanted, and return them; the command is to be a barrier then.
        min_params: fewer are refused with ERR_NEEDMOREPARAMS.
        before_welcome: may be used before registration is complete.
        barrier: what follows is read only when this is done: it depends on who one is, or the
            answer has to be fetched.
        fetches: of a command that may also be a change: its answer has to be fetched.
    """

    changes: Callable[[Session, Message], Sequence[Change]] | None = None
    answer: Callable[[Session, Message], Sequence[Change] | None] | None = None
    min_params: int = 0
    before_welcome: bool = False
    barrier: bool = False
    fetches: bool = False
