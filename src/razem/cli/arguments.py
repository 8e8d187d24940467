"""Kinds of arguments, and options, that several commands take."""

from __future__ import annotations

import argparse
import math

__all__ = ["add_joining", "count", "seconds"]


def seconds(text: str) -> float:
    """Read a number of seconds, 0 or more, as `type=` of an argument."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not number >= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds")
    return number


def count(text: str) -> int:
    """Read a number, 1 or more, as `type=` of an argument."""
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 on")
    return number


def add_joining(parser: argparse.ArgumentParser) -> None:
    """Declare what `listen` and `connect` have in common: what the stream is joined to, and how."""
    whole = parser.add_mutually_exclusive_group()
    whole.add_argument(
        "--lines", action="store_true", help="pass on whole lines only, in both directions"
    )
    whole.add_argument(
        "--records", action="store_true", help="each line is a record: framed and checked"
    )
    parser.add_argument("--crlf", action="store_true", help="end lines that are sent with CR LF")
    parser.add_argument(
        "--hex", action="store_true", help="print both directions as a hex dump, > sent, < received"
    )
    parser.add_argument(
        "--record", metavar="FILE", help="write the conversation to FILE, with times"
    )
    ends = parser.add_mutually_exclusive_group()
    ends.add_argument(
        "--replay", metavar="FILE", help="say again what this side said in a recording"
    )
    ends.add_argument(
        "--exec",
        metavar="COMMAND",
        help="join a program to the stream, not standard input and output",
    )
    parser.add_argument(
        "--idle", type=seconds, metavar="SECONDS", help="give up when nothing passes for so long"
    )
