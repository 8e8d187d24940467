"""PRIVMSG, NOTICE and TAGMSG (RFC 2812 3.3, IRCv3 message-tags)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from razem.talk.changes import Relay, SendTags, Speak
from razem.talk.chanserv import is_service
from razem.talk.commands.base import Failure, Refusal
from razem.talk.commands.channels import split_targets
from razem.talk.commands.services import private_order
from razem.talk.irc import numerics as n
from razem.talk.irc.capabilities import MESSAGE_TAGS
from razem.talk.irc.lines import MAX_LINE
from razem.talk.irc.names import cut

if TYPE_CHECKING:
    from collections.abc import Sequence

    from razem.talk.changes import Change
    from razem.talk.irc.message import Message
    from razem.talk.session import Session

__all__ = [
    "RELAY_SEPARATOR",
    "client_tags",
    "notice",
    "plain_message",
    "privmsg",
    "relaymsg",
    "tagmsg",
]

RELAY_SEPARATOR: Final = "/"  # in names of people elsewhere, and in no nick (IRCv3 relaymsg)
RELAY_USERNAME: Final = "relay"
_NOT_IN_RELAY_NAMES: Final = "!+%@&#$:'\"?*,.~"


def privmsg(session: Session, message: Message) -> Sequence[Change]:
    """PRIVMSG target[,target…] text; to a service it is an order, or a question."""
    if is_service(message.param(0)) and message.param(1):
        return private_order(session, message)
    return _speak(session, message, notice=False)


def notice(session: Session, message: Message) -> Sequence[Change]:
    """NOTICE: like PRIVMSG, but nothing ever answers to it, not even an error (RFC 2812 3.3.2)."""
    try:
        return _speak(session, message, notice=True)
    except Refusal:
        return ()


def plain_message(session: Session, line: str) -> Speak | None:
    """Read the commonest line of all, ``PRIVMSG target :text``, or leave it to the others.

    A short cut past `Message` and the table, because nearly every line that a busy hub reads is
    of this form, and reading it otherwise takes three times as long.
    """
    if line[:8] != "PRIVMSG ":
        return None
    target, _, text = line[8:].partition(" :")
    if not text or not target or target[0] == ":" or "," in target or " " in target:
        return None
    if target[0] in "cCnN" and is_service(target):
        return None
    if session.account or session.bot:
        return _line(session, target, text)
    return Speak(session.id, session.source, target, text)


def _line(  # each is a fact by name
    session: Session,
    target: str,
    text: str,
    *,
    notice: bool = False,
    tags: dict[str, str] | None = None,
) -> Speak:
    return Speak(
        session.id,
        session.source,
        target,
        text,
        notice,
        tags or {},
        session.account,
        session.bot,
    )


def _speak(session: Session, message: Message, *, notice: bool) -> Sequence[Change]:
    params = message.params
    if not params or not params[0].strip(","):
        raise Refusal(n.ERR_NORECIPIENT)
    if len(params) < 2 or not params[1]:
        raise Refusal(n.ERR_NOTEXTTOSEND)
    session.spoke_at = session.heard_at
    tags = client_tags(session, message)
    # The line that others receive keeps the 512 bytes of RFC 1459, its source included.
    around = f":{session.source} PRIVMSG {params[0]} :\r\n"
    text = cut(params[1], MAX_LINE - len(around.encode()))
    if "," not in params[0]:
        return (_line(session, params[0], text, notice=notice, tags=tags),)
    targets = split_targets(session, params[0])
    return [_line(session, target, text, notice=notice, tags=tags) for target in targets]


def client_tags(session: Session, message: Message) -> dict[str, str]:
    """Return the tags to be relayed (IRCv3 message-tags, "Client-only tags")."""
    if not message.tags or not session.capabilities & MESSAGE_TAGS:
        return {}
    return {key: value for key, value in message.tags.items() if key[0] == "+"}


def tagmsg(session: Session, message: Message) -> Sequence[Change]:
    """TAGMSG target[,target…]; without client-only tags there is nothing to send."""
    tags = client_tags(session, message)
    if not tags:
        return ()
    targets = split_targets(session, message.params[0])
    account, bot = session.account, session.bot
    return [SendTags(session.id, session.source, target, tags, account, bot) for target in targets]


def relaymsg(session: Session, message: Message) -> Sequence[Change]:
    """RELAYMSG channel name text (IRCv3 relaymsg)."""
    target, name, text = message.params[:3]
    if not text:
        raise Refusal(n.ERR_NOTEXTTOSEND)
    wrong = _wrong_relay_name(name, session.hub.limits.nick)
    if wrong:
        raise Failure("RELAYMSG", "INVALID_NICK", (), wrong)
    assert session.user is not None  # noqa: S101 # the table asks for registration
    source = f"{name}!{RELAY_USERNAME}@{session.hub.identity.name}"
    around = f":{source} PRIVMSG {target} :\r\n"
    text = cut(text, MAX_LINE - len(around.encode()))
    tags = client_tags(session, message)
    nick = session.user.nick
    return (Relay(session.id, source, target, text, False, tags, relayed_by=nick),)


def _wrong_relay_name(name: str, max_bytes: int) -> str:
    """Return why a name cannot be that of somebody elsewhere, or ""."""
    if RELAY_SEPARATOR not in name[1:-1]:
        return f"The name must have {RELAY_SEPARATOR} in it: NICK{RELAY_SEPARATOR}NETWORK"
    if len(name.encode()) > max_bytes:
        return f"The name is longer than {max_bytes} bytes"
    if any(c in _NOT_IN_RELAY_NAMES or c <= " " or c == "\x7f" for c in name):
        return f"The name has a character in it that no name may have: {_NOT_IN_RELAY_NAMES}"
    return ""
