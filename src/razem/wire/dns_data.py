"""What records of DNS hold, by their type: one row of fields for each."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from razem.errors import LocalProtocolError

if TYPE_CHECKING:
    from collections.abc import Callable

    from razem.wire.cursor import Cursor
    from razem.wire.dns_names import NameReader, NameWriter

__all__ = [
    "TYPES",
    "Caa",
    "DnsKey",
    "DnsSignature",
    "Ds",
    "HostInfo",
    "Mx",
    "Naptr",
    "Nsec",
    "Parameter",
    "Soa",
    "Srv",
    "SshFingerprint",
    "Svcb",
    "Tlsa",
    "build_data",
    "read_data",
]


class Mx(NamedTuple):
    """A mail exchanger (RFC 1035 3.3.9)."""

    preference: int
    exchange: str


class Soa(NamedTuple):
    """Where a zone begins (RFC 1035 3.3.13); times in seconds."""

    primary: str
    mailbox: str
    serial: int
    refresh: int
    retry: int
    expire: int
    minimum: int


class Srv(NamedTuple):
    """Where a service is (RFC 2782)."""

    priority: int
    weight: int
    port: int
    target: str


class Naptr(NamedTuple):
    """How a name is rewritten (RFC 3403 4)."""

    order: int
    preference: int
    flags: bytes
    service: bytes
    pattern: bytes
    replacement: str


class HostInfo(NamedTuple):
    """The kind of a machine (RFC 1035 3.3.2)."""

    cpu: bytes
    system: bytes


class Caa(NamedTuple):
    """Who may issue certificates (RFC 8659 4)."""

    flags: int
    tag: bytes
    content: bytes


class Ds(NamedTuple):
    """The digest of a zone's key (RFC 4034 5)."""

    key_tag: int
    algorithm: int
    digest_type: int
    digest: bytes


class DnsKey(NamedTuple):
    """A zone's key (RFC 4034 2)."""

    flags: int
    protocol: int
    algorithm: int
    key: bytes


class DnsSignature(NamedTuple):
    """A signature of records (RFC 4034 3)."""

    covered: int
    algorithm: int
    labels: int
    ttl: int
    expiration: int
    inception: int
    key_tag: int
    signer: str
    signature: bytes


class Nsec(NamedTuple):
    """The next name of a zone, and the bitmap of this one's types (RFC 4034 4)."""

    following: str
    types: bytes


class SshFingerprint(NamedTuple):
    """The fingerprint of an SSH key (RFC 4255)."""

    algorithm: int
    kind: int
    fingerprint: bytes


class Tlsa(NamedTuple):
    """What a certificate must be (RFC 6698 2)."""

    usage: int
    selector: int
    matching: int
    certificate: bytes


class Parameter(NamedTuple):
    """A parameter of SVCB and HTTPS, or an option of EDNS: its number and what it holds."""

    key: int
    content: bytes


class Svcb(NamedTuple):
    """How a service is best reached (RFC 9460 2); of HTTPS as well."""

    priority: int
    target: str
    parameters: tuple[Parameter, ...] = ()


class _Layout(NamedTuple):
    """The fields of one type: how many bytes a number has, or a word for what else stands there."""

    name: str
    fields: tuple[int | str, ...] = ("rest",)
    make: Callable[..., Any] | None = None  # None: the only field is the value itself
    compress: bool = False  # RFC 3597 4: only in the types of RFC 1035


