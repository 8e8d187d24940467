"""Words as they are searched for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from razem.talk.log.words import contains, phrases, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("  ...  ", []),
        ("Hello, World!", ["hello", "world"]),
        ("don't", ["don", "t"]),
        ("snake_case", ["snake", "case"]),
        ("ÅNGSTRÖM élève", ["angstrom", "eleve"]),
        ("Straße STRASSE", ["strasse", "strasse"]),
        ("ﬁne ½ x²", ["fine", "1", "2", "x2"]),
        ("Привет, Ёж", ["привет", "еж"]),
        ("日本語", ["日", "本", "語"]),
        ("ab東cd", ["ab", "東", "cd"]),
        ("한국어 말", ["한국어", "말"]),
        ("\x0304,05red\x03 \x02bold\x02 \x04ff0000x", ["red", "bold", "x"]),
        ("a\nb\r\nc", ["a", "b", "c"]),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", []),
        ("?!", []),
        ("one two", [("one",), ("two",)]),
        ('"one two" three', [("one", "two"), ("three",)]),
        ('"one two', [("one", "two")]),
        ("don't", [("don", "t")]),
        ('""', []),
    ],
)
def test_phrases(query: str, expected: list[tuple[str, ...]]) -> None:
    assert phrases(query) == expected


@given(st.text(), st.text())
def test_a_text_contains_itself_and_what_is_in_it_stays_when_more_comes(
    text: str, more: str
) -> None:
    found = words(text)
    if found:
        assert contains(found, tuple(found))
        assert contains(words(f"{more} {text} {more}"), (found[0],))
    assert all(word and word == "".join(words(word)) for word in found)
