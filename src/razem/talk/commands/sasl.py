"""AUTHENTICATE: proving who one is (IRCv3 sasl-3.1 and sasl-3.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from razem.talk.commands.accounts import check_password, guess_failed, log_in, throttled
from razem.talk.irc import numerics as n
from razem.talk.irc.names import fold
from razem.talk.render import Line
from razem.talk.requests import DrawNonce
from razem.talk.sasl import (
    MECHANISMS,
    Challenge,
    Chunks,
    External,
    Mechanism,
    Plain,
    SaslError,
    Scram,
    TooLongError,
    Try,
    written,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from razem.talk.changes import Change
    from razem.talk.irc.message import Message
    from razem.talk.model import Account
    from razem.talk.session import Session

__all__ = ["Exchange", "abandon", "authenticate", "sasl_value"]

_ABORT: Final = "*"


class Exchange:
    """A proof under way: its mechanism, and the pieces of the message that is coming in."""

    __slots__ = ("chunks", "mechanism")

    def __init__(self, mechanism: Mechanism) -> None:
        self.mechanism: Final = mechanism
        self.chunks: Final = Chunks()


def sasl_value(session: Session) -> str:
    """Return the mechanisms that a session may use, as the value of the capability has them."""
    return ",".join(name for name in MECHANISMS if _offered(session, name))


def _offered(session: Session, name: str) -> bool:
    origin = session.origin
    if name == "PLAIN":  # "PLAIN should not be used without TLS": others could read the password
        return origin.secure
    return name != "EXTERNAL" or origin.transport == "tls" or bool(origin.certificate)


def authenticate(session: Session, message: Message) -> Sequence[Change] | None:
    """AUTHENTICATE mechanism, then AUTHENTICATE data."""
    word = message.params[0]
    exchange = session.proof
    if word == _ABORT:
        session.proof = None
        session.refuse(n.ERR_SASLABORTED)
        return None
    if exchange is None:
        _begin(session, word.upper())
        return None
    try:
        data = exchange.chunks.add(word)
    except TooLongError:
        session.proof = None
        session.refuse(n.ERR_SASLTOOLONG)
        return None
    except ValueError:
        _failed(session)
        return None
    return _step(session, exchange.mechanism, data) if data is not None else None


def abandon(session: Session) -> None:
    """The client goes on without ending its proof."""
    if session.proof is not None:
        session.proof = None
        session.refuse(n.ERR_SASLABORTED)


def _begin(session: Session, name: str) -> None:
    if name not in MECHANISMS or not _offered(session, name):
        session.reply(n.RPL_SASLMECHS, sasl_value(session), "are available SASL mechanisms")
        session.refuse(n.ERR_SASLFAIL)
        return
    if name == "SCRAM-SHA-256":
        session.ask(
            DrawNonce, lambda nonce: _ready(session, Scram(session.hub.state.account, nonce))
        )
    elif name == "EXTERNAL":
        state = session.hub.state
        account = state.account(state.certificates.get(session.origin.certificate, ""))
        _ready(session, External(account.name if account is not None else ""))
    else:
        _ready(session, Plain())


def _ready(session: Session, mechanism: Mechanism) -> None:
    session.proof = Exchange(mechanism)
    session.send(Line("AUTHENTICATE +"))


def _step(session: Session, mechanism: Mechanism, data: bytes) -> Sequence[Change] | None:
    try:
        outcome = mechanism.receive(data)
    except SaslError as error:
        _failed(session, str(error), error.account)
        return None
    if isinstance(outcome, Challenge):
        for piece in written(outcome.data):
            session.send(Line(f"AUTHENTICATE {piece}"))
        return None
    session.proof = None
    if not isinstance(outcome, Try):
        why = throttled(session, outcome.account)
        if why:
            session.refuse(n.ERR_SASLFAIL, (), why)
            return None
        session.hub.guesses.succeed(f"account:{fold(outcome.account)}")
        return _proven(session, outcome.account)

    def give(account: Account | None, why: str) -> Sequence[Change] | None:
        if account is None:
            session.refuse(n.ERR_SASLFAIL, (), f"SASL authentication failed: {why}")
            return None
        return _proven(session, account.name)

    return check_password(session, outcome.account, outcome.password, give)


def _proven(session: Session, account: str) -> Sequence[Change] | None:
    user = session.user
    if user is not None and user.account and user.account != account:
        session.refuse(n.ERR_SASLALREADY, (), f"You are logged in to {user.account} already")
        return None
    return log_in(session, account, "sasl")


def _failed(session: Session, why: str = "", account: str = "") -> None:
    """End a proof that proved nothing."""
    session.proof = None
    session.refuse(n.ERR_SASLFAIL, (), why)
    guess_failed(session, account)
