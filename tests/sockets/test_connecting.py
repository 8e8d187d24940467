"""Connecting and listening, with both drivers, and the words of every common failure."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
import uvloop

import razem
from razem import Address, aio
from razem.sockets import endpoints, failures, listening, resolve
from razem.sockets.attempts import Attempts
from razem.sockets.endpoints import Endpoint
from razem.sockets.listening import close_listening_sockets, open_listening_sockets

Connect = Callable[..., None]


def connect_blocking(address: str | Address, **options: Any) -> None:
    razem.connect(address, **options).close()


def connect_asyncio(address: str | Address, **options: Any) -> None:
    async def main() -> None:
        await (await aio.connect(address, **options)).close()

    asyncio.run(main())


def connect_uvloop(address: str | Address, **options: Any) -> None:
    async def main() -> None:
        await (await aio.connect(address, **options)).close()

    uvloop.run(main())


every_driver = pytest.mark.parametrize(
    "connect", [connect_blocking, connect_asyncio, connect_uvloop]
)


def free_port() -> int:
    """A port that was free a moment ago, on both loopbacks."""
    with razem.listen("tcp://localhost:0") as listener:
        assert listener.local.port
        return listener.local.port


# -- connecting ----------------------------------------------------------------------------------


@every_driver
@pytest.mark.parametrize(
    "address",
    ["tcp://localhost:0", "tcp://:0", "tcp://127.0.0.1:0", "tcp://[::1]:0", "unix:@razem-%d"],
)
def test_connects(connect: Connect, address: str) -> None:
    with razem.listen(address.replace("%d", f"{os.getpid()}")) as listener:
        connect(listener.local)
        with listener.accept() as stream:
            assert stream.receive() == b""


@every_driver
@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_one_of_two_addresses_is_enough(connect: Connect, host: str) -> None:
    with razem.listen(f"tcp://{host}:0") as listener:
        connect(f"tcp://localhost:{listener.local.port}")


@every_driver
def test_refused(connect: Connect) -> None:
    port = free_port()
    with pytest.raises(razem.RefusedError) as caught:
        connect(f"tcp://localhost:{port}")
    error = caught.value
    assert isinstance(error, ConnectionRefusedError)
    assert str(error) == (
        f"nothing listens on tcp://localhost:{port}: the machine answered, the port is closed "
        f"(tried [::1]:{port}, 127.0.0.1:{port}). Start the server first, or check the port."
    )
    assert error.address == Address(f"tcp://localhost:{port}")
    assert error.stage == "connect"
    assert error.errno == errno.ECONNREFUSED
    assert [(each.address, each.errno) for each in error.attempts] == [
        (f"[::1]:{port}", errno.ECONNREFUSED),
        (f"127.0.0.1:{port}", errno.ECONNREFUSED),
    ]
    assert isinstance(error.__cause__, OSError)


@every_driver
def test_refused_by_a_unix_socket(connect: Connect, tmp_path: Path) -> None:
    with pytest.raises(razem.RefusedError, match=r"no such file\. Start the server"):
        connect(f"unix://{tmp_path}/none")
    with pytest.raises(razem.RefusedError, match="no process has it open"):
        connect("unix:@razem-nobody")
    datagrams = str(tmp_path / "datagrams")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(datagrams)
        with pytest.raises(razem.RefusedError, match="a socket of another kind"):
            connect(f"unix://{datagrams}")


@every_driver
def test_name_not_known(connect: Connect) -> None:
    with pytest.raises(razem.ResolveError) as caught:
        connect("tcp://nobody.invalid:80", timeout=30)
    assert "nobody.invalid" in caught.value.message
    assert caught.value.stage == "resolve"
    with pytest.raises(razem.ResolveError, match="no interface of that name"):
        connect("tcp://[fe80::1%none]:80")


@every_driver
def test_a_silent_name_server_is_not_waited_for(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda **_: answer.wait(20))
    try:
        with pytest.raises(razem.TimedOutError, match="no name server answered") as caught:
            connect("tcp://slow.example:80", timeout=0.05)
    finally:
        answer.set()
    assert caught.value.stage == "resolve"


def full_backlog(stack: ExitStack, folder: Path) -> str:
    """A UNIX socket whose queue of waiting clients is full, so that connecting takes for ever."""
    path = str(folder / "full")
    listener = stack.enter_context(socket.socket(socket.AF_UNIX))
    listener.bind(path)
    listener.listen(0)
    while True:
        client = stack.enter_context(socket.socket(socket.AF_UNIX))
        client.setblocking(False)
        if client.connect_ex(path):
            return f"unix://{path}"


@every_driver
def test_timed_out(connect: Connect, tmp_path: Path) -> None:
    with ExitStack() as stack:
        address = full_backlog(stack, tmp_path)
        with pytest.raises(razem.TimedOutError) as caught:
            connect(address, timeout=0.1)
    error = caught.value
    assert isinstance(error, TimeoutError)
    assert f"{address} did not answer in time" in error.message
    assert error.attempts[0].errno is None
    assert error.attempts[0].seconds > 0.05


@every_driver
def test_retry_until_somebody_listens(connect: Connect, tmp_path: Path) -> None:
    address = f"unix://{tmp_path}/late"
    sockets: list[socket.socket] = []
    timer = threading.Timer(0.05, lambda: sockets.extend(open_listening_sockets(address)))
    timer.start()
    connect(address, retry=razem.Retry(attempts=None, backoff=0.01, limit=0.02), timeout=20)
    timer.join()
    close_listening_sockets(sockets)


@every_driver
def test_retry_ends(connect: Connect) -> None:
    start = monotonic()
    with pytest.raises(razem.RefusedError):
        connect("unix:@razem-nobody", retry=razem.Retry(attempts=3, backoff=0.01))
    with pytest.raises(razem.RefusedError):  # the next wait would be longer than the time left
        connect("unix:@razem-nobody", retry=razem.Retry(backoff=60, limit=60), timeout=20)
    assert monotonic() - start < 10


@every_driver
def test_what_cannot_be_connected_to(connect: Connect) -> None:
    with pytest.raises(razem.AddressError, match="no port to connect to"):
        connect("tcp://localhost:0")
    with pytest.raises(razem.AddressError, match="use razem chat"):
        connect("razem://localhost")
    with pytest.raises(razem.AddressError, match="has 107 bytes at most"):
        connect(f"unix:///{'x' * 107}")


# -- listening -----------------------------------------------------------------------------------


def test_localhost_is_both_families_on_one_port() -> None:
    sockets = open_listening_sockets("tcp://localhost:0")
    names = [sock.getsockname()[:2] for sock in sockets]
    close_listening_sockets(sockets)
    assert [name[0] for name in names] == ["::1", "127.0.0.1"]
    assert names[0][1] == names[1][1] > 0


def test_localhost_without_ipv6(monkeypatch: pytest.MonkeyPatch) -> None:
    real = listening.ListeningSocket

    def only_ipv4(family: int, kind: int) -> socket.socket:
        if family == socket.AF_INET6:
            raise OSError(errno.EAFNOSUPPORT, os.strerror(errno.EAFNOSUPPORT))
        return real(family, kind)

    monkeypatch.setattr(listening, "ListeningSocket", only_ipv4)
    with razem.listen("tcp://localhost:0") as listener:
        razem.connect(listener.local).close()
    with pytest.raises(razem.UnavailableError, match="no IPv6"):
        razem.listen("tcp://[::1]:0")
    monkeypatch.setattr(socket, "has_dualstack_ipv6", lambda: False)
    with razem.listen("tcp://:0") as listener:
        razem.connect(listener.local).close()


def test_every_interface_takes_both_families() -> None:
    with razem.listen("tcp://:0") as listener:
        for host in ("127.0.0.1", "[::1]"):
            razem.connect(f"tcp://{host}:{listener.local.port}").close()
            listener.accept().close()


def test_numbers_are_one_family() -> None:
    with razem.listen("tcp://0.0.0.0:0") as listener, pytest.raises(razem.RefusedError):
        razem.connect(f"tcp://[::1]:{listener.local.port}")
    with razem.listen("tcp://[::]:0") as listener, pytest.raises(razem.RefusedError):
        razem.connect(f"tcp://127.0.0.1:{listener.local.port}")


def test_in_use_names_the_process() -> None:
    with razem.listen("tcp://localhost:0") as listener:
        with pytest.raises(razem.InUseError) as caught:
            razem.listen(listener.local)
        holder = Path("/proc/self/comm").read_text().strip()
        assert str(caught.value) == (
            f"{listener.local} is in use by {holder} (process {os.getpid()}). "
            "Stop what uses it, or choose another port (0 for any free one)."
        )
        assert caught.value.errno == errno.EADDRINUSE
    abstract = f"unix:@razem-taken-{os.getpid()}"
    with razem.listen(abstract), pytest.raises(razem.InUseError, match=f"process {os.getpid()}"):
        razem.listen(abstract)


def test_in_use_on_one_family_only() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(razem.InUseError):
            razem.listen(f"tcp://localhost:{other.getsockname()[1]}")


def test_what_cannot_be_listened_on(tmp_path: Path) -> None:
    with pytest.raises(razem.UnavailableError, match=r"does not have that address\. Use one of"):
        razem.listen("tcp://192.0.2.1:9090")  # RFC 5737: of no machine
    with pytest.raises(razem.UnavailableError, match="there is no such folder"):
        razem.listen(f"unix://{tmp_path}/none/socket")
    with pytest.raises(razem.AddressError, match="has 107 bytes at most here, and this has 201"):
        razem.listen(f"unix:///{'x' * 200}")
    with pytest.raises(razem.AddressError, match="takes a certificate"):
        razem.listen("tls://localhost:0")
    with pytest.raises(razem.ResolveError):
        razem.listen("tcp://nobody.invalid:80")
    file = tmp_path / "file"
    file.write_text("precious")
    with pytest.raises(razem.InUseError, match="it is no socket"):
        razem.listen(f"unix://{file}")
    assert file.read_text() == "precious"


# -- UNIX socket files ---------------------------------------------------------------------------


def test_a_stale_file_is_replaced_and_ours_removed(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
        dead.listen()
    assert path.is_socket()
    with razem.listen(f"unix://{path}") as listener:
        razem.connect(listener.local).close()
    assert not path.exists()


def test_a_live_file_is_never_removed(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with razem.listen(f"unix://{path}") as listener:
        with pytest.raises(razem.InUseError, match=r"is in use by .* \(process"):
            razem.listen(f"unix://{path}")
        razem.connect(listener.local).close()
    with ExitStack() as stack:  # one that is too busy to answer is alive too
        busy = full_backlog(stack, tmp_path)
        stack.enter_context(pytest.raises(razem.InUseError))
        razem.listen(busy)


def test_the_file_of_a_successor_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    first = razem.listen(f"unix://{path}")
    path.unlink()
    with razem.listen(f"unix://{path}") as second:
        first.close()
        razem.connect(second.local).close()


def test_a_child_process_leaves_the_file(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    program = f"""
import os, razem
with razem.listen("unix://{path}") as listener:
    child = os.fork()
    if not child:
        listener.close()
        os._exit(0)
    os.waitpid(child, 0)
    razem.connect(listener.local).close()
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=30)
    assert not path.exists()


