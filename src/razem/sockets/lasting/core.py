"""One end of a lasting stream: owns its places, no transport, no clock.

Bytes of ours stand at places that are counted from the beginning of the stream:

    0 ─────────── read ─────────── arrived ─────────── sent ─────────── written
      the peer's       the peer's           on its way        waits here
      program has it   end has it      └────────── kept, `buffer` at most ─────────┘

When another transport takes the place of a lost one, `sent` falls back to what has arrived. The
peer never gets more than it has granted room for, so that neither end keeps more than it wants to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from razem.errors import RemoteProtocolError
from razem.sockets.lasting.frames import PIECE, Frame, Kind, Mark, Unframer, frame

if TYPE_CHECKING:
    from razem.sockets.lasting.settings import Lasting

__all__ = ["Aborted", "Arrived", "Core", "Ended", "Event", "Lost", "Moved", "PeerGone", "Silent"]

_BURST: Final = 2 * PIECE  # bytes that `to_send` gives at once
_END_SEEN: Final = 1
_GONE_SEEN: Final = 2


class Arrived(NamedTuple):
    """The next bytes of the peer, each once."""

    data: bytes


class Ended(NamedTuple):
    """The peer sends nothing more."""


class PeerGone(NamedTuple):
    """The peer has closed, or reads no more: what it has not read it never will."""


class Aborted(NamedTuple):
    """The peer has thrown the stream away."""


class Moved(NamedTuple):
    """There may be more room to write, or all may be delivered."""


class Silent(NamedTuple):
    """The transport is dead: another one must take its place."""


class Lost(NamedTuple):
    """The peer did not return within our patience."""


Event: TypeAlias = Arrived | Ended | PeerGone | Aborted | Moved | Silent | Lost


class Core:
    """One end.

    Args:
        settings: how long and how much.
        peer: how much room the peer has, as the opening told it.
        now: seconds, by any clock that never goes back.

    Attributes:
        attached: whether there is a transport.
        written: bytes of ours so far.
        peer_read: of these, what the peer's program has taken.
        arrived: bytes of the peer so far.
        peer_ended: whether these were all.
        peer_gone: whether it reads no more.
        aborted: whether it, or this end, has thrown the stream away.
        ended: whether we have written all.
        gone: whether we read no more.
    """

    def __init__(self, settings: Lasting, peer: Mark, now: float) -> None:
        self._settings = settings
        self.attached = False
        self.written = self.peer_read = self.arrived = 0
        self.peer_ended = self.peer_gone = self.aborted = self.ended = self.gone = False
        # ours
        self._kept = bytearray()  # from _peer_arrived on
        self._peer_arrived = self._sent = 0
        self._granted = peer.granted
        self._end_known = self._gone_known = False  # to the peer
        self._end_sent = self._gone_sent = self._abort_sent = False  # on this transport
        # the peer's
        self._taken = 0
        self._room_to = settings.buffer
        self._mark_owed = False
        self._ping_owed = False
        # time
        self._heard = self._detached_at = now
        self._pinged = False
        self._unframer = Unframer()

    # -- the program's side ----------------------------------------------------------------------

    @property
    def room(self) -> int:
        """How many bytes can be written now."""
        return max(self._settings.buffer - len(self._kept), 0)

    def write(self, data: bytes | memoryview) -> int:
        """Take bytes to send, as far as there is room; return how many."""
        size = min(self.room, len(data))
        self._kept += data[:size]
        self.written += size
        return size

    def end(self) -> None:
        """Take note that nothing more will be written."""
        self.ended = True

    def close(self) -> None:
        """Take note that nothing more will be written, nor read."""
        self.ended = self.gone = True

    def deafen(self) -> None:
        """Take note that nothing more will be read."""
        self.gone = True

    def abort(self) -> None:
        """Throw the stream away."""
        self.aborted = True

    def took(self, place: int, wanted: int = 0) -> bool:
        """Take note of what the program has read; return whether the peer should hear of it.

        Args:
            place: bytes from the beginning.
            wanted: how many further bytes must have room, however little that usually is.
        """
        changed = place != self._taken
        self._taken = place
        room_to = max(self._room_to, place + max(self._settings.buffer, wanted))
        changed = changed or room_to != self._room_to
        self._room_to = room_to
        self._mark_owed = self._mark_owed or changed
        return changed

    @property
    def delivered(self) -> bool:
        """Whether the peer's program has read all that was written."""
        return self.peer_read == self.written

    @property
    def unread(self) -> int:
        """How many bytes it has not, as far as is known."""
        return self.written - self.peer_read

    @property
    def settled(self) -> bool:
        """Whether, after `close` or `abort`, the peer knows all there is to know."""
        if self.aborted:
            return self._abort_sent
        return self.peer_gone or (self._end_known and self._gone_known)

    @property
    def over(self) -> bool:
        """Whether no transport is needed any more, for nothing that either could say."""
        if self.aborted:
            return self._abort_sent
        if self.peer_gone and self.peer_ended:
            return not self._mark_owed
        if self.gone and self.settled:
            return True
        done = self._end_known and self.delivered and self.peer_ended
        return done and self._taken == self.arrived and not self._mark_owed

    @property
    def owes(self) -> bool:
        """Whether the peer is to be told how far we are."""
        return self._mark_owed or self._ping_owed

    @property
    def stuck(self) -> bool:
        """Whether nothing can go out before the peer's program reads."""
        return self.attached and self._sent == min(self._granted, self.written) < self.written

    # -- the transport's side --------------------------------------------------------------------

    @property
    def mark(self) -> Mark:
        """How far we have come, for the peer."""
        flags = _END_SEEN * self.peer_ended + _GONE_SEEN * self.peer_gone
        return Mark(self.arrived, self._taken, self._room_to, flags)

    def attach(self, peer: Mark, now: float) -> list[Event]:
        """Go on over a new transport, of which nothing was received yet.

        Args:
            peer: how far it has come, as the opening told it.
            now: the time.

        Raises:
            RemoteProtocolError: it claims what cannot be.
        """
        events = self._hear_mark(peer)
        self.attached = True
        self._unframer = Unframer()
        self._sent = self._peer_arrived
        self._end_sent = self._gone_sent = False
        self._mark_owed = True
        self._ping_owed = self._pinged = False
        self._heard = now
        return events

    def detach(self, now: float) -> None:
        """Take note that the transport is lost."""
        if self.attached:
            self.attached = False
            self._detached_at = now

    def to_send(self, now: float) -> list[bytes]:
        """Return what is to go out now, each once; some, where there is much: ask again."""
        if not self.attached:
            return []
        if self.aborted:
            out = [] if self._abort_sent else [frame(Kind.ABORT)]
            self._abort_sent = True
            return out
        self.expire(now)
        out = []
        if self._mark_owed:
            self._mark_owed = False
            out.append(frame(Kind.MARK, self.mark.build()))
        if self._ping_owed:
            self._ping_owed = False
            out.append(frame(Kind.PING))
        stop = min(self._granted, self.written, self._sent + _BURST)
        if self.peer_gone:  # it would read none of it
            self._sent = stop = self.written
        with memoryview(self._kept) as kept:
            while self._sent < stop:
                start = self._sent - self._peer_arrived
                with kept[start : start + min(PIECE, stop - self._sent)] as piece:
                    out.append(frame(Kind.DATA, self._sent.to_bytes(8, "big"), piece))
                    self._sent += len(piece)
        if self.ended and not self._end_sent and self._sent == self.written:
            self._end_sent = True
            out.append(frame(Kind.END, self.written.to_bytes(8, "big")))
        # After the end, if there is to be one: so that nothing is lost that was written before.
        if self.gone and not self._gone_sent and (self._end_sent or not self.ended):
            self._gone_sent = True
            out.append(frame(Kind.GONE))
        return out

    def receive(self, data: bytes, now: float) -> list[Event]:
        """Take what arrived on the transport.

        Raises:
            RemoteProtocolError: the peer sent what makes no sense, or it was damaged: the
                transport is to be given up.
            LimitError: likewise.
        """
        self._heard, self._pinged = now, False
        self._unframer.feed(data)
        events: list[Event] = []
        for each in self._unframer.frames():
            events += self._hear(each)
        return events

    def expire(self, now: float) -> list[Event]:
        """Tell what is overdue; calling early is harmless."""
        settings = self._settings
        if not self.attached:
            return [Lost()] if now >= self._detached_at + settings.patience else []
        if now >= self._heard + settings.silence:
            return [Silent()]
        if now >= self._heard + settings.heartbeat and not self._pinged:
            self._pinged = self._ping_owed = True
        return []

    def next_deadline(self) -> float:
        """When to call `expire` and `to_send` again."""
        settings = self._settings
        if not self.attached:
            return self._detached_at + settings.patience
        return self._heard + (settings.silence if self._pinged else settings.heartbeat)

    def _hear(self, heard: Frame) -> list[Event]:
        kind, body = heard
        match kind:
            case Kind.DATA:
                return self._hear_data(int.from_bytes(body[:8], "big"), body[8:])
            case Kind.END:
                return self._hear_end(int.from_bytes(body, "big"))
            case Kind.MARK:
                return self._hear_mark(Mark.parse(body))
            case Kind.PING:
                self._mark_owed = True
                return [Moved()]
            case Kind.GONE:
                self._mark_owed = True
                first = not self.peer_gone
                self.peer_gone = True
                return [PeerGone()] if first else []
            case Kind.ABORT:
                self.aborted = self._abort_sent = True
                return [Aborted()]
            case _:
                raise RemoteProtocolError(f"{kind.name} in the middle of a stream.", stage="read")

    def _hear_data(self, place: int, data: bytes) -> list[Event]:
        if place > self.arrived:
            raise RemoteProtocolError(
                f"bytes are missing: {self.arrived} have come, and those from {place} follow.",
                stage="read",
            )
        if place + len(data) > self._room_to:
            raise RemoteProtocolError("more than there was room for.", stage="read")
        fresh = data[self.arrived - place :]
        if not fresh:
            return []
        if self.peer_ended:
            raise RemoteProtocolError("bytes after the end.", stage="read")
        self.arrived += len(fresh)
        self._mark_owed = True
        return [Arrived(fresh)]

    def _hear_end(self, place: int) -> list[Event]:
        if self.gone:  # the peer may know that, and has left out what we would not read
            self.arrived = max(self.arrived, place)
        if place != self.arrived:
            raise RemoteProtocolError(
                f"the end at {place}, where {self.arrived} bytes have come.", stage="read"
            )
        self._mark_owed = True
        if self.peer_ended:
            return []
        self.peer_ended = True
        return [Ended()]

    def _hear_mark(self, mark: Mark) -> list[Event]:
        if not (mark.read <= mark.arrived <= self.written and mark.read >= self.peer_read):
            raise RemoteProtocolError("the peer claims to have what was not sent.", stage="read")
        if mark.arrived < self._peer_arrived:
            raise RemoteProtocolError("the peer has lost what it had.", stage="read")
        if mark.flags & _END_SEEN and not (self.ended and mark.arrived == self.written):
            raise RemoteProtocolError("the peer claims an end that was not sent.", stage="read")
        del self._kept[: mark.arrived - self._peer_arrived]
        self._peer_arrived = mark.arrived
        self._sent = max(self._sent, mark.arrived)
        self.peer_read = mark.read
        self._granted = max(self._granted, mark.granted)
        self._end_known = bool(mark.flags & _END_SEEN)
        self._gone_known = bool(mark.flags & _GONE_SEEN)
        return [Moved()]