LAYOUTS: Final = {  # IANA Domain Name System Parameters
    1: _Layout("A", ("ipv4",)),
    2: _Layout("NS", ("name",), compress=True),
    5: _Layout("CNAME", ("name",), compress=True),
    6: _Layout("SOA", ("name", "name", 4, 4, 4, 4, 4), Soa, compress=True),
    12: _Layout("PTR", ("name",), compress=True),
    13: _Layout("HINFO", ("text", "text"), HostInfo),
    15: _Layout("MX", (2, "name"), Mx, compress=True),
    16: _Layout("TXT", ("texts",)),
    28: _Layout("AAAA", ("ipv6",)),
    33: _Layout("SRV", (2, 2, 2, "name"), Srv),
    35: _Layout("NAPTR", (2, 2, "text", "text", "text", "name"), Naptr),
    39: _Layout("DNAME", ("name",)),
    41: _Layout("OPT", ("parameters",)),
    43: _Layout("DS", (2, 1, 1, "rest"), Ds),
    44: _Layout("SSHFP", (1, 1, "rest"), SshFingerprint),
    46: _Layout("RRSIG", (2, 1, 1, 4, 4, 4, 2, "name", "rest"), DnsSignature),
    47: _Layout("NSEC", ("name", "rest"), Nsec),
    48: _Layout("DNSKEY", (2, 1, 1, "rest"), DnsKey),
    50: _Layout("NSEC3"),
    52: _Layout("TLSA", (1, 1, 1, "rest"), Tlsa),
    64: _Layout("SVCB", (2, "name", "parameters"), Svcb),
    65: _Layout("HTTPS", (2, "name", "parameters"), Svcb),
    250: _Layout("TSIG"),
    251: _Layout("IXFR"),
    252: _Layout("AXFR"),
    255: _Layout("ANY"),
    257: _Layout("CAA", (1, "text", "rest"), Caa),
}
TYPES: Final = {number: layout.name for number, layout in LAYOUTS.items()}
_OTHER: Final = _Layout("")


def read_data(kind: int, cursor: Cursor, names: NameReader) -> Any:
    """Return what a record of this type holds: `cursor` is for its bytes alone.

    An address, a name, texts, one of the tuples above; for types that are not known, bytes.

    Raises:
        FieldError: it is not what such a record holds.
    """
    layout = LAYOUTS.get(kind, _OTHER)
    found = [_read(field, cursor, names) for field in layout.fields]
    if cursor.left:
        raise cursor.error(f"{cursor.left} bytes too many for {layout.name}")
    return layout.make(*found) if layout.make else found[0]


def _read(field: int | str, cursor: Cursor, names: NameReader) -> Any:
    match field:
        case int():
            return cursor.number(field)
        case "name":
            return names.read(cursor)
        case "ipv4":
            return IPv4Address(cursor.take(4))
        case "ipv6":
            return IPv6Address(cursor.take(16))
        case "text":
            return cursor.prefixed(1)
        case "texts":
            found = []
            while cursor.left > 0:
                found.append(cursor.prefixed(1))
            return tuple(found)
        case "parameters":
            several = []
            while cursor.left > 0:
                several.append(Parameter(cursor.number(2), cursor.prefixed(2)))
            return tuple(several)
    return cursor.rest()


def build_data(kind: int, data: Any, place: int, names: NameWriter) -> bytes:
    """Return the bytes of what a record holds, for `place` in the message.

    Bytes are left as they are, whatever the type.

    Raises:
        LocalProtocolError: such a record holds something else.
    """
    if isinstance(data, bytes):
        return bytes(data)
    layout = LAYOUTS.get(kind, _OTHER)
    parts = tuple(data) if layout.make else (data,)
    if len(parts) != len(layout.fields):
        raise LocalProtocolError(f"{layout.name or kind} holds something else than {data!r}.")
    built = b""
    for field, part in zip(layout.fields, parts, strict=True):
        try:
            if field == "name":
                built += names.write(part, place + len(built), compress=layout.compress)
            else:
                built += _build(field, part)
        except (AttributeError, TypeError, ValueError, OverflowError) as error:
            message = f"{part!r} does not fit a record {layout.name or kind}: {error}."
            raise LocalProtocolError(message) from error
    return built


def _build(field: int | str, part: Any) -> bytes:
    match field:
        case int():
            number: int = part
            return number.to_bytes(field, "big")
        case "ipv4" | "ipv6":
            address: IPv4Address | IPv6Address = part
            return address.packed
        case "text":
            return bytes([len(part)]) + bytes(part)
        case "texts":
            return b"".join(bytes([len(text)]) + text for text in part)
        case "parameters":
            return b"".join(
                key.to_bytes(2, "big") + len(content).to_bytes(2, "big") + content
                for key, content in part
            )
    return bytes(part)
