"""One kind of stream, measured in a process of its own: ``NAME TASK PORT [CORE]``.

The tasks are round trips of 64 bytes, and 64 KiB blocks in each direction, for as many slices of
the time as standard input asks for (`Meter`), each after a short warm-up. Each client is written
as its library's users would write it. The results go to standard output, as lines of JSON.
"""

import asyncio
import os
import socket
import sys
import time
from collections.abc import Callable, Coroutine
from typing import Any, cast

import msgspec

from bench.peer import OPENING
from razem import aio, encode_record
from razem.sockets.connecting import connect

PING = bytes(range(64))
BLOCK = bytes(range(256)) * 256  # 64 KiB
WARMUP_SECONDS = 0.02
MIB = 1 << 20


class Figures(msgspec.Struct, frozen=True):
    """What one run measured: operations (round trips, or MiB), and this process's CPU seconds."""

    seconds: float
    count: float
    cpu_seconds: float

    @property
    def rate(self) -> float:
        """Round trips, or MiB, a second."""
        return self.count / self.seconds

    @property
    def cpu_each(self) -> float:
        """CPU seconds of a round trip, or of a MiB."""
        return self.cpu_seconds / self.count


class Meter:
    """Counts; call it with each amount until it returns True, when nothing more is to be measured.

    It measures one slice of the time for each line that comes, which says how many seconds, and
    answers it with the figures; in between it keeps everything as it is, for another's slice.
    """

    def __init__(self) -> None:
        self._count = 0.0
        self._calls = 0
        self._seconds = self._begun = self._cpu = self._until = 0.0

    def __call__(self, amount: float) -> bool:
        self._count += amount
        self._calls += 1
        return not self._calls % 16 and self._look()

    def _look(self) -> bool:
        now = time.perf_counter()
        if now < self._until:
            return False
        if self._seconds and not self._begun:  # warm now
            self._begun, self._cpu, self._count = now, time.process_time(), 0.0
            self._until = now + self._seconds
            return False
        if self._begun:
            cpu = time.process_time() - self._cpu
            figures = Figures(now - self._begun, self._count, cpu)
            sys.stdout.buffer.write(msgspec.json.encode(figures) + b"\n")
            sys.stdout.buffer.flush()
        line = sys.stdin.readline()
        self._seconds, self._begun = float(line or 0), 0.0
        self._until = time.perf_counter() + WARMUP_SECONDS
        return not line


Blocking = Callable[[int, str, Meter], None]
Client = Callable[[int, str, Meter], Coroutine[Any, Any, None]]


def opening(task: str, block: bytes = BLOCK) -> bytes:
    """What the peer is told first."""
    if task == "trips":
        return OPENING.pack(b"e", 0)
    if task == "out":
        return OPENING.pack(b"d", 0)
    return OPENING.pack(b"s", len(block)) + block


def raw(port: int, task: str, meter: Meter) -> None:
    with socket.create_connection(("127.0.0.1", port)) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.sendall(opening(task))
        if task == "trips":
            done = False
            while not done:
                sock.sendall(PING)
                got = 0
                while got < len(PING):
                    got += len(sock.recv(65536))
                done = meter(1)
        elif task == "in":
            while not meter(len(sock.recv(65536)) / MIB):
                pass
        else:
            while not meter(len(BLOCK) / MIB):
                sock.sendall(BLOCK)


def blocking(port: int, task: str, meter: Meter) -> None:
    with connect(f"tcp://127.0.0.1:{port}") as stream:
        stream.send(opening(task))
        if task == "trips":
            done = False
            while not done:
                stream.send(PING)
                got = 0
                while got < len(PING):
                    got += len(stream.receive())
                done = meter(1)
        elif task == "in":
            while not meter(len(stream.receive()) / MIB):
                pass
        else:
            while not meter(len(BLOCK) / MIB):
                stream.send(BLOCK)


def blocking_records(port: int, task: str, meter: Meter) -> None:
    with connect(f"tcp://127.0.0.1:{port}") as stream:
        stream.send(opening(task, encode_record(BLOCK)))
        if task == "trips":
            done = False
            while not done:
                stream.send_record(PING)
                stream.receive_record()
                done = meter(1)
        elif task == "in":
            while not meter(len(stream.receive_record()) / MIB):
                pass
        else:
            while not meter(len(BLOCK) / MIB):
                stream.send_record(BLOCK)


async def razem(port: int, task: str, meter: Meter) -> None:
    async with await aio.connect(f"tcp://127.0.0.1:{port}") as stream:
        await stream.send(opening(task))
        if task == "trips":
            done = False
            while not done:
                await stream.send(PING)
                got = 0
                while got < len(PING):
                    got += len(await stream.receive())
                done = meter(1)
        elif task == "in":
            while not meter(len(await stream.receive()) / MIB):
                pass
        else:
            while not meter(len(BLOCK) / MIB):
                await stream.send(BLOCK)


