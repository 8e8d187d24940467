"""exec:COMMAND, blocking: a child process as a stream, over its standard input and output."""

from __future__ import annotations

import errno
import shlex
import socket
import subprocess
from threading import Thread
from typing import TYPE_CHECKING, Final

from razem.errors import Error, PermissionDeniedError, TimedOutError, UnavailableError
from razem.sockets.socket_stream import SocketStream

if TYPE_CHECKING:
    from razem.sockets.address import Address

__all__ = ["ProgramStream", "connect_program", "exit_timed_out", "reap", "start"]

_GRACE: Final = 1.0  # seconds from the end of its input until SIGTERM, and from that to SIGKILL


def connect_program(
    address: Address, _deadline: float | None = None, _tls: object = None
) -> ProgramStream:
    """Start the program; its standard input and output are the other end of the stream."""
    sock, process = start(address)
    return ProgramStream(sock, process, address)


class ProgramStream(SocketStream):
    """A stream to a program of this machine; `close_sending` ends its standard input.

    Closing the stream ends the program: by the end of its input, after a second by SIGTERM, after
    another by SIGKILL.

    Args:
        sock: our end.
        process: the program; it belongs to the stream from now on.
        address: how it was called.
    """

    def __init__(
        self, sock: socket.socket, process: subprocess.Popen[bytes], address: Address
    ) -> None:
        super().__init__(sock, scheme="unix", remote=address)
        self._process = process

    @property
    def exit_status(self) -> int | None:
        """How the program ended: 0 for well, -N for by signal N; None while it runs."""
        return self._process.poll()

    def wait_exit(self, *, timeout: float | None = None) -> int:
        """Wait until the program has ended, and return its `exit_status`.

        Raises:
            TimedOutError: it still runs.
        """
        try:
            return self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise exit_timed_out(self._remote) from None

    def _release(self) -> None:
        super()._release()
        reap(self._process)


def start(address: Address) -> tuple[socket.socket, subprocess.Popen[bytes]]:
    """Start the program of an exec address; return our end and its process.

    Raises:
        UnavailableError: there is no such program.
        PermissionDeniedError: it may not be run.
    """
    words = shlex.split(address.command)
    ours, theirs = socket.socketpair()
    try:
        process = subprocess.Popen(  # noqa: S603  that is what was asked for
            words, stdin=theirs.fileno(), stdout=theirs.fileno()
        )
    except (OSError, ValueError) as error:
        ours.close()
        raise _not_started(address, words[0], error) from error
    finally:
        theirs.close()
    return ours, process


def reap(process: subprocess.Popen[bytes]) -> None:
    """End a program whose input has ended, and take its status from the system; never waits."""
    if process.poll() is None:
        Thread(target=_end, args=(process,), name="razem-exec", daemon=True).start()


def exit_timed_out(address: Address | None) -> Error:
    """Make the error for a program that still runs."""
    return TimedOutError(f"{address} has not ended in time.", address=address)


def _end(process: subprocess.Popen[bytes]) -> None:
    for stop in (process.terminate, process.kill):
        try:
            process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            stop()
        else:
            return
    process.wait()


def _not_started(address: Address, program: str, error: Exception) -> Error:
    """Make the error for a program that could not be started."""
    number = error.errno if isinstance(error, OSError) else None
    made: Error
    if number == errno.ENOENT:
        made = UnavailableError(
            f"{address}: there is no program {program}.",
            advice="Check the spelling and the PATH; for what a shell does, use exec:sh -c '…'.",
        )
    elif number in {errno.EACCES, errno.EPERM}:
        made = PermissionDeniedError(
            f"{address}: {program} may not be run.",
            advice="Make it executable (chmod +x).",
        )
    else:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        made = UnavailableError(f"{address}: {program} did not start: {reason}.")
    made.address = address
    made.stage = "connect"
    if isinstance(made, OSError):
        made.errno = number
    return made
