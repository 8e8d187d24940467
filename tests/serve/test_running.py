"""Services of every kind, and what keeps datagrams from doing harm; without processes."""

from __future__ import annotations

import asyncio
import doctest
import os
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest

import razem
from razem import aio
from razem.serve import datagrams as module
from razem.serve.datagrams import SMALL_PORTS, Responder
from razem.serve.running import Served, open_service
from razem.serve.services import SERVICES
from razem.serve.user_code import UserCode

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Coroutine
    from pathlib import Path

SECONDS = 20


def run(main: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(main, SECONDS))


@asynccontextmanager
async def served(name: str, address: str, **options: Any) -> AsyncIterator[Served]:
    options = {"responder": Responder(), **options}
    one = await open_service(name, address, **options)
    running = asyncio.create_task(one.run())
    try:
        yield one
    finally:
        await one.close()
        await running


async def ask(one: Served, *questions: bytes, timeout: float = SECONDS) -> list[bytes]:
    """Send datagrams; return as many answers."""
    async with await aio.bind("udp://127.0.0.1:0") as client:
        for question in questions:
            await client.send(question, one.local)
        return [(await client.receive(timeout=timeout))[0] for _ in questions]


def test_datagrams_are_answered() -> None:
    async def main() -> None:
        async with served("upper", "udp://127.0.0.1:0") as one:
            assert await ask(one, b"hello", b"") == [b"HELLO", b""]

    run(main())
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize("name", SERVICES)
def test_an_answer_is_no_longer_than_its_question(name: str) -> None:
    async def main() -> None:
        responder = Responder()
        async with served(name, "udp://127.0.0.1:0", responder=responder) as one:
            async with await aio.bind("udp://127.0.0.1:0") as client:
                for size in (0, 3, 600):
                    await client.send(bytes(size), one.local)
                await client.send(b"", one.local)
                heard: list[bytes] = []
                client.timeout = 0.1
                with suppress(razem.TimedOutError):
                    async for data, _ in client:
                        heard.append(data)
            if name in {"daytime", "qotd", "time"}:  # nothing shorter would do
                assert len(heard) == 1
                assert responder.silent == 3
            else:
                sizes = sorted(map(len, heard))
                assert all(a <= b for a, b in zip(sizes, (0, 0, 3, 600), strict=False))

    run(main())


def test_amplifying_is_allowed_in_so_many_words() -> None:
    async def main() -> None:
        async with served("daytime", "udp://127.0.0.1:0", responder=Responder(amplify=True)) as one:
            [line] = await ask(one, b"")
            assert line.endswith(b"\r\n")

    run(main())


def test_two_services_do_not_answer_each_other() -> None:
    async def main() -> None:
        responder = Responder()
        async with (
            served("echo", "udp://127.0.0.1:0", responder=responder) as echo,
            served("upper", "udp://127.0.0.1:0", responder=responder) as upper,
        ):
            assert responder.listens(razem.Address("udp://127.0.0.1:40000"))
            for port in (*SMALL_PORTS, echo.local.port, upper.local.port):
                assert not responder.listens(razem.Address.of("udp", host="1.2.3.4", port=port))
            assert await ask(echo, b"x") == [b"x"]

    run(main())


def test_messages_and_unix_datagrams(tmp_path: Path) -> None:
    async def main() -> None:
        async with (
            served("upper", f"unix+seqpacket://{tmp_path}/messages") as one,
            await aio.connect_datagrams(one.local) as client,
        ):
            for message in (b"one", b"two"):
                await client.send(message)
                assert (await client.receive(timeout=SECONDS))[0] == message.upper()
        async with (
            served("upper", f"unix+dgram:@razem-upper-{os.getpid()}") as one,
            await aio.bind(f"unix+dgram://{tmp_path}/mine") as client,
        ):
            await client.send(b"hello", one.local)
            assert (await client.receive(timeout=SECONDS))[0] == b"HELLO"

    run(main())


