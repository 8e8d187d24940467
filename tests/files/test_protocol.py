"""Both ends of the copy protocol, joined in memory: every cut, every damage, no I/O."""

from __future__ import annotations

import random
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from razem.errors import (
    BrokenError,
    CorruptError,
    Error,
    RemoteProtocolError,
    TruncatedError,
)
from razem.files.digests import CELL, Cells, cell_digest, digest_of_cells
from razem.files.entries import ROOT, Entry, Kind, Outcome
from razem.files.frames import Frames
from razem.files.messages import (
    Again,
    Bundle,
    BundleItem,
    Chunk,
    End,
    EntriesEnd,
    EntryList,
    FileEnd,
    Finished,
    Hole,
    Message,
    Result,
    Results,
    Stop,
    Wants,
    decode_message,
    encode,
)
from razem.files.receiving import WHOLE, Lost, Receiver, digests_of
from razem.files.sending import Sender
from tests.files.memory import ReceivingEnd, SendingEnd, arrived, feed, pump

LARGE = random.Random(1).randbytes(2 * CELL + 12345)
FILES = {b"empty": b"", b"small": b"hello", b"large": LARGE, b"holes": bytes(2 * CELL) + b"end"}


@pytest.mark.parametrize("step", [1, 7, 4096, 65536, 1 << 21])
def test_however_it_is_cut_the_copy_is_whole(step: int) -> None:
    files = FILES if step > 1 else {b"small": b"hello", b"middle": LARGE[:9000], b"empty": b""}
    sending, receiving = SendingEnd(files), ReceivingEnd()
    pump(sending, receiving, step=step)
    assert receiving.files == files
    assert [each.outcome for each in sending.settled] == [Outcome.DONE] * len(files)
    assert sending.completed is not None
    assert sending.completed.digest == receiving.core.digest()


