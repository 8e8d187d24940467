"""Who may do what in a channel, by status: owner, admin, operator, half operator, voice. No I/O.

The rules are those of Ergo and UnrealIRCd: an owner may do everything, an admin everything but
to owners and admins; operators may do to each other what they like, half operators may not.
"""

from __future__ import annotations

from typing import Final

__all__ = ["LETTERS", "at_least", "highest", "may_act_on", "may_set", "with_letter", "without"]

LETTERS: Final = "qaohv"  # highest first
_RULES_OVER: Final = {"q": "qaohv", "a": "ohv", "o": "ohv", "h": "v"}
# What a half operator may set; the rest is for operators.
_HALF_OPERATORS: Final = "beIiklmnt"


def highest(status: str) -> str:
    """Return the highest letter of a status, or "" of one without any."""
    return status[:1]  # they are kept in order


def at_least(status: str, letter: str) -> bool:
    """Tell whether a status is that of `letter` or more."""
    return bool(status) and LETTERS.index(status[0]) <= LETTERS.index(letter)


def may_act_on(status: str, other: str) -> bool:
    """Tell whether one of `status` may put out one of status `other`."""
    power = _RULES_OVER.get(highest(status))
    return power is not None and (not other or other[0] in power)


def may_set(status: str, letter: str) -> bool:
    """Tell whether one of `status` may change the channel mode `letter`, also for others."""
    if letter in LETTERS:
        return letter in _RULES_OVER.get(highest(status), "")
    return at_least(status, "h" if letter in _HALF_OPERATORS else "o")


def with_letter(status: str, letter: str) -> str:
    """Return a status with one more letter ("": as it is), in order."""
    return "".join(one for one in LETTERS if one in status or one == letter)


def without(status: str, letter: str) -> str:
    """Return a status with one letter less."""
    return status.replace(letter, "")
