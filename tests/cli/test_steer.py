"""`razem hub COMMAND`: the real command against a real running hub."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from razem.cli import exits
from razem.cli.parser import SUBCOMMANDS
from razem.cli.steer.invite import _place
from razem.cli.steer.shared import duration
from razem.hub.control.place import short_name
from razem.sockets.address import Address
from razem.talk.invitations import parse_key
from tests.hub.process import PATIENCE, HubProcess

from .command import razem

if TYPE_CHECKING:
    from collections.abc import Iterator

STEERING = [f"hub {name}" for name in SUBCOMMANDS["hub"]]


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubProcess]:
    with HubProcess("--data", str(tmp_path / "data")) as process:
        yield process


def steer(path: Path, *words: str, code: int = 0, **options: Any) -> str:
    """Run a command on the hub of the data in `path`/data; return what it printed."""
    done = razem("hub", *words, "--data", str(path / "data"), **options)
    assert done.returncode == code, done.stderr
    return (done.stdout if code == 0 else done.stderr).decode()


def facts(path: Path, *words: str) -> Any:
    return json.loads(steer(path, *words, "--json"))


# The command line


@pytest.mark.parametrize("command", STEERING)
def test_help_has_examples_and_exit_codes(command: str) -> None:
    done = razem(*command.split(), "--help")
    text = done.stdout.decode()
    assert done.returncode == 0
    assert f"examples:\n  razem {command}" in text
    assert "--json " in text
    assert max(map(len, text.splitlines())) <= 100
    assert " ".join(text.split()).endswith(exits.summary())


def test_the_help_of_the_hub_names_them_all() -> None:
    text = razem("hub", "--help").stdout.decode()
    for name in SUBCOMMANDS["hub"]:
        assert re.search(rf"\n  {name}  ", text)


def test_the_documentation_names_them_all() -> None:
    text = Path(__file__).parents[2].joinpath("docs/hub.md").read_text()
    for name in SUBCOMMANDS["hub"]:
        assert re.search(rf"(?m)^\| (`.*)?`{name}\b", text), name


def test_the_hub_says_who_may_come_in_and_what_is_not_safe(tmp_path: Path) -> None:
    for options, words in (
        ((), ["come in by invitation, or with an account", "hub invite '#lobby'"]),
        (("--open",), ["everybody may come in, from everywhere"]),
        (("--access", "accounts"), ["come in with an account"]),
        (("--plaintext",), ["who connects without TLS can be read on the way"]),
    ):
        listen = ("--listen", "tcp://0.0.0.0:0")
        with HubProcess("--data", str(tmp_path), *listen, *options) as hub:
            hub.process.terminate()
            assert hub.process.stdout is not None
            shown = hub.process.stdout.read()
            for each in words:
                assert each in shown
            assert re.search("fingerprint sha256:[0-9a-f]{64}\n", shown)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("usres",), "there is no command 'hub usres'; did you mean 'users'?"),
        (("xyzzy",), "there is no command 'hub xyzzy'\n"),
        (("users", "--what"), "unrecognized arguments: --what"),
        (("invite", "--expires", "soon"), "'soon' is no time: write 30m, 12h, 2d or 1w, or never"),
        (("invite", "--uses", "-1"), "'-1' is no number of 0 or more"),
        (("invite", "--host", "a b"), "'a b' is no host"),
        (("users", "--config", "/nowhere.toml"), "/nowhere.toml cannot be read"),
    ],
)
def test_wrong_command_lines(words: tuple[str, ...], complaint: str) -> None:
    done = razem("hub", *words)
    assert done.returncode == 2
    assert complaint in done.stderr.decode()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("30m", 1800), ("12h", 43200), ("2d", 172800), ("1w12h", 648000), ("never", 0)],
)
def test_times(text: str, seconds: float) -> None:
    assert duration(text) == seconds


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("chat.example", ("chat.example", 0)),
        ("chat.example:7000", ("chat.example", 7000)),
        ("192.0.2.1:7000", ("192.0.2.1", 7000)),
        ("2001:db8::1", ("2001:db8::1", 0)),
        ("[2001:db8::1]", ("2001:db8::1", 0)),
        ("[2001:db8::1]:7000", ("2001:db8::1", 7000)),
    ],
)
def test_places(text: str, place: tuple[str, int]) -> None:
    assert _place(text) == place


# Which hub


@pytest.mark.parametrize(
    "command",
    [
        *("hub status", "hub users", "hub invite", "hub motd", "hub reload", "hub ban --list"),
        *("hub kick bo", "hub ban bo", "hub unban bo", "hub promote bo", "hub backup x"),
    ],
)
def test_where_no_hub_runs_it_says_where_it_looked(tmp_path: Path, command: str) -> None:
    path = tmp_path / "data"
    for _ in range(2):
        done = razem(*command.split(), "--data", str(path))
        assert done.returncode == exits.Exit.REFUSED
        assert f"no hub runs with the data in {path}" in done.stderr.decode()
        assert "Start it with `razem hub`" in done.stderr.decode()
        done = razem(*command.split(), "--data", str(path), "--json")
        assert json.loads(done.stderr)["error"] == "RefusedError"
        path.mkdir(exist_ok=True)
        with socket.socket(socket.AF_UNIX) as left:  # as a hub that was killed leaves it
            if not (path / "hub.control").exists():
                left.bind(str(path / "hub.control"))


def test_a_hub_that_was_killed_can_be_steered_when_it_runs_again(tmp_path: Path) -> None:
    with HubProcess("--data", str(tmp_path / "data")) as hub:
        assert facts(tmp_path, "status")["pid"] == hub.process.pid
        hub.end(signal.SIGKILL)
    steer(tmp_path, "status", code=exits.Exit.REFUSED)
    with HubProcess("--data", str(tmp_path / "data")) as hub:
        assert facts(tmp_path, "status")["pid"] == hub.process.pid
        assert hub.end() == (0, "")
    assert not (tmp_path / "data" / "hub.control").exists()


def test_it_is_found_by_the_configuration_and_however_long_the_path_is(tmp_path: Path) -> None:
    data = tmp_path / ("long" * 30) / "data"
    config = tmp_path / "hub.toml"
    config.write_text(f'data = "{data}"\nlisten = "tcp://127.0.0.1:0"\n')
    with HubProcess("--config", str(config)) as hub:
        assert facts(data.parent, "status")["pid"] == hub.process.pid
        done = razem("hub", "status", "--config", str(config), "--json")
        assert json.loads(done.stdout)["pid"] == hub.process.pid
        assert hub.end() == (0, "")
    assert not (data / "hub.control").exists()


def test_a_hub_that_keeps_nothing_can_be_steered_where_the_configuration_says(
    tmp_path: Path,
) -> None:
    config = tmp_path / "hub.toml"
    config.write_text("memory = true\n")
    done = razem("hub", "status", "--config", str(config))
    assert done.returncode == 2
    assert "Name a socket by the key `control`" in done.stderr.decode()
    config.write_text(f'memory = true\ncontrol = "{tmp_path}/control"\n')
    with HubProcess("--config", str(config)):
        done = razem("hub", "status", "--config", str(config), "--json")
        assert json.loads(done.stdout)["data"] is None


def test_two_hubs_cannot_have_one_control_socket(tmp_path: Path) -> None:
    config = tmp_path / "hub.toml"
    config.write_text(
        f'memory = true\ncontrol = "{tmp_path}/control"\nlisten = "tcp://127.0.0.1:0"\n'
    )
    with HubProcess("--config", str(config)):
        done = razem("hub", "--config", str(config))
        assert done.returncode == 2
        assert f"another hub has the control socket {tmp_path}/control" in done.stderr.decode()


# Who may

SPEAKER = """
import socket, sys
with socket.socket(socket.AF_UNIX) as speaker:
    speaker.connect(sys.argv[1])
    speaker.sendall(b'{"command":"status"}\\n')
    print(speaker.makefile().readline())
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_only_its_own_user_and_root_may_steer_it() -> None:
    # Not below tmp_path, where nobody else may look at all.
    path = Path(tempfile.mkdtemp())
    python = "/usr/bin/python3"
    if not Path(python).exists():
        pytest.skip("needs a Python that everybody may run")
    try:
        with HubProcess("--data", f"{path}/data") as hub:
            control = path / "data" / "hub.control"
            assert control.stat().st_mode & 0o777 == 0o600
            path.chmod(0o755)
            control.parent.chmod(0o755)

            def ask(user: int) -> subprocess.CompletedProcess[str]:
                return subprocess.run(
                    [python, "-c", SPEAKER, control],
                    user=user,
                    capture_output=True,
                    text=True,
                    check=False,
                )

            assert "PermissionError" in ask(65534).stderr
            control.chmod(0o666)
            refusal = json.loads(ask(65534).stdout)
            assert refusal["ok"] is False
            assert refusal["error"]["kind"] == "PermissionDeniedError"
            assert json.loads(ask(0).stdout)["result"]["pid"] == hub.process.pid
    finally:
        shutil.rmtree(path)


