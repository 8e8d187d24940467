"""Waiting for what arrives without the detour of the loop: tasks notice nothing of it."""

from __future__ import annotations

import asyncio
import sys
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import pytest
import uvloop

import razem
from razem import aio

if TYPE_CHECKING:
    from collections.abc import Callable

LOOPS = [asyncio.run, uvloop.run]
both_loops = pytest.mark.parametrize("run", LOOPS, ids=["asyncio", "uvloop"])

WHO: ContextVar[str] = ContextVar("who", default="nobody")


async def turns(count: int = 5) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


@both_loops
def test_each_task_keeps_its_context_and_its_name(run: Callable[..., None]) -> None:
    async def answer(stream: aio.Stream, name: str) -> None:
        WHO.set(name)
        async for piece in stream:
            task = asyncio.current_task()
            assert task is not None
            assert (WHO.get(), task.get_name()) == (name, name)
            await stream.send(piece)

    async def main() -> None:
        pairs = [await aio.pair() for _ in range(3)]
        tasks = [
            asyncio.create_task(answer(there, f"n{number}"), name=f"n{number}")
            for number, (_, there) in enumerate(pairs)
        ]
        for _ in range(3):
            for here, _ in pairs:
                await here.send(b"x")
            for here, _ in pairs:
                assert await here.receive() == b"x"
        assert WHO.get() == "nobody"
        for here, _ in pairs:
            await here.close()
        await asyncio.gather(*tasks)
        for _, there in pairs:
            await there.close()

    run(main())


@both_loops
@pytest.mark.parametrize("python_task", [False, True])
def test_only_the_task_that_was_cancelled_ends(run: Callable[..., None], python_task: bool) -> None:
    async def main() -> None:
        if python_task:  # what another implementation of tasks asks for
            kind: Any = asyncio.tasks._PyTask  # type: ignore[attr-defined]
            asyncio.get_running_loop().set_task_factory(
                lambda loop, coroutine, **options: kind(coroutine, loop=loop, **options)
            )
        left, right = await aio.pair()
        async with left, right:
            first = asyncio.create_task(right.receive())
            await turns()
            first.cancel("enough")
            second = asyncio.create_task(right.receive())
            await left.send(b"for the second")
            assert await asyncio.wait_for(second, 10) == b"for the second"
            with pytest.raises(asyncio.CancelledError):
                await first
            assert first.cancelled()
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await right.receive()
            waiting = [asyncio.create_task(right.receive_exactly(2)) for _ in range(2)]
            await turns()
            await left.send(b"ab")
            await left.send(b"cd")
            assert {*await asyncio.gather(*waiting)} == {b"ab", b"cd"}

    run(main())


@both_loops
def test_cancelled_and_woken_in_the_same_turn(run: Callable[..., None]) -> None:
    async def main() -> None:
        left, right = await aio.pair()
        async with left, right:
            waiting = asyncio.create_task(right.receive())
            await turns()
            closing = asyncio.create_task(right.close())
            await asyncio.sleep(0)
            waiting.cancel()
            with pytest.raises((asyncio.CancelledError, razem.ClosedError)):
                await waiting
            await closing

    run(main())


@both_loops
def test_leaving_the_program_in_the_middle_of_it(run: Callable[..., None]) -> None:
    async def leave(stream: aio.Stream) -> None:
        await stream.receive()
        sys.exit(7)

    leaving: list[asyncio.Task[None]] = []

    async def main() -> None:
        left, right = await aio.pair()
        async with left, right:
            leaving.append(asyncio.create_task(leave(right)))
            await turns()
            await left.send(b"go")
            await asyncio.wait(leaving)
            await asyncio.sleep(10)

    with pytest.raises(SystemExit) as caught:
        run(main())
    assert caught.value.code == 7
    assert leaving[0].exception() is caught.value


@both_loops
def test_a_task_may_close_its_stream_when_something_comes(run: Callable[..., None]) -> None:
    async def main() -> None:
        async def once(stream: aio.Stream) -> None:
            assert await stream.receive() == b"x"
            await stream.send(b"y")
            await stream.close()

        async with await aio.listen("tcp://127.0.0.1:0") as listener:
            serving = asyncio.create_task(listener.serve(once))
            for _ in range(20):
                async with await aio.connect(listener.local) as client:
                    await client.send(b"x")
                    assert await client.receive() == b"y"
                    assert await client.receive() == b""
            await listener.close()
            await serving

    run(main())
