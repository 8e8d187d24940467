"""Lines that a person types -> intents: text to say, and slash commands.

The page in the browser has the same words (hub/page/words.js); a test compares them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from .intents import (
    Close,
    Intent,
    Invite,
    Join,
    Kick,
    Leave,
    Open,
    Part,
    Say,
    Search,
    SetAway,
    SetMode,
    SetNick,
    SetTopic,
    ShowHelp,
    ShowNames,
    ShowSettings,
    ShowTopic,
    Tell,
)

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["HELP", "SHORT", "WORDS", "Word", "as_channel", "read_typed"]


class Word(NamedTuple):
    """A slash command.

    Attributes:
        usage: what stands after its name.
        help: what it does, in a few words.
        read: what follows the name, and the channel or nick it is about when it names none.
        plain: the plain face has it, too.
    """

    usage: str
    help: str
    read: Callable[[str, str], Intent]
    plain: bool = True


def as_channel(name: str) -> str:
    """Return the name of a channel, with the sign that a shell makes one leave out."""
    return name if name[0] in "#&" else f"#{name}"


def read_typed(line: str, focus: str, *, plain: bool = True) -> Intent | None:
    """Return what a typed line asks for; None for an empty one.

    Args:
        line: as typed, of one or several lines.
        focus: the channel or nick it is about when it names none.
        plain: only what the plain face can do.
    """
    text = line.strip()
    if not text:
        return None
    if not text.startswith("/") or text.startswith("//"):
        if not focus:
            return Tell(("!! we are in no channel: /join #channel",))
        return Say(focus, text.removeprefix("/") if text.startswith("//") else line.rstrip())
    name, _, rest = text[1:].partition(" ")
    word = WORDS.get(SHORT.get(name.lower(), name.lower()))
    if word is None or (plain and not word.plain):
        return Tell((f"!! there is no command /{name}: /help lists them",))
    intent = word.read(rest.strip(), focus)
    return Tell(HELP) if plain and isinstance(intent, ShowHelp) else intent


def _join(rest: str, _: str) -> Intent:
    name, _, key = rest.partition(" ")
    if not name:
        return Tell(("!! which channel? /join #channel",))
    return Join(as_channel(name), key.strip())


def _part(rest: str, focus: str) -> Intent:
    if rest.startswith("#"):
        name, _, reason = rest.partition(" ")
        return Part(name, reason.strip())
    return Part(focus, rest)


def _close(rest: str, focus: str) -> Intent:
    name = rest or focus
    return Close(name) if name else Tell(("!! there is nothing to close",))


def _msg(rest: str, _: str) -> Intent:
    target, _, text = rest.partition(" ")
    if not text.strip():
        return Tell(("!! to whom, and what? /msg NICK text",))
    return Say(target, text.strip())


def _query(rest: str, focus: str) -> Intent:
    nick, _, text = rest.partition(" ")
    return Open(nick) if nick and not text.strip() else _msg(rest, focus)


def _me(rest: str, focus: str) -> Intent:
    return Say(focus, rest, action=True) if rest else Tell(("!! what do you do? /me waves",))


def _nick(rest: str, _: str) -> Intent:
    return SetNick(rest) if rest else Tell(("!! which name? /nick NAME",))


def _topic(rest: str, focus: str) -> Intent:
    return SetTopic(focus, rest) if rest else ShowTopic(focus)


def _invite(rest: str, focus: str) -> Intent:
    return Invite(rest, focus) if rest else Tell(("!! whom? /invite NICK",))


def _kick(rest: str, focus: str) -> Intent:
    nick, _, reason = rest.partition(" ")
    return Kick(focus, nick, reason.strip()) if nick else Tell(("!! whom? /kick NICK [reason]",))


def _names(rest: str, focus: str) -> Intent:
    return ShowNames(rest or focus)


def _search(rest: str, _: str) -> Intent:
    return Search(rest)


def _mode(rest: str, focus: str) -> Intent:
    return SetMode(focus, tuple(rest.split()))


WORDS: Final[dict[str, Word]] = {
    "join": Word("#channel [key]", "enter a channel, or turn to one we are in", _join),
    "part": Word("[reason]", "leave the channel", _part),
    "close": Word(
        "", "leave the channel, or end the talk, and take it off the list", _close, plain=False
    ),
    "msg": Word("NICK text", "say something to one person only", _msg),
    "query": Word("NICK [text]", "talk with one person", _query, plain=False),
    "me": Word("does something", "say what you do", _me),
    "nick": Word("NAME", "be called otherwise", _nick),
    "topic": Word("[text]", "see the channel's topic, or change it", _topic),
    "invite": Word("NICK", "ask somebody into the channel", _invite),
    "kick": Word("NICK [reason]", "put somebody out of the channel", _kick),
    "names": Word("", "see who is in the channel", _names),
    "away": Word(
        "[text]",
        "say that you are away; without a text, that you are back",
        lambda rest, _: SetAway(rest),
    ),
    "search": Word("text", "find messages", _search, plain=False),
    "mode": Word("[+-modes …]", "see or set the modes of the channel", _mode),
    "settings": Word("", "name, theme, notifications", lambda *_: ShowSettings(), plain=False),
    "quit": Word("[reason]", "leave; so does Ctrl-D", lambda rest, _: Leave(rest)),
    "help": Word("", "this list", lambda *_: ShowHelp()),
}
SHORT: Final = {
    "?": "help",
    "exit": "quit",
    "h": "help",
    "j": "join",
    "leave": "part",
    "q": "close",
    "s": "search",
}

_COLUMN: Final = max(len(f"/{name} {word.usage}") for name, word in WORDS.items())
HELP: Final = (
    "what you type is said in the channel that stands before the line. Commands:",
    *(
        f"  {f'/{name} {word.usage}'.rstrip():{_COLUMN}}  {word.help}"
        for name, word in WORDS.items()
        if word.plain
    ),
    f"  {'//text':{_COLUMN}}  say a line that begins with a slash",
)
