"""A code proven by SPAKE2 (RFC 9382), with the certificates of both ends bound to its key.

Who seeks has its proof looked at first. So who offers gives nothing away before it knows that the
other has the code; and who seeks gives it away once: to whoever answers first, one guess. After
that the code is used up, at either end, whatever came of it. What was heard on the way is worth
nothing: no guess can be tried on it (SPAKE2), and it fits no other run (the key is made of fresh
messages).
"""

from __future__ import annotations

from hmac import compare_digest
from hmac import digest as hmac
from typing import TYPE_CHECKING, Final, NamedTuple

from spake2 import SPAKE2_A, SPAKE2_B

from razem.errors import CodeError, LocalProtocolError, RemoteProtocolError
from razem.meet.messages import Message, Offer, Prove, Proven, Seek, Wrong

if TYPE_CHECKING:
    from collections.abc import Callable

    from razem.meet.codes import Code

__all__ = ["Offered", "Pair", "Sought"]

_VERSION: Final = 1
_SEEKS: Final = b"razem meet 1 seeks"
_OFFERS: Final = b"razem meet 1 offers"
_PAIR: Final = b"razem meet 1 pair"
_PAIR_SIZE: Final = 16
_SPAKE_SIZE: Final = 33  # bytes: the role, and a point of edwards25519 (RFC 8032 5.1.2) ...
_FIELD: Final = 2**255 - 19  # ... of which the y is less than this


class Pair(NamedTuple):
    """Two ends that have proven each other.

    Attributes:
        id: 16 bytes that only they know, by which they find each other again.
        certificate: of the other end (DER): who shows it, and has its key, is the other end.
    """

    id: bytes
    certificate: bytes


class Sought:
    """The end that connects.

    Args:
        code: that it was told.
        certificate: of its own (DER).
        luck: gives as many random bytes as it is asked for.
    """

    def __init__(self, code: Code, certificate: bytes, luck: Callable[[int], bytes]) -> None:
        self._number = code.number
        self._certificate = certificate
        self._spake = SPAKE2_A(str(code).encode(), _SEEKS, _OFFERS, entropy_f=luck)
        self._message: bytes = self._spake.start()
        self._key: bytes | None = None

    @property
    def used(self) -> bool:
        """Whether the code was tried on somebody: it is used up."""
        return self._key is not None

    def seek(self) -> Seek:
        """Return the first word, the same for everybody who may be the one."""
        return Seek(_VERSION, self._number, self._message)

    def prove(self, offer: Offer) -> Prove:
        """Return the proof for one who answered. It is made once only.

        Raises:
            LocalProtocolError: it was made already.
            RemoteProtocolError: the answer is none of SPAKE2.
        """
        if self._key is not None:
            raise LocalProtocolError("a code is proven to one only.")
        self._key = _finish(self._spake, offer.spake)
        return Prove(self._certificate, _seal(self._key, _SEEKS, self._certificate))

    def check(self, answer: Message) -> Pair:
        """Take the answer to the proof.

        Raises:
            CodeError: the other end does not have the code.
            RemoteProtocolError: it is no answer.
        """
        if self._key is None or not isinstance(answer, Proven | Wrong):
            raise RemoteProtocolError("an answer that does not belong here.", stage="read")
        if isinstance(answer, Wrong) or not compare_digest(
            answer.seal, _seal(self._key, _OFFERS, answer.certificate)
        ):
            raise wrong_code(self._number)
        return Pair(_pair(self._key), answer.certificate)


class Offered:
    """The end that listens.

    Args:
        code: that it tells.
        certificate: of its own (DER).
        luck: gives as many random bytes as it is asked for.

    Attributes:
        guessed: somebody has tried to prove it, rightly or not: it is used up.
        pair: who has proven it; None while nobody has.
    """

    def __init__(self, code: Code, certificate: bytes, luck: Callable[[int], bytes]) -> None:
        self.guessed = False
        self.pair: Pair | None = None
        self._number = code.number
        self._certificate = certificate
        self._spake = SPAKE2_B(str(code).encode(), _SEEKS, _OFFERS, entropy_f=luck)
        self._message: bytes = self._spake.start()

    def answer(self, seek: Seek) -> Offer | Wrong:
        """Answer a first word: anybody may ask, and learns nothing."""
        if seek.version != _VERSION or seek.number != self._number or self.guessed:
            return Wrong()
        return Offer(self._message)

    def verify(self, seek: Seek, prove: Prove) -> Proven | Wrong:
        """Look at a proof: one only, whosesoever it is.

        Args:
            seek: the first word of who brings it.
            prove: the proof.
        """
        if self.guessed:
            return Wrong()
        self.guessed = True
        try:
            key = _finish(self._spake, seek.spake)
        except RemoteProtocolError:
            return Wrong()
        if not compare_digest(prove.seal, _seal(key, _SEEKS, prove.certificate)):
            return Wrong()
        self.pair = Pair(_pair(key), prove.certificate)
        return Proven(self._certificate, _seal(key, _OFFERS, self._certificate))


def wrong_code(number: int) -> CodeError:
    """Make the error for a code that did not fit."""
    return CodeError(
        f"the other end, by number {number}, does not have this code, or it is used up.",
        stage="connect",
        advice="A code is good for one try: ask for a new one, and mind the words.",
    )


def _finish(spake: SPAKE2_A | SPAKE2_B, message: bytes) -> bytes:
    try:
        # The library takes an element of any length, and the neutral one where that is written
        # otherwise than it writes it itself.
        height = int.from_bytes(message[1:], "little") & ((1 << 255) - 1)
        if len(message) != _SPAKE_SIZE or not 1 < height < _FIELD:
            raise ValueError("no element of the group")  # noqa: TRY301  as what the library raises
        key: bytes = spake.finish(message)
    except Exception as error:
        # The library lets through whatever its arithmetic raises on what is no point of the curve.
        raise RemoteProtocolError("what came is no message of SPAKE2.", stage="read") from error
    return key


def _seal(key: bytes, who: bytes, certificate: bytes) -> bytes:
    return hmac(key, who + certificate, "sha256")


def _pair(key: bytes) -> bytes:
    return hmac(key, _PAIR, "sha256")[:_PAIR_SIZE]
