"""``razem listen ADDRESS``: wait for clients, and join standard input and output to them."""

from __future__ import annotations

import sys
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
    listening_tls,
    seconds,
)
from razem.cli.exits import Exit
from razem.cli.via import add_via, met, tell_code

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from razem.cli.door import Door
    from razem.sockets.address import Address
    from razem.sockets.datagram import Datagrams
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
  razem listen --lasting tcp://:9090 > file         through cut networks, to the last byte
  razem listen code: > received             by a code phrase, which it prints; encrypted
  razem listen --allow 192.168.0.0/16 --idle 60 tcp://:9090
  razem listen --keep udp://:9090          what anybody sends; answers go to the last

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
        "address",
        metavar="ADDRESS",
        help="tcp://HOST:PORT, tls://…, udp://…, unix:///PATH, unix:@NAME, unix+dgram:,"
        " unix+seqpacket: or code: (which makes a code phrase)",
    )
    add_second_word(parser)
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
    add_lasting(parser)
    add_joining(parser)
    add_tls(parser)
    add_via(parser)


def run(args: argparse.Namespace) -> int:
    """Listen, say where, and carry bytes both ways between here and who comes."""
    check_one_word(args)
    with met(args, args.address):
        return _run(args)


def _run(args: argparse.Namespace) -> int:
    import razem
    from razem.cli.door import Door

    scheme = razem.Address(args.address).scheme
    connectionless = is_datagrams(scheme) and scheme != "unix+seqpacket"
    door = Door(args, once=connectionless)
    if args.broker and args.lasting:
        raise razem.AddressError("--broker has no lasting streams.", advice="Use one of the two.")
    if args.broker:
        from razem.cli.brokering import run_broker

        return run_broker(args, door)
    return _datagrams(args, door) if connectionless else _connections(args, door)


def _connections(args: argparse.Namespace, door: Door) -> int:
    """Talk to those who connect: the first, or one after another, or all at once."""
    import razem
    from razem.cli.carrying import Joining

    tls = listening_tls(args, [args.address])
    lasting = lasting_of(args)
    with (
        razem.listen(args.address, tls=tls, lasting=lasting) as listener,
        Joining(args) as joining,
    ):
        _tell_address(listener.local)
        if args.keep and args.exec:

            def serve(stream: Stream) -> None:
                if door.permits(stream.remote):
                    joining.carry(_as_stream(stream))

            _until_signal(listener)
            listener.serve(serve, limit=args.limit)
            return Exit.DONE
        for stream in _permitted(listener, door, args.timeout):
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


def _datagrams(args: argparse.Namespace, door: Door) -> int:
    """Talk to those who send datagrams: the first, or all of them."""
    import razem
    from razem.cli.carrying import Joining
    from razem.serve.datagram_stream import LastSender, first_sender

    with Joining(args) as joining, razem.bind(args.address) as datagrams:
        _tell_address(datagrams.local)
        if args.keep and args.exec:
            from razem.serve.sender_streams import SenderStreams

            _until_signal(datagrams)
            senders = SenderStreams(datagrams, permits=door.permits)
            senders.serve(joining.carry, limit=args.limit)
        elif args.keep:
            joining.carry(LastSender(datagrams, permits=door.permits))
        else:
            joining.carry(first_sender(datagrams, timeout=args.timeout, permits=door.permits))
    return Exit.DONE


def _tell_address(local: Address | None) -> None:
    print(f"listening on {local}", file=sys.stderr, flush=True)
    if local is not None and local.scheme == "code":
        tell_code(local, "connect")


def _permitted(listener: Listener, door: Door, timeout: float | None) -> Iterator[Stream]:
    """Those who may come in, one after another."""
    while True:
        stream = listener.accept(timeout=timeout)
        if door.permits(stream.remote):
            yield _as_stream(stream)
        else:
            stream.close()


def _as_stream(accepted: object) -> Stream:
    """Take what was accepted, a stream or a connection of messages, as a stream."""
    import razem

    if isinstance(accepted, razem.Datagrams):
        from razem.serve.datagram_stream import DatagramStream

        return DatagramStream(accepted)
    assert isinstance(accepted, razem.Stream)  # noqa: S101  there is nothing else
    return accepted


def _until_signal(end: Listener | Datagrams) -> None:
    """Close the end on SIGTERM, which is a clean stop."""
    import signal

    signal.signal(signal.SIGTERM, lambda *_: end.close())