# The protocol


def test_whatever_is_sent_to_the_socket_is_answered_or_ended(
    hub: HubProcess, tmp_path: Path
) -> None:
    def send(data: bytes) -> list[dict[str, Any]]:
        with (
            short_name(tmp_path / "data" / "hub.control") as name,
            socket.socket(socket.AF_UNIX) as speaker,
        ):
            speaker.settimeout(PATIENCE)
            speaker.connect(name)
            with contextlib.suppress(BrokenPipeError):  # it was too long
                speaker.sendall(data)
                speaker.shutdown(socket.SHUT_WR)
            answers = []
            with contextlib.suppress(ConnectionResetError):
                answers += [json.loads(line) for line in speaker.makefile("rb")]
            return answers

    status = b'{"command":"status"}\n'
    assert [answer["ok"] for answer in send(status * 3)] == [True] * 3
    for wrong in (
        b"\n",
        b"nonsense\n",
        b"[]\n",
        b'{"command":"explode"}\n',
        b'{"command":"status","more":1}\n',
        b'{"command":"invite","uses":"many"}\n',
        b"\xff\xfe\n",
    ):
        answer, after = send(wrong + status)
        assert (answer["ok"], answer["error"]["kind"]) == (False, "ProtocolError"), wrong
        assert after["ok"]
    assert send(b"unfinished") == []
    assert send(b"") == []
    assert [answer["ok"] for answer in send(b"x" * 2**21 + b"\n")] in ([], [False])  # too long
    with (
        short_name(tmp_path / "data" / "hub.control") as name,
        socket.socket(socket.AF_UNIX) as speaker,
    ):
        speaker.connect(name)
        speaker.sendall(status)
        speaker.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert hub.end() == (0, "")  # also while a connection is open


