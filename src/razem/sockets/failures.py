"""The system's errors into ours; the words are those of `razem.sockets.cases`."""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from razem import errors
from razem.errors import Attempt, Error
from razem.sockets.cases import (
    ANYWHERE,
    CONNECT,
    CONNECT_UNIX,
    LEAVE,
    LEAVE_UNIX,
    LISTEN,
    LISTEN_UNIX,
    PASSING,
    TELLING,
    Case,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from razem.sockets.address import Address
    from razem.sockets.endpoints import Endpoint

__all__ = [
    "Failed",
    "attempt",
    "cannot_accept",
    "cannot_connect",
    "cannot_leave",
    "cannot_listen",
    "connect_timed_out",
    "is_missing_family",
    "is_passing",
    "not_resolved",
    "os_error",
    "resolve_timed_out",
    "stream_failed",
    "timed_out",
]


class Failed(NamedTuple):
    """One attempt to connect that has come to nothing.

    Attributes:
        endpoint: that was tried.
        error: the system's.
        seconds: that it took.
        local: where it came from, if the socket had a name by then.
    """

    endpoint: Endpoint
    error: OSError
    seconds: float
    local: Address | None = None


def not_resolved(address: Address, error: Exception) -> Error:
    """Make the error for a name that getaddrinfo(3) gave no address for."""
    host = address.host
    number = error.errno if isinstance(error, OSError) else None
    if number in {socket.EAI_AGAIN, getattr(socket, "EAI_FAIL", None)}:
        message = f"the name {host} could not be looked up: no name server answered."
        advice = "Check the network, and the name servers in /etc/resolv.conf."
    elif "%" in host:
        message = f"{host}: this machine has no interface of that name."
        advice = "List them with: ip link."
    elif isinstance(error, UnicodeError):
        message = f"{host} can be no host name."
        advice = "Check the spelling."
    else:
        message = f"no machine is known by the name {host}."
        advice = "Check the spelling, or the name servers of this machine."
    made = errors.ResolveError(message, address=address, stage="resolve", advice=advice)
    made.errno = number
    return made


def resolve_timed_out(address: Address) -> Error:
    """Make the error for a name server that did not answer in our time."""
    return errors.TimedOutError(
        f"the name {address.host} was not looked up in time: no name server answered.",
        address=address,
        stage="resolve",
        advice="Check the network, and the name servers in /etc/resolv.conf; or wait longer.",
    )


def connect_timed_out(
    address: Address, attempts: Sequence[Attempt], local: Address | None
) -> Error:
    """Make the error for a connect that ran out of its time."""
    return errors.TimedOutError(
        f"{address} did not answer in time{_tried(attempts)}.",
        address=address,
        stage="connect",
        attempts=attempts,
        local=local,
        advice=CONNECT[errno.ETIMEDOUT].advice,
    )


def cannot_connect(address: Address, failed: Sequence[Failed]) -> tuple[Error, OSError]:
    """Make the error for a connect that failed at every endpoint, and name its cause.

    Args:
        address: as the caller wrote it.
        failed: each endpoint that was tried, with its error.
    """
    attempts = tuple(map(attempt, failed))
    table = CONNECT_UNIX if address.is_unix else CONNECT
    made = [
        (_make(table, address, each.error, each.endpoint), each.error, each.local)
        for each in failed
    ]
    chosen, cause, local = min(made, key=lambda each: _rank(each[0]))
    chosen.stage = "connect"
    chosen.local = local
    chosen.attempts = attempts
    chosen.message = chosen.message[:-1] + _tried(attempts) + "."
    return chosen, cause


def attempt(failed: Failed) -> Attempt:
    """Record how one attempt ended, for whoever gets the error."""
    error = failed.error
    reason = error.strerror or str(error)
    return Attempt(str(failed.endpoint), error.errno, reason, failed.seconds)


def cannot_listen(address: Address, error: OSError, endpoint: Endpoint) -> Error:
    """Make the error for an address that cannot be listened on."""
    holder = ""
    if error.errno == errno.EADDRINUSE:
        from razem.sockets.holder import find_holder  # noqa: PLC0415  reads all of /proc

        found = find_holder(endpoint, datagrams=address.scheme == "udp")
        holder = f" by {found}" if found else ""
    made = _make(LISTEN_UNIX if address.is_unix else LISTEN, address, error, endpoint, holder)
    made.stage = "listen"
    return made


def cannot_leave(source: Address, error: OSError) -> Error:
    """Make the error for an address of ours that no connection can come from."""
    made = _make(LEAVE_UNIX if source.is_unix else LEAVE, source, error, None)
    made.stage = "connect"
    return made


def cannot_accept(address: Address, error: OSError) -> Error:
    """Make the error for a listener that cannot take a connection."""
    made = _make(ANYWHERE, address, error, None)
    made.stage = "accept"
    return made


def stream_failed(error: OSError, peer: Address | None, stage: str) -> Error:
    """Make the error for a connection that broke.

    Args:
        error: of the read or write.
        peer: who was at the other end, if that has a name.
        stage: "read" or "write".
    """
    who = str(peer) if peer else "the peer"
    kind: type[errors.BrokenError] = errors.BrokenError
    advice = "Connect again."
    if error.errno in {errno.ECONNRESET, errno.ECONNABORTED}:
        kind = errors.ResetError
        message = f"{who} threw the connection away; what it had not sent is lost."
        advice = "Its program may have ended; connect again."
    elif error.errno in {errno.EPIPE, errno.ESHUTDOWN}:
        message = f"{who} reads no more: it has closed the connection."
    elif error.errno == errno.ETIMEDOUT:
        message = f"{who} was not heard of for too long; the system gave the connection up."
        advice = "Check the network between, and connect again."
    else:
        message = f"the connection to {who} broke: {error.strerror or error}."
    made = kind(message, address=peer, stage=stage, advice=advice)
    made.errno = error.errno
    return made


def timed_out(peer: Address | None, stage: str) -> errors.TimedOutError:
    """Make the error for a read or write that ran out of its time."""
    who = str(peer) if peer else "the peer"
    if stage == "read":
        message, advice = f"nothing came from {who} in time.", "Nothing is lost: receive again."
    else:
        message = f"{who} does not read, so that sending took too long."
        advice = "What was not sent yet goes first when something is sent again."
    return errors.TimedOutError(message, address=peer, stage=stage, advice=advice)


def _make(
    table: dict[int, Case],
    address: Address,
    error: OSError,
    endpoint: Endpoint | None,
    holder: str = "",
) -> Error:
    """Look the error number up and fill in the facts."""
    reason = (error.strerror or str(error)).lower()
    case = table.get(error.errno or 0) or Case(Error, "{address}: {reason}.", "")
    facts = {
        "address": address,
        "scheme": address.scheme,
        "port": address.port,
        "family": _family(endpoint),
        "reason": reason,
        "holder": holder,
        "unprivileged": _unprivileged_port() if error.errno == errno.EACCES else 0,
    }
    made = case.kind(
        case.message.format(**facts), address=address, advice=case.advice.format(**facts)
    )
    if isinstance(made, OSError):
        made.errno = error.errno
    return made


def _rank(error: Error) -> int:
    """The place of an error among the telling ones; smaller tells more."""
    ranks: dict[type[Error], int] = {kind: rank for rank, kind in enumerate(TELLING)}
    return ranks.get(type(error), len(ranks))


def _tried(attempts: Sequence[Attempt]) -> str:
    """Name the addresses, where they are more than the one that was written."""
    names = ", ".join(each.address for each in attempts)
    return f" (tried {names})" if len(attempts) > 1 else ""


def _family(endpoint: Endpoint | None) -> str:
    names: dict[int, str] = {socket.AF_INET: "IPv4", socket.AF_INET6: "IPv6"}
    return names.get(endpoint.family, "UNIX sockets") if endpoint else "such address"


def _unprivileged_port() -> int:
    """The first port that anybody may listen on (ip(7), ip_unprivileged_port_start)."""
    try:
        return int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text("ascii"))
    except (OSError, ValueError):
        return 1024


def is_missing_family(error: OSError) -> bool:
    """Whether the machine lacks that family or that loopback, as one without IPv6 does."""
    return error.errno in {errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL, errno.EPROTONOSUPPORT}


def is_passing(error: OSError) -> bool:
    """Whether accept(2) gave an error of the one connection, or had none after all.

    accept(2): "already-pending network errors on the new socket" are passed as its own.
    """
    return error.errno in PASSING


def os_error(number: int) -> OSError:
    """Make the system's error of that number."""
    return OSError(number, os.strerror(number))
