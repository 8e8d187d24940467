from __future__ import annotations

from razem.talk.client.events import (
    Event,
    Joined,
    Kicked,
    Member,
    ModeChanged,
    Names,
    NickChanged,
    Parted,
    Quit,
    TopicChanged,
)
from razem.talk.client.settings import Limits

from .scripted import Script


def in_channel(limits: Limits | None = None) -> Script:
    script = Script("#net", limits=limits)
    script.welcome("batch", features="CHANMODES=b,k,l,imnt PREFIX=(ov)@+")
    script.join()
    script.hear(
        ":hub 332 ana #net :the weather",
        ":hub 353 ana = #net :ana @bo",
        ":hub 353 ana = #net :@+cy!u@h",
        ":hub 366 ana #net :End of names",
        ":hub 324 ana #net +ntk key",
    )
    return script


def test_names_topic_and_modes() -> None:
    channel = in_channel().core.channel("#NET")
    assert channel is not None
    assert channel.sorted_members() == (Member("ana"), Member("bo", "@"), Member("cy", "@+"))
    assert channel.topic == "the weather"
    assert channel.modes == {"n": "", "t": "", "k": "key"}


def test_people_come_and_go() -> None:
    script = in_channel()
    events = script.hear(
        ":dan!u@h JOIN #net",
        ":dan!u@h NICK eve",
        ":eve!u@h PART #net :off",
        ":cy!u@h QUIT :gone",
        ":bo!u@h KICK #net ana :out",
    )
    assert events[:4] == [
        Joined(channel="#net", nick="dan"),
        NickChanged(old="dan", new="eve"),
        Parted(channel="#net", nick="eve", reason="off"),
        Quit(nick="cy", reason="gone", channels=("#net",)),
    ]
    assert events[4] == Kicked(channel="#net", nick="ana", by="bo", reason="out", own=True)
    assert script.core.channels() == []


def test_topics_and_ranks_change() -> None:
    script = in_channel()
    events = script.hear(
        ":bo!u@h TOPIC #net :tea",
        ":bo!u@h MODE #net +o-v+lb ana cy 5 *!*@x",
        ":bo!u@h MODE #net -lk x",
    )
    assert events == [
        TopicChanged(channel="#net", topic="tea", by="bo"),
        ModeChanged(target="#net", modes="+o-v+lb ana cy 5 *!*@x", by="bo"),
        ModeChanged(target="#net", modes="-lk x", by="bo"),
    ]
    channel = script.core.channel("#net")
    assert channel is not None
    assert channel.sorted_members() == (Member("ana", "@"), Member("bo", "@"), Member("cy", "@"))
    assert channel.modes == {"n": "", "t": ""}


def test_members_and_channels_are_bounded() -> None:
    script = in_channel(Limits(members=3, channels=2))
    script.hear(":dan!u@h JOIN #net", ":ana!u@h JOIN #two", ":ana!u@h JOIN #three")
    channel = script.core.channel("#net")
    assert channel is not None
    assert len(channel.members) == 3
    assert [c.name for c in script.core.channels()] == ["#net", "#two"]


def test_a_new_list_of_names_replaces_the_old_one() -> None:
    script = in_channel()
    events: list[Event] = script.hear(":hub 353 ana = #net ana", ":hub 366 ana #net :End")
    assert events == [Names(channel="#net", members=(Member("ana"),))]
