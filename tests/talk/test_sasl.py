"""SASL: AUTHENTICATE and its mechanisms (IRCv3 sasl-3.1 and 3.2, RFC 4616, RFC 5802)."""

from __future__ import annotations

import base64

import pytest
import scramp
from hypothesis import given
from hypothesis import strategies as st

from razem.talk.origin import Origin
from razem.talk.sasl import Chunks, TooLongError, written
from razem.talk.settings import Accounts, Limits, Policy
from tests.talk.accounts import AFAR, PASSWORD, commands, plain, registered
from tests.talk.harness import Person, World

BARE = Origin("192.0.2.7", "192.0.2.7", local=False, secure=False)
FINGERPRINT = "ab" * 32
SHOWN = Origin("192.0.2.7", "192.0.2.7", local=False, transport="tls", certificate=FINGERPRINT)
FAILED = ":hub.test 904 ana :SASL authentication failed: Wrong account or password"


def newcomer(world: World, origin: Origin | None = None) -> Person:
    person = world.connect(origin=origin)
    person.say("CAP LS 302", "NICK ana", "USER ana 0 * :Ana", "CAP REQ sasl")
    return person


def world_with(name: str, policy: Policy | None = None) -> World:
    world = World(policy=policy or Policy(access="open"))
    registered(world, name).say("QUIT")
    return world


# The capability


@pytest.mark.parametrize(
    ("origin", "mechanisms"),
    [
        (Origin(), "PLAIN,SCRAM-SHA-256"),
        (AFAR, "EXTERNAL,PLAIN,SCRAM-SHA-256"),
        (BARE, "SCRAM-SHA-256"),
    ],
)
def test_the_mechanisms_are_those_that_the_connection_allows(
    origin: Origin, mechanisms: str
) -> None:
    person = World().connect(origin=origin)
    words = " ".join(person.say("CAP LS 302")).split()
    assert f"sasl={mechanisms}" in words
    older = World().connect(origin=origin)
    assert "sasl" in " ".join(older.say("CAP LS")).replace(":", "").split()


@pytest.mark.parametrize(("origin", "name"), [(None, "FOO"), (BARE, "PLAIN"), (None, "EXTERNAL")])
def test_another_mechanism_is_answered_with_those_that_there_are(
    origin: Origin | None, name: str
) -> None:
    person = World().connect(origin=origin)
    offered = "SCRAM-SHA-256" if origin else "PLAIN,SCRAM-SHA-256"
    assert person.say(f"AUTHENTICATE {name}") == [
        f":hub.test 908 * {offered} :are available SASL mechanisms",
        ":hub.test 904 * :SASL authentication failed",
    ]


# PLAIN


def test_plain_as_the_specification_has_it() -> None:
    world = World()
    jilles = world.person("jilles")
    jilles.say("REGISTER * * sesame", "QUIT")
    person = world.connect()
    assert person.say("CAP LS 302", "CAP REQ sasl")[-1] == ":hub.test CAP * ACK :sasl"
    assert person.say("AUTHENTICATE PLAIN") == ["AUTHENTICATE +"]
    # The message is that of the example in sasl-3.1: jilles, jilles, sesame.
    assert person.say("AUTHENTICATE amlsbGVzAGppbGxlcwBzZXNhbWU=") == [
        ":hub.test 900 * *!*@localhost jilles :You are now logged in as jilles",
        ":hub.test 903 * :SASL authentication successful",
    ]
    heard = person.say("NICK x", "USER x 0 * :X", "CAP END")
    assert heard[0].startswith(":hub.test 001 x ")
    user = world.hub.state.user_by_nick("x")
    assert user is not None
    assert user.account == "jilles"


