"""Who may do what in a channel, by status (as in Ergo and UnrealIRCd)."""

from __future__ import annotations

import pytest

from razem.talk import ranks
from tests.talk.harness import Person, World

STATUSES = {"owner": "q", "admin": "a", "op": "o", "half": "h", "voice": "v", "plain": ""}


@pytest.mark.parametrize(
    ("status", "over"),
    [("q", "qaohv-"), ("a", "ohv-"), ("o", "ohv-"), ("h", "v-"), ("v", ""), ("", "")],
)
def test_who_may_put_out_whom(status: str, over: str) -> None:
    for other in "qaohv-":
        assert ranks.may_act_on(status, other.replace("-", "")) is (other in over), other


@pytest.mark.parametrize(
    ("status", "letters"),
    [
        ("q", "qaohvbeIklfimnstCR"),
        ("a", "ohvbeIklfimnstCR"),
        ("o", "ohvbeIklfimnstCR"),
        ("h", "vbeIklimnt"),
        ("v", ""),
        ("", ""),
    ],
)
def test_who_may_set_which_modes(status: str, letters: str) -> None:
    for letter in "qaohvbeIklfimnstCR":
        assert ranks.may_set(status, letter) is (letter in letters), letter


def test_a_status_is_kept_in_order() -> None:
    assert ranks.with_letter("ov", "q") == "qov"
    assert ranks.with_letter("ov", "o") == "ov"
    assert ranks.without("qov", "o") == "qv"
    assert [ranks.at_least(status, "h") for status in ("q", "ov", "hv", "v", "")] == [
        *(True, True, True),
        *(False, False),
    ]


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def people(world: World) -> dict[str, Person]:
    """One of each status in #a."""
    people = {name: world.person(name, "#a") for name in STATUSES}
    channel = world.hub.state.channels["#a"]
    for name, status in STATUSES.items():
        channel.members[people[name].session.id] = status
    for person in people.values():
        person.heard()
    return people


def names(person: Person) -> str:
    return next(m.params[-1] for m in person.ask("NAMES #a") if m.command == "353")


def test_names_show_the_highest_sign_or_all_of_them(
    world: World, people: dict[str, Person]
) -> None:
    people["owner"].say("MODE #a +vo owner owner")
    assert names(people["plain"]) == "~owner &admin @op %half +voice plain"
    several = world.person("eve", "#a", caps="multi-prefix")
    assert names(several) == "~@+owner &admin @op %half +voice plain eve"


@pytest.mark.parametrize(
    ("by", "whom", "done"),
    [
        *(("owner", "admin", True), ("admin", "op", True), ("op", "half", True)),
        *(("half", "voice", True), ("half", "plain", True)),
        *(("admin", "owner", False), ("op", "admin", False), ("half", "op", False)),
        *(("voice", "plain", False), ("plain", "voice", False)),
    ],
)
def test_nobody_kicks_a_higher_one(
    people: dict[str, Person], by: str, whom: str, done: bool
) -> None:
    (heard,) = people[by].ask(f"KICK #a {whom} :out")
    assert heard.command == ("KICK" if done else "482")
    assert (whom in names(people["owner"])) is not done


def test_who_is_as_high_is_named_in_the_refusal(people: dict[str, Person]) -> None:
    people["owner"].say("MODE #a +h plain")
    people["half"].heard()
    assert people["half"].say("KICK #a plain") == [
        ":hub.test 482 half #a :You may not kick plain, whose status is as high as yours or higher"
    ]


@pytest.mark.parametrize(
    ("by", "change", "done"),
    [
        *(("owner", "+q plain", True), ("owner", "-a admin", True)),
        *(("admin", "+a plain", False), ("admin", "+o plain", True), ("admin", "-q owner", False)),
        *(("op", "+o plain", True), ("op", "-h half", True), ("op", "-a admin", False)),
        *(("half", "+v plain", True), ("half", "+h plain", False), ("half", "-o op", False)),
        *(("half", "+m", True), ("half", "+b x", True), ("half", "+s", False)),
        *(("half", "+f #b", False), ("voice", "+m", False), ("voice", "+v plain", False)),
        *(("admin", "-a admin", True), ("voice", "-v voice", True), ("half", "-h half", True)),
    ],
)
def test_modes_are_set_by_those_of_the_right_rank(
    people: dict[str, Person], by: str, change: str, done: bool
) -> None:
    (heard,) = people[by].ask(f"MODE #a {change}")
    assert heard.command == ("MODE" if done else "482")


def test_a_half_operator_sets_the_topic_and_invites(
    world: World, people: dict[str, Person]
) -> None:
    world.person("eve")
    people["op"].say("MODE #a +i")
    people["half"].heard()
    assert [m.command for m in people["half"].ask("TOPIC #a :t", "INVITE eve #a")] == [
        "TOPIC",
        "341",
    ]
    people["voice"].heard()
    assert [m.command for m in people["voice"].ask("TOPIC #a :u", "INVITE eve #a")] == [
        "482",
        "482",
    ]


def test_who_may_not_hears_it_once_for_all_letters(people: dict[str, Person]) -> None:
    assert people["plain"].say("MODE #a +imbs-t x") == [
        ":hub.test 482 plain #a :You're not channel operator"
    ]
    assert people["op"].say("MODE #a +q op") == [
        ":hub.test 482 op #a :Only an owner of the channel may change this mode (q or a)"
    ]
