"""The beginning of a connection: capabilities, password, nick, until the server's welcome.

    open --> CAP LS 302, PASS, NICK, USER --> each wanted capability by a REQ of its own,
    so that a NAK costs only that one --> all answered: CAP END --> 001, 005 --> 376 or 422

A server without CAP welcomes us all the same: it does not know that it should wait.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from razem.talk.irc.message import Message

from .features import Features

if TYPE_CHECKING:
    from .settings import Identity

__all__ = ["WANTED", "Registration"]

WANTED: Final = frozenset(
    {
        "batch",
        "chathistory",
        "draft/chathistory",
        "echo-message",
        "labeled-response",
        "message-tags",
        "server-time",
        "standard-replies",
    }
)
_MAX_TRIES: Final = 12
_NICK_TAKEN: Final = {"433", "436", "437"}  # ERR_NICKNAMEINUSE, NICKCOLLISION, UNAVAILRESOURCE
_FATAL: Final = {"432", "464", "465", "463"}  # bad nick, bad password, banned, host not wanted
_WELCOMED: Final = {"376", "422"}  # RPL_ENDOFMOTD, ERR_NOMOTD


class Registration:
    """One connection's registration; afterwards it keeps the capabilities up to date.

    Attributes:
        done: the server has welcomed us.
        refused: why it will not, or "".
        nick: the nick we have, or are trying.
        capabilities: what is switched on.
    """

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self._open = 0  # REQs without an answer
        self._tries = 0
        self._offered: set[str] = set()
        self.done = False
        self.refused = ""
        self.nick = identity.nick
        self.server = ""
        self.capabilities: set[str] = set()
        self.features = Features()

    @property
    def labels(self) -> bool:
        """Answers can be told by their label."""
        return self.capabilities >= {"labeled-response", "batch", "message-tags"}

    @property
    def echoes(self) -> bool:
        """Our own messages come back when the server has taken them."""
        return "echo-message" in self.capabilities

    @property
    def tags(self) -> bool:
        """We may send tags."""
        return "message-tags" in self.capabilities

    @property
    def history(self) -> bool:
        """The server tells what we have missed."""
        wanted = {"draft/chathistory", "chathistory"}
        return "batch" in self.capabilities and not wanted.isdisjoint(self.capabilities)

    def begin(self) -> list[Message]:
        """Return what to say first."""
        identity = self._identity
        user = identity.user or "".join(c for c in identity.nick if c.isascii() and c.isalnum())
        lines = [Message("CAP", ("LS", "302"))]
        if identity.password:
            lines.append(Message("PASS", (identity.password,)))
        lines.append(Message("NICK", (self.nick,)))
        realname = identity.realname or identity.nick
        lines.append(Message("USER", ((user or "user")[:10], "0", "*", realname)))
        return lines

    def receive(self, message: Message) -> list[Message]:
        """Take a message of the server; return what to say to it."""
        command = message.command
        if command == "CAP":
            return self._on_cap(message)
        if command == "005":
            self.features.learn(message.params[1:-1])
        elif command == "001":
            self.nick = message.param(0) or self.nick
            self.server = message.source
        elif command in _WELCOMED and self.server:
            self.done = True
        elif not self.done and command in _NICK_TAKEN:
            return self._try_another_nick(message)
        elif not self.done and command in _FATAL:
            self.refused = message.params[-1] if message.params else command
        return []

    def _on_cap(self, message: Message) -> list[Message]:
        words = set(message.params[-1].split()) if len(message.params) > 2 else set()
        match message.param(1).upper():
            case "LS":
                self._offered |= {word.partition("=")[0] for word in words}
                if message.param(2) == "*" and len(message.params) > 3:
                    return []  # the list goes on
                return self._request(self._offered & WANTED)
            case "NEW":
                names = {word.partition("=")[0] for word in words}
                return self._request((names & WANTED) - self.capabilities)
            case "DEL":
                self.capabilities -= words
            case "ACK":
                self.capabilities |= words & WANTED
                return self._answered()
            case "NAK":
                return self._answered()
        return []

    def _request(self, names: set[str]) -> list[Message]:
        if not names:
            return [] if self.done else [Message("CAP", ("END",))]
        self._open += len(names)
        return [Message("CAP", ("REQ", name)) for name in sorted(names)]

    def _answered(self) -> list[Message]:
        self._open -= 1
        return [Message("CAP", ("END",))] if self._open == 0 and not self.done else []

    def _try_another_nick(self, message: Message) -> list[Message]:
        """``ana`` is taken: ``ana_``, ``ana__``, then ``ana2`` and on."""
        self._tries += 1
        if self._tries > _MAX_TRIES:
            self.refused = f"the nick {self._identity.nick} and all like it are taken"
            return []
        wanted = self._identity.nick
        suffix = "_" * self._tries if self._tries < 3 else str(self._tries - 1)
        # A server that cuts long nicks refuses the same one again: keep the suffix in sight.
        self.nick = wanted[: self.features.nick_length - len(suffix)] + suffix
        del message
        return [Message("NICK", (self.nick,))]
