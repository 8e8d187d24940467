"""Addresses: where sockets live, written as URLs. No I/O: nothing is looked up here."""

from __future__ import annotations

from typing import Final, Self

from razem.errors import AddressError
from razem.sockets.kinds import (
    Code,
    Command,
    Descriptor,
    Host,
    HostProtocol,
    Interface,
    Nothing,
)
from razem.sockets.syntax import HostPort, HubPlace, Parts, Syntax, UnixPath, wrong

__all__ = ["RAZEM_PORT", "Address", "add_scheme"]

RAZEM_PORT: Final = 6697  # RFC 7194: IRC over TLS, which a hub speaks among others

_SCHEMES: dict[str, Syntax] = {
    "tcp": HostPort(),
    "tls": HostPort(),
    "udp": HostPort(),
    "unix": UnixPath(),
    "unix+dgram": UnixPath(),
    "unix+seqpacket": UnixPath(),
    "icmp": Host(),
    "ip": HostProtocol(),
    "packet": Interface(),
    "fd": Descriptor(),
    "stdio": Nothing(),
    "exec": Command(),
    "code": Code(),
    "razem": HubPlace(default_port=RAZEM_PORT),
}


class Address:
    """Where a socket lives, as a URL. A value: immutable, comparable, hashable.

    >>> address = Address("TCP://[0:0::1]:http")
    >>> str(address), address.host, address.port
    ('tcp://[::1]:80', '::1', 80)
    >>> Address("tcp://::1:80")
    Traceback (most recent call last):
      ...
    razem.errors.AddressError: tcp://::1:80: ambiguous colon at column 7. Write an IPv6 host in \
brackets, as in [::1].

    The forms are:

    - ``tcp://host:port``, ``tls://host:port``, ``udp://host:port``;
    - ``unix:///path`` and ``unix:@abstract``, the same with ``unix+dgram`` (datagrams) and
      ``unix+seqpacket`` (a connection that keeps the boundaries of what is sent);
    - ``icmp://host``, ``ip://host/PROTOCOL`` (raw), ``packet://interface`` (link layer);
    - ``fd:3`` (inherited), ``stdio:``, ``exec:COMMAND`` (its standard input and output);
    - ``razem://host[:port]/#channel`` (or ``/path/to/file``), ``code:7-guitar-ocean``.

    A host is a name, an IPv4 address, an IPv6 address in brackets with its zone if it has one,
    or nothing: every interface to listen on, this machine to connect to. A port is a number or
    the name of a service (razem.sockets.services), a protocol a number or a name
    (razem.sockets.protocols). ``Address(str(address)) == address``, always.

    Raises:
        AddressError: with the place that is wrong as `column`, and the way out.

    Attributes:
        scheme: lower case, such as "tcp".
    """

    __match_args__ = ("scheme", "host", "port")
    __slots__ = ("_parts", "_text", "scheme")

    scheme: str
    _parts: Parts
    _text: str

    def __init__(self, address: str | Address) -> None:
        text = str(address)
        if not _encodable(text):
            raise AddressError(f"{text!a}: not text.", address=text)
        scheme, syntax, start = _scheme(text)
        parts = syntax.parse(text, start)
        self._set(scheme, parts, f"{scheme}:{syntax.format(parts)}")

    def _set(self, scheme: str, parts: Parts, text: str) -> None:
        object.__setattr__(self, "scheme", scheme)
        object.__setattr__(self, "_parts", parts)
        object.__setattr__(self, "_text", text)

    @property
    def host(self) -> str:
        """A lower-case name, or a number in canonical form (``fe80::1%eth0``), or "".

        Of a packet address, the interface.
        """
        return self._parts.host

    @property
    def port(self) -> int | None:
        """0 to 65535, 0 being the choice of the system; None where the scheme has no ports."""
        return self._parts.port

    @property
    def path(self) -> str:
        """Of a UNIX socket ("@name" for an abstract one), or of a file at a hub; else ""."""
        return self._parts.path

    @property
    def is_unix(self) -> bool:
        """Whether it is a UNIX socket's, so that `path` is a file of this machine."""
        return self.scheme.startswith("unix")

    @property
    def number(self) -> int | None:
        """The protocol of an ip address, 0 to 255, or the descriptor of an fd address."""
        return self._parts.number

    @property
    def command(self) -> str:
        """The command line of an exec address, quoted as for a shell; else ""."""
        return self._parts.text if self.scheme == "exec" else ""

    @property
    def code(self) -> str:
        """Of a code address, such as "7-guitar-ocean"; else ""."""
        return self._parts.text if self.scheme == "code" else ""

    @property
    def hardware(self) -> str:
        """Of somebody on a link, such as "02:00:5e:10:00:01"; else ""."""
        return self._parts.text if self.scheme == "packet" else ""

    @property
    def channel(self) -> str:
        """Such as "#lobby"; else ""."""
        return self._parts.channel

    @property
    def query(self) -> dict[str, str]:
        """What follows the question mark, unescaped: a copy, yours to change."""
        return dict(self._parts.query)

    @classmethod
    def of(  # noqa: PLR0913  each is a part by name
        cls,
        scheme: str,
        *,
        host: str = "",
        port: int | None = None,
        path: str = "",
        number: int | None = None,
        text: str = "",
    ) -> Self:
        """Make one from its parts, checked as if it had been written.

        `text` is the command, the code or the hardware address.

        >>> Address.of("tcp", host="::1", port=80)
        Address('tcp://[::1]:80')
        """
        parts = Parts(host=host, port=port, path=path, number=number, text=text)
        return cls(f"{scheme}:{_SCHEMES[scheme].format(parts)}")

    def replace(self, *, host: str | None = None, port: int | None = None) -> Self:
        """Return the same address with another host or port.

        >>> Address("tcp://localhost:0").replace(port=9090)
        Address('tcp://localhost:9090')
        """
        parts = self._parts
        parts = parts._replace(
            host=parts.host if host is None else host, port=parts.port if port is None else port
        )
        return type(self)(f"{self.scheme}:{_SCHEMES[self.scheme].format(parts)}")

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"Address({self._text!r})"

    def __eq__(self, other: object) -> bool:
        return self._text == other._text if isinstance(other, Address) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._text)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(
            f"an Address never changes: make another one instead of setting {name}"
        )

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"an Address never changes: {name} stays")

    def __reduce__(self) -> tuple[type[Self], tuple[str]]:
        return type(self), (self._text,)


