"""How a lasting stream begins, and how it is resumed; no I/O, and no luck of its own.

    Opening ─ OPEN ──────────────────────────► Welcome      Opening ─ RESUME ─────────► Welcome
            ◄─────────────────────── OPENED ─                       ◄────── CHALLENGE ─
                                                                    ─ PROOF ──────────►
                                                                    ◄──────── RESUMED ─

Each end draws a secret; the key of the stream is made of both. Who resumes it shows by an HMAC of
two fresh numbers that he has the key, and so does who answers, first: he may be a stranger to whom
the address of the peer was given. Neither learns anything by which he could pass for the other.
"""

from __future__ import annotations

from hashlib import sha256
from hmac import compare_digest
from hmac import digest as hmac
from typing import TYPE_CHECKING, Final, NamedTuple

from razem.errors import Error, LimitError, RefusedError, RemoteProtocolError
from razem.sockets.lasting.frames import Frame, Kind, Mark, Refusal, Unframer, frame

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["NONCE", "SECRET", "Known", "Opened", "Opening", "Returned", "Welcome"]

SECRET: Final = 32  # bytes
NONCE: Final = 16
_VERSION: Final = b"\x01"

_REFUSALS: Final = {
    Refusal.UNKNOWN: (
        "the peer knows nothing of this stream any more",
        "Its program has started anew, or has waited too long: begin again.",
    ),
    Refusal.VERSION: (
        "the peer speaks another version of lasting streams",
        "Bring both ends to the same version of Razem.",
    ),
    Refusal.CLOSED: ("the peer takes nobody new any more", "Ask who runs it."),
    Refusal.FULL: ("the peer has no room for another lasting stream", "Try later."),
}


class Known(NamedTuple):
    """By what a stream is known: its number, and the key that proves it."""

    id: bytes
    key: bytes


class Opened(NamedTuple):
    """It has begun, or was resumed.

    Attributes:
        known: which stream it is.
        peer: how far the peer has come with what we sent.
        rest: bytes that came behind the opening.
    """

    known: Known
    peer: Mark
    rest: bytes


class Returned(NamedTuple):
    """Somebody has proven that a stream is his: call `Welcome.resume` with our mark.

    Attributes:
        known: which stream it is.
        peer: how far the peer has come with what we sent.
    """

    known: Known
    peer: Mark


class Opening:
    """The end that connects.

    Args:
        secret: 32 random bytes for a new stream; for one that is resumed, its first 16 are used
            as a fresh number.
        mark: how far we are, with the room we have.
        resumed: which stream goes on; None for a new one.
    """

    def __init__(self, secret: bytes, mark: Mark, resumed: Known | None = None) -> None:
        self._secret = secret
        self._nonce = secret[:NONCE]
        self._mark = mark
        self._known = resumed
        self._proven = False
        self._unframer = Unframer()
        if resumed is None:
            first = frame(Kind.OPEN, _VERSION, secret, mark.granted.to_bytes(8, "big"))
        else:
            first = frame(Kind.RESUME, _VERSION, resumed.id, self._nonce)
        self._out = [first]

    def to_send(self) -> list[bytes]:
        """Return what is to go out, each once."""
        out, self._out = self._out, []
        return out

    def receive(self, data: bytes) -> Opened | None:
        """Take what arrived; return what came of it, None while more must come.

        Raises:
            RefusedError: the peer does not want to; the message tells why.
            RemoteProtocolError: the peer speaks something else, or it is not the same peer.
        """
        self._unframer.feed(data)
        for each in _frames(self._unframer):
            opened = self._hear(each)
            if opened is not None:
                return opened
        return None

    def _hear(self, heard: Frame) -> Opened | None:
        kind, body = heard
        if kind is Kind.REFUSED:
            raise _refused(body[0])
        known = self._known
        if known is None and kind is Kind.OPENED:
            made = Known(body[:NONCE], _key(self._secret, body[NONCE : NONCE + SECRET]))
            granted = int.from_bytes(body[NONCE + SECRET :], "big")
            return Opened(made, Mark(granted=granted), self._unframer.rest())
        if known is not None and kind is Kind.CHALLENGE and not self._proven:
            theirs = body[:NONCE]
            if not compare_digest(_proof(known, b"listens", self._nonce, theirs), body[NONCE:]):
                raise RemoteProtocolError(
                    "who answers there is not the peer of this stream.",
                    stage="read",
                    advice="Its address may belong to another machine now.",
                )
            self._proven = True
            mark = self._mark.build()
            proof = _proof(known, b"connects", self._nonce, theirs, mark)
            self._out.append(frame(Kind.PROOF, proof, mark))
            return None
        if known is not None and kind is Kind.RESUMED and self._proven:
            return Opened(known, Mark.parse(body), self._unframer.rest())
        raise _no_lasting()


