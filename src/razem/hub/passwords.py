"""Passwords, as they stand in a configuration or are kept of accounts (argon2id, RFC 9106)."""

from __future__ import annotations

import hmac
import secrets
from typing import Final

import scramp
from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from razem.talk.changes import Secret

__all__ = ["check_password", "is_hash", "make_secret"]

_HASHER: Final = PasswordHasher()
_ITERATIONS: Final = 10_000  # of SCRAM; RFC 7677 asks for 4,096 at least


def is_hash(stored: str) -> bool:
    """Tell whether a stored password is an argon2 hash, not the password itself."""
    return stored.startswith("$argon2")


def check_password(stored: str, given: str) -> bool:
    """Tell whether `given` is the password that `stored` says; it takes long for a hash.

    A hash that cannot be read is the hash of no password.
    """
    if not is_hash(stored):
        return hmac.compare_digest(stored.encode(), given.encode())
    try:
        return _HASHER.verify(stored, given)
    except (Argon2Error, InvalidHashError):
        return False


def make_secret(
    password: str, *, hasher: PasswordHasher = _HASHER, iterations: int = _ITERATIONS
) -> Secret | None:
    """Return by what a new password is to be known; it takes long.

    None: it has characters that a password cannot have (RFC 4013), so that not every client could
    send it.
    """
    mechanism = scramp.ScramMechanism("SCRAM-SHA-256")
    salt = secrets.token_bytes(16)
    try:
        made = mechanism.make_auth_info(password, iteration_count=iterations, salt=salt)
    except scramp.ScramException:
        return None
    _, stored_key, server_key, _ = made
    return Secret(hasher.hash(password), salt, iterations, stored_key, server_key)