def add_scheme(scheme: str, syntax: Syntax) -> None:
    """Let addresses of a further scheme be written; how they connect is said elsewhere.

    Args:
        scheme: lower case, without its colon.
        syntax: how they are read and written.
    """
    _SCHEMES[scheme] = syntax


def _scheme(text: str) -> tuple[str, Syntax, int]:
    """Find the scheme; return its name, its syntax, and the index after its colon."""
    name, colon, rest = text.partition(":")
    scheme = name.lower()
    syntax = _SCHEMES.get(scheme)
    if colon and syntax is not None:
        return scheme, syntax, len(scheme) + 1
    known = ", ".join(_SCHEMES)
    if rest.startswith("//"):
        raise wrong(text, f"unknown scheme {name[:40]!r}", 0, f"Razem knows {known}.")
    example = text if colon else f"{text or 'localhost'}:9090"
    if text.startswith(("/", "./", "@")):
        example = f"unix://{text}" if text.startswith("/") else f"unix:{text}"
    else:
        example = f"tcp://{example}"
    raise wrong(
        text, "the scheme is missing", 0, f"Write one of {known} before it, as in {example}."
    )


def _encodable(text: str) -> bool:
    """Whether it is UTF-8, or bytes of a command line that were none (PEP 383)."""
    try:
        text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return False
    return True
