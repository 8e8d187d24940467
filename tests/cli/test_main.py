"""The roof: help, complaints, exit codes, and how soon they come."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path
from time import perf_counter

import pytest

import razem as library
from razem import errors
from razem.cli import COMMANDS, main
from razem.cli.exits import Exit, exit_code

from .command import razem


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
    (("serve", "uper"), "invalid choice: 'uper'"),
    (("serve", "upper", "--what"), "unrecognized arguments: --what"),
    (("connect",), "arguments are required: ADDRESS"),
    (("connect", "--timeout", "soon", "tcp://:1"), "'soon' is no number of seconds"),
    (("connect", "--timeout", "nan", "tcp://:1"), "'nan' is no number of seconds"),
    (("connect", "--timeout=-1", "tcp://:1"), "'-1' is no number of seconds"),
    (("connect", "localhost:9090"), "Write one of tcp, tls, unix, razem before it, as in tcp://"),
    (("connect", "tcp://::1:80"), "ambiguous colon at column 7. Write an IPv6 host in brackets"),
    (("serve", "upper", "tls://:1"), "takes a certificate"),
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


def fastest(*command: str) -> float:
    """Seconds of the fastest of some runs: the rest is the machine's other work."""
    times = []
    for _ in range(7):
        start = perf_counter()
        subprocess.run([sys.executable, *command], capture_output=True, check=False)
        times.append(perf_counter() - start)
    return min(times)


@pytest.mark.parametrize("words", [["--help"], ["serv"], ["serve", "--help"], ["connect"]])
def test_answers_come_at_once(words: list[str]) -> None:
    """Within 100 ms, of which Python itself takes a part that is none of ours."""
    assert fastest("-m", "razem", *words) < max(0.1, 4 * fastest("-c", "pass"))


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
