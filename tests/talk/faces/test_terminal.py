"""The terminal face, with keys and a screen that are not there."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from razem.hub.config import Config
from razem.hub.running import running_hub
from razem.talk import Client
from razem.talk.faces.pipe import Pipe, read_lines
from razem.talk.faces.plain import PlainFace
from razem.talk.faces.terminal import run_terminal
from tests.talk.client.loop import in_loop

if TYPE_CHECKING:
    from pathlib import Path


class Screen:
    """Lines that were written, and waiting for one of them."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._changed = asyncio.Event()

    def write(self, line: str) -> None:
        self.lines.append(line)
        self._changed.set()

    async def sees(self, text: str) -> str:
        while True:
            for line in self.lines:
                if text in line:
                    return line
            self._changed.clear()
            await self._changed.wait()


def config(tmp_path: Path) -> Config:
    return Config(listen=f"unix://{tmp_path}/hub", memory=True)


@in_loop
async def test_a_chat_at_a_terminal(tmp_path: Path) -> None:
    screen = Screen()
    async with running_hub(config(tmp_path)) as hub:
        where = hub.addresses[0]
        async with (
            Client(where, nick="ana", channels=["#net"]) as ana,
            Client(where, nick="bo", channels=["#net"]) as bo,
        ):
            with create_pipe_input() as keys, create_app_session(keys, DummyOutput()):
                chat = asyncio.create_task(run_terminal(ana, PlainFace("#net"), screen.write))
                await screen.sees("ana has joined")
                keys.send_text("half a ")
                await bo.send("#net", "hello\x1b[2J")
                assert (await screen.sees("<bo>")).endswith("<bo> hello␛[2J")
                keys.send_text("line\r")
                assert (await screen.sees("<ana>")).endswith("<ana> half a line")
                keys.send_text("/names\r/frob\r/help\r/topic #\r/join a:b c,d\r/msg a,b x\r")
                await screen.sees("cannot be a target")
                await screen.sees("there is no command /frob")
                await screen.sees("/quit [reason]")
                keys.send_text("/quit good night\r")
                assert await chat == "good night"
            await ana.close(reason="good night")
            assert any(m.text == "half a line" for m in await bo.history("#net"))


@in_loop
async def test_the_end_of_the_input_ends_the_chat(tmp_path: Path) -> None:
    screen = Screen()
    async with running_hub(config(tmp_path)) as hub:
        for end in ("\x04", "\x03"):  # Ctrl-D, Ctrl-C
            async with Client(hub.addresses[0], nick="ana", channels=["#net"]) as ana:
                with create_pipe_input() as keys, create_app_session(keys, DummyOutput()):
                    keys.send_text(end)
                    assert await run_terminal(ana, PlainFace("#net"), screen.write) == ""


@in_loop
async def test_lines_in_and_lines_out(tmp_path: Path) -> None:
    out, trouble = Screen(), Screen()
    reader, writer = os.pipe()
    async with (
        running_hub(config(tmp_path)) as hub,
        Client(hub.addresses[0], nick="ana", channels=["#net"], screenful=0) as ana,
        Client(hub.addresses[0], nick="bo", channels=["#net"]) as bo,
    ):
        pipe = Pipe(ana, PlainFace("#net"), out.write, trouble.write, as_json=False)
        running = asyncio.create_task(pipe.run(reader, follow=False, patience=10))
        os.write(writer, b"/one\ntw")
        await out.sees("<ana> /one")
        os.write(writer, b"o\n\n" + b"x" * 70_000 + b"\nwithout an end")
        os.close(writer)
        await running
        assert [line[6:] for line in out.lines] == [
            "<ana> /one",
            "<ana> two",
            "<ana> without an end",
        ]
        assert pipe.failed
        assert trouble.lines == ["!! a line of more than 65536 bytes was left out"]
        texts = [message.text for message in await bo.history("#net")]
        assert texts == ["/one", "two", "without an end"]
    os.close(reader)


@in_loop
async def test_events_as_json(tmp_path: Path) -> None:
    out = Screen()
    reader, writer = os.pipe()
    async with (
        running_hub(config(tmp_path)) as hub,
        Client(hub.addresses[0], nick="ana", channels=["#net"], screenful=0) as ana,
    ):
        pipe = Pipe(ana, PlainFace("#net"), out.write, out.write, as_json=True)
        running = asyncio.create_task(pipe.run(reader, follow=True, patience=10))
        os.write(writer, b"hi\n")
        os.close(writer)
        line = await out.sees('"message_received"')
        assert '"text":"hi"' in line
        await ana.close()
        await running
    os.close(reader)


@in_loop
async def test_lines_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "lines"
    file.write_bytes(b"one\r\ntwo\n" + "drei ß".encode() + b"\xff")
    with file.open("rb") as opened:
        lines = [line async for line in read_lines(opened.fileno())]
    assert lines == [b"one", b"two", "drei ß".encode() + b"\xff"]
