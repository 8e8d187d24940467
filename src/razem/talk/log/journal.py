"""A journal in front of the file of a log: what stands in it is durable after a single write.

SQLite writes some pages, under some locks, for each commit; for a few lines that takes ten times
as long as one append to a file. So entries go into the journal first, and into SQLite later, many
at once. The journal is for a crash only: whoever opens the log puts what SQLite had not yet into
it, and begins a new journal.

Two files take turns, so that each can begin anew when all that stands in it is in SQLite:

    frame    bytes of the payload, CRC-32 of all that follows, turn, after, first, time, payload
    payload  a list of changes, as `changes.encode_change` has them (msgpack)

A frame holds the entries of one `append`: their places count up from `first`, and all have one
`time`. `after` is the place of the last entry before it that came to be; so a gap is found. The
turn grows when a file begins anew: a frame of another turn than the first one is left from then.
"""

from __future__ import annotations

import contextlib
import errno
import os
import struct
import zlib
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from razem.talk.changes import Change, Entry

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

__all__ = ["SUFFIXES", "Journal", "read_journal"]

SUFFIXES: Final = ("-new1", "-new2")  # of the two files, after the name of the log's own
_HEAD: Final = struct.Struct("<II")
_PLACE: Final = struct.Struct("<QQQQ")
_TURN_BYTES: Final = 4 << 20  # of a file, after which the other one has its turn
_MOST_BYTES: Final = 64 << 20  # of a file while SQLite does not keep up
_ROOM_BYTES: Final = 1 << 20  # that are filled with zeros at once
_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(list[Change])


class _File:
    """One of the two files."""

    def __init__(self, path: Path) -> None:
        self.path: Final = path
        flags = os.O_RDWR | os.O_CREAT | os.O_TRUNC | getattr(os, "O_CLOEXEC", 0)
        self.descriptor: Final = os.open(path, flags, 0o600)
        self.end = 0  # of the last frame
        self.room = 0  # bytes that are in the file
        self.turn = 0
        self.last = 0  # the place of the last entry in it
        self.erase = False  # what is in it, as soon as that is allowed


class Journal:
    """The journal of the log in the file `path`, empty at first: what was there is forgotten.

    Attributes:
        last: the place of the last entry that was written; 0: none.
        most_bytes: of each of the two files.

    Args:
        path: of the log.
        log_id: of the log: a frame of another log is none.
        synced: `sync` will be called: the files are filled with zeros ahead, because a write
            into what is there needs no more than itself to be synced.

    Raises:
        OSError: it cannot be made.
    """

    def __init__(self, path: Path, log_id: str, *, synced: bool) -> None:
        self._seed: Final = zlib.crc32(log_id.encode())
        self._synced: Final = synced
        self._current, self._other = (_File(_beside(path, suffix)) for suffix in SUFFIXES)
        self._current.turn = self._turn = 1
        self.last = 0
        self.most_bytes = _MOST_BYTES
        self._stored = 0
        if synced:
            for file in (self._current, self._other):
                self._make_room(file, 1)
                os.fsync(file.descriptor)
            _sync_directory(path.parent)

    def write(self, batches: Sequence[Sequence[Entry]], after: int) -> None:
        """Append entries, each batch with places in a row and one time; all or none of them.

        `after`: the place of the last entry before them that came to be.

        Raises:
            OSError: there is no room, or the disk fails; none of them is in the journal.
        """
        file = self._file()
        pieces = []
        for batch in batches:
            payload = _encoder.encode([entry.change for entry in batch])
            first = batch[0]
            place = _PLACE.pack(file.turn, after, first.seq, first.time)
            check = zlib.crc32(payload, zlib.crc32(place, self._seed))
            pieces += [_HEAD.pack(len(payload), check), place, payload]
            after = batch[-1].seq
        data = b"".join(pieces)
        end = file.end + len(data)
        if end > self.most_bytes:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if self._synced and end > file.room:
            self._make_room(file, end)
        _write(file, data, file.end)
        file.end = end
        file.last = self.last = after

    def sync(self) -> None:
        """Wait until what was written survives a power cut.

        Raises:
            OSError: it is not certain that it does.
        """
        _sync_data(self._current.descriptor)

    def take_back(self, first: int) -> None:
        """Forget the frames from the entry `first` on: they may not come to be."""
        file = self._current
        self.last = 0
        with contextlib.suppress(OSError):
            data = os.pread(file.descriptor, file.end, 0)
            for start, frame in _frames(data, self._seed):
                if frame.first >= first:
                    _write(file, bytes(file.end - start), start)
                    file.end = start
                    return

    def stored(self, last: int) -> None:
        """SQLite has all entries up to `last`: they are not needed here any more."""
        self._stored = last
        while self._other.erase and self._other.last <= last:
            self._erase(self._other)
            if self._current.erase:
                self._switch()

    def erase(self) -> None:
        """Overwrite all that stands here now, as soon as SQLite has it."""
        self._current.erase = self._other.erase = True
        self.stored(self._stored)

    def close(self, *, keep: bool) -> None:
        """Let go of the files, and remove them unless they are to be kept."""
        for file in (self._current, self._other):
            os.close(file.descriptor)
            if not keep:
                file.path.unlink(missing_ok=True)

    def _file(self) -> _File:
        """Return the file whose turn it is."""
        if self._current.end > _TURN_BYTES and self._other.last <= self._stored:
            self._switch()
        return self._current

    def _switch(self) -> None:
        self._current, self._other = self._other, self._current
        self._turn += 1
        self._current.turn = self._turn
        self._current.end = 0

    def _make_room(self, file: _File, end: int) -> None:
        zeros = bytes(_ROOM_BYTES)
        while file.room < end:
            _write(file, zeros, file.room)
            file.room += _ROOM_BYTES

    def _erase(self, file: _File) -> None:
        file.erase = False
        with contextlib.suppress(OSError):
            if self._synced:
                _write(file, bytes(max(file.room, file.end)), 0)
            else:
                os.ftruncate(file.descriptor, 0)


