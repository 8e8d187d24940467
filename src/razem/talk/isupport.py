"""RPL_ISUPPORT: what this hub can do, and within which limits (Modern IRC)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from razem.talk.irc import capabilities as cap
from razem.talk.irc import numerics as n
from razem.talk.masks import ACCOUNT_NAMES, EXTENDED, EXTENDED_LETTERS
from razem.talk.modes import BOT, CHANNEL_MODES, KEY_BYTES, LISTS, PREFIXES

if TYPE_CHECKING:
    from razem.talk.session import Session
    from razem.talk.settings import Identity, Limits

__all__ = ["isupport", "send_isupport", "send_isupport_changes"]

_MANY_TARGETS: Final = (
    *("JOIN", "KICK", "LIST", "NAMES", "NOTICE", "PART", "PRIVMSG", "TAGMSG", "WHOIS", "WHOWAS"),
)
_SUPPORTED: Final = "are supported by this server"
_TOKENS_A_LINE: Final = 13  # RPL_ISUPPORT, Modern IRC


def send_isupport(session: Session, *, whole: bool = False) -> None:
    """Send all tokens; `whole`: they are the whole answer to a command."""
    _send_tokens(session, isupport(session.hub.identity, session.hub.limits), whole=whole)


def send_isupport_changes(session: Session, before: list[str]) -> None:
    """Send the tokens that are not as they were `before`, and those that are gone as ``-TOKEN``."""
    after = isupport(session.hub.identity, session.hub.limits)
    names = {token.partition("=")[0] for token in after}
    gone = [f"-{name}" for token in before if (name := token.partition("=")[0]) not in names]
    changed = [token for token in after if token not in before] + gone
    if changed:
        _send_tokens(session, changed, whole=False)


def _send_tokens(session: Session, tokens: list[str], *, whole: bool) -> None:
    lines = [
        session.numeric(
            n.RPL_ISUPPORT, *tokens[start : start + _TOKENS_A_LINE], _SUPPORTED, ours=True
        )
        for start in range(0, len(tokens), _TOKENS_A_LINE)
    ]
    if session.capabilities & cap.EXTENDED_ISUPPORT:
        session.send_batch("draft/isupport", lines, whole=whole)
    else:
        for line in lines:
            session.send(line)


def isupport(identity: Identity, limits: Limits) -> list[str]:
    """Return the tokens of RPL_ISUPPORT: what this hub really does."""
    signs = "".join(PREFIXES.values())
    return [
        f"ACCOUNTEXTBAN={','.join(ACCOUNT_NAMES)}",
        f"AWAYLEN={limits.away}",
        f"BOT={BOT}",
        "CASEMAPPING=ascii",
        f"CHANLIMIT=#:{limits.channels}",
        f"CHANMODES={CHANNEL_MODES}",
        f"CHANNELLEN={limits.channel}",
        "CHANTYPES=#",
        f"CHATHISTORY={limits.history}",
        "ELIST=CMNTU",
        "EXCEPTS=e",
        f"EXTBAN={EXTENDED},{EXTENDED_LETTERS}",
        "INVEX=I",
        f"KEYLEN={KEY_BYTES}",
        f"KICKLEN={limits.reason}",
        "KNOCK",
        f"MAXLIST={LISTS}:{limits.masks}",
        f"MODES={limits.modes}",
        f"MONITOR={limits.monitor}",
        "MSGREFTYPES=msgid,timestamp",
        f"NETWORK={identity.network}",
        f"NICKLEN={limits.nick}",
        f"PREFIX=({''.join(PREFIXES)}){signs}",
        "SAFELIST",
        f"STATUSMSG={signs}",
        "TARGMAX=" + ",".join(f"{command}:{limits.targets}" for command in _MANY_TARGETS),
        f"TOPICLEN={limits.topic}",
        "UTF8ONLY",
        "WHOX",
        *_filehost(identity.filehost),
    ]


def _filehost(address: str) -> list[str]:
    """Return the tokens of who takes files (IRCv3 filehost), under both names that are in use."""
    value = address.replace("\\", "\\x5C").replace("=", "\\x3D")
    return [f"{name}={value}" for name in ("draft/FILEHOST", "soju.im/FILEHOST")] if value else []
