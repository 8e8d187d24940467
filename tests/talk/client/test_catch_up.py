"""Catching up, line by line; test_exactness.py has the rest."""

from __future__ import annotations

from razem.talk.client.events import (
    Acknowledged,
    CaughtUp,
    Event,
    HistoryReceived,
    MessageReceived,
    Refused,
)
from razem.talk.client.settings import Limits

from .scripted import Script, label_of, text


def shown(events: list[Event]) -> list[str]:
    return [event.text for event in events if isinstance(event, MessageReceived)]


def in_channel(script: Script, *seen: str) -> None:
    """Be in #net, with these messages shown by the first screenful."""
    script.welcome()
    script.said()
    script.join()
    (line,) = script.said()
    script.page(*seen, label=label_of(line))


def test_the_first_screenful() -> None:
    script = Script("#net", screenful=2)
    script.welcome()
    script.said()
    script.join()
    (line,) = script.said()
    assert line == f"@label={label_of(line)} CHATHISTORY LATEST #net * 2"
    assert shown(script.hear(text("m3", "live"))) == []  # held
    events = script.page(text("m2", "two"), text("m3", "live"), label=label_of(line))
    assert shown(events) == ["two", "live"]
    assert events[-1] == CaughtUp(channel="#net", count=1)
    assert [e.history for e in events if isinstance(e, MessageReceived)] == [True, False]


def test_pages_after_the_last_line_until_they_reach_what_came_live() -> None:
    script = Script("#net")
    in_channel(script, text("m1", "one"))
    script.lose()
    script.welcome()
    script.said()
    script.join()
    (line,) = script.said()
    assert line.endswith("CHATHISTORY AFTER #net msgid=m1 3")
    script.hear(text("m6", "six"))
    assert shown(
        script.page(*(text(f"m{n}", str(n)) for n in (2, 3, 4)), label=label_of(line))
    ) == ["2", "3", "4"]
    (line,) = script.said()
    assert line.endswith("CHATHISTORY AFTER #net msgid=m4 3")
    script.hear(text("m7", "seven"))
    events = script.page(text("m5", "5"), text("m6", "six"), label=label_of(line))
    assert shown(events) == ["5", "six", "seven"]
    assert events[-1] == CaughtUp(channel="#net", count=5)
    assert script.said() == []


def test_an_empty_page_ends_it() -> None:
    script = Script("#net")
    in_channel(script, text("m1", "one"))
    script.lose()
    script.welcome()
    script.said()
    script.join()
    (line,) = script.said()
    script.page(text("m2", "two"), label=label_of(line))
    (line,) = script.said()
    script.hear(text("m3", "three"))
    assert shown(script.page(label=label_of(line))) == ["three"]


def test_a_channel_that_was_empty_is_caught_up_from_its_beginning() -> None:
    script = Script("#net", screenful=1)
    in_channel(script)
    script.lose()
    script.welcome()
    script.said()
    script.join()
    (line,) = script.said()
    assert line.endswith("AFTER #net timestamp=1970-01-01T00:00:00.000Z 3")
    assert shown(script.page(text("m1", "1"), text("m2", "2"), label=label_of(line))) == ["1", "2"]


def test_without_a_screenful_only_the_place_is_noted() -> None:
    script = Script("#net", screenful=0)
    script.welcome()
    script.said()
    script.join()
    (line,) = script.said()
    assert line.endswith("LATEST #net * 1")
    script.hear(text("m5", "live"))
    assert shown(script.page(text("m4", "old"), label=label_of(line))) == ["live"]
    script.lose()
    script.welcome()
    script.said()
    script.join()
    assert script.said()[0].endswith("AFTER #net msgid=m5 3")


def test_another_log_is_asked_by_time_and_the_gap_is_told() -> None:
    script = Script("#net")
    in_channel(script, text("m1", "one"))
    ours = script.core.send("#net", "am I there?")[0]
    script.said()
    script.lose()
    script.welcome()
    script.said()
    script.join()
    (line,) = script.said()
    fail = "FAIL CHATHISTORY INVALID_MSGREFTYPE AFTER #net :unknown msgid"
    script.hear(f"@label={label_of(line)} :hub {fail}")
    (line,) = script.said()
    assert line.endswith("AFTER #net timestamp=2026-11-23T09:00:01.000Z 3")
    script.hear(f"@label={label_of(line)} :hub {fail}")
    (line,) = script.said()
    assert line.endswith("LATEST #net * 3")
    events = script.page(text("m30", "new log"), label=label_of(line))
    assert shown(events) == ["new log"]
    assert events[-1] == CaughtUp(channel="#net", count=1, gap=True)

    # Sent again: it was in the log long before what is shown, so it has no place at the end.
    (line,) = script.said()
    old = text("m2", "am I there?", nick="ana", label=label_of(line), **{"+razem/id": ours.id})
    assert script.hear(old) == [
        Acknowledged(id=ours.id, target="#net", text="am I there?", msgid="m2")
    ]