@pytest.mark.parametrize(
    ("message", "answer"),
    [
        (plain("ana"), "900"),
        (plain("ANA"), "900"),
        (plain("ana", authzid="Ana"), "900"),
        (plain("ana", "wrong"), FAILED),
        (plain("ana", ""), FAILED),
        (plain("nobody"), FAILED),
        (plain("ana", "x" * 290), FAILED),
        (plain("ana", authzid="bo"), ":hub.test 904 ana :SASL authentication failed: nobody"),
        (base64.b64encode(b"ana").decode(), ":hub.test 904 ana :SASL authentication failed"),
        (base64.b64encode(b"\xff\0a\0b").decode(), ":hub.test 904 ana :SASL authentication failed"),
        ("+", ":hub.test 904 ana :SASL authentication failed"),
        ("!!!!", ":hub.test 904 ana :SASL authentication failed"),
        ("x" * 401, ":hub.test 905 ana :SASL message too long"),
        ("*", ":hub.test 906 ana :SASL authentication aborted"),
    ],
)
def test_what_plain_answers(message: str, answer: str) -> None:
    person = newcomer(world_with("ana"))
    assert person.say("AUTHENTICATE PLAIN") == ["AUTHENTICATE +"]
    heard = person.say(f"AUTHENTICATE {message}")
    if answer == "900":
        assert commands(heard) == ["900", "903"]
    else:
        assert len(heard) == 1
        assert heard[0].startswith(answer)
        assert person.say("AUTHENTICATE PLAIN") == ["AUTHENTICATE +"]  # it may try again


@pytest.mark.parametrize("length", [291, 300])
def test_long_messages_come_in_pieces(length: int) -> None:
    world = World()
    password = ("bar" * 100)[:length]
    foo = world.person("foo")
    foo.say(f"REGISTER * * {password}", "QUIT")
    person = world.connect()
    text = plain("foo", password, "foo")
    pieces = [text[:400], text[400:] or "+"]
    assert (length == 291) == (len(text) == 400)
    heard = person.say("AUTHENTICATE PLAIN", *(f"AUTHENTICATE {piece}" for piece in pieces))
    assert commands(heard) == ["AUTHENTICATE", "900", "903"]


def test_a_message_without_end_is_too_long() -> None:
    person = World().connect()
    person.say("AUTHENTICATE PLAIN")
    heard = [line for _ in range(11) for line in person.say("AUTHENTICATE " + "A" * 400)]
    assert heard == [":hub.test 905 * :SASL message too long"]


@given(st.binary(max_size=1200))
def test_pieces_put_together_are_what_was_cut(data: bytes) -> None:
    chunks = Chunks()
    pieces = written(data)
    assert all(len(piece) == 400 for piece in pieces[:-1])
    assert len(pieces[-1]) < 400
    got = [chunks.add(piece) for piece in pieces]
    assert got == [None] * (len(pieces) - 1) + [data]


@given(st.lists(st.text(max_size=420) | st.just("A" * 400), max_size=12))
def test_whatever_pieces_come_they_are_a_message_or_refused(pieces: list[str]) -> None:
    chunks = Chunks()
    for piece in pieces:
        try:
            data = chunks.add(piece)
        except TooLongError:
            return
        except ValueError:
            continue
        assert data is None or len(data) <= 3000


def test_capability_negotiation_that_ends_meanwhile_ends_the_proof() -> None:
    person = newcomer(World())
    person.say("AUTHENTICATE PLAIN")
    heard = person.say("CAP END")
    assert heard[0] == ":hub.test 906 ana :SASL authentication aborted"
    assert commands(heard)[1] == "001"


def test_after_the_welcome_one_may_log_in_and_cannot_log_in_to_another_account() -> None:
    world = world_with("ana")
    registered(world, "bo").say("QUIT")
    person = newcomer(world)
    person.say("NICK cy", "CAP END")
    auth = ["AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('ana')}"]
    assert commands(person.say(*auth)) == ["AUTHENTICATE", "900", "903"]
    assert commands(person.say(*auth)) == ["AUTHENTICATE", "900", "903"]
    other = person.say("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('bo')}")
    assert commands(other) == ["AUTHENTICATE", "907"]


# SCRAM-SHA-256


def scram(person: Person, account: str, password: str = PASSWORD) -> list[str]:
    """Log in as `scramp` does it, the server's proof included; return the last answer."""
    client = scramp.ScramClient(["SCRAM-SHA-256"], account, password)
    assert person.say("AUTHENTICATE SCRAM-SHA-256") == ["AUTHENTICATE +"]
    heard = _say(person, client.get_client_first())
    if commands(heard) != ["AUTHENTICATE"]:
        return heard
    client.set_server_first(_read(heard))
    heard = _say(person, client.get_client_final())
    if commands(heard) != ["AUTHENTICATE"]:
        return heard
    client.set_server_final(_read(heard))
    return person.say("AUTHENTICATE +")


def _say(person: Person, text: str) -> list[str]:
    return person.say(*(f"AUTHENTICATE {piece}" for piece in written(text.encode())))


