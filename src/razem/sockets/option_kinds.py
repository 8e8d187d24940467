"""Kinds of values that options of sockets have, and what goes wrong with them."""

from __future__ import annotations

import errno
import math
import socket
import struct
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from razem.errors import Error, OptionError, PermissionDeniedError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = [
    "DEVICE",
    "DSCP",
    "FLAG",
    "INTERFACE",
    "LINGER",
    "MILLISECONDS",
    "SECONDS",
    "Kind",
    "integer",
    "membership",
    "option_failed",
]

Value = TypeVar("Value")

_UINT_MAX: Final = 2**32 - 1
_ECN: Final = 3  # RFC 3168 5: the two low bits of the same byte
_LINGER: Final = struct.Struct("@ii")  # socket(7): l_onoff, l_linger
_MREQN: Final = struct.Struct("@4s4si")  # ip(7): group, address, interface
_MREQ6: Final = struct.Struct("@16sI")  # ipv6(7): group, interface


class Kind(Generic[Value]):
    """How a value is checked, and read from and given to a socket.

    Args:
        get: ``(socket, level, option) -> value``.
        set_value: ``(socket, level, option, value)``.
        check: returns what a value must be, in words, if it is not that; else "".
    """

    def __init__(
        self,
        get: Callable[[socket.socket, int, int], Value],
        set_value: Callable[[socket.socket, int, int, Value], None],
        check: Callable[[Any], str],
    ) -> None:
        self.get = get
        self.set = set_value
        self._check = check

    def check(self, name: str, value: object) -> None:
        """Check the value of the option `name`.

        Raises:
            OptionError: it is impossible.
        """
        wanted = self._check(value)
        if wanted:
            raise OptionError(f"{name} cannot be {value!r}.", advice=f"It is {wanted}.")


def integer(low: int, high: int) -> Kind[int]:
    """Make the kind of whole numbers within bounds."""

    def check(value: Any) -> str:
        good = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
        return "" if good else f"a whole number from {low} to {high}"

    def set_value(sock: socket.socket, level: int, option: int, value: int) -> None:
        # Those over 2**31 are the same bits as negative ones.
        sock.setsockopt(level, option, value if value < 2**31 else value - 2**32)

    def get(sock: socket.socket, level: int, option: int) -> int:
        value = sock.getsockopt(level, option)
        return value & _UINT_MAX if high == _UINT_MAX else value

    return Kind(get, set_value, check)


def _number(low: float, high: float, unit: str) -> Callable[[Any], str]:
    def check(value: Any) -> str:
        good = isinstance(value, (int, float)) and not isinstance(value, bool)
        return "" if good and low <= value <= high else f"from {low:g} to {high:g} {unit}"

    return check


def _check_flag(value: Any) -> str:
    return "" if isinstance(value, (bool, int)) and value in {0, 1} else "True or False"


def _check_text(value: Any) -> str:
    good = isinstance(value, str) and "\0" not in value
    return "" if good else "the name of an interface (ip link), or empty"


FLAG: Final[Kind[bool]] = Kind(
    lambda sock, level, option: bool(sock.getsockopt(level, option)),
    lambda sock, level, option, value: sock.setsockopt(level, option, int(value)),
    _check_flag,
)
SECONDS: Final[Kind[float]] = Kind(
    lambda sock, level, option: float(sock.getsockopt(level, option)),
    lambda sock, level, option, value: sock.setsockopt(level, option, math.ceil(value)),
    _number(1, 32767, "seconds"),  # tcp(7): MAX_TCP_KEEPIDLE, MAX_TCP_KEEPINTVL
)
MILLISECONDS: Final[Kind[float]] = Kind(
    lambda sock, level, option: sock.getsockopt(level, option) / 1000,
    lambda sock, level, option, value: sock.setsockopt(level, option, math.ceil(value * 1000)),
    _number(0, 2_000_000, "seconds"),
)


def _get_dscp(sock: socket.socket, level: int, option: int) -> int:
    return sock.getsockopt(level, option) >> 2


def _set_dscp(sock: socket.socket, level: int, option: int, value: int) -> None:
    ecn = sock.getsockopt(level, option) & _ECN
    sock.setsockopt(level, option, value << 2 | ecn)


DSCP: Final = Kind(_get_dscp, _set_dscp, integer(0, 63)._check)  # noqa: SLF001  ours


def _get_linger(sock: socket.socket, level: int, option: int) -> float | None:
    on, seconds = _LINGER.unpack(sock.getsockopt(level, option, _LINGER.size))
    return float(seconds) if on else None


def _set_linger(sock: socket.socket, level: int, option: int, value: float | None) -> None:
    seconds = 0 if value is None else math.ceil(value)
    sock.setsockopt(level, option, _LINGER.pack(value is not None, seconds))


def _check_linger(value: Any) -> str:
    wanted = "" if value is None else _number(0, 32767, "seconds")(value)
    return f"{wanted}, or None" if wanted else ""


