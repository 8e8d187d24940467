"""What a full face asks for: talks, markers, reactions, typing, searches, several lines."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest

from razem.errors import LocalProtocolError
from razem.talk.client.core import Phase
from razem.talk.client.events import (
    Acknowledged,
    AwayChanged,
    CaughtUp,
    ChannelRenamed,
    Found,
    Happened,
    HistoryReceived,
    Invited,
    LoggedIn,
    MessageReceived,
    Missed,
    MissedIn,
    Reacted,
    ReadMarked,
    Redacted,
    TalkOpened,
    TopicChanged,
    TypingChanged,
)

from .scripted import ALL, Script, label_of, text

RICH = (
    f"{ALL} away-notify draft/channel-rename draft/event-playback draft/message-redaction "
    "draft/read-marker draft/search invite-notify multi-prefix razem/unread"
)
EVER = "timestamp=9999-12-31T23:59:59.999Z timestamp=1970-01-01T00:00:00.000Z"


def moment(second: int) -> datetime:
    return datetime(2026, 11, 23, 9, 0, second, tzinfo=UTC)


def joined(capabilities: str = RICH, *page: str, features: str = "CHATHISTORY=9") -> Script:
    script = Script("#net", rich=True)
    script.welcome(capabilities, features=features)
    script.said()
    script.join()
    script.page(*page, label=label_of(script.said()[-1]))
    return script


# ---- private talks


def test_a_talk_begins_with_its_history() -> None:
    script = joined()
    events = script.hear(text("m5", "psst", channel="ana"))
    assert events == [TalkOpened(conversation="bo")]  # the line waits for what was before it
    (line,) = script.said()
    assert line.endswith(" CHATHISTORY LATEST bo * 9")
    earlier = text("m3", "once", channel="ana"), text("m4", "yes?", nick="ana", channel="bo")
    events = script.page(*earlier, text("m5", "psst", channel="ana"), label=label_of(line))
    told = [e for e in events if isinstance(e, MessageReceived)]
    assert [(m.conversation, m.text, m.own) for m in told] == [
        ("bo", "once", False),
        ("bo", "yes?", True),
        ("bo", "psst", False),
    ]
    assert events[-1] == CaughtUp(channel="bo", count=2)


def test_the_talks_of_other_days_are_found_at_the_welcome() -> None:
    script = Script(rich=True)
    script.welcome(RICH)
    said = script.said()
    assert said == [
        f"CHATHISTORY TARGETS {EVER} 50",
        "UNREAD",
        "PING lag-1",
    ]
    events = script.hear(
        ":hub BATCH +t draft/chathistory-targets",
        "@batch=t :hub CHATHISTORY TARGETS bo 2026-11-23T09:00:05.000Z",
        "@batch=t :hub CHATHISTORY TARGETS #net 2026-11-23T09:00:06.000Z",
        ":hub BATCH -t",
    )
    assert events == [TalkOpened(conversation="bo")]
    assert [c.name for c in script.core.conversations()] == ["bo"]


def test_a_talk_is_caught_up_after_a_loss_before_anything_is_said_in_it() -> None:
    script = joined()
    script.core.open("bo", script.now)
    script.page(text("m1", "hi", channel="ana"), label=label_of(script.said()[0]), channel="bo")
    script.lose()
    script.core.send("bo", "still there?")
    script.welcome(RICH)
    asked = script.said()
    assert not any("PRIVMSG" in line for line in asked)
    (question,) = (line for line in asked if "AFTER bo msgid=m1" in line)
    script.page(text("m2", "yes", channel="ana"), label=label_of(question), channel="bo")
    (question,) = script.said()  # a page that is full tells nothing of the end
    events = script.page(label=label_of(question), channel="bo")
    assert events == [CaughtUp(channel="bo", count=1)]
    (line,) = script.said()
    assert line.endswith("PRIVMSG bo :still there?")


def test_in_a_talk_no_gap_is_told() -> None:
    """A hub may know nothing of the talks of a guest who comes back as another one."""
    script = joined()
    script.core.open("bo", script.now)
    label = label_of(script.said()[0])
    events = script.hear(f"@label={label} :hub FAIL CHATHISTORY INVALID_TARGET LATEST bo :No")
    assert events == [CaughtUp(channel="bo", count=0)]


def test_a_talk_goes_on_under_another_nick() -> None:
    script = joined()
    script.core.open("bo", script.now)
    script.page(text("m1", "hi", channel="ana"), label=label_of(script.said()[0]), channel="bo")
    script.hear(":hub 353 ana = #net :ana bo", ":hub 366 ana #net :end", ":bo!u@host NICK bob")
    assert [c.name for c in script.core.conversations()] == ["#net", "bob"]
    script.hear(text("m2", "me again", nick="bob", channel="ana"))
    bob = script.core.conversation("BOB")
    assert bob is not None
    assert bob.unread == 2


def test_programs_are_told_of_no_talks() -> None:
    script = Script("#net")
    script.welcome(RICH)
    assert script.said() == ["JOIN #net"]
    events = script.hear(text("m5", "psst", channel="ana"))
    assert [type(event) for event in events] == [MessageReceived]


# ---- read and unread


def test_what_is_unread_is_counted_and_mentions_are_told() -> None:
    script = joined(RICH, text("m1", "before we came"))
    net = script.core.conversation("#net")
    assert net is not None
    assert (net.unread, net.mentions) == (0, 0)
    events = script.hear(
        text("m2", "hello"),
        text("m3", "Ana: lunch?"),
        text("m4", "ananas"),
        text("m5", "I said so", nick="ana"),
        text("m6", "later"),
    )
    assert [e.mention for e in events if isinstance(e, MessageReceived)] == [
        False,
        True,
        False,
        False,
        False,
    ]
    assert (net.unread, net.mentions) == (1, 0)  # by speaking we show that we have read
    script.core.mark_read("#net")
    assert net.unread == 0
    assert script.said() == ["MARKREAD #net timestamp=2026-11-23T09:00:06.000Z"]
    script.core.mark_read("#net")
    assert script.said() == []


def test_the_marker_of_another_device_counts() -> None:
    script = joined()
    script.hear(text("m2", "one"), text("m3", "ana: two"), text("m4", "three"))
    net = script.core.conversation("#net")
    assert net is not None
    assert (net.unread, net.mentions) == (3, 1)
    events = script.hear(":hub MARKREAD #net timestamp=2026-11-23T09:00:03.000Z")
    assert events == [ReadMarked(conversation="#net", until=moment(3))]
    assert (net.unread, net.mentions) == (1, 0)
    assert script.hear(":hub MARKREAD #net timestamp=2026-11-23T09:00:02.000Z") == []
    assert script.hear(":hub MARKREAD #net *", ":hub MARKREAD #else timestamp=x") == []


def test_the_hub_tells_what_was_missed() -> None:
    script = Script("#net", rich=True)
    script.welcome(RICH)
    script.said()
    events = script.hear(
        ":hub BATCH +u razem/unread",
        "@batch=u :hub UNREAD #net 100+ 2 timestamp=2026-11-23T09:00:05.000Z",
        "@batch=u :hub UNREAD bo 1 1 timestamp=2026-11-23T09:00:04.000Z",
        ":hub BATCH -u",
    )
    assert events[0] == TalkOpened(conversation="bo")
    assert events[1] == Missed(
        conversations=(
            MissedIn("#net", 100, 2, more=True, last=moment(5)),
            MissedIn("bo", 1, 1, last=moment(4)),
        )
    )
    script.join()
    question = next(line for line in script.said() if "#net" in line)
    script.page(text("m4", "a"), text("m5", "b"), label=label_of(question))
    script.hear(text("m6", "ana!"))
    net = script.core.conversation("#net")
    assert net is not None
    assert (net.unread, net.mentions, net.more) == (101, 3, True)
    script.core.mark_read("#net")
    assert (net.unread, net.more) == (0, False)


# ---- reactions, removals, typing


def test_reactions_come_in_the_order_of_the_log() -> None:
    script = joined()
    tags = "@msgid=m3;time=2026-11-23T09:00:03.000Z;+draft/react=👍;+draft/reply=m2"
    events = script.hear(text("m2", "cake?"), f"{tags} :cy!u@host TAGMSG #net")
    assert events[1] == Reacted(
        conversation="#net", time=moment(3), msgid="m3", by="cy", to="m2", reaction="👍"
    )
    script.lose()
    script.welcome(RICH)
    script.said()
    script.join()
    (question,) = (line for line in script.said() if "CHATHISTORY" in line)
    assert "AFTER #net msgid=m3" in question  # a reaction has its place, too
    unreact = tags.replace("react", "unreact").replace("m3", "m4")
    events = script.page(f"{unreact} :cy!u@host TAGMSG #net", label=label_of(question))
    assert isinstance(events[0], Reacted)
    assert (events[0].removed, events[0].history) == (True, True)


def test_we_react_and_reply_and_remove() -> None:
    script = joined()
    script.core.react("#net", "m2", "🎉")
    script.core.react("#net", "m2", "🎉", remove=True)
    script.core.redact("#net", "m2", "typo")
    script.core.send("#net", "yes", reply="m2")
    said = script.said()
    assert said[:3] == [
        "@+draft/react=🎉;+draft/reply=m2 TAGMSG #net",
        "@+draft/unreact=🎉;+draft/reply=m2 TAGMSG #net",
        "REDACT #net m2 typo",
    ]
    assert said[3].partition(";")[2] == "+razem/id=id1;+draft/reply=m2 PRIVMSG #net yes"
    (event,) = script.hear(text("m3", "well", **{"+draft/reply": "m2"}))
    assert isinstance(event, MessageReceived)
    assert event.reply == "m2"


def test_what_is_removed_is_not_unread() -> None:
    script = joined()
    script.hear(text("m2", "ana: secret"))
    events = script.hear(":bo!u@host REDACT #net m2 :oops")
    assert events == [Redacted(conversation="#net", redacted="m2", by="bo", reason="oops")]
    net = script.core.conversation("#net")
    assert net is not None
    assert (net.unread, net.mentions) == (0, 0)


def test_typing_ends_by_a_message_or_by_itself() -> None:
    script = joined()
    typing = "@+typing=active :bo!u@host TAGMSG #net"
    begun = TypingChanged(conversation="#net", nick="bo", active=True)
    ended = TypingChanged(conversation="#net", nick="bo", active=False)
    assert script.hear(typing) == [begun]
    assert script.hear(typing) == []
    assert script.hear(text("m2", "hi"))[1:] == [ended]
    assert script.hear(typing) == [begun]
    assert script.hear("@+typing=done :bo!u@host TAGMSG #net") == [ended]
    script.hear(typing)
    assert script.core.next_deadline() == script.now + 6
    assert script.wait(6) == [ended]
    assert script.hear("@+typing=active :ana!u@host TAGMSG #net") == []  # that is us


def test_we_tell_that_we_type_but_not_too_often() -> None:
    script = joined()
    script.core.tell_typing("#net", "done", 0.0)
    script.core.tell_typing("#net", "active", 1.0)
    script.core.tell_typing("#net", "active", 3.9)
    script.core.tell_typing("#net", "active", 4.0)
    script.core.tell_typing("#net", "done", 4.1)
    assert script.said() == [
        "@+typing=active TAGMSG #net",
        "@+typing=active TAGMSG #net",
        "@+typing=done TAGMSG #net",
    ]


# ---- several lines


LINES = f"{RICH} draft/multiline=max-bytes=100,max-lines=3"


def several() -> Script:
    script = Script("#net", rich=True)
    script.open()
    script.hear(f":hub CAP * LS :{LINES}")
    for name in LINES.split():
        script.hear(f":hub CAP * ACK :{name.partition('=')[0]}")
    script.hear(":hub 001 ana :Welcome", ":hub 422 ana :no MOTD")
    script.said()
    script.join()
    script.page(label=label_of(script.said()[-1]))
    return script


def test_several_lines_are_one_message() -> None:
    script = several()
    (ours,) = script.core.send("#net", "one\n\n  three\n", reply="m1")
    said = script.said()
    label = label_of(said[0])
    assert said == [
        f"@label={label};+razem/id=id1;+draft/reply=m1 BATCH +{label} draft/multiline #net",
        f"@batch={label} PRIVMSG #net one",
        f"@batch={label} PRIVMSG #net :",
        f"@batch={label} PRIVMSG #net :  three",
        f"BATCH -{label}",
    ]
    events = script.hear(
        f"@label={label};msgid=m2;+razem/id=id1 :ana!u@h BATCH +x draft/multiline #net",
        "@batch=x :ana!u@h PRIVMSG #net :one",
        "@batch=x :ana!u@h PRIVMSG #net :",
        "@batch=x :ana!u@h PRIVMSG #net :  thr",
        "@batch=x;draft/multiline-concat :ana!u@h PRIVMSG #net :ee",
        ":ana!u@h BATCH -x",
    )
    assert isinstance(events[0], MessageReceived)
    assert (events[0].text, events[0].msgid) == ("one\n\n  three", "m2")
    assert events[1] == Acknowledged(id="id1", target="#net", text=ours.text, msgid="m2")


def test_what_does_not_fit_becomes_several_messages() -> None:
    script = several()
    assert [m.text for m in script.core.send("#net", "1\n2\n3\n4")] == ["1", "2", "3", "4"]
    assert len(script.core.send("#net", "x" * 60 + "\n" + "y" * 60)) == 2


def test_several_lines_after_a_loss_to_a_hub_that_knows_them_no_more() -> None:
    script = several()
    script.lose()
    script.core.send("#net", "1")
    script.core.unacknowledged[0].text = "1\n2"
    script.welcome(RICH)
    script.said()
    script.join()
    script.page(label=label_of(script.said()[-1]))
    assert [line.partition("+razem")[2] for line in script.said()] == [
        "/id=id1 PRIVMSG #net 1",
        "/id=id1-1 PRIVMSG #net 2",
    ]


def test_several_lines_in_the_history() -> None:
    script = joined()
    script.core.ask_history("#net", "t", script.now, before="m9", limit=2)
    label = label_of(script.said()[0])
    topic = "@batch=h;msgid=m1;time=2026-11-23T09:00:01.000Z :bo!u@h TOPIC #net :cake"
    (event,) = script.hear(
        f"@label={label} :hub BATCH +h chathistory #net",
        topic,
        "@batch=h;msgid=m2 :bo!u@h BATCH +i draft/multiline #net",
        "@batch=i :bo!u@h PRIVMSG #net :one",
        "@batch=i :bo!u@h PRIVMSG #net :two",
        "@batch=h BATCH -i",
        ":hub BATCH -h",
    )
    assert isinstance(event, HistoryReceived)
    assert [m.text for m in event.messages] == ["one\ntwo"]
    assert isinstance(event.lines[0], Happened)
    assert event.lines[0].what == TopicChanged(channel="#net", topic="cake", by="bo")
    assert not event.complete


def test_a_topic_that_was_told_is_not_told_again() -> None:
    script = joined()
    topic = "@msgid=m3;time=2026-11-23T09:00:03.000Z :bo!u@host TOPIC #net :cake"
    script.hear(text("m2", "hi"), topic)
    script.lose()
    script.welcome(RICH)
    script.said()
    script.join()
    (question,) = (line for line in script.said() if "CHATHISTORY" in line)
    assert "AFTER #net msgid=m3" in question
    assert script.page(topic, label=label_of(question))[0] == CaughtUp(
        channel="#net", count=0, gap=True
    )


# ---- search, away, ranks, invitations, names


def test_a_search_is_answered() -> None:
    script = joined()
    script.core.search('"good cake"; now', "t1", where="#net", sender="bo")
    (line,) = script.said()
    assert line.partition(" ")[2] == r'SEARCH text="good\scake"\:\snow;in=#net;from=bo;limit=50'
    events = script.hear(
        f"@label={label_of(line)} :hub BATCH +s search",
        text("m1", "good cake now", batch="s"),
        ":hub BATCH -s",
    )
    (found,) = events
    assert isinstance(found, Found)
    assert [(m.text, m.history) for m in found.messages] == [("good cake now", True)]
    net = script.core.conversation("#net")
    assert net is not None
    assert net.unread == 0


def test_a_search_that_cannot_be() -> None:
    script = joined()
    script.core.search("?", "t1")
    label = label_of(script.said()[0])
    events = script.hear(f"@label={label} :hub FAIL SEARCH INVALID_PARAMS text :No word in it")
    assert events == [Found(token="t1", messages=(), refused="No word in it")]
    script.core.search("x", "t2")
    assert script.lose()[0] == Found(token="t2", messages=(), refused="the connection was lost")
    with pytest.raises(LocalProtocolError, match="no search"):
        joined(ALL).core.search("x", "t3")


def test_who_is_away_is_known() -> None:
    script = joined(features="CHATHISTORY=9 WHOX")
    script.hear(":hub 353 ana = #net :@ana +bo cy", ":hub 366 ana #net :end")
    assert script.said() == ["WHO #net %cnf"]
    net = script.core.channel("#net")
    assert net is not None
    assert (
        script.hear(":hub 354 ana #net bo G+", ":hub 354 ana #net cy H", ":hub 315 ana #net :end")
        == []
    )
    assert [(m.nick, m.prefixes, m.away) for m in net.sorted_members()] == [
        ("ana", "@", False),
        ("bo", "+", True),
        ("cy", "", False),
    ]
    assert script.hear(":bo!u@host AWAY", ":cy!u@host AWAY :lunch") == [
        AwayChanged(nick="bo", text=""),
        AwayChanged(nick="cy", text="lunch"),
    ]
    assert [m.away for m in net.sorted_members()] == [False, False, True]
    script.hear(":hub MODE #net +o cy", ":cy!u@host NICK cyd")
    assert net.sorted_members()[2].away


def test_invitations_and_renamings() -> None:
    script = joined()
    assert script.hear(":bo!u@host INVITE ana #cake") == [
        Invited(channel="#cake", nick="ana", by="bo", own=True)
    ]
    script.core.send("#net", "hi")
    events = script.hear(":bo!u@host RENAME #net #web :better")
    assert events == [ChannelRenamed(old="#net", new="#web", by="bo", reason="better")]
    assert script.core.channel("#web") is not None
    assert [c.name for c in script.core.conversations()] == ["#web"]
    assert script.said()[0].endswith("PRIVMSG #web hi")
    script.lose()
    script.welcome(RICH)
    assert "JOIN #web" in script.said()


# ---- the log-in


def test_the_log_in() -> None:
    script = Script(account="ana", account_password="sésame")
    script.open()
    script.hear(":hub CAP * LS :sasl=PLAIN,SCRAM-SHA-256")
    assert script.said() == ["CAP REQ sasl"]
    script.hear(":hub CAP * ACK :sasl")
    assert script.said() == ["AUTHENTICATE PLAIN"]
    script.hear("AUTHENTICATE +")
    (line,) = script.said()
    name, _, answer = line.partition(" ")
    assert (name, base64.b64decode(answer)) == (
        "AUTHENTICATE",
        "ana\0ana\0sésame".encode(),  # RFC 4616: authzid, authcid, password
    )
    events = script.hear(":hub 900 * ana!u@h ana :You are", ":hub 903 * :done")
    assert events == [LoggedIn(account="ana")]
    assert script.said() == ["CAP END"]
    assert script.core.account == "ana"


def test_a_log_in_that_fails_says_why() -> None:
    script = Script(account="ana", account_password="x")
    script.open()
    script.hear(":hub CAP * LS :sasl", ":hub CAP * ACK :sasl", "AUTHENTICATE +")
    script.hear(":hub 904 * :SASL authentication failed")
    assert script.core.phase is Phase.CLOSED
    assert script.core.failure == "the log-in to ana failed: SASL authentication failed"


def test_a_hub_without_log_in() -> None:
    script = Script(account="ana", account_password="x")
    script.open()
    script.hear(":hub CAP * LS :batch", ":hub CAP * ACK :batch")
    assert "cannot log in" in script.core.failure
    assert not any("AUTHENTICATE" in line for line in script.said())


# ---- taking back, closing


def test_what_was_never_sent_can_be_taken_back() -> None:
    script = Script("#net", rich=True)
    (ours,) = script.core.send("#net", "oops")
    assert script.core.withdraw(ours.id)
    assert not script.core.withdraw(ours.id)
    script = joined()
    (ours,) = script.core.send("#net", "too late")
    script.said()
    assert not script.core.withdraw(ours.id)
    script.lose()
    assert not script.core.withdraw(ours.id)  # the hub may have it


def test_a_talk_that_is_closed_is_forgotten() -> None:
    script = joined()
    script.core.open("bo", script.now)
    script.core.close("bo")
    script.core.close("#net")
    assert script.core.conversations() == []
    assert script.said()[-1] == "PART #net"