def test_the_hub_stops_while_somebody_is_connected_to_the_socket(
    hub: HubProcess, tmp_path: Path
) -> None:
    with (
        short_name(tmp_path / "data" / "hub.control") as name,
        socket.socket(socket.AF_UNIX) as speaker,
    ):
        speaker.connect(name)
        assert hub.end() == (0, "")
        assert speaker.recv(1) == b""


# What it does


def test_status_and_users(hub: HubProcess, tmp_path: Path) -> None:
    assert steer(tmp_path, "users") == "nobody is here\n"
    assert steer(tmp_path, "users", "--json") == ""
    with hub.person("ana", "#a", "#B"), hub.person("bo"):
        ana, bo = (json.loads(line) for line in steer(tmp_path, "users", "--json").splitlines())
        assert (ana["nick"], ana["user"], ana["channels"]) == ("ana", "~ana", ["#a", "#B"])
        assert (bo["nick"], bo["channels"], bo["account"]) == ("bo", [], "")
        assert ana["sessions"][0]["transport"] == "tcp"
        heads, first, _ = steer(tmp_path, "users").splitlines()
        assert heads.split() == ["NICK", "ACCOUNT", "FROM", "BY", "SINCE", "CHANNELS"]
        assert re.fullmatch(r"ana +- +~ana@localhost +tcp +[-\d]{10} [:\d]{8} +#a,#B", first)
        status = facts(tmp_path, "status")
        assert (status["users"], status["channels"]) == (2, 2)
        assert status["addresses"] == hub.addresses
        assert f"\naddresses    {hub.addresses[0]}\n" in steer(tmp_path, "status")