def _read(heard: list[str]) -> str:
    return base64.b64decode(heard[0].split()[1]).decode()


@pytest.mark.parametrize("origin", [None, AFAR, BARE])
def test_scram_proves_both_sides(origin: Origin | None) -> None:
    assert commands(scram(newcomer(world_with("ana"), origin), "ana")) == ["900", "903"]


@pytest.mark.parametrize(("account", "password"), [("ana", "wrong"), ("nobody", PASSWORD)])
def test_scram_with_a_wrong_password_or_account_fails(account: str, password: str) -> None:
    heard = scram(newcomer(world_with("ana")), account, password)
    assert heard == [":hub.test 904 ana :SASL authentication failed"]


@given(
    st.lists(st.binary(max_size=60) | st.sampled_from([b"n,,n=ana,r=x", b"c=biws,r=xnonce1,p="]))
)
def test_scram_takes_whatever_comes_for_a_failure(messages: list[bytes]) -> None:
    world = World(limits=Limits(flood=False))
    person = world.connect()
    person.say("AUTHENTICATE SCRAM-SHA-256")
    for message in messages:
        for line in person.say(*(f"AUTHENTICATE {piece}" for piece in written(message))):
            assert line.split()[1] in {"904", "908"} or line.startswith(("AUTHENTICATE", "ERROR"))


# EXTERNAL


def test_a_certificate_logs_in_to_the_account_that_it_was_added_to() -> None:
    world = world_with("ana")
    person = newcomer(world, SHOWN)
    person.say("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('ana')}", "CAP END")
    assert person.say("NS CERT ADD") == [
        f":NickServ!NickServ@services NOTICE ana :{FINGERPRINT} logs in to ana from now on"
    ]
    for authzid, answers in (("+", ["900", "903"]), ("YW5h", ["900", "903"]), ("Ym8=", ["904"])):
        other = newcomer(world, SHOWN)
        assert other.say("AUTHENTICATE EXTERNAL") == ["AUTHENTICATE +"]
        assert commands(other.say(f"AUTHENTICATE {authzid}")) == answers
    person.say(f"NS CERT DEL {FINGERPRINT.upper()}")
    other = newcomer(world, SHOWN)
    assert commands(other.say("AUTHENTICATE EXTERNAL", "AUTHENTICATE +"))[-1] == "904"


def test_without_a_certificate_external_fails() -> None:
    person = newcomer(world_with("ana"), AFAR)
    heard = person.say("AUTHENTICATE EXTERNAL", "AUTHENTICATE +")
    assert heard[-1].startswith(":hub.test 904 ana :SASL authentication failed: your certificate")


# Guessing


def guess(person: Person, account: str, password: str = "wrong") -> str:
    heard = person.say("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain(account, password)}")
    return heard[1]


def test_a_connection_that_guesses_is_closed() -> None:
    world = world_with("ana", Policy(accounts=Accounts(failures=3)))
    person = newcomer(world)
    assert [guess(person, "ana") for _ in range(2)] == [FAILED] * 2
    heard = person.say("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain('ana', 'no')}")
    assert heard[1:] == [FAILED, "ERROR :Closing link: Too many failed log-ins"]
    assert person.session.id not in world.hub.sessions


def test_guesses_at_an_account_are_slowed_from_wherever_they_come() -> None:
    policy = Policy(access="open", accounts=Accounts(failures=2, failure_seconds=10))
    world = world_with("ana", policy)
    for number in range(2):
        host = f"198.51.100.{number}"
        person = newcomer(world, Origin(host, host, local=False))
        assert guess(person, "ana") == FAILED
    late = newcomer(world)
    assert "try again in" in guess(late, "ana", PASSWORD)
    world.now += 11
    assert commands([guess(late, "ana", PASSWORD)]) == ["900"]
    assert guess(newcomer(world), "ana") == FAILED  # it was right once: the count begins anew


def test_guesses_from_an_address_are_slowed_at_whatever_account() -> None:
    policy = Policy(access="open", accounts=Accounts(failures=2, failure_seconds=10))
    world = world_with("ana", policy)
    for account in ("bo", "cy"):
        guess(newcomer(world, AFAR), account)
    assert "try again in" in guess(newcomer(world, AFAR), "ana", PASSWORD)
    assert commands([guess(newcomer(world), "ana", PASSWORD)]) == ["900"]  # from elsewhere
