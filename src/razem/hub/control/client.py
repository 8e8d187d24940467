"""Asking a running hub over its control socket."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any, Final

import msgspec

from razem import errors
from razem.hub.control.place import short_name
from razem.hub.control.requests import decode_answer, encode

if TYPE_CHECKING:
    from pathlib import Path

    from razem.hub.control.requests import Request

__all__ = ["ask"]

_CONNECT_SECONDS: Final = 10.0


def ask(path: Path, request: Request, *, timeout: float | None = None) -> dict[str, Any]:
    """Let the hub whose control socket is at `path` carry out a request; return what it tells.

    Args:
        path: of the socket.
        request: what to do.
        timeout: seconds to wait for the answer; None: as long as it takes.

    Raises:
        RefusedError: no hub runs there.
        PermissionDeniedError: this user may not steer it.
        TimedOutError: it did not answer in time.
        BrokenError: it ended before it answered.
        Error: what the hub says against it.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(_CONNECT_SECONDS)
        _connect(connection, path)
        connection.settimeout(timeout)
        try:
            connection.sendall(encode(request))
            with connection.makefile("rb") as lines:
                line = lines.readline()
        except TimeoutError as error:
            raise errors.TimedOutError(
                f"the hub did not answer at {path} in {timeout:g} seconds."
            ) from error
        except OSError as error:
            raise errors.BrokenError(f"the hub at {path} broke off: {error}.") from error
    try:
        answer = decode_answer(line)
    except msgspec.MsgspecError as error:
        raise errors.BrokenError(
            f"the hub at {path} ended before it answered.",
            advice="See what it printed, and ask again.",
        ) from error
    if answer.error is not None:
        failure = answer.error
        kind = getattr(errors, failure.kind, errors.Error)
        raise kind(failure.message, advice=failure.advice)
    return answer.result


def _connect(connection: socket.socket, path: Path) -> None:
    advice = "Start it with `razem hub`, or name the directory of its data with --data."
    try:
        with short_name(path) as name:
            connection.connect(name)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise errors.RefusedError(
            f"no hub runs with the data in {path.parent}: there is no {path.name}.", advice=advice
        ) from error
    except ConnectionRefusedError as error:
        raise errors.RefusedError(
            f"no hub runs with the data in {path.parent} any more: nobody answers at {path.name}.",
            advice=advice,
        ) from error
    except PermissionError as error:
        raise errors.PermissionDeniedError(
            f"this user may not steer the hub with the data in {path.parent}.",
            advice="Be the user who runs it, or root.",
        ) from error
    except TimeoutError as error:
        raise errors.TimedOutError(f"the hub at {path} does not accept connections.") from error
