"""What the commands that steer a hub have in common: which hub, how long, how it is shown."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from razem.hub.config import Config
    from razem.hub.control.requests import Request

__all__ = [
    "add_where",
    "ask_hub",
    "channel_name",
    "configured",
    "duration",
    "print_table",
    "tell",
    "whole",
]

_NEVER: Final = {"never", "0"}
_LONGEST: Final = 100 * 365 * 86400  # seconds


def add_where(parser: argparse.ArgumentParser) -> None:
    """Declare which hub is meant, and how to tell the outcome."""
    group = parser.add_argument_group("which hub")
    group.add_argument(
        "--data", metavar="DIR", help="the directory of its data (by default the user's own)"
    )
    group.add_argument("--config", metavar="FILE", help="the configuration that it runs with")
    parser.add_argument(
        "--json", action="store_true", help="print the outcome as a line of JSON, and errors too"
    )


def ask_hub(args: argparse.Namespace, request: Request) -> dict[str, Any]:
    """Let the hub that is meant carry out a request; return what it tells.

    Raises:
        ConfigError: the configuration is wrong, or says that there is no way to the hub.
        Error: no hub runs there, or it did not do it.
    """
    from razem.errors import ConfigError
    from razem.hub.control.client import ask
    from razem.hub.control.place import control_path

    path = control_path(configured(args))
    if path is None:
        raise ConfigError(
            "a hub that keeps nothing cannot be reached: it has no directory for its socket.",
            advice="Name a socket by the key `control` of its configuration.",
        )
    return ask(path, request)


def configured(args: argparse.Namespace) -> Config:
    """Return the configuration of the hub that is meant.

    Raises:
        ConfigError: it is wrong.
    """
    from pathlib import Path

    from razem.hub.config import Config
    from razem.hub.config_file import load_config, with_options

    config = load_config(Path(args.config)) if args.config else Config()
    if args.data:
        config = with_options(config, {"data": args.data, "memory": False, "control": ""})
    return config


def tell(args: argparse.Namespace, facts: dict[str, Any], sentence: str) -> None:
    """Tell the outcome, as was asked for: a line for people, or one of JSON for programs."""
    if args.json:
        import json

        print(json.dumps(facts))
    else:
        print(sentence)


def channel_name(text: str) -> str:
    """Return the channel that is meant: unquoted, a shell would take the sign for a comment."""
    return f"#{text}" if text and text[0] != "#" else text


def duration(text: str) -> float:
    """Read how long: ``30m``, ``12h``, ``1d12h``, ``2w``; ``never`` is 0. In seconds."""
    if text in _NEVER:
        return 0.0
    from razem.talk.durations import parse_duration

    seconds = parse_duration(text)
    if not seconds or seconds > _LONGEST:
        raise argparse.ArgumentTypeError(f"{text!r} is no time: write 30m, 12h, 2d or 1w, or never")
    return float(seconds)


def whole(text: str) -> int:
    """Read a number of 0 or more."""
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of 0 or more")
    return int(text)


def print_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows below heads, each column as wide as it has to be."""
    widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
    for row in (heads, *rows):
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())
