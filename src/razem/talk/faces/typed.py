"""Lines that a person types -> intents: text to say, and slash commands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .intents import (
    Intent,
    Join,
    Leave,
    Part,
    Say,
    SetNick,
    SetTopic,
    ShowNames,
    ShowTopic,
    Tell,
)

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["HELP", "read_typed"]

HELP: Final = (
    "what you type is said in the channel that stands before the line. Commands:",
    "  /join #channel [key]   enter a channel, or turn to one we are in",
    "  /part [reason]         leave the channel",
    "  /msg NICK text         say something to one person only",
    "  /me does something     say what you do",
    "  /nick NAME             be called otherwise",
    "  /topic [text]          see the channel's topic, or change it",
    "  /names                 see who is in the channel",
    "  /quit [reason]         leave; so do Ctrl-D and Ctrl-C",
    "  //text                 say a line that begins with a slash",
)


def read_typed(line: str, focus: str) -> Intent | None:
    """Return what a typed line asks for; None for an empty one.

    Args:
        line: as typed, of one or several lines.
        focus: the channel it is about when it names none.
    """
    text = line.strip()
    if not text:
        return None
    if not text.startswith("/") or text.startswith("//"):
        if not focus:
            return Tell(("!! we are in no channel: /join #channel",))
        return Say(focus, text.removeprefix("/") if text.startswith("//") else line.rstrip())
    word, _, rest = text[1:].partition(" ")
    command = _COMMANDS.get(word.lower())
    if command is None:
        return Tell((f"!! there is no command /{word}: /help lists them",))
    return command(rest.strip(), focus)


def _join(rest: str, _: str) -> Intent:
    name, _, key = rest.partition(" ")
    if not name:
        return Tell(("!! which channel? /join #channel",))
    return Join(name if name[0] in "#&" else f"#{name}", key.strip())


def _part(rest: str, focus: str) -> Intent:
    if rest.startswith("#"):
        name, _, reason = rest.partition(" ")
        return Part(name, reason.strip())
    return Part(focus, rest)


def _msg(rest: str, _: str) -> Intent:
    target, _, text = rest.partition(" ")
    if not text.strip():
        return Tell(("!! to whom, and what? /msg NICK text",))
    return Say(target, text.strip())


def _me(rest: str, focus: str) -> Intent:
    return Say(focus, rest, action=True) if rest else Tell(("!! what do you do? /me waves",))


def _nick(rest: str, _: str) -> Intent:
    return SetNick(rest) if rest else Tell(("!! which name? /nick NAME",))


def _topic(rest: str, focus: str) -> Intent:
    return SetTopic(focus, rest) if rest else ShowTopic(focus)


def _names(rest: str, focus: str) -> Intent:
    return ShowNames(rest or focus)


def _quit(rest: str, _: str) -> Intent:
    return Leave(rest)


def _help(_: str, __: str) -> Intent:
    return Tell(HELP)


_COMMANDS: Final[dict[str, Callable[[str, str], Intent]]] = {
    "exit": _quit,
    "help": _help,
    "j": _join,
    "join": _join,
    "me": _me,
    "msg": _msg,
    "names": _names,
    "nick": _nick,
    "part": _part,
    "query": _msg,
    "quit": _quit,
    "topic": _topic,
}
