"""Kinds of arguments that several commands take."""

from __future__ import annotations

import argparse
import math

__all__ = ["seconds"]


def seconds(text: str) -> float:
    """Read a number of seconds, 0 or more, as `type=` of an argument."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not number >= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds")
    return number
