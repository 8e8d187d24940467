"""Passwords as they are configured."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from razem.hub.passwords import check_password, is_hash


def test_a_hash_is_the_password_that_it_was_made_of() -> None:
    stored = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("s\u00e9same")
    assert is_hash(stored)
    assert check_password(stored, "s\u00e9same")
    assert not check_password(stored, "sesame")
    assert not check_password(stored, stored)


def test_a_password_may_stand_as_it_is() -> None:
    assert check_password("s\u00e9same", "s\u00e9same")
    assert not check_password("s\u00e9same", "sesame")


@pytest.mark.parametrize("stored", ["$argon2id$", "$argon2id$v=19$m=8,t=1,p=1$x$y", "$argon2 x"])
def test_what_is_no_hash_opens_to_nobody(stored: str) -> None:
    assert not check_password(stored, stored)
    assert not check_password(stored, "")
