"""Options: the table, every endpoint, before and after binding, and what goes wrong."""

from __future__ import annotations

import asyncio
import errno
import socket
import sys
from typing import TYPE_CHECKING, Any, get_type_hints

import pytest
import uvloop

import razem
from razem import aio
from razem.sockets import option_kinds
from razem.sockets.failures import os_error
from razem.sockets.options import TABLE, Options, OptionValues
from razem.testing import memory_pair

from .machine import needs_ipv6

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="the numbers are Linux's")

# name, value to set, value that the system then tells
STREAM_VALUES = [
    ("nodelay", False, False),
    ("keepalive", True, True),
    ("keepalive_idle_seconds", 30, 30.0),
    ("keepalive_interval_seconds", 4.2, 5.0),
    ("keepalive_count", 4, 4),
    ("receive_buffer", 50_000, 100_000),
    ("send_buffer", 50_000, 100_000),
    ("linger_seconds", 2, 2.0),
    ("linger_seconds", None, None),
    ("hop_limit", 12, 12),
    ("dscp", 46, 46),
    ("user_timeout_seconds", 1.5, 1.5),
    ("mark", 0, 0),
]
DATAGRAM_VALUES = [
    ("broadcast", True, True),
    ("multicast_hops", 3, 3),
    ("multicast_loop", False, False),
    ("receive_buffer", 50_000, 100_000),
    ("hop_limit", 255, 255),
    ("dscp", 10, 10),
]


def test_every_option_is_typed_and_says_its_source() -> None:
    assert get_type_hints(OptionValues).keys() == TABLE.keys()
    for name, option in TABLE.items():
        assert getattr(Options, name) is option
        assert option.__doc__
        assert any(source in option.__doc__ for source in ("(7)", "RFC", "Linux")), name
        if name.endswith("_seconds"):
            assert option.__doc__.startswith("Seconds"), name


@linux_only
@pytest.mark.parametrize("host", ["127.0.0.1", pytest.param("[::1]", marks=needs_ipv6)])
@pytest.mark.parametrize(("name", "value", "told"), STREAM_VALUES)
def test_options_of_streams(host: str, name: str, value: Any, told: Any) -> None:
    with razem.listen(f"tcp://{host}:0") as listener, razem.connect(listener.local) as stream:
        try:
            setattr(stream.options, name, value)
        except razem.PermissionDeniedError as error:
            pytest.skip(str(error))
        assert getattr(stream.options, name) == told


@linux_only
@pytest.mark.parametrize("host", ["127.0.0.1", pytest.param("[::1]", marks=needs_ipv6)])
@pytest.mark.parametrize(("name", "value", "told"), DATAGRAM_VALUES)
def test_options_of_datagrams(host: str, name: str, value: Any, told: Any) -> None:
    with razem.bind(f"udp://{host}:0") as end:
        setattr(end.options, name, value)
        assert getattr(end.options, name) == told


@linux_only
def test_options_from_the_beginning() -> None:
    with razem.listen(
        "tcp://localhost:0", options={"reuse_port": True, "mss": 600, "fast_open": 5}
    ) as listener:
        assert listener.options.reuse_port
        assert listener.options.fast_open == 5
        with razem.listen(listener.local, options={"reuse_port": True}) as another:
            assert another.local == listener.local
        with razem.connect(
            listener.local,
            options={"nodelay": False, "receive_buffer": 30_000, "fast_open_connect": True},
        ) as stream:
            assert not stream.options.nodelay
            assert stream.options.receive_buffer == 60_000
            assert stream.options.fast_open_connect
            stream.send(b"x")
            with listener.accept(timeout=10) as server:
                assert server.receive() == b"x"
                assert server.options.mss <= 600
    with razem.bind("udp://127.0.0.1:0", options={"reuse_address": True}) as one:
        assert one.local
        assert one.options.reuse_address
        with razem.bind(one.local, options={"reuse_address": True}) as two:
            assert two.local == one.local
        with razem.connect_datagrams(one.local, options={"dscp": 8}) as client:
            assert client.options.dscp == 8


@linux_only
@pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def test_options_in_asyncio(run: Callable[..., None], tmp_path: Path) -> None:
    async def main() -> None:
        options: OptionValues = {"receive_buffer": 30_000}
        async with (
            await aio.listen("tcp://127.0.0.1:0", options=options) as listener,
            await aio.connect(
                listener.local, options={"send_buffer": 20_000, "nodelay": False}
            ) as stream,
            await listener.accept() as server,
        ):
            assert listener.options.receive_buffer == 60_000
            assert stream.options.send_buffer == 40_000
            assert not stream.options.nodelay
            stream.options.keepalive = True
            assert stream.options.keepalive
            assert server.options.receive_buffer == 60_000  # inherited
        async with (
            await aio.bind(f"unix+dgram://{tmp_path}/socket", options=options) as end,
            await aio.connect_datagrams(
                f"unix+dgram://{tmp_path}/socket", options=options
            ) as client,
        ):
            assert end.options.receive_buffer == client.options.receive_buffer == 60_000

    run(main())


def test_what_comes_too_late_says_what_to_do() -> None:
    with razem.listen("tcp://127.0.0.1:0") as listener:
        with pytest.raises(razem.LocalProtocolError) as caught:
            listener.options.reuse_port = True
        assert "options={'reuse_port': True}" in caught.value.advice
        assert listener.options.reuse_port is False


