"""What a word that is being typed may become: nicks, channels, commands, emoji. No I/O."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from razem.talk.faces.printable import printable
from razem.talk.faces.typed import WORDS

from .emoji import EMOJI

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Known", "Offer", "offers_for"]

_MOST: Final = 8


class Offer(NamedTuple):
    """What takes the place of the word.

    Attributes:
        shown: in the list of offers; safe.
        text: what stands there afterwards.
        start: where the word begins, in characters from the beginning of the line.
    """

    shown: str
    text: str
    start: int


class Known(NamedTuple):
    """What there is to be named: the members, those who spoke last first, and the channels."""

    speakers: Iterable[str] = ()
    members: Iterable[str] = ()
    channels: Iterable[str] = ()
    own_nick: str = ""


def offers_for(line: str, known: Known, *, first_line: bool = True) -> list[Offer]:
    """Return what the word at the end of `line` may become, the likeliest first.

    Args:
        line: of the text, up to the cursor.
        known: what there is to be named.
        first_line: it is the first line of the text: commands stand only there.
    """
    start = len(line) - len(line.rsplit(None, 1)[-1]) if line and not line[-1].isspace() else -1
    if start < 0:
        return []
    begun = line[start:]
    if begun[0] == "/" and not start and first_line:
        return [
            Offer(f"/{name} {word.usage}".rstrip(), f"/{name} ", 0)
            for name, word in WORDS.items()
            if f"/{name}".startswith(begun.lower())
        ]
    if begun[0] == "#":
        names = (n for n in known.channels if n.lower().startswith(begun.lower()))
        return [Offer(printable(name), f"{name} ", start) for name in names][:_MOST]
    if re.fullmatch(r":[a-z0-9_+-]{2,}", begun):
        found = ((n, sign) for n, sign in EMOJI.items() if n.startswith(begun[1:]))
        return [Offer(f"{sign} :{name}:", f"{sign} ", start) for name, sign in found][:_MOST]
    wanted, end = begun.removeprefix("@").lower(), ": " if not start and first_line else " "
    nicks = (nick for nick in _nicks(known) if nick.lower().startswith(wanted))
    return [Offer(printable(nick), nick + end, start) for nick in nicks][:_MOST]


def _nicks(known: Known) -> Iterable[str]:
    members = sorted(known.members, key=str.lower)
    here = set(members)
    spoke = [nick for nick in known.speakers if nick in here] if here else list(known.speakers)
    return [nick for nick in dict.fromkeys([*spoke, *members]) if nick != known.own_nick]
