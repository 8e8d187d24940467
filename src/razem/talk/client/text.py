"""Text of a person -> the texts of IRC messages, each of which fits into a line."""

from __future__ import annotations

import unicodedata
from typing import Final

__all__ = [
    "ACTION",
    "clean_text",
    "cut_line",
    "room_for_text",
    "split_text",
    "unwrap_action",
    "wrap_action",
]

# A server puts our source before the line that it relays, and cuts what is over 512 bytes then
# (Modern IRC, "Message Format"): user names have up to 11 bytes with the "~", hosts up to 63.
_USER_AND_HOST: Final = len("!") + 11 + len("@") + 63
_LINE: Final = 512
_AROUND: Final = len(": PRIVMSG  :\r\n")

ACTION: Final = "\x01ACTION "  # CTCP, as in /me
_ACTION_END: Final = "\x01"
_JOINERS: Final = frozenset("\u200d\ufe0e\ufe0f")  # ZWJ and variation selectors hold emoji together


def room_for_text(target: str, nick_bytes: int) -> int:
    """Return how many bytes of text fit into one message to `target`, however it is relayed."""
    taken = _AROUND + nick_bytes + _USER_AND_HOST + len(target.encode())
    return max(_LINE - taken, 64)


def split_text(text: str, room: int) -> list[str]:
    r"""Return the texts of the messages that say `text`: one or more for each of its lines.

    None is over `room` bytes of UTF-8. A long line is cut at a space (which is dropped) where
    there is one in the second half of what fits, else between two characters, and then never
    before a combining mark or inside a joined emoji if that can be helped. Empty lines are
    left out, since IRC has none; NUL is, too.

    >>> split_text("good morning\nall of you", 8)
    ['good', 'morning', 'all of', 'you']
    """
    text = text.encode(errors="replace").decode()  # lone surrogates cannot be sent
    parts: list[str] = []
    for line in text.replace("\0", "").replace("\r", "\n").split("\n"):
        rest = line
        while rest.strip():
            part, rest = _cut(rest, room)
            parts.append(part)
    return parts


def cut_line(line: str, room: int) -> list[str]:
    """Return the pieces of a line, none over `room` bytes, which make it again when joined."""
    pieces: list[str] = []
    rest = line
    while len(rest.encode()) > room:
        head = rest.encode()[:room].decode(errors="ignore")
        end = len(head)
        while end > max(1, len(head) // 2) and _belongs_to_previous(rest, end):
            end -= 1
        pieces.append(rest[:end])
        rest = rest[end:]
    return [*pieces, rest]


def clean_text(text: str) -> str:
    """Return the text that can be sent: line ends are line feeds, blank lines around are gone."""
    text = text.encode(errors="replace").decode().replace("\0", "")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    while lines and not lines[0].strip():
        lines.pop(0)
    return "\n".join(lines)


def wrap_action(text: str) -> str:
    """Return `text` as a /me."""
    return f"{ACTION}{text}{_ACTION_END}"


def unwrap_action(text: str) -> tuple[str, bool]:
    """Return the text of a message, and whether it is a /me."""
    if text.startswith(ACTION):
        return text[len(ACTION) :].removesuffix(_ACTION_END), True
    return text, False


def _cut(line: str, room: int) -> tuple[str, str]:
    data = line.encode()
    if len(data) <= room:
        return line, ""
    head = data[:room].decode(errors="ignore")
    if line[len(head)] == " ":
        return head.rstrip(" ") or head, line[len(head) + 1 :]
    space = head.rfind(" ")
    if space > 0 and space >= len(head) // 2:
        return head[:space], line[space + 1 :]
    end = len(head)
    while end > max(1, len(head) // 2) and _belongs_to_previous(line, end):
        end -= 1
    if _belongs_to_previous(line, end):
        end = len(head)  # nothing but marks: there is no good place
    return line[:end], line[end:]


def _belongs_to_previous(line: str, at: int) -> bool:
    character = line[at]
    return (
        character in _JOINERS
        or line[at - 1] == "\u200d"
        or unicodedata.category(character)[0] == "M"
    )
