"""The beginning of a connection: capabilities, password, nick, until the server's welcome.

    open --> CAP LS 302, PASS, NICK, USER --> each wanted capability by a REQ of its own,
    so that a NAK costs only that one --> all answered: AUTHENTICATE, if we have an account -->
    CAP END --> 001, 005 --> 376 or 422

A server without CAP welcomes us all the same: it does not know that it should wait.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from razem.talk.irc.message import Message

from .features import Features

if TYPE_CHECKING:
    from .settings import Identity

__all__ = ["RICH", "WANTED", "Registration"]

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
# What a face shows besides: private talks with their history, who is away, what was read.
RICH: Final = frozenset(
    {
        "account-notify",
        "away-notify",
        "draft/channel-rename",
        "draft/event-playback",
        "draft/message-redaction",
        "draft/multiline",
        "draft/read-marker",
        "draft/search",
        "invite-notify",
        "multi-prefix",
        "razem/unread",
        "soju.im/search",
    }
)
_SASL: Final = "sasl"
_MAX_TRIES: Final = 12
_NICK_TAKEN: Final = {"433", "436", "437"}  # ERR_NICKNAMEINUSE, NICKCOLLISION, UNAVAILRESOURCE
_FATAL: Final = {"432", "464", "465", "463"}  # bad nick, bad password, banned, host not wanted
# ERR_NICKLOCKED, SASLFAIL, SASLTOOLONG, SASLABORTED, RPL_SASLMECHS (IRCv3 sasl-3.1)
_NOT_LOGGED_IN: Final = {"902", "904", "905", "906", "908"}
_LOGGED_IN: Final = "903"  # RPL_SASLSUCCESS
_WELCOMED: Final = {"376", "422"}  # RPL_ENDOFMOTD, ERR_NOMOTD


class Registration:
    """One connection's registration; afterwards it keeps the capabilities up to date.

    Args:
        identity: who we are.
        rich: ask for what only faces need, too.

    Attributes:
        done: the server has welcomed us.
        refused: why it will not, or "".
        nick: the nick we have, or are trying.
        capabilities: what is switched on.
        offered: what is offered, and its value.
        account: that we are logged in to, or "".
    """

    def __init__(self, identity: Identity, *, rich: bool = False) -> None:
        self._identity = identity
        self._wanted = WANTED | (RICH if rich else frozenset())
        if identity.account:
            self._wanted |= {_SASL}
        self._open = 0  # REQs without an answer
        self._tries = 0
        self._logging_in = False
        self.offered: dict[str, str] = {}
        self.account = ""
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

    def has(self, *names: str) -> bool:
        """Tell whether one of these capabilities is switched on."""
        return not self.capabilities.isdisjoint(names)

    @property
    def playback(self) -> bool:
        """History has all that is in the log, reactions and topics too."""
        return self.history and "draft/event-playback" in self.capabilities

    def multiline(self) -> tuple[int, int] | None:
        """Return how many lines and bytes a message may have (IRCv3 multiline); None: one line."""
        if not self.capabilities >= {"batch", "draft/multiline", "message-tags"}:
            return None
        words = self.offered.get("draft/multiline", "").split(",")
        limits = dict(word.partition("=")[::2] for word in words)
        return _number(limits.get("max-lines", "")), _number(limits.get("max-bytes", ""))

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
        elif command == "AUTHENTICATE":
            return self._on_authenticate(message)
        elif self._logging_in and command in {_LOGGED_IN, *_NOT_LOGGED_IN}:
            return self._on_verdict(message)
        elif command in {"900", "901"}:  # RPL_LOGGEDIN, RPL_LOGGEDOUT
            self.account = message.param(2) if command == "900" else ""
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
        listed = message.params[-1].split() if len(message.params) > 2 else []
        words = set(listed)
        match message.param(1).upper():
            case "LS":
                self._offer(listed)
                if message.param(2) == "*" and len(message.params) > 3:
                    return []  # the list goes on
                return self._request(self.offered.keys() & self._wanted)
            case "NEW":
                names = self._offer(listed)
                return self._request((names & self._wanted) - self.capabilities)
            case "DEL":
                self.capabilities -= words
            case "ACK":
                self.capabilities |= words & self._wanted
                return self._answered()
            case "NAK":
                return self._answered()
        return []

    def _offer(self, words: list[str]) -> set[str]:
        """Take what is offered; return the names."""
        offered = dict(word.partition("=")[::2] for word in words)
        self.offered |= offered
        return set(offered)

    def _request(self, names: set[str]) -> list[Message]:
        if not names:
            return self._log_in()
        self._open += len(names)
        return [Message("CAP", ("REQ", name)) for name in sorted(names)]

    def _answered(self) -> list[Message]:
        self._open -= 1
        return self._log_in() if self._open == 0 else []

    def _log_in(self) -> list[Message]:
        """Go on when the capabilities are settled: by the log-in, or to the end."""
        if self.done:
            return []
        if not self._identity.account:
            return [Message("CAP", ("END",))]
        mechanisms = self.offered.get(_SASL, "")
        # A server of version 3.1 names no mechanisms: then one has to try.
        if _SASL not in self.capabilities or (mechanisms and "PLAIN" not in mechanisms.split(",")):
            self.refused = "one cannot log in by a password here (the hub offers it by TLS only)"
            return []
        self._logging_in = True
        return [Message("AUTHENTICATE", ("PLAIN",))]

    def _on_authenticate(self, message: Message) -> list[Message]:
        """Say who we are (RFC 4616): once, and only when asked."""
        if not self._logging_in or message.param(0) != "+":
            return []
        from razem.talk.sasl.chunks import written  # noqa: PLC0415 - few log in, and it takes 30 ms

        name, password = self._identity.account, self._identity.account_password
        return [
            Message("AUTHENTICATE", (piece,))
            for piece in written(f"{name}\0{name}\0{password}".encode(errors="replace"))
        ]

    def _on_verdict(self, message: Message) -> list[Message]:
        self._logging_in = False
        if message.command == _LOGGED_IN:
            return [] if self.done else [Message("CAP", ("END",))]
        reason = message.params[-1] if message.params else message.command
        self.refused = f"the log-in to {self._identity.account} failed: {reason}"
        return []

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


def _number(text: str) -> int:
    """Return a limit; 2 ** 31 where there is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 2**31
