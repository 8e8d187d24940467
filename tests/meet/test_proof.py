"""The proof of a code, and those who attack it."""

from __future__ import annotations

from hashlib import sha256
from itertools import count
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from razem.errors import CodeError, LocalProtocolError, RemoteProtocolError
from razem.meet.codes import Code
from razem.meet.messages import Offer, Prove, Proven, Seek, Wrong, decode
from razem.meet.proof import Offered, Sought

if TYPE_CHECKING:
    from collections.abc import Callable

CODE = Code.parse("7-guitar-ocean")
GUESS = Code.parse("7-guitar-zebra")


def luck(seed: str) -> Callable[[int], bytes]:
    """Random bytes, the same for each seed."""
    places = count()
    return lambda size: b"".join(
        sha256(f"{seed}/{next(places)}".encode()).digest() for _ in range(size // 32 + 1)
    )[:size]


def offered(code: Code = CODE, seed: str = "b") -> Offered:
    return Offered(code, b"certificate of B", luck(seed))


def sought(code: Code = CODE, seed: str = "a") -> Sought:
    return Sought(code, b"certificate of A", luck(seed))


def offer_of(answer: object) -> Offer:
    assert isinstance(answer, Offer)
    return answer


def test_the_right_code() -> None:
    a, b = sought(), offered()
    seek = a.seek()
    prove = a.prove(offer_of(b.answer(seek)))
    pair = a.check(b.verify(seek, prove))
    assert b.pair is not None
    assert pair.certificate == b"certificate of B"
    assert b.pair.certificate == b"certificate of A"
    assert pair.id == b.pair.id
    assert len(pair.id) == 16


def test_a_wrong_code_is_one_guess() -> None:
    """Who guesses learns that it was wrong, and makes the code void, for the right one too."""
    a, b, late = sought(GUESS), offered(), sought(seed="late")
    seek, late_seek = a.seek(), late.seek()
    late_offer = offer_of(b.answer(late_seek))  # was answered before
    verdict = b.verify(seek, a.prove(offer_of(b.answer(seek))))
    assert verdict == Wrong()
    with pytest.raises(CodeError, match="does not have this code"):
        a.check(verdict)
    assert b.guessed
    assert b.pair is None
    assert b.verify(late_seek, late.prove(late_offer)) == Wrong()
    assert b.answer(sought(seed="c").seek()) == Wrong()


def test_asking_is_no_guess() -> None:
    """Anybody may ask as often as he wants: the answer tells nothing, and uses nothing up."""
    b = offered()
    answers = {b.answer(sought(GUESS, str(number)).seek()) for number in range(20)}
    assert len(answers) == 1  # the same for all, so that no two answers can be compared
    assert not b.guessed


def test_who_seeks_proves_it_to_one_only() -> None:
    a = sought()
    a.prove(offer_of(offered(GUESS, "thief").answer(a.seek())))
    with pytest.raises(LocalProtocolError):
        a.prove(offer_of(offered().answer(a.seek())))


def test_a_thief_who_answers_gets_one_guess() -> None:
    a, thief = sought(), offered(GUESS, "thief")
    seek = a.seek()
    assert thief.verify(seek, a.prove(offer_of(thief.answer(seek)))) == Wrong()
    forged = Proven(b"certificate of the thief", bytes(32))
    with pytest.raises(CodeError):
        a.check(forged)


def test_a_man_in_the_middle_cannot_put_in_his_certificate() -> None:
    """He passes on what both say of SPAKE2, and changes what is sealed."""
    a, b = sought(), offered()
    seek = a.seek()
    prove = a.prove(offer_of(b.answer(seek)))
    assert b.verify(seek, Prove(b"certificate of M", prove.seal)) == Wrong()
    a, b = sought(), offered()
    seek = a.seek()
    verdict = b.verify(seek, a.prove(offer_of(b.answer(seek))))
    assert isinstance(verdict, Proven)
    with pytest.raises(CodeError):
        a.check(Proven(b"certificate of M", verdict.seal))


def test_what_was_heard_of_another_run_is_worth_nothing() -> None:
    a, b = sought(), offered()
    seek = a.seek()
    prove = a.prove(offer_of(b.answer(seek)))
    proven = b.verify(seek, prove)
    assert isinstance(proven, Proven)
    again = offered(seed="another run")
    assert again.verify(seek, prove) == Wrong()
    later = sought(seed="later")
    later.prove(offer_of(offered(seed="later").answer(later.seek())))
    with pytest.raises(CodeError):
        later.check(proven)


def test_what_one_says_cannot_be_said_back_to_it() -> None:
    a = sought()
    with pytest.raises(RemoteProtocolError):
        a.prove(Offer(a.seek().spake))
    b = offered()
    mine = offer_of(b.answer(sought().seek())).spake
    assert b.verify(Seek(1, 7, mine), Prove(b"", bytes(32))) == Wrong()
    a = sought()
    prove = a.prove(offer_of(offered().answer(a.seek())))
    with pytest.raises(CodeError):
        a.check(Proven(prove.certificate, prove.seal))  # its own seal


def test_another_number_or_version_is_not_answered() -> None:
    b, spake = offered(), sought().seek().spake
    assert b.answer(Seek(1, 8, spake)) == b.answer(Seek(2, 7, spake)) == Wrong()
    assert not b.guessed


neutral = [(1).to_bytes(32, "little"), (2**255 - 18).to_bytes(32, "little")]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=80) | st.sampled_from([*neutral, neutral[0][:31] + b"\x80", bytes(32)]))
def test_points_that_are_none(noise: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        sought().prove(Offer(b"B" + noise))
    b = offered()
    assert b.verify(Seek(1, 7, b"A" + noise), Prove(b"", bytes(32))) == Wrong()
    assert b.guessed


@given(st.binary(max_size=200))
def test_messages_that_are_none(noise: bytes) -> None:
    try:
        decode(noise)
    except RemoteProtocolError:
        return


def test_the_messages_of_spake2_tell_nothing_of_the_code() -> None:
    """With the same luck, different codes give different messages; none holds the code."""
    one, other = sought().seek(), sought(GUESS).seek()
    assert one != other
    for word in CODE.words:
        assert word.encode() not in one.spake
