"""The options of `razem listen` and `razem connect`, as processes."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest

import razem as library
from razem.cli.exits import Exit

from .command import ENVIRONMENT, RAZEM, SECONDS, pipe, razem, running, serving, stop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def listening(*words: str, address: str = "tcp://127.0.0.1:0", **options: Any) -> Iterator[Any]:
    """Run `razem listen`; give its address and its process."""
    with running("listen", *words, address, **options) as process:
        line = pipe(process.stderr).readline().decode()
        assert line.startswith("listening on "), line
        yield line.removeprefix("listening on ").strip(), process


def answer(address: str, said: bytes) -> bytes:
    """Say something, end, and return everything that comes."""
    with library.connect(address, timeout=SECONDS) as stream:
        stream.timeout = SECONDS
        stream.send(said)
        stream.close_sending()
        return b"".join(stream)


def test_one_client_after_another() -> None:
    with listening("--keep", stdin=subprocess.DEVNULL) as (address, process):
        for said in (b"one\n", b"two\n"):
            assert answer(address, said) == b""
            assert pipe(process.stdout).readline() == said
        assert stop(process, signal.SIGINT)[0] == Exit.INTERRUPTED


def test_the_rest_of_the_input_is_for_the_next_client() -> None:
    with listening("--keep", bufsize=0) as (address, process):
        for said in (b"to the first\n", b"to the second\n"):
            with library.connect(address) as stream:
                assert pipe(process.stderr).readline().startswith(b"connected: tcp://127.0.0.1:")
                pipe(process.stdin).write(said)
                assert stream.receive_until(timeout=SECONDS) == said
                stream.send(b"x")
                assert pipe(process.stdout).read(1) == b"x"


def test_a_program_for_each_client_at_once() -> None:
    command = 'read name; echo "hello $name"; cat; echo over'
    with listening("--keep", "--exec", command) as (address, process):
        with library.connect(address) as waiting:
            assert answer(address, b"ana\nmore\n") == b"hello ana\nmore\nover\n"
            waiting.send(b"bo\n")
            assert waiting.receive_until(timeout=SECONDS) == b"hello bo\n"
        assert stop(process, signal.SIGTERM) == (0, b"")


def test_a_program_that_ends_first() -> None:
    with listening("--exec", "echo bye") as (address, process):
        with library.connect(address) as stream:
            assert stream.receive_until(timeout=SECONDS) == b"bye\n"
            assert stream.receive(timeout=SECONDS) == b""
        assert process.wait(SECONDS) == 0


def test_connect_joins_a_program() -> None:
    with serving("upper") as (address, _):
        done = razem("connect", "--exec", "echo hello; exec >&-; cat >&2", address)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"HELLO\n")


@pytest.mark.parametrize("mode", ["--lines", "--records"])
def test_a_broker(mode: str) -> None:
    with listening("--broker", mode, bufsize=0) as (address, process):
        with library.connect(address) as ana, library.connect(address) as bo:
            ana.timeout = bo.timeout = SECONDS
            first = b""
            while not first:  # until both are let in, which nobody is told
                pipe(process.stdin).write(b"from here\n")
                with suppress(library.TimedOutError):
                    first = ana.receive(timeout=0.1)
            said = b"from ana"
            ana.send_record(said) if mode == "--records" else ana.send(said + b"\n")
            heard = bo.records() if mode == "--records" else bo.lines()
            assert next(line for line in heard if line != b"from here") == said
            assert pipe(process.stdout).readline() == b"from ana\n"
        assert stop(process, signal.SIGTERM) == (0, b"")


def test_who_is_not_allowed_is_not_let_in() -> None:
    with listening("--deny", "127.0.0.0/8", "--timeout", "10") as (address, process):
        with library.connect(address) as stream:
            assert stream.receive(timeout=SECONDS) == b""
        assert pipe(process.stderr).readline().startswith(b"not let in: tcp://127.0.0.1:")
    done = razem("listen", "--allow", "what", "tcp://127.0.0.1:0")
    assert (done.returncode, b"what: no network" in done.stderr) == (Exit.USAGE, True)


def test_records_of_two_of_ours() -> None:
    with listening("--records", "--replay", "/dev/null") as (address, process):
        done = razem("connect", "--records", address, input=b"one\n\ntwo")
        assert pipe(process.stdout).read() == b"one\n\ntwo\n"
        assert (done.returncode, process.wait(SECONDS)) == (0, 0)


def test_damaged_records_are_an_error() -> None:
    with listening("--records", stdin=subprocess.DEVNULL) as (address, process):
        with library.connect(address) as stream:
            stream.send(library.encode_record(b"one") + library.encode_record(b"two")[:-1])
        assert process.wait(SECONDS) == Exit.BROKEN
        assert pipe(process.stdout).read() == b"one\n"


def test_crlf_and_hex() -> None:
    with serving("upper") as (address, _):
        done = razem("connect", "--crlf", "--hex", address, input=b"ab\n")
    assert done.stdout.decode().splitlines() == [
        "> 00000000  61 62 0d 0a                                       |ab..|",
        "< 00000000  41 42 0d 0a                                       |AB..|",
    ]


def test_record_and_replay(tmp_path: Path) -> None:
    path = tmp_path / "talk.jsonl"
    with serving("upper") as (address, _):
        done = razem("connect", "--record", str(path), address, input=b"hello\n")
        assert done.stdout == b"HELLO\n"
        again = razem("connect", "--replay", str(path), address)
        assert (again.returncode, again.stdout) == (0, b"HELLO\n")
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert lines[0]["connection"].endswith(f":{library.Address(address).port}")
    assert sorted((line["from"], line.get("data")) for line in lines[1:] if "data" in line) == [
        ("them", "HELLO\n"),
        ("us", "hello\n"),
    ]
    assert razem("connect", "--replay", "/none", address).returncode == Exit.FAILED


@pytest.mark.parametrize("words", [["--keep"], []])
def test_idle(words: list[str]) -> None:
    with listening("--idle", "0.05", *words) as (address, process):
        with library.connect(address) as stream:
            assert stream.receive(timeout=SECONDS) == b""
        if words:
            assert pipe(process.stderr).readline().startswith(b"connected: ")
            assert b"nothing passed for 0.05 seconds" in pipe(process.stderr).readline()
        else:
            assert process.wait(SECONDS) == Exit.IDLE


def test_retry() -> None:
    with library.listen("tcp://127.0.0.1:0") as listener:
        address = listener.local
    nothing = subprocess.DEVNULL
    with running("connect", "--retry", "100", str(address), stdin=nothing) as process:
        for _ in range(200):  # somebody else may have the port for a moment
            try:
                listener = library.listen(address)
                break
            except library.InUseError:
                threading.Event().wait(0.05)
        with listener, listener.accept(timeout=SECONDS) as stream:
            stream.send(b"at last")
        assert pipe(process.stdout).read() == b"at last"
    assert razem("connect", "--retry", "2", "unix:@razem-nobody").returncode == Exit.REFUSED


def test_zero() -> None:
    with library.listen("tcp://127.0.0.1:0") as listener:
        port = listener.local.port
        done = razem("connect", "--zero", str(listener.local))
        assert done.returncode == 0
        assert re.fullmatch(rf"tcp://127.0.0.1:{port}  open +[\d.]+ ms\n", done.stdout.decode())
        done = razem("connect", "--zero", "--json", f"tcp://127.0.0.1:1,{port}")
        told = [json.loads(line) for line in done.stdout.splitlines()]
        assert [each["state"] for each in told] == ["closed", "open"]
        assert told[0]["error"]["errno"]
        done = razem("connect", "--zero", f"tcp://127.0.0.1:1-30,{port}")
        *rows, total = done.stdout.decode().splitlines()
        assert f"tcp://127.0.0.1:{port}" in rows[-1]
        assert total.startswith("31 ports: ")
    assert razem("connect", "--zero", "tcp://127.0.0.1:1").returncode == Exit.REFUSED
    assert razem("connect", "--zero", "tcp://127.0.0.1:9-1").returncode == Exit.USAGE


def test_a_wrong_proxy() -> None:
    done = razem("connect", "--proxy", "ftp://localhost", "tcp://localhost:1")
    assert done.returncode == Exit.USAGE
    assert b"Write it as in socks5://localhost:1080" in done.stderr
    done = razem("connect", "--proxy", "http://localhost:1", "tcp://localhost:1")
    assert done.returncode == Exit.REFUSED


def test_a_status_line_on_a_terminal() -> None:
    ours, theirs = pty.openpty()
    with serving("upper") as (address, _):
        done = subprocess.run(
            [*RAZEM, "connect", address],
            input=b"hello",
            stdout=subprocess.PIPE,
            stderr=theirs,
            env={**ENVIRONMENT, "TERM": "xterm"},
            timeout=SECONDS,
            check=False,
        )
    os.close(theirs)
    shown = os.read(ours, 4096).decode()
    os.close(ours)
    assert done.stdout == b"HELLO"
    # Python on a terminal on standard error only: no line moves, since nothing was slow.
    assert re.search(r"tcp://\S+: sent 5 B, received 5 B, \d+\.\d s\r\n", shown)


def test_tls_with_a_certificate_for_this_run() -> None:
    with running("listen", "tls://localhost:0", stdin=subprocess.DEVNULL) as process:
        line = pipe(process.stderr).readline().decode()
        assert line.startswith("a certificate for this run: sha256:")
        address = pipe(process.stderr).readline().decode().split()[-1]
        fingerprint = line.split()[-1]
        done = razem("connect", "--fingerprint", fingerprint, address, input=b"secret")
        assert (done.returncode, done.stderr) == (0, b"")
        assert pipe(process.stdout).read() == b"secret"
        assert process.wait(SECONDS) == 0


def test_tls_with_an_identity_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "identity.pem"
    library.Identity.make(hosts=["localhost"]).save(path)
    nothing = subprocess.DEVNULL
    with listening(
        "--keep", "--identity", str(path), address="tls://localhost:0", stdin=nothing
    ) as (address, process):
        done = razem("connect", address)
        assert done.returncode == Exit.TLS
        wrong = "sha256:" + 64 * "0"
        assert razem("connect", "--fingerprint", wrong, address).returncode == Exit.TLS
        done = razem("connect", "--authorities", str(path), address, input=b"secret\n")
        assert (done.returncode, done.stderr) == (0, b"")
        assert pipe(process.stdout).readline() == b"secret\n"


def test_datagrams_of_a_service() -> None:
    with running("serve", "upper", "udp://127.0.0.1:0") as process:
        address = pipe(process.stdout).readline().decode().split()[-1]
        done = razem("connect", address, input=b"hello")
        assert (done.returncode, done.stdout, done.stderr) == (0, b"HELLO", b"")
        done = razem("connect", "--hex", "--lines", address, input=b"a\nb\n")
        assert sorted(done.stdout.decode().split("|")[1::2]) == ["A.", "B.", "a.", "b."]
    with library.bind("udp://127.0.0.1:0") as nobody:
        address = str(nobody.local)
    done = razem("connect", address, input=b"hello")
    assert done.returncode == Exit.REFUSED


@pytest.mark.parametrize("address", ["udp://127.0.0.1:0", "unix+seqpacket://{folder}/s"])
def test_datagrams_between_two_of_ours(address: str, tmp_path: Path) -> None:
    with (
        listening(address=address.format(folder=tmp_path), bufsize=0) as (where, process),
        running("connect", where, bufsize=0) as client,
    ):
        pipe(client.stdin).write(b"hello")
        assert pipe(process.stdout).read(5) == b"hello"
        pipe(process.stdin).write(b"hi there")
        assert pipe(client.stdout).read(8) == b"hi there"
        pipe(client.stdin).close()
        pipe(process.stdin).close()
        assert (client.wait(SECONDS), process.wait(SECONDS)) == (0, 0)


def say(address: str, data: bytes) -> library.Datagrams:
    """Send a datagram from an end that is left open."""
    end = library.connect_datagrams(address, timeout=SECONDS)
    end.timeout = SECONDS
    end.send(data)
    return end


DATAGRAMS = ["udp://127.0.0.1:0", "unix+dgram:@razem-{process}"]


@pytest.mark.parametrize("address", DATAGRAMS)
def test_datagrams_of_anybody(address: str) -> None:
    with listening("--keep", address=address.format(process=os.getpid()), bufsize=0) as (
        where,
        process,
    ):
        pipe(process.stdin).write(b"to the first\n")
        with say(where, b"one\n") as one, say(where, b"two\n") as two:
            assert {pipe(process.stdout).read(4) for _ in range(2)} == {b"one\n", b"two\n"}
            first, _ = next(end for end in library.wait([one, two], SECONDS)).receive()
            assert first == b"to the first\n"
            one.send(b"again\n")
            assert pipe(process.stdout).read(6) == b"again\n"
            pipe(process.stdin).write(b"to the last\n")
            assert one.receive()[0] == b"to the last\n"
        assert stop(process, signal.SIGINT)[0] == Exit.INTERRUPTED


@pytest.mark.parametrize("address", [*DATAGRAMS, "unix+seqpacket:@razem-s{process}"])
def test_a_program_for_each_who_sends_datagrams(address: str) -> None:
    words = ("--keep", "--exec", 'sed -u "s|^|$RAZEM_PEER:|"')
    with listening(*words, address=address.format(process=os.getpid())) as (where, process):
        with say(where, b"one\n") as one, say(where, b"two\n") as two:
            for end, said in ((one, b"one"), (two, b"two")):
                name = b"" if "seqpacket" in where else str(end.local).encode()
                assert end.receive()[0] == name + b":" + said + b"\n"
            one.send(b"more\n")
            assert one.receive()[0].endswith(b":more\n")
        assert stop(process, signal.SIGTERM) == (Exit.DONE, b"")


@pytest.mark.parametrize("address", [*DATAGRAMS, "unix+seqpacket:@razem-b{process}"])
def test_all_who_send_datagrams_hear_each_other(address: str) -> None:
    with listening("--broker", address=address.format(process=os.getpid()), bufsize=0) as (
        where,
        process,
    ):
        with say(where, b"one") as one:
            assert pipe(process.stdout).read(3) == b"one"
            with say(where, b"two") as two:
                assert one.receive()[0] == b"two"
                assert pipe(process.stdout).read(3) == b"two"
                pipe(process.stdin).write(b"all")
                assert one.receive()[0] == two.receive()[0] == b"all"
        assert stop(process, signal.SIGTERM)[0] == Exit.DONE


@pytest.mark.parametrize("words", [(), ("--keep",), ("--broker",)])
def test_datagrams_of_strangers_are_not_taken(words: tuple[str, ...]) -> None:
    with (
        listening("--deny", "127.0.0.2", *words, address="udp://127.0.0.1:0", bufsize=0) as (
            where,
            process,
        ),
        library.bind("udp://127.0.0.2:0") as stranger,
    ):
        stranger.send(b"no", to=where)
        stranger.send(b"no", to=where)
        with say(where, b"yes"):
            assert pipe(process.stdout).read(3) == b"yes"
        assert pipe(process.stderr).readline() == f"not let in: {stranger.local}\n".encode()
        assert b"not let in" not in stop(process, signal.SIGTERM)[1]


def test_a_late_reply_to_messages_is_not_lost(tmp_path: Path) -> None:
    where = f"unix+seqpacket://{tmp_path}/s"
    program = "cat; sleep 1.5; echo late"
    with listening("--exec", program, address=where), running("connect", where) as client:
        said, _ = client.communicate(b"hello\n", SECONDS)
        assert (client.returncode, said) == (0, b"hello\nlate\n")


def test_a_broker_runs_out_of_patience() -> None:
    where = "tcp://127.0.0.1:0"
    done = razem("listen", "--broker", "--timeout", "0.1", where)
    assert (done.returncode, b"nobody connected" in done.stderr) == (Exit.TIMED_OUT, True)
    done = razem("listen", "--broker", "--idle", "0.1", where)
    assert (done.returncode, b"nothing passed" in done.stderr) == (Exit.IDLE, True)
    for words in (("--exec", "cat"), ("--hex",), ("--record", "x"), ("--replay", "x")):
        done = razem("listen", "--broker", *words, where)
        assert (done.returncode, b"does not go with" in done.stderr) == (Exit.USAGE, True)


def test_where_a_connection_comes_from() -> None:
    with library.listen("tcp://127.0.0.1:0") as listener:
        for source in ("127.0.0.2", "tcp://127.0.0.2:0"):
            with (
                running("connect", "--source", source, str(listener.local)),
                listener.accept(timeout=SECONDS) as stream,
            ):
                assert stream.remote is not None
                assert stream.remote.host == "127.0.0.2"
        for source, code, words in (
            ("203.0.113.1", Exit.FAILED, "this machine does not have that address"),
            ("::1", Exit.FAILED, "is of another family. To leave for it takes an address of IPv4."),
            ("x", Exit.USAGE, "no connection can come from tcp://x:0"),
        ):
            done = razem("connect", "--source", source, str(listener.local))
            assert done.returncode == code
            assert words in done.stderr.decode()
            assert b"Traceback" not in done.stderr


def test_where_datagrams_come_from(tmp_path: Path) -> None:
    with library.bind("udp://127.0.0.1:0") as end:
        razem("connect", "--source", "127.0.0.2", str(end.local), input=b"hello")
        data, sender = end.receive(timeout=SECONDS)
        assert (data, sender and sender.host) == (b"hello", "127.0.0.2")
    with library.bind(f"unix+dgram://{tmp_path}/end") as end:
        source = library.Address(f"unix+dgram://{tmp_path}/from")
        assert end.local
        with library.connect_datagrams(end.local, source=source) as client:
            client.send(b"hello")
            assert end.receive() == (b"hello", source)
            end.send(b"answer", to=source)
            assert client.receive()[0] == b"answer"
    with library.listen(f"unix://{tmp_path}/listener") as listener:
        source = library.Address(f"unix://{tmp_path}/from")
        with library.connect(listener.local, source=source), listener.accept() as server:
            assert server.remote == source
        assert not (tmp_path / "from").exists()


def test_nobody_reads_what_a_broker_shows() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with listening("--broker", stdout=writer) as (address, process):
        os.close(writer)
        assert answer(address, b"hello") == b""
        assert process.wait(SECONDS) == Exit.NO_READER
        assert b"Traceback" not in pipe(process.stderr).read()
