"""Running a hub with all that belongs to it: its log, its data directory, its control socket."""

from __future__ import annotations

import secrets
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from razem.hub.announcing import announced
from razem.hub.clock import clock
from razem.hub.config import Config
from razem.hub.control.place import control_path
from razem.hub.control.server import control_socket
from razem.hub.control.steering import Steering
from razem.hub.data import DataDirectory
from razem.hub.process import HubProcess
from razem.sockets.address import Address
from razem.sockets.inherited import activated
from razem.talk.log import MemoryLog
from razem.talk.log.sqlite import SQLiteLog

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from razem.talk.log import Log

__all__ = ["running_hub"]


@asynccontextmanager
async def running_hub(
    config: Config, version: str = "razem", reread: Callable[[], Config] | None = None
) -> AsyncIterator[HubProcess]:
    """Run a hub in this event loop for as long as the block lasts.

    Args:
        config: decoded and checked.
        version: of the program, as clients are told it.
        reread: reads the configuration again, for `HubProcess.reload`.

    Raises:
        Error: an address cannot be listened to, or the data cannot be used.
    """
    addresses = _addresses(config)
    async with _opened_log(config) as (log, data):
        told, directory = (data.told, data.path) if data is not None else (None, None)
        process = HubProcess(config, version, log, told, directory=directory, reread=reread)
        async with _controlled(process):
            try:
                await process.start(addresses)
                async with announced(process):
                    yield process
            finally:
                await process.stop()


def _addresses(config: Config) -> list[Address]:
    """Return where to listen: where nothing is said, on what systemd has opened for us."""
    passed = activated() if config.listen == Config().listen else []
    return passed or [Address(text) for text in config.addresses]


@asynccontextmanager
async def _controlled(process: HubProcess) -> AsyncIterator[None]:
    """Let the owner steer the hub, where it has a place for the control socket."""
    path = control_path(process.config)
    if path is None:
        yield
        return
    async with control_socket(path, Steering(process)):
        yield


@asynccontextmanager
async def _opened_log(config: Config) -> AsyncIterator[tuple[Log, DataDirectory | None]]:
    new_id = secrets.token_hex(4)
    if config.memory:
        yield MemoryLog(new_id, clock, keep=config.history), None
        return
    data = DataDirectory(Path(config.data_directory))
    try:
        log = SQLiteLog(data.log, new_id, clock, durability=config.durability, keep=config.history)
        try:
            yield log, data
        finally:
            await log.close()
    finally:
        data.close()
