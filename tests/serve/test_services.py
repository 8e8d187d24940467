"""The small services, over streams in memory."""

from __future__ import annotations

import asyncio
import calendar
import re
import time

import pytest

from razem import BrokenError
from razem.serve.services import SERVICES, chargen, chargen_lines, time_bytes, upper
from razem.testing.aio import memory_pair


def talk(name: str, question: bytes) -> bytes:
    """Ask a service, end, and return all that it answers."""

    async def main() -> bytes:
        ours, theirs = await memory_pair()

        async def serve() -> None:
            async with theirs:
                await SERVICES[name].handler(theirs)

        serving = asyncio.create_task(serve())
        async with ours:
            await ours.send(question)
            await ours.close_sending()
            answer = b"".join([piece async for piece in ours])
        await serving
        return answer

    return asyncio.run(main())


def test_upper_answers_each_piece() -> None:
    async def main() -> None:
        ours, theirs = await memory_pair()
        serving = asyncio.create_task(upper(theirs))
        for question, answer in ((b"hello\n", b"HELLO\n"), (b"a1\xff\xc3\xa9", b"A1\xff\xc3\xa9")):
            await ours.send(question)
            assert await ours.receive_exactly(len(answer)) == answer
        await ours.close_sending()
        await serving
        await theirs.close()
        assert await ours.receive() == b""
        await ours.close()

    asyncio.run(main())


def test_echo_and_discard() -> None:
    assert talk("echo", bytes(range(256))) == bytes(range(256))
    assert talk("discard", bytes(range(256))) == b""


def test_daytime() -> None:
    assert re.fullmatch(rb"\w+day, \w+ \d+, 20\d\d \d\d:\d\d:\d\d-\S+\r\n", talk("daytime", b""))


def test_time() -> None:
    before = time_bytes(time.time())
    assert before <= talk("time", b"") <= time_bytes(time.time())
    # RFC 868: "the time 2,398,291,200 corresponds to 00:00  1 Jan 1976 GMT"
    assert time_bytes(calendar.timegm((1976, 1, 1, 0, 0, 0))) == (2_398_291_200).to_bytes(4, "big")


def test_qotd_fits_into_its_rfc() -> None:
    quote = talk("qotd", b"")
    assert quote.endswith(b".\r\n")
    assert len(quote) < 512


def test_chargen_goes_on_until_the_client_leaves() -> None:
    async def main() -> None:
        ours, theirs = await memory_pair()
        serving = asyncio.create_task(chargen(theirs))
        lines = chargen_lines()
        for _ in range(300):
            await ours.send(b"ignored")
            assert await ours.receive_until(b"\r\n") == next(lines)
        await ours.close()
        with pytest.raises(BrokenError):
            await serving
        await theirs.close()

    asyncio.run(main())


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_says_what_it_does(name: str) -> None:
    assert SERVICES[name].summary