def test_the_message_of_the_day_is_kept_over_a_restart(tmp_path: Path) -> None:
    (tmp_path / "welcome.txt").write_text("Be\nkind.\n")
    with HubProcess("--data", str(tmp_path / "data"), "--motd", "of the file") as hub:
        assert steer(tmp_path, "motd") == "of the file\n"
        assert steer(tmp_path, "motd", "now this") == "now this\n"
        assert steer(tmp_path, "motd", "-", input=b"from\na pipe\n") == "from\na pipe\n"
        assert steer(tmp_path, "motd", str(tmp_path / "welcome.txt")) == "Be\nkind.\n"
        assert "at most 400 bytes" in steer(tmp_path, "motd", "x" * 401, code=1)
        assert hub.end() == (0, "")
    with HubProcess("--data", str(tmp_path / "data"), "--motd", "of the file") as hub:
        with hub.connect() as ana:
            ana.say("NICK ana", "USER a 0 * :A")
            assert [m.params[-1] for m in ana.until("376")][-3:-1] == ["- Be", "- kind."]
        assert facts(tmp_path, "motd", "--clear") == {"motd": ["of the file"], "set": False}


def test_invitations_are_listed_and_revoked_and_outlive_a_restart(tmp_path: Path) -> None:
    with HubProcess("--data", str(tmp_path / "data")) as hub:
        made = facts(tmp_path, "invite", "#lobby", "--uses", "2", "--expires", "2d")
        assert (made["channel"], made["uses"], made["used"]) == ("#lobby", 2, 0)
        address = Address(made["link"])
        assert (address.port, address.channel) == (hub.port, "#lobby")
        key = parse_key(address.query["key"])
        assert key.fingerprint == facts(tmp_path, "status")["fingerprint"]
        assert key.fingerprint == made["fingerprint"]
        assert made["password"] == key.password
        assert made["web"] == f"https://127.0.0.1:{hub.port}/#invite={key.token}&join=%23lobby"
        assert made["remote"] is False
        assert key.token.encode() not in (tmp_path / "data" / "hub.sqlite").read_bytes()
        with hub.connect() as ana:
            ana.say(f"PASS {key.password}", "NICK ana", "USER a 0 * :A")
            ana.until("001")
        assert hub.end() == (0, "")
    with HubProcess("--data", str(tmp_path / "data")):
        (known,) = (facts(tmp_path, "invite", "--list"),)
        assert (known["id"], known["used"], known["expires"]) == (made["id"], 1, made["expires"])
        assert f"{known['id']}  #lobby   1 of 2" in steer(tmp_path, "invite", "--list")
        assert "no invitation is known as zz" in steer(tmp_path, "invite", "--revoke", "zz", code=1)
        assert known["id"] in steer(tmp_path, "invite", "--revoke", known["id"])
        assert steer(tmp_path, "invite", "--list") == "there is none\n"


def test_what_is_printed_with_an_invitation_can_be_used(hub: HubProcess, tmp_path: Path) -> None:
    place = ("--host", "chat.example:7000")
    text = steer(tmp_path, "invite", "lobby", "--uses", "1", "--expires", "never", *place)
    assert " to #lobby, for one guest, for ever:" in text
    (link,) = set(re.findall(r"razem://chat\.example:7000/#lobby\?key=[\w.-]+", text))
    key = parse_key(Address(link).query["key"])
    assert (
        f"TLS to chat.example port 7000, and as server password\n{' ' * 17}{key.password}" in text
    )
    assert "█" in text
    assert "█" not in steer(tmp_path, "invite", "--no-qr")


def test_an_invitation_without_a_port_needs_to_know_where(tmp_path: Path) -> None:
    socket_file = tmp_path / "hub.sock"
    with HubProcess("--data", str(tmp_path / "data"), "--listen", f"unix://{socket_file}"):
        assert "the hub listens on no port" in steer(tmp_path, "invite", code=1)
        made = facts(tmp_path, "invite", "--host", "chat.example:7000")
        assert made["link"].startswith("razem://chat.example:7000/?key=")


