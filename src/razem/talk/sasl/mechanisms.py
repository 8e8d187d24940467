"""The mechanisms by which a client proves that it may log in. No I/O.

Each takes what the client sends and says what comes next: a `Challenge` to be answered, a `Try`
whose password is to be checked, or that the client has `Proven` which account is its.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

import scramp

from razem.talk.irc.names import fold

if TYPE_CHECKING:
    from collections.abc import Callable

    from razem.talk.model import Account

__all__ = [
    "MECHANISMS",
    "Challenge",
    "External",
    "Mechanism",
    "Plain",
    "Proven",
    "SaslError",
    "Scram",
    "Try",
]

MECHANISMS: Final = ("EXTERNAL", "PLAIN", "SCRAM-SHA-256")


class SaslError(Exception):
    """The client did not prove anything.

    Attributes:
        account: whose password it may have guessed at; "": nobody's.
    """

    def __init__(self, why: str, account: str = "") -> None:
        super().__init__(why)
        self.account: Final = account


class Challenge(NamedTuple):
    """The client is to answer this."""

    data: bytes


class Try(NamedTuple):
    """The client says that this is the password of that account."""

    account: str
    password: str


class Proven(NamedTuple):
    """The client may log in to this account."""

    account: str


class Mechanism(Protocol):
    """A proof under way."""

    def receive(self, data: bytes) -> Challenge | Try | Proven:
        """Take what the client sent.

        Raises:
            SaslError: it proves nothing, or makes no sense.
        """


class Plain:
    """Account and password (RFC 4616)."""

    def receive(self, data: bytes) -> Try:
        """``[authzid] NUL authcid NUL passwd``."""
        try:
            authzid, authcid, password = data.decode().split("\0")
        except ValueError as error:
            raise SaslError("SASL authentication failed: not a PLAIN message") from error
        if authzid and fold(authzid) != fold(authcid):
            raise SaslError("SASL authentication failed: nobody may act for somebody else")
        return Try(authcid, password)


class External:
    """The certificate that the client showed (RFC 4422 appendix A).

    Args:
        account: to which the certificate logs in, or "".
    """

    def __init__(self, account: str) -> None:
        self._account: Final = account

    def receive(self, data: bytes) -> Proven:
        """``[authzid]``."""
        if not self._account:
            raise SaslError("SASL authentication failed: your certificate is of no account")
        if data and fold(data.decode(errors="replace")) != fold(self._account):
            raise SaslError("SASL authentication failed: your certificate is of another account")
        return Proven(self._account)


class Scram:
    """SCRAM-SHA-256 (RFC 5802, RFC 7677): the password is proven, and never sent.

    Args:
        find: returns an account by its name.
        nonce: ours; printable ASCII without commas, never the same twice.
    """

    def __init__(self, find: Callable[[str], Account | None], nonce: str) -> None:
        self._find: Final = find
        self._account = ""
        mechanism = scramp.ScramMechanism("SCRAM-SHA-256")
        self._server: Final = mechanism.make_server(self._secret_of, s_nonce=nonce)
        self._stage = 0

    def _secret_of(self, name: str) -> tuple[bytes, bytes, bytes, int]:
        account = self._find(name)
        if account is None:
            raise SaslError("SASL authentication failed")
        self._account = account.name
        secret = account.secret
        return secret.salt, secret.stored_key, secret.server_key, secret.iterations

    def receive(self, data: bytes) -> Challenge | Proven:
        """First the client's first message, then its final one, then nothing."""
        self._stage += 1
        try:
            return self._step(data)
        except (scramp.ScramException, ValueError) as error:
            guessed = self._account if self._stage > 1 else ""
            raise SaslError("SASL authentication failed", guessed) from error

    def _step(self, data: bytes) -> Challenge | Proven:
        if self._stage == 1:
            text = data.decode()
            authzid = text.split(",", 2)[1] if text.count(",") > 1 else ""
            self._server.set_client_first(text)
            if authzid and fold(authzid.removeprefix("a=")) != fold(self._account):
                raise SaslError("SASL authentication failed: nobody may act for somebody else")
            return Challenge(self._server.get_server_first().encode())
        if self._stage == 2:
            self._server.set_client_final(data.decode())
            return Challenge(self._server.get_server_final().encode())
        if data:
            raise SaslError("SASL authentication failed")
        return Proven(self._account)
