"""Connecting, with both drivers."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import threading
from collections.abc import Callable
from contextlib import ExitStack
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest
import uvloop

import razem
from razem import Address, aio
from razem.sockets import endpoints
from razem.sockets.attempts import Attempts
from razem.sockets.endpoints import Endpoint
from razem.sockets.listening import close_listening_sockets, open_listening_sockets

from .machine import full_backlog, needs_ipv6

if TYPE_CHECKING:
    from pathlib import Path

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


IPV6 = pytest.param("tcp://[::1]:0", marks=needs_ipv6)
every_driver = pytest.mark.parametrize(
    "connect", [connect_blocking, connect_asyncio, connect_uvloop]
)


def free_port() -> int:
    """A port that was free a moment ago, on both loopbacks."""
    with razem.listen("tcp://localhost:0") as listener:
        assert listener.local.port
        return listener.local.port


@every_driver
@pytest.mark.parametrize(
    "address",
    ["tcp://localhost:0", "tcp://:0", "tcp://127.0.0.1:0", IPV6, "unix:@razem-%d"],
)
def test_connects(connect: Connect, address: str) -> None:
    with razem.listen(address.replace("%d", f"{os.getpid()}")) as listener:
        connect(listener.local)
        with listener.accept() as stream:
            assert stream.receive() == b""


@every_driver
@pytest.mark.parametrize("host", ["127.0.0.1", pytest.param("[::1]", marks=needs_ipv6)])
def test_one_of_two_addresses_is_enough(connect: Connect, host: str) -> None:
    with razem.listen(f"tcp://{host}:0") as listener:
        connect(f"tcp://localhost:{listener.local.port}")


@every_driver
@needs_ipv6
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
    families = {sock.family for sock in sockets}
    close_listening_sockets(sockets)
    assert families
    assert socket.AF_UNIX not in families


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


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run])
def test_the_file_to_leave_from_goes_with_the_connection(
    run: Callable[..., None], tmp_path: Path
) -> None:
    source = Address(f"unix://{tmp_path}/from")

    async def main() -> None:
        async with (
            await aio.listen(f"unix://{tmp_path}/listener") as listener,
            await aio.connect(listener.local, source=source),
            await listener.accept() as server,
        ):
            assert server.remote == source
        assert not (tmp_path / "from").exists()

    run(main())
