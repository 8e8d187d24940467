"""What happens around the talk, in the words that both faces use: «ana came in». No I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from razem.talk.client.events import (
    ChannelRenamed,
    Joined,
    Kicked,
    ModeChanged,
    NickChanged,
    Parted,
    Quit,
    TopicChanged,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from razem.talk.client.events import Event

__all__ = ["tell", "together"]

_FEW: Final = 3  # people who are named; of more, two


def tell(event: Event) -> tuple[str, str]:
    """Return who did something to a channel, and what; "" for what is not told so."""
    match event:
        case Joined(nick=nick):
            return nick, f"{nick} came in"
        case Parted(nick=nick, reason=reason):
            return nick, f"{nick} left{_because(reason)}"
        case Quit(nick=nick, reason=reason):
            return nick, f"{nick} is gone{_because(reason)}"
        case Kicked(nick=nick, by=by, reason=reason):
            return by, f"{by} put {nick} out{_because(reason if reason != nick else '')}"
        case NickChanged(old=old, new=new):
            return old, f"{old} is called {new} now"
        case TopicChanged(topic=topic, by=by) if by:
            return by, f"{by} set the topic: {topic}" if topic else f"{by} took the topic away"
        case ModeChanged(modes=modes, by=by):
            return by, f"{by} set {modes}"
        case ChannelRenamed(old=old, new=new, by=by):
            return by, f"{by} renamed {old} to {new}"
    return "", ""


# What a told line has in it, and how several of them are put together: of one, of several.
_KINDS: Final = (
    (" came in", "came in", "came in"),
    (" left", "left", "left"),
    (" is gone", "is gone", "are gone"),
    (" is called ", "changed names", "changed names"),
    (" put ", "put others out", "put others out"),
    (" set ", "changed settings", "changed settings"),
)


def together(told: Sequence[tuple[str, str]]) -> str:
    """Return many happenings, each as `tell` gives it, in one quiet line.

    >>> together([("bo", "bo came in"), ("cy", "cy came in"), ("bo", "bo left")])
    'bo, cy came in · bo left'
    """
    if len(told) <= 2:
        return " · ".join(text for _, text in told)
    groups: dict[tuple[str, str], dict[str, None]] = {}
    for who, text in told:
        found = (kind[1:] for kind in _KINDS if text[len(who) :].startswith(kind[0]))
        verbs = next(found, ("did something", "did something"))
        groups.setdefault(verbs, {})[who] = None
    return " · ".join(_group(list(who), *verbs) for verbs, who in groups.items())


def _group(who: list[str], of_one: str, of_many: str) -> str:
    if len(who) == 1:
        return f"{who[0]} {of_one}"
    if len(who) <= _FEW:
        return f"{', '.join(who)} {of_many}"
    return f"{', '.join(who[:2])} and {len(who) - 2} others {of_many}"


def _because(reason: str) -> str:
    return f" ({reason})" if reason else ""
