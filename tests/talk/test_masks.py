"""Masks of channel lists: how they are written, and whom they match (Modern IRC, EXTBAN)."""

from __future__ import annotations

import fnmatch
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from razem.talk.irc.masks import mask_pattern
from razem.talk.masks import MaskError, matches_any, normalised
from razem.talk.model import User


@pytest.mark.parametrize(
    ("text", "mask"),
    [
        ("bo", "bo!*@*"),
        ("Bo*", "Bo*!*@*"),
        ("*", "*!*@*"),
        ("bo!x", "bo!x@*"),
        ("bo!", "bo!*@*"),
        ("!x@", "*!x@*"),
        ("x@host", "*!x@host"),
        ("@host", "*!*@host"),
        ("~x@host", "*!~x@host"),
        ("~x!y@z", "~x!y@z"),
        ("host.example", "*!*@host.example"),
        ("2001:db8::7", "*!*@2001:db8::7"),
        ("a!b!c@d@e", "a!b!c@d@e"),
        ("~a:Bo", "~a:Bo"),
        ("~account:bo", "~a:bo"),
        ("~ACCOUNT:bo*", "~a:bo*"),
        ("~m:bo", "~m:bo!*@*"),
        ("~mute:*@host", "~m:*!*@host"),
        ("~quiet:~account:bo", "~m:~a:bo"),
    ],
)
def test_a_mask_is_written_in_one_way(text: str, mask: str) -> None:
    assert normalised(text) == mask
    assert normalised(mask) == mask


@pytest.mark.parametrize(
    "text",
    ["", "a b", ":a", "a\tb", "x" * 129, "~z:x", "~a:", "~m:", "~m:~m:x", "~m:~z:x", "é" * 65],
)
def test_what_is_no_mask_is_refused(text: str) -> None:
    with pytest.raises(MaskError):
        normalised(text)


def user(source: str, account: str = "") -> User:
    nick, name, host = re.split("[!@]", source)
    return User("u", {}, nick, name, host, "Real", account)


@pytest.mark.parametrize(
    ("mask", "joining", "speaking"),
    [
        ("*!*@*", True, True),
        ("b?!*@*", True, True),
        ("bo!*@*", True, True),
        ("b!*@*", False, False),
        ("*!~bo@*.example", True, True),
        ("*!bo@*", False, False),
        ("~a:bobby", True, True),
        ("~a:b*", True, True),
        ("~a:bo", False, False),
        ("~m:bo!*@*", False, True),
        ("~m:~a:bobby", False, True),
        ("~m:~a:x", False, False),
    ],
)
def test_whom_a_mask_matches(mask: str, joining: bool, speaking: bool) -> None:
    someone = user("Bo!~bo@Host.example", "Bobby")
    assert matches_any(someone, [mask]) is joining
    assert matches_any(someone, ["nobody!*@*", mask], speaking=True) is speaking


def test_who_is_not_logged_in_has_no_account_that_matches() -> None:
    assert not matches_any(user("bo!~bo@host"), ["~a:*", "~a:bo"])


_LETTERS = st.text("ab*?.", max_size=8)


@given(_LETTERS, st.text("ab.", max_size=10))
def test_masks_match_as_file_names_do(mask: str, text: str) -> None:
    assert bool(mask_pattern(mask).fullmatch(text)) is fnmatch.fnmatchcase(text, mask)


def test_many_stars_do_not_take_for_ever() -> None:
    began = time.monotonic()
    assert not mask_pattern("*a" * 60 + "*b").fullmatch("a" * 500)
    assert time.monotonic() - began < 5  # without care it would be years