@given(
    st.dictionaries(
        st.binary(min_size=1, max_size=8).filter(
            lambda name: not set(name) & {0, 0x2F} and name not in {b".", b".."}
        ),
        st.binary(max_size=6000),
        max_size=8,
    ),
    st.integers(1, 3000),
    st.integers(1, 5),
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_any_files(files: dict[bytes, bytes], step: int, batch: int) -> None:
    sending, receiving = SendingEnd(files, batch), ReceivingEnd()
    pump(sending, receiving, step=step)
    assert receiving.files == files
    assert sending.completed is not None


def test_what_is_there_is_not_sent() -> None:
    sending, receiving = SendingEnd(FILES), ReceivingEnd(has=frozenset(FILES))
    sent = 0

    def count(_: int, piece: bytes) -> bytes:
        nonlocal sent
        sent += len(piece)
        return piece

    pump(sending, receiving, spoil=count)
    assert receiving.files == {}
    assert sent < 400
    assert sending.completed is not None


def damaged(piece: bytes) -> bytes:
    return bytes([piece[0] ^ 1]) + piece[1:]


def sent_things(files: dict[bytes, bytes]) -> list[bytes]:
    things: list[bytes] = []

    def keep(_: int, piece: bytes) -> bytes:
        things.append(piece)
        return piece

    pump(SendingEnd(files), ReceivingEnd(), spoil=keep)
    return things


THINGS = sent_things(FILES)


@pytest.mark.parametrize("which", range(len(THINGS)))
def test_whatever_is_damaged_nothing_wrong_is_kept(which: int) -> None:
    """A body is asked for again; a damaged record ends the copy in an error of ours."""
    sending, receiving = SendingEnd(FILES), ReceivingEnd()

    def spoil(number: int, piece: bytes) -> bytes:
        return damaged(piece) if number == which and piece else piece

    if len(THINGS[which]) != 8 + int.from_bytes(THINGS[which][:4], "big"):  # no record
        pump(sending, receiving, spoil=spoil)
        assert receiving.files == FILES
        assert sending.completed is not None
    else:
        with pytest.raises(Error):
            pump(sending, receiving, spoil=spoil)
    assert all(FILES[name] == data for name, data in receiving.files.items())


def test_a_chunk_that_is_always_wrong_is_given_up_and_the_rest_goes_on() -> None:
    sending, receiving = SendingEnd(FILES), ReceivingEnd()
    pump(sending, receiving, spoil=lambda _, piece: damaged(piece) if len(piece) == CELL else piece)
    assert receiving.files == {name: FILES[name] for name in FILES if name != b"large"}
    assert "damaged" in receiving.lost[b"large"]
    outcomes = {each.entry.name: each.outcome for each in sending.settled}
    assert outcomes[b"large"] == Outcome.FAILED
    assert outcomes[b"small"] == Outcome.DONE


@pytest.mark.parametrize("share", [x / 12 for x in range(12)])
def test_a_line_that_is_cut_leaves_whole_files_only(share: float) -> None:
    sending, receiving = SendingEnd(FILES), ReceivingEnd()
    pump(sending, receiving, most=int(share * sum(map(len, THINGS))))
    assert all(FILES[name] == data for name, data in receiving.files.items())
    assert sending.completed is None


@pytest.mark.parametrize("seed", range(20))
def test_chunks_in_another_order_are_refused(seed: int) -> None:
    """Messages that change places never make a wrong file."""
    shuffler = random.Random(seed)
    sending, receiving = SendingEnd({b"large": LARGE}), ReceivingEnd()
    waiting: list[bytes] = []

    def swap(_: int, piece: bytes) -> bytes:
        waiting.append(piece)
        return waiting.pop(shuffler.randrange(len(waiting))) if len(waiting) > 2 else b""

    with suppress(Error):
        pump(sending, receiving, spoil=swap)
    assert receiving.files in ({}, {b"large": LARGE})


def test_the_end_in_the_middle_is_told() -> None:
    frames = Frames()
    data = b"".join(THINGS)
    list(feed(frames, data[: len(data) // 2], 1000))
    with pytest.raises(TruncatedError):
        frames.end()


@given(st.binary(max_size=200))
def test_no_bytes_make_another_error(data: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        decode_message(b"\xc1" + data)
    try:
        message = decode_message(data)
    except RemoteProtocolError:
        return
    for core in (Sender(), Receiver()):
        try:
            if isinstance(core, Sender):
                core.receive(message)
            else:
                core.receive(arrived(message, b""), digests_of(arrived(message, b"")))
        except (RemoteProtocolError, BrokenError):
            pass


def entry(name: bytes = b"a", **more: int) -> Entry:
    known = {"mode": 0o644, "mtime": 0, "size": 0, **more}
    return Entry(
        known.get("kind", Kind.FILE),
        known.get("parent", ROOT),
        name,
        known["mode"],
        known["mtime"],
        known["size"],
    )


@pytest.mark.parametrize(
    "messages",
    [
        [EntryList([entry(parent=0)])],
        [EntryList([entry(), entry(parent=0)])],
        [EntryList([entry(parent=7)])],
        [EntryList([entry(mode=0o10000)])],
        [EntryList([entry(size=-1)])],
        [EntryList([entry(mtime=1 << 63)])],
        [EntryList([entry(kind=Kind.HARD_LINK, size=0)])],
        [EntriesEnd(1, 0)],
        [EntriesEnd(0, 0), EntryList([])],
        [End()],
        [EntryList([entry()]), EntriesEnd(1, 0), End()],
        [Chunk(0, 0, 1, b"")],
        [Bundle([BundleItem(0, 0, b"")])],
        [FileEnd(0, 0, b"")],
        [Wants(0, b"\1")],
    ],
)
def test_what_a_sender_may_not_say(messages: list[Message]) -> None:
    core = Receiver()
    with pytest.raises(RemoteProtocolError):
        tell(core, messages, b"")


@pytest.mark.parametrize(
    "messages",
    [
        [Chunk(0, 1, 5, b"")],
        [Chunk(0, CELL, 5, b"")],
        [Chunk(0, 0, 5, cell_digest(b"hello")), Chunk(0, 5, 5, b"")],
        [Chunk(0, 0, 5, cell_digest(b"hello")), FileEnd(0, 6, b"")],
        [Hole(0, 0, 5)],
        [Hole(0, 0, -CELL)],
        [End()],
    ],
)
def test_what_a_sender_may_not_say_of_a_wanted_file(messages: list[Message]) -> None:
    core = wanting()
    with pytest.raises(RemoteProtocolError):
        tell(core, messages, b"hello")


def tell(core: Receiver, messages: list[Message], body: bytes) -> None:
    for message in messages:
        core.receive(arrived(message, body), digests_of(arrived(message, body)))


def wanting() -> Receiver:
    core = Receiver()
    core.receive(arrived(EntryList([entry(size=5)])))
    core.check(0, entry(size=5))
    core.answer(bytes([WHOLE]))
    core.receive(arrived(EntriesEnd(1, 5)))
    return core


def test_a_file_whose_digest_is_wrong_is_lost() -> None:
    core = wanting()
    core.receive(arrived(Chunk(0, 0, 5, cell_digest(b"hello")), b"hello"), [cell_digest(b"hello")])
    assert isinstance(core.receive(arrived(FileEnd(0, 5, b"?" * 32)))[0], Lost)


@pytest.mark.parametrize(
    "messages",
    [
        [Wants(1, b"\1")],
        [Wants(0, b"\1\1\1")],
        [Wants(0, b"\3")],
        [Wants(0, b"\0\1")],  # a directory
        [Again(5, 0, 1)],
        [Again(0, 0, 0)],
        [Results([Result(3, 0)])],
        [Results([Result(0, 9)])],
        [Results([Result(0, 0), Result(0, 0)])],
        [Finished(b"")],
        [End()],
    ],
)
def test_what_a_receiver_may_not_say(messages: list[Message]) -> None:
    core = Sender()
    core.offer([entry(), entry(b"d", kind=Kind.DIRECTORY)])
    with pytest.raises(RemoteProtocolError):
        [core.receive(message) for message in messages]


def test_who_gives_up_says_why() -> None:
    with pytest.raises(BrokenError, match="the disk is full"):
        Receiver().receive(arrived(Stop("the disk is full")))
    with pytest.raises(BrokenError, match="the disk is full"):
        Sender().receive(Stop("the disk is full"))


def test_ends_that_saw_different_things_notice() -> None:
    core = Sender()
    core.end_of_entries(0)
    core.end()
    with pytest.raises(CorruptError):
        core.receive(Finished(b"\0" * 32))


def test_entries_wait_for_their_results() -> None:
    core = Sender(window=2)
    core.offer([entry(), entry()])
    assert not core.may_offer
    core.receive(Wants(0, b"\0\0"))
    core.receive(Results([Result(0, Outcome.SAME)]))
    assert core.may_offer


def test_elements_of_later_versions_are_ignored() -> None:
    payload = encode(End())
    assert payload == b"\x91\x09"
    assert decode_message(b"\x93\x09\xa4more\xc0") == End()
    with pytest.raises(RemoteProtocolError):
        decode_message(b"\x91\x7f")


def test_the_digest_of_a_file_is_that_of_its_cells() -> None:
    cells = Cells()
    for at in range(0, len(LARGE), 70001):
        cells.update(LARGE[at : at + 70001])
    joined = b"".join(cell_digest(LARGE[at : at + CELL]) for at in range(0, len(LARGE), CELL))
    assert cells.digest() == digest_of_cells(joined)
    # b3sum of no bytes, from the specification's test vectors (input_len 0)
    assert Cells().digest().hex().startswith("af1349b9f5f9a1a6a0404dea36dcc949")
