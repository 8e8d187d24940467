"""The TLS of a hub: what it shows, and what it asks of its clients."""

from __future__ import annotations

import ctypes
import ssl
import sys
from typing import TYPE_CHECKING, Final

from razem.hub.greeting import HTTP_ALPN, IRC_ALPN, MEET_ALPN
from razem.sockets.tls_identity import fingerprint_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from razem.sockets.tls_identity import Identity

__all__ = ["Certificates", "certificate_of"]


class Certificates:
    """The certificate that new connections are shown; another one at any time.

    Args:
        load: reads or makes the identity.

    Attributes:
        identity: what is shown now.

    Raises:
        TlsError: it cannot be loaded.
    """

    def __init__(self, load: Callable[[], Identity]) -> None:
        self._load: Final = load
        self.identity: Identity
        self.reload()

    def reload(self) -> None:
        """Load it anew, for the connections to come; those there are keep what they have.

        Raises:
            TlsError: it cannot be loaded; the one before is shown on.
        """
        identity = self._load()
        asking, plain = _context(identity), _context(identity)
        _ask_for_any_certificate(asking)
        self.identity, self._asking, self._plain = identity, asking, plain

    def context(self, *, for_http: bool) -> ssl.SSLContext:
        """Return the context for a new connection.

        A browser is asked for no certificate, because it would ask its user for one.
        """
        return self._plain if for_http else self._asking


def certificate_of(tls: ssl.SSLObject) -> str:
    """Return the SHA-256 of the certificate that a client showed, in hex digits; "": none."""
    certificate = tls.getpeercert(binary_form=True)
    return fingerprint_of(certificate).rpartition(":")[2] if certificate else ""


def _context(identity: Identity) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # TLS 1.3 where the client has it. Clients of IRC live long: some know 1.2 only.
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # Tickets to resume by would lie unread where a client only sends: its close(2) would make a
    # reset of that, and what it had sent could be lost.
    context.num_tickets = 0
    context.options |= ssl.OP_NO_TICKET | ssl.OP_NO_RENEGOTIATION
    context.set_alpn_protocols([IRC_ALPN, HTTP_ALPN, MEET_ALPN])
    identity.load_into(context)
    return context


def _ask_for_any_certificate(context: ssl.SSLContext) -> None:
    """Let clients show a certificate that nobody vouches for, as SASL EXTERNAL needs it.

    Who has it proves to have its key, and is known by its fingerprint. Python's `ssl` cannot say
    that: it ends the handshake with whoever shows a certificate that is not signed by an
    authority. OpenSSL can (SSL_CTX_set_cert_verify_callback(3)), and is asked directly. Where
    that is not possible, no certificates are asked for.
    """
    library = _openssl()
    if library is None:
        return
    # PySSLContext (CPython, Modules/_ssl.c) begins with the head of every object, and then the
    # pointer to OpenSSL's own context.
    pointer = ctypes.c_void_p.from_address(id(context) + object.__basicsize__).value
    context.verify_mode = ssl.CERT_OPTIONAL
    library.SSL_CTX_set_cert_verify_callback(ctypes.c_void_p(pointer), _ACCEPT, None)


def _openssl() -> ctypes.CDLL | None:
    """Return the library that Python's own `ssl` is linked with; None where it is hidden."""
    if sys.implementation.name != "cpython":
        return None
    import _ssl  # noqa: PLC0415 # not everywhere

    try:
        library = ctypes.CDLL(_ssl.__file__)
        function = library.SSL_CTX_set_cert_verify_callback
    except (AttributeError, OSError):  # linked into Python itself
        return None
    function.argtypes = [ctypes.c_void_p, _CALLBACK, ctypes.c_void_p]
    function.restype = None
    return library


def _accept(_store: int, _argument: int) -> int:
    return 1


_CALLBACK: Final = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
_ACCEPT: Final = _CALLBACK(_accept)  # OpenSSL keeps no reference to it: we do
