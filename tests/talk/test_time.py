"""What time does to a session: flood control, signs of life, and the end of patience."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from razem.talk.bucket import TokenBucket
from razem.talk.settings import Limits
from tests.talk.harness import Person, World

_RATES = st.floats(0.01, 1000, allow_nan=False)


@given(_RATES, st.integers(1, 50), st.lists(st.floats(0, 10), max_size=60), st.floats(0, 1e9))
def test_no_more_than_burst_and_rate_pass(
    rate: float, burst: int, waits: list[float], start: float
) -> None:
    bucket, now, taken = TokenBucket(rate, burst, start), start, 0
    for wait in waits:
        now += wait
        taken += bucket.take(now)
        assert taken <= burst + (now - start) * rate + 1e-2
    assert taken >= min(len(waits), burst)


@given(_RATES, st.integers(1, 5), st.floats(0, 1e9), st.floats(0, 1))
def test_at_the_time_it_names_a_bucket_has_a_token(
    rate: float, burst: int, start: float, later: float
) -> None:
    bucket = TokenBucket(rate, burst, start)
    now = start + later
    while bucket.take(now):
        pass
    for _ in range(3):
        assert bucket.next_at > now
        now = bucket.next_at
        assert bucket.take(now)
        assert not bucket.take(now)


def test_time_that_goes_back_gives_no_tokens() -> None:
    bucket = TokenBucket(1, 1, 100)
    assert bucket.take(100)
    assert not bucket.take(50)
    assert not bucket.take(100.5)


def flooded(world: World, *lines: str) -> Person:
    person = world.connect()
    person.session.receive("".join(f"{line}\r\n" for line in lines).encode(), world.now)
    world.settle()
    return person


def full(person: Person) -> bool:
    """Tell whether the hub has stopped reading from somebody."""
    return person.session.full


def test_a_flood_is_slowed_and_nothing_of_it_is_lost() -> None:
    world = World(limits=Limits(flood_rate=2, flood_burst=5))
    bo = world.person("bo", "#a")
    ana = flooded(
        world,
        "NICK ana",
        "USER a 0 * :A",
        "JOIN #a",
        *(f"PRIVMSG #a :{n}" for n in range(9)),
        "QUIT",
    )
    heard: list[tuple[float, str]] = []

    def listen() -> None:
        heard.extend((world.now, m.params[-1]) for m in bo.messages() if m.command == "PRIVMSG")

    listen()
    assert [text for _, text in heard] == ["0", "1"]
    while (tick := world.hub.next_tick()) is not None:
        assert tick > world.now
        world.now = tick
        world.hub.tick(world.now)
        world.settle()
        listen()
    assert [text for _, text in heard] == [str(n) for n in range(9)]
    assert [time for time, _ in heard[2:]] == pytest.approx(
        [0.5 * n for n in range(1, 8)], abs=0.01
    )
    assert ana.heard()[-1] == "ERROR :Closing link: Quit"
    assert world.now == pytest.approx(4.0, abs=0.01)


def test_without_flood_control_nothing_is_slowed() -> None:
    world = World(limits=Limits(flood=False, flood_rate=1, flood_burst=1))
    ana = flooded(world, "NICK ana", "USER a 0 * :A", *(f"PING {n}" for n in range(500)))
    assert ana.heard()[-1] == ":hub.test PONG hub.test :499"
    assert world.hub.next_tick() is None


def test_a_slowed_client_that_went_away_is_forgotten() -> None:
    world = World(limits=Limits(flood_rate=1, flood_burst=1))
    flooded(world, "PING 1", "PING 2").drop()
    assert world.hub.next_tick() is None


def test_a_slowed_client_that_sends_no_more_is_answered_to_the_end() -> None:
    world = World(limits=Limits(flood_rate=1, flood_burst=1))
    ana = flooded(world, "PING 1", "PING 2", "PING 3")
    ana.session.end_of_input(world.now)
    while (tick := world.hub.next_tick()) is not None:
        world.now = tick
        world.hub.tick(world.now)
        world.settle()
    assert [line.split()[-1] for line in ana.heard()] == [":1", ":2", ":3", "closed"]


def test_a_client_with_much_unread_is_not_read_from() -> None:
    world = World(limits=Limits(flood_rate=1, flood_burst=1))
    ana = flooded(world, *["PING x"] * 150)
    assert not full(ana)
    ana.session.receive(b"PING x\r\n" * 100, world.now)
    assert full(ana)
    for _ in range(60):
        world.now += 1
        world.hub.tick(world.now)
    assert not full(ana)


# Signs of life


def swept(world: World, *times: float) -> None:
    for world.now in times:
        world.hub.sweep(world.now)
        world.settle()


def test_a_silent_client_is_asked_once_and_then_dropped() -> None:
    world = World(limits=Limits(flood=False, ping_seconds=10))
    bo = world.person("bo", "#a")
    ana = world.person("ana", "#a")
    bo.heard()
    swept(world, 9.9)
    assert ana.heard() == []
    swept(world, 10.1, 11, 19)
    assert ana.heard() == ["PING :hub.test"]
    bo.say("PONG x")
    swept(world, 20.1)
    assert ana.heard() == ["ERROR :Closing link: Ping timeout: 20 seconds"]
    assert bo.heard()[-1].startswith(":ana!~ana@localhost QUIT :Ping timeout")
    assert list(world.hub.sessions) == [bo.session.id]


@pytest.mark.parametrize("sign", [b"PONG :hub.test\r\n", b"\r\n", b"PRI"])
def test_any_byte_is_a_sign_of_life(sign: bytes) -> None:
    world = World(limits=Limits(flood=False, ping_seconds=10))
    ana = world.person("ana")
    swept(world, 10.1, 15)
    ana.send(sign)
    swept(world, 20.1, 24.9)
    assert ana.session.id in world.hub.sessions
    ana.heard()
    swept(world, 25.1)
    assert ana.heard() == ["PING :hub.test"]


def test_who_is_slowed_by_us_is_not_taken_for_dead() -> None:
    world = World(limits=Limits(flood_rate=1, flood_burst=2, ping_seconds=10))
    ana = flooded(world, "NICK ana", "USER a 0 * :A", *["PING x"] * 300)
    assert full(ana)  # nothing is read from it: it cannot give a sign
    for _ in range(320):
        world.now += 1
        world.hub.tick(world.now)
        world.hub.sweep(world.now)
        world.settle()
        if not full(ana) and ana.session.pinged:
            ana.session.receive(b"PONG :hub.test\r\n", world.now)
    assert ana.session.id in world.hub.sessions
    assert sum(" PONG " in line for line in ana.heard()) == 300


@pytest.mark.parametrize("lines", [[], ["NICK ana"], ["CAP LS 302", "NICK ana", "USER a 0 * :A"]])
def test_who_does_not_register_in_time_is_dropped(lines: list[str]) -> None:
    world = World(limits=Limits(registration_seconds=30))
    ana = flooded(world, *lines)
    ana.heard()
    swept(world, 29.9)
    assert ana.heard() == []
    ana.send(b"\r\n")
    swept(world, 30.1)
    assert ana.heard() == ["ERROR :Closing link: Registration timed out"]
    assert world.hub.sessions == {}


def test_who_registered_in_time_stays() -> None:
    world = World(limits=Limits(registration_seconds=30, ping_seconds=100))
    ana = world.person("ana")
    swept(world, 31)
    assert ana.session.id in world.hub.sessions
