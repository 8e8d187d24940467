"""Who may come in from another machine, and invitations (DESIGN 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from razem.sockets.address import Address
from razem.talk import events as ev
from razem.talk.changes import CreateInvitation, RevokeInvitation, SetMotd
from razem.talk.invitations import Key, digest_of, make_token, parse_key, token_of
from razem.talk.origin import Origin
from razem.talk.settings import Identity, Policy
from razem.talk.state import State

from .harness import IDENTITY, DurableLog, Person, SharedLog, World

if TYPE_CHECKING:
    from pathlib import Path

    from razem.talk.settings import Access

ELSEWHERE = Origin("192.0.2.7", "192.0.2.7", local=False, secure=True, transport="tls")
DAY = 86_400_000
NOW = 1_700_000_000_000
TOKEN = make_token(bytes(range(16)))
SEALED = Identity(name="hub.test", password="sesame")


def invite(world: World, token: str = TOKEN, channel: str = "", **more: int) -> ev.Event:
    made = world.order(lambda order: CreateInvitation(order, digest_of(token), channel, **more))
    assert made is not None
    return made[0]


def come(world: World, nick: str, *first: str, origin: Origin = ELSEWHERE) -> Person:
    person = world.connect(origin=origin)
    person.say(*first, f"NICK {nick}", f"USER {nick} 0 * :x")
    return person


def is_in(world: World, nick: str) -> bool:
    return world.hub.state.user_by_nick(nick) is not None


@pytest.mark.parametrize(
    ("access", "first", "comes_in"),
    [
        ("open", (), True),
        ("invite", (), False),
        ("invite", ("PASS wrong",), False),
        ("invite", (f"PASS invite:{TOKEN}",), True),
        ("invite", (f"PASS invite:{TOKEN}.and-more",), True),
        ("invite", ("PASS invite:AAAA",), False),
        ("invite", ("PASS invite:",), False),
        ("accounts", (), False),
        ("accounts", (f"PASS invite:{TOKEN}",), False),
    ],
)
def test_what_it_takes_to_come_in_from_another_machine(
    access: Access, first: tuple[str, ...], comes_in: bool
) -> None:
    world = World(policy=Policy(access=access))
    invite(world)
    person = world.connect(origin=ELSEWHERE)
    heard = person.ask(*first, "NICK ana", "USER ana 0 * :x")
    if comes_in:
        assert heard[0].command == "001"
    else:
        assert [m.command for m in heard] == ["464", "ERROR"]
        assert person.session.closing
    assert is_in(world, "ana") == comes_in
    come(world, "bo", origin=Origin())
    assert is_in(world, "bo")  # this machine is free


@pytest.mark.parametrize("access", ["invite", "accounts"])
def test_an_account_needs_no_invitation(access: Access) -> None:
    world = World(policy=Policy(access=access))
    person = world.connect(origin=ELSEWHERE)
    person.session.account = "ana"
    person.say("NICK ana", "USER ana 0 * :x")
    assert is_in(world, "ana")


@pytest.mark.parametrize("origin", [Origin(), ELSEWHERE])
def test_the_password_of_the_hub_stands_for_an_invitation_and_an_invitation_for_it(
    origin: Origin,
) -> None:
    world = World(identity=SEALED)
    invite(world)
    for nick, first, comes_in in (
        ("a", "PASS sesame", True),
        ("b", f"PASS invite:{TOKEN}", True),
        ("c", "PASS wrong", False),
        ("d", "PASS invite:AAAA", False),
        ("e", "PASS invite:sesame", False),
    ):
        come(world, nick, first, origin=origin)
        assert is_in(world, nick) == comes_in, nick


def test_only_so_many_guests_may_use_an_invitation_and_each_may_return() -> None:
    world = World()
    invite(world, uses=2)
    ana = come(world, "ana", f"PASS invite:{TOKEN}")
    ana.drop()
    come(world, "ana", f"PASS invite:{TOKEN}")
    come(world, "Bo", f"PASS invite:{TOKEN}")
    assert is_in(world, "ana")
    assert is_in(world, "bo")
    person = world.connect(origin=ELSEWHERE)
    heard = person.ask(f"PASS invite:{TOKEN}", "NICK cy", "USER cy 0 * :x")
    assert heard[0].params[-1] == "This invitation is used up: ask for another"


def test_a_nick_that_is_taken_uses_nothing_up() -> None:
    world = World()
    invite(world, uses=1)
    come(world, "ana", origin=Origin())
    guest = world.connect(origin=ELSEWHERE)
    heard = guest.ask(f"PASS invite:{TOKEN}", "NICK ana", "USER ana 0 * :x", "NICK bo")
    assert [m.command for m in heard][:2] == ["433", "001"]


def test_the_time_of_the_entry_decides_whether_it_has_expired() -> None:
    world = World()
    invite(world, expires=NOW + DAY)
    world.now = 86_399.999
    come(world, "ana", f"PASS invite:{TOKEN}")
    assert is_in(world, "ana")
    world.now = 86_400.0
    person = world.connect(origin=ELSEWHERE)
    heard = person.ask(f"PASS invite:{TOKEN}", "NICK bo", "USER bo 0 * :x")
    assert heard[0].params[-1] == "This invitation has expired: ask for another"
    assert len(world.hub.state.invitations) == 1
    invite(world, make_token(b"x" * 16))
    assert len(world.hub.state.invitations) == 1  # what expired is forgotten


@pytest.mark.parametrize("modes", ["+i", "+k sesame", "+l 1", "+ikl sesame 1"])
def test_a_guest_may_join_the_channel_of_the_invitation_whatever_its_modes(modes: str) -> None:
    world = World()
    ana = world.person("ana", "#Den", "#other")
    ana.say(f"MODE #den {modes}", f"MODE #other {modes}")
    invite(world, channel="#den")
    guest = come(world, "bo", f"PASS invite:{TOKEN}")
    assert "JOIN" in [m.command for m in guest.ask("JOIN #den")]
    assert "JOIN" not in [m.command for m in guest.ask("JOIN #other")]
    guest.drop()
    guest = come(world, "bo", f"PASS invite:{TOKEN}")  # the connection was lost: again
    assert "JOIN" in [m.command for m in guest.ask("JOIN #den")]


def test_a_revoked_invitation_lets_nobody_in() -> None:
    world = World()
    invite(world)
    other = make_token(b"y" * 16)
    invite(world, other)
    digest = digest_of(TOKEN)
    assert world.order(lambda order: RevokeInvitation(order, "zz")) == [
        ev.NotDone("no invitation is known as zz")
    ]
    made = world.order(lambda order: RevokeInvitation(order, digest[:8]))
    assert made is not None
    assert isinstance(made[0], ev.InvitationRevoked)
    come(world, "ana", f"PASS invite:{TOKEN}")
    come(world, "bo", f"PASS invite:{other}")
    assert (is_in(world, "ana"), is_in(world, "bo")) == (False, True)


def test_there_is_a_bound_on_their_number() -> None:
    world = World()
    assert isinstance(invite(world, most=1), ev.InvitationCreated)
    assert invite(world, make_token(b"x" * 16), most=1) == ev.NotDone(
        "there are 1 invitations already: revoke some of them"
    )


def test_no_session_can_order_anything() -> None:
    world = World()
    ana = world.person("ana")
    forged = (CreateInvitation(ana.session.id, digest_of(TOKEN)), SetMotd(ana.session.id, "mine"))
    ana.session.propose(forged)
    world.settle()
    assert (world.hub.state.invitations, world.hub.state.motd) == ({}, "")


def test_invitations_and_the_message_of_the_day_outlive_the_hub_and_are_shared(
    tmp_path: Path,
) -> None:
    log = DurableLog(tmp_path / "log")
    world = World(log)
    invite(world, uses=1)
    world.order(lambda order: SetMotd(order, "Be\nkind"))
    come(world, "ana", f"PASS invite:{TOKEN}")
    log.end()
    log = DurableLog(tmp_path / "log")
    world = World(log)
    come(world, "bo", f"PASS invite:{TOKEN}")
    assert not is_in(world, "bo")
    ana = come(world, "ana", f"PASS invite:{TOKEN}")
    assert [m.params[-1] for m in ana.ask("MOTD")][1:-1] == ["- Be", "- kind"]
    state = world.hub.state
    assert State.restore(state.snapshot()) == state
    log.end()


def test_several_hubs_of_one_log_know_the_same_invitations() -> None:
    log = SharedLog()
    one, two = World(log, name="one"), World(log, name="two")
    invite(one, uses=1)
    come(two, "ana", f"PASS invite:{TOKEN}")
    assert is_in(one, "ana")
    come(one, "bo", f"PASS invite:{TOKEN}")
    assert not is_in(two, "bo")
    assert one.hub.state == two.hub.state


def test_the_message_of_the_day_comes_before_that_of_the_configuration() -> None:
    world = World(identity=Identity(name="hub.test", motd=("from the file",)))
    ana = world.person("ana")
    for text, shown in (("set", "- set"), ("", "- from the file")):
        world.order(lambda order, text=text: SetMotd(order, text))  # type: ignore[misc]
        assert ana.ask("MOTD")[1].params[-1] == shown
    assert World(identity=IDENTITY).person("bo").ask("MOTD")[0].command == "422"


# Links

FINGERPRINT = "sha256:" + "0123456789abcdef" * 4


def test_a_link_is_written_as_documented() -> None:
    key = Key(TOKEN, FINGERPRINT)
    assert str(key) == "AAECAwQFBgcICQoLDA0ODw.ASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4mrze8"
    assert key.link("hub.example", 6697, "#lobby") == f"razem://hub.example:6697/#lobby?key={key}"
    assert key.link("2001:db8::1", 7000) == f"razem://[2001:db8::1]:7000/?key={key}"
    assert key.web_link("hub.example", 6697, "#lobby") == (
        f"https://hub.example:6697/#invite={TOKEN}&join=%23lobby"
    )
    assert key.web_link("::1", 1) == f"https://[::1]:1/#invite={TOKEN}"
    assert key.password == f"invite:{TOKEN}"


@given(
    st.binary(min_size=16, max_size=16),
    st.sampled_from(["", FINGERPRINT]),
    st.text(st.characters(codec="utf-8", exclude_characters=" ,\a\r\n\0"), min_size=1),
)
def test_a_link_says_what_was_put_into_it(random: bytes, fingerprint: str, name: str) -> None:
    key = Key(make_token(random), fingerprint)
    address = Address(key.link("hub.example", 7000, f"#{name}"))
    assert (address.host, address.port, address.channel) == ("hub.example", 7000, f"#{name}")
    assert parse_key(address.query["key"]) == key
    assert token_of(key.password) == token_of(f"invite:{key}") == key.token


@pytest.mark.parametrize(
    "text", ["", "x", TOKEN[:-1], TOKEN + "AA", f"{TOKEN}.", f"{TOKEN}.AAAA", "ä" * 22, "*" * 22]
)
def test_a_damaged_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="key of the invitation"):
        parse_key(text)


@given(st.text())
def test_any_text_is_a_key_or_refused(text: str) -> None:
    try:
        assert str(parse_key(text)) == text
    except ValueError as error:
        assert "key of the invitation" in str(error)  # noqa: PT017
