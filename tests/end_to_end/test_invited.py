"""A hub on one machine, guests on another: who comes in, and how."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from .machines import two_machines
from .tmux import PATIENCE, Tmux, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .machines import Machine

RAZEM = [sys.executable, "-W", "error", "-m", "razem"]


@contextmanager
def hub_on(machine: Machine, path: Path, *options: str) -> Iterator[None]:
    """Run a hub there, where hubs listen by default."""
    with subprocess.Popen(
        [*machine.inside, *RAZEM, "hub", "--data", str(path / "data"), *options],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert "listens on" in process.stdout.readline()
            yield
        finally:
            process.terminate()


def ask(path: Path, *words: str) -> Any:
    done = subprocess.run(
        [*RAZEM, "hub", *words, "--data", str(path / "data"), "--json"],
        capture_output=True,
        check=True,
        timeout=PATIENCE,
    )
    return json.loads(done.stdout)


def say(machine: Machine, text: str, *words: str) -> tuple[int, str, str]:
    """Say a line by `razem chat` there; return its exit code, output and complaints."""
    done = subprocess.run(
        [*machine.inside, *RAZEM, "chat", *words],
        input=f"{text}\n",
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_a_guest_with_a_link_comes_in_and_nobody_else(tmp_path: Path) -> None:
    with two_machines() as (here, there), hub_on(here, tmp_path):
        code, _, complaint = say(there, "x", here.number)
        assert code == 7
        assert "its certificate is signed by itself only" in complaint
        assert "Ask there for an invitation (razem hub invite)" in complaint
        fingerprint = ask(tmp_path, "status")["fingerprint"]
        code, _, complaint = say(there, "x", here.number, "--fingerprint", fingerprint)
        assert code == 1
        assert "lets in who is invited or has an account" in complaint

        made = ask(tmp_path, "invite", "#den", "--uses", "1")
        assert made["link"].startswith(f"razem://{here.number}:6697/#den?key=")
        assert made["remote"] is True
        for _ in range(2):  # who used it may come again
            code, output, complaint = say(there, "hello", made["link"], "--nick", "bo")
            assert (code, complaint) == (0, "")
            assert "<bo> hello" in output
        code, _, complaint = say(there, "x", made["link"], "--nick", "cy")
        assert code == 1
        assert "This invitation is used up: ask for another" in complaint

        ask(tmp_path, "ban", there.number, "--reason", "Enough.")
        code, _, complaint = say(there, "x", made["link"], "--nick", "bo")
        assert code == 1
        assert "Enough" in complaint
        ask(tmp_path, "unban", there.number)

        other = ask(tmp_path, "invite")
        link = other["link"].replace(other["link"][-20:], made["link"][-20:][::-1])
        code, _, complaint = say(there, "x", link, "--nick", "dy")
        assert code in {2, 7}  # a damaged key, or the fingerprint of another hub


def test_clients_are_told_to_come_by_tls_only_where_the_configuration_says_so(
    tmp_path: Path,
) -> None:
    config = tmp_path / "hub.toml"
    config.write_text('plaintext = "everywhere"\n[tls]\nsts_days = 30\n')
    with two_machines() as (here, there), hub_on(here, tmp_path, "--config", str(config)):
        for client, value in (
            (f"nc -q 1 {here.number} 6697", "sts=port=6697"),
            (f"openssl s_client -quiet -connect {here.number}:6697", "sts=duration=2592000"),
        ):
            done = subprocess.run(
                [*there.inside, *client.split()],
                input="CAP LS 302\r\nQUIT\r\n",
                capture_output=True,
                text=True,
                timeout=PATIENCE,
                check=False,
            )
            assert value in done.stdout.split()


def test_where_everybody_may_come_in_no_invitation_is_needed(tmp_path: Path) -> None:
    with two_machines() as (here, there), hub_on(here, tmp_path, "--open"):
        fingerprint = ask(tmp_path, "status")["fingerprint"]
        code, output, _ = say(there, "hello", here.number, "--fingerprint", fingerprint)
        assert code == 0
        assert "> hello" in output


@pytest.mark.parametrize("where", [":6697", "192.0.2.1"])
def test_a_chat_that_is_the_hub_as_well_gives_a_link(where: str) -> None:
    with (
        two_machines() as (here, there),
        subprocess.Popen(
            [*here.inside, *RAZEM, "chat", "--host", where, "#den", "--nick", "ana"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as hosting,
    ):
        assert hosting.stdin is not None
        assert hosting.stdout is not None
        assert hosting.stderr is not None
        assert "the hub is here" in hosting.stderr.readline()
        link = hosting.stderr.readline().split("'")[1]
        assert link.startswith(f"razem://{here.number}:6697/#den?key=")
        assert say(there, "hello", link, "--nick", "bo")[0] == 0
        hosting.stdin.write("hello yourself\n")
        hosting.stdin.close()
        assert [line.split(" ", 1)[1] for line in hosting.stdout] == [
            "<bo> hello\n",
            "<ana> hello yourself\n",
        ]


@pytest.mark.skipif(not shutil.which("irssi") or not shutil.which("tmux"), reason="needs irssi")
def test_irssi_comes_in_by_an_invitation(tmp_path: Path) -> None:
    home = tmp_path / "irssi"
    home.mkdir()
    with two_machines() as (here, there), hub_on(here, tmp_path):
        made = ask(tmp_path, "invite", "#den")
        terminals = Tmux(tmp_path)
        try:
            terminals.open("guest", [*there.inside, "irssi", f"--home={home}", "--nick=bo"])
            wait_until(lambda: "Irssi v" in terminals.screen("guest"), "irssi")
            digits = made["fingerprint"].removeprefix("sha256:").upper()
            pin = ":".join(digits[at : at + 2] for at in range(0, 64, 2))
            options = f"-tls_pinned_cert {pin} -notls_verify"
            terminals.type(
                "guest", f"/connect -tls {options} {here.number} {made['port']} {made['password']}"
            )
            wait_until(lambda: "Welcome to the Razem Network" in terminals.screen("guest"), "001")
            terminals.type("guest", "/join #den")
            wait_until(lambda: ask(tmp_path, "users")["channels"] == ["#den"], "join")
            assert ask(tmp_path, "users")["sessions"][0]["transport"] == "tls"
        finally:
            terminals.close()
