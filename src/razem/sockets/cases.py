"""What the system's error numbers mean at each stage, and what to do about them.

Facts, not code: `razem.sockets.failures` makes the errors.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Final, NamedTuple

from razem import errors

if TYPE_CHECKING:
    from razem.errors import Error

__all__ = [
    "ANYWHERE",
    "CONNECT",
    "CONNECT_UNIX",
    "LEAVE",
    "LEAVE_UNIX",
    "LISTEN",
    "LISTEN_UNIX",
    "PASSING",
    "TELLING",
    "Case",
]


class Case(NamedTuple):
    """What an error number means at some stage; braces are filled in with the facts."""

    kind: type[Error]
    message: str
    advice: str


_NO_DESCRIPTOR: Final = Case(
    errors.ExhaustedError,
    "{address}: {reason}, so there is no room for another socket.",
    "Close what is not needed, or raise the limit (ulimit -n).",
)
_NO_MEMORY: Final = Case(
    errors.ExhaustedError,
    "{address}: the system has no memory for another socket.",
    "Try again later, or close what is not needed.",
)
_NO_FAMILY: Final = Case(
    errors.UnavailableError,
    "{address}: this machine has no {family}.",
    "Use an address of another kind, or switch it on in the system.",
)
_NO_WAY: Final = Case(
    errors.UnreachableError,
    "no way leads to {address}: {reason}.",
    "Check the address, the network cable or Wi-Fi, and the routes of this machine.",
)
ANYWHERE: Final = {
    errno.EMFILE: _NO_DESCRIPTOR,
    errno.ENFILE: _NO_DESCRIPTOR,
    errno.ENOBUFS: _NO_MEMORY,
    errno.ENOMEM: _NO_MEMORY,
    errno.EAFNOSUPPORT: _NO_FAMILY,
}

CONNECT: Final = ANYWHERE | {
    errno.ECONNREFUSED: Case(
        errors.RefusedError,
        "nothing listens on {address}: the machine answered, the port is closed.",
        "Start the server first, or check the port.",
    ),
    errno.ETIMEDOUT: Case(
        errors.TimedOutError,
        "{address} did not answer.",
        "The machine may be off, or a firewall drops what is sent to it; check the address.",
    ),
    errno.ENETUNREACH: _NO_WAY,
    errno.EHOSTUNREACH: _NO_WAY,
    errno.ENETDOWN: _NO_WAY,
    errno.EADDRNOTAVAIL: Case(
        errors.UnavailableError,
        "this machine has no address or port of its own left to reach {address}.",
        "Check that it has {family}; or wait until old connections have gone.",
    ),
    errno.EACCES: Case(
        errors.PermissionDeniedError,
        "the system does not let this user connect to {address}.",
        "Ask its administrator about firewall rules.",
    ),
    errno.ECONNRESET: Case(
        errors.ResetError,
        "{address} took the connection and threw it away at once.",
        "The server may be overloaded or does not want this client; look at its log.",
    ),
}
CONNECT[errno.EPERM] = CONNECT[errno.EACCES]
CONNECT[errno.EPFNOSUPPORT] = Case(  # by razem.sockets.source
    errors.UnavailableError,
    "{address} is not reached from that address of ours: it is of another family.",
    "To leave for it takes an address of {family}.",
)

CONNECT_UNIX: Final = CONNECT | {
    errno.ECONNREFUSED: Case(
        errors.RefusedError,
        "nothing listens on {address}: no process has it open.",
        "Start the server first, or check the name.",
    ),
    errno.ENOENT: Case(
        errors.RefusedError,
        "nothing listens on {address}: there is no such file.",
        "Start the server first, or check the path.",
    ),
    errno.ENOTDIR: Case(
        errors.RefusedError,
        "nothing listens on {address}: there is no such file.",
        "Check the path.",
    ),
    errno.EPROTOTYPE: Case(
        errors.RefusedError,
        "nothing listens on {address} in this way: it is a socket of another kind.",
        "Check what the server offers: unix:, unix+dgram: or unix+seqpacket:.",
    ),
    errno.EACCES: Case(
        errors.PermissionDeniedError,
        "this user may not connect to {address}.",
        "It takes write permission on the socket file and the way to it (ls -l).",
    ),
    errno.EAGAIN: Case(
        errors.TimedOutError,
        "{address} did not answer: its queue of waiting clients is full.",
        "The server is busy or stuck; try again later.",
    ),
}

LISTEN: Final = ANYWHERE | {
    errno.EADDRINUSE: Case(
        errors.InUseError,
        "{address} is in use{holder}.",
        "Stop what uses it, or choose another port (0 for any free one).",
    ),
    errno.EACCES: Case(
        errors.PermissionDeniedError,
        "this user may not listen on {address}: ports below {unprivileged} need a privilege.",
        "Choose a port from {unprivileged} on, run it with sudo, or allow it for everybody: "
        "sudo sysctl net.ipv4.ip_unprivileged_port_start={port}.",
    ),
    errno.EADDRNOTAVAIL: Case(
        errors.UnavailableError,
        "cannot listen on {address}: this machine does not have that address.",
        "Use one of its own (ip address), or every interface, as in {scheme}://:{port}.",
    ),
}

LISTEN_UNIX: Final = ANYWHERE | {
    errno.EADDRINUSE: Case(
        errors.InUseError,
        "{address} is in use{holder}.",
        "Stop what uses it, or choose another name.",
    ),
    errno.EACCES: Case(
        errors.PermissionDeniedError,
        "this user may not create {address}.",
        "Choose a folder that this user may write to.",
    ),
    errno.ENOENT: Case(
        errors.UnavailableError,
        "cannot create {address}: there is no such folder.",
        "Create it first, or check the path.",
    ),
    errno.ENOTDIR: Case(
        errors.UnavailableError,
        "cannot create {address}: a part of its path is no folder.",
        "Check the path.",
    ),
    errno.EROFS: Case(
        errors.PermissionDeniedError,
        "cannot create {address}: that file system is read-only.",
        "Choose another folder.",
    ),
}
LISTEN_UNIX[errno.EPERM] = LISTEN_UNIX[errno.EACCES]

# Leaving from an address of ours.
LEAVE: Final = LISTEN | {
    errno.EADDRNOTAVAIL: Case(
        errors.UnavailableError,
        "cannot leave from {address}: this machine does not have that address.",
        "Use one of its own (ip address).",
    ),
    errno.EACCES: Case(
        errors.PermissionDeniedError,
        "this user may not leave from {address}: ports below {unprivileged} need a privilege.",
        "Choose a port from {unprivileged} on, or 0 for any.",
    ),
}
LEAVE_UNIX: Final = LISTEN_UNIX

PASSING: Final = {
    errno.EAGAIN,
    errno.EWOULDBLOCK,
    errno.ECONNABORTED,
    errno.EPROTO,
    errno.ENETDOWN,
    errno.ENOPROTOOPT,
    errno.EHOSTUNREACH,
    errno.EOPNOTSUPP,
    errno.ENETUNREACH,
    errno.EPERM,
}

# When several addresses of a name were tried in vain, the error that tells most: one that came
# from the machine itself tells more than one from the way there, or from ours.
TELLING: Final = (
    errors.PermissionDeniedError,
    errors.RefusedError,
    errors.ResetError,
    errors.TimedOutError,
    errors.ExhaustedError,
    errors.UnreachableError,
)
