"""A server operator at a real hub: a password that takes long to check, bans, the configuration."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from argon2 import PasswordHasher

from tests.hub.process import PATIENCE, Client, HubProcess, config

if TYPE_CHECKING:
    from pathlib import Path

HASH = PasswordHasher().hash("sesame")  # as dear as those that `razem hub password` makes
CONFIG = f"""
name = "irc.example"
[operators.root]
password = "{HASH}"
[limits]
nick = %d
"""


def come(hub: HubProcess, address: str) -> Client:
    end = ("127.0.0.1", hub.port)
    return Client(socket.create_connection(end, PATIENCE, source_address=(address, 0)))


def test_an_operator_bans_an_address_and_reads_the_configuration_again(tmp_path: Path) -> None:
    file = config(tmp_path, CONFIG % 20)
    with HubProcess("--memory", "--config", file) as hub:
        ana, bo = hub.person("ana"), come(hub, "127.0.0.7")
        bo.say("NICK bo", "USER b 0 * :B")
        bo.until("422")
        ana.say("OPER root wrong", "OPER root sesame", "PING 1")
        heard = [m.command for m in ana.until("PONG")]
        assert heard == ["464", "381", "MODE", "PONG"]

        ana.say("DLINE 1h 127.0.0.4/30 enough")
        assert [m.command for m in ana.until("NOTICE")] == ["NOTICE"]
        reason = "Closing link: You are banned from this server: enough"
        assert bo.rest()[-1].params == (reason,)
        again = come(hub, "127.0.0.6")
        again.say("NICK bo", "USER b 0 * :B")
        assert [m.command for m in again.until("465")][-1] == "465"
        assert again.rest()[-1].params == (reason,)
        ana.say("UNDLINE 127.0.0.4/30")
        ana.until("NOTICE")
        with come(hub, "127.0.0.6") as cy:
            cy.say("NICK cy", "USER c 0 * :C")
            cy.until("422")

        config(tmp_path, CONFIG % 25)
        ana.say("REHASH")
        *told, done = ana.until("382")
        assert done.params[0] == "ana"
        assert [m.params[1] for m in told if m.command == "005"] == ["NICKLEN=25"]
        config(tmp_path, "nonsense = 1")
        ana.say("REHASH")
        assert "nonsense" in ana.until("400")[-1].params[-1]
        for client in (ana, bo, again):
            client.close()


def test_a_name_that_is_no_host_name_is_told_of(tmp_path: Path) -> None:
    with HubProcess("--memory", "--config", config(tmp_path, 'name = "hub"')) as hub:
        code, complaints = hub.end()
    assert code == 0
    assert "no host name" in complaints
    with HubProcess("--memory", "--config", config(tmp_path, 'name = "irc.example"')) as hub:
        assert hub.end() == (0, "")
