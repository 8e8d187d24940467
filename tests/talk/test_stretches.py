"""Many lines of one speaker in one commit are told as if each had come by itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.talk.harness import HeldLog, World

ALONE = [
    *("PRIVMSG #a :1", "PRIVMSG #a :2", "PRIVMSG #A :3", "NOTICE #a :4", "PRIVMSG #a :5"),
    *("PRIVMSG #a :6", "PING x", "PRIVMSG #a :7", "PRIVMSG #a :8", "@+x=1 PRIVMSG #a :9"),
    *("@label=l PRIVMSG #a :10", "PRIVMSG #a :11", "PRIVMSG #b :12", "PRIVMSG #b :13"),
    *("PRIVMSG bo :14", "PRIVMSG #a :15", "NOTICE #a :ä", "NOTICE #a ::b", "NOTICE #a :c"),
    *("MODE #a +C", "PRIVMSG #a :18", "PRIVMSG #a :\1VERSION\1", "PRIVMSG #a :\1ACTION x\1"),
    *("PART #a", "PRIVMSG #a :16", "PRIVMSG #a :17"),
]


def commit_all(world: World, log: HeldLog) -> None:
    while log.waiting:
        log.commit()
        world.settle()


def views(caps: str, *, together: bool) -> tuple[list[str], list[str]]:
    """Return what the speaker and a listener heard of the lines above."""
    log = HeldLog()
    world = World(log)
    log.commit()
    ana, bo = world.connect(), world.connect()
    for person, nick in ((ana, "ana"), (bo, "bo")):
        for line in (f"CAP REQ :{caps}", "CAP END", f"NICK {nick}", f"USER {nick} 0 * :x"):
            person.say(line)
        commit_all(world, log)
        person.say("JOIN #a,#b")
        commit_all(world, log)
    ana.heard()
    bo.heard()
    heard: list[str] = []
    for lines in [ALONE] if together else [[line] for line in ALONE]:
        heard += ana.say(*lines)
        commit_all(world, log)
        heard += ana.heard()
    return heard, bo.heard()


@pytest.mark.parametrize(
    "caps",
    [
        *("batch", "echo-message", "message-tags echo-message labeled-response batch"),
        *("server-time account-tag batch", "server-time message-tags batch"),
    ],
)
def test_lines_committed_together_are_told_like_lines_committed_one_by_one(caps: str) -> None:
    together, apart = views(caps, together=True), views(caps, together=False)
    assert together == apart
    assert sum("PRIVMSG" in line or "NOTICE" in line for line in together[1]) == 20
    assert sum(" 404 " in line for line in together[0]) == 3  # CTCP, and the lines after PART


STARTS = st.sampled_from(
    [b"PRIVMSG #a :", b"PRIVMSG #\xc3\xa4 :", b"PRIVMSG bo :", b"PRIVMSG #a,#b :", b"PRIVMSG #a "]
)
LINES = st.lists(
    st.tuples(STARTS, st.one_of(st.binary(max_size=9), st.just(b"x" * 480))), max_size=12
)


@given(LINES, st.sampled_from(["", "ana"]))
def test_a_line_that_begins_as_the_last_one_is_read_like_any_other(
    lines: list[tuple[bytes, bytes]], account: str
) -> None:
    read = []
    for again in (True, False):
        log = HeldLog()
        world = World(log)
        log.commit()
        ana = world.connect()
        ana.say("NICK ana", "USER ana 0 * :x")
        commit_all(world, log)
        ana.heard()
        ana.session.account = account
        wire = [start + text.translate(None, b"\r\n\0") + b"\r\n" for start, text in lines]
        for data in [b"".join(wire)] if again else wire:
            if not again:
                ana.session._again = b"\n"
            ana.send(data)
        proposed = log.waiting.copy()
        commit_all(world, log)
        read.append((proposed, ana.heard()))
    assert read[0] == read[1]
