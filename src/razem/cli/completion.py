"""``razem completion SHELL``: a script that completes our commands and options by Tab.

It is made from the parsers of the commands, so that it never knows more or less than they do.
"""

from __future__ import annotations

import argparse
import shlex
from typing import TYPE_CHECKING, Final, NamedTuple

from razem.cli.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["SHELLS", "add_arguments", "run"]

_EXAMPLES: Final = """\
examples:
  razem completion bash > ~/.local/share/bash-completion/completions/razem
  razem completion zsh > ~/.zfunc/_razem
  razem completion fish > ~/.config/fish/completions/razem.fish
  eval "$(razem completion bash)"        for this shell only

Each command writes the file that its shell reads at the next start; for zsh the
folder must be in fpath before compinit runs: fpath=(~/.zfunc $fpath).
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line."""
    parser.description = "Print a script that completes commands and options by Tab."
    parser.epilog = _EXAMPLES
    parser.add_argument(
        "shell", metavar="SHELL", nargs="?", choices=list(SHELLS), help="bash, zsh or fish"
    )
    parser.add_argument("--code", metavar="BEGIN", help=argparse.SUPPRESS)  # for the scripts


def run(args: argparse.Namespace) -> int:
    """Print the script; or the codes that begin like one, which the scripts ask for."""
    if args.code is not None:
        from razem.meet.codes import complete

        print("\n".join(complete(args.code)))
        return Exit.DONE
    if args.shell is None:
        from razem.errors import AddressError

        raise AddressError("which shell?", advice=f"Say {', '.join(SHELLS)}.")
    from razem.cli.parser import COMMANDS, SUBCOMMANDS, load

    summaries = {name: command.summary for name, command in COMMANDS.items()}
    for first, inner in SUBCOMMANDS.items():
        summaries |= {f"{first} {second}": each.summary for second, each in inner.items()}
    commands = []
    for name, summary in summaries.items():
        _, parser = load(name)
        commands.append(_Command(name, summary, tuple(_options(parser)), _words(parser)))
    print(SHELLS[args.shell](commands), end="")
    return Exit.DONE


class _Option(NamedTuple):
    flags: tuple[str, ...]
    summary: str
    takes: str  # what its value is called; "" for none
    choices: tuple[str, ...]


class _Command(NamedTuple):
    name: str  # one word, or two: "hub users"
    summary: str
    options: tuple[_Option, ...]
    words: tuple[str, ...]  # what its first argument may be, where that is a choice

    @property
    def is_inner(self) -> bool:
        """Whether it stands after the name of another one."""
        return " " in self.name


def _inner_names(commands: list[_Command]) -> str:
    """The commands of two words as alternatives of a shell's case."""
    return "|".join(f'"{command.name}"' for command in commands if command.is_inner)


def _options(parser: argparse.ArgumentParser) -> Iterator[_Option]:
    """The options of a command."""
    for action in parser._actions:  # noqa: SLF001  argparse offers no other way to ask
        if action.option_strings:
            takes = "" if action.nargs == 0 else str(action.metavar or action.dest)
            choices = tuple(map(str, action.choices or ()))
            yield _Option(tuple(action.option_strings), action.help or "", takes, choices)


def _words(parser: argparse.ArgumentParser) -> tuple[str, ...]:
    """The choices of its arguments."""
    positional = [each for each in parser._actions if not each.option_strings]  # noqa: SLF001
    known = [parser.get_default("completions") or (), *(each.choices or () for each in positional)]
    return tuple(str(choice) for choices in known for choice in choices)


def _bash(commands: list[_Command]) -> str:
    """The script for bash(1), "Programmable Completion"; what it does not know are files."""
    values, words = [], []
    for command in commands:
        for option in command.options:
            for flag in option.flags if option.takes else ():
                reply = f'COMPREPLY=($(compgen -W "{" ".join(option.choices)}" -- "$word")); '
                shown = reply if option.choices else ""  # none: a file, or anything
                values.append(f'    "{command.name} {flag}") {shown}return;;')
        known = [*command.words, *(flag for option in command.options for flag in option.flags)]
        words.append(f'    "{command.name}") known="{" ".join(known)}";;')
    outer = [command.name for command in commands if not command.is_inner]
    names = " ".join([*outer, "--help", "--version"])
    return "\n".join(
        [
            "# bash completion of razem; made by: razem completion bash",
            "_razem() {",
            '  local word="${COMP_WORDS[COMP_CWORD]}" known="" name="${COMP_WORDS[1]}"',
            "  COMPREPLY=()",
            "  if [ $COMP_CWORD -eq 1 ]; then",
            f'    COMPREPLY=($(compgen -W "{names}" -- "$word"))',
            "    return",
            "  fi",
            "  if [ $COMP_CWORD -gt 2 ]; then",
            '    case "$name ${COMP_WORDS[2]}" in',
            f'      {_inner_names(commands)}) name="$name ${{COMP_WORDS[2]}}";;',
            "    esac",
            "  fi",
            '  case "$name ${COMP_WORDS[COMP_CWORD-1]}" in',
            *values,
            "  esac",
            "  if [[ $word =~ ^(code:)?[0-9]+-[a-z-]*$ ]]; then",  # a code phrase
            '    COMPREPLY=($(razem completion --code "$word")); compopt -o nospace 2> /dev/null',
            "    return",
            "  fi",
            '  case "$name" in',
            *words,
            "  esac",
            '  COMPREPLY=($(compgen -W "$known" -- "$word"))',
            "}",
            "complete -o default -F _razem razem",
            "",
        ]
    )


