"""No server, however strange, makes the client fail; and how its bytes were cut never matters."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from razem.talk.client.text import room_for_text, split_text, unwrap_action, wrap_action

from .scripted import Script

WORDS = st.one_of(
    st.sampled_from(
        ["#net", "ana", "bo", "*", "=", "+o", "-b+k", "LS", "ACK", "NEW", "DEL", "NAK", "+1", "-1"]
    ),
    st.sampled_from(["chathistory", "labeled-response", "CHATHISTORY=x", "PREFIX=(", "r1", "r2"]),
    st.text(max_size=8).map(lambda text: text.translate({32: None, 13: None, 10: None})),
)
COMMANDS = st.one_of(
    st.sampled_from(["PRIVMSG", "NOTICE", "JOIN", "PART", "QUIT", "NICK", "KICK", "MODE", "TOPIC"]),
    st.sampled_from(["BATCH", "CAP", "FAIL", "NOTE", "ACK", "PING", "PONG", "ERROR", "INVITE"]),
    st.sampled_from(["001", "005", "301", "324", "332", "353", "366", "376", "401", "404", "433"]),
    st.integers(0, 999).map("{:03}".format),
    WORDS,
)
TAGS = st.dictionaries(
    st.sampled_from(["msgid", "time", "label", "batch", "+razem/id", "x"]),
    st.sampled_from(
        ["", "1", "r1", "r2", "id1", r"a\sb", "2026-11-23T09:00:00.000Z", "0001-01-01Z"]
    ),
)


@st.composite
def lines(draw: st.DrawFn) -> str:
    tags = ";".join(f"{key}={value}" for key, value in draw(TAGS).items())
    source = draw(st.sampled_from(["", ":hub ", ":ana!u@h ", ":bo!u@h ", ":ana ", ":! "]))
    words = " ".join(draw(st.lists(WORDS, max_size=4)))
    trailing = draw(st.sampled_from(["", " :", " :hi", " :\x01ACTION x\x01", " : #net", " ::x"]))
    return f"{f'@{tags} ' if tags else ''}{source}{draw(COMMANDS)} {words}{trailing}"


@given(st.lists(st.one_of(lines(), st.text(max_size=40)), max_size=40), st.booleans())
@settings(max_examples=300, deadline=None)
def test_no_line_makes_it_fail(script_lines: list[str], greeted: bool) -> None:
    script = Script("#net")
    script.core.send("#net", "hi\nthere")
    if greeted:
        script.welcome()
        script.join()
    else:
        script.open()
    for line in script_lines:
        script.core.receive(line.encode(errors="replace") + b"\r\n", script.now)
        script.core.expire(script.now)
        for said in script.core.to_send():
            assert said.endswith(b"\r\n")
            assert said.count(b"\n") == said.count(b"\r") == 1
    script.lose()
    script.welcome()


@given(st.binary(max_size=300))
@settings(deadline=None)
def test_no_bytes_make_it_fail(data: bytes) -> None:
    script = Script("#net")
    script.welcome()
    script.core.receive(data, 0.0)
    script.core.receive(b"\r\n" + data, 0.0)


@pytest.mark.parametrize("step", [1, 2, 7, 64, 65536])
def test_how_the_bytes_were_cut_does_not_matter(step: int) -> None:
    talk = (
        ":hub CAP * LS :message-tags server-time\r\n:hub 001 ana :Hi\r\n:hub 422 ana :none\r\n"
        ":ana!u@h JOIN #net\r\n@time=2026-11-23T09:00:00.000Z :bo!u@h PRIVMSG #net :grüß dich\r\n"
    ).encode()
    whole, cut = Script("#net"), Script("#net")
    whole.open(), cut.open()
    expected = whole.core.receive(talk, 0.0)
    assert len(expected) == 4
    events = []
    for at in range(0, len(talk), step):
        events += cut.core.receive(talk[at : at + step], 0.0)
    assert events == expected


@given(st.text(), st.integers(4, 60))
@example("\U0001f642\u0301x", 4)  # a mark after the only character that fits
def test_split_text_fits_and_loses_only_spaces_and_line_ends(words: str, room: int) -> None:
    parts = split_text(words, room)
    assert all(0 < len(part.encode()) <= room for part in parts)
    assert not any(set(part) & set("\r\n\0") for part in parts)
    kept = words.encode(errors="replace").decode()

    def bare(text: str) -> str:
        return "".join(c for c in text if c not in " \r\n\0" and not c.isspace())

    assert bare("".join(parts)) == bare(kept)


@pytest.mark.parametrize(
    ("words", "room", "parts"),
    [
        ("one two", 7, ["one two"]),
        ("one two", 6, ["one", "two"]),
        ("one two", 3, ["one", "two"]),
        ("onetwo", 3, ["one", "two"]),
        ("ééé", 4, ["éé", "é"]),
        ("aaae\u0301", 4, ["aaa", "e\u0301"]),
        ("a\n\n b\r\nc", 9, ["a", " b", "c"]),
        ("", 9, []),
    ],
)
def test_split_text(words: str, room: int, parts: list[str]) -> None:
    assert split_text(words, room) == parts


def test_actions_are_wrapped_and_unwrapped() -> None:
    assert unwrap_action(wrap_action("waves")) == ("waves", True)
    assert unwrap_action("\x01ACTION unended") == ("unended", True)
    assert unwrap_action("plain") == ("plain", False)
    assert room_for_text("#net", 30) < 400
