"""Sends a tree: one thread for the disk, some for digests, one for the network each way.

The disk's thread is the only one that touches the `Sender`; the others hand it what arrives, and
take from it what is to go out:

    arrivals ──► inbox ──► disk: Sender, walking, reading ──► outbox ──► network
                                       └──► digests ─────────────┘
"""

from __future__ import annotations

import os
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from queue import Queue
from threading import Event, Thread
from typing import TYPE_CHECKING, Final, NamedTuple

from razem.errors import Error, TruncatedError
from razem.files.differing import Difference
from razem.files.digests import CELL, Cells, cell_digest, digest_of_cells, zero_digest
from razem.files.entries import ROOT, SPARSE, UNKNOWN, Entry, Kind, Outcome
from razem.files.messages import BundleItem, Chunk, Offer, encode
from razem.files.names import shown_name
from razem.files.sending import AskedAgain, Completed, Known, Sender, Settled, Wanted
from razem.files.tally import Ended, Summary, Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from razem.files.channel import Channel
    from razem.files.frames import Arrived
    from razem.files.sending import SenderEvent
    from razem.files.tally import Progress
    from razem.files.walking import Source

__all__ = ["Outgoing", "send_tree"]

_SMALL: Final = 64 * 1024  # bytes; files up to that go in bundles
_BUNDLE_FILES: Final = 512
_BATCH: Final = 512  # entries of a message
_AHEAD: Final = 2048  # entries that the receiver has not answered
_OUTBOX: Final = 8  # things that wait for the network
_NAMES: Final = 20  # at the top, that are told before the manifest


class _Out(NamedTuple):
    """Something for the network.

    Attributes:
        payload: the message; None for the end.
        body: the bytes that follow it.
        file: where the system can take those from, and the offset.
        digest: makes the payload when it is there.
    """

    payload: bytes | None
    body: bytes | memoryview = b""
    digest: Future[bytes] | None = None
    chunk: Chunk | None = None


@dataclass(slots=True)
class _Waits:
    """Seconds that were spent waiting, by what for."""

    disk: float = 0.0
    processor: float = 0.0
    network: float = 0.0
    peer: float = 0.0


def send_tree(
    channel: Channel,
    tree: Source,
    *,
    counted: tuple[int, int] = (-1, -1),
    names: list[bytes] | None = None,
    progress: Progress | None = None,
) -> Summary:
    """Send a tree to a receiver that has been greeted, and return how it ended.

    Args:
        channel: to it.
        tree: what to send.
        counted: how many files and bytes there are, where that is known.
        names: of what stands at the top.
        progress: is called in another thread.

    Raises:
        Error: the connection broke, or the receiver gave up or broke the protocol.
    """
    return Outgoing(channel, tree, progress).run(counted, names or [])


