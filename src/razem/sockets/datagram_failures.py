"""What goes wrong with datagrams: the system's errors into ours, as `razem.sockets.failures`."""

from __future__ import annotations

import errno
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from razem import errors
from razem.sockets.cases import CONNECT, CONNECT_UNIX, Case

if TYPE_CHECKING:
    from razem.errors import Error
    from razem.sockets.address import Address

__all__ = [
    "cannot_open",
    "connection_ended",
    "datagram_failed",
    "datagram_timed_out",
    "datagram_truncated",
    "empty_message",
    "no_datagrams",
    "no_half_close",
    "no_receiver",
    "other_family",
    "other_link",
    "wrong_scheme",
]

_UDP_MAX: Final = 65507  # bytes; RFC 768 and RFC 791: 65535 less 20 of IPv4 and 8 of UDP

_COMMON: Final = {
    number: CONNECT[number] for number in (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN)
} | {
    errno.ECONNREFUSED: Case(
        errors.RefusedError,
        "nothing listens on {peer}: the machine answered, the port is closed; what was sent "
        "there is lost.",
        "Start the server first, or check the port.",
    ),
    errno.EMSGSIZE: Case(
        errors.LimitError,
        "a datagram of {size} bytes is too large for {peer}.",
        "Send smaller ones; 1200 bytes pass nearly everywhere (RFC 9000 14).",
    ),
    errno.EACCES: Case(
        errors.PermissionDeniedError,
        "the system does not let this socket send to {peer}.",
        "To a broadcast address it takes options.broadcast = True; else ask the administrator "
        "about firewall rules.",
    ),
    errno.ENOBUFS: Case(
        errors.ExhaustedError,
        "the queue of the network interface on the way to {peer} is full.",
        "Send more slowly.",
    ),
    errno.ENOMEM: Case(
        errors.ExhaustedError, "the system has no memory to send to {peer}.", "Try again later."
    ),
    errno.ECONNRESET: Case(
        errors.ResetError,
        "{peer} threw the connection away; what it had not received is lost.",
        "Its program may have ended; connect again.",
    ),
    errno.EPIPE: Case(
        errors.BrokenError,
        "{peer} receives no more: it has closed the connection.",
        "Connect again.",
    ),
    errno.EADDRNOTAVAIL: CONNECT[errno.EADDRNOTAVAIL],
    errno.EINVAL: Case(
        errors.UnreachableError,
        "{peer} cannot be sent to from here.",
        "A socket that is bound to loopback reaches this machine only.",
    ),
}
_COMMON[errno.EPERM] = _COMMON[errno.EACCES]

_UNIX: Final = _COMMON | {
    errno.ECONNREFUSED: Case(
        errors.RefusedError,
        "nothing listens on {peer}: no process has it open.",
        "Start the server first, or check the name.",
    ),
    errno.ENOENT: Case(
        errors.RefusedError,
        "nothing listens on {peer}: there is no such file.",
        "Start the server first, or check the path.",
    ),
    errno.EPROTOTYPE: Case(
        errors.RefusedError,
        "nothing listens on {peer} for datagrams: it is a socket of another kind.",
        "Check what the server offers: unix:, unix+dgram: or unix+seqpacket:.",
    ),
    errno.EACCES: CONNECT_UNIX[errno.EACCES],
    errno.EMSGSIZE: Case(
        errors.LimitError,
        "a datagram of {size} bytes is too large for the send buffer.",
        "Send smaller ones, or raise options.send_buffer.",
    ),
}
_UNIX[errno.ENOTDIR] = _UNIX[errno.ENOENT]
_UNIX[errno.EPERM] = Case(  # unix(7): the receiver is connected to somebody else
    errors.PermissionDeniedError,
    "{peer} takes datagrams from another peer only.",
    "It is connected to that one; send to another address.",
)
_PRIVILEGE: Final = "sudo setcap cap_net_raw+ep {program}"
_RAW: Final = Case(
    errors.PermissionDeniedError,
    "this user may not open a raw socket, as {address} needs one.",
    f"Run it with sudo, or allow it to this Python: {_PRIVILEGE}.",
)
_PING: Final = Case(
    errors.PermissionDeniedError,
    "this user may not open a socket for ICMP, as {address} needs one.",
    "Allow it to everybody, sudo sysctl net.ipv4.ping_group_range='0 2147483647', or run it "
    "with sudo.",
)


