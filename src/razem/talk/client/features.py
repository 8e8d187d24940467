"""What a server says of itself: RPL_ISUPPORT (005), as far as a client needs it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Features"]

_ASCII: Final = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
# Modern IRC "CASEMAPPING": []\~ are the upper case of {}|^ in rfc1459; strict leaves out ~^.
_STRICT: Final = _ASCII | str.maketrans("[]\\", "{}|")
_RFC1459: Final = _STRICT | str.maketrans("~", "^")
_MAPPINGS: Final = {"ascii": _ASCII, "rfc1459": _RFC1459, "rfc1459-strict": _STRICT}

_PREFIX: Final = re.compile(r"\(([A-Za-z]*)\)(\S*)")
_MAX_NICK: Final = 64  # a longer NICKLEN says nothing to us


class Features:
    """The features of one server, with the defaults of Modern IRC until it has spoken."""

    def __init__(self) -> None:
        self.network = ""
        self.channel_types = "#&"
        self.history_limit = 0  # messages a question for history may ask for; 0: not limited
        self.nick_length = 30
        self.whox = False
        self.prefixes = {"o": "@", "v": "+"}  # of a member's modes, the highest rank first
        self._lists = frozenset("b")
        self._with_argument = frozenset("bkov")
        self._only_set_with_argument = frozenset("l")
        self._mapping = _RFC1459

    def learn(self, tokens: Iterable[str]) -> None:
        """Take the tokens of one RPL_ISUPPORT line."""
        for token in tokens:
            key, _, value = token.partition("=")
            match key:
                case "CASEMAPPING":
                    self._mapping = _MAPPINGS.get(value, _RFC1459)
                case "CHANTYPES":
                    self.channel_types = value
                case "CHANMODES":
                    self._learn_modes(value)
                case "CHATHISTORY" | "draft/CHATHISTORY":
                    self.history_limit = _number(value, 0)
                case "NETWORK":
                    self.network = value
                case "NICKLEN":
                    self.nick_length = min(_number(value, self.nick_length), _MAX_NICK)
                case "PREFIX":
                    self._learn_prefixes(value)
                case "WHOX":
                    self.whox = True

    def fold(self, name: str) -> str:
        """Return the form under which the server compares names."""
        return name.translate(self._mapping)

    def is_channel(self, name: str) -> bool:
        """Tell whether a target is a channel."""
        return bool(name) and name[0] in self.channel_types

    def without_status(self, target: str) -> str:
        """Return the channel that ``@#channel`` (to its operators only) belongs to."""
        bare = target.lstrip("".join(self.prefixes.values()))
        return bare if bare != target and self.is_channel(bare) else target

    def takes_argument(self, mode: str, *, adding: bool) -> bool:
        """Tell whether a channel mode has a parameter in a MODE line (Modern IRC, CHANMODES)."""
        if mode in self._with_argument or mode in self.prefixes:
            return True
        return adding and mode in self._only_set_with_argument

    def is_list(self, mode: str) -> bool:
        """Tell whether a channel mode is a list, such as that of the bans."""
        return mode in self._lists

    def _learn_modes(self, value: str) -> None:
        lists, always, setting, *_ = [*value.split(","), "", "", ""]
        self._lists = frozenset(lists)
        self._with_argument = frozenset(lists + always)
        self._only_set_with_argument = frozenset(setting)

    def _learn_prefixes(self, value: str) -> None:
        found = _PREFIX.fullmatch(value)
        if found is not None:
            self.prefixes = dict(zip(found[1], found[2], strict=False))


def _number(text: str, otherwise: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else otherwise
