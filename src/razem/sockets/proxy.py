"""Connecting through a proxy: SOCKS 5 (RFC 1928, 1929) or HTTP's CONNECT (RFC 9110 9.3.6).

The protocols do no I/O: each is a generator that asks for what it needs next, and any driver of
streams can answer it.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Generator
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias
from urllib.parse import unquote, urlsplit

from razem.errors import (
    AddressError,
    Error,
    PermissionDeniedError,
    RefusedError,
    RemoteProtocolError,
    TimedOutError,
    TruncatedError,
    UnreachableError,
)
from razem.sockets.address import Address
from razem.sockets.clock import deadline_after, remaining
from razem.sockets.connecting import CONNECT_TIMEOUT, connect

if TYPE_CHECKING:
    import ssl

    from razem.sockets.retry import Retry
    from razem.sockets.stream import Stream
    from razem.sockets.tls_config import Tls

__all__ = ["Need", "Proxy", "connect_through", "greet"]

_DEFAULT_PORTS: Final = {"socks5": 1080, "http": 3128}
_MAX_HEAD: Final = 65536  # bytes of an HTTP answer's head

# RFC 1928 6: what the field REP of a reply means
_SOCKS_FAILURES: Final[dict[int, tuple[type[Error], str]]] = {
    1: (RefusedError, "it failed"),
    2: (PermissionDeniedError, "its rules do not allow it"),
    3: (UnreachableError, "it has no way to that network"),
    4: (UnreachableError, "it has no way to that machine"),
    5: (RefusedError, "nothing listens there"),
    6: (TimedOutError, "nobody answered there"),
    7: (RefusedError, "it does not do that"),
    8: (RefusedError, "it does not know such addresses"),
}


class Proxy(NamedTuple):
    """A proxy, from text such as ``socks5://user:password@host:1080`` or ``http://host:3128``."""

    kind: str
    address: Address
    user: str = ""
    password: str = ""

    @classmethod
    def parse(cls, text: str) -> Proxy:
        """Read it.

        Raises:
            AddressError: it is none.
        """
        advice = "Write it as in socks5://localhost:1080 or http://localhost:3128."
        try:
            parts = urlsplit(text)
            port = parts.port
        except ValueError as error:
            raise AddressError(f"{text}: no proxy.", address=text, advice=advice) from error
        if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
            raise AddressError(f"{text}: no proxy.", address=text, advice=advice)
        address = Address.of("tcp", host=parts.hostname, port=port or _DEFAULT_PORTS[parts.scheme])
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        return cls(parts.scheme, address, user, password)

    def __str__(self) -> str:
        return f"{self.kind}://{str(self.address).removeprefix('tcp://')}"  # without the password


class Need(NamedTuple):
    """What a protocol needs next.

    Attributes:
        send: bytes to send first.
        exactly: how many bytes to receive then, ...
        until: ... or up to and with what.
    """

    send: bytes = b""
    exactly: int = 0
    until: bytes = b""


Greeting: TypeAlias = Generator[Need, bytes, None]


def connect_through(  # noqa: PLR0913  each by name
    proxy: Proxy | str,
    address: Address | str,
    *,
    timeout: float | None = CONNECT_TIMEOUT,
    retry: Retry | None = None,
    tls: Tls | ssl.SSLContext | None = None,
    source: Address | str | None = None,
) -> Stream:
    """Connect to a tcp or tls address through a proxy, which looks its name up.

    `source` is the address of ours from which the proxy is connected to.

    Errors are those of `razem.connect`; what the proxy itself refuses is named as such.
    """
    proxy = Proxy.parse(proxy) if isinstance(proxy, str) else proxy
    address = Address(address)
    if address.scheme not in {"tcp", "tls"}:
        advice = "A proxy leads to tcp:// and tls:// addresses."
        raise AddressError(f"no proxy leads to {address}.", address=address, advice=advice)
    deadline = deadline_after(timeout)
    stream = connect(proxy.address, timeout=timeout, retry=retry, source=source)
    try:
        _drive(greet(proxy, address), stream, proxy, deadline)
        if address.scheme == "tls":
            from razem.sockets.tls import TlsSession  # noqa: PLC0415  ssl is slow to import
            from razem.sockets.tls_stream import TlsStream  # noqa: PLC0415

            secure = TlsStream(stream, TlsSession.client(address, tls))
            secure.handshake(deadline)
            return secure
    except BaseException:
        stream.close()
        raise
    return stream


