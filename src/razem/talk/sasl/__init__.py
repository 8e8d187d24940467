"""SASL (RFC 4422) as IRC carries it: what is proven, and how it is written (IRCv3 sasl-3.2)."""

from __future__ import annotations

from razem.talk.sasl.chunks import Chunks, TooLongError, written
from razem.talk.sasl.mechanisms import (
    MECHANISMS,
    Challenge,
    External,
    Mechanism,
    Plain,
    Proven,
    SaslError,
    Scram,
    Try,
)

__all__ = [
    "MECHANISMS",
    "Challenge",
    "Chunks",
    "External",
    "Mechanism",
    "Plain",
    "Proven",
    "SaslError",
    "Scram",
    "TooLongError",
    "Try",
    "written",
]