class Outgoing:
    """One tree on its way out."""

    def __init__(self, channel: Channel, tree: Source, progress: Progress | None = None) -> None:
        self.tally = Tally()
        self.summary = Summary()
        self._channel = channel
        self._tree = tree
        self._progress = progress
        self._core = Sender()
        self._inbox: deque[Arrived | BaseException | None] = deque()
        self._arrived = Event()
        self._outbox: Queue[_Out] = Queue(_OUTBOX)
        self._wanted: deque[Wanted] = deque()
        self._again: deque[AskedAgain] = deque()
        self._paths: dict[int, bytes] = {ROOT: b""}
        self._failure: BaseException | None = None
        self._completed = False
        self._waits = _Waits()
        self._workers = ThreadPoolExecutor(2, "razem-digests")

    def run(self, counted: tuple[int, int], names: list[bytes]) -> Summary:
        """Send everything, and wait until it is settled."""
        begin = time.monotonic()
        more = max(len(names) - _NAMES, 0)
        self._channel.send(encode(Offer(*counted, names[:_NAMES], more)))
        disk = Thread(target=self._run, args=(self._work,), name="razem-disk", daemon=True)
        listening = Thread(target=self._listen, name="razem-answers", daemon=True)
        disk.start()
        listening.start()
        try:
            self._carry()
        except BaseException as error:  # noqa: BLE001  raised below
            self._fail(error)
        finally:
            self._finish(disk, listening)
        if self._failure is not None:
            raise self._failure
        self.summary.seconds = time.monotonic() - begin
        self.summary.size = self.tally.size
        self.summary.bytes_sent = self.tally.bytes_sent
        self.summary.limit = max(
            ("disk", "processor", "network", "peer"), key=lambda name: getattr(self._waits, name)
        )
        for path, why in self._tree.notes:
            self.summary.failed.append(Ended(path, Outcome.FAILED, why))
        return self.summary

    # -- network ---------------------------------------------------------------------------------

    def _carry(self) -> None:
        """Send what is to go out, until the end."""
        channel = self._channel
        while True:
            begin = time.monotonic()
            out = self._outbox.get()
            taken = time.monotonic()
            self._waits.disk += taken - begin
            payload = out.payload
            if out.chunk is not None and out.digest is not None:
                out.chunk.digest = out.digest.result()
                payload = encode(out.chunk)
                hashed = time.monotonic()
                self._waits.processor += hashed - taken
                taken = hashed
            if payload is None:
                return
            channel.send_body(payload, out.body)
            self._waits.network += time.monotonic() - taken
            if isinstance(out.body, memoryview):
                channel.frames.rooms.give_back(out.body)

    def _listen(self) -> None:
        """Hand on what the receiver says."""
        try:
            for arrived in self._channel.arrivals():
                self._inbox.append(arrived)
                self._arrived.set()
            self._inbox.append(None)
        except BaseException as error:  # noqa: BLE001  told where the result is waited for
            self._inbox.append(error)
        self._arrived.set()

    def _finish(self, disk: Thread, listening: Thread) -> None:
        if self._failure is not None:
            if isinstance(self._failure, Error | OSError):
                with suppress(Error):
                    self._channel.stop(str(self._failure))
            self._channel.stream.close()
            while disk.is_alive():  # it may wait for room
                while not self._outbox.empty():
                    self._outbox.get()
                disk.join(0.05)
        disk.join()
        self._workers.shutdown()
        if self._failure is None:
            return
        listening.join()

    def _fail(self, error: BaseException) -> None:
        if self._failure is None:
            self._failure = error
        self._inbox.append(error)
        self._arrived.set()

    # -- disk ------------------------------------------------------------------------------------

    def _run(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001  told where the result is waited for
            if self._failure is None:
                self._failure = error
        self._outbox.put(_Out(None))

    def _work(self) -> None:
        """Walk, read and answer, until everything is settled."""
        entries = self._tree.entries()
        core = self._core
        while not self._take_inbox():
            if core.may_offer and core.offered - core.answered < _AHEAD:
                self._offer(entries)
            elif self._again:
                self._send_again(self._again.popleft())
            elif self._wanted:
                self._send_wanted()
            elif core.may_end:
                self._put(core.end())
            else:
                self._wait()

    def _take_inbox(self) -> bool:
        """Take what the receiver has said; return whether everything is settled."""
        while self._inbox:
            arrived = self._inbox.popleft()
            if isinstance(arrived, BaseException):
                raise arrived
            if arrived is None:
                raise TruncatedError(
                    "the receiver closed the connection before everything was there.",
                    stage="read",
                    advice="Copy again: it goes on where it stopped.",
                )
            for event in self._core.receive(arrived.message):
                self._take(event)
            if self._completed:
                break
        return self._completed

    def _wait(self) -> None:
        self._arrived.wait()
        self._arrived.clear()

    def _take(self, event: SenderEvent) -> None:
        if isinstance(event, Wanted):
            self._wanted.append(event)
        elif isinstance(event, AskedAgain):
            self._again.append(event)
        elif isinstance(event, Settled):
            self._settle(event)
        elif isinstance(event, Completed):
            self._completed = True
            self.summary.digest = event.digest

    def _settle(self, event: Settled) -> None:
        entry = event.entry
        is_file = entry.kind == Kind.FILE
        ended = Ended(
            self._path(entry), Outcome(event.outcome), event.why, entry.size if is_file else 0
        )
        self.tally.settled += 1
        if is_file and ended.outcome == Outcome.SAME:
            self.tally.bytes_done += entry.size
        self.tally.files_done += is_file and ended.outcome == Outcome.DONE
        self.summary.note(ended, is_file=is_file)
        if self._progress is not None:
            self._progress(self.tally, ended)

    def _path(self, entry: Entry) -> bytes:
        above = self._paths[entry.parent]
        return above + b"/" + entry.name if above else entry.name

    def _offer(self, entries: Iterator[Entry]) -> None:
        batch = list(islice(entries, _BATCH))
        for number, entry in enumerate(batch, self._core.offered):
            if entry.kind == Kind.DIRECTORY:
                self._paths[number] = self._path(entry)
        if batch:
            self._put(self._core.offer(batch))
        self.tally.entries += len(batch)
        self.tally.size = self._tree.size
        if len(batch) < _BATCH:
            self.tally.counted = True
            self._put(self._core.end_of_entries(self._tree.size))

    def _put(self, payload: bytes, body: bytes | memoryview = b"") -> None:
        self._outbox.put(_Out(payload, body))
        self.tally.bytes_sent += len(body)

    # -- files -----------------------------------------------------------------------------------

    def _send_wanted(self) -> None:
        first = self._wanted.popleft()
        if first.known is not None or not _is_small(first.entry):
            self._send_one(first)
        else:
            bundle = [first]
            size = first.entry.size
            while self._wanted and len(bundle) < _BUNDLE_FILES:
                entry = self._wanted[0].entry
                size += entry.size
                if self._wanted[0].known is not None or not _is_small(entry) or size > CELL:
                    break
                bundle.append(self._wanted.popleft())
            self._send_bundle(bundle)

    def _send_bundle(self, wanted: list[Wanted]) -> None:
        """Send whole small files, read and hashed here: handing them on would cost more."""
        items: list[BundleItem] = []
        parts: list[bytes] = []
        size = 0
        for each in wanted:
            data = self._read_small(each)
            if data is None:
                continue
            if size + len(data) > CELL:  # one has grown
                self._put(self._core.bundle(items), b"".join(parts))
                items, parts, size = [], [], 0
            items.append(BundleItem(each.number, len(data), cell_digest(data)))
            parts.append(data)
            size += len(data)
        if items:
            self._put(self._core.bundle(items), b"".join(parts))
        self.tally.bytes_done += size
        self._tell(wanted[-1].entry)

    def _read_small(self, wanted: Wanted) -> bytes | None:
        """Read a file that was small; None where that failed, and has been told."""
        number, entry = wanted.number, wanted.entry
        try:
            descriptor = self._tree.open(number, entry)
            try:
                data = os.read(descriptor, CELL)
            finally:
                os.close(descriptor)
        except OSError as error:
            self._put(self._core.failed(number, _why(error)))
            return None
        if len(data) != entry.size:
            self._put(self._core.failed(number, _CHANGED))
            return None
        return data

    def _send_one(self, wanted: Wanted) -> None:
        """Send a large file, or what differs of it."""
        number, entry = wanted.number, wanted.entry
        if not self._core.is_open(number):  # the receiver has given it up
            self._put(self._core.failed(number, ""))
            return
        try:
            descriptor = self._tree.open(number, entry)
        except OSError as error:
            self._put(self._core.failed(number, _why(error)))
            return
        try:
            if entry.flags & UNKNOWN:
                size, digest = self._send_pipe(number, descriptor)
                self._put(self._core.file_end(number, size, digest))
                return
            if wanted.known is None:
                size, digest = self._send_cells(number, entry, descriptor)
            else:
                size, digest = self._send_difference(number, descriptor, wanted.known)
            after = os.fstat(descriptor)
        except OSError as error:
            self._put(self._core.failed(number, _why(error)))
            return
        finally:
            os.close(descriptor)
        if (entry.mtime, entry.size) != (after.st_mtime_ns, size):
            self._put(self._core.failed(number, _CHANGED))
        else:
            self._put(self._core.file_end(number, size, digest))

    def _send_cells(self, number: int, entry: Entry, descriptor: int) -> tuple[int, bytes]:
        """Send a file in cells; return its size and digest."""
        digests: list[Future[bytes] | bytes] = []
        offset = 0
        data_at = self._next_data(entry, descriptor, 0)
        while offset < entry.size:
            if data_at - offset >= CELL:
                size = (data_at - offset) // CELL * CELL
                self._put(self._core.hole(number, offset, size))
                digests += [zero_digest(CELL)] * (size // CELL)
                self.tally.bytes_done += size
                offset += size
                continue
            room = self._channel.frames.rooms.take(min(CELL, entry.size - offset))
            size = _fill(descriptor, room, offset)
            if not size:
                break
            room = room[:size]
            digest = self._workers.submit(cell_digest, room)
            digests.append(digest)
            self._put_chunk(number, offset, room, digest)
            offset += size
            if entry.flags & SPARSE and offset >= data_at:
                data_at = self._next_data(entry, descriptor, offset)
            if self._inbox:
                self._take_inbox()
                if not self._core.is_open(number):
                    raise OSError(0, "the receiver has given it up")
        joined = b"".join([each if isinstance(each, bytes) else each.result() for each in digests])
        return offset, digest_of_cells(joined)

    def _send_pipe(self, number: int, descriptor: int) -> tuple[int, bytes]:
        """Send what comes out of a pipe, up to its end; return size and digest."""
        digests: list[Future[bytes]] = []
        offset = 0
        while True:
            room = self._channel.frames.rooms.take(CELL)
            filled = 0
            while filled < CELL and (count := os.readv(descriptor, [room[filled:]])):
                filled += count
            if not filled:
                break
            digest = self._workers.submit(cell_digest, room[:filled])
            digests.append(digest)
            self._put_chunk(number, offset, room[:filled], digest)
            offset += filled
            if filled < CELL:
                break
        return offset, digest_of_cells(b"".join([digest.result() for digest in digests]))

    def _put_chunk(
        self, number: int, offset: int, body: bytes | memoryview, digest: Future[bytes]
    ) -> None:
        chunk = Chunk(number, offset, len(body), b"")
        self._outbox.put(_Out(b"", body, digest, chunk))
        self.tally.bytes_sent += len(body)
        self.tally.bytes_done += len(body)
        if self._progress is not None:
            self._progress(self.tally, None)

    def _next_data(self, entry: Entry, descriptor: int, offset: int) -> int:
        """Return where the next bytes are that were written; `offset` where nobody knows."""
        if not entry.flags & SPARSE or "holes" not in self._channel.features:
            return offset
        try:
            return os.lseek(descriptor, offset, os.SEEK_DATA)
        except OSError:  # ENXIO: nothing but a hole up to the end
            return entry.size if entry.size - offset >= CELL else offset

    def _send_difference(self, number: int, descriptor: int, known: Known) -> tuple[int, bytes]:
        """Send what the receiver does not have of a file; return its size and digest."""
        from razem.files.chunking import pieces_of  # noqa: PLC0415  numpy is slow to import

        size = os.fstat(descriptor).st_size
        cells = Cells()
        difference = Difference(self, number, known)
        for offset, piece, digest in pieces_of(_reader(descriptor), size):
            cells.update(piece)
            difference.add(offset, piece, digest)
            size = offset + len(piece)
        difference.flush()
        return size, cells.digest()

    def send_chunk(self, number: int, offset: int, data: bytes) -> None:
        """Send a part of a file that the receiver does not have."""
        self._put_chunk(number, offset, data, self._workers.submit(cell_digest, data))

    def send_copy(self, number: int, offset: int, first: int, count: int, size: int) -> None:
        """Tell the receiver that it has the next pieces."""
        self._put(self._core.copy(number, offset, first, count))
        self.tally.bytes_done += size

    def _send_again(self, asked: AskedAgain) -> None:
        try:
            descriptor = self._tree.open(asked.number, asked.entry)
            try:
                data = os.pread(descriptor, min(asked.size, CELL), asked.offset)
            finally:
                os.close(descriptor)
            if len(data) != asked.size:
                raise OSError(0, _CHANGED)  # noqa: TRY301
        except OSError as error:
            self._put(self._core.failed(asked.number, _why(error), again=True))
            return
        head = self._core.chunk(asked.number, asked.offset, len(data), cell_digest(data))
        self._put(head, data)

    def _tell(self, entry: Entry) -> None:
        self.tally.path = self._path(entry)
        if self._progress is not None:
            self._progress(self.tally, None)


_CHANGED: Final = "it changed while it was read"


def _is_small(entry: Entry) -> bool:
    return entry.size <= _SMALL and not entry.flags & UNKNOWN


def _fill(descriptor: int, room: memoryview, offset: int) -> int:
    """Read into the whole of `room`, less only at the end of the file; return how many bytes."""
    filled = 0
    while filled < len(room):
        count = os.preadv(descriptor, [room[filled:]], offset + filled)
        if not count:
            break
        filled += count
    return filled


def _reader(descriptor: int) -> Callable[[int, int], bytes]:
    return lambda offset, size: os.pread(descriptor, size, offset)


def _why(error: OSError) -> str:
    return (error.strerror or shown_name(str(error).encode())).lower()
