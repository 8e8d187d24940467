"""PERSISTENCE: whether one stays present without a connection (IRCv3 persistence); UNREAD."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from razem.talk.changes import SetAlwaysOn
from razem.talk.irc import capabilities as cap
from razem.talk.render import Line
from razem.talk.unread import unread_lines, what_is_unread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from razem.talk.changes import Change
    from razem.talk.history import Kept
    from razem.talk.irc.message import Message
    from razem.talk.session import Session

__all__ = ["SETTINGS", "persistence", "persistence_line", "tell_persistence", "unread"]

_COMMAND: Final = "PERSISTENCE"
# As clients write them, and as they are kept of an account.
SETTINGS: Final = {"ON": "on", "OFF": "off", "DEFAULT": ""}


def persistence(session: Session, message: Message) -> Sequence[Change] | None:
    """PERSISTENCE GET, and PERSISTENCE SET ON|OFF|DEFAULT."""
    words = [word.upper() for word in message.params]
    if words[:1] not in (["GET"], ["SET"]):
        return None  # "Implementations SHOULD ignore unrecognized subcommands"
    if session.user is None or not session.user.account:
        session.fail(_COMMAND, "ACCOUNT_REQUIRED", (), "An account is required")
    elif words == ["GET"]:
        _send_persistence(session)
    elif words[0] == "SET" and len(words) == 2 and words[1] in SETTINGS:
        return (SetAlwaysOn(session.id, SETTINGS[words[1]]),)
    else:
        session.fail(_COMMAND, "INVALID_PARAMETERS", (), "Invalid parameters")
    return None


def persistence_line(session: Session) -> Line:
    """Return ``PERSISTENCE STATUS`` of the account of a session, which is logged in."""
    hub = session.hub
    account = hub.state.account(session.account)
    setting = account.always_on if account is not None else ""
    stays = account is not None and account.stays(hub.policy.accounts.always_on)
    written = {kept: word for word, kept in SETTINGS.items()}[setting]
    return Line(f":{hub.identity.name} PERSISTENCE STATUS {written} {'ON' if stays else 'OFF'}")


def _send_persistence(session: Session) -> None:
    """Tell a session how it is."""
    session.send(persistence_line(session))


def tell_persistence(session: Session) -> None:
    """Tell a session how it is now, if it is logged in and knows what that means."""
    if session.user is not None and session.account and session.capabilities & cap.PERSISTENCE:
        _send_persistence(session)


# What was not read


def unread(session: Session, _message: Message) -> None:
    """UNREAD: what was not read since the read markers, as a batch (docs/hub.md)."""
    user = session.user
    assert user is not None  # noqa: S101 # the table asks for registration

    def tell(kept: Sequence[Kept] | None) -> None:
        if kept is None:
            session.fail("UNREAD", "MESSAGE_ERROR", (), "The log cannot be read now")
        else:
            session.send_batch("razem/unread", unread_lines(session, kept))

    session.hub.ask_log(session, what_is_unread(session, user), tell)