def _zsh(commands: list[_Command]) -> str:
    """The script for zshcompsys(1)."""
    lines = [
        "#compdef razem",
        "# zsh completion of razem; made by: razem completion zsh",
        "_razem() {",
        "  local -a commands",
        "  if (( CURRENT == 2 )); then",
        "    commands=(",
        *(
            f"      {shlex.quote(f'{each.name}:{each.summary}')}"
            for each in commands
            if not each.is_inner
        ),
        "    )",
        "    _describe command commands",
        "    return",
        "  fi",
        "  local command=$words[2]",
        "  shift words",
        "  (( CURRENT-- ))",
        '  if [[ "$words[CURRENT]" == (code:|)<->-* ]]; then',  # a code phrase
        """    compadd -S '' -- $(razem completion --code "$words[CURRENT]")""",
        "    return",
        "  fi",
        '  case "$command $words[2]" in',
        f"    {_inner_names(commands)})",
        "      if (( CURRENT > 2 )); then",
        '        command="$command $words[2]"; shift words; (( CURRENT-- ))',
        "      fi;;",
        "  esac",
        "  case $command in",
    ]
    for command in commands:
        specs = [_zsh_option(flag, option) for option in command.options for flag in option.flags]
        first = f":argument:({' '.join(command.words)})" if command.words else ""
        lines += [
            f'    "{command.name}")',
            "      _arguments \\",
            *(f"        {shlex.quote(spec)} \\" for spec in (*specs, first) if spec),
            "        '*:file:_files';;",
        ]
    return "\n".join(
        [
            *lines,
            "  esac",
            "}",
            'if [[ $funcstack[1] == _razem ]]; then _razem "$@"; else compdef _razem razem; fi',
            "",
        ]
    )


def _zsh_option(flag: str, option: _Option) -> str:
    summary = option.summary.translate({ord(mark): f"\\{mark}" for mark in "[]:\\"})
    if not option.takes:
        return f"{flag}[{summary}]"
    values = f"({' '.join(option.choices)})" if option.choices else "_files"
    return f"*{flag}[{summary}]:{option.takes.lower()}:{values}"


def _fish(commands: list[_Command]) -> str:
    """The script for fish's complete(1)."""
    lines = [
        "# fish completion of razem; made by: razem completion fish",
        (
            "complete -c razem -n 'string match -qr \"^(code:)?[0-9]+-\" -- (commandline -ct)'"
            " -f -a '(razem completion --code (commandline -ct))'"
        ),
    ]
    for command in commands:
        about = _fish_quoted(command.summary)
        if not command.is_inner:
            lines.append(
                f"complete -c razem -n __fish_use_subcommand -f -a {command.name} -d {about}"
            )
        seen = (f"__fish_seen_subcommand_from {word}" for word in command.name.split())
        here = f"complete -c razem -n '{'; and '.join(seen)}'"
        if command.words:
            lines.append(f"{here} -a {_fish_quoted(' '.join(command.words))}")
        for option in command.options:
            names = " ".join(
                f"-l {flag[2:]}" if flag.startswith("--") else f"-s {flag[1:]}"
                for flag in option.flags
            )
            values = f" -x -a {_fish_quoted(' '.join(option.choices))}" if option.choices else " -r"
            takes = values if option.takes else ""
            lines.append(f"{here} {names}{takes} -d {_fish_quoted(option.summary)}")
    return "\n".join([*lines, ""])


def _fish_quoted(text: str) -> str:
    """The text as one word; fish takes a backslash before a quote within quotes."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


SHELLS: Final[dict[str, Callable[[list[_Command]], str]]] = {
    "bash": _bash,
    "zsh": _zsh,
    "fish": _fish,
}
