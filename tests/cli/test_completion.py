"""`razem completion`, in the shells themselves."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from razem.cli import COMMANDS

from .command import SECONDS, razem


def in_shell(name: str, program: str, *words: str, first: str = "") -> list[str]:
    """Run a program of the shell that has read our script; return its lines."""
    if not shutil.which(name):
        pytest.skip(f"{name} is not installed")
    script = razem("completion", name).stdout.decode()
    done = subprocess.run(
        [*words, "-c", f"{first}\n{script}\n{program}"],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout.split("\n")[:-1]


def bash(*typed: str) -> list[str]:
    """What bash offers for the last word."""
    words = " ".join(f"'{word}'" for word in typed)
    program = f"""
COMP_WORDS=({words}); COMP_CWORD={len(typed) - 1}; _razem
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    return in_shell("bash", program, "bash", "--norc")


def test_bash() -> None:
    assert bash("razem", "") == [*COMMANDS, "--help", "--version"]
    assert bash("razem", "con") == ["connect"]
    assert bash("razem", "connect", "--time") == ["--timeout"]
    assert bash("razem", "serve", "ech") == ["echo"]
    assert bash("razem", "completion", "") >= ["bash", "zsh", "fish"]
    assert bash("razem", "hub", "in") == ["invite"]
    assert bash("razem", "hub", "invite", "--us") == ["--uses"]
    assert bash("razem", "hub", "--us") == [""]
    assert bash("razem", "hub", "users", "--data", "") == [""]
    assert bash("razem", "hub", "--config", "") == [""]  # a file, which bash completes itself


ZSH = """
compdef() { print -r compdef "$@" }
_describe() { print -lr -- ${(P)2} }
_arguments() { print -lr -- "$@" }
"""


def zsh(*typed: str) -> list[str]:
    """What our function hands to those of zsh, which only work in a line being edited."""
    words = " ".join(f"'{word}'" for word in typed)
    program = f"words=({words}); CURRENT={len(typed)}; _razem"
    lines = in_shell("zsh", program, "zsh", "-f", first=ZSH)
    assert lines[0] == "compdef _razem razem"
    return lines[1:]


def test_zsh() -> None:
    assert "connect:join standard input and output to a socket" in zsh("razem", "")
    options = [line.split("[")[0] for line in zsh("razem", "connect", "--")]
    assert "*--timeout" in options
    assert "--json" in options
    assert "*--uses" in [line.split("[")[0] for line in zsh("razem", "hub", "invite", "--")]
    assert "*--uses" not in [line.split("[")[0] for line in zsh("razem", "hub", "--")]
    assert ":argument:(status " in "\n".join(zsh("razem", "hub", "st"))
    assert ":argument:(upper echo " in "\n".join(zsh("razem", "serve", ""))


def test_fish() -> None:
    def fish(typed: str) -> list[str]:
        lines = in_shell("fish", f"complete -C '{typed}'", "fish", "--no-config")
        return [line.split("\t")[0] for line in lines]

    assert set(COMMANDS) <= set(fish("razem "))
    assert fish("razem con") == ["connect"]
    assert "invite" in fish("razem hub in")
    assert "--uses" in fish("razem hub invite --us")
    assert fish("razem connect --tim") == ["--timeout"]
    assert fish("razem serve ech") == ["echo"]
