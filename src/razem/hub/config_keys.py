"""What keys a table of the configuration may have: name, type, meaning and default of each."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any, NamedTuple, get_args, get_origin, get_type_hints

import msgspec

__all__ = ["Key", "keys_of", "value_type"]


class Key(NamedTuple):
    """One key of a table.

    Attributes:
        name: as it stands in the file.
        type: as msgspec decodes it.
        meaning: a sentence or more, for people.
        example: where there is no default, a value to show; else None.
        default: the value where the file says nothing; `msgspec.NODEFAULT` where it has to.
        table: what it may hold, if it is a table itself; else None.
        named: the table holds tables of that kind, by name.
    """

    name: str
    type: Any
    meaning: str
    example: Any
    default: Any
    table: type[msgspec.Struct] | None
    named: bool


@cache
def keys_of(kind: type[msgspec.Struct]) -> dict[str, Key]:
    """Return the keys of a table by name, in the order in which they are declared."""
    hints = get_type_hints(kind, include_extras=True)
    return {
        field.encode_name: _key(field, hints[field.name]) for field in msgspec.structs.fields(kind)
    }


def value_type(annotated: Any) -> Any:
    """Return a type without what is said about it."""
    while get_origin(annotated) is Annotated:
        annotated = get_args(annotated)[0]
    return annotated


def _key(field: msgspec.structs.FieldInfo, hint: Any) -> Key:
    notes = [note for note in getattr(hint, "__metadata__", ()) if isinstance(note, msgspec.Meta)]
    meaning = next((note.description for note in reversed(notes) if note.description), "")
    examples = next((note.examples for note in reversed(notes) if note.examples), None)
    default = field.default
    if field.default_factory is not msgspec.NODEFAULT:
        default = field.default_factory()
    plain = value_type(hint)
    named = get_origin(plain) is dict
    inner = get_args(plain)[1] if named else plain
    is_table = isinstance(inner, type) and issubclass(inner, msgspec.Struct)
    return Key(
        field.encode_name,
        hint,
        meaning,
        examples[0] if examples else None,
        default,
        inner if is_table else None,
        named and is_table,
    )