LINGER: Final[Kind[float | None]] = Kind(_get_linger, _set_linger, _check_linger)


def _get_device(sock: socket.socket, level: int, option: int) -> str:
    raw = sock.getsockopt(level, option, 16)  # netdevice(7): IFNAMSIZ
    return raw.rstrip(b"\0").decode("utf-8", "surrogateescape")


def _set_device(sock: socket.socket, level: int, option: int, value: str) -> None:
    sock.setsockopt(level, option, value.encode("utf-8", "surrogateescape") + b"\0")


DEVICE: Final[Kind[str]] = Kind(_get_device, _set_device, _check_text)


def _get_interface(sock: socket.socket, level: int, option: int) -> str:
    if sock.family == socket.AF_INET:
        address = socket.inet_ntoa(sock.getsockopt(level, option, 4))
        return "" if address == "0.0.0.0" else address
    index = sock.getsockopt(level, option)
    return socket.if_indextoname(index) if index else ""


def _set_interface(sock: socket.socket, level: int, option: int, value: str) -> None:
    index = socket.if_nametoindex(value) if value else 0
    if sock.family == socket.AF_INET:
        sock.setsockopt(level, option, _MREQN.pack(bytes(4), bytes(4), index))
    else:
        sock.setsockopt(level, option, index)


INTERFACE: Final[Kind[str]] = Kind(_get_interface, _set_interface, _check_text)


def membership(
    sockets: Sequence[socket.socket], group: str, interface: str, *, joins: bool
) -> None:
    """Join or leave a multicast group; see `razem.sockets.options.Options.join`."""
    from ipaddress import IPv4Address, ip_address  # noqa: PLC0415  slow to import, seldom needed

    try:
        number = ip_address(group)
    except ValueError:
        number = None
    if number is None or not number.is_multicast:
        raise OptionError(
            f"{group} is no multicast group.",
            advice="Those are 224.0.0.0 to 239.255.255.255, and IPv6 addresses from ff00:: on.",
        )
    version4 = isinstance(number, IPv4Address)
    family = socket.AF_INET if version4 else socket.AF_INET6
    fitting = [sock for sock in sockets if sock.family == family]
    if not fitting:
        other = "IPv4, as udp://0.0.0.0:PORT" if version4 else "IPv6, as udp://[::]:PORT"
        raise UnavailableError(
            f"{group} is not of this socket's IP version.", advice=f"Bind {other}."
        )
    name = ("JOIN" if joins else "LEAVE") + "_GROUP"
    option = "IP_" + ("ADD" if joins else "DROP") + "_MEMBERSHIP" if version4 else f"IPV6_{name}"
    for sock in fitting:
        try:
            index = socket.if_nametoindex(interface) if interface else 0
            if version4:
                request = _MREQN.pack(number.packed, bytes(4), index)
                sock.setsockopt(socket.IPPROTO_IP, getattr(socket, option), request)
            else:
                request = _MREQ6.pack(number.packed, index)
                sock.setsockopt(socket.IPPROTO_IPV6, getattr(socket, option), request)
        except OSError as error:
            what = "join" if joins else "leave"
            raise option_failed(error, what, option, sock, interface or group) from error


def option_failed(
    error: OSError, name: str, spelled: str, sock: socket.socket, value: object = None
) -> Error:
    """Make the error for an option that could not be set or read.

    Args:
        error: the system's.
        name: the attribute's.
        spelled: the system's name of it.
        sock: whose.
        value: that was to be set; None in reading.
    """
    number = error.errno
    made: Error
    if number in {errno.EPERM, errno.EACCES}:
        capability = "cap_net_admin" if spelled == "SO_MARK" else "cap_net_raw"
        program = Path(sys.executable).resolve()
        made = PermissionDeniedError(
            f"this user may not set {name} ({spelled}).",
            advice="Run it with sudo, or allow it to this Python: "
            f"sudo setcap {capability}+ep {program}.",
        )
    elif number in {errno.ENODEV, errno.ENXIO}:
        made = UnavailableError(
            f"{name}: this machine has no interface for {value!r}.",
            advice="List them with: ip link; for a group, name one that has multicast.",
        )
    elif number in {errno.ENOPROTOOPT, errno.EOPNOTSUPP, errno.EAFNOSUPPORT}:
        kind = f"{sock.family.name}, {sock.type.name}"
        made = UnavailableError(f"{name} ({spelled}) is no option of such a socket ({kind}).")
    elif number is None or "no interface" in str(error):  # if_nametoindex() gives no number
        made = UnavailableError(
            f"{name}: this machine has no interface {value}.", advice="List them with: ip link."
        )
    else:
        reason = (error.strerror or str(error)).lower()
        made = OptionError(f"{name} ({spelled}) cannot be {value!r} here: {reason}.")
    if isinstance(made, OSError):
        made.errno = number
    return made