def test_a_configuration_is_read_again(tmp_path: Path) -> None:
    config = tmp_path / "hub.toml"
    begin = f'data = "{tmp_path}/data"\nlisten = "tcp://127.0.0.1:0"\n'
    config.write_text(begin + 'motd = "one"\n')
    with HubProcess("--config", str(config)) as hub, hub.person("ana") as ana:
        assert facts(tmp_path, "reload")["changed"] == []
        config.write_text(begin + 'motd = "two"\nname = "x.example"\n[limits]\nnick = 9\n')
        told = facts(tmp_path, "reload")
        assert told["changed"] == ["motd", "limits.nick"]
        assert told["waiting"] == ["name"]
        ana.say("MOTD", "NICK longer_than_nine")
        # The limit is told at once, because the client should know.
        assert [m.params[1] for m in ana.until("005")][-1] == "NICKLEN=9"
        assert [m.params[-1] for m in ana.until("376")][1] == "- two"
        assert ana.until("432")[-1].source == "razem.local"
        config.write_text(begin + "nmae = 1\n")
        assert "line 3: unknown key `nmae`" in steer(tmp_path, "reload", code=2)
        config.write_text(begin + '[tls]\ncertificate = "/nowhere.pem"\n')
        assert "/nowhere.pem" in steer(tmp_path, "reload", code=7)
        assert facts(tmp_path, "status")["name"] == "razem.local"
        ana.say("MOTD")
        assert [m.params[-1] for m in ana.until("376")][1] == "- two"


def test_printing_and_checking_a_configuration_starts_nothing(tmp_path: Path) -> None:
    config = tmp_path / "hub.toml"
    config.write_text('motd = "one"\n')
    printed = razem("hub", "--config", str(config), "--print-config", "--name", "x.example")
    assert b'\nmotd = "one"\n' in printed.stdout
    assert b'\nname = "x.example"\n' in printed.stdout
    config.write_bytes(printed.stdout)
    done = razem("hub", "--config", str(config), "--check-config")
    assert (done.returncode, done.stdout.decode()) == (0, f"{config} is right\n")
    config.write_text("[limits]\nflod = false\n")
    done = razem("hub", "--config", str(config), "--check-config")
    assert done.returncode == 2
    assert f"{config}, line 2: unknown key `flod`; the nearest is `flood`" in done.stderr.decode()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("nmae = 'x'", "line 1: unknown key `nmae`; the nearest is `name`."),
        ("[limits]\nflod = false", "line 2: unknown key `flod`; the nearest is `flood`."),
        ("listen = ['tcp://::1:80']", "line 1: `listen`: tcp://::1:80: ambiguous colon at colu"),
        ("\naccess = 'all'", "line 2: `access`: invalid enum value 'all'; it is one of invite, "),
        ("[operators.ana]\npasword = 'x'", "line 2: unknown key `pasword`; the nearest is `pa"),
        ("durability = fsync", "is not valid TOML: Invalid value (at line 1, column 14)."),
    ],
)
def test_a_hub_does_not_start_with_a_mistake_in_its_configuration(
    tmp_path: Path, text: str, problem: str
) -> None:
    config = tmp_path / "hub.toml"
    config.write_text(text)
    done = razem("hub", "--config", str(config))
    assert (done.returncode, done.stdout) == (2, b"")
    assert f"razem: {config}" in done.stderr.decode()
    assert problem in done.stderr.decode()


# Who may be here


def test_who_is_kicked_is_told_why_and_may_come_again(hub: HubProcess, tmp_path: Path) -> None:
    with hub.person("ana", "#a") as ana, hub.person("bo", "#a") as bo:
        assert steer(tmp_path, "kick", "BO", "not", "so", "loud") == "sent away: bo\n"
        assert bo.rest()[-1].command == "ERROR"
        assert "not so loud" in ana.until("QUIT")[-1].params[0]
        complaint = steer(tmp_path, "kick", "bo", code=1)
        assert complaint.startswith("razem: No such nick")
        hub.person("bo").close()