def test_a_relative_path_survives_a_change_of_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    listener = razem.listen("unix:socket")
    assert (tmp_path / "socket").is_socket()
    monkeypatch.chdir("/")
    listener.close()
    assert not (tmp_path / "socket").exists()


def test_two_that_start_at_once_do_not_steal(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    outcomes: list[object] = []

    def start() -> None:
        try:
            outcomes.append(razem.listen(f"unix://{path}"))
        except razem.InUseError as error:
            outcomes.append(error)

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winners = [outcome for outcome in outcomes if isinstance(outcome, razem.Listener)]
    assert len(winners) == 1
    razem.connect(f"unix://{path}").close()
    winners[0].close()


def test_asyncio_takes_the_sockets_and_closes_the_file(tmp_path: Path) -> None:
    path = tmp_path / "socket"

    async def main() -> None:
        loop = asyncio.get_running_loop()
        (sock,) = open_listening_sockets(f"unix://{path}")
        server = await loop.create_unix_server(asyncio.Protocol, sock=sock)
        server.close()
        await server.wait_closed()
        close_listening_sockets([sock])

    for run in (asyncio.run, uvloop.run):
        run(main())
        assert not path.exists()


# -- the words of failures that are hard to bring about ------------------------------------------

V4 = Endpoint(socket.AF_INET, ("192.0.2.1", 80))
V6 = Endpoint(socket.AF_INET6, ("2001:db8::1", 80, 0, 0))
UNIX = Endpoint(socket.AF_UNIX, "/run/x")

CONNECT_WORDS = [
    (errno.ETIMEDOUT, razem.TimedOutError, "did not answer. The machine may be off"),
    (errno.EHOSTUNREACH, razem.UnreachableError, "no way leads to tcp://h:80: no route to host"),
    (errno.ENETUNREACH, razem.UnreachableError, "network is unreachable"),
    (errno.EACCES, razem.PermissionDeniedError, "firewall"),
    (errno.EPERM, razem.PermissionDeniedError, "firewall"),
    (errno.EMFILE, razem.ExhaustedError, "too many open files, so there is no room"),
    (errno.ENFILE, razem.ExhaustedError, "ulimit -n"),
    (errno.ENOBUFS, razem.ExhaustedError, "no memory"),
    (errno.EAFNOSUPPORT, razem.UnavailableError, "this machine has no IPv4"),
    (errno.EADDRNOTAVAIL, razem.UnavailableError, "no address or port of its own left"),
    (errno.ECONNRESET, razem.ResetError, "threw it away at once"),
    (errno.ENOSPC, razem.Error, "tcp://h:80: no space left on device."),
]


@pytest.mark.parametrize(("number", "kind", "words"), CONNECT_WORDS)
def test_words_of_connecting(number: int, kind: type[razem.Error], words: str) -> None:
    failed = [(V4, failures.os_error(number), 0.5)]
    error, cause = failures.cannot_connect(Address("tcp://h:80"), failed)
    assert type(error) is kind
    assert words in str(error)
    assert cause.errno == number
    assert error.attempts[0].seconds == 0.5
    if isinstance(error, OSError):
        assert error.errno == number


def test_words_of_connecting_to_a_unix_socket() -> None:
    failed = [(UNIX, failures.os_error(errno.EACCES), 0.0)]
    error, _ = failures.cannot_connect(Address("unix:///run/x"), failed)
    assert isinstance(error, razem.PermissionDeniedError)
    assert "write permission on the socket file" in error.advice


def test_of_several_failures_the_telling_one_is_raised() -> None:
    failed = [
        (V6, failures.os_error(errno.ENETUNREACH), 0.0),
        (V4, failures.os_error(errno.ECONNREFUSED), 0.1),
    ]
    error, cause = failures.cannot_connect(Address("tcp://h:80"), failed)
    assert isinstance(error, razem.RefusedError)
    assert cause.errno == errno.ECONNREFUSED
    assert "(tried [2001:db8::1]:80, 192.0.2.1:80)" in error.message


LISTEN_WORDS = [
    ("tcp://:80", errno.EACCES, razem.PermissionDeniedError, "ports below 1024 need a privilege"),
    ("tcp://:80", errno.EACCES, razem.PermissionDeniedError, "ip_unprivileged_port_start=80."),
    ("unix:///x", errno.EACCES, razem.PermissionDeniedError, "may not create unix:///x"),
    ("unix:///x", errno.EROFS, razem.PermissionDeniedError, "read-only"),
    ("unix:///x", errno.ENOTDIR, razem.UnavailableError, "is no folder"),
    ("tcp://:80", errno.EMFILE, razem.ExhaustedError, "ulimit -n"),
]


@pytest.mark.parametrize(("address", "number", "kind", "words"), LISTEN_WORDS)
def test_words_of_listening(
    address: str,
    number: int,
    kind: type[razem.Error],
    words: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(failures, "_unprivileged_port", lambda: 1024)
    endpoint = UNIX if address.startswith("unix") else V4
    error = failures.cannot_listen(Address(address), failures.os_error(number), endpoint)
    assert type(error) is kind
    assert words in str(error)
    assert error.stage == "listen"


STREAM_WORDS = [
    (errno.ECONNRESET, razem.ResetError, "tcp://h:80 threw the connection away"),
    (errno.EPIPE, razem.BrokenError, "tcp://h:80 reads no more"),
    (errno.ETIMEDOUT, razem.BrokenError, "not heard of for too long"),
    (errno.EHOSTUNREACH, razem.BrokenError, "broke: No route to host"),
]


@pytest.mark.parametrize(("number", "kind", "words"), STREAM_WORDS)
def test_words_of_streams(number: int, kind: type[razem.Error], words: str) -> None:
    error = failures.stream_failed(failures.os_error(number), Address("tcp://h:80"), "read")
    assert type(error) is kind
    assert words in str(error)
    assert error.stage == "read"
    assert isinstance(error, ConnectionError)
    assert error.errno == number


def test_words_of_names() -> None:
    silent = failures.not_resolved(Address("tcp://h:80"), socket.gaierror(socket.EAI_AGAIN, "x"))
    assert "no name server answered" in str(silent)
    odd = failures.not_resolved(Address("tcp://h:80"), UnicodeError("x"))
    assert "can be no host name" in str(odd)
    with pytest.raises(razem.ResolveError):
        resolve.resolve(Address("tcp://-a.x.invalid:80"))


def test_a_connection_to_oneself_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """TCP lets a socket connect to its own port where nobody listens (RFC 9293 3.5)."""
    endpoint = Endpoint(socket.AF_INET, ("127.0.0.1", free_port()))
    attempts = Attempts(Address("tcp://127.0.0.1:1"), [endpoint])
    real = socket.socket

    def bound_to_its_target(*arguments: int) -> socket.socket:
        sock = real(*arguments)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(endpoint.sockaddr)
        return sock

    monkeypatch.setattr(socket, "socket", bound_to_its_target)
    for sock in attempts.start():
        attempts.finish(sock)
    with pytest.raises(razem.RefusedError):
        attempts.check(None)
    attempts.close()


def test_ipv4_clients_of_a_dual_stack_listener_are_named_as_ipv4() -> None:
    with (
        razem.listen("tcp://:0") as listener,
        razem.connect(f"tcp://127.0.0.1:{listener.local.port}") as client,
        listener.accept() as server,
    ):
        assert server.remote == client.local
        assert str(server.remote).startswith("tcp://127.0.0.1:")


def test_a_file_at_a_hub_is_no_socket_file() -> None:
    sockets = open_listening_sockets("razem://localhost:0/path/to/file")
    assert {sock.family for sock in sockets} == {socket.AF_INET, socket.AF_INET6}
    close_listening_sockets(sockets)


@pytest.mark.parametrize("timeout", [float("inf"), 1e300, None])
def test_for_ever_is_a_time(timeout: float | None) -> None:
    with razem.listen("tcp://localhost:0") as listener:
        razem.connect(listener.local, timeout=timeout).close()
        with listener.accept(timeout=timeout) as stream:
            assert stream.receive(timeout=timeout) == b""


def test_zones_are_kept() -> None:
    index, name = socket.if_nameindex()[0]
    address = endpoints.address_of("tcp", ("fe80::1", 80, 0, index))
    assert str(address) == f"tcp://[fe80::1%{name}]:80"
    gone = endpoints.address_of("tcp", ("fe80::1", 80, 0, 4_000_000))
    assert str(gone) == "tcp://[fe80::1%4000000]:80"
