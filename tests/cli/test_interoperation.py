"""Our listen, connect and services beside the tools that everybody has, over every transport."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

import razem as library
from tests.sockets.machine import needs_ipv6

from .command import SECONDS, pipe, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ADDRESSES = {
    "tcp4": "tcp://127.0.0.1:0",
    "tcp6": "tcp://[::1]:0",
    "unix": "unix://{folder}/socket",
    "abstract": "unix:@razem-interoperation-{pid}",
    "udp": "udp://127.0.0.1:0",
    "dgram": "unix+dgram://{folder}/socket",
    "seqpacket": "unix+seqpacket://{folder}/socket",
    "tls": "tls://localhost:0",
}
KINDS = [
    pytest.param(kind, marks=needs_ipv6) if kind == "tcp6" else kind
    for kind in ("tcp4", "tcp6", "unix")
]

# Each ends by itself, after the answer to the end of its input.
CLIENTS = {
    "ncat": {
        "tcp4": "ncat -4 127.0.0.1 {port}",
        "tcp6": "ncat -6 ::1 {port}",
        "unix": "ncat -U {path}",
    },
    "nc": {
        "tcp4": "nc -N -4 127.0.0.1 {port}",
        "tcp6": "nc -N -6 ::1 {port}",
        "unix": "nc -N -U {path}",
    },
    "socat": {
        "tcp4": "socat -t5 - TCP4:127.0.0.1:{port}",
        "tcp6": "socat -t5 - TCP6:[::1]:{port}",
        "unix": "socat -t5 - UNIX-CONNECT:{path}",
        "abstract": "socat -t5 - ABSTRACT-CONNECT:{name}",
        "udp": "socat -t0.5 - UDP4:127.0.0.1:{port}",
        "dgram": "socat -t0.5 - UNIX-SENDTO:{path},bind={folder}/mine",
        "seqpacket": "socat -t0.5 - UNIX-CONNECT:{path},type=5",
        "tls": "socat -t5 - OPENSSL:localhost:{port},verify=0",
    },
    "openssl": {"tls": "openssl s_client -quiet -verify_quiet -connect localhost:{port}"},
}


def needs(name: str) -> None:
    if not shutil.which(name):
        pytest.skip(f"{name} is not installed")


def address(kind: str, folder: Path) -> str:
    return ADDRESSES[kind].format(folder=folder, pid=os.getpid())


def command(text: str, where: str, folder: Path) -> list[str]:
    """Their command line for an address of ours."""
    parsed = library.Address(where)
    facts = {"path": parsed.path, "name": parsed.path[1:], "port": parsed.port, "folder": folder}
    return text.format(**facts).split()


@contextmanager
def service(name: str, where: str) -> Iterator[str]:
    with running("serve", name, where) as process:
        yield pipe(process.stdout).readline().decode().split(" on ")[1].strip()


def run(words: list[str], said: bytes) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(words, input=said, capture_output=True, timeout=SECONDS, check=False)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        pytest.param(name, kind, marks=[needs_ipv6] if kind == "tcp6" else [])
        for name, kinds in CLIENTS.items()
        for kind in kinds
        if name != "openssl"
    ],
)
def test_their_clients_of_our_services(name: str, kind: str, tmp_path: Path) -> None:
    needs(name)
    with service("upper", address(kind, tmp_path)) as where:
        done = run(command(CLIENTS[name][kind], where, tmp_path), b"hello\n")
    assert done.stdout == b"HELLO\n", done.stderr


@pytest.mark.parametrize("name", ["ncat", "nc"])
def test_their_datagrams(name: str, tmp_path: Path) -> None:
    """Their input stays open: at its end they leave, whether there was an answer or not."""
    needs(name)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with service("upper", address("udp", tmp_path)) as where:
        words = command(f"{name} -u 127.0.0.1 {{port}}", where, tmp_path)
        with subprocess.Popen(words, **pipes, bufsize=0) as client:  # type: ignore[call-overload]
            try:
                pipe(client.stdin).write(b"hello\n")
                assert pipe(client.stdout).readline() == b"HELLO\n"
            finally:
                client.kill()


def test_openssl_hears_the_end_of_our_service(tmp_path: Path) -> None:
    needs("openssl")
    with service("daytime", address("tls", tmp_path)) as where:
        done = run(command(CLIENTS["openssl"]["tls"], where, tmp_path), b"")
    assert done.stdout.endswith(b"\r\n"), done.stderr


@pytest.mark.parametrize("name", ["ncat", "nc", "socat"])
@pytest.mark.parametrize("kind", KINDS)
def test_their_clients_of_our_listen(name: str, kind: str, tmp_path: Path) -> None:
    needs(name)
    with running("listen", address(kind, tmp_path)) as process:
        where = pipe(process.stderr).readline().decode().split()[-1]
        pipe(process.stdin).write(b"from here")
        pipe(process.stdin).close()
        done = run(command(CLIENTS[name][kind], where, tmp_path), b"from there")
        assert pipe(process.stdout).read() == b"from there"
        assert process.wait(SECONDS) == 0
    assert done.stdout == b"from here", done.stderr


SERVERS = {
    "ncat": {
        "tcp4": "ncat -4 -l 127.0.0.1 {port} --exec /bin/cat",
        "tcp6": "ncat -6 -l ::1 {port} --exec /bin/cat",
        "unix": "ncat -l -U {path} --exec /bin/cat",
        "tls": "ncat -4 -l 127.0.0.1 {port} --ssl --ssl-cert {pem} --ssl-key {pem} --exec /bin/cat",
    },
    "socat": {
        "tcp4": "socat TCP4-LISTEN:{port},bind=127.0.0.1,reuseaddr EXEC:cat",
        "tcp6": "socat TCP6-LISTEN:{port},bind=[::1],reuseaddr EXEC:cat",
        "unix": "socat UNIX-LISTEN:{path} EXEC:cat",
        "abstract": "socat ABSTRACT-LISTEN:{name} EXEC:cat",
        "udp": "socat UDP4-LISTEN:{port},bind=127.0.0.1 EXEC:cat",
        "tls": "socat OPENSSL-LISTEN:{port},reuseaddr,cert={pem},verify=0 EXEC:cat",
    },
    "openssl": {"tls": "openssl s_server -quiet -accept {port} -cert {pem} -key {pem} -rev"},
}


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        pytest.param(name, kind, marks=[needs_ipv6] if kind == "tcp6" else [])
        for name, kinds in SERVERS.items()
        for kind in kinds
        if kind != "udp"
    ],
)
def test_our_connect_to_their_servers(name: str, kind: str, tmp_path: Path) -> None:
    needs(name)
    where = free(address(kind, tmp_path))
    pem = tmp_path / "identity.pem"
    words: tuple[str, ...] = ()
    if kind == "tls":
        identity = library.Identity.make(hosts=["localhost"])
        identity.save(pem)
        words = ("--fingerprint", identity.fingerprint)
    text = SERVERS[name][kind].replace("{pem}", str(pem))
    options: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(
        command(text, where, tmp_path), stdout=subprocess.PIPE, **options
    ) as their:
        try:
            with running("connect", "--retry", "60", *words, where, bufsize=0) as process:
                pipe(process.stdin).write(b"olleh\n" if name == "openssl" else b"hello\n")
                # The answer first: ncat loses what comes after the end of its input.
                assert pipe(process.stdout).readline() == b"hello\n"
                _, complaints = process.communicate(timeout=SECONDS)
                assert (process.returncode, complaints) == (0, b"")
        finally:
            their.kill()


def free(where: str) -> str:
    """The address with a port that was free a moment ago: they take no port 0."""
    if not where.endswith(":0"):
        return where
    plain = where.replace("tls://localhost", "tcp://127.0.0.1")
    with library.listen(plain) as listener:
        return str(library.Address(where).replace(port=listener.local.port))


@pytest.mark.parametrize("kind", KINDS)
def test_two_of_nc(kind: str, tmp_path: Path) -> None:
    """OpenBSD's nc has no program for its clients; it is joined to its own input."""
    needs("nc")
    where = free(address(kind, tmp_path))
    text = {
        "tcp4": "nc -N -4 -l 127.0.0.1 {port}",
        "tcp6": "nc -N -6 -l ::1 {port}",
        "unix": "nc -N -l -U {path}",
    }[kind]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with (
        subprocess.Popen(command(text, where, tmp_path), **pipes) as server,  # type: ignore[call-overload]
        running("connect", "--retry", "60", where) as process,
    ):
        try:
            pipe(process.stdin).write(b"from here")
            pipe(process.stdin).close()
            out, _ = server.communicate(b"from there", timeout=SECONDS)
            assert out == b"from here"
            assert pipe(process.stdout).read() == b"from there"
            assert process.wait(SECONDS) == 0
        finally:
            server.kill()


