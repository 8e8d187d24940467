"""`razem ports`: what ports are for, and who listens."""

from __future__ import annotations

import doctest
import json
import os
import socket
from typing import TYPE_CHECKING

import pytest

import razem as library
from razem.cli import main
from razem.cli.exits import Exit
from razem.serve import ports
from razem.serve.port_meanings import MEANINGS
from razem.serve.ports import Port, find_ports, open_ports
from razem.sockets.services import PORTS
from tests.sockets.machine import needs_ipv6

if TYPE_CHECKING:
    from pathlib import Path


def test_every_name_that_addresses_know_has_a_meaning() -> None:
    assert set(MEANINGS) == set(PORTS)
    assert doctest.testmod(ports).failed == 0


def test_by_number_name_and_meaning(tmp_path: Path) -> None:
    services = tmp_path / "services"
    services.write_text(
        "# a comment\n\nssh 22/tcp\nssh 22/udp # more\nrazem-own 4321/tcp alias # Own thing\nbad\n"
    )
    [ssh] = find_ports("22", services)
    assert (ssh.number, ssh.protocols, ssh.name) == (22, ("tcp", "udp"), "ssh")
    assert ssh.meaning == MEANINGS["ssh"]
    assert find_ports("OWN THING", services) == [Port(4321, ("tcp",), "razem-own", "Own thing")]
    assert [port.name for port in find_ports("quote", services)] == ["qotd"]
    numbers = [port.number for port in find_ports("", tmp_path / "none")]
    assert len(numbers) == len(PORTS)
    assert numbers == sorted(numbers)


@pytest.mark.parametrize(
    "address", ["tcp://127.0.0.1:0", "tcp://:0", pytest.param("tcp://[::1]:0", marks=needs_ipv6)]
)
def test_who_listens(address: str) -> None:
    with library.listen(address) as listener:
        [found] = [port for port in open_ports() if port.address == listener.local]
    assert found.process == os.getpid()
    assert found.program
    assert found.user


def test_who_listens_on_udp_and_unix(tmp_path: Path) -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock,
        library.listen(f"unix://{tmp_path}/socket") as listener,
    ):
        sock.bind(("127.0.0.1", 0))
        udp = library.Address.of("udp", host="127.0.0.1", port=sock.getsockname()[1])
        holders = {port.address: port.process for port in open_ports(unix=True)}
        assert listener.local not in {port.address for port in open_ports()}
    assert holders[udp] == holders[listener.local] == os.getpid()


def test_the_tables(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ports", "ircs-u"]) == 0
    heading, row, *_ = capsys.readouterr().out.splitlines()
    assert heading.split()[0] == "port"
    assert row.startswith("6697")
    assert "a hub of Razem" in row
    with library.listen("tcp://127.0.0.1:0") as listener:
        assert main(["ports", "--open", str(listener.local.port)]) == 0
        shown = capsys.readouterr().out
        assert f"{listener.local} " in shown
        assert main(["ports", "--open", "--json", str(listener.local.port)]) == 0
        told = json.loads(capsys.readouterr().out)
        assert (told["address"], told["process"]) == (str(listener.local), os.getpid())
    assert main(["ports", "no such thing"]) == Exit.FAILED
    assert capsys.readouterr().err == "razem: nothing fits 'no such thing'.\n"
