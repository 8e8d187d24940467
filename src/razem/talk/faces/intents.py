"""What a person wants of a chat client, as values: faces return them, `carry_out` does them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from razem.errors import LocalProtocolError
from razem.talk.client.events import Event, Names, TopicChanged

if TYPE_CHECKING:
    from razem.talk.client.driver import Client
    from razem.talk.client.roster import Channel

__all__ = [
    "Intent",
    "Join",
    "Leave",
    "Part",
    "Say",
    "SetNick",
    "SetTopic",
    "ShowNames",
    "ShowTopic",
    "Tell",
    "carry_out",
]


class Say(NamedTuple):
    """Say `text` to a channel or a nick; as a /me with `action`."""

    target: str
    text: str
    action: bool = False


class Join(NamedTuple):
    """Be in a channel."""

    channel: str
    key: str = ""


class Part(NamedTuple):
    """Leave a channel."""

    channel: str
    reason: str = ""


class SetNick(NamedTuple):
    """Be called otherwise."""

    nick: str


class SetTopic(NamedTuple):
    """Give a channel another topic."""

    channel: str
    topic: str


class ShowTopic(NamedTuple):
    """See the topic of a channel."""

    channel: str


class ShowNames(NamedTuple):
    """See who is in a channel."""

    channel: str


class Leave(NamedTuple):
    """End the chat."""

    reason: str = ""


class Tell(NamedTuple):
    """Nothing for the client: the face answers its user itself."""

    lines: tuple[str, ...]


Intent: TypeAlias = Say | Join | Part | SetNick | SetTopic | ShowTopic | ShowNames | Leave | Tell


def carry_out(intent: Intent, client: Client) -> list[Event]:
    """Do what is wanted, without waiting; return what there is to show at once.

    `Leave` and `Tell` are for the caller: they do nothing here.

    Raises:
        Error: it cannot be done, and why.
    """
    match intent:
        case Say(target, text, action):
            client.say(target, text, action=action)
        case Join(channel, key):
            client.join(channel, key)
        case Part(channel, reason):
            client.part(channel, reason)
        case SetNick(nick):
            client.set_nick(nick)
        case SetTopic(channel, topic):
            client.set_topic(channel, topic)
        case ShowTopic(name):
            channel_now = _joined(client, name)
            return [TopicChanged(channel=channel_now.name, topic=channel_now.topic)]
        case ShowNames(name):
            channel_now = _joined(client, name)
            return [Names(channel=channel_now.name, members=channel_now.sorted_members())]
        case Leave() | Tell():
            pass
    return []


def _joined(client: Client, name: str) -> Channel:
    channel = client.channel(name)
    if channel is None:
        raise LocalProtocolError(f"we are not in {name}.", advice=f"Enter it by /join {name}.")
    return channel
