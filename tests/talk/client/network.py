"""Clients and a model hub, joined by connections that deliver as little as they are told to."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from razem.talk.client.core import ChatClient, Phase
from razem.talk.client.events import Acknowledged, Event, MessageReceived
from razem.talk.client.settings import Identity, Limits, Timing

from .model_hub import ModelHub, Session

if TYPE_CHECKING:
    from razem.talk.client.outgoing import Outgoing

CHANNEL = "#net"


@dataclass
class Node:
    """One client and its end of the connection."""

    core: ChatClient
    session: Session | None = None
    to_hub: bytearray = field(default_factory=bytearray)
    events: list[Event] = field(default_factory=list)
    said: list[Outgoing] = field(default_factory=list)

    def view(self, conversation: str = CHANNEL) -> list[MessageReceived]:
        return [
            event
            for event in self.events
            if isinstance(event, MessageReceived) and event.conversation == conversation
        ]

    def acknowledged(self) -> list[Acknowledged]:
        return [event for event in self.events if isinstance(event, Acknowledged)]


class Network:
    """Everything in one place, moved step by step; its time is a number."""

    def __init__(
        self,
        *nicks: str,
        hub: ModelHub | None = None,
        limits: Limits | None = None,
        screenful: int = 2,
    ) -> None:
        self.hub = hub or ModelHub()
        self.now = 1000.0
        self.ghosts: list[tuple[Session, bytes]] = []
        self.count = 0
        self.moved = 0  # bytes
        self.nodes = [self._node(nick, limits, screenful) for nick in nicks]

    def _node(self, nick: str, limits: Limits | None, screenful: int) -> Node:
        core = ChatClient(
            Identity(nick),
            channels=[CHANNEL],
            new_id=self._new_id,
            jitter=lambda: 0.5,
            screenful=screenful,
            limits=limits or Limits(page=3, held=4, in_flight=4),
            timing=Timing(),
        )
        return Node(core)

    def _new_id(self) -> str:
        self.count += 1
        return f"id{self.count:020}"

    # ---- what can happen

    def say(self, node: Node, text: str, target: str = CHANNEL) -> list[Outgoing]:
        messages = node.core.send(target, text)
        node.said += messages
        return messages

    def up(self, node: Node, count: int = 10**9) -> None:
        """Carry bytes from a client to the hub."""
        for data in node.core.to_send():
            node.to_hub += data
        if node.session is not None:
            data, node.to_hub = bytes(node.to_hub[:count]), node.to_hub[count:]
            self.moved += len(data)
            self.hub.receive(node.session, data)

    def down(self, node: Node, count: int = 10**9) -> None:
        """Carry bytes from the hub to a client."""
        session = node.session
        if session is not None and session.out:
            data = bytes(session.out[:count])
            del session.out[:count]
            self.moved += len(data)
            node.events += node.core.receive(data, self.now)
            if not node.core.is_open:
                self._drop(node)

    def cut(self, node: Node, *, ghost: bool = False) -> None:
        """Break a connection; the hub notices at once, or only after reading what is on its way."""
        session, rest = node.session, bytes(node.to_hub)
        self._drop(node, tell_hub=False)
        node.events += node.core.lost("cut", self.now)
        if session is not None and ghost:
            self.ghosts.append((session, rest))
        elif session is not None:
            self.hub.end(session)

    def reap(self) -> None:
        """Let the hub read what was on its way, then notice the broken connections."""
        ghosts, self.ghosts = self.ghosts, []
        for session, rest in ghosts:
            if session in self.hub.sessions:
                self.hub.receive(session, rest)
                self.hub.end(session)

    def crash(self, *, forget: bool = False) -> None:
        self.hub.crash(forget=forget)
        self.ghosts.clear()
        for node in self.nodes:
            if node.session is not None:
                self._drop(node, tell_hub=False)
                node.events += node.core.lost("crash", self.now)

    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        for node in self.nodes:
            node.events += node.core.expire(self.now)
            if not node.core.is_open:
                self._drop(node)
            if node.core.phase is Phase.WAITING and node.core.retry_at <= self.now:
                node.core.connected(self.now)
                node.session = self.hub.connect()

    def settle(self) -> None:
        """Let everything come to rest, on a network without faults."""
        self.reap()
        for _ in range(1000):
            before = self.moved
            self.pass_time(0.0)
            for node in self.nodes:
                self.up(node)
            self.hub.commit()
            for node in self.nodes:
                self.down(node)
            if self.moved == before:
                waits = [n.core.retry_at - self.now for n in self.nodes if not n.core.is_open]
                if not waits or min(waits) == math.inf:
                    return
                self.pass_time(max(*waits, 0.0))
        raise AssertionError("it does not come to rest")

    def _drop(self, node: Node, *, tell_hub: bool = True) -> None:
        session, node.session = node.session, None
        node.to_hub.clear()
        if tell_hub and session is not None:
            self.hub.end(session)
