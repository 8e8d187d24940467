from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from razem.talk.faces.printable import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("good morning", "good morning"),
        ("grüß dich, добрий день, 👩‍🚀", "grüß dich, добрий день, 👩‍🚀"),
        ("\x1b[2J\x07", "␛[2J␇"),
        ("a\tb\r\n", "a b␍␊"),
        ("\x7f\x9b31m", "␡<U+009B>31m"),
        ("\u202eevil\u2066", "<U+202E>evil<U+2066>"),
        ("\x02bold\x0f \x0304,12red\x03 \x04ff0000x", "bold red x"),
        ("\u2028\ud800", "<U+2028><U+D800>"),
        ("\u200bzero", "<U+200B>zero"),
    ],
)
def test_what_acts_on_a_terminal_is_shown_instead(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text())
def test_nothing_that_acts_is_left(text: str) -> None:
    for character in printable(text):
        category = unicodedata.category(character)
        assert category not in {"Cc", "Cs", "Zl", "Zp", "Co", "Cn"}
        assert category != "Cf" or character in "\u200c\u200d"
