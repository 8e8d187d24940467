"""The parts of `listen` and `connect` that the library offers, one by one, without processes."""

from __future__ import annotations

import asyncio
import doctest
import importlib
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

import razem
from razem import aio
from razem.serve.access import AccessList
from razem.serve.broker import Broker, SlowReader
from razem.serve.carrying import Carrier, Replay, Side
from razem.serve.datagrams import Responder, serve_datagrams
from razem.serve.framing import Framer, Mode
from razem.serve.probing import expand, probe
from razem.serve.recording import Line, Recorder, read_recording
from razem.sockets.proxy import Proxy, connect_through
from razem.testing import memory_pair
from razem.testing.aio import memory_pair as async_memory_pair

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SECONDS = 20


@pytest.mark.parametrize("name", ["access", "framing", "hexdump", "probing", "services"])
def test_the_examples(name: str) -> None:
    result = doctest.testmod(importlib.import_module(f"razem.serve.{name}"))
    assert (result.failed, result.attempted > 0) == (0, True)


# -- framing ---------------------------------------------------------------------------------------


@given(st.lists(st.binary(max_size=20)), st.booleans())
def test_how_an_input_was_cut_does_not_matter(pieces: list[bytes], crlf: bool) -> None:
    whole = b"".join(pieces)
    for mode in Mode:
        framer = Framer(mode, crlf=crlf)
        got = [part for piece in pieces for part in framer.feed(piece)] + list(framer.end())
        other = Framer(mode, crlf=crlf)
        want = list(other.feed(whole)) + list(other.end())
        assert b"".join(got) == b"".join(want)
        if not crlf and mode is not Mode.RECORDS:
            assert b"".join(got) == whole


@given(st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b"a"])))
def test_crlf_is_not_doubled(pieces: list[bytes]) -> None:
    framer = Framer(crlf=True)
    got = b"".join(part for piece in pieces for part in framer.feed(piece))
    assert got == b"".join(pieces).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


# -- access ----------------------------------------------------------------------------------------

ACCESS = [
    ([], [], "1.2.3.4", True),
    (["1.2.3.4"], [], "1.2.3.4", True),
    (["1.2.3.4"], [], "1.2.3.5", False),
    ([], ["fd00::/8"], "fd00::1%eth0", False),
    ([], ["fd00::/8"], "1.2.3.4", True),
    (["10.0.0.1"], ["10.0.0.0/8"], "10.0.0.1", True),
    (["10.0.0.1"], ["10.0.0.1"], "10.0.0.1", False),
]


@pytest.mark.parametrize(("allow", "deny", "host", "verdict"), ACCESS)
def test_access(allow: list[str], deny: list[str], host: str, verdict: bool) -> None:
    peer = razem.Address.of("tcp", host=host, port=1)
    assert AccessList(allow, deny).permits(peer) is verdict
    assert AccessList(allow, deny).permits(None)


def test_a_wrong_network() -> None:
    with pytest.raises(razem.AddressError, match=r"10\.0\.0\.0/40: no network\. Write it as in"):
        AccessList(["10.0.0.0/40"])


# -- carrying --------------------------------------------------------------------------------------


class Script(Side):
    """Says its lines, and remembers what it heard."""

    def __init__(self, *lines: bytes) -> None:
        self.lines = list(lines)
        self.heard = b""

    def read(self, stop: int) -> bytes | None:
        return self.lines.pop(0) if self.lines else b""

    def write(self, data: bytes) -> None:
        self.heard += data


def joined(carrier: Carrier, side: Side, peer: Callable[[razem.Stream], object]) -> None:
    """Join a side to one end, with a peer at the other."""
    ours, theirs = memory_pair()
    thread = Thread(target=peer, args=(theirs,))
    thread.start()
    with ours:
        carrier.carry(ours, side)
    thread.join(SECONDS)
    assert not thread.is_alive()


@pytest.mark.parametrize("mode", Mode)
def test_both_ways_to_both_ends(mode: Mode) -> None:
    def peer(stream: razem.Stream) -> None:
        with stream:
            if mode is Mode.RECORDS:
                said = list(stream.records())
                for each in said:
                    stream.send_record(each.upper())
            else:
                stream.send(b"".join(stream).upper())

    side = Script(b"one\n", b"tw", b"o\n")
    joined(Carrier(mode=mode), side, peer)
    assert side.heard == b"ONE\nTWO\n"


def test_idle_is_an_error_of_its_own() -> None:
    ours, _theirs = memory_pair()
    with ours, pytest.raises(razem.IdleError, match=r"nothing passed for 0\.02 seconds"):
        Carrier(idle=0.02).carry(ours, Script())


