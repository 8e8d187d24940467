"""``razem connect ADDRESS``: standard input and output joined to a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from razem.cli.arguments import (
    add_joining,
    add_lasting,
    add_second_word,
    add_tls,
    check_one_word,
    count,
    is_datagrams,
    lasting_of,
    seconds,
    tls_of,
)
from razem.cli.exits import Exit, exit_code
from razem.cli.via import add_via, met

if TYPE_CHECKING:
    import argparse

    from razem.serve.probing import Probe
    from razem.sockets.address import Address
    from razem.sockets.stream import Stream

__all__ = ["add_arguments", "run"]

_EXAMPLES: Final = """\
examples:
  razem connect tcp://localhost:9090       talk to a server by hand
  echo hello | razem connect tcp://:9090   send, and wait for the whole answer
  razem connect unix:///run/app.sock < request > reply
  printf 'HEAD / HTTP/1.0\\r\\n\\r\\n' | razem connect tls://example.org:https
  razem connect --fingerprint sha256:9f86… tls://localhost:9443
  razem connect --zero tcp://localhost:22,80,8000-8080   which are open?
  razem connect --proxy socks5://localhost:1080 tcp://example.org:80
  razem connect --record talk.jsonl tcp://localhost:9090
  razem connect --replay talk.jsonl tcp://localhost:9090
  razem connect --lasting tcp://far:9090 < big   through cut networks, to the last byte
  razem connect code:7-guitar-ocean        to who has started: razem listen code:
  razem connect --exec 'cat -n' --retry 10 tcp://localhost:9090

Both directions flow at once. The end of the input (Ctrl-D) is passed on as a
half close, and the command waits for the answer to end. At a terminal it
leaves as soon as the other side has ended. Datagrams tell no end: it waits a
second for answers after the end of the input.
"""

_ZERO_TIMEOUT: Final = 3.0
_TIMEOUT: Final = 30.0
_SHORT_TABLE: Final = 20  # rows, up to which the closed ports are shown, too


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line."""
    parser.description = "Join standard input and output to a socket."
    parser.epilog = _EXAMPLES
    parser.add_argument(
        "address",
        metavar="ADDRESS",
        help="tcp://HOST:PORT, tls://…, udp://…, unix:///PATH, unix:@NAME, unix+dgram:,"
        " unix+seqpacket: or code:7-guitar-ocean",
    )
    add_second_word(parser)
    parser.add_argument(
        "--timeout",
        type=seconds,
        metavar="SECONDS",
        help=f"for connecting (by default {_TIMEOUT:.0f}; with --zero {_ZERO_TIMEOUT:.0f})",
    )
    parser.add_argument(
        "--retry",
        type=count,
        metavar="TIMES",
        help="try so many times in all, waiting longer each time",
    )
    parser.add_argument(
        "--source",
        metavar="ADDRESS",
        help="leave from this address of ours: HOST or tcp://HOST:PORT",
    )
    parser.add_argument(
        "--proxy", metavar="URL", help="through socks5://HOST:PORT or http://HOST:PORT"
    )
    parser.add_argument(
        "--zero",
        action="store_true",
        help="only see whether it connects; ports may be a list with ranges: 22,80,8000-8080",
    )
    add_lasting(parser)
    add_joining(parser)
    add_tls(parser)
    add_via(parser)


def run(args: argparse.Namespace) -> int:
    """Connect, and carry bytes both ways until both have ended."""
    check_one_word(args)
    with met(args, args.address):
        return _run(args)


def _run(args: argparse.Namespace) -> int:
    if args.zero:
        from razem.sockets.aio.running import run as run_loop

        return run_loop(_zero(args))
    from razem.cli.carrying import Joining

    with Joining(args) as joining:  # first: what it is joined to may be missing
        joining.carry(_connect(args))
    return Exit.DONE


def _connect(args: argparse.Namespace) -> Stream:
    """Connect as the options say."""
    import razem

    timeout = _TIMEOUT if args.timeout is None else args.timeout
    if args.proxy and args.lasting:
        raise razem.AddressError("a stream through a proxy does not last.", advice="Use one only.")
    retry = razem.Retry(attempts=args.retry) if args.retry else None
    if args.proxy:
        from razem.sockets.proxy import connect_through

        return connect_through(
            args.proxy,
            args.address,
            timeout=timeout,
            retry=retry,
            tls=tls_of(args),
            source=_source(args),
        )
    address = razem.Address(args.address)
    if is_datagrams(address.scheme):
        from razem.serve.datagram_stream import DatagramStream

        return DatagramStream(
            razem.connect_datagrams(address, timeout=timeout, source=_source(args))
        )
    return razem.connect(
        address,
        timeout=timeout,
        retry=retry,
        tls=tls_of(args),
        source=_source(args),
        lasting=lasting_of(args),
    )


def _source(args: argparse.Namespace) -> Address | None:
    """The address to leave from; HOST is short for tcp://HOST:0."""
    from razem.sockets.address import Address

    if not args.source:
        return None
    text = str(args.source)
    return Address(text) if ":/" in text or "@" in text else Address.of("tcp", host=text, port=0)


async def _zero(args: argparse.Namespace) -> int:
    """Print which addresses can be connected to; done if one can."""
    from razem.serve.probing import expand, probe

    timeout = _ZERO_TIMEOUT if args.timeout is None else args.timeout
    addresses = expand(args.address)
    probes = []
    async for each in probe(addresses, timeout=timeout):
        probes.append(each)
        if args.json:
            _print_json(each)
    if not args.json:
        _print_table(probes)
    failures = [each.error for each in probes if each.error is not None]
    return exit_code(failures[0]) if len(failures) == len(probes) else Exit.DONE


def _print_json(each: Probe) -> None:
    import json

    facts = {"address": str(each.address), "state": each.state, "seconds": round(each.seconds, 6)}
    error = {} if each.error is None else {"error": each.error.facts()}
    print(json.dumps({**facts, **error}), flush=True)


def _print_table(probes: list[Probe]) -> None:
    """Print all of a few, or of many those that are not closed."""
    shown = probes
    if len(probes) > _SHORT_TABLE:
        shown = [each for each in probes if each.state in {"open", "failed"}]
    width = max((len(str(each.address)) for each in shown), default=0)
    for each in shown:
        reason = f"  {each.error.message}" if each.error and each.state == "failed" else ""
        print(f"{each.address!s:<{width}}  {each.state:<6} {each.seconds * 1000:7.1f} ms{reason}")
    if len(probes) > 1:
        states = [each.state for each in probes]
        counts = (f"{states.count(state)} {state}" for state in sorted(set(states)))
        print(f"{len(probes)} ports: {', '.join(counts)}")
