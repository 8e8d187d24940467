"""Reading the configuration: a TOML file, and options on top; mistakes are named with their place.

A file is checked key by key before it is decoded whole, because the decoder does not say under
which name of a table of tables (``[operators.ana]``) the mistake is.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, get_args, get_origin

import msgspec

from razem.errors import ConfigError
from razem.hub.config import Config
from razem.hub.config_keys import Key, keys_of, value_type

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

__all__ = ["load_config", "with_options"]

_HEADER: Final = re.compile(r"\s*\[\[?([^\[\]]+)\]")
_ASSIGNMENT: Final = re.compile(r"\s*((?:[\w\-]|\"[^\"]*\"|'[^']*'|[ \t.])+?)\s*=(.*)")
_QUOTES: Final = ('"""', "'''")
_ADVICE: Final = "`razem hub --print-config` shows every key with its meaning."


class _Mistake(NamedTuple):
    """What is wrong with a file, and the key it is about."""

    path: tuple[str, ...]
    message: str


def load_config(path: Path) -> Config:
    """Read a configuration file.

    Raises:
        ConfigError: it cannot be read, is no TOML, has an unknown key or a wrong value.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"the configuration {path} cannot be read: {error.strerror}.",
            advice="Check the path given with --config.",
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"the configuration {path} is not UTF-8: {error}.") from error
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not valid TOML: {error}.") from error
    mistake = next(_mistakes(table, Config, ()), None)
    if mistake is None:
        try:
            return msgspec.convert(table, Config)
        except msgspec.ValidationError as error:
            mistake = _mistake_of_table(error, ())
    number = _line_of(text, mistake.path)
    where = f"{path}, line {number}" if number else str(path)
    raise ConfigError(f"{where}: {mistake.message}.", advice=_ADVICE)


def with_options(config: Config, options: Mapping[str, object]) -> Config:
    """Return the configuration with some keys changed, as options of the command line do.

    Args:
        config: read from a file, or the defaults.
        options: values by key; of a table by dotted key, as in ``tls.key``.

    Raises:
        ConfigError: a value is wrong.
    """
    table: dict[str, Any] = msgspec.to_builtins(config)
    for dotted, value in options.items():
        *sections, key = dotted.split(".")
        place = table
        for section in sections:
            place = place[section]
        place[key] = value
    mistake = next(_mistakes(table, Config, ()), None)
    if mistake is None:
        try:
            return msgspec.convert(table, Config)
        except msgspec.ValidationError as error:
            mistake = _mistake_of_table(error, ())
    raise ConfigError(f"the options: {mistake.message}.", advice=_ADVICE)


def _mistakes(
    table: Mapping[str, Any], kind: type[msgspec.Struct], path: tuple[str, ...]
) -> Iterator[_Mistake]:
    """Yield what is wrong with the keys of a table, in their order."""
    keys = keys_of(kind)
    for name, value in table.items():
        here = (*path, name)
        key = keys.get(name)
        if key is None:
            yield _Mistake(here, _unknown(name, keys, path))
        elif key.table is None:
            yield from _value_mistakes(value, key, here)
        elif not isinstance(value, dict):
            yield _Mistake(here, f"`{'.'.join(here)}` is a table, not {_shown(value)}")
        elif not key.named:
            yield from _table_mistakes(value, key.table, here)
        else:
            for each, inner in value.items():
                if isinstance(inner, dict):
                    yield from _table_mistakes(inner, key.table, (*here, each))
                else:
                    shown = f"`{'.'.join((*here, each))}`"
                    yield _Mistake((*here, each), f"{shown} is a table, not {_shown(inner)}")


def _table_mistakes(
    table: Mapping[str, Any], kind: type[msgspec.Struct], path: tuple[str, ...]
) -> Iterator[_Mistake]:
    """Yield what is wrong with a table within the file: its keys, then itself."""
    found = False
    for mistake in _mistakes(table, kind, path):
        found = True
        yield mistake
    if not found:
        try:
            msgspec.convert(table, kind)
        except msgspec.ValidationError as error:
            yield _mistake_of_table(error, path)


def _mistake_of_table(error: msgspec.ValidationError, path: tuple[str, ...]) -> _Mistake:
    """Read what a table has against itself as a whole; the key it is about stands in backquotes."""
    message = str(error).partition(" - at `$")[0]
    if missing := re.search(r"missing required field `(.+)`", message):
        return _Mistake(path, f"`{'.'.join(path)}` needs a `{missing[1]}`")
    named = re.search(r"`(\w+)`", message)
    return _Mistake((*path, named[1]) if named else path, message)


def _unknown(name: str, keys: Mapping[str, Key], path: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(name, keys, 1)
    if near:
        return f"unknown key `{name}`; the nearest is `{near[0]}`"
    # It may be known, in another table.
    for section, key in keys_of(Config).items():
        if key.table is not None and not key.named and name in keys_of(key.table):
            return f"unknown key `{name}`; it belongs into [{section}]"
    if path and name in keys_of(Config):
        return f"unknown key `{name}` in [{'.'.join(path)}]; it belongs before the first table"
    return f"unknown key `{name}`"


def _value_mistakes(value: Any, key: Key, path: tuple[str, ...]) -> Iterator[_Mistake]:
    try:
        msgspec.convert(value, key.type)
    except msgspec.ValidationError as error:
        message = str(error).partition(" - at `$")[0]
        message = f"`{'.'.join(path)}`: {message[:1].lower()}{message[1:]}"
        kind = value_type(key.type)
        if get_origin(kind) is Literal:
            known = get_args(kind)
            message += f"; it is one of {', '.join(known)}"
        yield _Mistake(path, message)


def _shown(value: object) -> str:
    return {dict: "a table", list: "a list", str: "text", bool: "true or false"}.get(
        type(value), "a number"
    )


def _line_of(text: str, wanted: tuple[str, ...]) -> int:
    """Return the number of the line that gives a key its value, or opens its table; or 0.

    A table of which only what is in it stands in the file (``[operators.ana]``) is opened there.
    """
    best = 0
    for number, path, is_header in _places(text):
        if path[: len(wanted)] == wanted:
            return number
        if not is_header and wanted[: len(path)] == path:  # an inline table
            best = number
    return best


def _places(text: str) -> Iterator[tuple[int, tuple[str, ...], bool]]:
    """Yield the lines that open a table or give a key its value: number, path, and which of it."""
    section: tuple[str, ...] = ()
    inside = ""  # the quotes of a text of several lines
    for number, line in enumerate(text.splitlines(), 1):
        if inside:
            inside = "" if inside in line else inside
        elif header := _HEADER.match(line):
            section = _parts(header[1])
            yield number, section, True
        elif assignment := _ASSIGNMENT.match(line):
            yield number, (*section, *_parts(assignment[1])), False
            opened = [quotes for quotes in _QUOTES if assignment[2].count(quotes) == 1]
            inside = "".join(opened)


def _parts(dotted: str) -> tuple[str, ...]:
    """Return the parts of a dotted key (TOML 1.0, "Keys")."""
    found = re.findall(r"\"([^\"]*)\"|'([^']*)'|([\w\-]+)", dotted)
    return tuple("".join(part) for part in found)
