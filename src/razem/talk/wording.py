"""What is told of events that are kept in a history: lines without tags and line end. No I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from razem.talk import events as ev

__all__ = ["kick", "modes", "topic"]


def topic(event: ev.TopicChanged) -> str:
    """TOPIC, as the members hear it."""
    return f":{event.source} TOPIC {event.channel.name} :{event.channel.topic}"


def modes(event: ev.ModesChanged) -> str:
    """MODE, as the members hear it."""
    return f":{event.source} MODE {event.channel.name} {' '.join(event.modes)}"


def kick(event: ev.Kicked) -> str:
    """KICK, as the members hear it."""
    return f":{event.source} KICK {event.channel.name} {event.user.nick} :{event.reason}"
