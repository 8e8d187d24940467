"""What the terminal and the page in the browser have in common is the same in both."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import razem
from razem.talk.faces.screen.emoji import EMOJI, REACTIONS
from razem.talk.faces.screen.palette import DARK, LIGHT, Palette, nick_colour
from razem.talk.faces.typed import SHORT, WORDS

PAGE = Path(razem.__file__).parent / "hub" / "page"


def page(name: str) -> str:
    return (PAGE / name).read_text("utf-8")


def test_the_words_are_the_same() -> None:
    words = re.findall(r'^word\("(\w+)", "([^"]*)", "([^"]*)"', page("words.js"), re.MULTILINE)
    assert len(words) > 10
    for name, usage, help_ in words:
        assert (WORDS[name].usage, WORDS[name].help) == (usage, help_), name
    short = re.search(r"SHORT = \{(.*?)\}", page("words.js"))
    assert short is not None
    for name, means in re.findall(r'"?(\w+|\?)"?: "(\w+)"', short[1]):
        assert SHORT.get(name, name) in {means, "query"}, name  # here, /query may have no text


def test_the_emoji_are_the_same() -> None:
    source = page("emoji.js")
    table = source[source.index("(\n") : source.index(")\n    .split")]
    words = " ".join(re.findall(r'"([^"]*)"', table)).split()
    assert dict(zip(words[::2], words[1::2], strict=True)) == EMOJI
    reactions = re.search(r"REACTIONS = \[(.*?)\]", source)
    assert reactions is not None
    assert tuple(re.findall(r'"([^"]+)"', reactions[1])) == REACTIONS


@pytest.mark.parametrize("palette", [DARK, LIGHT])
def test_the_colours_are_the_same(palette: Palette) -> None:
    sheet = page("base.css")
    start = sheet.index('[data-theme="dark"]') if palette.dark else 0
    block = sheet[start : sheet.index("}", start)]
    colours = dict(re.findall(r"--([\w-]+): (#\w{6});", block))
    for name in ("ground", "raised", "hover", "edge", "text", "quiet", "accent", "mention", "code"):
        assert getattr(palette, name) == colours[name], name
    nicks = tuple(colours.get(f"n{number}", "") for number in range(12))
    assert all(ours == theirs for ours, theirs in zip(palette.nicks, nicks, strict=True) if theirs)


def brightness(colour: str) -> float:
    """Return the relative luminance of a colour (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((brightness(one), brightness(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("palette", [DARK, LIGHT])
def test_text_can_be_read(palette: Palette) -> None:
    """WCAG 2.2 AA: 4.5 to 1."""
    on_ground = (palette.text, palette.quiet, palette.accent, palette.bad, palette.warning)
    for colour in (*on_ground, *palette.nicks):
        assert contrast(colour, palette.ground) >= 4.5, colour
    for ground in (palette.raised, palette.mention, palette.hover, palette.code):
        assert contrast(palette.text, ground) >= 4.5
    assert contrast(palette.warning, palette.mention) >= 4.5
    assert contrast(palette.on_accent, palette.accent) >= 4.5


def test_nicks_have_one_colour_in_both() -> None:
    # As colourOf of text.js gives it (hash * 33 + character, modulo 2 ** 32, modulo 12).
    assert nick_colour("ana") == nick_colour("Ana_") == nick_colour("ana2")
    hash_ = 5381
    for character in "bo":
        hash_ = (hash_ * 33 + ord(character)) % 2**32
    assert nick_colour("bo") == hash_ % 12
