"""What a person wants of a chat client, as values: faces return them, `carry_out` does them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from razem.errors import LocalProtocolError
from razem.talk.client.events import Event, Names, TopicChanged

if TYPE_CHECKING:
    from razem.talk.client.driver import Client
    from razem.talk.client.roster import Channel

__all__ = [
    "AskOlder",
    "Close",
    "Intent",
    "Invite",
    "Join",
    "Kick",
    "Leave",
    "MarkRead",
    "Open",
    "Part",
    "React",
    "Redact",
    "Say",
    "Search",
    "SetAway",
    "SetMode",
    "SetNick",
    "SetTopic",
    "ShowHelp",
    "ShowNames",
    "ShowSettings",
    "ShowTopic",
    "Tell",
    "Typing",
    "carry_out",
]


class Say(NamedTuple):
    """Say `text` to a channel or a nick; as a /me with `action`; in `reply` to a msgid."""

    target: str
    text: str
    action: bool = False
    reply: str = ""


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


class Open(NamedTuple):
    """Talk with one person."""

    nick: str


class Close(NamedTuple):
    """Leave a channel, or end a talk, and take it off the list."""

    name: str


class SetAway(NamedTuple):
    """Be away, with a text; "": be back."""

    text: str


class Invite(NamedTuple):
    """Ask somebody into a channel."""

    nick: str
    channel: str


class Kick(NamedTuple):
    """Put somebody out of a channel."""

    channel: str
    nick: str
    reason: str


class SetMode(NamedTuple):
    """Set the modes of a channel, or see them."""

    channel: str
    words: tuple[str, ...]


class React(NamedTuple):
    """Put a reaction to a message, or take it back."""

    target: str
    msgid: str
    reaction: str
    remove: bool = False


class Redact(NamedTuple):
    """Remove a message."""

    target: str
    msgid: str


class MarkRead(NamedTuple):
    """A conversation was read to its end."""

    name: str


class Typing(NamedTuple):
    """Tell others that we type, or not any more."""

    target: str
    active: bool


class AskOlder(NamedTuple):
    """See what was said before a message; `token` names the answer."""

    target: str
    before: str
    token: str


class Search(NamedTuple):
    """Find messages, everywhere or in one place; `token` names the answer."""

    text: str
    where: str = ""
    token: str = ""


class ShowHelp(NamedTuple):
    """See what one can do."""


class ShowSettings(NamedTuple):
    """Choose how it looks."""


class Leave(NamedTuple):
    """End the chat."""

    reason: str = ""


class Tell(NamedTuple):
    """Nothing for the client: the face answers its user itself."""

    lines: tuple[str, ...]


_ToClient: TypeAlias = (
    Say | Join | Part | Open | Close | SetNick | SetAway | SetTopic | SetMode | Invite | Kick
)
_ToMessages: TypeAlias = React | Redact | MarkRead | Typing | AskOlder | Search
_ToFace: TypeAlias = ShowTopic | ShowNames | ShowHelp | ShowSettings | Leave | Tell
Intent: TypeAlias = _ToClient | _ToMessages | _ToFace


def carry_out(intent: Intent, client: Client) -> list[Event]:
    """Do what is wanted, without waiting; return what there is to show at once.

    What is for the face itself (`Leave`, `Tell`, `ShowHelp`, `ShowSettings`) does nothing here.

    Raises:
        Error: it cannot be done, and why.
    """
    match intent:
        case ShowTopic(name):
            channel = _joined(client, name)
            return [TopicChanged(channel=channel.name, topic=channel.topic)]
        case ShowNames(name):
            channel = _joined(client, name)
            return [Names(channel=channel.name, members=channel.sorted_members())]
        case React() | Redact() | MarkRead() | Typing() | AskOlder() | Search():
            _about_messages(intent, client)
        case Leave() | Tell() | ShowHelp() | ShowSettings():
            pass
        case _:
            _to_client(intent, client)
    return []


def _to_client(intent: _ToClient, client: Client) -> None:  # noqa: C901 - a table
    match intent:
        case Say(target, text, action, reply):
            client.say(target, text, action=action, reply=reply)
        case Join(channel, key):
            client.join(channel, key)
        case Part(channel, reason):
            client.part(channel, reason)
        case Open(nick):
            client.open(nick)
        case Close(name):
            client.forget(name)
        case SetNick(nick):
            client.set_nick(nick)
        case SetAway(text):
            client.command("AWAY", *([text] if text else []))
        case SetTopic(channel, topic):
            client.set_topic(channel, topic)
        case SetMode(channel, words):
            client.command("MODE", channel, *words)
        case Invite(nick, channel):
            client.command("INVITE", nick, channel)
        case Kick(channel, nick, reason):
            client.command("KICK", channel, nick, reason or nick)


def _about_messages(intent: _ToMessages, client: Client) -> None:
    match intent:
        case React(target, msgid, reaction, remove):
            client.react(target, msgid, reaction, remove=remove)
        case Redact(target, msgid):
            client.redact(target, msgid)
        case MarkRead(name):
            client.mark_read(name)
        case Typing(target, active):
            client.tell_typing(target, "active" if active else "done")
        case AskOlder(target, before, token):
            client.ask_history(target, token, before=before)
        case Search(text, where, token):
            client.ask_search(text, token, where=where)


def _joined(client: Client, name: str) -> Channel:
    channel = client.channel(name)
    if channel is None:
        raise LocalProtocolError(f"we are not in {name}.", advice=f"Enter it by /join {name}.")
    return channel
