"""`razem serve upper` as a process, met by others' clients."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import razem as library
from tests.sockets.machine import needs_ipv6

from .command import SECONDS, pipe, razem, running, serving, stop

IPV6 = pytest.param("tcp://[::1]:0", marks=needs_ipv6)
ADDRESSES = ["tcp://localhost:0", "tcp://127.0.0.1:0", IPV6, "tcp://:0", "unix:@%d"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_upper(address: str) -> None:
    address = address.replace("%d", f"razem-{os.getpid()}")
    with serving("upper", address) as (where, _), library.connect(where) as stream:
        for number in range(3):
            stream.send(b"hello %d\n" % number)
            assert stream.receive_until() == b"HELLO %d\n" % number
        stream.close_sending()
        assert stream.receive() == b""


def test_upper_is_on_port_9090_of_this_machine_by_default() -> None:
    from razem.cli.serve import _DEFAULT

    assert _DEFAULT == "tcp://localhost:9090"


def test_several_addresses_at_once(tmp_path: Path) -> None:
    with running("serve", "echo", "tcp://localhost:0", f"unix://{tmp_path}/echo") as process:
        for _ in range(2):
            where = pipe(process.stdout).readline().decode().split(" on ")[1].strip()
            with library.connect(where) as stream:
                stream.send(b"hello")
                assert stream.receive() == b"hello"
        assert stop(process, signal.SIGTERM) == (0, b"")


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)], ids=["SIGTERM", "Ctrl-C"]
)
def test_stops_cleanly(number: signal.Signals, code: int, tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with serving("upper", f"unix://{path}") as (where, process), library.connect(where) as busy:
        busy.send(b"x")
        assert busy.receive() == b"X"
        assert stop(process, number) == (code, b"")
        assert busy.receive(timeout=SECONDS) == b""
    assert not path.exists()


def test_a_port_that_is_taken() -> None:
    with serving("upper") as (where, process):
        done = razem("serve", "upper", where)
    assert done.returncode == 1
    assert f"razem: {where} is in use by " in done.stderr.decode()
    assert f"(process {process.pid})" in done.stderr.decode()


@pytest.mark.skipif(os.geteuid() != 0, reason="takes root, to become nobody")
def test_a_port_that_needs_a_privilege() -> None:
    limit = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
    if int(limit.read_text()) < 81:
        pytest.skip("here everybody may have port 80")
    from razem import errors
    from razem.sockets import failures, listening

    assert failures._unprivileged_port() > 80  # and what that imports is there from now on
    child = os.fork()
    if not child:  # as nobody, who may not read the checkout, but has it in memory
        os.setuid(65534)
        try:
            listening.open_listening_sockets("tcp://127.0.0.1:80")
        except errors.PermissionDeniedError as error:
            told = "ip_unprivileged_port_start=80" in error.advice
            os._exit(0 if told else 2)
        except BaseException:  # noqa: BLE001
            os._exit(3)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_client_that_vanishes_harms_nobody() -> None:
    with serving("upper") as (where, process):
        port = urlsplit(where).port
        assert port
        with socket.create_connection(("127.0.0.1", port)) as rude:
            linger = b"\1\0\0\0\0\0\0\0"  # on, 0 seconds: close sends a reset (socket(7))
            rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            rude.send(b"x")
        with library.connect(where) as stream:
            stream.send(b"y")
            assert stream.receive() == b"Y"
        assert stop(process, signal.SIGTERM) == (0, b"")


def test_several_services_at_once(tmp_path: Path) -> None:
    words = ("echo", "tcp://127.0.0.1:0", "udp://127.0.0.1:0", "upper", f"unix://{tmp_path}/upper")
    with running("serve", *words) as process:
        lines = [pipe(process.stdout).readline().decode().split() for _ in range(3)]
        assert [line[0] for line in lines] == ["echo", "echo", "upper"]
        for line, heard in zip(lines, (b"hello", b"hello", b"HELLO"), strict=True):
            if line[2].startswith("udp"):
                with library.connect_datagrams(line[2]) as client:
                    client.send(b"hello")
                    assert client.receive(timeout=SECONDS)[0] == heard
            else:
                with library.connect(line[2]) as stream:
                    stream.send(b"hello")
                    assert stream.receive(timeout=SECONDS) == heard
        assert stop(process, signal.SIGTERM) == (0, b"")


def test_datagrams_without_an_answer_are_told() -> None:
    with running("serve", "daytime", "udp://127.0.0.1:0") as process:
        where = pipe(process.stdout).readline().decode().split()[2]
        with library.connect_datagrams(where) as client:
            client.send(b"")
            client.send(bytes(500))
            assert client.receive(timeout=SECONDS)[0].endswith(b"\r\n")
        code, told = stop(process, signal.SIGTERM)
    assert code == 0
    assert told.startswith(b"1 datagrams were not answered")


def test_a_function_that_is_loaded_again(tmp_path: Path) -> None:
    path = tmp_path / "app_three.py"
    path.write_text("async def handler(stream):\n    await stream.send(b'one')\n")
    words = ("serve", f"{path}:handler", "tcp://127.0.0.1:0", "--reload")
    with running(*words) as process:
        where = pipe(process.stdout).readline().decode().split()[2]
        with library.connect(where) as stream:
            assert b"".join(stream) == b"one"
        path.write_text("async def handler(stream):\n    await stream.send(b'other')\n")
        assert pipe(process.stderr).readline() == b"loaded again\n"
        with library.connect(where) as stream:
            assert b"".join(stream) == b"other"
        path.write_text("def (")
        assert b"line 1: invalid syntax" in pipe(process.stderr).readline()
        assert stop(process, signal.SIGINT)[0] == 130


def test_a_program_over_tls() -> None:
    with running("serve", "exec:tr a-z A-Z", "tls://localhost:0") as process:
        fingerprint = pipe(process.stderr).readline().decode().split()[-1]
        where = pipe(process.stdout).readline().decode().split()[-1]
        done = razem("connect", "--fingerprint", fingerprint, where, input=b"hello")
    assert (done.returncode, done.stdout) == (0, b"HELLO")


def test_wrong_services(tmp_path: Path) -> None:
    for words, complaint in (
        (("tcp://localhost:0",), b"there is no service 'tcp://localhost:0'"),
        (("echo", "uper"), b"there is no service 'uper'. Did you mean 'upper'?"),
        ((f"{tmp_path}/none.py:handler",), b"cannot read"),
        (("exec:cat", "udp://localhost:0"), b"it has datagrams, not streams"),
        (("echo", "icmp://localhost"), b""),
    ):
        done = razem("serve", *words)
        assert done.returncode, words
        assert complaint in done.stderr
        assert b"Traceback" not in done.stderr
