"""Code phrases: how they are read, completed and told apart by ear."""

from __future__ import annotations

import re
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from razem.errors import AddressError
from razem.meet.codes import LUCK, Code, complete
from razem.meet.words import WORDS
from razem.sockets.address import Address

# What sounds alike on a telephone is written alike; then vowels, and what is double.
SPELLINGS = [
    *(("tch", "S"), ("sch", "S"), ("ch", "S"), ("sh", "S"), ("ph", "F"), ("th", "F")),
    *(("ck", "K"), ("gh", ""), ("qu", "KW"), ("kn", "M"), ("wr", "R"), ("x", "KS")),
    *(("ce", "SA"), ("ci", "SA"), ("cy", "SA"), ("ge", "SA"), ("gi", "SA"), ("gy", "SA")),
]
SOUNDS = str.maketrans("bpdtfvgkcqjszmnlrwyaeiou", "BBDDFFKKKKSSSMMLRWAAAAAA", "h")


def sound(word: str) -> str:
    for letters, as_heard in SPELLINGS:
        word = word.replace(letters, as_heard)
    return re.sub(r"(.)\1+", r"\1", word.translate(SOUNDS))


def distance(one: str, other: str) -> int:
    """Levenshtein's."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        before, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (a != b))
    return row[-1]


def test_words_differ_by_spelling_and_by_ear() -> None:
    assert len(set(WORDS)) == len(WORDS) == 382
    sounds = {word: sound(word) for word in WORDS}
    for one, other in combinations(WORDS, 2):
        assert distance(one, other) >= 3, (one, other)
        assert distance(sounds[one], sounds[other]) >= 2, (one, other)
        assert one[:4] != other[:4]


def test_words_can_be_said_and_typed() -> None:
    assert all(re.fullmatch(r"[a-z]{4,9}", word) for word in WORDS)
    assert {"guitar", "ocean"} <= set(WORDS)


@given(st.integers(0, 10**9 - 1), st.binary(min_size=LUCK, max_size=LUCK))
def test_a_code_is_an_address(number: int, luck: bytes) -> None:
    code = Code.make(number, luck)
    assert Code.parse(Address(f"code:{code}").code) == code


def test_every_pair_of_words_is_drawn_alike() -> None:
    count = len(WORDS) ** 2
    made = {Code.make(1, place.to_bytes(LUCK, "big")).words for place in range(0, count, 7)}
    assert len(made) == len(range(0, count, 7))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("7-guiter-ocean", "Did you mean guitar?"),
        ("7-guitar", "two words, not 1"),
        ("7-guitar-ocean-zebra", "two words, not 3"),
        ("guitar-ocean", "no number"),
        ("7-qqqqqq-ocean", "Tab completes"),
    ],
)
def test_what_was_heard_wrong_is_told_before_it_is_tried(text: str, said: str) -> None:
    with pytest.raises(AddressError, match=re.escape(said)):
        Code.parse(text)


def test_completion() -> None:
    assert complete("7-oc") == ["7-ocean-", "7-octagon-", "7-octopus-"]
    assert complete("code:7-guitar-oce") == ["code:7-guitar-ocean"]
    assert len(complete("7-")) == len(WORDS)
    assert complete("7") == complete("x-g") == complete("7-nothing-o") == []
    assert complete("7-guitar-ocean-z") == []