def test_a_recording_says_it_again(tmp_path: Path) -> None:
    path = tmp_path / "talk.jsonl"
    with Recorder(path) as recorder:
        recorder.begin(razem.Address("tcp://localhost:1"))
        for data, ours in ((b"who?", True), (b"ana\xff", False), (b"hi ana", True), (b"", True)):
            recorder.passed(data, ours=ours)
    lines = read_recording(path)
    assert [(line.ours, line.data) for line in lines[:2]] == [(True, b"who?"), (False, b"ana\xff")]
    heard: list[bytes] = []

    def peer(stream: razem.Stream) -> None:
        with stream:
            assert stream.receive_exactly(4) == b"who?"
            with pytest.raises(razem.TimedOutError):  # first as much must come as came then
                stream.receive(timeout=0.05)
            stream.send(b"bo  \n")
            assert b"".join(stream) == b"hi ana"

    joined(Carrier(), Replay(lines, heard.append), peer)
    assert b"".join(heard) == b"bo  \n"


@pytest.mark.parametrize("text", ["nonsense", '{"from": "us"}', "[]", '{"from": 1, "at": "x"}'])
def test_a_file_that_is_no_recording(text: str, tmp_path: Path) -> None:
    path = tmp_path / "talk.jsonl"
    path.write_text(f'{{"connection": ""}}\n{text}\n')
    with pytest.raises(razem.ConfigError, match="line 2: no line of a recording"):
        read_recording(path)
    assert Line(0.0, ours=True, data=b"").ours


# -- broker ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("slow", SlowReader)
def test_a_slow_reader_is_met_as_stated(slow: SlowReader) -> None:
    async def main() -> None:
        broker = Broker(slow=slow, backlog=100_000)
        ours, theirs = await async_memory_pair(capacity=1000)
        serving = asyncio.create_task(broker.handler(theirs))
        while not broker.clients:
            await asyncio.sleep(0)
        said = [bytes([number]) * 1000 for number in range(200)]

        async def say() -> None:
            for piece in said:
                await broker.publish(piece)
                await asyncio.sleep(0)

        saying = asyncio.create_task(say())
        if slow is not SlowReader.BLOCK:
            await saying
        if slow is SlowReader.DISCONNECT:
            await serving
            assert (broker.disconnected, broker.clients) == (1, 0)
            await ours.close()
            return
        got: list[int] = []
        while not got or got[-1] != 199:
            got.append((await ours.receive_exactly(1000))[0])
            if slow is SlowReader.DROP_NEWEST and len(got) == 200 - broker.dropped:
                break
        await saying
        assert got == sorted(set(got))
        assert (len(got) == 200) == (slow is SlowReader.BLOCK)
        assert len(got) == 200 - broker.dropped
        await ours.close()
        await serving

    asyncio.run(asyncio.wait_for(main(), SECONDS))


def test_all_hear_each_other_but_not_themselves() -> None:
    async def main() -> None:
        broker = Broker(mode=Mode.LINES)
        pairs = [await async_memory_pair() for _ in range(3)]
        serving = [asyncio.create_task(broker.handler(theirs)) for _, theirs in pairs]
        while broker.clients < 3:
            await asyncio.sleep(0)
        ana, bo, eve = (ours for ours, _ in pairs)
        await ana.send(b"hel")
        await bo.send(b"hi\n")
        await ana.send(b"lo\n")
        assert await ana.receive_until() == b"hi\n"
        assert {await eve.receive_until(), await eve.receive_until()} == {b"hello\n", b"hi\n"}
        assert await bo.receive_until() == b"hello\n"
        for ours in (ana, bo, eve):
            await ours.close()
        await asyncio.wait(serving)
        assert broker.clients == 0

    asyncio.run(asyncio.wait_for(main(), SECONDS))


# -- probing ---------------------------------------------------------------------------------------


def test_which_ports_are_open() -> None:
    async def main() -> None:
        async with await aio.listen("tcp://127.0.0.1:0") as listener:
            port = listener.local.port
            addresses = expand(f"tcp://127.0.0.1:1,{port},{port}")
            found = [each async for each in probe(addresses)]
            assert [(each.address.port, each.state) for each in found] == [
                (1, "closed"),
                (port, "open"),
            ]

    asyncio.run(main())


@pytest.mark.parametrize("ports", ["9-1", "1-70000", "nobody", "", "1,,2"])
def test_wrong_ports(ports: str) -> None:
    with pytest.raises(razem.AddressError):
        expand(f"tcp://localhost:{ports}")


