"""irssi and weechat, as people have them, over TCP, TLS and a UNIX socket of one hub."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.tmux import Tmux, wait_until
from tests.hub.process import HubProcess

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [
    pytest.mark.skipif(not shutil.which(program), reason=f"needs Debian's {program}")
    for program in ("tmux", "irssi", "weechat", "socat")
]

IRSSI = """
settings = {{ core = {{ real_name = "Ana"; user_name = "ana"; nick = "ana"; }}; }};
chatnets = {{ Test = {{ type = "IRC"; }}; }};
servers = ( {{
  address = "127.0.0.1"; chatnet = "Test"; port = "{port}"; autoconnect = "yes";
  use_tls = "{tls}"; tls_verify = "no";
}} );
channels = ( {{ name = "#lobby"; chatnet = "Test"; autojoin = "yes"; }} );
"""


@pytest.fixture
def terminals(tmp_path: Path) -> Iterator[Tmux]:
    with Tmux(tmp_path) as tmux:
        yield tmux


def open_irssi(terminals: Tmux, home: Path, port: int, *, tls: bool) -> None:
    home.mkdir()
    (home / "config").write_text(IRSSI.format(port=port, tls="yes" if tls else "no"))
    terminals.open("irssi", ["irssi", f"--home={home}"])
    wait_until(lambda: "Welcome to the Razem Network" in terminals.screen("irssi"), "welcome")
    terminals.type("irssi", "/window goto #lobby")
    wait_until(lambda: "has joined #lobby" in terminals.screen("irssi"), "#lobby in irssi")


def open_weechat(terminals: Tmux, home: Path, port: int, *, tls: bool) -> None:
    # Its word for TLS became "tls" in version 4.
    version = subprocess.run(["weechat", "--version"], capture_output=True, text=True, check=True)
    word = "ssl" if int(version.stdout.partition(".")[0]) < 4 else "tls"
    secure = f"-{word}" if tls else f"-no{word}"
    commands = [
        f"/server add hub 127.0.0.1/{port} {secure} -nicks=bo -autojoin=#lobby",
        f"/set irc.server.hub.{word}_verify off",
        "/set irc.look.smart_filter off",
        "/connect hub",
    ]
    words = [word for command in commands for word in ("-r", command)]
    terminals.open("weechat", ["weechat", "--dir", str(home), *words])


def talk(terminals: Tmux) -> None:
    """Let the two greet each other."""
    wait_until(lambda: "bo" in terminals.screen("irssi"), "bo in irssi")
    terminals.type("irssi", "hello from irssi, ěščř")
    wait_until(lambda: "hello from irssi, ěščř" in terminals.screen("weechat"), "line in weechat")
    terminals.type("weechat", "hello from weechat 🙂")
    wait_until(lambda: "hello from weechat 🙂" in terminals.screen("irssi"), "line in irssi")


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_irssi_and_weechat_talk(tmp_path: Path, terminals: Tmux, tls: bool) -> None:
    scheme = "tls" if tls else "tcp"  # with tls:// there is no other way in
    with HubProcess("--memory", "--listen", f"{scheme}://127.0.0.1:0") as hub:
        open_irssi(terminals, tmp_path / "irssi", hub.port, tls=tls)
        open_weechat(terminals, tmp_path / "weechat", hub.port, tls=tls)
        talk(terminals)
        assert hub.end() == (0, "")


def test_a_client_over_a_unix_socket_talks_to_one_over_tls(tmp_path: Path, terminals: Tmux) -> None:
    path = tmp_path / "hub.sock"
    listen = ("--listen", "tcp://127.0.0.1:0", "--listen", f"unix://{path}")
    with HubProcess("--memory", *listen) as hub:
        open_irssi(terminals, tmp_path / "irssi", hub.port, tls=True)
        terminals.open("weechat", ["socat", "-", f"UNIX-CONNECT:{path}"])
        terminals.type("weechat", "NICK bo")
        terminals.type("weechat", "USER bo 0 * :Bo")
        terminals.type("weechat", "JOIN #lobby")
        wait_until(lambda: "366 bo #lobby" in terminals.screen("weechat"), "#lobby by hand")
        terminals.type("irssi", "hello over a file")
        wait_until(lambda: "hello over a file" in terminals.screen("weechat"), "line by hand")
        terminals.type("weechat", "PRIVMSG #lobby :hello by hand")
        wait_until(lambda: "hello by hand" in terminals.screen("irssi"), "line in irssi")
        assert hub.end() == (0, "")