def _drive(greeting: Greeting, stream: Stream, proxy: Proxy, deadline: float | None) -> None:
    """Carry what the protocol says, and what it is answered."""
    answer = b""
    try:
        need = next(greeting)
        while True:
            if need.send:
                stream.send(need.send, timeout=remaining(deadline))
            if need.until:
                answer = stream.receive_until(need.until, _MAX_HEAD, timeout=remaining(deadline))
            else:
                answer = stream.receive_exactly(need.exactly, timeout=remaining(deadline))
            need = greeting.send(answer)
    except StopIteration:
        return
    except TruncatedError as error:
        raise _odd(proxy, "it closed the connection") from error


def greet(proxy: Proxy, address: Address) -> Greeting:
    """Ask the proxy to connect to the address; the stream leads there when the generator ends.

    Raises:
        PermissionDeniedError: the proxy wants another password, or does not allow it.
        RefusedError: the proxy could not connect there.
        UnreachableError: likewise: no way leads there.
        TimedOutError: likewise: nobody answered there.
        RemoteProtocolError: it is no such proxy.
    """
    return _socks5(proxy, address) if proxy.kind == "socks5" else _http(proxy, address)


def _socks5(proxy: Proxy, address: Address) -> Greeting:
    """SOCKS 5: RFC 1928; user and password: RFC 1929."""
    methods = b"\x00\x02" if proxy.user else b"\x00"  # none; user and password
    version, method = yield Need(send=bytes([5, len(methods)]) + methods, exactly=2)
    if version != 5:
        raise _odd(proxy, "it does not speak SOCKS 5")
    if method == 2:
        user, password = proxy.user.encode()[:255], proxy.password.encode()[:255]
        login = b"\x01" + bytes([len(user)]) + user + bytes([len(password)]) + password
        _, status = yield Need(send=login, exactly=2)
        if status:
            raise _denied(proxy, address, "it does not know that user and password")
    elif method:
        raise _denied(proxy, address, "it wants a user and a password")
    host, port = address.host or "localhost", address.port or 0
    try:
        number = ip_address(host)
    except ValueError:
        name = host.encode()
        place = bytes([3, len(name)]) + name
    else:
        place = (b"\x01" if number.version == 4 else b"\x04") + number.packed
    head = yield Need(send=b"\x05\x01\x00" + place + port.to_bytes(2, "big"), exactly=4)
    if head[1]:
        kind, reason = _SOCKS_FAILURES.get(head[1], (RefusedError, f"it says {head[1]}"))
        raise _failed(kind, proxy, address, reason)
    if head[3] == 3:
        (length,) = yield Need(exactly=1)
    else:
        length = {1: 4, 4: 16}.get(head[3], -1)
    if length < 0:
        raise _odd(proxy, "its answer makes no sense")
    yield Need(exactly=length + 2)  # where it connected from; of no use here


def _http(proxy: Proxy, address: Address) -> Greeting:
    """HTTP: RFC 9110 9.3.6, and 11.7 for user and password."""
    host = address.host or "localhost"
    place = f"[{host}]:{address.port}" if ":" in host else f"{host}:{address.port}"
    lines = [f"CONNECT {place} HTTP/1.1", f"Host: {place}"]
    if proxy.user:
        login = b64encode(f"{proxy.user}:{proxy.password}".encode()).decode()
        lines.append(f"Proxy-Authorization: Basic {login}")
    request = "\r\n".join([*lines, "", ""]).encode()
    head = yield Need(send=request, until=b"\r\n\r\n")
    words = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
    if not words[0].startswith("HTTP/1.") or len(words) < 2 or not words[1].isdecimal():
        raise _odd(proxy, "it does not speak HTTP/1.1")
    if words[1].startswith("2"):
        return
    reason = f"it says {' '.join(words[1:])!a}"
    if words[1] in {"401", "403", "407"}:
        raise _denied(proxy, address, reason)
    kind = TimedOutError if words[1] == "504" else RefusedError
    raise _failed(kind, proxy, address, reason)


def _failed(kind: type[Error], proxy: Proxy, address: Address, reason: str) -> Error:
    return kind(
        f"the proxy {proxy} does not connect to {address}: {reason}.",
        address=address,
        stage="connect",
        advice="Check the address, and whether the proxy may connect there.",
    )


def _denied(proxy: Proxy, address: Address, reason: str) -> Error:
    error = _failed(PermissionDeniedError, proxy, address, reason)
    error.advice = (
        "Check its rules; a user and a password are written as in socks5://me:secret@host."
    )
    return error


def _odd(proxy: Proxy, reason: str) -> Error:
    return RemoteProtocolError(
        f"{proxy} is no such proxy: {reason}.",
        address=proxy.address,
        stage="connect",
        advice="Check its kind (socks5 or http) and its port.",
    )
