"""Which process holds an address, read from Linux's /proc where it lets us (proc(5))."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from razem.sockets.endpoints import Endpoint

__all__ = ["find_holder"]

# Tables, and the state of those that are bound (include/net/tcp_states.h: TCP_LISTEN, TCP_CLOSE).
_TCP: Final = ("tcp", "tcp6"), "0A"
_UDP: Final = ("udp", "udp6"), "07"


def find_holder(endpoint: Endpoint, *, datagrams: bool = False) -> str:
    """Return such as ``nginx (process 812)``; "" where it cannot be known.

    Args:
        endpoint: that is in use.
        datagrams: whether it is UDP's, where TCP would be meant else.
    """
    if endpoint.family == getattr(socket, "AF_UNIX", None):
        inodes = set(_unix_inodes(str(endpoint)))
    else:
        inodes = set(_inodes(endpoint.sockaddr[1], *(_UDP if datagrams else _TCP)))
    if not inodes:
        return ""
    links = {f"socket:[{inode}]" for inode in inodes}
    for process in _entries(Path("/proc")):
        if process.name.isdigit() and _has_open(process, links):
            return f"{_name(process)} (process {process.name})"
    return ""


def _inodes(port: int, tables: tuple[str, str], wanted: str) -> Iterator[str]:
    """The sockets that listen on the port, whatever the interface."""
    for table in tables:
        for fields in _table(table):
            local, state, inode = fields[1], fields[3], fields[9]
            if state == wanted and int(local.rpartition(":")[2], 16) == port:
                yield inode


def _unix_inodes(path: str) -> Iterator[str]:
    """The sockets bound to the path; an abstract name is shown with an @."""
    for fields in _table("unix"):
        if len(fields) > 7 and fields[7] == path:
            yield fields[6]


def _table(name: str) -> Iterator[list[str]]:
    """The rows of a table of sockets."""
    try:
        text = Path("/proc/net", name).read_text("utf-8", errors="surrogateescape")
    except OSError:
        return
    for line in text.split("\n")[1:-1]:  # without the heading
        yield line.split(maxsplit=7 if name == "unix" else -1)


def _has_open(process: Path, links: set[str]) -> bool:
    """Whether the process has one of the sockets open; not for those of other users."""
    for descriptor in _entries(process / "fd"):
        try:
            if str(descriptor.readlink()) in links:
                return True
        except OSError:  # it was closed meanwhile
            continue
    return False


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


def _name(process: Path) -> str:
    try:
        return (process / "comm").read_text("utf-8", errors="replace").strip()
    except OSError:
        return "a program"
