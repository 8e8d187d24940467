"""Options of sockets as typed attributes: one table, whatever the endpoint and the driver.

>>> import razem
>>> with razem.bind("udp://127.0.0.1:0", options={"receive_buffer": 65536}) as end:
...     end.options.broadcast = True
...     end.options.broadcast, end.options.hop_limit
(True, 64)
"""

from __future__ import annotations

import socket
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final, Generic, TypedDict, TypeVar, overload

from razem.errors import AddressError, LocalProtocolError, UnavailableError
from razem.sockets.option_kinds import (
    DEVICE,
    DSCP,
    FLAG,
    INTERFACE,
    LINGER,
    MILLISECONDS,
    SECONDS,
    Kind,
    integer,
    membership,
    option_failed,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from razem.sockets.address import Address

__all__ = ["Option", "OptionValues", "Options", "apply_preset", "check_options", "presetting"]

Value = TypeVar("Value")

_INT_MAX: Final = 2**31 - 1
_UINT_MAX: Final = 2**32 - 1
# Of Linux (tcp(7)), where Python does not know the name.
_NUMBERS: Final = {"TCP_FASTOPEN_CONNECT": 30} if hasattr(socket, "SO_MARK") else {}


class OptionValues(TypedDict, total=False):
    """What `connect`, `listen` and `bind` take as ``options=``: see `Options`."""

    broadcast: bool
    device: str
    dscp: int
    fast_open: int
    fast_open_connect: bool
    hop_limit: int
    ipv6_only: bool
    keepalive: bool
    keepalive_count: int
    keepalive_idle_seconds: float
    keepalive_interval_seconds: float
    linger_seconds: float | None
    mark: int
    mss: int
    multicast_hops: int
    multicast_interface: str
    multicast_loop: bool
    nodelay: bool
    receive_buffer: int
    reuse_address: bool
    reuse_port: bool
    send_buffer: int
    user_timeout_seconds: float


class Option(Generic[Value]):
    """One row of the table: an attribute of `Options`.

    Attributes:
        name: the attribute's.
        early: it works only before the socket is bound or connected.
    """

    name = ""

    def __init__(
        self,
        doc: str,
        kind: Kind[Value],
        *names: str,
        ipv6: tuple[str, str] | None = None,
        early: bool = False,
    ) -> None:
        self.__doc__ = doc
        self.early = early
        self._kind = kind
        level, option = names
        self._names = {0: (level, option)}
        if ipv6 is not None:
            self._names[socket.AF_INET6] = ipv6

    def __set_name__(self, owner: type[Options], name: str) -> None:
        self.name = name

    @overload
    def __get__(self, options: None, owner: type[Options]) -> Option[Value]: ...
    @overload
    def __get__(self, options: Options, owner: type[Options]) -> Value: ...
    def __get__(self, options: Options | None, owner: type[Options]) -> Option[Value] | Value:
        if options is None:
            return self
        with options.sockets() as sockets:
            return self.get(sockets[0])

    def __set__(self, options: Options, value: Value) -> None:
        if self.early:
            raise LocalProtocolError(
                f"{self.name} must be set before the socket is bound or connected.",
                advice=f"Give it to connect, listen or bind: options={{'{self.name}': {value!r}}}.",
            )
        with options.sockets() as sockets:
            for sock in sockets:
                self.set(sock, value)

    def get(self, sock: socket.socket) -> Value:
        """Ask a socket for the value."""
        level, option, spelled = self._numbers(sock)
        try:
            return self._kind.get(sock, level, option)
        except OSError as error:
            raise option_failed(error, self.name, spelled, sock) from error

    def set(self, sock: socket.socket, value: Value) -> None:
        """Give a socket the value.

        Raises:
            OptionError: the value is impossible.
            UnavailableError: this system, or this kind of socket, lacks the option.
            PermissionDeniedError: this user may not.
        """
        level, option, spelled = self._numbers(sock)
        self._kind.check(self.name, value)
        try:
            self._kind.set(sock, level, option, value)
        except OSError as error:
            raise option_failed(error, self.name, spelled, sock, value) from error

    def _numbers(self, sock: socket.socket) -> tuple[int, int, str]:
        """Return level and number for a socket, and how the system calls it."""
        level, option = self._names.get(sock.family) or self._names[0]
        numbers = [getattr(socket, name, _NUMBERS.get(name)) for name in (level, option)]
        if numbers[0] is None or numbers[1] is None:
            raise UnavailableError(f"this system has no option {self.name} ({option}).")
        return numbers[0], numbers[1], option


class Options:
    """The options of an endpoint's sockets: attributes to read and to set.

    What is set holds for all sockets of the endpoint (one listener may have two). Those that work
    only before a socket is bound or connected are given as ``options=`` to `razem.connect`,
    `razem.listen` and `razem.bind`, where all the others can be, too. Connections inherit most of
    their listener's.

    All raise:

    - `UnavailableError`: this system, or this kind of socket, lacks the option, by name;
    - `OptionError`: the value is not possible;
    - `PermissionDeniedError`: this user may not;
    - `LocalProtocolError`: it is too late for this one;
    - `ClosedError`: the endpoint is closed.
    """

    broadcast = Option(
        "Whether datagrams may go to broadcast addresses (socket(7), SO_BROADCAST).",
        FLAG,
        "SOL_SOCKET",
        "SO_BROADCAST",
    )
    device = Option(
        'The only interface to send and receive by, such as "eth0"; "" for any '
        "(socket(7), SO_BINDTODEVICE).",
        DEVICE,
        "SOL_SOCKET",
        "SO_BINDTODEVICE",
    )
    dscp = Option(
        "How routers should treat what is sent: a code point from 0 to 63, 46 being expedited "
        "(RFC 2474; ip(7), IP_TOS; ipv6(7), IPV6_TCLASS).",
        DSCP,
        "IPPROTO_IP",
        "IP_TOS",
        ipv6=("IPPROTO_IPV6", "IPV6_TCLASS"),
    )
    fast_open = Option(
        "Of a listener: how many clients may send data with their first packet and wait to be "
        "accepted; 0 for none (RFC 7413; tcp(7), TCP_FASTOPEN).",
        integer(0, _INT_MAX),
        "IPPROTO_TCP",
        "TCP_FASTOPEN",
    )
    fast_open_connect = Option(
        "Whether connecting waits for the first data, to send both in one packet, if the peer is "
        "known to take that (RFC 7413; Linux 4.11, TCP_FASTOPEN_CONNECT).",
        FLAG,
        "IPPROTO_TCP",
        "TCP_FASTOPEN_CONNECT",
        early=True,
    )
    hop_limit = Option(
        "Routers that a packet may pass, 1 to 255; IPv4 calls it time to live "
        "(ip(7), IP_TTL; ipv6(7), IPV6_UNICAST_HOPS).",
        integer(1, 255),
        "IPPROTO_IP",
        "IP_TTL",
        ipv6=("IPPROTO_IPV6", "IPV6_UNICAST_HOPS"),
    )
    ipv6_only = Option(
        "Whether an IPv6 socket leaves IPv4 to others (ipv6(7), IPV6_V6ONLY).",
        FLAG,
        "IPPROTO_IPV6",
        "IPV6_V6ONLY",
        early=True,
    )
    keepalive = Option(
        "Whether the system asks a silent peer whether it is still there (socket(7), "
        "SO_KEEPALIVE).",
        FLAG,
        "SOL_SOCKET",
        "SO_KEEPALIVE",
    )
    keepalive_count = Option(
        "Questions without an answer, 1 to 127, after which the connection is given up "
        "(tcp(7), TCP_KEEPCNT).",
        integer(1, 127),
        "IPPROTO_TCP",
        "TCP_KEEPCNT",
    )
    keepalive_idle_seconds = Option(
        "Seconds of silence before the first question, whole, 1 to 32767 (tcp(7), TCP_KEEPIDLE).",
        SECONDS,
        "IPPROTO_TCP",
        "TCP_KEEPIDLE",
    )
    keepalive_interval_seconds = Option(
        "Seconds between two questions, whole, 1 to 32767 (tcp(7), TCP_KEEPINTVL).",
        SECONDS,
        "IPPROTO_TCP",
        "TCP_KEEPINTVL",
    )
    linger_seconds = Option(
        "Seconds, whole, that closing waits until the peer has everything; 0 throws the "
        "connection away (RST); None lets the system send on by itself (socket(7), SO_LINGER).",
        LINGER,
        "SOL_SOCKET",
        "SO_LINGER",
    )
    mark = Option(
        "A number, 0 to 2**32 - 1, for the system's routing and firewall rules "
        "(socket(7), SO_MARK; needs CAP_NET_ADMIN).",
        integer(0, _UINT_MAX),
        "SOL_SOCKET",
        "SO_MARK",
    )
    mss = Option(
        "Bytes of data in one TCP segment at the most, 88 to 32767; reading it gives what holds "
        "now (tcp(7), TCP_MAXSEG).",
        integer(88, 32767),
        "IPPROTO_TCP",
        "TCP_MAXSEG",
    )
    multicast_hops = Option(
        "Routers that a packet to a group may pass, 0 (this machine only) to 255 "
        "(ip(7), IP_MULTICAST_TTL; ipv6(7), IPV6_MULTICAST_HOPS).",
        integer(0, 255),
        "IPPROTO_IP",
        "IP_MULTICAST_TTL",
        ipv6=("IPPROTO_IPV6", "IPV6_MULTICAST_HOPS"),
    )
    multicast_interface = Option(
        'The interface by which packets to groups go out, such as "eth0"; "" for the system\'s '
        "choice; IPv4 tells its address when it is read (ip(7), IP_MULTICAST_IF; ipv6(7), "
        "IPV6_MULTICAST_IF).",
        INTERFACE,
        "IPPROTO_IP",
        "IP_MULTICAST_IF",
        ipv6=("IPPROTO_IPV6", "IPV6_MULTICAST_IF"),
    )
    multicast_loop = Option(
        "Whether packets to groups come to this machine as well (ip(7), IP_MULTICAST_LOOP; "
        "ipv6(7), IPV6_MULTICAST_LOOP).",
        FLAG,
        "IPPROTO_IP",
        "IP_MULTICAST_LOOP",
        ipv6=("IPPROTO_IPV6", "IPV6_MULTICAST_LOOP"),
    )
    nodelay = Option(
        "Whether small pieces go out at once and do not wait for the acknowledgement of earlier "
        "ones; Razem sets it (RFC 9293 3.7.4; tcp(7), TCP_NODELAY).",
        FLAG,
        "IPPROTO_TCP",
        "TCP_NODELAY",
    )
    receive_buffer = Option(
        "Bytes that may have arrived and not been received yet. Linux doubles what is set, for "
        "its own use, and has a limit (net.core.rmem_max; socket(7), SO_RCVBUF).",
        integer(0, _INT_MAX),
        "SOL_SOCKET",
        "SO_RCVBUF",
    )
    reuse_address = Option(
        "Whether to bind although old connections of the address linger, or, of UDP, although "
        "another socket with the option has it; listeners set it (socket(7), SO_REUSEADDR).",
        FLAG,
        "SOL_SOCKET",
        "SO_REUSEADDR",
        early=True,
    )
    reuse_port = Option(
        "Whether several sockets with this option share an address, the system dealing out what "
        "arrives (socket(7), SO_REUSEPORT).",
        FLAG,
        "SOL_SOCKET",
        "SO_REUSEPORT",
        early=True,
    )
    send_buffer = Option(
        "Bytes that may have been sent and not been acknowledged yet. Linux doubles what is set, "
        "for its own use, and has a limit (net.core.wmem_max; socket(7), SO_SNDBUF).",
        integer(0, _INT_MAX),
        "SOL_SOCKET",
        "SO_SNDBUF",
    )
    user_timeout_seconds = Option(
        "Seconds, to the millisecond, that what was sent may stay without acknowledgement before "
        "the connection is given up; 0 for the system's choice (RFC 5482; tcp(7), "
        "TCP_USER_TIMEOUT).",
        MILLISECONDS,
        "IPPROTO_TCP",
        "TCP_USER_TIMEOUT",
    )

    def __init__(self, descriptors: Callable[[], Sequence[int]]) -> None:
        self._descriptors = descriptors

    @contextmanager
    def sockets(self) -> Iterator[list[socket.socket]]:
        """Give the sockets of the endpoint, for a moment; they stay its own.

        Raises:
            UnavailableError: it has none.
        """
        borrowed: list[socket.socket] = []
        try:
            for descriptor in self._descriptors():
                try:
                    borrowed.append(socket.socket(fileno=descriptor))
                except OSError as error:
                    message = "this endpoint is no socket: it has no options."
                    raise UnavailableError(message) from error
            yield borrowed
        finally:
            for sock in borrowed:
                sock.detach()

    def join(self, group: str, interface: str = "") -> None:
        """Receive what is sent to a multicast group, until `leave` or the end of the socket.

        Args:
            group: an IPv4 or IPv6 multicast address, such as "224.0.0.251" or "ff02::fb".
            interface: by which to hear it, such as "eth0"; "" for the system's choice.

        Raises:
            OptionError: it is no group.
            UnavailableError: no socket of this IP version; or no such interface, or none that has
                multicast.
        """
        self._member(group, interface, joins=True)

    def leave(self, group: str, interface: str = "") -> None:
        """Receive it no more; arguments and errors are those of `join`."""
        self._member(group, interface, joins=False)

    def _member(self, group: str, interface: str, *, joins: bool) -> None:
        with self.sockets() as sockets:
            membership(sockets, group, interface, joins=joins)

    def __repr__(self) -> str:
        shown = []
        for name in TABLE:
            try:
                shown.append(f"{name}={getattr(self, name)!r}")
            except (OSError, ValueError):
                continue
        return f"<Options {' '.join(shown)}>"


TABLE: Final[dict[str, Option[Any]]] = {
    name: option for name, option in vars(Options).items() if isinstance(option, Option)
}

_preset: ContextVar[OptionValues | None] = ContextVar("razem_options", default=None)
_WITHOUT: Final = {"stdio", "exec", "fd", "code", "razem"}


def check_options(address: Address, options: OptionValues | None) -> None:
    """Check the names of options, and that the address opens sockets that can have them.

    Raises:
        AddressError: it opens none.
        UnavailableError: there is no such option.
    """
    if options and address.scheme in _WITHOUT:
        raise AddressError(
            f"{address} opens no socket that could have options.",
            address=address,
            advice="Set those of an inherited socket afterwards, by its .options.",
        )
    for name in options or ():
        if name not in TABLE:
            from difflib import get_close_matches  # noqa: PLC0415  slow, and seldom needed

            near = get_close_matches(name, TABLE, n=1)
            advice = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(TABLE)}."
            raise UnavailableError(f"there is no option {name}.", advice=advice)


@contextmanager
def presetting(address: Address, options: OptionValues | None) -> Iterator[None]:
    """Let every socket that is opened inside, by this thread or task, have the options.

    They go this way, not through each function between, because rooms above may add schemes whose
    functions know nothing of them.

    Raises:
        AddressError: as `check_options`.
    """
    if not options:
        yield
        return
    check_options(address, options)
    token = _preset.set(options)
    try:
        yield
    finally:
        _preset.reset(token)


def apply_preset(sock: socket.socket) -> None:
    """Give a new socket, neither bound nor connected, the options of `presetting`."""
    options = _preset.get()
    if options:
        for name, value in options.items():
            TABLE[name].set(sock, value)
