"""The small services, over streams in memory."""

from __future__ import annotations

import asyncio

import pytest

from razem.serve.services import SERVICES, upper
from razem.sockets.address import Address
from razem.testing.aio import memory_pair


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


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_says_what_it_does_and_where(name: str) -> None:
    service = SERVICES[name]
    assert service.summary
    assert str(Address(service.address)) == service.address