IMPOSSIBLE = [
    ("hop_limit", 0, "from 1 to 255"),
    ("hop_limit", 256, "from 1 to 255"),
    ("hop_limit", True, "whole number"),
    ("dscp", 64, "from 0 to 63"),
    ("keepalive", "yes", "True or False"),
    ("keepalive_idle_seconds", 0, "from 1 to 32767 seconds"),
    ("user_timeout_seconds", -1, "seconds"),
    ("linger_seconds", -1, "seconds, or None"),
    ("device", 3, "interface"),
    ("mark", -1, "from 0 to 4294967295"),
]


@linux_only
@pytest.mark.parametrize(("name", "value", "words"), IMPOSSIBLE)
def test_impossible_values(name: str, value: Any, words: str) -> None:
    with razem.listen("tcp://127.0.0.1:0") as listener:
        with pytest.raises(razem.OptionError, match=name) as caught:
            setattr(listener.options, name, value)
        assert words in caught.value.advice
        assert isinstance(caught.value, ValueError)
    with pytest.raises(razem.OptionError):
        razem.connect("tcp://127.0.0.1:9", options={"mss": 1})


def test_options_of_another_kind_of_socket() -> None:
    with razem.bind("udp://127.0.0.1:0") as end:
        with pytest.raises(razem.UnavailableError, match=r"nodelay \(TCP_NODELAY\) is no option"):
            end.options.nodelay = True
        with pytest.raises(razem.UnavailableError):
            _ = end.options.ipv6_only
    left, right = memory_pair()
    with left, right, pytest.raises(razem.UnavailableError, match="no file descriptor"):
        _ = left.options.nodelay
    with pytest.raises(razem.ClosedError):
        _ = end.options.broadcast


def test_options_that_are_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    unknown: Any = {"no_delay": True}
    with pytest.raises(razem.UnavailableError, match="there is no option no_delay") as caught:
        razem.listen("tcp://127.0.0.1:0", options=unknown)
    assert "Did you mean nodelay?" in caught.value.advice
    with pytest.raises(razem.AddressError, match="opens no socket"):
        razem.connect("exec:cat", options={"mark": 1})
    with razem.bind("udp://127.0.0.1:0") as end:
        monkeypatch.delattr(socket, "SO_BROADCAST")
        with pytest.raises(
            razem.UnavailableError, match=r"this system has no option broadcast \(SO_BROADCAST\)"
        ):
            end.options.broadcast = True


@linux_only
def test_without_the_privilege_both_ways_out_are_told() -> None:
    with razem.bind("udp://127.0.0.1:0") as end, end.options.sockets() as sockets:
        error = option_kinds.option_failed(os_error(errno.EPERM), "mark", "SO_MARK", sockets[0], 3)
    assert isinstance(error, razem.PermissionDeniedError)
    assert "sudo setcap cap_net_admin+ep" in error.advice
    assert error.errno == errno.EPERM


@linux_only
def test_interfaces() -> None:
    with razem.bind("udp://127.0.0.1:0") as end:
        assert end.options.device == ""
        with pytest.raises((razem.UnavailableError, razem.PermissionDeniedError)):
            end.options.device = "razem9"  # since Linux 5.7 nobody needs a privilege for it
        with pytest.raises(razem.UnavailableError, match="no interface razem9"):
            end.options.multicast_interface = "razem9"
        end.options.multicast_interface = "lo"
        end.options.multicast_interface = ""
        assert end.options.multicast_interface == ""


@linux_only
@needs_ipv6
def test_interfaces_of_ipv6() -> None:
    with razem.bind("udp://[::1]:0") as end:
        end.options.multicast_interface = "lo"
        assert end.options.multicast_interface == "lo"


@linux_only
@pytest.mark.parametrize(
    ("place", "group"),
    [
        ("udp://0.0.0.0:0", "239.255.77.77"),
        pytest.param("udp://[::]:0", "ff02::7777", marks=needs_ipv6),
    ],
)
def test_groups(place: str, group: str) -> None:
    host = f"[{group}%lo]" if ":" in group else group
    with razem.bind(place) as end, razem.bind(place) as sender:
        assert end.local
        end.options.join(group, "lo")
        sender.options.multicast_interface = "lo"
        try:
            sender.send(b"to all", to=f"udp://{host}:{end.local.port}")
        except razem.UnreachableError:
            pytest.skip("this machine sends nothing to groups by its loopback")
        assert end.receive(timeout=10)[0] == b"to all"
        end.options.leave(group, "lo")
        with pytest.raises(razem.OptionError):  # it is no member any more
            end.options.leave(group, "lo")


def test_what_is_no_group() -> None:
    with razem.bind("udp://127.0.0.1:0") as end:
        for group in ("127.0.0.1", "nonsense", "::1"):
            with pytest.raises(razem.OptionError, match="no multicast group"):
                end.options.join(group)
        with pytest.raises(razem.UnavailableError, match="IP version") as caught:
            end.options.join("ff02::1")
        assert "udp://[::]:PORT" in caught.value.advice
        with pytest.raises(razem.UnavailableError, match="no interface razem9"):
            end.options.join("239.1.1.1", "razem9")


def test_options_can_be_shown() -> None:
    with razem.listen("tcp://127.0.0.1:0") as listener:
        assert "reuse_address=True" in repr(listener.options)