WEB = """
async def handler(stream):
    head = await stream.receive_until(b"\\r\\n\\r\\n")
    path = head.split()[1]
    await stream.send(b"HTTP/1.1 200 OK\\r\\nConnection: close\\r\\n\\r\\nyou want " + path)
"""


@pytest.mark.parametrize("kind", [*KINDS, "tls"])
def test_curl(kind: str, tmp_path: Path) -> None:
    needs("curl")
    path = tmp_path / "web.py"
    path.write_text(WEB)
    with service(f"{path}:handler", address(kind, tmp_path)) as where:
        parsed = library.Address(where)
        place = "localhost" if parsed.is_unix else f"{where.partition('//')[2]}"
        words = ["curl", "-sS", "--noproxy", "*", "-k"]
        words += ["--unix-socket", parsed.path] if parsed.is_unix else []
        done = run([*words, f"{'https' if kind == 'tls' else 'http'}://{place}/this"], b"")
    assert done.stdout == b"you want /this", done.stderr


def test_ncat_as_a_proxy(tmp_path: Path) -> None:
    needs("ncat")
    where = free("tcp://127.0.0.1:0")
    proxy = command("ncat -4 -l 127.0.0.1 {port} --proxy-type http", where, tmp_path)
    with service("upper", "tcp://127.0.0.1:0") as target, subprocess.Popen(proxy) as their:
        try:
            words = ("--retry", "60", "--proxy", where.replace("tcp", "http"), target)
            with running("connect", *words, bufsize=0) as process:
                pipe(process.stdin).write(b"hello\n")
                assert pipe(process.stdout).readline() == b"HELLO\n"
        finally:
            their.kill()