def test_a_ban_sends_away_keeps_out_and_ends(hub: HubProcess, tmp_path: Path) -> None:
    assert steer(tmp_path, "ban", "--list") == "nobody is kept out\n"
    with hub.person("bo") as bo:
        told = facts(tmp_path, "ban", "bo!*@*", "--reason", "Enough.", "--expires", "1h")
        assert (told["whom"], told["gone"], told["reason"]) == ("bo!*@*", ["bo"], "Enough.")
        assert "Enough." in bo.rest()[-1].params[0]
    with hub.connect() as bo:
        bo.say("NICK bo", "USER b 0 * :B")
        assert [m.command for m in bo.rest()] == ["465", "ERROR"]
    assert steer(tmp_path, "ban", "account:cy") == "banned account:cy\n"
    assert steer(tmp_path, "ban", "192.0.2.7/24") == "banned 192.0.2.0/24\n"
    heads, first, *more = steer(tmp_path, "ban", "--list").splitlines()
    assert heads.split() == ["WHOM", "SINCE", "EXPIRES", "BY", "REASON"]
    assert (first.split()[0], first.split()[-1], len(more)) == ("bo!*@*", "Enough.", 2)
    listed = [json.loads(line) for line in steer(tmp_path, "ban", "--list", "--json").splitlines()]
    assert [ban["expires"] is None for ban in listed] == [False, True, True]
    for whom in ("bo!*@*", "account:cy", "192.0.2.0/24"):
        assert steer(tmp_path, "unban", whom) == f"{whom} may come again\n"
    assert "There is no such ban" in steer(tmp_path, "unban", "bo!*@*", code=1)
    assert "would mean everybody" in steer(tmp_path, "ban", "*!*@*", code=1)
    assert "whom?" in steer(tmp_path, "ban", code=2)
    hub.person("bo").close()


def test_a_ban_is_kept_over_a_restart(tmp_path: Path) -> None:
    with HubProcess("--data", str(tmp_path / "data")) as hub:
        steer(tmp_path, "ban", "bo!*@*")
        assert hub.end() == (0, "")
    with HubProcess("--data", str(tmp_path / "data")) as hub, hub.connect() as bo:
        bo.say("NICK bo", "USER b 0 * :B")
        assert [m.command for m in bo.rest()] == ["465", "ERROR"]


def test_operators_are_made_of_the_hub_and_of_channels(hub: HubProcess, tmp_path: Path) -> None:
    with hub.person("ana", "#a") as ana, hub.person("bo", "#a") as bo:
        assert steer(tmp_path, "promote", "bo", "a") == "bo is an operator of #a now\n"
        told = ana.until("MODE")[-1]
        assert (told.source, told.params) == ("razem.local", ("#a", "+o", "bo"))
        bo.say("MODE #a +m")
        assert bo.until("MODE")[-1].params == ("#a", "+o", "bo")
        assert bo.until("MODE")[-1].params == ("#a", "+m")
        steer(tmp_path, "promote", "bo", "#a", "--undo")
        assert ana.until("MODE")[-1].params == ("#a", "+m")
        assert ana.until("MODE")[-1].params == ("#a", "-o", "bo")
        assert steer(tmp_path, "promote", "bo") == "bo is a server operator now\n"
        assert bo.until("381")
        bo.say("MODE bo")
        assert "o" in bo.until("221")[-1].params[1]
        assert steer(tmp_path, "promote", "bo", "--undo") == "bo is a server operator no more\n"
        for words, complaint in (
            (("promote", "nobody"), "No such nick"),
            (("promote", "nobody", "#a"), "nobody here is called nobody"),
            (("promote", "bo", "#none"), "there is no channel #none"),
        ):
            assert complaint in steer(tmp_path, *words, code=1)


# Backups


