"""Ports: what they are for, and who listens on those of this machine."""

from __future__ import annotations

import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from razem.errors import UnavailableError
from razem.serve.port_meanings import MEANINGS
from razem.sockets.address import Address
from razem.sockets.services import PORTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["OpenPort", "Port", "find_ports", "open_ports", "parse_services"]

_TCP_LISTEN: Final = "0A"  # include/net/tcp_states.h
_UDP_BOUND: Final = "07"  # the same numbers; TCP_CLOSE: bound, not connected
_UNIX_LISTENS: Final = 0x10000  # __SO_ACCEPTCON, include/uapi/linux/net.h
_UNIX_STREAM: Final = {"0001", "0005"}  # SOCK_STREAM, SOCK_SEQPACKET


class Port(NamedTuple):
    """What a port is for.

    Attributes:
        number: 0 to 65535.
        protocols: such as ``("tcp", "udp")``.
        name: of its service.
        meaning: what that is, "" where nobody says.
    """

    number: int
    protocols: tuple[str, ...]
    name: str
    meaning: str


class OpenPort(NamedTuple):
    """A socket of this machine that others can connect or send to.

    Attributes:
        address: with the host as it is bound: "" for every interface of both families.
        process: its number; None where this user may not see it.
        program: its name, "" likewise.
        user: whose socket it is.
    """

    address: Address
    process: int | None
    program: str
    user: str


def find_ports(query: str = "", services: Path = Path("/etc/services")) -> list[Port]:
    """Return the ports whose number, name or meaning fits, in order of their numbers.

    The names are those that addresses of Razem know, and those of the system's services file.

    Args:
        query: a number, or a part of a name or a meaning, whatever its case; "" for all.
        services: that file; it may be missing.
    """
    known: dict[tuple[int, str], Port] = {}
    for name, number in PORTS.items():
        known[number, name] = Port(number, (), name, MEANINGS.get(name, ""))
    try:
        text = services.read_text("utf-8", errors="replace")
    except OSError:
        text = ""
    for port in parse_services(text):
        ours = known.get((port.number, port.name))
        meaning = (ours.meaning if ours else "") or MEANINGS.get(port.name, "") or port.meaning
        before = ours.protocols if ours else ()
        protocols = tuple(sorted({*before, *port.protocols}))
        known[port.number, port.name] = port._replace(meaning=meaning, protocols=protocols)
    found = [port for port in known.values() if _fits(port, query.lower())]
    return sorted(found, key=lambda port: (port.number, port.name))


def parse_services(text: str) -> Iterator[Port]:
    """Read a services file (services(5)); lines that are none are passed over.

    >>> list(parse_services("ssh  22/tcp  secure  # SSH Remote Login Protocol"))
    [Port(number=22, protocols=('tcp',), name='ssh', meaning='SSH Remote Login Protocol')]
    """
    for line in text.splitlines():
        facts, _, comment = line.partition("#")
        words = facts.split()
        number, slash, protocol = words[1].partition("/") if len(words) > 1 else ("", "", "")
        if slash and number.isdecimal():
            yield Port(int(number), (protocol,), words[0], comment.strip())


def _fits(port: Port, query: str) -> bool:
    if query.isdecimal():
        return port.number == int(query)
    return query in port.name.lower() or query in port.meaning.lower()


def open_ports(*, unix: bool = False) -> list[OpenPort]:
    """Return who listens on this machine: TCP and UDP, and UNIX sockets too if asked for.

    Which process it is, Linux tells of one's own only, and root of all.

    Raises:
        UnavailableError: this is no Linux.
    """
    if sys.platform != "linux":
        raise UnavailableError(
            "who listens is read from Linux's /proc, which this system has not.",
            advice="Try: netstat -an.",
        )
    holders = _holders()
    users: dict[str, str] = {}
    found: dict[tuple[Address, int | None], OpenPort] = {}
    for address, user, inode in [*_internet(), *(_unix() if unix else ())]:
        process, program = holders.get(inode, (None, ""))
        if user not in users:
            users[user] = _user(user)
        found[address, process] = OpenPort(address, process, program, users[user])
    return sorted(found.values(), key=lambda port: (port.address.port or 0, str(port.address)))


def _internet() -> Iterator[tuple[Address, str, str]]:
    """The addresses of TCP and UDP, each with its user and inode (proc_pid_net(5))."""
    for scheme, tables, state in (
        ("tcp", ("tcp", "tcp6"), _TCP_LISTEN),
        ("udp", ("udp", "udp6"), _UDP_BOUND),
    ):
        for table in tables:
            for fields in _rows(table):
                if len(fields) > 9 and fields[3] == state:
                    host, _, port = fields[1].partition(":")
                    address = Address.of(scheme, host=_host(host), port=int(port, 16))
                    yield address, fields[7], fields[9]


def _unix() -> Iterator[tuple[Address, str, str]]:
    """The addresses of UNIX sockets that listen; whose they are is not told."""
    for fields in _rows("unix"):
        if len(fields) > 7 and int(fields[3], 16) & _UNIX_LISTENS and fields[4] in _UNIX_STREAM:
            yield Address.of("unix", path=fields[7]), "", fields[6]


def _rows(table: str) -> Iterator[list[str]]:
    try:
        text = Path("/proc/net", table).read_text("utf-8", errors="surrogateescape")
    except OSError:  # a machine without IPv6, say
        return
    for line in text.split("\n")[1:-1]:
        yield line.split(maxsplit=7 if table == "unix" else -1)


def _host(text: str) -> str:
    """Read an address as the kernel prints it: words of 32 bits in this machine's byte order."""
    packed = b"".join(
        int(text[place : place + 8], 16).to_bytes(4, sys.byteorder)
        for place in range(0, len(text), 8)
    )
    host = socket.inet_ntop(socket.AF_INET if len(packed) == 4 else socket.AF_INET6, packed)
    return "" if host == "::" else host


def _holders() -> dict[str, tuple[int, str]]:
    """The process of each socket, by inode, as far as this user may see."""
    found: dict[str, tuple[int, str]] = {}
    for process in _entries("/proc"):
        if not process.name.isdigit():
            continue
        for descriptor in _entries(process / "fd"):
            try:
                target = str(descriptor.readlink())
            except OSError:
                continue
            if target.startswith("socket:["):
                found.setdefault(target[8:-1], (int(process.name), _program(process)))
    return found


def _entries(folder: Path | str) -> Iterable[Path]:
    try:
        return sorted(Path(folder).iterdir())
    except OSError:
        return []


def _program(process: Path) -> str:
    try:
        return (process / "comm").read_text("utf-8", errors="replace").strip()
    except OSError:
        return ""


def _user(number: str) -> str:
    import pwd  # noqa: PLC0415  not on Windows

    try:
        return pwd.getpwuid(int(number)).pw_name if number else ""
    except KeyError:
        return number
