"""CAP: capability negotiation (IRCv3, version 302), and what each session is offered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from razem.talk.commands.accounts import registration_value
from razem.talk.commands.messages import RELAY_SEPARATOR
from razem.talk.commands.metadata import metadata_value
from razem.talk.commands.registration import try_to_arrive
from razem.talk.commands.sasl import sasl_value
from razem.talk.irc import capabilities as cap_bits
from razem.talk.irc import numerics as n
from razem.talk.irc.lines import MAX_LINE
from razem.talk.irc.names import fill
from razem.talk.telling.metadata import welcome_metadata

if TYPE_CHECKING:
    from collections.abc import Callable

    from razem.talk.irc.message import Message
    from razem.talk.session import Session

__all__ = ["announce", "cap", "offered"]

_VERSION: Final = 302


def _sts(session: Session) -> str | None:
    """Strict transport security (IRCv3 sts): for those only who were told to enforce it.

    Without a certificate that clients trust it would lock them out.
    """
    identity = session.hub.identity
    if not identity.sts_seconds or session.origin.local:
        return None
    if session.origin.secure:
        return f"duration={identity.sts_seconds}"
    return f"port={identity.sts_port}" if identity.sts_port else None


def _multiline(session: Session) -> str:
    limits = session.hub.limits
    return f"max-bytes={limits.multiline_bytes},max-lines={limits.multiline_lines}"


# The capabilities whose value or presence depends on the session: "" without a value, None where
# the session is not offered it. All others are offered to everybody.
_VALUES: Final[dict[str, Callable[[Session], str | None]]] = {
    "draft/relaymsg": lambda _session: RELAY_SEPARATOR,
    "draft/multiline": _multiline,
    "draft/account-registration": registration_value,
    "draft/metadata-2": metadata_value,
    "sasl": sasl_value,
    "sts": _sts,
}


def offered(session: Session) -> dict[str, str]:
    """Return the names of the capabilities that a session may ask for, with their values."""
    values = {
        name: _VALUES[name](session) if name in _VALUES else ""
        for name in sorted({*cap_bits.CAPABILITIES, *_VALUES})
    }
    return {name: value for name, value in values.items() if value is not None}


def cap(session: Session, message: Message) -> None:
    """CAP LS, LIST, REQ, END (IRCv3 capability negotiation)."""
    subcommand = message.params[0].upper()
    if subcommand == "LS":
        _list_offered(session, message.param(1))
    elif subcommand == "LIST":
        _send(session, "LIST", cap_bits.names(session.capabilities))
    elif subcommand == "REQ":
        session.negotiating = session.user is None
        _request(session, message.param(1))
    elif subcommand == "END":
        session.negotiating = False
        try_to_arrive(session)
    else:
        session.refuse(n.ERR_INVALIDCAPCMD, (message.params[0],))


def _list_offered(session: Session, version: str) -> None:
    session.negotiating = session.user is None
    # "The CAP version number argument MUST be treated as a number", and the highest is kept.
    asked = int(version[:9]) if version.isascii() and version.isdigit() else 0
    if asked >= _VERSION:
        session.cap_version = _VERSION
        session.hub.set_capabilities(session, session.capabilities | cap_bits.CAP_NOTIFY)
    _send(session, "LS", _written(offered(session), values=asked >= _VERSION))


def _written(offers: dict[str, str], *, values: bool) -> list[str]:
    return [f"{name}={value}" if values and value else name for name, value in offers.items()]


def _send(session: Session, subcommand: str, words: list[str]) -> None:
    """Send a list, in several lines where the client knows how to read them."""
    nick_or_star = session.nick if session.user else "*"
    head = f"CAP {nick_or_star} {subcommand}"
    room = MAX_LINE - len(f":{session.hub.identity.name} {head} * :\r\n".encode())
    *lines, last = list(fill(words, room)) or [""]
    if session.cap_version >= _VERSION:
        for line in lines:
            session.from_hub(f"{head} * :{line}")
    elif lines:
        # An older client reads one line: the first, which is filled in order of the names with
        # drafts last.
        last = next(iter(fill(sorted(words, key=lambda word: "/" in word), room)))
    session.from_hub(f"{head} :{last}")


def _request(session: Session, wanted: str) -> None:
    """Take all of the capabilities asked for, or none."""
    nick_or_star = session.nick if session.user else "*"
    before = capabilities = session.capabilities
    offers = offered(session)
    for word in wanted.split():
        name = word.removeprefix("-")
        bit = cap_bits.CAPABILITIES.get(name)
        # "cap-notify" cannot be given up by those who know version 302.
        kept = word == "-cap-notify" and session.cap_version >= _VERSION
        if bit is None or name not in offers or kept:
            session.from_hub(f"CAP {nick_or_star} NAK :{wanted}")
            return
        capabilities = capabilities & ~bit if word.startswith("-") else capabilities | bit
    session.hub.set_capabilities(session, capabilities)
    session.from_hub(f"CAP {nick_or_star} ACK :{wanted}")
    if capabilities & ~before & cap_bits.METADATA:
        welcome_metadata(session)


def announce(session: Session, before: dict[str, str]) -> None:
    """Tell a session what it is offered now and was not, and the other way round."""
    if not session.capabilities & cap_bits.CAP_NOTIFY:
        return
    after = offered(session)
    new = {name: value for name, value in after.items() if before.get(name) != value}
    # "Servers MUST NOT send CAP DEL to disable" sts.
    gone = [name for name in before if name not in after and name != "sts"]
    if gone:
        _send(session, "DEL", gone)
        for name in gone:
            bit = cap_bits.CAPABILITIES.get(name, 0)
            session.hub.set_capabilities(session, session.capabilities & ~bit)
    if new:
        _send(session, "NEW", _written(new, values=session.cap_version >= _VERSION))
