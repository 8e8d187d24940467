"""Changes of accounts. Passwords are proven before: the log has what they are checked with only."""

from __future__ import annotations

from typing import Literal

import msgspec

from razem.talk.changes.base import Proposed

__all__ = [
    "AddCertificate",
    "DropAccount",
    "LogIn",
    "LogOut",
    "RegisterAccount",
    "RemoveCertificate",
    "Secret",
    "SetAlwaysOn",
    "SetPassword",
    "Way",
]

# By which command somebody asked, and so in which words the answer is given.
Way = Literal["", "sasl", "nickserv"]


class Secret(msgspec.Struct, frozen=True, array_like=True):
    """By what a password is known, which nobody can find it by.

    Attributes:
        argon2: its hash (RFC 9106), with all parameters.
        salt, iterations, stored_key, server_key: for SCRAM-SHA-256 (RFC 5802 3).
    """

    argon2: str
    salt: bytes
    iterations: int
    stored_key: bytes
    server_key: bytes


class RegisterAccount(Proposed, frozen=True):
    """There is to be an account; the session is logged in to it then.

    `looks`: of the name (`lookalikes.looks_of`). `most`: how many there may be (0: any number).
    """

    name: str
    secret: Secret
    email: str = ""
    looks: tuple[str, ...] = ()
    most: int = 0
    way: Way = ""


class LogIn(Proposed, frozen=True):
    """The user of a session is to be logged in to an account: it was proven that it may.

    `regain`: it is to have the nick that is the account's name.
    """

    account: str
    regain: bool = False
    way: Way = ""


class LogOut(Proposed, frozen=True):
    """The user of a session is not to be logged in any more."""

    way: Way = ""


class SetPassword(Proposed, frozen=True):
    """The account of a session's user is to have another password."""

    secret: Secret
    way: Way = ""


class DropAccount(Proposed, frozen=True):
    """The account of a session's user is not to be any more; `code` shows that it is meant."""

    code: str = ""
    way: Way = ""


class SetAlwaysOn(Proposed, frozen=True):
    """The account of a session's user is to stay present without a connection, or not.

    `setting`: "on", "off", or "" as the hub has it.
    """

    setting: str
    way: Way = ""


class AddCertificate(Proposed, frozen=True):
    """Who shows this certificate (its SHA-256 fingerprint) may log in to the user's account.

    `most`: how many an account may have.
    """

    fingerprint: str
    most: int = 0
    way: Way = ""


class RemoveCertificate(Proposed, frozen=True):
    """Who shows this certificate may not any more."""

    fingerprint: str
    way: Way = ""
