"""Commands that meet by a code phrase through a real hub, each as a process."""

from __future__ import annotations

import os
from contextlib import contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from razem.cli.exits import Exit

from .command import ENVIRONMENT, SECONDS, by_a_hub, code_of, pipe, razem, running, serving
from .test_completion import bash

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

BIG = b"".join(sha256(place.to_bytes(4, "big")).digest() for place in range(60_000))


@pytest.fixture
def via() -> Iterator[tuple[str, ...]]:
    with by_a_hub() as options:
        yield options


def test_a_pipe_by_a_code(via: tuple[str, ...], tmp_path: Path) -> None:
    received = tmp_path / "received"
    with (
        received.open("wb") as output,
        running("listen", *via, "code:", stdout=output) as listener,
    ):
        pipe(listener.stdin).close()
        done = razem("connect", *via, code_of(listener, "connect"), input=BIG)
        assert (done.returncode, listener.wait(SECONDS)) == (Exit.DONE, Exit.DONE)
        assert b"connected through the hub" in done.stderr
        assert b"which sees ciphertext only" in done.stderr
    assert received.read_bytes() == BIG


def test_a_port_by_a_code(via: tuple[str, ...]) -> None:
    with (
        serving("upper") as (address, _),
        running("relay", *via, "listen:code:", address) as far,
    ):
        line = pipe(far.stderr).readline().decode()
        code = line.removeprefix("listening on ").strip()
        with running("relay", *via, "listen:tcp://127.0.0.1:0", code) as near:
            here = pipe(near.stderr).readline().decode().removeprefix("listening on ").strip()
            for said in (b"first\n", b"second\n"):  # two lines of one pair
                done = razem("connect", here, input=said)
                assert (done.returncode, done.stdout) == (Exit.DONE, said.upper())


def test_a_service_by_a_code(via: tuple[str, ...]) -> None:
    with running("serve", *via, "upper", "code:") as service:
        code = pipe(service.stdout).readline().decode().split(" on ")[1].strip()
        done = razem("connect", *via, code, input=b"by a code\n")
        assert (done.returncode, done.stdout) == (Exit.DONE, b"BY A CODE\n")


def test_a_private_chat_for_two(via: tuple[str, ...]) -> None:
    with running("chat", *via, "--nick", "ana", "--follow", "code:") as host:
        code = code_of(host, "chat")
        with running("chat", *via, "--nick", "bo", "--follow", code) as guest:
            say(guest, "are you there?")
            assert "bo" in until(host, "are you there")
            say(host, "yes, and nobody else is")
            assert "ana" in until(guest, "nobody else")


def say(process: subprocess.Popen[bytes], line: str) -> None:
    pipe(process.stdin).write(f"{line}\n".encode())
    pipe(process.stdin).flush()


def until(process: subprocess.Popen[bytes], what: str) -> str:
    while line := pipe(process.stdout).readline().decode():
        if what in line:
            return line
    raise AssertionError(pipe(process.stderr).read().decode())


def test_chat_host_listening_on_a_code(via: tuple[str, ...]) -> None:
    with running("chat", *via, "--host", "--listen", "code:", "--nick", "ana") as host:
        assert code_of(host, "chat").startswith("code:1-")


@contextmanager
def configured(folder: Path, text: str) -> Iterator[dict[str, str]]:
    (folder / "razem").mkdir()
    (folder / "razem" / "razem.toml").write_text(text)
    yield {**ENVIRONMENT, "XDG_CONFIG_HOME": str(folder)}


def test_the_hub_may_stand_in_the_configuration(
    via: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with configured(tmp_path, f'via = "{via[1]}"\n') as environment:
        monkeypatch.setitem(ENVIRONMENT, "XDG_CONFIG_HOME", environment["XDG_CONFIG_HOME"])
        with running("listen", "--hidden", "code:") as listener:
            pipe(listener.stdin).close()
            done = razem("connect", "--hidden", code_of(listener, "connect"), input=b"by it\n")
            assert done.returncode == Exit.DONE
            assert pipe(listener.stdout).readline() == b"by it\n"


def test_a_configuration_that_cannot_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with configured(tmp_path, "via = 7\n") as environment:
        monkeypatch.setitem(ENVIRONMENT, "XDG_CONFIG_HOME", environment["XDG_CONFIG_HOME"])
        done = razem("listen", "code:")
        assert done.returncode == Exit.USAGE
        assert b"`via` is a text" in done.stderr


def test_wrong_codes_are_told(via: tuple[str, ...]) -> None:
    with running("listen", *via, "code:7-guitar-ocean") as listener:
        assert code_of(listener, "connect") == "code:7-guitar-ocean"
        done = razem("connect", *via, "code:7-guiter-ocean")
        assert (done.returncode, b"Did you mean guitar?" in done.stderr) == (Exit.USAGE, True)
        done = razem("connect", *via, "code:7-guitar-zebra")
        assert (done.returncode, b"does not have this code" in done.stderr) == (8, True)
        assert listener.wait(SECONDS) == Exit.PERMISSION
        assert b"came with a wrong code: it is void" in pipe(listener.stderr).read()


def test_options_that_are_for_codes_only() -> None:
    done = razem("connect", "--via", "hub", "tcp://localhost:1")
    assert (done.returncode, b"for code: addresses" in done.stderr) == (Exit.USAGE, True)


def test_tab_completes_the_words() -> None:
    done = razem("completion", "--code", "code:7-guit")
    assert (done.returncode, done.stdout) == (Exit.DONE, b"code:7-guitar-\n")


def test_tab_completes_the_words_in_bash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "razem"
    program.write_text('#!/bin/sh\necho "$1 $2 $3" > "${0%/*}/asked"\necho 7-guitar-ocean\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert bash("razem", "connect", "7-guitar-oc") == ["7-guitar-ocean"]
    assert (tmp_path / "asked").read_text() == "completion --code 7-guitar-oc\n"