async def razem_records(port: int, task: str, meter: Meter) -> None:
    async with await aio.connect(f"tcp://127.0.0.1:{port}") as stream:
        await stream.send(opening(task, encode_record(BLOCK)))
        if task == "trips":
            done = False
            while not done:
                await stream.send_record(PING)
                await stream.receive_record()
                done = meter(1)
        elif task == "in":
            while not meter(len(await stream.receive_record()) / MIB):
                pass
        else:
            while not meter(len(BLOCK) / MIB):
                await stream.send_record(BLOCK)


async def streams(port: int, task: str, meter: Meter) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(opening(task))
    if task == "trips":
        done = False
        while not done:
            writer.write(PING)
            await writer.drain()
            got = 0
            while got < len(PING):
                got += len(await reader.read(65536))
            done = meter(1)
    elif task == "in":
        while not meter(len(await reader.read(65536)) / MIB):
            pass
    else:
        while not meter(len(BLOCK) / MIB):
            writer.write(BLOCK)
            await writer.drain()
    writer.transport.abort()


class BareProtocol(asyncio.Protocol):
    """The least that the event loop allows: no waiting, no tasks, no promises."""

    def __init__(self, task: str, meter: Meter, done: asyncio.Future[None]) -> None:
        self._task = task
        self._meter = meter
        self._done = done
        self._got = 0
        self._full = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)
        self._transport.write(opening(self._task))
        if self._task == "trips":
            self._transport.write(PING)
        elif self._task == "out":
            asyncio.get_running_loop().call_soon(self._write)

    def data_received(self, data: bytes) -> None:
        if self._task == "in":
            if self._meter(len(data) / MIB):
                self._end()
            return
        self._got += len(data)
        if self._got >= len(PING):
            self._got = 0
            if self._meter(1):
                self._end()
            else:
                self._transport.write(PING)

    def pause_writing(self) -> None:
        self._full = True

    def resume_writing(self) -> None:
        self._full = False
        self._write()

    def _write(self) -> None:
        while not self._full:
            if self._meter(len(BLOCK) / MIB):
                self._end()
                return
            self._transport.write(BLOCK)

    def _end(self) -> None:
        if not self._done.done():
            self._done.set_result(None)
        self._transport.abort()


async def protocol(port: int, task: str, meter: Meter) -> None:
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()
    await loop.create_connection(lambda: BareProtocol(task, meter, done), "127.0.0.1", port)
    await done


async def with_anyio(port: int, task: str, meter: Meter) -> None:
    import anyio  # noqa: PLC0415  only in the process that measures it

    async with await anyio.connect_tcp("127.0.0.1", port) as stream:
        await stream.send(opening(task))
        if task == "trips":
            done = False
            while not done:
                await stream.send(PING)
                got = 0
                while got < len(PING):
                    got += len(await stream.receive())
                done = meter(1)
        elif task == "in":
            while not meter(len(await stream.receive()) / MIB):
                pass
        else:
            while not meter(len(BLOCK) / MIB):
                await stream.send(BLOCK)


async def with_trio(port: int, task: str, meter: Meter) -> None:
    import trio  # noqa: PLC0415  only in the process that measures it

    async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
        await stream.send_all(opening(task))
        if task == "trips":
            done = False
            while not done:
                await stream.send_all(PING)
                got = 0
                while got < len(PING):
                    got += len(await stream.receive_some())
                done = meter(1)
        elif task == "in":
            while not meter(len(await stream.receive_some(65536)) / MIB):
                pass
        else:
            while not meter(len(BLOCK) / MIB):
                await stream.send_all(BLOCK)


def on_asyncio(client: Client) -> Blocking:
    return lambda *arguments: asyncio.run(client(*arguments))


def on_uvloop(client: Client) -> Blocking:
    def run(*arguments: Any) -> None:
        import uvloop  # noqa: PLC0415  only in the process that measures it

        uvloop.run(client(*arguments))

    return run


def on_trio(client: Client) -> Blocking:
    def run(*arguments: Any) -> None:
        import trio  # noqa: PLC0415  only in the process that measures it

        trio.run(client, *arguments)

    return run


CLIENTS: dict[str, Blocking] = {
    "razem": blocking,
    "razem records": blocking_records,
    "raw socket": raw,
    "aio (uvloop)": on_uvloop(razem),
    "aio records (uvloop)": on_uvloop(razem_records),
    "protocol (uvloop)": on_uvloop(protocol),
    "streams (uvloop)": on_uvloop(streams),
    "anyio (uvloop)": on_uvloop(with_anyio),
    "aio (asyncio)": on_asyncio(razem),
    "streams (asyncio)": on_asyncio(streams),
    "trio": on_trio(with_trio),
}


def main() -> None:
    name, task, port, *core = sys.argv[1:]
    if core:
        os.sched_setaffinity(0, {int(core[0])})
    CLIENTS[name](int(port), task, Meter())


if __name__ == "__main__":
    main()
