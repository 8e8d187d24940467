"""Sending files: what the contract of all streams leaves open."""

from __future__ import annotations

import asyncio
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
import uvloop

import razem

from .pairs import async_tcp_pair, tcp_pair, tls_pair

if TYPE_CHECKING:
    from pathlib import Path


def sparse(path: Path, size: int = 64 << 20) -> Path:
    with path.open("wb") as file:
        file.truncate(size)
    return path


@pytest.mark.parametrize("make_pair", [tcp_pair, tls_pair])
def test_a_path_will_do(make_pair: Any, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"hello")
    left, right = make_pair()
    with left, right:
        assert left.send_file(str(file), 1) == 4
        assert right.receive_exactly(4) == b"ello"


def test_what_is_wrong_before_a_byte_is_sent(tmp_path: Path) -> None:
    left, right = tcp_pair()
    with left, right:
        with pytest.raises(FileNotFoundError):
            left.send_file(tmp_path / "none")
        with pytest.raises(IsADirectoryError):
            left.send_file(tmp_path)
        for offset, count in [(-1, None), (0, -1)]:
            with pytest.raises(razem.LocalProtocolError, match="neither can be negative"):
                left.send_file(sparse(tmp_path / "file"), offset, count)
        left.close_sending()
        with pytest.raises(razem.LocalProtocolError, match="after close_sending"):
            left.send_file(tmp_path / "file")
        left.close()
        with pytest.raises(razem.ClosedError):
            left.send_file(tmp_path / "file")


def test_what_cannot_be_read_is_told_as_that() -> None:
    """A pipe has no places: neither sendfile(2) nor pread(2) take it."""
    reader, writer = os.pipe()
    left, right = tcp_pair()
    with left, right, os.fdopen(reader, "rb") as pipe, os.fdopen(writer, "wb"):
        with pytest.raises(OSError, match="Illegal seek") as caught:
            left.send_file(pipe)
        assert not isinstance(caught.value, razem.Error)
        left.send(b"still good")
        assert right.receive() == b"still good"


def test_the_time_limit_is_of_one_call_only(tmp_path: Path) -> None:
    file = sparse(tmp_path / "file")
    left, right = tcp_pair()
    with left, right, ThreadPoolExecutor(1) as pool:
        with pytest.raises(razem.TimedOutError) as caught:
            left.send_file(file, timeout=0.02)
        more = pool.submit(left.send, bytes(8 << 20), timeout=None)
        assert right.receive_exactly(caught.value.sent + (8 << 20)).count(0) > 8 << 20
        more.result(20)


@pytest.mark.parametrize("make_pair", [tcp_pair, tls_pair])
def test_closing_ends_it_from_another_thread(make_pair: Any, tmp_path: Path) -> None:
    file = sparse(tmp_path / "file")
    left, right = make_pair()
    with left, right, ThreadPoolExecutor(1) as pool:
        sending = pool.submit(left.send_file, file)
        right.receive()  # it has begun
        left.close()
        with pytest.raises(razem.ClosedError):
            sending.result(20)


def test_a_peer_that_leaves(tmp_path: Path) -> None:
    file = sparse(tmp_path / "file")
    left, right = tcp_pair()
    with left, right:

        def leave() -> None:
            right.receive()
            right.close()

        leaving = threading.Thread(target=leave)
        leaving.start()
        with pytest.raises(razem.BrokenError):
            left.send_file(file)
        leaving.join()


def test_closing_ends_it_from_another_task(tmp_path: Path) -> None:
    file = sparse(tmp_path / "file")

    async def main() -> None:
        left, right = await async_tcp_pair()
        async with left, right:
            sending = asyncio.create_task(left.send_file(file))
            await right.receive()
            other = asyncio.create_task(left.send(b"waits for its turn"))
            await asyncio.sleep(0)
            await left.close()
            for task in (sending, other):
                with pytest.raises(razem.ClosedError):
                    await task

    asyncio.run(main())
    uvloop.run(main())


def test_what_is_sent_meanwhile_waits_for_its_turn(tmp_path: Path) -> None:
    file = sparse(tmp_path / "file", 16 << 20)

    async def main() -> None:
        left, right = await async_tcp_pair()
        async with left, right:
            sending = asyncio.create_task(left.send_file(file))
            received = len(await right.receive())
            other = asyncio.create_task(left.send(b"!" * 1000))
            while received < 16 << 20:
                piece = await right.receive(min(65536, (16 << 20) - received))
                assert b"!" not in piece
                received += len(piece)
            assert await right.receive_exactly(1000) == b"!" * 1000
            assert await sending == 16 << 20
            await other

    asyncio.run(main())
    uvloop.run(main())
