"""`razem share`: one port on which copies and browsers are served.

Each connection has a thread until it is known what it speaks: the copy protocol (whose first byte
is a NUL, or whose name stands in the ClientHello) stays there, HTTP goes to the event loop. Only
what says so in its first bytes is looked at, and left in the socket (MSG_PEEK).
"""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from razem.errors import Error
from razem.files.client import COPY_ALPN
from razem.files.copies import Access, serve_copy
from razem.sockets.address import Address
from razem.sockets.hosts import is_loopback
from razem.sockets.listener import listen

if TYPE_CHECKING:
    from collections.abc import Callable

    from razem.files.sharing import Shared
    from razem.files.tally import Progress, Summary
    from razem.files.web import Web
    from razem.sockets.stream import Stream
    from razem.sockets.tls_identity import Identity

__all__ = ["ShareSettings", "Sharing"]

_PATIENCE: Final = 30  # seconds for the first bytes, and for a handshake
_PEEK: Final = 4096
_TIMEVAL: Final = struct.Struct("@ll")  # socket(7)
_HANDSHAKE: Final = 22  # ContentType of a TLS record (RFC 8446, 5.1)
_TLS_HEADER: Final = 5  # bytes: kind, version, length
_CLIENTS: Final = 200


@dataclass(frozen=True, slots=True)
class ShareSettings:
    """How files are shared.

    Attributes:
        key: that who comes from another machine has to tell.
        open: whether everybody may come in, without a key and without encryption.
        writable: whether others may put files here.
        identity: to show by TLS.
        rate: bytes a second that one client gets at the most; 0: as fast as it goes.
    """

    key: str
    open: bool = False
    writable: bool = False
    identity: Identity | None = None
    rate: float = 0.0

    def access(self, *, local: bool) -> Access:
        """What somebody may do who comes from this machine, or from another one."""
        return Access("" if local or self.open else self.key, self.writable)


class Sharing:
    """Serves what is shared, on one address, until it is closed.

    Args:
        shared: what.
        address: where: tcp or tls (both take TLS on the same port), unix, fd, or any other that
            can be listened on; there only copies are served.
        settings: to whom.
        progress: is called with how each copy goes on.
        ended: is called with how each one ended: a summary or an error, and whose it was.
    """

    def __init__(
        self,
        shared: Shared,
        address: Address | str,
        settings: ShareSettings,
        *,
        progress: Progress | None = None,
        ended: Callable[[Address | None, Summary | Exception], object] = lambda *_: None,
    ) -> None:
        self.shared = shared
        self.settings = settings
        self._progress = progress
        self._ended = ended
        address = Address(address)
        self._tls_only = address.scheme == "tls"
        self._looks = address.scheme in {"tcp", "tls", "unix", "fd"}
        if self._tls_only:
            address = Address.of("tcp", host=address.host, port=address.port)
        self._listener = listen(address)
        self.address = self._listener.local
        self._web: Web | None = None
        self._web_lock = threading.Lock()

    def run(self) -> None:
        """Serve until `close` is called, by another thread or a signal handler."""
        try:
            self._listener.serve(self._serve, limit=_CLIENTS)
        finally:
            if self._web is not None:
                self._web.close()

    def close(self) -> None:
        """Serve nobody any more."""
        self._listener.close()

    def _serve(self, stream: Stream) -> None:
        """Find out what a client speaks, and serve it."""
        if not self._looks:
            self._copy(stream, local=False)
            return
        local = stream.remote is None or is_loopback(stream.remote.host)
        sock = socket.socket(fileno=socket.dup(stream.fileno()))
        keep = True
        try:
            # Not settimeout(), which would make the stream's descriptor non-blocking, too.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _TIMEVAL.pack(_PATIENCE, 0))
            first = sock.recv(_PEEK, socket.MSG_PEEK)
            if not first:
                return
            if first[0] == _HANDSHAKE:
                first = _client_hello(sock, first)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _TIMEVAL.pack(0, 0))
            if first[0] == _HANDSHAKE:
                if bytes([len(COPY_ALPN)]) + COPY_ALPN.encode() in first:
                    with self._secure(stream) as inner:
                        self._copy(inner, local=local)
                    return
            elif self._tls_only or not (local or self.settings.open):
                _send_away(sock, first)
                return
            elif not first[0]:
                self._copy(stream, local=local)
                return
            keep = False
            self._web_of().take(sock, secure=first[0] == _HANDSHAKE)
        except OSError:
            return
        finally:
            if keep:
                sock.close()

    def _copy(self, stream: Stream, *, local: bool) -> None:
        remote = stream.remote
        access = self.settings.access(local=local)
        try:
            result: Summary | Exception = serve_copy(
                stream, self.shared, access, progress=self._progress, rate=self.settings.rate
            )
        except (Error, OSError) as error:
            result = error
        self._ended(remote, result)

    def _secure(self, stream: Stream) -> Stream:
        """Speak TLS on a stream, as its server."""
        from razem.sockets.tls import TlsSession  # noqa: PLC0415  ssl is slow to import
        from razem.sockets.tls_config import Tls, server_context  # noqa: PLC0415
        from razem.sockets.tls_stream import TlsStream  # noqa: PLC0415

        tls = Tls(identity=self.settings.identity, alpn=(COPY_ALPN,))
        context = server_context(self.address, tls)
        session = TlsSession(context, stream.remote, server_side=True)
        return TlsStream(stream, session, patience=_PATIENCE)

    def _web_of(self) -> Web:
        """Start the event loop of HTTP when it is first needed: importing it takes a while."""
        with self._web_lock:
            if self._web is None:
                from razem.files.web import Web  # noqa: PLC0415

                self._web = Web(self.shared, self.settings, self.address)
            return self._web


def _client_hello(sock: socket.socket, first: bytes) -> bytes:
    """Look at all of a client's first TLS record (RFC 8446, 5.1)."""
    if len(first) < _TLS_HEADER:
        first = sock.recv(_TLS_HEADER, socket.MSG_PEEK | socket.MSG_WAITALL)
    size = _TLS_HEADER + int.from_bytes(first[3:5], "big")
    return sock.recv(min(size, _PEEK), socket.MSG_PEEK | socket.MSG_WAITALL)


def _send_away(sock: socket.socket, first: bytes) -> None:
    """Tell a client that speaks without TLS that it has to."""
    if first[:1].isalpha():
        body = b"From other machines this is spoken to by TLS only: write https:// before it.\n"
        head = f"HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}"
        with suppress(OSError):
            sock.sendall(head.encode() + b"\r\nConnection: close\r\n\r\n" + body)
