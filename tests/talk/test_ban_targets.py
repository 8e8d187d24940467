"""Whom bans mean and for how long: masks, addresses, times."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from razem.talk.bans import Ban, Bans, parse_ban_target
from razem.talk.durations import format_duration, parse_duration
from razem.talk.irc.masks import complete_mask, matches

_TEXTS = st.text("aB!@.[", max_size=12)


def _slow(mask: str, text: str) -> bool:
    """Match by definition, letter by letter."""
    if not mask:
        return not text
    if mask[0] == "*":
        return any(_slow(mask[1:], text[place:]) for place in range(len(text) + 1))
    return bool(text) and mask[0] in ("?", text[0]) and _slow(mask[1:], text[1:])


@given(st.text("aB!?*[", max_size=8), _TEXTS)
def test_a_mask_fits_as_it_is_defined(mask: str, text: str) -> None:
    assert matches(mask, text) == _slow(mask.lower(), text.lower())


def test_no_mask_takes_long() -> None:
    begun = time.perf_counter()
    assert not matches("*a" * 90 + "b", "a" * 120)
    assert time.perf_counter() - begun < 1


@pytest.mark.parametrize(
    ("short", "whole"),
    [
        ("bo", "bo!*@*"),
        ("b*", "b*!*@*"),
        ("*.example", "*!*@*.example"),
        ("2001:db8:*", "*!*@2001:db8:*"),
        ("~b@*", "*!~b@*"),
        ("@host", "*!*@host"),
        ("bo!~b", "bo!~b@*"),
        ("bo!@", "bo!*@*"),
        ("bo!~b@host", "bo!~b@host"),
    ],
)
def test_a_mask_is_completed(short: str, whole: str) -> None:
    assert complete_mask(short) == whole


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("192.0.2.7", ("network", "192.0.2.7")),
        ("192.0.2.7/32", ("network", "192.0.2.7")),
        ("192.0.2.7/24", ("network", "192.0.2.0/24")),
        ("2001:DB8:0::7/48", ("network", "2001:db8::/48")),
        ("account:Bo", ("account", "bo")),
        ("~a:Bo", ("account", "bo")),
        ("Bo", ("mask", "bo!*@*")),
        ("*!*@192.0.2.*", ("mask", "*!*@192.0.2.*")),
    ],
)
def test_whom_a_ban_means(text: str, target: tuple[str, str]) -> None:
    assert parse_ban_target(text) == target
    kind, mask = parse_ban_target(text)
    assert parse_ban_target(Ban(kind, mask).title) == target


@pytest.mark.parametrize(
    "text",
    [
        *("", "a b", "*", "*!*@*", "??", "a,b", "x" * 201, "*@*"),
        *("192.0.2.300", "192.0.2", "10.0.0.0/33"),  # a slip: as masks they would mean nobody
    ],
)
def test_what_means_nobody_or_everybody_is_no_ban(text: str) -> None:
    with pytest.raises(ValueError, match=r"everybody|not an address"):
        parse_ban_target(text)


def test_bans_are_found_by_address() -> None:
    bans = Bans(
        [Ban("network", text) for text in ("192.0.2.0/24", "198.51.100.7", "2001:db8::/32")]
    )
    found = {
        address: ban.mask if (ban := bans.of_address(address, 0)) else None
        for address in ("192.0.2.255", "192.0.3.0", "198.51.100.7", "198.51.100.8", "2001:db8:1::")
    }
    assert list(found.values()) == ["192.0.2.0/24", None, "198.51.100.7", None, "2001:db8::/32"]
    assert bans.of_address("", 0) is None
    assert bans.of_address("no address", 0) is None
    assert bans.of_address("fe80::1%eth0", 0) is None
    bans.remove("network", "192.0.2.0/24")
    assert bans.of_address("192.0.2.255", 0) is None


@given(
    st.lists(st.tuples(st.sampled_from(["bo!*@*", "*!*@x", "c?!*@*"]), st.integers(0, 9))),
    st.integers(0, 10),
)
def test_bans_end_when_their_time_is_over(added: list[tuple[str, int]], time: int) -> None:
    bans = Bans(Ban("mask", mask, expires=expires) for mask, expires in added)
    last = dict(added)
    holding = {mask for mask, expires in last.items() if not expires or time < expires}
    for mask in last:
        source = mask.replace("*", "z").replace("?", "c")
        assert (bans.of_source(source, time) is not None) == any(
            matches(other, source) for other in holding
        )
    bans.expire(time)
    assert {ban.mask for ban in bans} == holding
    assert len(bans) == len(holding)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("1h30m", 5400), ("2d", 172_800), ("1MO", 2_592_000), ("1y1w", 32_140_800)],
)
def test_lengths_of_time(text: str, seconds: int) -> None:
    assert parse_duration(text) == seconds
    assert format_duration(seconds) == {"90s": "1m30s"}.get(text, text.lower())


@pytest.mark.parametrize("text", ["", "5", "h", "1x", "-1h", "1h 2m", "1" * 10 + "s"])
def test_what_is_no_length_of_time(text: str) -> None:
    assert parse_duration(text) is None


@given(st.integers(0, 10**9))
def test_a_written_length_of_time_is_read_again(seconds: int) -> None:
    read = parse_duration(format_duration(seconds))
    assert read is not None
    assert 0.8 * seconds <= read <= seconds