def test_a_backup_of_a_running_hub_is_a_hub_again(tmp_path: Path) -> None:
    backup = tmp_path / "chat.backup"
    with HubProcess("--data", str(tmp_path / "data")) as hub:
        with hub.person("ana", "#a", caps="echo-message") as ana:
            ana.say("TOPIC #a :kept", *(f"PRIVMSG #a :line {n}" for n in range(100)), "PING end")
            ana.until("PONG")
            steer(tmp_path, "ban", "bo!*@*")
            made = facts(tmp_path, "backup", str(backup))
            assert made["file"] == str(backup)
            assert made["bytes"] == backup.stat().st_size
            assert backup.stat().st_mode & 0o077 == 0
            assert (tmp_path / "chat.backup.identity").stat().st_mode & 0o077 == 0
            fingerprint = facts(tmp_path, "status")["fingerprint"]
            ana.say("PRIVMSG #a :too late for the backup", "PING end")
            ana.until("PONG")
        assert "replaced" not in steer(tmp_path, "backup", str(backup))  # again, in its place
        assert "cannot be written" in steer(tmp_path, "backup", "/nowhere/x", code=1)
        (tmp_path / "other").write_text("something else")
        complaint = steer(tmp_path, "backup", str(tmp_path / "other"), code=1)
        assert "is no backup" in complaint
        done = razem("hub", "restore", str(backup), "--data", str(tmp_path / "data"))
        assert done.returncode == 2
        assert f"another hub (process {hub.process.pid}) holds" in done.stderr.decode()
    other = tmp_path / "elsewhere"
    other.mkdir()
    told = facts(other, "restore", str(backup))
    assert told["data"] == str(other / "data")
    with HubProcess("--data", str(other / "data")) as hub, hub.person("cy", "#a") as cy:
        assert facts(other, "status")["fingerprint"] == fingerprint
        assert [ban["whom"] for ban in facts_of_bans(other)] == ["bo!*@*"]
        cy.say("TOPIC #a")
        assert cy.until("332")[-1].params[-1] == "kept"
    with (
        HubProcess("--data", str(other / "data")) as hub,
        hub.person("cy", "#a", caps="message-tags batch draft/chathistory") as cy,
    ):
        assert [f"line {n}" for n in range(100)] == cy.history("#a")[:100]


def facts_of_bans(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in steer(path, "ban", "--list", "--json").splitlines()]


def test_what_a_restored_backup_replaces_is_kept_beside_it(tmp_path: Path) -> None:
    backup = tmp_path / "chat.backup"
    with HubProcess("--data", str(tmp_path / "data")) as hub:
        steer(tmp_path, "motd", "before")
        steer(tmp_path, "backup", str(backup))
        steer(tmp_path, "motd", "after")
        assert hub.end() == (0, "")
    steer(tmp_path, "restore", str(backup))
    assert (tmp_path / "data" / "hub.sqlite.before-restore").exists()
    with HubProcess("--data", str(tmp_path / "data")) as hub:
        assert steer(tmp_path, "motd") == "before\n"
        assert hub.end() == (0, "")
    (tmp_path / "chat.backup.identity").unlink()
    assert "without an identity" in steer(tmp_path, "restore", str(backup))
    complaint = steer(tmp_path, "restore", str(tmp_path / "none"), code=1)
    assert "there is no backup" in complaint
    (tmp_path / "damaged").write_bytes(b"nothing of the kind" * 1000)
    steer(tmp_path, "restore", str(tmp_path / "damaged"), code=1)


def test_a_hub_that_keeps_nothing_has_nothing_to_back_up(tmp_path: Path) -> None:
    config = tmp_path / "hub.toml"
    config.write_text(f'memory = true\ncontrol = "{tmp_path}/control"\n')
    with HubProcess("--config", str(config)):
        done = razem("hub", "backup", str(tmp_path / "x"), "--config", str(config))
        assert done.returncode == 1
        assert b"keeps nothing" in done.stderr


def test_the_hash_of_a_password_lets_its_operator_in(tmp_path: Path) -> None:
    done = razem("hub", "password", input=b"correct horse\n")
    stored = done.stdout.decode().strip()
    assert stored.startswith("$argon2id$")
    for empty in (b"", b"\n", b"a\x00b\n"):
        done = razem("hub", "password", input=empty)
        assert done.returncode == 2
        assert b"cannot be a password" in done.stderr
    config = tmp_path / "hub.toml"
    config.write_text(f'memory = true\n[operators.ana]\npassword = "{stored}"\n')
    with HubProcess("--config", str(config)) as hub, hub.person("ana") as ana:
        ana.say("OPER ana wrong", "OPER ana :correct horse")
        assert ana.until("381")[0].command == "464"


def test_a_reason_need_not_be_given() -> None:
    done = razem("hub", "kick")
    assert done.returncode == exits.Exit.USAGE
    assert "required: NICK\n" in done.stderr.decode()
