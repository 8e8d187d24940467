"""Passwords, as they stand in a configuration or are kept of accounts (argon2id, RFC 9106)."""

from __future__ import annotations

import hmac
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

__all__ = ["check_password", "is_hash"]

_HASHER: Final = PasswordHasher()


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
