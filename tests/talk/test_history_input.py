"""Whatever is asked of history is answered, and the session goes on."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from razem.talk.settings import Limits
from tests.talk.harness import World

CAPS = (
    "batch message-tags server-time echo-message labeled-response draft/chathistory"
    " draft/event-playback draft/message-redaction draft/multiline draft/read-marker draft/search"
)
_WORD = st.sampled_from(
    [
        *(
            "*",
            "#a",
            "#b",
            "#nowhere",
            "bo",
            "ana",
            "@#a",
            "0",
            "1",
            "50",
            "-1",
            "99999999999999999",
        ),
        *("LATEST", "BEFORE", "AFTER", "AROUND", "BETWEEN", "TARGETS", "latest", "x"),
        *("msgid=log0-1", "msgid=log0-7", "msgid=log0-fffffffffffffff", "msgid=", "msgid=x-1"),
        *("timestamp=2023-11-14T22:13:20.000Z", "timestamp=1969-01-01T00:00:00.000Z"),
        *("timestamp=9999-12-31T23:59:59.999Z", "timestamp=0001-01-01T00:00:00.000Z"),
        *("timestamp=2023-11-14", "timestamp=", "log0-4", "log0-5", "log0-6", "log0--1"),
        *("+1", "-1", "+2", "draft/multiline", "netsplit", ":", ":two words"),
        *("in=#a", "in=bo;text=x", "text=x;limit=5", "after=1969-01-01T00:00:00.000Z", "from=ana"),
        *('text="', "text=*", "limit=999999999999", "before=9999-12-31T23:59:59.999Z;in=#a"),
    ]
) | st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]), max_size=9)
_TAGS = st.sampled_from(
    ["", "@batch=1 ", "@batch=1;draft/multiline-concat ", "@label=x ", "@+x=y "]
)
_COMMAND = st.sampled_from(
    ["CHATHISTORY", "SEARCH", "REDACT", "MARKREAD", "BATCH", "PRIVMSG", "TAGMSG", "NOTICE"]
)
_LINE = st.builds(
    lambda tags, command, words: " ".join((tags + command, *words)),
    _TAGS,
    _COMMAND,
    st.lists(_WORD, max_size=5),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(_LINE, max_size=12))
def test_any_question_is_answered(lines: list[str]) -> None:
    world = World(limits=Limits(flood=False, history=5))
    bo = world.person("bo", "#a", "#b", caps=CAPS)
    ana = world.person("ana", "#a", caps=CAPS)
    ana.say("PRIVMSG #a :x", "PRIVMSG bo :x y", "TOPIC #a :t")
    for line in lines:
        ana.send(f"{line}\r\n".encode())
        assert ana.say("PING still")[-1] == ":hub.test PONG hub.test :still"
    bo.heard()
    assert bo.say("PING 1") == [":hub.test PONG hub.test :1"]
