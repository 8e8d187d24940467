"""METADATA: what users and channels say of themselves (IRCv3 metadata)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.talk.accounts import commands, log_in, registered
from tests.talk.harness import DurableLog, World

if TYPE_CHECKING:
    from pathlib import Path

    from tests.talk.harness import Person

CAPS = "draft/metadata-2 batch"


def batch(lines: list[str]) -> list[str]:
    """Return what is in a batch of metadata, without its tags."""
    first, *inside, last = lines
    _, command, reference, kind, _ = first.split()
    assert (command, kind, reference[0]) == ("BATCH", "metadata", "+")
    assert last.split()[1:] == ["BATCH", f"-{reference[1:]}"]
    assert all(line.startswith(f"@batch={reference[1:]} :hub.test ") for line in inside)
    return [line.split(" ", 2)[2] for line in inside]


def two(world: World) -> tuple[Person, Person]:
    foo, bar = world.person("foo", "#a", caps=CAPS), world.person("bar", "#a", caps=CAPS)
    foo.heard()
    return foo, bar


def test_the_limits_stand_in_the_value_of_the_capability() -> None:
    words = " ".join(World().connect().say("CAP LS 302")).split()
    assert "draft/metadata-2=max-subs=50,max-keys=20,max-value-bytes=240" in words


@pytest.mark.parametrize("target", ["*", "foo", "#a", "#A"])
def test_what_is_set_can_be_got_listed_and_unset(target: str) -> None:
    foo, bar = two(World())
    name = {"*": "foo", "#A": "#a"}.get(target, target)
    value = "->\U0001f49c<- :)"
    assert foo.say(f"METADATA {target} SET Display-Name :{value}") == [
        f":hub.test 761 foo {name} display-name * :{value}"
    ]
    told = f"761 {{}} {name} display-name * :{value}"
    assert batch(foo.say(f"METADATA {target} GET display-name x")) == [
        told.format("foo"),
        f"766 foo {name} x :Key not set",
    ]
    assert batch(bar.say(f"METADATA {name} LIST")) == [told.format("bar")]
    unset = f":hub.test 766 foo {name} display-name :Key not set"
    assert foo.say(f"METADATA {target} SET display-name") == [unset]
    assert foo.say(f"METADATA {target} SET display-name") == [unset]
    assert batch(foo.say(f"METADATA {target} LIST")) == []


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("METADATA foobar LIST", "FAIL METADATA INVALID_TARGET foobar :Invalid target"),
        ("METADATA foobar GET x", "FAIL METADATA INVALID_TARGET foobar :Invalid target"),
        ("METADATA #secret LIST", "FAIL METADATA INVALID_TARGET #secret :Invalid target"),
        ("METADATA #secret SET x y", "FAIL METADATA INVALID_TARGET #secret :Invalid target"),
        ("METADATA * FROB", "FAIL METADATA SUBCOMMAND_INVALID FROB :Invalid subcommand"),
        ("METADATA * SET $url$ x", "FAIL METADATA KEY_INVALID $url$ :Not a key"),
        ("METADATA * SET ::x y", "FAIL METADATA KEY_INVALID * :Not a key"),
        ("METADATA * SET " + "k" * 41 + " y", "FAIL METADATA KEY_INVALID " + "k" * 41),
        ("METADATA * SET", "461 bar METADATA :"),
        ("METADATA foo SET x y", "FAIL METADATA KEY_NO_PERMISSION foo x :"),
        ("METADATA #a SET x y", "FAIL METADATA KEY_NO_PERMISSION #a x :"),
        ("METADATA #a CLEAR", "FAIL METADATA KEY_NO_PERMISSION #a * :"),
        ("METADATA * SET x :" + "abcd" * 61, "FAIL METADATA VALUE_INVALID :"),
        ("METADATA * SET x :" + "\U0001f49c" * 61, "FAIL METADATA VALUE_INVALID :"),
    ],
)
def test_what_cannot_be_is_refused(line: str, answer: str) -> None:
    world = World()
    _, bar = two(world)
    world.person("cy", "#secret").say("MODE #secret +s")
    heard = bar.say(line)
    assert len(heard) == 1
    assert heard[0].startswith(f":hub.test {answer}")


def test_only_so_many_keys_can_be_set_and_all_be_cleared() -> None:
    foo, _ = two(World())
    for number in range(20):
        foo.say(f"METADATA * SET key{number} x")
    assert foo.say("METADATA * SET more x") == [
        ":hub.test FAIL METADATA LIMIT_REACHED * :Too many keys are set"
    ]
    assert commands(foo.say("METADATA * SET key3 y")) == ["761"]
    cleared = batch(foo.say("METADATA * CLEAR"))
    assert cleared == [f"766 foo foo key{number} :Key not set" for number in range(20)]
    assert batch(foo.say("METADATA * CLEAR")) == []


def test_subscriptions_are_answered_in_order() -> None:
    foo, _ = two(World())
    assert foo.say("METADATA * SUB avatar Website foo") == [":hub.test 770 foo avatar website :foo"]
    assert foo.say("METADATA * SUB $url avatar")[0].startswith(
        ":hub.test FAIL METADATA KEY_INVALID $url :"
    )
    assert foo.say("METADATA * UNSUB foo bar") == [":hub.test 771 foo foo :bar"]
    assert foo.say("METADATA * SUBS") == [":hub.test 772 foo avatar :website"]
    for number in range(47):
        foo.say(f"METADATA * SUB k{number}")
    assert foo.say("METADATA * SUB last avatar over more") == [
        ":hub.test FAIL METADATA TOO_MANY_SUBS over :Too many subscriptions",
        ":hub.test 770 foo last :avatar",
    ]


def test_who_subscribed_hears_of_those_in_the_same_channels() -> None:
    world = World()
    foo, bar = two(world)
    deaf, elsewhere = world.person("deaf", "#a", caps=CAPS), world.person("cy", caps=CAPS)
    foo.heard()
    bar.heard()
    for person in (foo, bar, elsewhere):
        person.say("METADATA * SUB display-name")
    assert commands(foo.say("METADATA * SET display-name :Foo", "METADATA * SET other x")) == [
        "761",
        "761",
    ]
    foo.say("METADATA #a SET display-name :Hash", "METADATA * SET display-name")
    assert bar.heard() == [
        ":foo!~foo@localhost METADATA foo display-name * :Foo",
        ":foo!~foo@localhost METADATA #a display-name * :Hash",
        ":foo!~foo@localhost METADATA foo display-name *",
    ]
    assert deaf.heard() == elsewhere.heard() == []


def test_who_comes_into_a_channel_is_told_what_it_subscribed_to() -> None:
    world = World()
    foo, bar = two(world)
    foo.say("METADATA #a SET url :x", "METADATA * SET url :mine", "METADATA * SET other :y")
    cy = world.person("cy", caps=CAPS)
    cy.say("METADATA * SUB url", "METADATA * SET url :cy's")
    foo.say("METADATA * SUB url")
    heard = [line for line in cy.say("JOIN #a") if "METADATA" in line]
    assert heard == [
        ":hub.test METADATA #a url * :x",
        ":hub.test METADATA foo url * :mine",
        ":hub.test METADATA cy url * :cy's",
    ]
    assert [line for line in foo.heard() if "METADATA" in line] == [
        ":hub.test METADATA cy url * :cy's"
    ]
    assert not [line for line in bar.heard() if "METADATA" in line]
    assert len(batch(cy.say("METADATA #a SYNC"))) == 3
    assert batch(cy.say("METADATA foo SYNC")) == ["METADATA foo url * :mine"]


def test_who_monitors_hears_of_it_with_metadata_notify() -> None:
    world = World()
    foo, _ = two(world)
    watcher = world.person("cy", caps=f"{CAPS} draft/metadata-notify-2")
    watcher.say("METADATA * SUB url", "MONITOR + foo")
    foo.say("METADATA * SET url :x")
    assert watcher.heard() == [":foo!~foo@localhost METADATA foo url * :x"]


def test_that_of_an_account_and_of_a_channel_is_there_after_a_restart(tmp_path: Path) -> None:
    log = DurableLog(tmp_path / "log")
    world = World(log)
    foo = registered(world, "foo", "#a", caps=CAPS)
    foo.say("METADATA * SET url :mine", "METADATA #a SET url :ours", "PRIVMSG #a :x")
    log.end()
    log = DurableLog(tmp_path / "log")
    world = World(log)
    foo = world.connect()
    heard = log_in(foo, "foo", caps=CAPS)
    start = commands(heard).index("BATCH")
    assert heard[start].endswith(" metadata foo")
    assert batch(heard[start : start + 3]) == ["METADATA foo url * :mine"]
    assert batch(foo.say("METADATA #a GET url")) == ["761 foo #a url * :ours"]
    log.end()


def test_what_a_guest_set_ends_with_it() -> None:
    world = World()
    foo, _ = two(world)
    foo.say("METADATA * SET url :x", "QUIT")
    again = world.person("foo", caps=CAPS)
    assert batch(again.say("METADATA * LIST")) == []


def test_asking_for_the_capability_later_tells_ones_own() -> None:
    world = World()
    foo = registered(world, "foo", caps="batch")
    foo.say("METADATA * SET url :x")
    heard = foo.say("CAP REQ draft/metadata-2")
    assert heard[0] == ":hub.test CAP foo ACK :draft/metadata-2"
    assert batch(heard[1:]) == ["METADATA foo url * :x"]