def datagram_failed(
    error: OSError, peer: Address | None, stage: str, *, scheme: str, size: int = 0
) -> Error:
    """Make the error for a datagram that could not be sent or received.

    Args:
        error: the system's.
        peer: whom it was for, or who the socket is connected to, if that is known.
        stage: "read" or "write".
        scheme: of the socket's address.
        size: bytes of the datagram.
    """
    reason = (error.strerror or str(error)).lower()
    table = _UNIX if scheme.startswith("unix") else _COMMON
    case = table.get(error.errno or 0) or Case(errors.BrokenError, "{peer}: {reason}.", "")
    facts = {
        "peer": str(peer) if peer else "the peer",
        "address": str(peer) if peer else "the peer",
        "family": "such address",
        "reason": reason,
        "size": size,
    }
    made = case.kind(
        case.message.format(**facts), address=peer, stage=stage, advice=case.advice.format(**facts)
    )
    if isinstance(made, OSError):
        made.errno = error.errno
    if isinstance(made, errors.LimitError) and scheme == "udp":
        made.limit = _UDP_MAX
    return made


def cannot_open(address: Address, error: OSError, stage: str) -> Error | None:
    """Make the error for a socket that needs a privilege or an interface; None for another one.

    Args:
        address: icmp, ip or packet; anything else gives None.
        error: of socket(2), bind(2) or connect(2).
        stage: "connect" or "listen".
    """
    if address.scheme not in {"icmp", "ip", "packet"}:
        return None
    made: Error
    if error.errno in {errno.EPERM, errno.EACCES}:
        case = _PING if address.scheme == "icmp" else _RAW
        program = Path(sys.executable).resolve()
        made = case.kind(
            case.message.format(address=address), advice=case.advice.format(program=program)
        )
    elif error.errno in {errno.ENODEV, errno.ENXIO} and address.scheme == "packet":
        made = errors.UnavailableError(
            f"this machine has no interface {address.host}.", advice="List them with: ip link."
        )
    elif error.errno in {errno.EPROTONOSUPPORT, errno.ESOCKTNOSUPPORT, errno.EINVAL}:
        made = errors.UnavailableError(f"{address}: this machine has no such sockets.")
    else:
        return None
    made.address = address
    made.stage = stage
    if isinstance(made, OSError):
        made.errno = error.errno
    return made


def datagram_truncated(sender: Address | None, needed: int | None, got: int) -> Error:
    """Make the error for a datagram that was longer than what was asked for."""
    who = str(sender) if sender else "the peer"
    size = f"of {needed} bytes" if needed else "longer than that"
    return errors.TruncatedError(
        f"a datagram {size} from {who} was cut to {got}; the rest is lost.",
        needed=needed,
        got=got,
        address=sender,
        stage="read",
        advice="Receive with a larger max_bytes.",
    )


def datagram_timed_out(peer: Address | None, stage: str) -> Error:
    """Make the error for a datagram that did not come, or could not be sent, in time."""
    who = str(peer) if peer else "anybody"
    if stage == "read":
        message, advice = f"no datagram came from {who} in time.", "Nothing is lost: receive again."
    else:
        message = f"{who} does not receive, so that there was no room for another datagram in time."
        advice = "It was not sent: send it again."
    return errors.TimedOutError(message, address=peer, stage=stage, advice=advice)


def no_datagrams(address: Address) -> Error:
    """Make the error for an address whose connections are streams."""
    return errors.AddressError(
        f"{address} is a stream, not datagrams.", address=address, advice="Use connect()."
    )


def connection_ended(peer: Address | None) -> Error:
    """Make the error for receiving after the peer's end."""
    who = str(peer) if peer else "the peer"
    return errors.TruncatedError(
        f"{who} has ended the connection; nothing more will come.", address=peer, stage="read"
    )


def no_receiver(local: Address | None) -> Error:
    """Make the error for sending without saying to whom."""
    return errors.LocalProtocolError(
        f"a datagram from {local or 'here'} needs a receiver.",
        stage="write",
        advice="Give one, as in send(data, to=sender), or use connect() instead of bind().",
    )


def wrong_scheme(to: Address, scheme: str) -> Error:
    """Make the error for a receiver of another kind."""
    return errors.AddressError(
        f"{to} cannot be sent to from a socket of {scheme}.",
        address=to,
        advice=f"It takes an address of the same kind, {scheme}:…",
    )


def other_family(to: Address) -> Error:
    """Make the error for a receiver that only the other IP version reaches."""
    return errors.UnreachableError(
        f"{to} is reached by the other version of IP than this socket's.",
        address=to,
        stage="write",
        advice="Bind every interface, as in udp://:0, which has both.",
    )


def other_link(to: Address) -> Error:
    """Make the error for a receiver at another interface."""
    return errors.AddressError(
        f"{to} is at another interface than this socket.",
        address=to,
        advice=f"Use bind('packet://{to.host}') for that one.",
    )


def no_half_close(scheme: str) -> Error:
    """Make the error for ending what is no connection."""
    return errors.LocalProtocolError(
        f"{scheme} has no connection that could be ended.",
        stage="write",
        advice="Close it; or use unix+seqpacket, which has one.",
    )


def empty_message() -> Error:
    """Make the error for an empty message, which the peer would take for the end."""
    return errors.LocalProtocolError(
        "an empty message cannot be sent here: the peer would take it for the end.",
        stage="write",
        advice="Send at least one byte.",
    )
