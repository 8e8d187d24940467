"""Addresses as the system takes them: numbers and paths, and names looked up."""

from __future__ import annotations

import os
import socket
import sys
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from razem.errors import AddressError, UnavailableError
from razem.sockets.address import Address
from razem.sockets.happy import interleave

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "Endpoint",
    "address_of",
    "connection_type",
    "from_addrinfo",
    "known_endpoints",
    "lookup_arguments",
    "unix_sockaddr",
]

# unix(7): sun_path has 108 bytes on Linux and 104 on BSD and macOS, the NUL at the end included.
_MAX_PATH: Final = 107 if sys.platform == "linux" else 103

_WITHOUT_PORTS: Final = {"icmp", "ip"}
_ETH_P_ALL: Final = 3  # packet(7): every protocol; linux/if_ether.h

_ANY_IPV4: Final = "0.0.0.0"
_ANY_IPV6: Final = "::"


class Endpoint(NamedTuple):
    """One place to connect to or to listen on.

    Attributes:
        family: such as `socket.AF_INET6`.
        sockaddr: as the `socket` module takes it for that family.
        dual_stack: an IPv6 endpoint to listen on that takes IPv4 too.
    """

    family: int
    sockaddr: Any
    dual_stack: bool = False

    def __str__(self) -> str:
        if isinstance(self.sockaddr, tuple):
            host, port = self.sockaddr[:2]
            if self.family not in {socket.AF_INET, socket.AF_INET6}:
                return str(host)  # the interface
            return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        return os.fsdecode(self.sockaddr).replace("\0", "@")

    def with_port(self, port: int) -> Endpoint:
        """Return the same with another port."""
        host, _, *more = self.sockaddr
        return self._replace(sockaddr=(host, port, *more))


def known_endpoints(address: Address, *, listening: bool) -> list[Endpoint] | None:
    """Return where the address leads, or None if its name must be looked up first.

    ``localhost`` is never asked for: it is this machine, by both families (RFC 6761 6.3).

    Raises:
        AddressError: it can be no socket's address.
    """
    if address.is_unix:
        return [Endpoint(socket.AF_UNIX, unix_sockaddr(address))]
    host, port = address.host, address.port
    if address.scheme == "packet":
        return [_packet_endpoint(address)]
    if address.scheme in _WITHOUT_PORTS:
        if not host and listening:
            each = [Endpoint(socket.AF_INET, (_ANY_IPV4, 0))]
            return [*each, Endpoint(socket.AF_INET6, (_ANY_IPV6, 0, 0, 0))]
        port = 0
    elif port is None or (not port and not listening):
        advice = "Port 0 lets the system choose when listening; name the port to connect to."
        raise AddressError(f"{address} has no port to connect to.", address=address, advice=advice)
    if not host and listening:
        if socket.has_dualstack_ipv6():
            return [Endpoint(socket.AF_INET6, (_ANY_IPV6, port, 0, 0), dual_stack=True)]
        return [Endpoint(socket.AF_INET, (_ANY_IPV4, port))]
    if host in {"", "localhost", "localhost."}:
        v4 = Endpoint(socket.AF_INET, ("127.0.0.1", port))
        return [Endpoint(socket.AF_INET6, ("::1", port, 0, 0)), v4] if socket.has_ipv6 else [v4]
    return None


def lookup_arguments(address: Address, *, listening: bool) -> dict[str, Any]:
    """Return what to ask `socket.getaddrinfo` for."""
    host = address.host
    flags = socket.AI_NUMERICSERV | (socket.AI_PASSIVE if listening else 0)
    if ":" in host or host.replace(".", "").isdigit():
        flags |= socket.AI_NUMERICHOST
    return {"host": host, "port": address.port or 0, "type": socket.SOCK_STREAM, "flags": flags}


def from_addrinfo(answers: Iterable[tuple[Any, ...]]) -> list[Endpoint]:
    """Turn the answers of `socket.getaddrinfo` into endpoints, in the order to try them."""
    endpoints = dict.fromkeys(Endpoint(answer[0], answer[4]) for answer in answers)
    return interleave(endpoints, lambda endpoint: endpoint.family)


def connection_type(address: Address) -> int:
    """Return the type of the sockets whose connections the address has.

    Raises:
        UnavailableError: this system has none.
    """
    if address.scheme != "unix+seqpacket":
        return socket.SOCK_STREAM
    if not hasattr(socket, "SOCK_SEQPACKET") or sys.platform == "darwin":
        raise UnavailableError(
            f"{address}: this system has no seqpacket sockets.",
            address=address,
            advice="Use unix: with records, which keep the boundaries too.",
        )
    return socket.SOCK_SEQPACKET


def address_of(scheme: str, sockaddr: Any) -> Address | None:
    """Return the address that a socket gives as its own or its peer's; None for no name."""
    if isinstance(sockaddr, tuple):
        host, port = sockaddr[:2]
        # RFC 4291 2.5.5.2: how a socket that takes both families shows those of IPv4.
        if host.startswith("::ffff:") and "." in host:
            host = host.removeprefix("::ffff:")
        if ":" in host and len(sockaddr) == 4 and sockaddr[3] and "%" not in host:
            host = f"{host}%{_zone(sockaddr[3])}"
        return Address.of(scheme, host=host, port=port)
    return _unix_address(scheme, os.fsdecode(sockaddr))


def _unix_address(scheme: str, path: str) -> Address | None:
    """Return None also for an abstract name that cannot be written: with a NUL in it, or empty."""
    if path.startswith("@"):  # a file, not an abstract name
        path = f"./{path}"
    path = path.replace("\0", "@", 1)
    if path in {"", "@"} or "\0" in path:
        return None
    return Address.of(scheme if scheme.startswith("unix") else "unix", path=path)


def _packet_endpoint(address: Address) -> Endpoint:
    """The link of an interface."""
    if not hasattr(socket, "AF_PACKET"):
        raise UnavailableError(
            f"{address}: only Linux has sockets for the link layer.", address=address
        )
    return Endpoint(socket.AF_PACKET, (address.host, _ETH_P_ALL))


def _zone(index: int) -> str:
    """The name of an interface, or its number where it has gone."""
    try:
        return socket.if_indextoname(index)
    except OSError:
        return str(index)


def unix_sockaddr(address: Address) -> str:
    """Check that the path can be a socket's, and return it as bind(2) takes it."""
    if not hasattr(socket, "AF_UNIX"):
        raise UnavailableError(
            f"{address}: this system has no UNIX sockets.",
            address=address,
            advice="Use tcp://localhost with a port.",
        )
    path = address.path
    size = len(os.fsencode(path))
    if size > _MAX_PATH:
        raise AddressError(
            f"{address}: a socket's path has {_MAX_PATH} bytes at most here, and this has {size}.",
            address=address,
            advice="Choose a shorter one, or a relative one from a folder nearby.",
        )
    if not path.startswith("@"):
        return path
    if sys.platform != "linux":
        raise UnavailableError(
            f"{address}: only Linux has abstract UNIX sockets.",
            address=address,
            advice="Use a path, as in unix:///tmp/name.",
        )
    return "\0" + path[1:]
