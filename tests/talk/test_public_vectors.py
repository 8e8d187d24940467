"""The public vectors for programs that read IRC: messages, sources, masks, host names.

They are in the package irc-parser-tests (Daniel Oaks and others, CC0 1.0); each test reads all
vectors of one kind.
"""

from __future__ import annotations

from typing import Any

import pytest

from razem.talk.irc.masks import matches, split_source
from razem.talk.irc.message import Message
from razem.talk.irc.names import valid_hostname

data: Any = pytest.importorskip("parser_tests.data", reason="irc-parser-tests is not installed")


def vectors(kind: str) -> list[Any]:
    """Return the vectors of a kind; there are some."""
    found: list[Any] = getattr(data, kind)["tests"]
    assert len(found) >= 5
    return found


def message(atoms: dict[str, Any]) -> Message:
    verb, params = atoms["verb"].upper(), tuple(atoms.get("params") or ())
    return Message(verb, params, atoms.get("tags") or {}, atoms.get("source") or "")


@pytest.mark.parametrize("vector", vectors("msg_split"), ids=lambda vector: vector["input"])
def test_a_line_is_read(vector: dict[str, Any]) -> None:
    assert Message.parse(vector["input"]) == message(vector["atoms"])


@pytest.mark.parametrize("vector", vectors("msg_join"), ids=lambda vector: vector["matches"][0])
def test_a_message_is_written(vector: dict[str, Any]) -> None:
    written = message(vector["atoms"])
    lines = [Message.parse(line) for line in vector["matches"]]
    assert Message.parse(written.format()) == written
    assert lines == [written] * len(lines)
    wanted = {_upper_verb(line, vector["atoms"]["verb"]) for line in vector["matches"]}
    assert written.format() in wanted


def _upper_verb(line: str, verb: str) -> str:
    """Commands are written in upper case here; a vector may have another."""
    return line.replace(verb, verb.upper(), 1)


@pytest.mark.parametrize("vector", vectors("userhost_split"), ids=lambda vector: vector["source"])
def test_a_source_is_split(vector: dict[str, Any]) -> None:
    atoms = vector["atoms"]
    assert split_source(vector["source"]) == tuple(
        atoms.get(part, "") for part in ("nick", "user", "host")
    )


@pytest.mark.parametrize("vector", vectors("mask_match"), ids=lambda vector: vector["mask"])
def test_a_mask_fits(vector: dict[str, Any]) -> None:
    assert [text for text in vector["matches"] if not matches(vector["mask"], text)] == []
    assert [text for text in vector["fails"] if matches(vector["mask"], text)] == []


@pytest.mark.parametrize("vector", vectors("validate_hostname"), ids=lambda vector: vector["host"])
def test_a_host_name_is_one(vector: dict[str, Any]) -> None:
    assert valid_hostname(vector["host"]) is vector["valid"]


@pytest.mark.parametrize(
    "host", ["a" * 64 + ".net", "a." * 126 + "net", "a..net", "a.net.", "é.net"]
)
def test_what_is_too_long_or_empty_is_no_host_name(host: str) -> None:
    assert not valid_hostname(host)