def test_datagrams_that_are_tried() -> None:
    async def main() -> dict[str, str]:
        with razem.bind("udp://127.0.0.1:0") as silent, razem.bind("udp://127.0.0.1:0") as gone:
            closed = str(gone.local)
            gone.close()
            async with await aio.bind("udp://127.0.0.1:0") as end:
                served = asyncio.create_task(serve_datagrams(end, lambda *_: b"", Responder()))
                names = {"open": str(end.local), "silent": str(silent.local), "closed": closed}
                tried = probe(map(razem.Address, names.values()), timeout=0.3)
                states = [each.state async for each in tried]
            await served
            return dict(zip(names, states, strict=True))

    states = asyncio.run(main())
    assert list(states) == list(states.values())


def test_a_unix_path_is_no_list_of_ports() -> None:
    assert expand("unix:///tmp/a:1,2") == [razem.Address("unix:///tmp/a:1,2")]


# -- proxies ---------------------------------------------------------------------------------------


def proxy_that(serve: Callable[[razem.Stream], None]) -> Iterator[int]:
    with razem.listen("tcp://127.0.0.1:0") as listener:
        thread = Thread(target=listener.serve, args=(serve,), daemon=True)
        thread.start()
        yield listener.local.port or 0


def socks(stream: razem.Stream) -> None:
    """A server of SOCKS 5 as RFC 1928 and 1929 have it, for one user, to one destination."""
    count = stream.receive_exactly(2)[1]
    assert 2 in stream.receive_exactly(count)
    stream.send(b"\x05\x02")
    assert stream.receive_exactly(2) == b"\x01\x03"
    user = stream.receive_exactly(3)
    password = stream.receive_exactly(stream.receive_exactly(1)[0])
    stream.send(b"\x01" + bytes([(user, password) != (b"ana", b"pw")]))
    head = stream.receive_exactly(4)
    assert head[:3] == b"\x05\x01\x00"
    if head[3] == 3:
        host = stream.receive_exactly(stream.receive_exactly(1)[0])
    else:
        host = stream.receive_exactly(4 if head[3] == 1 else 16)
    stream.receive_exactly(2)
    stream.send(b"\x05" + (b"\x00" if host == b"inside" else b"\x05") + b"\x00\x01" + bytes(6))
    stream.send(b"through to " + host)


def http(stream: razem.Stream) -> None:
    head = stream.receive_until(b"\r\n\r\n")
    if b"Proxy-Authorization: Basic YW5hOnB3\r\n" not in head:
        stream.send(b"HTTP/1.1 407 Who are you?\r\n\r\n")
    elif head.startswith(b"CONNECT inside:80 HTTP/1.1\r\nHost: inside:80\r\n"):
        stream.send(b"HTTP/1.1 200 OK\r\nA: b\r\n\r\nthrough to inside")
    else:
        stream.send(b"HTTP/1.1 502 No\r\n\r\n")


@pytest.mark.parametrize(("kind", "serve"), [("socks5", socks), ("http", http)])
def test_through_a_proxy(kind: str, serve: Callable[[razem.Stream], None]) -> None:
    for port in proxy_that(serve):
        with connect_through(f"{kind}://ana:pw@127.0.0.1:{port}", "tcp://inside:80") as stream:
            assert stream.receive_exactly(17) == b"through to inside"
        with pytest.raises(razem.RefusedError, match=rf"the proxy {kind}://127.0.0.1:{port} does"):
            connect_through(f"{kind}://ana:pw@127.0.0.1:{port}", "tcp://[::1]:80")
        with pytest.raises(razem.PermissionDeniedError):
            connect_through(f"{kind}://eve:no@127.0.0.1:{port}", "tcp://inside:80")


def test_where_a_proxy_is_connected_from() -> None:
    came: list[razem.Stream] = []

    def serve(stream: razem.Stream) -> None:
        came.append(stream)
        socks(stream)

    for port in proxy_that(serve):
        proxy = f"socks5://ana:pw@127.0.0.1:{port}"
        with connect_through(proxy, "tcp://inside:80", source="tcp://127.0.0.2:0"):
            assert came[0].remote
            assert came[0].remote.host == "127.0.0.2"


@pytest.mark.parametrize("kind", ["socks5", "http"])
@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH\r\n\r\n", b"\x05"])
def test_what_is_no_proxy(kind: str, answer: bytes) -> None:
    def serve(stream: razem.Stream) -> None:
        stream.send(answer)
        stream.close_sending()
        stream.receive_exactly(3)

    for port in proxy_that(serve):
        with pytest.raises(razem.RemoteProtocolError, match="is no such proxy"):
            connect_through(f"{kind}://127.0.0.1:{port}", "tcp://inside:80", timeout=SECONDS)


@pytest.mark.parametrize("text", ["", "ftp://h:1", "socks5://", "http://h:x", "localhost:80"])
def test_a_wrong_proxy(text: str) -> None:
    with pytest.raises(razem.AddressError, match="no proxy"):
        Proxy.parse(text)
