"""Standard input and output joined to a stream, for the commands that do that."""

from __future__ import annotations

import os
import select
import sys
from threading import Thread
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from razem.sockets.stream import Stream

__all__ = ["carry"]

_INPUT: Final = 0  # file descriptors of every process (stdin(3))
_OUTPUT: Final = 1
_PIECE: Final = 65536


def carry(stream: Stream) -> None:
    """Carry bytes both ways until both directions have ended; the caller closes the stream.

    Standard input is read in a thread, because nothing else can end a wait for it.

    Raises:
        Error: the connection broke.
        OSError: standard input or output failed.
    """
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
            select.select((), (_OUTPUT,), ())
