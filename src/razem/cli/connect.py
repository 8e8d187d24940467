"""``razem connect ADDRESS``: standard input and output joined to a stream."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final

from razem.cli.arguments import seconds
from razem.cli.exits import Exit

if TYPE_CHECKING:
    import argparse

    from razem.sockets.stream import Stream

__all__ = ["add_arguments", "run"]

_EXAMPLES: Final = """\
examples:
  razem connect tcp://localhost:9090       talk to a server by hand
  echo hello | razem connect tcp://:9090   send, and wait for the whole answer
  razem connect unix:///run/app.sock < request > reply
  printf 'HEAD / HTTP/1.0\\r\\n\\r\\n' | razem connect tls://example.org:https

Both directions flow at once. The end of the input (Ctrl-D) is passed on as a
half close, and the command waits for the answer to end. At a terminal it
leaves as soon as the other side has ended.

Exit codes: 0 done, 2 wrong address, 3 name not resolved, 4 refused,
5 timed out, 6 reset or cut off, 7 TLS, 8 no permission, 130 Ctrl-C,
1 anything else.
"""

_INPUT: Final = 0  # file descriptors of every process (stdin(3))
_OUTPUT: Final = 1
_PIECE: Final = 65536


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command line."""
    parser.description = "Join standard input and output to a socket."
    parser.epilog = _EXAMPLES
    parser.add_argument(
        "address",
        metavar="ADDRESS",
        help="tcp://HOST:PORT, tls://HOST:PORT, unix:///PATH or unix:@NAME",
    )
    parser.add_argument(
        "--timeout",
        type=seconds,
        default=30.0,
        metavar="SECONDS",
        help="for connecting (by default 30)",
    )


def run(args: argparse.Namespace) -> int:
    """Connect, and carry bytes both ways until both have ended."""
    import razem

    with razem.connect(args.address, timeout=args.timeout) as stream:
        _carry(stream)
    return Exit.DONE


def _carry(stream: Stream) -> None:
    """Carry both ways. Standard input is read in a thread: nothing else can end a wait for it."""
    from threading import Thread

    failures: list[Exception] = []

    def send_input() -> None:
        try:
            try:
                while piece := os.read(_INPUT, _PIECE):
                    stream.send(piece)
            finally:  # an input that cannot be read has ended too, and the other side must know
                stream.close_sending()
        except Exception as error:  # noqa: BLE001  raised again where it can be reported
            failures.append(error)

    sender = Thread(target=send_input, name="razem-input", daemon=True)
    sender.start()
    for piece in stream:
        _write(piece)
    # What is typed after the other side has ended has nowhere to go, mostly; whoever sits there
    # wants the prompt back. But a program that still writes to us may write to its end.
    if not sys.stdin or not os.isatty(_INPUT):
        sender.join()
    if failures:
        raise failures[0]


def _write(data: bytes) -> None:
    """Write all of it to standard output, which others may have made non-blocking."""
    view = memoryview(data)
    while view:
        try:
            view = view[os.write(_OUTPUT, view) :]
        except BlockingIOError:
            import select

            select.select((), (_OUTPUT,), ())