class _Frame(NamedTuple):
    turn: int
    after: int
    first: int
    time: int
    payload: bytes


def read_journal(path: Path, log_id: str, last: int) -> list[Entry]:
    """Return the entries after `last` in the journal of the log at `path`, in ascending order.

    A frame that is not whole was never acknowledged: it and what follows does not count. Nor
    does what would leave a gap: it belongs to another life of the log.

    Raises:
        OSError: it cannot be read.
        msgspec.MsgspecError: there are changes that this program does not know.
    """
    seed = zlib.crc32(log_id.encode())
    found: list[_Frame] = []
    for suffix in SUFFIXES:
        file = _beside(path, suffix)
        frames = [frame for _, frame in _frames(file.read_bytes(), seed)] if file.exists() else []
        found += [frame for frame in frames if frame.turn == frames[0].turn]
    entries: list[Entry] = []
    for frame in sorted(found, key=lambda frame: frame.first):
        changes = _decoder.decode(frame.payload)
        if frame.after <= last < frame.first:
            entries += [Entry(seq, frame.time, one) for seq, one in enumerate(changes, frame.first)]
            last = entries[-1].seq
    return entries


def _frames(data: bytes, seed: int) -> Iterator[tuple[int, _Frame]]:
    """Return the whole frames, each with where it begins."""
    start = 0
    head = _HEAD.size + _PLACE.size
    while start + head < len(data):
        size, check = _HEAD.unpack_from(data, start)
        end = start + head + size
        if not size or end > len(data) or zlib.crc32(data[start + _HEAD.size : end], seed) != check:
            return
        turn, after, first, time = _PLACE.unpack_from(data, start + _HEAD.size)
        yield start, _Frame(turn, after, first, time, data[start + head : end])
        start = end


# Where it exists, it leaves out what is not needed to read the data again.
_sync_data: Final = getattr(os, "fdatasync", os.fsync)


def _sync_directory(path: Path) -> None:
    """Let the names of new files survive a power cut, too."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _write(file: _File, data: bytes, offset: int) -> None:
    if os.pwrite(file.descriptor, data, offset) < len(data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
