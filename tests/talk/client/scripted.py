"""A chat client against lines written by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from razem.talk.client.core import ChatClient
from razem.talk.client.settings import Identity, Limits, Timing

if TYPE_CHECKING:
    from razem.talk.client.events import Event

ALL = "batch draft/chathistory echo-message labeled-response message-tags server-time"


class Script:
    """Feeds server lines to a client and collects what it says."""

    def __init__(
        self,
        *channels: str,
        nick: str = "ana",
        limits: Limits | None = None,
        screenful: int = 50,
        password: str = "",
        account: str = "",
        account_password: str = "",
        rich: bool = False,
    ) -> None:
        self.now = 0.0
        self.count = 0
        self.core = ChatClient(
            Identity(nick, password=password, account=account, account_password=account_password),
            channels=channels,
            new_id=self._new_id,
            jitter=lambda: 1.0,
            screenful=screenful,
            limits=limits,
            timing=Timing(),
            rich=rich,
        )

    def _new_id(self) -> str:
        self.count += 1
        return f"id{self.count}"

    def said(self) -> list[str]:
        """Return the lines that the client has to send, without their ends."""
        data = b"".join(self.core.to_send())
        assert not data or data.endswith(b"\r\n")
        return data.decode().split("\r\n")[:-1]

    def hear(self, *lines: str) -> list[Event]:
        """Let the client hear lines of the server; return what happened."""
        data = "".join(f"{line}\r\n" for line in lines).encode()
        return self.core.receive(data, self.now)

    def wait(self, seconds: float) -> list[Event]:
        self.now += seconds
        return self.core.expire(self.now)

    def open(self) -> list[str]:
        self.core.connected(self.now)
        return self.said()

    def lose(self) -> list[Event]:
        events = self.core.lost("cut", self.now)
        if self.core.retry_at > self.now:
            self.now = self.core.retry_at
        return events

    def welcome(
        self, capabilities: str = ALL, nick: str = "ana", features: str = "CHATHISTORY=3"
    ) -> list[Event]:
        """Open a connection and be welcomed; what is said after that stays to be `said`."""
        self.open()
        self.hear(f":hub CAP * LS :{capabilities}")
        for name in capabilities.split():
            self.hear(f":hub CAP * ACK :{name}")
        self.said()
        return self.hear(
            f":hub 001 {nick} :Welcome",
            f":hub 005 {nick} CASEMAPPING=ascii CHANTYPES=# NETWORK=Net {features} :are supported",
            f":hub 422 {nick} :no MOTD",
        )

    def join(self, channel: str = "#net", nick: str = "ana") -> list[Event]:
        return self.hear(f":{nick}!u@host JOIN {channel}")

    def page(self, *lines: str, label: str, channel: str = "#net") -> list[Event]:
        """Answer a question for history."""
        tagged = [f"@batch=h;{line.removeprefix('@')}" for line in lines]
        return self.hear(
            f"@label={label} :hub BATCH +h chathistory {channel}", *tagged, ":hub BATCH -h"
        )


def label_of(line: str) -> str:
    """Return the label of a line of the client."""
    tags = line.removeprefix("@").partition(" ")[0].split(";")
    return next(tag.removeprefix("label=") for tag in tags if tag.startswith("label="))


def text(msgid: str, words: str, nick: str = "bo", channel: str = "#net", **tags: str) -> str:
    """Return a line of the server: a message of the log."""
    more = "".join(f";{key}={value}" for key, value in tags.items())
    time = f"2026-11-23T09:00:{int(msgid.lstrip('m') or 0):02}.000Z"
    return f"@msgid={msgid};time={time}{more} :{nick}!u@host PRIVMSG {channel} :{words}"
