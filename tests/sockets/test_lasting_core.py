"""The core of lasting streams, joined to another in memory, under every cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from razem.errors import LimitError, RefusedError, RemoteProtocolError
from razem.sockets.lasting.core import Aborted, Arrived, Core, Ended, Lost, PeerGone, Silent
from razem.sockets.lasting.frames import Kind, Mark, Refusal, frame
from razem.sockets.lasting.opening import Known, Opened, Opening, Returned, Welcome
from razem.sockets.lasting.settings import Lasting

if TYPE_CHECKING:
    from collections.abc import Callable

BUFFER = 1000
SETTINGS = Lasting(buffer=BUFFER, patience=60, heartbeat=5, silence=12)


class End:
    """A core, and a program that writes numbered bytes and checks those that it reads."""

    def __init__(self) -> None:
        self.core = Core(SETTINGS, Mark(granted=BUFFER), 0.0)
        self.written = bytearray()
        self.waiting = bytearray()  # has come, and was not read
        self.read = bytearray()
        self.ended = False
        self.out = bytearray()  # on its way to the other

    def write(self, size: int) -> None:
        data = bytes((len(self.written) + place) * 7 % 251 for place in range(size))
        self.written += data[: self.core.write(data)]

    def take(self, size: int) -> None:
        self.read += self.waiting[:size]
        del self.waiting[:size]
        self.core.took(len(self.read))

    def hear(self, data: bytes) -> None:
        for event in self.core.receive(data, 0.0):
            if isinstance(event, Arrived):
                assert not self.ended
                self.waiting += event.data
            elif isinstance(event, Ended):
                assert not self.ended
                self.ended = True

    def send(self) -> None:
        self.out += b"".join(self.core.to_send(0.0))


class Pair:
    """Two ends and a transport that loses everything when it is cut."""

    def __init__(self) -> None:
        self.ends = (End(), End())
        self.join()

    def join(self) -> None:
        """Go on over a new transport; each tells how far it is."""
        left, right = self.ends
        marks = left.core.mark, right.core.mark
        left.core.attach(marks[1], 0.0)
        right.core.attach(marks[0], 0.0)

    def cut(self) -> None:
        for end in self.ends:
            end.out.clear()
            end.core.detach(0.0)
        self.join()

    def carry(self, side: int, size: int) -> None:
        sender, receiver = self.ends[side], self.ends[1 - side]
        sender.send()
        data = bytes(sender.out[:size])
        del sender.out[:size]
        receiver.hear(data)

    def check(self) -> None:
        for end, peer in (self.ends, self.ends[::-1]):
            assert peer.written.startswith(end.read + end.waiting)
            assert len(end.waiting) <= BUFFER
            assert len(end.core._kept) <= BUFFER
            if end.core.delivered:
                assert peer.read == end.written

    def finish(self) -> None:
        for _ in range(10_000):
            for side in (0, 1):
                self.carry(side, 1 << 20)
                if not self.ends[side].core.gone:
                    self.ends[side].take(1 << 20)
            if all(end.core.over for end in self.ends):
                return
        raise AssertionError("the two did not come to an end")


sides = st.integers(0, 1)
steps = st.one_of(
    st.tuples(st.just("write"), sides, st.integers(1, 2000)),
    st.tuples(st.just("take"), sides, st.integers(1, 2000)),
    st.tuples(st.just("carry"), sides, st.integers(1, 3000)),
    st.tuples(st.just("cut"), sides, st.just(0)),
    st.tuples(st.just("end"), sides, st.just(0)),
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(steps, max_size=60))
def test_no_byte_is_lost_or_doubled(script: list[tuple[str, int, int]]) -> None:
    pair = Pair()
    for step, side, size in script:
        end = pair.ends[side]
        if step == "write" and not end.core.ended:
            end.write(size)
        elif step == "take":
            end.take(size)
        elif step == "carry":
            pair.carry(side, size)
        elif step == "cut":
            pair.cut()
        elif step == "end":
            end.core.end()
        pair.check()
    for end in pair.ends:
        end.core.end()
    pair.finish()
    for end, peer in (pair.ends, pair.ends[::-1]):
        assert end.read == peer.written
        assert end.ended
        assert end.core.delivered


def test_delivered_means_that_the_program_has_read() -> None:
    pair = Pair()
    left, right = pair.ends
    left.write(100)
    assert not left.core.delivered
    pair.carry(0, 1 << 20)
    pair.carry(1, 1 << 20)
    assert not left.core.delivered  # it has arrived, and that is all
    right.take(99)
    pair.carry(1, 1 << 20)
    assert (left.core.delivered, left.core.unread) == (False, 1)
    right.take(1)
    pair.carry(1, 1 << 20)
    assert left.core.delivered


def test_a_call_that_needs_more_than_the_buffer_gets_it() -> None:
    pair = Pair()
    left, right = pair.ends
    for _ in range(6):
        left.write(BUFFER)
        pair.carry(0, 1 << 20)
        pair.carry(1, 1 << 20)
    assert len(right.waiting) == BUFFER
    right.core.took(0, 5 * BUFFER)
    for _ in range(6):
        pair.carry(1, 1 << 20)
        left.write(BUFFER)
        pair.carry(0, 1 << 20)
    assert len(right.waiting) == 5 * BUFFER


def test_who_closes_knows_when_the_peer_has_everything() -> None:
    pair = Pair()
    left, right = pair.ends
    left.write(10)
    left.core.close()
    pair.carry(0, 1 << 20)
    assert right.core.peer_gone
    settled = [left.core.settled]
    pair.cut()  # its answer is lost, and told again on returning
    settled.append(left.core.settled)
    assert settled == [False, True]
    assert left.core.over
    assert bytes(right.waiting) == bytes(left.written)
    right.send()
    assert right.core.over


def test_what_the_peer_does_not_read_any_more_does_not_hold_up_the_end() -> None:
    pair = Pair()
    left, right = pair.ends
    left.write(BUFFER)
    pair.carry(0, 1 << 20)
    left.write(0)
    right.core.close()
    left.write(BUFFER)
    pair.carry(1, 1 << 20)
    assert left.core.peer_gone
    left.core.close()
    pair.finish()
    assert not left.core.delivered


def test_abort_is_told() -> None:
    left, right = (end.core for end in Pair().ends)
    left.abort()
    (said,) = left.to_send(0.0)
    assert right.receive(said, 0.0) == [Aborted()]
    assert left.over
    assert right.over


def test_silence_is_asked_about_and_then_given_up() -> None:
    core = Pair().ends[0].core
    core.to_send(0.0)
    assert core.next_deadline() == 5
    assert core.expire(4.9) == []
    assert core.to_send(5.0) == [frame(Kind.PING)]
    assert core.to_send(5.1) == []
    assert core.next_deadline() == 12
    assert core.expire(11.9) == []
    assert core.expire(12.0) == [Silent()]
    core.detach(12.0)
    assert core.next_deadline() == 72
    assert core.expire(71.9) == []
    assert core.expire(72.0) == [Lost()]


def test_an_answer_to_a_ping() -> None:
    core = Pair().ends[0].core
    core.to_send(0.0)
    core.receive(frame(Kind.PING), 0.0)
    assert len(core.to_send(0.0)) == 1


# Frames as they stand in the table of razem.sockets.lasting.frames, by hand: length, CRC-32, kind.
@pytest.mark.parametrize(
    ("what", "why"),
    [
        (frame(Kind.DATA, (5).to_bytes(8, "big"), b"x"), "bytes are missing"),
        (frame(Kind.DATA, bytes(8), bytes(BUFFER + 1)), "more than there was room for"),
        (frame(Kind.END, (1).to_bytes(8, "big")), "the end at 1"),
        (frame(Kind.MARK, Mark(1, 0, 0, 0).build()), "was not sent"),
        (frame(Kind.MARK, Mark(0, 1, 0, 0).build()), "was not sent"),
        (frame(Kind.MARK, Mark(0, 0, 0, 1).build()), "an end that was not sent"),
        (frame(Kind.OPEN, bytes(41)), "in the middle"),
        (frame(Kind.PING, b"x"), "a body of 1 bytes"),
        (bytes.fromhex("00000001 00000000 0d"), "damaged"),
        (bytes.fromhex("ffffffff 00000000"), "allowed"),
    ],
)
def test_what_makes_no_sense_is_refused(what: bytes, why: str) -> None:
    core = Pair().ends[0].core
    with pytest.raises((RemoteProtocolError, LimitError), match=why):
        core.receive(what, 0.0)


def test_a_frame_on_the_wire() -> None:
    assert frame(Kind.PING) == bytes.fromhex("00000001 a188bae1 0d")


@given(st.binary(max_size=300), st.integers(1, 50))
def test_noise_makes_documented_errors_only(noise: bytes, step: int) -> None:
    ends: list[Callable[[bytes], object]] = [
        lambda data: Core(SETTINGS, Mark(), 0.0).receive(data, 0.0),
        opening().receive,
        resuming().receive,
        welcome().receive,
    ]
    for hear in ends:
        try:
            for start in range(0, len(noise), step):
                hear(noise[start : start + step])
        except (RemoteProtocolError, LimitError, RefusedError):
            pass


KNOWN = Known(b"i" * 16, b"k" * 32)


def opening(secret: bytes = b"a" * 32) -> Opening:
    return Opening(secret, Mark(granted=7))


def resuming(known: Known = KNOWN, secret: bytes = b"a" * 32) -> Opening:
    return Opening(secret, Mark(3, 2, 9), known)


def welcome(
    *, nonce: bytes = b"n" * 16, known: Known = KNOWN, refusal: Refusal | None = None
) -> Welcome:
    return Welcome(
        secret=b"b" * 32,
        id=b"j" * 16,
        nonce=nonce,
        find=lambda number: known if number == known.id else None,
        refusal=refusal,
        mark=Mark(granted=8),
    )


@pytest.mark.parametrize("step", [1, 7, 65536])
def test_opening(step: int) -> None:
    client, server = opening(), welcome()
    at_server = feed(server, client.to_send(), step)
    at_client = feed(client, [*server.to_send(), frame(Kind.PING)], step)
    assert isinstance(at_server, Opened)
    assert isinstance(at_client, Opened)
    assert at_server.known == at_client.known
    assert at_client.known.id == b"j" * 16
    assert (at_server.peer.granted, at_client.peer.granted) == (7, 8)
    if step == 65536:
        assert at_client.rest == frame(Kind.PING)


def test_returning() -> None:
    client, server = resuming(), welcome()
    assert feed(server, client.to_send()) is None
    assert feed(client, server.to_send()) is None
    returned = feed(server, client.to_send())
    assert returned == Returned(KNOWN, Mark(3, 2, 9))
    assert server.resume(Mark(2, 1, 5)) == b""
    assert feed(client, [*server.to_send(), b"more"]) == Opened(KNOWN, Mark(2, 1, 5), b"more")


def test_a_stranger_cannot_resume_a_stream() -> None:
    """He may know its number, from listening to somebody who returned."""
    client, server = resuming(Known(KNOWN.id, b"?" * 32)), welcome()
    feed(server, client.to_send())
    (challenge,) = server.to_send()
    with pytest.raises(RemoteProtocolError, match="not the peer"):
        feed(client, [challenge])
    forged = frame(Kind.PROOF, b"?" * 32, Mark().build())
    with pytest.raises(RefusedError, match="knows nothing"):
        feed(server, [forged])
    assert server.to_send() == [frame(Kind.REFUSED, b"\x01")]


def test_what_was_said_on_returning_is_good_for_once() -> None:
    client, server = resuming(), welcome(nonce=b"1" * 16)
    first = client.to_send()
    feed(server, first)
    feed(client, server.to_send())
    proof = client.to_send()
    assert feed(server, proof) is not None
    again = welcome(nonce=b"2" * 16)
    feed(again, first)
    with pytest.raises(RefusedError):
        feed(again, proof)


def test_a_stranger_cannot_answer_for_the_peer() -> None:
    """The address of the peer was given to another machine, which answers with what it has."""
    client = resuming()
    feed(stranger := welcome(known=Known(KNOWN.id, b"?" * 32)), client.to_send())
    with pytest.raises(RemoteProtocolError, match="not the peer"):
        feed(client, stranger.to_send())
    assert client.to_send() == []  # and gets nothing that proves anything
    with pytest.raises(RemoteProtocolError, match="does not speak"):
        feed(resuming(), [frame(Kind.RESUMED, Mark().build())])


def test_an_answer_is_no_question() -> None:
    """What the one end proves cannot be sent back to it as the proof of the other."""
    client, server = resuming(), welcome(nonce=b"a" * 16)
    feed(server, client.to_send())
    (challenge,) = server.to_send()
    echo = frame(Kind.PROOF, challenge[-32:], Mark().build())
    with pytest.raises(RefusedError):
        feed(server, [echo])


@pytest.mark.parametrize("reason", [Refusal.CLOSED, Refusal.FULL])
def test_refusals_are_told(reason: Refusal) -> None:
    client, server = opening(), welcome(refusal=reason)
    with pytest.raises(RefusedError):
        feed(server, client.to_send())
    with pytest.raises(RefusedError, match="nobody new" if reason is Refusal.CLOSED else "no room"):
        feed(client, server.to_send())


def test_who_speaks_something_else_is_told_what_to_do() -> None:
    with pytest.raises(RemoteProtocolError, match="--lasting"):
        feed(opening(), [b"HTTP/1.1 400 Bad Request\r\n\r\n"])
    with pytest.raises(RemoteProtocolError, match="--lasting"):
        feed(welcome(), [b"GET / HTTP/1.1\r\n\r\n"])


def test_another_version_is_told() -> None:
    server = welcome()
    with pytest.raises(RefusedError, match="version"):
        feed(server, [frame(Kind.OPEN, b"\x02", bytes(40))])
    assert server.to_send() == [frame(Kind.REFUSED, b"\x02")]


def feed(end: Opening | Welcome, said: list[bytes], step: int = 65536) -> object:
    data = b"".join(said)
    came: object = None
    for start in range(0, len(data), step):
        if came is not None:
            break
        came = end.receive(data[start : start + step])
    return came


def test_who_reads_no_more_says_so() -> None:
    pair = Pair()
    left, right = pair.ends
    right.core.deafen()
    right.send()
    assert PeerGone() in left.core.receive(bytes(right.out), 0.0)
