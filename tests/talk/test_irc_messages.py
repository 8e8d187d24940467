"""IRC messages, lines, names, times: text and values (RFC 1459 2.3, IRCv3 message-tags)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from razem.talk.changes import Speak
from razem.talk.commands.messages import plain_message
from razem.talk.irc import capabilities, numerics
from razem.talk.irc.lines import MAX_LINE, MAX_TAGS, LineSplitter
from razem.talk.irc.message import (
    Message,
    MessageError,
    escape_tag_value,
    format_tags,
    parse_tags,
)
from razem.talk.irc.names import cut, fold, valid_channel, valid_nick
from razem.talk.irc.timestamps import format_time, parse_time
from tests.talk.harness import World

_WORD = st.text(
    st.characters(exclude_characters=" \r\n\0", exclude_categories=["Cs"]), min_size=1
).filter(lambda word: word[0] != ":")
_TEXT = st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]))
_KEY = st.from_regex(r"\+?([a-z0-9.]{1,8}/)?[A-Za-z0-9-]{1,10}", fullmatch=True)
_VALUE = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
_MESSAGES = st.builds(
    lambda command, middle, last, tags, source: Message(command, (*middle, *last), tags, source),
    st.from_regex(r"[A-Z]{1,12}|[0-9]{3}", fullmatch=True),
    st.lists(_WORD, max_size=5),
    st.lists(_TEXT, max_size=1),
    st.dictionaries(_KEY, _VALUE, max_size=4),
    st.one_of(st.just(""), _WORD),
)


@given(_MESSAGES)
def test_reading_undoes_writing(message: Message) -> None:
    assert Message.parse(message.format()) == message


@given(_TEXT)
def test_any_line_is_read_or_refused(line: str) -> None:
    try:
        message = Message.parse(line)
    except MessageError:
        return
    assert message.command
    assert message.command == message.command.upper()
    assert " " not in message.command + message.source
    assert all(param and " " not in param for param in message.params[:-1])


@pytest.mark.parametrize("line", ["", " ", ":src", ":src ", "@a=b", "@a=b ", "@a :src", " :text"])
def test_a_line_without_a_command_is_refused(line: str) -> None:
    with pytest.raises(MessageError):
        Message.parse(line)


@pytest.mark.parametrize(
    "message",
    [
        Message("PRIVMSG", ("#a b", "text")),
        Message("PRIVMSG", ("", "text")),
        Message("PRIVMSG", (":a", "text")),
        Message("PRIVMSG", ("#a", "one\r\nQUIT")),
        Message("PRIVMSG", ("#a", "one\0two")),
        Message("PRIVMSG", ("#a",), {}, "ana\nbo"),
    ],
)
def test_nobody_can_write_a_line_that_is_read_otherwise(message: Message) -> None:
    with pytest.raises(ValueError, match=r"only the last|line end"):
        message.format()


@given(_VALUE)
def test_an_escaped_value_can_stand_among_tags(value: str) -> None:
    escaped = escape_tag_value(value)
    assert not set(escaped) & set("; \r\n\0")
    assert parse_tags(f"a={escaped};b=1") == {"a": value, "b": "1"}


def test_a_tag_without_a_value_is_written_without_one() -> None:
    assert format_tags({"+a": "", "b": "x y"}) == r"@+a;b=x\sy"


_LINES = st.text(st.sampled_from("#a:, \u00e9")).map(lambda end: f"PRIVMSG {end}")


@given(_LINES)
@example("PRIVMSG :one :two")
@example("PRIVMSG #a :  two :three")
def test_the_short_cut_for_common_lines_reads_them_like_any_other(line: str) -> None:
    session = World().person("ana").session
    speak = plain_message(session, line)
    if speak is not None:
        message = Message.parse(line)
        assert message.command == "PRIVMSG"
        assert message.params == (speak.target, speak.text)
        assert speak == Speak(session.id, session.source, *message.params)
        assert speak.text
        assert "," not in speak.target


# Lines


def _cut(data: bytes, step: int) -> list[bytes]:
    return [data[start : start + step] for start in range(0, len(data), step)]


def _split(data: bytes, step: int, limit: int = 20) -> list[bytes | None]:
    splitter = LineSplitter(limit)
    return [line for piece in _cut(data, step) for line in splitter.receive(piece)]


STREAM = (
    b"NICK ana\r\nUSER ana 0 * :Ana\n\r\n\n"
    + b"x" * 20
    + b"\r\n"
    + b"y" * 21
    + b"\r\nPING 1\r\n"
    + b"z" * 500
    + b"\nA\0B\rC\r\n\0\r\nrest"
)


@pytest.mark.parametrize("step", [1, 2, 7, 19, 21, 65536])
def test_lines_are_the_same_however_their_bytes_were_cut(step: int) -> None:
    assert _split(STREAM, step) == [
        b"NICK ana",
        b"USER ana 0 * :Ana",
        b"x" * 20,
        None,
        b"PING 1",
        None,
        b"ABC",
    ]


@given(st.lists(st.sampled_from([b"a", b"\n", b"\r", b"\0", b"bcdefg", b"h" * 25])), st.data())
def test_any_cutting_gives_the_same_lines(parts: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(parts)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    splitter = LineSplitter(10)
    lines: list[bytes | None] = []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        lines += splitter.receive(stream[start:end])
        assert splitter.pending <= 10
    assert lines == LineSplitter(10).receive(stream)
    for line in lines:
        assert line is None or (0 < len(line) <= 10 and not set(line) & set(b"\r\n\0"))


def test_a_line_may_be_as_long_as_tags_and_message_together() -> None:
    longest = b"x" * (MAX_TAGS + MAX_LINE)
    assert LineSplitter().receive(longest + b"\r\n") == [longest]
    assert LineSplitter().receive(longest + b"x\r\n") == [None]


def test_what_has_no_end_yet_is_held_within_the_limit() -> None:
    splitter = LineSplitter(100)
    for _ in range(50):
        assert splitter.receive(b"x" * 10) == []
        assert splitter.pending <= 100
    assert splitter.receive(b"\nPING 1\n") == [None, b"PING 1"]


# Names


@pytest.mark.parametrize(
    ("nick", "valid"),
    [
        ("ana", True),
        ("Ana[1]\\`_^{|}-", True),
        ("\u010cen\u011bk", True),
        ("\u5f20\u4f1f", True),
        ("a" * 30, True),
        ("a" * 31, False),
        ("\u00e9" * 15, True),
        ("\u00e9" * 16, False),  # 32 bytes
        ("", False),
        ("1ana", False),
        ("-ana", False),
        ("\u0301ana", False),  # a combining mark has nothing to combine with
        *((f"a{character}b", False) for character in " ,*?!@.:#&$%\t\x7f\u200b\u202e\ue000"),
        ("#ana", False),
        (":ana", False),
        ("~ana", False),
        ("@ana", False),
        ("+ana", False),
    ],
)
def test_nicks_are_letters_digits_and_a_few_signs(nick: str, valid: bool) -> None:
    assert valid_nick(nick, 30) is valid


@pytest.mark.parametrize(
    ("name", "valid"),
    [
        ("#a", True),
        ("##", True),
        ("#\u00e9:!", True),
        ("#" + "a" * 63, True),
        ("#" + "a" * 64, False),
        ("#", False),
        ("a", False),
        ("&a", False),
        ("", False),
        *((f"#a{character}b", False) for character in " ,\x07\x00\x1f\u202e\u200b\u2028"),
    ],
)
def test_channel_names_have_nothing_that_ends_a_parameter(name: str, valid: bool) -> None:
    assert valid_channel(name, 64) is valid


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Ana", "aNA", True),
        ("a[", "A{", False),  # CASEMAPPING=ascii, not rfc1459
        ("\u00c5", "\u00e5", False),
        ("\u0130", "i", False),
        ("K", "\u212a", False),  # the Kelvin sign
    ],
)
def test_names_are_the_same_by_ascii_case_only(one: str, other: str, same: bool) -> None:
    assert (fold(one) == fold(other)) is same


@given(st.text(st.characters(exclude_categories=["Cs"])), st.integers(0, 50))
def test_a_cut_keeps_whole_characters_and_as_many_as_fit(text: str, size: int) -> None:
    kept = cut(text, size)
    assert text.startswith(kept)
    assert len(kept.encode()) <= size
    if kept != text:
        assert len(text[: len(kept) + 1].encode()) > size


# Times


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1, "1970-01-01T00:00:00.001Z"),
        (1_319_000_000_999, "2011-10-19T04:53:20.999Z"),
        (1_709_164_800_000, "2024-02-29T00:00:00.000Z"),
    ],
)
def test_times_are_written_as_server_time_asks_and_read_again(milliseconds: int, text: str) -> None:
    assert format_time(milliseconds) == text
    assert parse_time(text) == milliseconds


@given(st.integers(0, 4_102_444_800_000))
def test_reading_undoes_writing_a_time(milliseconds: int) -> None:
    text = format_time(milliseconds)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", text)
    assert parse_time(text) == milliseconds


@pytest.mark.parametrize(
    "text", ["", "Z", "now", "2024-02-30T00:00:00.000Z", "2024-01-01T00:00:00.000", "1700000000"]
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_time(text)


# Tables


def test_every_capability_has_a_bit_of_its_own() -> None:
    # A draft that was ratified keeps its bit under both names.
    table = capabilities.CAPABILITIES
    bits = {name.removeprefix("draft/"): bit for name, bit in table.items()}
    assert all(bit > 0 and bit & (bit - 1) == 0 for bit in bits.values())
    assert len(set(bits.values())) == len(bits)
    assert all(bits[name.removeprefix("draft/")] == bit for name, bit in table.items())
    assert capabilities.names(sum(bits.values())) == list(table)
    assert capabilities.names(0) == []


def test_every_error_numeric_has_its_text() -> None:
    errors: dict[str, Any] = {
        name: value for name, value in vars(numerics).items() if name.startswith("ERR_")
    }
    assert set(errors.values()) == set(numerics.TEXTS)
    numbers = [v for k, v in vars(numerics).items() if k.startswith(("ERR_", "RPL_"))]
    assert all(re.fullmatch(r"\d{3}", number) for number in numbers)
    assert len(set(numbers)) == len(numbers)
