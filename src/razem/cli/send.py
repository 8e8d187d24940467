"""``razem send PATH…``: send files to whom a code phrase is told."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

from razem.cli.arguments import add_tls, count, listening_tls
from razem.cli.copying import Face, add_copying
from razem.cli.exits import Exit
from razem.cli.via import add_via, met

if TYPE_CHECKING:
    import argparse

    from razem.files.passing import Parcel
    from razem.sockets.address import Address

__all__ = ["add_arguments", "run"]

_EXAMPLES: Final = """\
examples:
  razem send photos/ notes.txt       prints a code such as 7-guitar-ocean
  razem send --receivers 3 talk.mp4  three people, each by a code of their own
  tar c . | razem send -             a pipe; received by: razem receive -o - CODE
  razem send big.iso --listen tcp://:9000     at any other address

The other one types: razem receive CODE. Both see the same short digest at the end.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line."""
    parser.description = "Send files and folders to whom a code phrase is told, encrypted."
    parser.epilog = _EXAMPLES
    parser.add_argument("paths", metavar="PATH", nargs="+", help="files and folders; - for a pipe")
    parser.add_argument(
        "--receivers", type=count, default=1, metavar="N", help="how many may receive (1)"
    )
    parser.add_argument(
        "--listen", default="code:", metavar="ADDRESS", help="another address than a new code"
    )
    parser.add_argument("--no-qr", action="store_true", help="print no QR code")
    add_copying(parser)
    add_tls(parser)
    add_via(parser)


def run(args: argparse.Namespace) -> int:
    """Send to all receivers, and tell how it ended."""
    from razem.errors import ConfigError
    from razem.files.passing import pack

    pipe = args.paths == ["-"]
    if pipe and args.receivers > 1:
        raise ConfigError("a pipe can be read once only.", advice="Leave --receivers out.")
    parcel = pack(sys.stdin.fileno() if pipe else args.paths)
    tls = listening_tls(args, [args.listen])
    with met(args, args.listen):
        if args.receivers == 1:
            return _send(args, parcel, tls, "")
        return _send_to_many(args, parcel, tls)


def _send_to_many(args: argparse.Namespace, parcel: Parcel, tls: Any) -> int:
    """Send to several at once: each has a code, a line and a key of its own."""
    from concurrent.futures import ThreadPoolExecutor
    from contextvars import copy_context

    with ThreadPoolExecutor(args.receivers) as pool:
        running = [
            pool.submit(copy_context().run, _send, args, parcel, tls, f"receiver {number}: ")
            for number in range(1, args.receivers + 1)
        ]
        codes = [each.result() for each in running]
    return max(codes)


def _send(args: argparse.Namespace, parcel: Parcel, tls: Any, who: str) -> int:
    """Wait for one receiver, and send."""
    from razem.errors import Error
    from razem.files.passing import send_on
    from razem.sockets.listener import listen

    face = Face(args, f"{who}sending")
    with listen(args.listen, tls=tls) as listener:
        _tell(args, listener.local, who)
        with listener.accept() as stream, face.shown():
            try:
                summary = send_on(stream, parcel, progress=face.watcher(), rate=args.limit)
            except Error as error:
                if not who:
                    raise
                print(f"{who}{error}", file=sys.stderr, flush=True)
                return Exit.FAILED
    if who:
        print(f"{who}has everything", file=sys.stderr, flush=True)
    return face.end(summary, digest=True)


def _tell(args: argparse.Namespace, address: Address, who: str) -> None:
    """Print what the receiver has to type."""
    word = address.code or str(address)
    if args.json:
        import json

        facts = {"event": "waiting", "code": address.code, "address": str(address)}
        print(json.dumps(facts), flush=True)
        return
    print(f"{who}razem receive {word}", flush=True)
    if not args.no_qr and not who and sys.stdout.isatty():
        from razem.cli.qr import print_qr

        print_qr(f"razem receive {word}")
