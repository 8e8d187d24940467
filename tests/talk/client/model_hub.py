"""A hub as small as can be, in memory and without time: what a client may rely on, and no more.

It keeps the contract of the real one: a message is delivered, echoed and acknowledged after its
commit; a commit survives a crash, nothing else does; an id that is in the log is not delivered
again, its sender gets the echo of the first one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from razem.talk.irc.lines import LineSplitter
from razem.talk.irc.message import Message
from razem.talk.irc.names import fold

CAPABILITIES = (
    "batch draft/chathistory echo-message labeled-response message-tags server-time "
    "standard-replies"
)


@dataclass(frozen=True)
class Entry:
    """One committed message."""

    msgid: str
    time: str
    sender: str
    target: str
    text: str
    command: str
    tags: dict[str, str]

    def message(self, **tags: str) -> Message:
        known = {"msgid": self.msgid, "time": self.time}
        return Message(
            self.command,
            (self.target, self.text),
            {**self.tags, **known, **tags},
            f"{self.sender}!u@host",
        )


@dataclass(eq=False)
class Session:
    """One connection as the hub sees it: bytes in, and bytes that are not delivered yet."""

    splitter: LineSplitter = field(default_factory=LineSplitter)
    out: bytearray = field(default_factory=bytearray)
    nick: str = ""
    channels: set[str] = field(default_factory=set)
    welcomed: bool = False
    negotiating: bool = False
    capabilities: set[str] = field(default_factory=set)

    def tell(self, message: Message) -> None:
        if "message-tags" not in self.capabilities:
            message = Message(message.command, message.params, {}, message.source)
        self.out += message.format().encode() + b"\r\n"

    def has(self, capability: str) -> bool:
        return capability in self.capabilities


class ModelHub:
    """The hub: a log, and sessions.

    Args:
        capabilities: what it offers.
        page: messages of history it gives at once.
        keeps_ids: whether its history keeps the ids that clients gave.
    """

    def __init__(
        self, capabilities: str = CAPABILITIES, *, page: int = 4, keeps_ids: bool = True
    ) -> None:
        self.offered = set(capabilities.split())
        self.page = page
        self.keeps_ids = keeps_ids
        self.log: list[Entry] = []
        self.epoch = 0
        self.sessions: list[Session] = []
        self.proposals: list[tuple[Session, Message]] = []
        self.refuse: dict[str, Message] = {}  # command to the answer of a hub that says no

    def connect(self) -> Session:
        session = Session()
        self.sessions.append(session)
        return session

    def receive(self, session: Session, data: bytes) -> None:
        for line in session.splitter.receive(data):
            assert line is not None
            message = Message.parse(line.decode())
            if message.command in {"PRIVMSG", "NOTICE"}:
                self.proposals.append((session, message))
            else:  # a query waits until the session's own proposals have been applied
                self.commit()
                self.on_command(session, message)

    def commit(self) -> None:
        proposals, self.proposals = self.proposals, []
        for session, message in proposals:
            self.apply(session, message)

    def crash(self, *, forget: bool = False) -> None:
        """Lose what is not committed, and every session; with `forget` the log too."""
        self.proposals.clear()
        self.sessions.clear()
        if forget:
            self.log.clear()
            self.epoch += 1

    def end(self, session: Session) -> None:
        """Notice that a connection is gone."""
        self.commit()
        if session in self.sessions:
            self.sessions.remove(session)
            for other in self.sessions:
                if other.channels & session.channels:
                    other.tell(Message("QUIT", ("gone",), {}, f"{session.nick}!u@host"))

    def ids_of(self, channel: str) -> list[str]:
        return [entry.msgid for entry in self.log if entry.target == channel]

    # ---- entries

    def apply(self, session: Session, message: Message) -> None:
        target, text = message.params
        label = message.tags.get("label", "")
        if target.startswith("#") and target not in session.channels:
            why = (session.nick, target, "Cannot send to channel")
            session.tell(Message("404", why, labelled(label), "hub"))
            return
        id_ = message.tags.get("+razem/id", "")
        first = next((e for e in self.log if id_ and e.tags.get("+razem/id") == id_), None)
        if first is not None:
            self.echo(session, first, label)
            return
        tags = {key: value for key, value in message.tags.items() if key[0] == "+"}
        number = len(self.log)
        # Several lines share a millisecond.
        moment = f"2026-11-23T09:{self.epoch:02}:{number // 30:02}.{number // 3 % 10:03}Z"
        name = f"{self.epoch}-{number}"
        entry = Entry(name, moment, session.nick, target, text, message.command, tags)
        self.log.append(entry)
        for other in self.sessions:
            reached = target in other.channels or fold(other.nick) == fold(target)
            if other is not session and reached:
                other.tell(entry.message())
        self.echo(session, entry, label)

    def echo(self, session: Session, entry: Entry, label: str) -> None:
        if session.has("echo-message"):
            session.tell(entry.message(**labelled(label)))
        elif label:
            session.tell(Message("ACK", (), labelled(label), "hub"))

    # ---- commands

    def on_command(self, session: Session, message: Message) -> None:
        refusal = self.refuse.get(message.command)
        if refusal is not None:
            tags = labelled(message.tags.get("label", ""))
            session.tell(Message(refusal.command, refusal.params, tags, "hub"))
            return
        handler = getattr(self, f"on_{message.command.lower()}", None)
        if handler is not None:
            handler(session, message)

    def on_cap(self, session: Session, message: Message) -> None:
        word = message.param(0)
        if word == "LS":
            session.negotiating = True
            session.tell(Message("CAP", ("*", "LS", " ".join(sorted(self.offered)))))
        elif word == "REQ":
            names = set(message.param(1).split())
            verdict = "ACK" if names <= self.offered else "NAK"
            if verdict == "ACK":
                session.capabilities |= names
            session.tell(Message("CAP", ("*", verdict, message.param(1))))
        elif word == "END":
            session.negotiating = False
            self.welcome(session)

    def on_nick(self, session: Session, message: Message) -> None:
        nick = message.param(0)
        if any(fold(s.nick) == fold(nick) for s in self.sessions if s is not session):
            session.tell(Message("433", (session.nick or "*", nick, "Nickname is in use"), {}))
            return
        old, session.nick = session.nick, nick
        if session.welcomed:
            for other in self.sessions:
                if other is session or other.channels & session.channels:
                    other.tell(Message("NICK", (nick,), {}, f"{old}!u@host"))
        self.welcome(session)

    def welcome(self, session: Session) -> None:
        if session.welcomed or session.negotiating or not session.nick:
            return
        session.welcomed = True
        session.tell(Message("001", (session.nick, "Welcome"), {}, "hub"))
        features = ("CASEMAPPING=ascii", "CHANTYPES=#", f"CHATHISTORY={self.page}")
        session.tell(Message("005", (session.nick, *features, "are supported"), {}, "hub"))
        session.tell(Message("422", (session.nick, "no MOTD"), {}, "hub"))

    def on_join(self, session: Session, message: Message) -> None:
        channel = message.param(0)
        session.channels.add(channel)
        for other in self.sessions:
            if channel in other.channels:
                other.tell(Message("JOIN", (channel,), {}, f"{session.nick}!u@host"))
        names = " ".join(s.nick for s in self.sessions if channel in s.channels)
        session.tell(Message("353", (session.nick, "=", channel, names), {}, "hub"))
        session.tell(Message("366", (session.nick, channel, "end"), {}, "hub"))

    def on_part(self, session: Session, message: Message) -> None:
        session.tell(Message("PART", (message.param(0),), {}, f"{session.nick}!u@host"))
        session.channels.discard(message.param(0))

    def on_ping(self, session: Session, message: Message) -> None:
        session.tell(Message("PONG", ("hub", message.param(0)), {}, "hub"))

    def on_quit(self, session: Session, message: Message) -> None:
        self.end(session)

    def on_chathistory(self, session: Session, message: Message) -> None:
        subcommand, channel, selector, limit = message.params
        label = labelled(message.tags.get("label", ""))
        entries = [entry for entry in self.log if entry.target == channel]
        kind, _, value = selector.partition("=")
        if kind == "msgid":
            if value not in {entry.msgid for entry in entries}:
                why = ("CHATHISTORY", "INVALID_TARGET", subcommand, channel, "unknown msgid")
                session.tell(Message("FAIL", why, label, "hub"))
                return
            at = [entry.msgid for entry in entries].index(value)
            entries = entries[at + 1 :] if subcommand == "AFTER" else entries[:at]
        elif kind == "timestamp":
            entries = [entry for entry in entries if entry.time > value]
        count = min(int(limit), self.page)
        page = entries[:count] if subcommand == "AFTER" else entries[-count:]
        session.tell(Message("BATCH", ("+h", "chathistory", channel), label, "hub"))
        for entry in page:
            line = entry.message(batch="h")
            if not self.keeps_ids:
                kept = {key: value for key, value in line.tags.items() if key[0] != "+"}
                line = Message(line.command, line.params, kept, line.source)
            session.tell(line)
        session.tell(Message("BATCH", ("-h",), {}, "hub"))


def labelled(label: str) -> dict[str, str]:
    return {"label": label} if label else {}


def tagless(line: bytes) -> bytes:
    return re.sub(rb"^@\S+ ", b"", line)
