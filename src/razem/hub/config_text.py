"""The configuration as a TOML file with a comment for every key."""

from __future__ import annotations

import json
import re
import textwrap
from typing import TYPE_CHECKING, Any, Final

import msgspec

from razem.hub.config_keys import Key, keys_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from razem.hub.config import Config

__all__ = ["config_text"]

_WIDTH: Final = 78
_HEAD: Final = """\
# The configuration of a hub (TOML 1.0), for `razem hub --config FILE`.
# Every key is here with its default, or with what the options said; a file needs only those that
# it changes. Options on the command line come before the file. SIGHUP, or `razem hub reload`,
# reads it again.
"""
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")  # a key that needs no quotes


def config_text(config: Config) -> str:
    """Return a file that decodes to `config`, with every key that there is, and its meaning."""
    return "\n".join([_HEAD, *_table(config, ())]) + "\n"


def _table(values: msgspec.Struct, path: tuple[str, ...]) -> Iterator[str]:
    """Yield the lines of a table: first its own keys, then the tables within."""
    keys = keys_of(type(values))
    for key in keys.values():
        if key.table is None:
            yield from _comment(key.meaning)
            yield f"{_name(key.name)} = {_value(getattr(values, key.name))}"
            yield ""
    for key in keys.values():
        if key.table is not None:
            value = getattr(values, key.name)
            here = (*path, key.name)
            yield from _comment(key.meaning)
            if key.named:
                yield from _named_tables(value, key.table, here)
            else:
                yield _header(here)
                yield ""
                yield from _table(value, here)


def _named_tables(
    tables: dict[str, msgspec.Struct], kind: type[msgspec.Struct], path: tuple[str, ...]
) -> Iterator[str]:
    """Yield the tables of one kind; if there is none, an example as a comment."""
    for name, table in tables.items():
        yield _header((*path, name))
        yield ""
        yield from _table(table, (*path, name))
    if not tables:
        yield f"#{_header((*path, 'NAME'))}"
        for key in keys_of(kind).values():
            yield from _comment(key.meaning)
            yield f"#{_name(key.name)} = {_value(_shown(key))}"
        yield ""


def _shown(key: Key) -> Any:
    return key.example if key.default is msgspec.NODEFAULT else key.default


def _comment(text: str) -> list[str]:
    return textwrap.wrap(
        text, _WIDTH, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False
    )


def _header(path: tuple[str, ...]) -> str:
    return f"[{'.'.join(map(_name, path))}]"


def _name(key: str) -> str:
    return key if _BARE.fullmatch(key) else _text(key)


def _value(value: Any) -> str:
    if isinstance(value, str):
        return _lines(value) if "\n" in value else _text(value)
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return json.dumps(value)  # numbers, true and false are written as in JSON


def _text(text: str) -> str:
    """Return a basic string; JSON's escapes are among TOML's, but for DEL and surrogate pairs."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")


def _lines(text: str) -> str:
    """Return a string of several lines (TOML: a newline after the opening quotes is dropped)."""
    lines = "\n".join(_text(line)[1:-1] for line in text.split("\n"))
    return f'"""\n{lines}"""'