def test_a_server_that_refuses_everything_leaves_us_live() -> None:
    script = Script("#net")
    script.welcome()
    script.said()
    script.join()
    (line,) = script.said()
    script.hear(text("m1", "live"))
    events = script.hear(
        f"@label={label_of(line)} :hub FAIL CHATHISTORY INVALID_TARGET LATEST #net :no"
    )
    assert shown(events) == ["live"]
    assert events[-1] == CaughtUp(channel="#net", count=0, gap=True)
    assert shown(script.hear(text("m2", "on"))) == ["on"]


def test_a_question_without_an_answer_is_given_up_when_a_later_ping_is_answered() -> None:
    script = Script("#net")
    script.welcome()
    script.said()
    script.join()
    (line,) = script.said()
    script.hear(text("m1", "held"))
    for _ in range(2):
        script.wait(19)
        script.hear(":hub NOTICE ana :alive")
    late = f"PING late-{label_of(line)}"
    assert late in script.said()
    assert shown(script.hear(f":hub PONG hub late-{label_of(line)}")) == ["held"]
    assert script.page(text("m0", "too late"), label=label_of(line)) == []


def test_what_is_found_in_the_history_is_not_sent_again() -> None:
    script = Script("#net")
    in_channel(script)
    first, second = script.core.send("#net", "first\nsecond")
    assert len(script.said()) == 2
    script.lose()
    third = script.core.send("#net", "third")[0]
    script.welcome()
    script.said()
    script.join()
    (line,) = script.said()
    logged = text("m1", "first", nick="ana", **{"+razem/id": first.id})
    events = script.page(logged, label=label_of(line))
    assert Acknowledged(id=first.id, target="#net", text="first", msgid="m1") in events
    (line,) = script.said()  # nothing is sent before the catch-up is complete
    script.page(label=label_of(line))
    sent = script.said()
    assert [line.split()[-1] for line in sent] == ["second", "third"]
    assert f"+razem/id={second.id}" in sent[0]
    assert f"+razem/id={third.id}" in sent[1]


def test_a_history_without_ids_is_compared_by_text() -> None:
    script = Script("#net")
    in_channel(script, text("m1", "ok", nick="ana"))
    script.core.send("#net", "ok\nok\nnew")
    script.said()
    script.lose()
    script.welcome()
    script.said()
    script.join()
    (line,) = script.said()
    events = script.page(
        text("m2", "ok", nick="ana"), text("m3", "new", nick="bo"), label=label_of(line)
    )
    assert [event.msgid for event in events if isinstance(event, Acknowledged)] == ["m2"]
    (line,) = script.said()
    script.page(label=label_of(line))
    assert [line.split(" :")[-1].split()[-1] for line in script.said()] == ["ok", "new"]


def test_held_lines_are_bounded_and_none_is_lost() -> None:
    script = Script("#net", limits=Limits(held=2))
    in_channel(script, text("m1", "1"))
    script.lose()
    script.welcome()
    script.said()
    script.join()
    (line,) = script.said()
    script.hear(*(text(f"m{n}", str(n)) for n in range(4, 9)))
    events = script.page(*(text(f"m{n}", str(n)) for n in (2, 3, 4)), label=label_of(line))
    (line,) = script.said()
    events += script.page(*(text(f"m{n}", str(n)) for n in (5, 6, 7)), label=label_of(line))
    assert shown(events) == ["2", "3", "4", "5", "6", "7", "8"]


def test_history_that_the_user_asks_for_is_not_part_of_the_view() -> None:
    script = Script("#net")
    in_channel(script, text("m5", "five"))
    script.core.ask_history("#net", "mine", script.now, before="m5", limit=2)
    (line,) = script.said()
    assert line.endswith("CHATHISTORY BEFORE #net msgid=m5 2")
    (event,) = script.page(text("m3", "3"), text("m4", "4"), label=label_of(line))
    assert isinstance(event, HistoryReceived)
    assert [m.text for m in event.messages] == ["3", "4"]
    script.core.ask_history("#net", "again", script.now)
    events = script.lose()
    assert (
        HistoryReceived(
            token="again", target="#net", messages=(), refused="the connection was lost"
        )
        in events
    )


def test_leaving_during_the_catch_up() -> None:
    script = Script("#net")
    script.welcome()
    script.said()
    script.join()
    ours = script.core.send("#net", "too early")[0]
    (line,) = script.said()
    events = script.hear(":op!u@h KICK #net ana :out")
    assert (
        Refused(id=ours.id, target="#net", text="too early", reason="op has thrown us out")
        in events
    )
    assert script.page(text("m1", "x"), label=label_of(line)) == []
    script.lose()
    script.welcome()
    assert script.said() == []  # not wanted any more
