"""``razem listen ADDRESS``: wait for clients, and join standard input and output to them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from razem.cli.arguments import add_joining, add_tls, count, is_datagrams, listening_tls, seconds
from razem.cli.exits import Exit

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from razem.serve.access import AccessList
    from razem.sockets.listener import Listener
    from razem.sockets.stream import Stream

__all__ = ["add_arguments", "run"]

_EXAMPLES: Final = """\
examples:
  razem listen tcp://:9090                 talk by hand to whoever comes
  razem listen tcp://:9090 < file          hand a file to the first who comes
  razem listen unix:///tmp/in > received   take what comes
  razem listen --keep tcp://:9090          one client after another
  razem listen --broker --lines tcp://:9090        all hear each other
  razem listen --keep --exec 'wc -c' tcp://:9090   a program for each, at once
  razem listen tls://:9443                 encrypted; prints its fingerprint
  razem listen --allow 192.168.0.0/16 --idle 60 tcp://:9090

It waits for one client. Both directions flow at once; the end of the input
(Ctrl-D) is passed on as a half close, and the command waits for the client to
end. At a terminal it leaves as soon as the client has ended. With --keep the
end of a client ends its turn, and the rest of the input is for the next.
"""

_CLIENTS: Final = 1000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line."""
    parser.description = "Wait for a client, and join standard input and output to it."
    parser.epilog = _EXAMPLES
    parser.add_argument(
        "address", metavar="ADDRESS", help="tcp://HOST:PORT, tls://… or unix:///PATH"
    )
    many = parser.add_mutually_exclusive_group()
    many.add_argument("--keep", action="store_true", help="go on with the next client")
    many.add_argument(
        "--broker",
        action="store_true",
        help="take many clients: all hear each other, and standard input",
    )
    parser.add_argument(
        "--slow",
        choices=["disconnect", "drop-oldest", "drop-newest", "block"],
        default="disconnect",
        help="with --broker: what becomes of a client that does not read (by default disconnect)",
    )
    parser.add_argument(
        "--limit",
        type=count,
        default=_CLIENTS,
        metavar="CLIENTS",
        help=f"at once, with --broker or --exec (by default {_CLIENTS}); others wait",
    )
    parser.add_argument(
        "--allow", action="append", default=[], metavar="NET", help="let in only who comes from NET"
    )
    parser.add_argument(
        "--deny", action="append", default=[], metavar="NET", help="do not let in who does"
    )
    parser.add_argument(
        "--timeout", type=seconds, metavar="SECONDS", help="wait no longer for a client"
    )
    add_joining(parser)
    add_tls(parser)


def run(args: argparse.Namespace) -> int:
    """Listen, say where, and carry bytes both ways between here and who comes."""
    import razem
    from razem.serve.access import AccessList

    if is_datagrams(razem.Address(args.address).scheme):
        return _datagrams(args)
    access = AccessList(args.allow, args.deny)
    if args.broker:
        from razem.cli.brokering import run_broker

        return run_broker(args, access)
    from razem.cli.carrying import Joining

    tls = listening_tls(args, [args.address])
    with razem.listen(args.address, tls=tls) as listener, Joining(args) as joining:
        print(f"listening on {listener.local}", file=sys.stderr, flush=True)

        def serve(stream: Stream) -> None:
            if access.permits(stream.remote):
                joining.carry(stream)

        if args.keep and args.exec:
            _until_signal(listener)
            listener.serve(serve, limit=args.limit)
            return Exit.DONE
        for stream in _permitted(listener, access, args.timeout):
            if not args.keep:
                listener.close()
                joining.carry(stream)
                break
            print(f"connected: {stream.remote or 'a client'}", file=sys.stderr, flush=True)
            try:
                joining.carry(stream, one_of_many=True)
            except razem.Error as error:  # the next may do better
                print(f"{stream.remote or 'the client'}: {error}", file=sys.stderr)
    return Exit.DONE


def _datagrams(args: argparse.Namespace) -> int:
    """Talk to the first who sends a datagram, or connects for messages."""
    import razem
    from razem.cli.carrying import Joining
    from razem.serve.datagram_stream import DatagramStream, first_sender

    if args.keep or args.broker or args.allow or args.deny:
        raise razem.ConfigError(
            f"{args.address}: --keep, --broker, --allow and --deny are for streams.",
            advice="See razem serve and razem relay for many who send datagrams.",
        )
    address = razem.Address(args.address)
    with Joining(args) as joining:
        if address.scheme == "unix+seqpacket":
            with razem.listen(address) as listener:
                print(f"listening on {listener.local}", file=sys.stderr, flush=True)
                accepted: object = listener.accept(timeout=args.timeout)
            assert isinstance(accepted, razem.Datagrams)  # noqa: S101  as its listener gives
            joining.carry(DatagramStream(accepted))
            return Exit.DONE
        with razem.bind(address) as datagrams:
            print(f"listening on {datagrams.local}", file=sys.stderr, flush=True)
            joining.carry(first_sender(datagrams, timeout=args.timeout))
    return Exit.DONE


def _permitted(listener: Listener, access: AccessList, timeout: float | None) -> Iterator[Stream]:
    """Those who may come in, one after another."""
    while True:
        stream = listener.accept(timeout=timeout)
        if access.permits(stream.remote):
            yield stream
            continue
        print(f"not let in: {stream.remote}", file=sys.stderr, flush=True)
        stream.close()


def _until_signal(listener: Listener) -> None:
    """Close the listener on SIGTERM, which is a clean stop."""
    import signal

    signal.signal(signal.SIGTERM, lambda *_: listener.close())
