"""Kinds of arguments, and options, that several commands take."""

from __future__ import annotations

import argparse
import math
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from razem.sockets.lasting.settings import Lasting
    from razem.sockets.tls_config import Tls

__all__ = [
    "add_joining",
    "add_lasting",
    "add_second_word",
    "add_tls",
    "check_one_word",
    "count",
    "fingerprint",
    "is_datagrams",
    "lasting_of",
    "listening_tls",
    "rate",
    "seconds",
    "tls_of",
]


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


def fingerprint(text: str) -> str:
    """Read the fingerprint of a certificate, as `type=` of an argument."""
    from razem.errors import TlsError
    from razem.sockets.tls_identity import parse_fingerprint

    try:
        return parse_fingerprint(text)
    except TlsError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def is_datagrams(scheme: str) -> bool:
    """Whether addresses of the scheme have datagrams or messages, not a stream of bytes."""
    return scheme in {"udp", "unix+dgram", "unix+seqpacket", "icmp", "ip", "packet"}


def rate(text: str) -> float:
    """Read a number of bytes a second, such as 500k or 2M, as `type=` of an argument."""
    units = {"k": 1e3, "M": 1e6, "G": 1e9}
    try:
        number = float(text.rstrip("".join(units))) * units.get(text[-1:], 1.0)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of bytes, such as 500k or 2M")
    return number


def add_second_word(parser: argparse.ArgumentParser) -> None:
    """Take HOST PORT too, as other programs do, so that `check_one_word` can say what to write."""
    parser.add_argument("second", nargs="?", help=argparse.SUPPRESS)


def check_one_word(args: argparse.Namespace) -> None:
    """Check that the address is one word.

    Raises:
        AddressError: there are two.
    """
    if args.second is not None:
        from razem.errors import AddressError

        host = args.address if "://" in args.address else f"tcp://{args.address}"
        raise AddressError(
            f"{args.address} {args.second}: an address is one word.",
            advice=f"Write {host}:{args.second}.",
        )


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


def add_lasting(parser: argparse.ArgumentParser) -> None:
    """Declare that streams shall survive cut networks."""
    parser.add_argument(
        "--lasting",
        action="store_true",
        help="survive cut networks and changed addresses, and lose no byte; both ends must say so",
    )
    parser.add_argument(
        "--patience",
        type=seconds,
        metavar="SECONDS",
        help="with --lasting: to wait for the other end to return (by default 120)",
    )


def lasting_of(args: argparse.Namespace) -> bool | Lasting:
    """Return what the options say of lasting streams."""
    if args.patience is None or not args.lasting:
        return bool(args.lasting)
    from razem.sockets.lasting.settings import Lasting

    return Lasting(patience=args.patience)


def add_tls(parser: argparse.ArgumentParser) -> None:
    """Declare how TLS is spoken, for commands that take tls addresses."""
    group = parser.add_argument_group("tls addresses")
    group.add_argument(
        "--identity",
        metavar="FILE",
        help="the certificate to show, and its key (PEM); to listen, else one for this run",
    )
    group.add_argument(
        "--fingerprint",
        type=fingerprint,
        action="append",
        default=[],
        metavar="SHA256",
        help="take only a peer with this certificate; may be given several times",
    )
    group.add_argument(
        "--authorities", metavar="FILE", help="trust these (PEM) instead of the system's"
    )


def tls_of(args: argparse.Namespace) -> Tls | None:
    """Return what the options say of TLS; None for nothing."""
    if not (args.identity or args.fingerprint or args.authorities):
        return None
    import razem

    identity = razem.Identity.load(args.identity) if args.identity else None
    return razem.Tls(
        identity=identity, fingerprint=tuple(args.fingerprint), authorities=args.authorities
    )


def listening_tls(args: argparse.Namespace, addresses: Sequence[str]) -> Tls | None:
    """Return the same for who listens; if an identity is missing, make one and say which."""
    tls = tls_of(args)
    if args.identity or not any(address.lower().startswith("tls:") for address in addresses):
        return tls
    import razem

    hosts = [razem.Address(each).host for each in addresses if each.lower().startswith("tls:")]
    identity = razem.Identity.make(
        hosts=list(dict.fromkeys(host for host in (*hosts, "localhost") if host))
    )
    print(f"a certificate for this run: {identity.fingerprint}", file=sys.stderr, flush=True)
    return razem.Tls(
        identity=identity, fingerprint=tuple(args.fingerprint), authorities=args.authorities
    )
