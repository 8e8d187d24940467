"""What a person calls a hub -> the address to connect to, the channel, what lets one in."""

from __future__ import annotations

import ipaddress
from typing import NamedTuple

from razem.errors import AddressError
from razem.sockets.address import RAZEM_PORT, Address
from razem.talk.invitations import parse_key

__all__ = ["Place", "find_place"]


class Place(NamedTuple):
    """Where a chat is.

    Attributes:
        address: to connect to.
        channel: that the address named, or "".
        password: that lets us in, by the invitation in the address; or "".
        fingerprint: of the certificate that the hub has to show, as ``sha256:`` and 64 hex
            digits; "": whoever vouches for it.
    """

    address: Address
    channel: str
    password: str = ""
    fingerprint: str = ""


def find_place(where: str | Address, *, secure: bool = False) -> Place:
    """Return where a hub is: of ``host``, ``host:port``, or an address.

    A hub (``razem://host[:port]/#channel``, which the short forms mean too) is spoken to
    without encryption on this machine, else by TLS; tcp, tls and unix addresses are meant as
    they are. With the key of an invitation (``?key=…``, as `razem hub invite` prints it) it is
    TLS always, and the hub has to be the one that the key knows.

    Args:
        where: as a person writes it.
        secure: nothing but TLS will do.

    Raises:
        AddressError: it is none of these, or not by TLS as it should be, or the key is not whole.

    >>> find_place("localhost/#net")[:2]
    (Address('tcp://localhost:6697'), '#net')
    """
    if isinstance(where, str) and "://" not in where and not where.startswith(("unix:", "code:")):
        where = f"razem://{where}"
    address = Address(where)
    if address.scheme != "razem":
        if secure and address.scheme != "tls":
            raise AddressError(
                f"{address} has no certificate that could be checked.",
                address=address,
                advice="Write tls:// or razem:// before the host.",
            )
        return Place(address, "")
    if address.path:
        raise AddressError(
            f"{address} is a file, not a channel.", address=address, advice="Leave the path out."
        )
    password = fingerprint = ""
    if text := address.query.get("key"):
        try:
            key = parse_key(text)
        except ValueError as error:
            advice = "Copy the whole link, or ask for another invitation."
            raise AddressError(f"{error}.", address=address, advice=advice) from error
        password, fingerprint = key.password, key.fingerprint
    secure = secure or bool(fingerprint) or not _is_this_machine(address.host)
    port = RAZEM_PORT if address.port is None else address.port
    where = Address.of("tls" if secure else "tcp", host=address.host, port=port)
    return Place(where, address.channel, password, fingerprint)


def _is_this_machine(host: str) -> bool:
    if host in {"", "localhost"} or host.endswith(".localhost"):  # RFC 6761 6.3
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
