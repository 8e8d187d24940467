"""The control socket of a running hub: only its own user, and root, may speak."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import struct
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final

import msgspec

from razem.errors import ConfigError, Error
from razem.hub.control.place import short_name
from razem.hub.control.requests import Answer, Failure, decode_request, encode

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from razem.hub.control.steering import Steering

__all__ = ["control_socket"]

_logger: Final = logging.getLogger("razem.hub")

_ADVICE: Final = "See what it printed, and report that."
_LONGEST_REQUEST: Final = 1024 * 1024  # bytes
_BACKLOG: Final = 16
_PEER: Final = struct.Struct("3i")  # process, user, group: SO_PEERCRED, unix(7)
_ROOT: Final = 0


@asynccontextmanager
async def control_socket(path: Path, steering: Steering) -> AsyncIterator[None]:
    """Take requests at `path` for as long as the block lasts.

    Raises:
        ConfigError: no socket can be there, or another hub has it.
    """
    listening = _listen(path)
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 # it runs in one
        tasks.add(task)
        try:
            # Being cancelled is how it ends below; the streams of asyncio would complain of it.
            with suppress(ConnectionError, asyncio.CancelledError):
                await _serve(reader, writer, steering)
        finally:
            tasks.discard(task)
            writer.close()

    server = await asyncio.start_unix_server(serve, sock=listening, limit=_LONGEST_REQUEST)
    try:
        yield
    finally:
        server.close()
        _remove(path)
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _listen(path: Path) -> socket.socket:
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with short_name(path) as name:
            if path.exists():
                _remove_stale(path, name)
            os.fchmod(listening.fileno(), 0o600)  # before bind: at no moment may others connect
            listening.bind(name)
        path.chmod(0o600)
        listening.listen(_BACKLOG)
    except OSError as error:
        listening.close()
        raise ConfigError(
            f"the control socket {path} cannot be made: {error.strerror or error}.",
            advice="Name another by the key `control`.",
        ) from error
    listening.setblocking(False)
    return listening


def _remove(path: Path) -> None:
    with suppress(FileNotFoundError):
        path.unlink()


def _remove_stale(path: Path, name: str) -> None:
    """Remove what a hub left behind that was killed.

    Raises:
        ConfigError: somebody listens there.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(name)
        except ConnectionRefusedError:
            path.unlink()
            return
    raise ConfigError(
        f"another hub has the control socket {path}.",
        advice="Stop it first, or name another by the key `control`.",
    )


async def _serve(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, steering: Steering
) -> None:
    """Answer the requests of one connection."""
    refusal = _refusal(writer.get_extra_info("socket"))
    while True:
        try:
            line = await reader.readline()
        except ValueError:
            writer.write(encode(_failure("ProtocolError", "the request is too long.")))
            await writer.drain()
            return
        if not line.endswith(b"\n"):
            return
        if refusal:
            answer = _failure("PermissionDeniedError", refusal)
        else:
            answer = await _answer(line, steering)
        writer.write(encode(answer))
        await writer.drain()


def _refusal(connection: socket.socket) -> str:
    """Return why who connected may not speak; "": it may."""
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size)
    _, user, _ = _PEER.unpack(credentials)
    if user in {_ROOT, os.geteuid()}:
        return ""
    return f"only the user who runs the hub may steer it, not the user with the number {user}."


async def _answer(line: bytes, steering: Steering) -> Answer:
    try:
        request = decode_request(line)
    except msgspec.MsgspecError as error:
        return _failure("ProtocolError", f"the request is none: {error}.")
    try:
        return Answer(ok=True, result=await steering.carry_out(request))
    except Error as error:
        return _failure(type(error).__name__, error.message, error.advice)
    except Exception:
        _logger.exception("a request could not be carried out")
        return _failure("Error", "the hub failed to do that, by a fault of its own.", _ADVICE)


def _failure(kind: str, message: str, advice: str = "") -> Answer:
    return Answer(ok=False, error=Failure(kind, message, advice))
