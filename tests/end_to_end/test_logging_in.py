"""Accounts over real sockets: irssi and weechat log in, and who stays is there after a kill."""

from __future__ import annotations

import hashlib
import shutil
import signal
import ssl
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.tmux import Tmux, wait_until
from tests.hub.process import HubProcess

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PASSWORD = "correct-horse"
needs_clients = pytest.mark.skipif(
    not all(map(shutil.which, ("tmux", "irssi", "weechat", "openssl"))),
    reason="needs Debian's tmux, irssi, weechat and openssl",
)
IRSSI = """
settings = {{ core = {{ real_name = "Ana"; user_name = "ana"; nick = "ana"; }}; }};
chatnets = {{ Test = {{
  type = "IRC"; sasl_mechanism = "PLAIN"; sasl_username = "ana"; sasl_password = "{password}";
}}; }};
servers = ( {{
  address = "127.0.0.1"; chatnet = "Test"; port = "{port}"; autoconnect = "yes";
  use_tls = "yes"; tls_verify = "no";
}} );
"""


@pytest.fixture
def terminals(tmp_path: Path) -> Iterator[Tmux]:
    with Tmux(tmp_path) as tmux:
        yield tmux


def certificate(path: Path) -> str:
    """Make a client certificate with its key in one file; return its fingerprint."""
    kind = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    files = ("-keyout", str(path), "-out", f"{path}.crt")
    command = ["openssl", "req", "-x509", *kind, "-days", "2", "-subj", "/CN=ana", *files]
    subprocess.run(command, check=True, capture_output=True)
    text = path.with_name(f"{path.name}.crt").read_text()
    path.write_text(path.read_text() + text)
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(text)).hexdigest()


def open_weechat(terminals: Tmux, home: Path, port: int, mechanism: str, pem: Path) -> None:
    version = subprocess.run(["weechat", "--version"], capture_output=True, text=True, check=True)
    word = "ssl" if int(version.stdout.partition(".")[0]) < 4 else "tls"
    commands = [
        f"/server add hub 127.0.0.1/{port} -{word} -nicks=ana",
        f"/set irc.server.hub.{word}_verify off",
        f"/set irc.server.hub.{word}_cert {pem}",
        f"/set irc.server.hub.sasl_mechanism {mechanism}",
        "/set irc.server.hub.sasl_username ana",
        f"/set irc.server.hub.sasl_password {PASSWORD}",
        "/connect hub",
        "/buffer irc.server.hub",
    ]
    words = [word for command in commands for word in ("-r", command)]
    terminals.open("client", ["weechat", "--dir", str(home), *words])


@needs_clients
@pytest.mark.parametrize("mechanism", ["irssi", "plain", "scram-sha-256", "external"])
def test_clients_log_in_by_sasl(tmp_path: Path, terminals: Tmux, mechanism: str) -> None:
    pem = tmp_path / "ana.pem"
    fingerprint = certificate(pem)
    with HubProcess("--memory", "--listen", "tcp://127.0.0.1:0") as hub:
        with hub.person("ana") as ana:
            ana.say(f"REGISTER * * {PASSWORD}")
            ana.until("900")
            ana.say(f"NS CERT ADD {fingerprint}")
            ana.until("NOTICE")
            ana.say("QUIT")
            ana.until("ERROR")
        if mechanism == "irssi":
            home = tmp_path / "irssi"
            home.mkdir()
            (home / "config").write_text(IRSSI.format(port=hub.port, password=PASSWORD))
            terminals.open("client", ["irssi", f"--home={home}"])
        else:
            open_weechat(terminals, tmp_path / "weechat", hub.port, mechanism, pem)
        wait_until(lambda: "Welcome to the Razem Network" in terminals.screen("client"), "welcome")
        assert "You are now logged in as ana" in terminals.screen("client")
        with hub.person("bo") as bo:
            bo.say("WHOIS ana")
            assert bo.until("330")[-1].params[:3] == ("bo", "ana", "ana")
        assert hub.end() == (0, "")


def test_who_stays_is_there_after_a_kill_and_told_what_was_missed(tmp_path: Path) -> None:
    data = ("--data", str(tmp_path / "data"))
    with HubProcess(*data) as hub, hub.person("ana", "#a") as ana, hub.person("bo", "#a") as bo:
        ana.say(f"REGISTER * * {PASSWORD}", "PERSISTENCE SET ON")
        ana.until("PERSISTENCE")
        bo.say("PRIVMSG #a :told")
        ana.until("PRIVMSG")
        hub.process.send_signal(signal.SIGKILL)
        hub.process.wait()
    with HubProcess(*data) as hub, hub.person("bo", "#a") as bo, hub.connect() as ana:
        bo.say("NAMES #a")
        assert set(bo.until("353")[-1].params[-1].split()) == {"@ana", "bo"}
        bo.say("PRIVMSG #a :while you were away", "PRIVMSG ana :and in private", "PING x")
        bo.until("PONG")
        ana.say(f"PASS ana:{PASSWORD}", "NICK whoever", "USER a 0 * :A", "PING x")
        assert ana.until("001")[-1].params[0] == "ana"
        missed: list[tuple[str, ...]] = []
        while len(missed) < 2 or missed[-1][0] != "ana":
            missed.append(ana.until("PRIVMSG")[-1].params)
        # What was told right before the kill may come twice, but nothing is left out.
        assert missed[-2:] == [("#a", "while you were away"), ("ana", "and in private")]
        assert missed[:-2] in ([], [("#a", "told")])
        assert hub.end() == (0, "")
