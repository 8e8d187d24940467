"""The colours of the terminal face: those of the page. Contrast of text: 4.5 to 1 or more."""

from __future__ import annotations

from typing import Final, NamedTuple

__all__ = ["DARK", "LIGHT", "Palette", "nick_colour"]


class Palette(NamedTuple):
    """Colours, each as ``#rrggbb``; those of nicks, twelve."""

    name: str
    dark: bool
    ground: str
    raised: str
    hover: str
    edge: str
    text: str
    quiet: str
    accent: str
    on_accent: str
    mention: str
    mention_edge: str
    warning: str
    bad: str
    good: str
    code: str
    nicks: tuple[str, ...]


LIGHT: Final = Palette(
    name="razem-light",
    dark=False,
    ground="#ffffff",
    raised="#f4f5f8",
    hover="#e9ebf1",
    edge="#d7dae3",
    text="#1c1f2a",
    quiet="#5a6072",
    accent="#3452c7",
    on_accent="#ffffff",
    mention="#fff4d6",
    mention_edge="#d9a21b",
    warning="#7d5a00",
    bad="#b3261e",
    good="#1a7f4b",
    code="#f0f1f5",
    nicks=(
        *("#b3261e", "#a04a00", "#7d5a00", "#4f6a00", "#1a7431", "#00726b"),
        *("#006a96", "#2457c5", "#5b45c9", "#8a34b0", "#a82a7b", "#5a6072"),
    ),
)
DARK: Final = Palette(
    name="razem-dark",
    dark=True,
    ground="#171a22",
    raised="#1f232d",
    hover="#2a2f3c",
    edge="#353b4a",
    text="#e6e8ef",
    quiet="#a2a9bb",
    accent="#8ea6ff",
    on_accent="#10131c",
    mention="#3a3218",
    mention_edge="#e0b040",
    warning="#e8c35a",
    bad="#ff8a80",
    good="#6fd6a0",
    code="#262b37",
    nicks=(
        *("#ff8a80", "#ffab70", "#e8c35a", "#b9d65c", "#7fd68e", "#5fd3c7"),
        *("#6cc7f0", "#8fb0ff", "#b3a4ff", "#d79cf5", "#f596cf", "#a2a9bb"),
    ),
)


def nick_colour(nick: str) -> int:
    """Return which of the twelve colours a nick has: as on the page, ``ana_`` and ``ana2`` too."""
    hash_ = 5381
    for character in nick.lower().rstrip("_0123456789"):
        hash_ = (hash_ * 33 + ord(character)) & 0xFFFFFFFF
    return hash_ % 12