class Welcome:
    """The end that was connected to.

    Args:
        secret: 32 random bytes.
        id: 16 random bytes, for a stream that begins.
        nonce: 16 random bytes, for one that is resumed.
        find: gives the stream of a number, if there is one.
        refusal: why nothing new is taken; None where it is.
        mark: with the room that a new stream has.
    """

    def __init__(  # noqa: PLR0913  each by name
        self,
        *,
        secret: bytes,
        id: bytes,  # noqa: A002  the word of the wire
        nonce: bytes,
        find: Callable[[bytes], Known | None],
        refusal: Refusal | None,
        mark: Mark,
    ) -> None:
        self._secret = secret
        self._id = id
        self._nonce = nonce
        self._find = find
        self._refusal = refusal
        self._mark = mark
        self._known: Known | None = None
        self._theirs = b""
        self._unframer = Unframer()
        self._out: list[bytes] = []

    def to_send(self) -> list[bytes]:
        """Return what is to go out, each once."""
        out, self._out = self._out, []
        return out

    def receive(self, data: bytes) -> Opened | Returned | None:
        """Take what arrived; return what came of it, None while more must come.

        Raises:
            RefusedError: the peer was told that it is not taken.
            RemoteProtocolError: it speaks something else.
        """
        self._unframer.feed(data)
        for each in _frames(self._unframer):
            came = self._hear(each)
            if came is not None:
                return came
        return None

    def resume(self, mark: Mark) -> bytes:
        """Say that the stream goes on, and from where; return what came behind the opening."""
        self._out.append(frame(Kind.RESUMED, mark.build()))
        return self._unframer.rest()

    def _hear(self, heard: Frame) -> Opened | Returned | None:
        kind, body = heard
        if self._known is None and kind in {Kind.OPEN, Kind.RESUME} and body[:1] != _VERSION:
            self._refuse(Refusal.VERSION)
        if self._known is None and kind is Kind.OPEN:
            if self._refusal is not None:
                self._refuse(self._refusal)
            theirs = body[1 : 1 + SECRET]
            granted = self._mark.granted.to_bytes(8, "big")
            self._out.append(frame(Kind.OPENED, self._id, self._secret, granted))
            self._known = Known(self._id, _key(theirs, self._secret))
            peer = Mark(granted=int.from_bytes(body[1 + SECRET :], "big"))
            return Opened(self._known, peer, self._unframer.rest())
        if self._known is None and kind is Kind.RESUME:
            known = self._find(body[1 : 1 + NONCE])
            if known is None:
                self._refuse(Refusal.UNKNOWN)
                return None
            self._known, self._theirs = known, body[1 + NONCE :]
            proof = _proof(known, b"listens", self._theirs, self._nonce)
            self._out.append(frame(Kind.CHALLENGE, self._nonce, proof))
            return None
        if self._known is not None and self._theirs and kind is Kind.PROOF:
            proof, mark = body[:SECRET], body[SECRET:]
            right = _proof(self._known, b"connects", self._theirs, self._nonce, mark)
            if not compare_digest(right, proof):
                self._refuse(Refusal.UNKNOWN)
            return Returned(self._known, Mark.parse(mark))
        raise _no_lasting()

    def _refuse(self, reason: Refusal) -> None:
        self._out.append(frame(Kind.REFUSED, bytes((reason,))))
        raise _refused(reason)


def _frames(unframer: Unframer) -> list[Frame]:
    """The next frame, of what may be something else altogether."""
    try:
        return [next(unframer.frames())]
    except StopIteration:
        return []
    except (RemoteProtocolError, LimitError) as error:
        raise _no_lasting() from error


def _key(first: bytes, second: bytes) -> bytes:
    return sha256(b"razem lasting stream 1" + first + second).digest()


def _proof(known: Known, who: bytes, *parts: bytes) -> bytes:
    return hmac(known.key, b"".join((who, known.id, *parts)), "sha256")


def _refused(code: int) -> Error:
    try:
        reason = Refusal(code)
    except ValueError:
        reason = Refusal.UNKNOWN
    message, advice = _REFUSALS[reason]
    return RefusedError(f"{message}.", stage="connect", advice=advice)


def _no_lasting() -> RemoteProtocolError:
    return RemoteProtocolError(
        "the peer does not speak of lasting streams.",
        stage="connect",
        advice="Both ends must ask for them: lasting=True, or --lasting.",
    )
