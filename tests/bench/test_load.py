"""The load generator counts and checks right: driven against a small server of the test's own."""

import asyncio
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # bench is not an installed package

from bench.load import (
    BenchError,
    Figures,
    Scenario,
    compile_generator,
    run_generator,
)

pytestmark = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")

QUICK = Scenario(members=4, senders=2, window=5, warmup=0.0, seconds=0.1)

# What a faulty server makes of the line with this number (from 0) on its way to one member.
Fault = Callable[[int, bytes], list[bytes]]


def faultless(_: int, line: bytes) -> list[bytes]:
    return [line]


def at_third(spoil: Callable[[bytes], list[bytes]]) -> Fault:
    return lambda number, line: spoil(line) if number == 2 else [line]


def swap_neighbours(number: int, line: bytes) -> list[bytes]:
    """Put the second line of the first sender before the first one: they differ in one letter."""
    return [line.replace(b" :aaaaaaaaaaaa", b" :aaaaaaaaaaab")] if number == 0 else [line]


class Relay(asyncio.Protocol):
    """One client of a server that knows one channel; `fault` may spoil the lines to it."""

    def __init__(self, clients: "list[Relay]", fault: Fault, piece: int) -> None:
        self.clients, self.fault, self.piece = clients, fault, piece
        self.nick = self.rest = self.channel = b""
        self.caps = b""
        self.received = 0
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        *lines, self.rest = (self.rest + data).split(b"\r\n")
        for line in lines:
            self.take(line)

    def take(self, line: bytes) -> None:
        command, _, rest = line.partition(b" ")
        match command:
            case b"CAP" if rest.startswith(b"REQ :"):
                self.caps = rest.removeprefix(b"REQ :")
                self.send(b":test CAP * ACK :" + self.caps)
            case b"NICK":
                self.nick = rest
            case b"USER":
                self.send(b":test 001 " + self.nick + b" :welcome")
                self.send(b":test 422 " + self.nick + b" :no message of the day")
                self.send(b"PING :cookie")
            case b"PONG":
                assert rest == b":cookie"
            case b"JOIN":
                self.clients.append(self)
                self.channel = rest
                for client in self.clients:
                    client.send(b":" + self.nick + b"!load@test JOIN " + rest)
                self.send(b":test 366 " + self.nick + b" #bench :end of names")
            case b"PRIVMSG":
                for client in self.clients:
                    if client is not self or b"echo-message" in self.caps:
                        client.deliver(b":" + self.nick + b"!load@test " + line)
            case b"PING":
                self.send(b":test PONG test :" + rest)

    def deliver(self, line: bytes) -> None:
        tags = b"@time=2026-01-01T00:00:00.000Z " if b"server-time" in self.caps else b""
        for made in self.fault(self.received, line):
            self.send(tags + made)
        self.received += 1

    def send(self, line: bytes) -> None:
        line += b"\r\n"
        for start in range(0, len(line), self.piece):
            self.transport.write(line[start : start + self.piece])


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compile_generator(tmp_path_factory.mktemp("load"))


def drive(
    program: Path,
    scenario: Scenario,
    *,
    fault: Fault = faultless,
    piece: int = 4096,
    clients: list[Relay] | None = None,
) -> Figures:
    clients = [] if clients is None else clients

    async def run() -> Figures:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: Relay(clients, fault, piece), "127.0.0.1", 0, backlog=128
        )
        async with server:
            port = server.sockets[0].getsockname()[1]
            try:
                return await asyncio.to_thread(run_generator, program, scenario, port)
            finally:
                for client in clients:
                    client.transport.abort()

    return asyncio.run(run())


@pytest.mark.parametrize("piece", [1, 7, 4096])
def test_every_line_is_counted_once_for_each_other_member(program: Path, piece: int) -> None:
    figures = drive(program, QUICK, piece=piece)
    assert figures.lines > 0
    assert figures.verified_deliveries % 3 == 0
    assert figures.verified_deliveries >= figures.deliveries > 0
    assert 0 < figures.p50_ms <= figures.p99_ms <= figures.max_ms * 1.05


def test_a_sliding_window_goes_on_before_the_last_member_has_a_line(program: Path) -> None:
    figures = drive(program, replace(QUICK, window=1, sliding=True))
    assert figures.verified_deliveries % 3 == 0
    assert figures.verified_deliveries >= figures.deliveries > 0


def test_idle_members_join_the_channels_in_turn_and_say_nothing(program: Path) -> None:
    scenario = replace(QUICK, members=6, senders=0, channels=3)
    clients: list[Relay] = []
    figures = drive(program, scenario, clients=clients)
    assert figures.verified_deliveries == 0
    assert sorted(client.channel for client in clients) == [
        *(b"#bench0", b"#bench0", b"#bench1", b"#bench1", b"#bench2", b"#bench2")
    ]
    with pytest.raises(BenchError, match="--senders 0 is needed"):
        run_generator(program, replace(scenario, senders=1), 1)


def test_with_capabilities_lines_have_tags_and_come_back(program: Path) -> None:
    scenario = Scenario(
        members=3, senders=3, window=1, warmup=0.0, seconds=0.1, caps="server-time echo-message"
    )
    figures = drive(program, scenario)
    assert figures.verified_deliveries % 3 == 0
    assert figures.bytes_a_line > 120


def test_a_rate_bounds_the_lines(program: Path) -> None:
    scenario = Scenario(members=2, senders=1, window=50, warmup=0.0, seconds=0.2, rate=100.0)
    assert drive(program, scenario).verified_deliveries <= 22


@pytest.mark.parametrize(
    ("fault", "complaint"),
    [
        (at_third(lambda line: []), "lines were lost"),
        (at_third(lambda line: [line, line]), "it came twice"),
        (swap_neighbours, "lines were lost"),
        (at_third(lambda line: [line.replace(b"xx", b"xy", 1)]), "a line that nobody sent"),
        (at_third(lambda line: [line.replace(b":m", b":n", 1)]), "a line that nobody sent"),
        (at_third(lambda line: [line[:-1]]), "the server said: :maaa"),
        (at_third(lambda line: [line, b"ERROR :bye"]), "the server said: ERROR :bye"),
    ],
    ids=["lost", "twice", "out of order", "altered", "of another", "cut", "error"],
)
def test_a_faulty_server_is_found_out(program: Path, fault: Fault, complaint: str) -> None:
    with pytest.raises(BenchError, match=complaint):
        drive(program, replace(QUICK, senders=1), fault=fault)


def test_wrong_options_are_refused(program: Path) -> None:
    with pytest.raises(BenchError, match="--senders 5: more than the 4 members"):
        run_generator(program, Scenario(members=4, senders=5), 1)
    with pytest.raises(BenchError, match="a number from"):
        run_generator(program, Scenario(text=4000), 1)


def test_a_server_that_is_not_there_is_told(program: Path) -> None:
    with pytest.raises(BenchError, match="to port 1: Connection refused"):
        run_generator(program, QUICK, 1)
