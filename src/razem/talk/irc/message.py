"""IRC messages: text <-> values, no I/O (RFC 1459 2.3.1, Modern IRC, IRCv3 message-tags)."""

from __future__ import annotations

from typing import Final

import msgspec

from razem.errors import RemoteProtocolError

__all__ = ["Message", "MessageError", "escape_tag_value", "format_tags", "parse_tags"]

_ESCAPES: Final = {";": r"\:", " ": r"\s", "\\": r"\\", "\r": r"\r", "\n": r"\n"}
_UNESCAPES: Final = {":": ";", "s": " ", "\\": "\\", "r": "\r", "n": "\n"}
_ESCAPE_TABLE: Final = str.maketrans(_ESCAPES)
_FORBIDDEN: Final = frozenset("\r\n\0")


class MessageError(RemoteProtocolError):
    """A line that is no IRC message: it has no command."""


class Message(msgspec.Struct, frozen=True):
    """One IRC message: a value.

    >>> message = Message.parse("@label=7 :ana!a@host PRIVMSG #net :good morning")
    >>> message.command, message.params, message.tags, message.source
    ('PRIVMSG', ('#net', 'good morning'), {'label': '7'}, 'ana!a@host')
    >>> message.format()
    '@label=7 :ana!a@host PRIVMSG #net :good morning'

    Attributes:
        command: upper case, or three digits.
        params: the parameters, the trailing one like any other.
        tags: unescaped; a tag without a value has "".
        source: ``nick!user@host``, a server's name, or "".
    """

    command: str
    params: tuple[str, ...] = ()
    tags: dict[str, str] = {}
    source: str = ""

    @classmethod
    def parse(cls, line: str) -> Message:
        """Read one line, given without its line end.

        Raises:
            MessageError: there is no command in it.
        """
        tags: dict[str, str] = {}
        source = ""
        rest = line
        if rest.startswith("@"):
            text, _, rest = rest[1:].partition(" ")
            tags = parse_tags(text)
            rest = rest.lstrip(" ")
        if rest.startswith(":"):
            source, _, rest = rest[1:].partition(" ")
        head, colon, trailing = rest.partition(" :")
        words = head.split(" ")
        if "" in words:  # several spaces in a row separate like one
            words = [word for word in words if word]
        if not words:
            raise MessageError(f"an IRC line without a command: {line[:80]!r}")
        command = words[0].upper()
        if colon:
            words.append(trailing)
        return cls(command, tuple(words[1:]), tags, source)

    def format(self) -> str:
        """Return the line without its line end.

        Raises:
            ValueError: a part cannot stand in a line: a line end or NUL anywhere, a space, an
                empty text or a leading colon in any parameter but the last.
        """
        parts = [format_tags(self.tags)] if self.tags else []
        if self.source:
            parts.append(f":{self.source}")
        parts.append(self.command)
        if self.params:
            *middle, last = self.params
            for word in middle:
                if not word or word[0] == ":" or " " in word:
                    raise ValueError(f"only the last parameter may be {word!r}")
            parts += middle
            plain = last and last[0] != ":" and " " not in last
            parts.append(last if plain else f":{last}")
        line = " ".join(parts)
        if not _FORBIDDEN.isdisjoint(line):
            raise ValueError(f"a line end or NUL inside an IRC message: {line[:80]!r}")
        return line

    def param(self, index: int, default: str = "") -> str:
        """Return the parameter at `index`, or `default` where there is none."""
        return self.params[index] if index < len(self.params) else default


def parse_tags(text: str) -> dict[str, str]:
    """Read the tags of a line, given without the leading ``@`` (IRCv3 message-tags)."""
    tags = {}
    for item in text.split(";"):
        key, _, value = item.partition("=")
        if key:
            tags[key] = _unescape(value) if "\\" in value else value
    return tags


def format_tags(tags: dict[str, str]) -> str:
    """Return ``@key=value;…``, escaped."""
    return "@" + ";".join(
        f"{key}={escape_tag_value(value)}" if value else key for key, value in tags.items()
    )


def escape_tag_value(value: str) -> str:
    """Return `value` as it stands in a line (IRCv3 message-tags, "Escaping values")."""
    return value.translate(_ESCAPE_TABLE)


def _unescape(value: str) -> str:
    """Undo the escaping; a lone backslash at the end is dropped, as the specification says."""
    out = []
    characters = iter(value)
    for character in characters:
        if character == "\\":
            following = next(characters, "")
            out.append(_UNESCAPES.get(following, following))
        else:
            out.append(character)
    return "".join(out)