def test_a_program_has_no_datagrams() -> None:
    with pytest.raises(razem.AddressError, match="it has datagrams, not streams"):
        run(_open_program())


async def _open_program() -> None:
    await open_service("exec:cat", "udp://127.0.0.1:0", responder=Responder())


CODE = """
from beside_{name} import mark

async def handler(stream):
    async for piece in stream:
        await stream.send(mark + piece)

def plain(stream):
    for line in stream.lines():
        stream.send(line[::-1] + b"\\n")

def datagram(data, sender):
    assert sender.port
    return data[::-1] if data != b"bad" else 1 / 0
"""


def write(folder: Path, name: str, mark: bytes) -> Path:
    path = folder / f"{name}.py"
    path.write_text(CODE.replace("{name}", name))
    (folder / f"beside_{name}.py").write_text(f"mark = {mark!r}\n")
    return path


def test_functions_of_a_file(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = write(tmp_path, "app_one", b"> ")

    async def talk(one: Served, said: bytes, count: int) -> bytes:
        async with await aio.connect(one.local) as stream:
            await stream.send(said)
            return await stream.receive_exactly(count, timeout=SECONDS)

    async def main() -> None:
        code = UserCode(f"{path}:handler")
        async with served("", "tcp://127.0.0.1:0", code=code) as one:
            assert await talk(one, b"hello", 7) == b"> hello"
            write(tmp_path, "app_one", b"new ")
            os.utime(tmp_path / "beside_app_one.py", ns=(1, 1))
            assert code.reload()
            assert not code.reload()
            assert await talk(one, b"hello", 9) == b"new hello"
            path.write_text("def handler(:")
            with pytest.raises(razem.ConfigError, match=r"app_one\.py, line 1: invalid syntax"):
                code.reload()
            assert await talk(one, b"hello", 9) == b"new hello"
        write(tmp_path, "app_one", b"")
        async with served("", "tcp://127.0.0.1:0", code=UserCode(f"{path}:plain")) as one:
            assert await talk(one, b"ab\ncd\n", 6) == b"ba\ndc\n"
        async with served("", "udp://127.0.0.1:0", code=UserCode(f"{path}:datagram")) as one:
            assert await ask(one, b"ab") == [b"ba"]
            with pytest.raises(razem.TimedOutError):
                await ask(one, b"bad", timeout=0.05)
            assert await ask(one, b"cd") == [b"dc"]

    run(main())
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("x = (", "line 1: '(' was never closed"),
        ("\n1 / 0", "line 2: ZeroDivisionError: division by zero"),
        ("import no_such_module_anywhere", "line 1: ModuleNotFoundError"),
        ("handler = 1", "has no function handler"),
        ("", "has no function handler"),
    ],
)
def test_code_that_cannot_be_served(text: str, complaint: str, tmp_path: Path) -> None:
    path = tmp_path / "app_two.py"
    path.write_text(text)
    with pytest.raises(razem.ConfigError) as caught:
        UserCode(f"{path}:handler")
    assert complaint in str(caught.value)
    with pytest.raises(razem.ConfigError, match="cannot read"):
        UserCode(f"{tmp_path}/none.py:handler")


@pytest.mark.parametrize(
    ("command", "said", "heard"),
    [
        ("cat", b"hello", b"hello"),
        ("echo bye", b"", b"bye\n"),
        ("sort", b"b\na\n", b"a\nb\n"),
        ("exit 3", b"ignored", b""),
        ('test -n "$RAZEM_PEER" && echo yes', b"", b"yes\n"),
    ],
)
def test_programs(command: str, said: bytes, heard: bytes) -> None:
    async def main() -> None:
        async with (
            served(f"exec:{command}", "tcp://127.0.0.1:0") as one,
            await aio.connect(one.local) as stream,
        ):
            await stream.send(said)
            await stream.close_sending()
            assert b"".join([piece async for piece in stream]) == heard

    run(main())
