"""Texts of strangers, drawn: nothing acts on the terminal, and everything fits."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from razem.talk.client.events import (
    Happened,
    Joined,
    MessageReceived,
    ModeChanged,
    Parted,
    Quit,
    Reacted,
    Redacted,
    TopicChanged,
)
from razem.talk.faces.screen.completion import Known, offers_for
from razem.talk.faces.screen.emoji import with_emoji
from razem.talk.faces.screen.happening import tell, together
from razem.talk.faces.screen.markup import Span, blocks_of
from razem.talk.faces.screen.painting import Painter
from razem.talk.faces.screen.palette import DARK
from razem.talk.faces.screen.rows import DayRow, EventsRow, LineRow, Rows, UnreadRow
from razem.talk.faces.screen.view import View
from razem.talk.faces.screen.wrapping import cut, width_of, wrap

NOW = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)
TEXTS = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from(
            "\x1b\x02\x03\x0f\x11\x1d\x1f\x9b\u202e\u2066\u200d\ufe0f\n\t`#/:  漢e\u0301"
        ),
    ),
    max_size=200,
)


def spans(text: str, nick: str = "") -> list[tuple[str, set[str], str]]:
    return [(s.text, set(s.styles), s.target) for b in blocks_of(text, nick) for s in b.spans]


def test_what_is_in_a_text() -> None:
    assert spans("see https://example.org/a_(b)). or #net, `x y` ana!", "ana") == [
        ("see ", set(), ""),
        ("https://example.org/a_(b)", {"link"}, "https://example.org/a_(b)"),
        (". or ".replace(". ", "). "), set(), ""),
        ("#net", {"channel"}, "#net"),
        (", ", set(), ""),
        ("x y", {"code"}, ""),
        (" ", set(), ""),
        ("ana", {"nick"}, ""),
        ("!", set(), ""),
    ]
    assert spans("\x02bold \x1dboth\x0f none \x0304,07red") == [
        ("bold ", {"bold"}, ""),
        ("both", {"bold", "italic"}, ""),
        (" none ", set(), ""),
        ("red", set(), ""),
    ]


def test_blocks_of_code() -> None:
    blocks = blocks_of("so:\n```py\nif x:\n\treturn\n```\nyes")
    assert [("".join(s.text for s in b.spans), b.code) for b in blocks] == [
        ("so:", False),
        ("if x:", True),
        ("    return", True),
        ("yes", False),
    ]


def test_a_link_that_is_not_what_it_seems_leads_nowhere() -> None:
    ((shown, styles, target),) = spans("https://example.org/\u202egro.live")
    assert (shown, styles, target) == ("https://example.org/<U+202E>gro.live", {"link"}, "")


@given(TEXTS, st.integers(40, 120))
def test_nothing_acts_on_the_terminal_and_everything_fits(text: str, width: int) -> None:
    view = View("#net", is_channel=True, zone=UTC)
    said = MessageReceived(conversation="#net", sender=text[:30] or "x", text=text, time=NOW)
    view.take(said, NOW)
    view.note(text, NOW, sender=text[:5])
    view.lines[0].reactions[text[:8] or "?"] = {"bo": "bo"}
    rows = Rows(view)
    rows.update(())
    painter = Painter(DARK, width, lambda: date(2026, 11, 25))
    for row in rows.rows:
        for strip in painter.draw(row):
            assert strip.cell_length <= width
            for segment in strip:
                assert segment.control is None
                for character in segment.text:
                    category = unicodedata.category(character)
                    harmless = character in "\u200c\u200d"
                    assert category not in {"Cc", "Cf", "Cs", "Zl", "Zp"} or harmless


@given(TEXTS, st.integers(2, 60))
def test_wrapping_loses_nothing_but_spaces(text: str, width: int) -> None:
    for block in blocks_of(text):
        lines = wrap(block.spans, width)
        for line in lines:
            assert sum(cell_len(span.text) for span in line) <= width
        shown = "".join(span.text for line in lines for span in line)
        given_text = "".join(span.text for span in block.spans)
        assert "".join(shown.split()) == "".join(given_text.split())


def test_wide_and_combining_characters_line_up() -> None:
    assert [[s.text for s in line] for line in wrap((Span("漢字漢字 e\u0301e\u0301"),), 5)] == [
        ["漢字"],
        ["漢字"],
        ["e\u0301e\u0301"],
    ]
    assert (cut("漢字漢字", 5), width_of(cut("漢字漢字", 5))) == ("漢字…", 5)
    assert cut("e\u0301" * 3, 3) == "e\u0301" * 3


# ---- views and rows


def message(number: int, text: str = "hi", sender: str = "bo", **facts: object) -> MessageReceived:
    time = NOW.replace(minute=number % 60)
    known = {"conversation": "#net", "msgid": f"m{number}", "time": time, **facts}
    return MessageReceived(sender=sender, text=text, **known)  # type: ignore[arg-type]


def test_rows_of_a_day() -> None:
    view = View("#net", is_channel=True, zone=UTC)
    for number in (1, 2, 3):
        view.take(message(number), NOW)
    for name in ("cy", "dee", "eve"):
        view.note(tell(Joined(channel="#net", nick=name))[1], NOW, sender=name)
    view.take(message(20, sender="cy"), NOW)
    view.mark_unread(1)
    rows = Rows(view)
    rows.update(())
    kinds = [type(row).__name__ for row in rows.rows]
    assert kinds == [
        *("EdgeRow", "DayRow", "LineRow", "LineRow", "LineRow"),
        *("EventsRow", "UnreadRow", "LineRow"),
    ]
    heads = [row.head for row in rows.rows if isinstance(row, LineRow)]
    assert heads == [True, False, False, True]
    painter = Painter(DARK, 80, lambda: date(2026, 11, 25))
    (folded,) = (painter.draw(row) for row in rows.rows if isinstance(row, EventsRow))
    assert [strip.text.split("│")[1].strip() for strip in folded] == ["cy, dee, eve came in"]
    assert any(isinstance(row, DayRow | UnreadRow) for row in rows.rows)


def test_what_comes_is_added_and_what_is_older_put_before() -> None:
    view = View("#net", is_channel=True, zone=UTC)
    view.take(message(5), NOW)
    rows = Rows(view)
    rows.update(())
    first = rows.made_anew
    view.take(message(6), NOW)
    rows.update(())
    assert (first, rows.made_anew) == (True, False)
    added = view.prepend([message(3), message(4), message(5)], NOW, complete=True)
    assert added == 2  # the third one was there
    rows.update(())
    assert [row.line.msgid for row in rows.rows if isinstance(row, LineRow)] == [
        *("m3", "m4", "m5", "m6")
    ]


def test_reactions_wait_for_their_message() -> None:
    view = View("#net", is_channel=True, zone=UTC)
    react = Reacted(conversation="#net", by="cy", to="m1", reaction="👍")
    view.take(react, NOW)
    view.take(message(1), NOW)
    assert view.lines[0].reactions == {"👍": {"cy": "cy"}}
    view.take(Reacted(conversation="#net", by="CY", to="m1", reaction="👍", removed=True), NOW)
    assert view.lines[0].reactions == {}
    view.take(Redacted(conversation="#net", redacted="m1", by="bo"), NOW)
    assert (view.lines[0].redacted, view.lines[0].text) == (True, "")


def test_what_happened_while_nobody_was_here() -> None:
    view = View("#net", is_channel=True, zone=UTC)
    what = TopicChanged(channel="#net", topic="cake", by="bo")
    view.take(Happened(conversation="#net", what=what, time=NOW, history=True), NOW)
    assert view.lines[0].text == "bo set the topic: cake"


def test_many_happenings_in_one_line() -> None:
    many = [tell(Joined(channel="#n", nick=f"n{number}")) for number in range(5)]
    many += [
        tell(Quit(nick="n1", reason="bye", channels=("#n",))),
        tell(Parted(channel="#n", nick="n2", reason="")),
        tell(ModeChanged(target="#n", modes="+m", by="op")),
    ]
    assert together(many) == (
        "n0, n1 and 3 others came in · n1 is gone · n2 left · op changed settings"
    )
    assert together(many[5:7]) == "n1 is gone (bye) · n2 left"


# ---- completion


KNOWN = Known(["cy", "bob"], ["ana", "bo", "bob", "cy"], ["#net", "#news"], "ana")


@pytest.mark.parametrize(
    ("line", "texts"),
    [
        ("b", ["bob: ", "bo: "]),  # who spoke last comes first
        ("so, b", ["bob ", "bo "]),
        ("@c", ["cy: "]),
        ("a", []),  # that is us
        ("#ne", ["#net ", "#news "]),
        ("/to", ["/topic "]),
        ("so /to", []),
        (":tad", ["🎉 "]),
        (":t", []),
        ("b ", []),
        ("", []),
    ],
)
def test_what_a_word_may_become(line: str, texts: list[str]) -> None:
    assert [offer.text for offer in offers_for(line, KNOWN)] == texts


def test_emoji_by_name() -> None:
    assert with_emoji("done :tada:, :nothing: at 12:30:00") == "done 🎉, :nothing: at 12:30:00"
