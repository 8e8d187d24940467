"""The roof: help, complaints, exit codes, and how soon they come."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import pty
import re
import resource
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import razem as library
from razem import errors
from razem.cli import COMMANDS, exits, main
from razem.cli.exits import Exit, exit_code

from .command import ENVIRONMENT, RAZEM, SECONDS, razem


def test_help_names_every_command() -> None:
    done = razem("--help")
    assert done.returncode == 0
    for name in COMMANDS:
        assert f"\n  {name} " in done.stdout.decode()
    assert done.stderr == b""


def test_version_is_that_of_the_package() -> None:
    done = razem("--version")
    project = tomllib.loads(Path(__file__).parents[2].joinpath("pyproject.toml").read_text())
    assert done.stdout.decode() == f"razem {project['project']['version']}\n"
    assert library.__version__ == project["project"]["version"]


WRONG = [
    ((), "usage: razem COMMAND"),
    (("serv",), "razem: there is no command 'serv'; did you mean 'serve'?"),
    (("xyzzy",), "razem: there is no command 'xyzzy'\n"),
    (("--bogus",), "unrecognized arguments: --bogus"),
    (("serve",), "arguments are required: NAME"),
    (("serve", "uper"), "there is no service 'uper'. Did you mean 'upper'?"),
    (("serve", "upper", "--what"), "unrecognized arguments: --what"),
    (("connect",), "arguments are required: ADDRESS"),
    (("connect", "--timeout", "soon", "tcp://:1"), "'soon' is no number of seconds"),
    (("connect", "--timeout", "nan", "tcp://:1"), "'nan' is no number of seconds"),
    (("connect", "--timeout=-1", "tcp://:1"), "'-1' is no number of seconds"),
    (("connect", "localhost:9090"), " before it, as in tcp://localhost:9090"),
    (("connect", "localhost", "9090"), "an address is one word. Write tcp://localhost:9090.\n"),
    (("listen", "tcp://localhost", "80"), "an address is one word. Write tcp://localhost:80.\n"),
    (("connect", "--fingerprint", "zz", "tls://a:1"), "argument --fingerprint: 'zz' is no finger"),
    (("connect", "tcp://::1:80"), "ambiguous colon at column 7. Write an IPv6 host in brackets"),
    (("completion", "tcsh"), "invalid choice: 'tcsh'"),
]


@pytest.mark.parametrize(("words", "complaint"), WRONG)
def test_wrong_command_lines(words: tuple[str, ...], complaint: str) -> None:
    done = razem(*words)
    assert done.returncode == 2
    assert complaint in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()
    assert done.stdout == b""


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_has_examples(command: str) -> None:
    done = razem(command, "--help")
    assert done.returncode == 0
    assert f"examples:\n  razem {command}" in done.stdout.decode()
    assert max(map(len, done.stdout.decode().splitlines())) <= 100
    assert b"--json " in done.stdout


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_a_command_ends_with_the_exit_codes(command: str) -> None:
    words = " ".join(razem(command, "--help").stdout.decode().split())
    assert words.endswith(exits.summary())


def test_every_exit_code_has_words_here_and_in_the_docs() -> None:
    assert set(exits.MEANINGS) == set(Exit)
    documented = Path(__file__).parents[2].joinpath("docs/commands.md").read_text()
    for code, meaning in exits.MEANINGS.items():
        assert f"| {code:d} | {meaning} |" in documented


def on_a_terminal(*words: str, **environment: str) -> str:
    """What it shows there, on both streams."""
    ours, theirs = pty.openpty()
    options = {**ENVIRONMENT, "TERM": "xterm", "NO_COLOR": "", **environment}
    subprocess.run(
        [*RAZEM, *words], stdout=theirs, stderr=theirs, env=options, timeout=SECONDS, check=False
    )
    os.close(theirs)
    shown = b""
    with contextlib.suppress(OSError):  # EIO is how Linux says that the other side is closed
        while piece := os.read(ours, 65536):
            shown += piece
    os.close(ours)
    return shown.decode().replace("\r\n", "\n")


def test_colours_on_a_terminal_only() -> None:
    plain = razem("connect", "--help").stdout.decode()
    shown = on_a_terminal("connect", "--help")
    assert "\x1b[1moptions:\x1b[0m" in shown
    assert "\x1b[36m--timeout\x1b[0m SECONDS" in shown
    assert "\x1b[32mrazem connect tcp://localhost:9090\x1b[0m" in shown
    assert re.sub(r"\x1b\[[\d;]*m", "", shown) == plain
    assert on_a_terminal("connect", "--help", NO_COLOR="1") == plain
    assert on_a_terminal("connect", "--help", TERM="dumb") == plain
    assert "\x1b" not in plain
    assert on_a_terminal("serv").startswith("\x1b[1;31mrazem: \x1b[0mthere is no command")


def test_an_error_as_json() -> None:
    done = razem("connect", "tcp://127.0.0.1:1", "--json")
    told = json.loads(done.stderr)
    assert (told["error"], told["stage"], told["exit"]) == ("RefusedError", "connect", 4)
    assert told["address"] == "tcp://127.0.0.1:1"
    assert told["advice"] == "Start the server first, or check the port."
    assert told["local"].startswith("tcp://127.0.0.1:")
    [tried] = told["attempts"]
    assert (tried["address"], tried["errno"]) == ("127.0.0.1:1", errno.ECONNREFUSED)
    assert 0 <= tried["seconds"] < SECONDS
    told = json.loads(razem("connect", "tcp://::1:80", "--json").stderr)
    assert (told["error"], told["column"], told["exit"]) == ("AddressError", 7, 2)
    told = json.loads(razem("hub", "--json", "--config", "/none/hub.toml").stderr)
    assert told["exit"] in {1, 2}


USAGE_AS_JSON = [
    (("connect", "--json"), "razem connect", "ADDRESS"),
    (("serve", "upper", "--what", "--json"), "razem serve", "--what"),
    (("listen", "--json", "--timeout", "soon", "tcp://:1"), "razem listen", "seconds"),
    (("serv", "--json"), "razem", "'serve'"),
    (("--json",), "razem", "--json"),
]


@pytest.mark.parametrize(("words", "command", "complaint"), USAGE_AS_JSON)
def test_a_wrong_command_line_as_json(words: tuple[str, ...], command: str, complaint: str) -> None:
    done = razem(*words)
    told = json.loads(done.stderr)
    assert (told["error"], told["exit"], done.returncode) == ("UsageError", 2, 2)
    assert complaint in told["message"]
    assert told["advice"] == f"Try: {command} --help"


def test_bytes_that_are_no_text() -> None:
    done = razem("connect", os.fsdecode(b"unix:///tmp/\xff\xfe/none"))
    assert done.returncode == Exit.REFUSED
    done = razem("connect", os.fsdecode(b"\xff\xfe"))
    assert done.returncode == Exit.USAGE
    assert b"Traceback" not in done.stderr


CODES = [
    (errors.AddressError(), 2),
    (errors.ConfigError(), 2),
    (errors.ResolveError(), 3),
    (errors.RefusedError(), 4),
    (errors.TimedOutError(), 5),
    (errors.IdleError(), 9),
    (errors.ResetError(), 6),
    (errors.BrokenError(), 6),
    (errors.TruncatedError(), 6),
    (errors.TlsError(), 7),
    (errors.PermissionDeniedError(), 8),
    (errors.InUseError(), 1),
    (errors.Error(), 1),
]


@pytest.mark.parametrize(("error", "code"), CODES)
def test_exit_codes(error: errors.Error, code: int) -> None:
    assert exit_code(error) == code


def test_a_reader_that_goes_away() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = razem("--help", stdout=writer)
    os.close(writer)
    assert done.returncode in {Exit.DONE, Exit.NO_READER}  # argparse may not tell that it failed
    assert done.stderr == b""


def test_main_returns_the_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["connect", "unix:@razem-nobody"]) == Exit.REFUSED
    message = capsys.readouterr().err
    assert message.startswith("razem: nothing listens on unix:@razem-nobody")
    assert message.count("\n") == 1


def cheapest(*command: str) -> float:
    """Seconds of the processor, in the best of some runs: waiting for it is not ours."""
    times = []
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *command], capture_output=True, check=False)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
    return min(times)


@pytest.mark.parametrize("words", [["--help"], ["serv"], ["serve", "--help"], ["connect"]])
def test_answers_come_at_once(words: list[str]) -> None:
    """Within 100 ms, of which Python itself takes a part that is none of ours."""
    assert cheapest("-m", "razem", *words) < max(0.1, 6 * cheapest("-c", "pass"))


SLOW = {"asyncio", "ssl", "socket", "logging", "uvloop", "msgspec", "inspect", "prompt_toolkit"}


@pytest.mark.parametrize(
    ("code", "allowed"),
    [
        ("import razem", set()),
        ("from razem.cli import main; main(['nonsense'])", set()),
        *((f"from razem.cli import main; main(['{name}', '--help'])", set()) for name in COMMANDS),
        ("import razem; razem.connect", {"socket"}),
    ],
)
def test_nothing_slow_is_imported_before_it_is_needed(code: str, allowed: set[str]) -> None:
    program = f"""
import sys
try:
    {code}
except SystemExit:
    pass
print(*sys.modules, file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert set(done.stderr.decode().split()) & (SLOW - allowed) == set()
