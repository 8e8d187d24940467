"""What `listen` and `connect` share: the options of how a stream is joined, put into effect."""

from __future__ import annotations

import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Self

from razem.serve.carrying import Carrier, Descriptors, Program, Replay, Side, Traffic, Watcher
from razem.serve.framing import Mode

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from razem.serve.recording import Line, Recorder
    from razem.sockets.stream import Stream

__all__ = ["Joining", "mode_of"]


def mode_of(args: argparse.Namespace) -> Mode:
    """What is passed on as a whole."""
    return Mode.RECORDS if args.records else Mode.LINES if args.lines else Mode.BYTES


class Joining:
    """Streams joined as the options say; `carry` each, and `close` in the end.

    Attributes:
        traffic: what has passed so far.
    """

    def __init__(self, args: argparse.Namespace) -> None:
        self.traffic = Traffic()
        self._args = args
        self._output = Descriptors()
        self._stack = ExitStack()
        watchers: list[Watcher] = [self.traffic]
        if args.hex:
            watchers.append(_HexDump(self._output))
        if args.record:
            from razem.serve.recording import Recorder

            watchers.append(_Recording(self._stack.enter_context(Recorder(Path(args.record)))))
        self._carrier = Carrier(
            mode=mode_of(args), crlf=args.crlf, idle=args.idle, watchers=watchers
        )
        self._lines: list[Line] = []
        if args.replay:
            from razem.serve.recording import read_recording

            self._lines = read_recording(Path(args.replay))
        self._input = _Shown(self._output, shown=not args.hex)

    def carry(self, stream: Stream, *, one_of_many: bool = False) -> None:
        """Carry both ways until both directions have ended; close the stream."""
        with stream, self._side(stream) as side:
            self._carrier.carry(
                stream, side, one_of_many=one_of_many and not (self._args.exec or self._args.replay)
            )
            if stream.lasts and not stream.closed:
                stream.delivered()  # who waits for us now is the peer's program only

    @contextmanager
    def _side(self, stream: Stream) -> Iterator[Side]:
        """What a stream is joined to."""
        side: Side = self._input
        if self._args.exec:
            side = Program(self._args.exec, str(stream.remote or ""))
        elif self._args.replay:
            side = Replay(self._lines, self._input.write)
        try:
            yield side
        finally:
            side.close()

    def __enter__(self) -> Self:
        if sys.stderr and sys.stderr.isatty():
            from razem.cli.status import StatusLine

            self._stack.enter_context(StatusLine(self.traffic))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()


class _Shown(Side):
    """Standard input and output, the latter only if nothing else is shown there."""

    def __init__(self, standard: Descriptors, *, shown: bool) -> None:
        self._standard = standard
        self._shown = shown

    def read(self, stop: int) -> bytes | None:
        return self._standard.read(stop)

    def write(self, data: bytes) -> None:
        if self._shown:
            self._standard.write(data)

    @property
    def leaves_with_peer(self) -> bool:
        return self._standard.leaves_with_peer


class _HexDump(Watcher):
    """Prints what passes, in the place of what is received."""

    def __init__(self, output: Descriptors) -> None:
        self._output = output
        self._lock = Lock()
        self._places = {True: 0, False: 0}

    def begin(self, stream: Stream) -> None:  # noqa: ARG002  each has its own places
        self._places = {True: 0, False: 0}

    def passed(self, data: bytes, *, ours: bool) -> None:
        from razem.serve.hexdump import hexdump

        with self._lock:
            mark = "> " if ours else "< "
            lines = hexdump(data, offset=self._places[ours], mark=mark)
            self._output.write("".join(f"{line}\n" for line in lines).encode())
            self._places[ours] += len(data)


class _Recording(Watcher):
    """Writes what passes to a file."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def begin(self, stream: Stream) -> None:
        self._recorder.begin(stream.remote)

    def passed(self, data: bytes, *, ours: bool) -> None:
        self._recorder.passed(data, ours=ours)
