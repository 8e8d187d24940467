"""The small services, by name.

A service is a coroutine function over a stream of `razem.aio`, so that it runs on every address
that can be listened on: give it to `Listener.serve`, which closes the stream after it.
"""

from __future__ import annotations

import time
from itertools import cycle, islice
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from razem.sockets.aio.stream import Stream

__all__ = [
    "SERVICES",
    "Service",
    "characters",
    "chargen",
    "chargen_lines",
    "daytime",
    "daytime_line",
    "discard",
    "echo",
    "qotd",
    "quote",
    "time_bytes",
    "time_of_day",
    "upper",
]

# RFC 868: "the time is the number of seconds since 00:00 (midnight) 1 January 1900 GMT"
_FROM_1900_TO_1970: Final = 2_208_988_800

_MAX_CHARACTERS: Final = 512  # RFC 864: "a random number (between 0 and 512) of characters"

_QUOTES: Final = (
    "A chain is no stronger than its weakest link.",
    "Better late than never.",
    "Still waters run deep.",
    "Measure seven times, cut once.",
    "A watched pot never boils.",
    "Many hands make light work.",
    "What is written with a pen cannot be hewn out with an axe.",
)


class Service(NamedTuple):
    """A service and what is said of it.

    Attributes:
        summary: what it does, as a phrase.
        handler: serves one connection; the caller closes the stream afterwards.
        reply: the answer to a datagram; None for none.
    """

    summary: str
    handler: Callable[[Stream], Awaitable[None]]
    reply: Callable[[bytes], bytes | None]


async def upper(stream: Stream) -> None:
    """Answer each piece in upper case, until the peer ends.

    Only the letters of ASCII change: a piece may end in the middle of any other.
    """
    async for piece in stream:
        await stream.send(piece.upper())


async def echo(stream: Stream) -> None:
    """Send back whatever comes, until the peer ends (RFC 862)."""
    async for piece in stream:
        await stream.send(piece)


async def discard(stream: Stream) -> None:
    """Throw away whatever comes, until the peer ends (RFC 863)."""
    async for _ in stream:
        pass


async def daytime(stream: Stream) -> None:
    """Send the date and time as a line (RFC 867)."""
    await stream.send(daytime_line(time.localtime()))


async def time_of_day(stream: Stream) -> None:
    """Send the time as a number (RFC 868)."""
    await stream.send(time_bytes(time.time()))


async def chargen(stream: Stream) -> None:
    """Send lines of characters until the peer closes, throwing away what comes (RFC 864)."""
    import asyncio  # noqa: PLC0415  slow to import, and the table is shown in the help

    discarding = asyncio.create_task(discard(stream))
    try:
        page = b"".join(islice(chargen_lines(), 95))  # then the pattern begins again
        while True:
            await stream.send(page)
    finally:
        discarding.cancel()
        await asyncio.wait([discarding])


async def qotd(stream: Stream) -> None:
    """Send a quote (RFC 865)."""
    await stream.send(quote())


def quote() -> bytes:
    """Return a quote as a line."""
    from random import choice  # noqa: PLC0415  slow to import

    return choice(_QUOTES).encode() + b"\r\n"  # noqa: S311  no secret


def daytime_line(moment: time.struct_time) -> bytes:
    r"""Return the date and time as a line of ASCII, in English whatever the locale.

    RFC 867 names no format; this is the first that it suggests.

    >>> daytime_line(time.gmtime(0))
    b'Thursday, January 1, 1970 00:00:00-GMT\r\n'
    """
    days = ("Mon", "Tues", "Wednes", "Thurs", "Fri", "Satur", "Sun")
    months = "January February March April May June July August September October November December"
    day, month = f"{days[moment.tm_wday]}day", months.split()[moment.tm_mon - 1]
    clock = f"{moment.tm_hour:02}:{moment.tm_min:02}:{moment.tm_sec:02}"
    line = f"{day}, {month} {moment.tm_mday}, {moment.tm_year} {clock}-{moment.tm_zone}\r\n"
    return line.encode("ascii", "replace")


def time_bytes(seconds: float) -> bytes:
    """Return a time of Python's clock as RFC 868 sends it: 4 bytes, big-endian, from 1900.

    In February 2036 it begins again at 0, which the RFC leaves open.

    >>> time_bytes(0).hex()  # "the time 2,208,988,800 corresponds to 00:00  1 Jan 1970 GMT"
    '83aa7e80'
    """
    return ((int(seconds) + _FROM_1900_TO_1970) % (1 << 32)).to_bytes(4, "big")


def characters(question: bytes) -> bytes:
    """Return the characters of a datagram: RFC 864 has up to 512, here as many as came, if fewer.

    >>> len(characters(bytes(10))), len(characters(bytes(1000)))
    (10, 512)
    """
    return b"".join(islice(chargen_lines(), 7))[: min(len(question), _MAX_CHARACTERS)]


def chargen_lines() -> Iterator[bytes]:
    r"""Yield the lines of RFC 864's "popular pattern", for ever.

    72 of the 95 printing characters each, beginning one later each time.

    >>> first, second = next(lines := chargen_lines()), next(lines)
    >>> first[:12], first[-4:], second[:12], len(first)
    (b' !"#$%&\'()*+', b'fg\r\n', b'!"#$%&\'()*+,', 74)
    """
    ring = bytes(range(32, 127))
    twice = ring + ring
    for start in cycle(range(len(ring))):
        yield twice[start : start + 72] + b"\r\n"


SERVICES: Final = {
    "upper": Service("answers everything in upper case", upper, bytes.upper),
    "echo": Service("sends everything back", echo, bytes),
    "discard": Service("throws everything away", discard, lambda _: None),
    "daytime": Service(
        "tells the date and time", daytime, lambda _: daytime_line(time.localtime())
    ),
    "time": Service("tells the time as a number", time_of_day, lambda _: time_bytes(time.time())),
    "chargen": Service("sends characters without end", chargen, characters),
    "qotd": Service("tells a quote", qotd, lambda _: quote()),
}
