"""Datagrams: the contract over every transport, addresses, errors and ends."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import uvloop

import razem
from razem import Address, aio
from razem.sockets import datagram_failures, ports
from razem.sockets.failures import os_error
from razem.testing import check_datagrams, memory_datagrams
from razem.testing.aio import check_datagrams as check_async_datagrams
from razem.testing.aio import memory_datagrams as async_memory_datagrams

from .machine import needs_ipv6

if TYPE_CHECKING:
    from collections.abc import Callable

    from razem.testing import DatagramsMaker
    from razem.testing.aio import AsyncDatagramsMaker

PLACES = [
    pytest.param("udp://127.0.0.1:0", id="udp4"),
    pytest.param("udp://[::1]:0", id="udp6", marks=needs_ipv6),
    pytest.param("udp://localhost:0", id="localhost"),
    pytest.param("udp://:0", id="every interface"),
    pytest.param("unix+dgram://{folder}/socket", id="unix"),
    pytest.param("unix+dgram:@razem-{process}-{name}", id="abstract"),
]
both_loops = pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has it")


def _can(address: str) -> bool:
    try:
        razem.bind(address).close()
    except razem.Error:
        return False
    return True


needs_raw = pytest.mark.skipif(not _can("ip://127.0.0.1/253"), reason="raw sockets need root")
needs_icmp = pytest.mark.skipif(not _can("icmp://127.0.0.1"), reason="pings need a privilege")


def written(place: str, folder: str) -> str:
    return place.format(folder=folder, process=os.getpid(), name=Path(folder).name)


def reachable(server: Address | None) -> Address:
    assert server is not None
    return server


@pytest.mark.parametrize("place", PLACES)
def test_contract(place: str) -> None:
    def make() -> tuple[razem.Datagrams, razem.Datagrams]:
        with tempfile.TemporaryDirectory() as folder:
            server = razem.bind(written(place, folder))
            return razem.connect_datagrams(reachable(server.local)), server

    check_datagrams(make)


@both_loops
@pytest.mark.parametrize("place", PLACES)
def test_async_contract(place: str, run: Callable[..., None]) -> None:
    async def make() -> tuple[aio.Datagrams, aio.Datagrams]:
        with tempfile.TemporaryDirectory() as folder:
            server = await aio.bind(written(place, folder))
            return await aio.connect_datagrams(reachable(server.local)), server

    run(check_async_datagrams(make))


def test_contract_in_memory() -> None:
    make: DatagramsMaker = memory_datagrams
    check_datagrams(make)
    async_make: AsyncDatagramsMaker = async_memory_datagrams
    asyncio.run(check_async_datagrams(async_make))


def test_a_full_queue_in_memory() -> None:
    left, right = memory_datagrams(capacity=1)
    left.send(b"one")
    with pytest.raises(razem.TimedOutError, match="was not sent"):
        left.send(b"two", timeout=0.01)
    assert right.receive()[0] == b"one"
    right.close()
    with pytest.raises(razem.RefusedError):
        left.send(b"three")


@pytest.mark.parametrize("host", ["127.0.0.1", pytest.param("[::1]", marks=needs_ipv6)])
@pytest.mark.parametrize("place", ["udp://localhost:0", "udp://:0"])
def test_both_families_reach_a_server(place: str, host: str) -> None:
    with razem.bind(place) as server:
        assert server.local
        assert server.local.port
        with razem.connect_datagrams(f"udp://{host}:{server.local.port}") as client:
            client.send(b"hello")
            data, sender = server.receive(timeout=10)
            assert (data, sender) == (b"hello", client.local)
            server.send(b"back", to=sender)
            assert client.receive(timeout=10) == (b"back", client.remote)


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name, as if a name server knew it."""
    real = socket.getaddrinfo

    def look_up(host: str, *args: Any, **options: Any) -> Any:
        return real("127.0.0.1" if host == "known.example" else host, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


@pytest.mark.usefixtures("named")
def test_sending_to_a_name_and_from_an_unconnected_end() -> None:
    with razem.bind("udp://127.0.0.1:0") as server, razem.bind("udp://:0") as client:
        assert server.local
        client.send(b"by name", to=f"udp://known.example:{server.local.port}")
        client.send(b"by number", to=server.local)
        assert [server.receive(timeout=10)[0] for _ in range(2)] == [b"by name", b"by number"]
        with pytest.raises(razem.ResolveError):
            client.send(b"x", to="udp://nobody.invalid:1", timeout=30)


@pytest.mark.usefixtures("named")
def test_names_are_looked_up_in_asyncio() -> None:
    async def main() -> None:
        async with await aio.bind("udp://127.0.0.1:0") as server, await aio.bind("udp://:0") as end:
            assert server.local
            await end.send(b"by name", to=f"udp://known.example:{server.local.port}")
            assert (await server.receive(timeout=10))[0] == b"by name"
            with pytest.raises(razem.ResolveError):
                await end.send(b"x", to="udp://nobody.invalid:1", timeout=30)

    asyncio.run(main())


def test_refused_is_told_to_a_connected_end_and_it_goes_on() -> None:
    with razem.bind("udp://127.0.0.1:0") as server:
        address = server.local
    assert address
    with razem.connect_datagrams(address) as client:
        client.send(b"x")
        with pytest.raises(razem.RefusedError, match="the port is closed") as caught:
            client.receive(timeout=10)
        assert isinstance(caught.value, ConnectionRefusedError)
        assert (caught.value.address, caught.value.stage) == (address, "read")
        with razem.bind(address) as server:
            client.send(b"again")
            assert server.receive(timeout=10)[0] == b"again"


def test_refused_in_asyncio() -> None:
    async def main() -> None:
        async with await aio.bind("udp://127.0.0.1:0") as server:
            address = server.local
        assert address
        async with await aio.connect_datagrams(address) as client:
            await client.send(b"x")
            with pytest.raises(razem.RefusedError):
                await client.receive(timeout=10)

    asyncio.run(main())


def test_a_unix_socket_that_nobody_has(tmp_path: Path) -> None:
    with pytest.raises(razem.RefusedError, match="no such file"):
        razem.connect(f"unix+dgram://{tmp_path}/none")
    with razem.listen(f"unix://{tmp_path}/stream"), pytest.raises(razem.RefusedError) as caught:
        razem.connect(f"unix+dgram://{tmp_path}/stream")
    assert "a socket of another kind" in str(caught.value)


def test_the_socket_file_is_removed_and_a_stale_one_replaced(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as left_behind:
        left_behind.bind(str(path))
    with razem.bind(f"unix+dgram://{path}") as server:
        with pytest.raises(razem.InUseError):
            razem.bind(f"unix+dgram://{path}")
        with razem.connect_datagrams(f"unix+dgram://{path}") as client:
            client.send(b"hello")
            assert server.receive(timeout=10)[0] == b"hello"
    assert not path.exists()


def fill(end: razem.Datagrams, to: Address | None) -> int:
    """Send until there is no room, and return how many were sent."""
    sent = 0
    while True:
        try:
            end.send(b"x", to=to, timeout=0.02)
        except razem.TimedOutError:
            return sent
        sent += 1


async def fill_async(end: aio.Datagrams, to: Address | None) -> int:
    sent = 0
    while True:
        try:
            await end.send(b"x", to=to, timeout=0.02)
        except razem.TimedOutError:
            return sent
        sent += 1


@linux_only
def test_a_full_unix_queue_waits_and_loses_nothing(tmp_path: Path) -> None:
    """unix(7): a sender is held back, connected or not, until the receiver has room."""
    with (
        razem.bind(f"unix+dgram://{tmp_path}/server") as server,
        razem.bind(f"unix+dgram://{tmp_path}/client") as client,
    ):
        sent = fill(client, server.local)
        thread = threading.Thread(target=client.send, args=(b"last", server.local))
        thread.start()
        received = [server.receive(timeout=10)[0] for _ in range(sent + 1)]
        thread.join()
        assert received == [b"x"] * sent + [b"last"]


@linux_only
def test_a_full_unix_queue_in_asyncio(tmp_path: Path) -> None:
    async def main() -> None:
        address = f"unix+dgram://{tmp_path}/server"
        async with await aio.bind(address) as server, await aio.connect_datagrams(address) as end:
            for to in (None, server.local):
                sent = await fill_async(end, to)
                waiting = asyncio.create_task(end.send(b"last", to=to))
                received = [(await server.receive(timeout=10))[0] for _ in range(sent + 1)]
                await waiting
                assert received == [b"x"] * sent + [b"last"]

    asyncio.run(main())


@linux_only
def test_closing_wakes_a_sender(tmp_path: Path) -> None:
    with razem.bind(f"unix+dgram://{tmp_path}/server") as server:
        for connected in (True, False):
            client = razem.connect_datagrams(reachable(server.local))
            to = None if connected else server.local
            fill(client, to)
            with ThreadPoolExecutor() as threads:
                sending = threads.submit(client.send, b"y", to)
                client.close()
                assert isinstance(sending.exception(), razem.ClosedError)


def test_in_use_names_the_process() -> None:
    with razem.bind("udp://127.0.0.1:0") as server:
        assert server.local
        with pytest.raises(razem.InUseError) as caught:
            razem.bind(server.local)
        assert f"{server.local} is in use" in caught.value.message
        if sys.platform == "linux":
            assert f"(process {os.getpid()})" in caught.value.message


def test_what_cannot_be_sent() -> None:
    with razem.bind("udp://127.0.0.1:0") as end:
        assert end.local
        with pytest.raises(razem.LocalProtocolError, match="needs a receiver"):
            end.send(b"x")
        with pytest.raises(razem.AddressError, match="cannot be sent to from a socket of udp"):
            end.send(b"x", to="unix+dgram:@x")
        with pytest.raises(razem.AddressError, match="no port"):
            end.send(b"x", to="udp://localhost:0")
        with pytest.raises(razem.UnreachableError, match="other version of IP"):
            end.send(b"x", to="udp://[::1]:9")
        with pytest.raises(razem.PermissionDeniedError, match=r"options\.broadcast"):
            end.send(b"x", to="udp://255.255.255.255:9")
        with pytest.raises(razem.LimitError, match="70000 bytes is too large") as caught:
            end.send(bytes(70000), to=end.local)
        assert caught.value.limit == 65507
        end.send(bytes(65507), to=end.local)
        assert len(end.receive(timeout=10)[0]) == 65507


def test_what_cannot_be_bound() -> None:
    with pytest.raises(razem.AddressError, match="use connect\\(\\) or listen"):
        razem.bind("tcp://localhost:0")
    with pytest.raises(razem.AddressError, match="use bind\\(\\)"):
        razem.listen("udp://localhost:0")
    with razem.listen("tcp://localhost:0") as listener, pytest.raises(razem.AddressError):
        razem.connect_datagrams(listener.local)
    with pytest.raises(razem.UnavailableError, match="does not have that address"):
        razem.bind("udp://192.0.2.1:0")


@pytest.mark.parametrize("run", [asyncio.run])
def test_what_cannot_be_bound_in_asyncio(run: Callable[..., None]) -> None:
    async def main() -> None:
        with pytest.raises(razem.AddressError):
            await aio.bind("tcp://localhost:0")
        async with await aio.listen("tcp://localhost:0") as listener:
            with pytest.raises(razem.AddressError):
                await aio.connect_datagrams(listener.local)

    run(main())


def checksum(data: bytes) -> int:
    """RFC 1071."""
    total = sum(int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


@needs_icmp
def test_ping() -> None:
    """RFC 792: an echo request comes back as a reply, without an IP header before it."""
    message = bytes([8, 0, 0, 0, 0, 7, 0, 1]) + b"hello!"
    message = message[:2] + checksum(message).to_bytes(2, "big") + message[4:]
    with razem.connect_datagrams("icmp://127.0.0.1") as end:
        end.send(message)
        while (item := end.receive(timeout=10))[0][0] != 0:  # a raw socket sees the request too
            pass
    assert item[0][6:] == message[6:]
    assert item[1] == Address("icmp://127.0.0.1")


@needs_icmp
@needs_ipv6
def test_ping_ipv6_from_an_unconnected_end() -> None:
    """RFC 4443 4: the kernel fills the checksum in."""
    with razem.bind("icmp://") as end:
        end.send(bytes([128, 0, 0, 0, 0, 7, 0, 1]) + b"hello!", to="icmp://[::1]")
        while (item := end.receive(timeout=10))[0][0] != 129:
            pass
    assert item[0][6:] == b"\0\1hello!"
    assert item[1] == Address("icmp://[::1]")


@needs_raw
def test_raw() -> None:
    with razem.bind("ip://127.0.0.1/253") as end:  # RFC 3692: a number for experiments
        end.send(b"hello", to="ip://127.0.0.1/253")
        data, sender = end.receive(timeout=10)
        assert data[0] >> 4 == 4
        assert data[20:] == b"hello"
        assert sender == end.local == Address("ip://127.0.0.1/253")


@needs_raw
@linux_only
def test_frames_of_the_link() -> None:
    with razem.bind("packet://lo") as end, razem.bind("udp://127.0.0.1:0") as udp:
        assert udp.local
        udp.send(b"over the link", to=udp.local)
        # Other programs speak here, too, and more at once than any datagram may hold.
        while not (item := end.receive(100_000, timeout=10))[0].endswith(b"over the link"):
            pass
        assert item[1] == Address("packet://lo/00:00:00:00:00:00")
        frame = bytes(12) + b"\x88\xb5a frame of our own"  # IEEE 802: 88B5 is for experiments
        for to in (None, item[1]):
            end.send(frame, to=to)
            while end.receive(100_000, timeout=10)[0] != frame:
                pass
        with pytest.raises(razem.AddressError, match="at another interface"):
            end.send(b"x", to="packet://eth9")
    with pytest.raises(razem.UnavailableError, match="no interface razem9"):
        razem.bind("packet://razem9")


@pytest.mark.parametrize(
    ("address", "ways_out"),
    [
        ("icmp://127.0.0.1", ["with sudo", "net.ipv4.ping_group_range"]),
        ("ip://127.0.0.1/89", ["with sudo", "setcap cap_net_raw"]),
        ("packet://lo", ["with sudo", "setcap cap_net_raw"]),
    ],
)
@pytest.mark.parametrize("make", [razem.bind, razem.connect_datagrams])
def test_without_the_privilege_both_ways_out_are_told(
    address: str,
    ways_out: list[str],
    make: Callable[[str], razem.Datagrams],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: Any) -> socket.socket:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(ports, "ListeningSocket", refuse)
    with pytest.raises(razem.PermissionDeniedError) as caught:
        make(address)
    assert address in caught.value.message
    assert all(way in caught.value.advice for way in ways_out)
    assert caught.value.errno == errno.EPERM


WORDS = [
    ("udp", errno.ENOBUFS, razem.ExhaustedError, "queue of the network interface"),
    ("udp", errno.ENETUNREACH, razem.UnreachableError, "no way leads to udp://h:9"),
    ("udp", errno.EINVAL, razem.UnreachableError, "loopback"),
    ("udp", errno.ENOSPC, razem.BrokenError, "no space left"),
    ("unix+dgram", errno.EMSGSIZE, razem.LimitError, "options.send_buffer"),
    ("unix+dgram", errno.EACCES, razem.PermissionDeniedError, "write permission"),
    ("unix+dgram", errno.EPERM, razem.PermissionDeniedError, "another peer"),
    ("unix+seqpacket", errno.ECONNRESET, razem.ResetError, "threw the connection away"),
    ("unix+seqpacket", errno.EPIPE, razem.BrokenError, "receives no more"),
]


@pytest.mark.parametrize(("scheme", "number", "kind", "words"), WORDS)
def test_words(scheme: str, number: int, kind: type[razem.Error], words: str) -> None:
    peer = Address("udp://h:9" if scheme == "udp" else f"{scheme}:@x")
    error = datagram_failures.datagram_failed(os_error(number), peer, "write", scheme=scheme)
    assert type(error) is kind
    assert words in str(error)
    assert error.address == peer


@linux_only
def test_strange_names_of_senders_do_not_harm(tmp_path: Path) -> None:
    """unix(7): an abstract name may hold any bytes; a file may begin with an @."""
    with razem.bind(f"unix+dgram:@razem-{os.getpid()}-strange") as server:
        assert server.local
        target = "\0" + server.local.path[1:]
        for name, written_as in [
            (b"\0razem-%d\0with nul" % os.getpid(), None),
            (b"\0razem-%d-\xff\xfe" % os.getpid(), f"unix+dgram:@razem-{os.getpid()}-\udcff\udcfe"),
        ]:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
                client.bind(name)
                client.sendto(b"x", target)
                _, sender = server.receive(timeout=10)
                assert (str(sender) if sender else None) == written_as
                if sender:
                    server.send(b"y", to=sender)
                    assert client.recv(10) == b"y"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
            client.sendto(b"nameless", target)
            assert server.receive(timeout=10) == (b"nameless", None)


def test_many_senders_are_forgotten_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports, "_CACHED", 2)
    with razem.bind("udp://127.0.0.1:0") as server:
        assert server.local
        for number in range(5):
            with razem.connect_datagrams(server.local) as client:
                client.send(b"%d" % number)
                data, sender = server.receive(timeout=10)
                server.send(data, to=sender)
                assert client.receive(timeout=10)[0] == b"%d" % number


def test_what_they_show() -> None:
    with razem.bind("udp://127.0.0.1:0") as server:
        assert server.local
        assert repr(server) == f"<SocketDatagrams {server.local}>"
        with razem.connect_datagrams(server.local) as client:
            assert repr(client) == f"<SocketDatagrams {client.local} - {server.local}>"
            assert (server.remote, client.remote) == (None, server.local)
    assert repr(server).startswith("<closed ")


def test_large_datagrams_need_a_large_maximum(tmp_path: Path) -> None:
    with razem.bind(f"unix+dgram://{tmp_path}/socket") as server:
        assert server.local
        with razem.connect_datagrams(server.local) as client:
            client.send(bytes(100_000))
            with pytest.raises(razem.TruncatedError):
                server.receive(timeout=10)
            client.send(bytes(100_000))
            assert len(server.receive(200_000, timeout=10)[0]) == 100_000
