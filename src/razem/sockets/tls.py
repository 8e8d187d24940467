"""TLS without I/O: bytes of the network in, bytes of the network out."""

from __future__ import annotations

import ssl
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from razem.errors import TlsError, TruncatedError
from razem.sockets.tls_config import Tls, client_context
from razem.sockets.tls_identity import fingerprint_of

if TYPE_CHECKING:
    from collections.abc import Collection

    from razem.sockets.address import Address

__all__ = ["TlsSession"]

_PIECE: Final = 65536

# OpenSSL's x509_vfy.h: X509_V_ERR_...
_CERTIFICATES: Final = {
    9: ("its certificate is not valid yet", "Check the clocks of both machines."),
    10: ("its certificate has expired", "Its owner must renew it; or this clock is wrong."),
    18: (
        "its certificate is signed by itself only",
        "If it is yours, pin its fingerprint: Tls(fingerprint=...), or --fingerprint.",
    ),
    19: ("its certificate chain ends in an unknown authority", "Trust that, if it is yours."),
    20: ("its certificate is signed by an unknown authority", "Trust that, if it is yours."),
    62: ("its certificate is for another name", "Use the name that it is for."),
    64: ("its certificate is not for this number", "Connect by its name."),
}
# Names of ssl.SSLError.reason
_NO_TLS: Final = ("it does not speak TLS there", "Check the port, or use tcp://.")
_OLD: Final = ("it knows no version of TLS that is safe", "Update it.")
_REFUSED: Final = "it does not accept the certificate of this end"
_REASONS: Final = {
    "WRONG_VERSION_NUMBER": _NO_TLS,
    "RECORD_LAYER_FAILURE": _NO_TLS,
    "PACKET_LENGTH_TOO_LONG": _NO_TLS,
    "HTTP_REQUEST": _NO_TLS,
    "UNEXPECTED_MESSAGE": _NO_TLS,  # an echo of ours, say
    "HTTPS_PROXY_REQUEST": _NO_TLS,
    "UNSUPPORTED_PROTOCOL": _OLD,
    "TLSV1_ALERT_PROTOCOL_VERSION": _OLD,
    "PEER_DID_NOT_RETURN_A_CERTIFICATE": (
        "it has no certificate, and this end asks for one",
        "Give the other end an identity that this one trusts.",
    ),
    # Alerts: what the other end says about us (RFC 8446 6.2).
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": (
        "it asks for a certificate, and this end has none",
        "Give this end an identity that it trusts: Tls(identity=...), or --identity.",
    ),
    "TLSV1_ALERT_UNKNOWN_CA": (
        _REFUSED,
        "It must be told to trust it: by its fingerprint, or as an authority.",
    ),
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": (_REFUSED, "Ask its owner why."),
    "SSLV3_ALERT_BAD_CERTIFICATE": (_REFUSED, "It may be for another name; ask its owner why."),
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": (
        f"{_REFUSED}, which has expired",
        "Make a new one; or the clock of one machine is wrong.",
    ),
    "SSLV3_ALERT_HANDSHAKE_FAILURE": (
        "the two have no way of encrypting in common",
        "Update the older one, or ask its owner what it demands.",
    ),
}
# The same at a listener, whose peer came by itself.
_CLIENT_REASONS: Final = dict.fromkeys(
    (reason for reason, words in _REASONS.items() if words is _NO_TLS),
    ("it does not speak TLS", "Connect with tls://, or listen on tcp://."),
)


class TlsSession:
    """One end of TLS. It has no socket: the driver carries `take_output` and `feed`.

    Call `handshake` until it is True, feeding what arrives between; then `write`, and `read`.
    After each call, take the output to the peer.

    Args:
        context: whom to trust and which certificate to show.
        peer: for messages.
        server_side: whether we were connected to.
        host: whom the peer must prove to be; for clients.
        pins: the fingerprints of which its certificate must have one; none for any.
    """

    def __init__(
        self,
        context: ssl.SSLContext,
        peer: Address | None,
        *,
        server_side: bool = False,
        host: str | None = None,
        pins: Collection[str] = (),
    ) -> None:
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._peer = peer
        self._pins = pins
        self._server_side = server_side
        self._early = bytearray()  # was read before it was asked for
        self._ended = False  # the peer's close_notify or its end has come
        self._tls = context.wrap_bio(
            self._incoming, self._outgoing, server_side=server_side, server_hostname=host
        )

    @classmethod
    def client(cls, address: Address, tls: Tls | ssl.SSLContext | None) -> TlsSession:
        """Make the end that connects to the address; trust the system's authorities by default.

        Raises:
            TlsError: nothing can be proven about such a host, or `tls` cannot be used.
        """
        # Without a zone: a certificate knows none. Host "" is this machine.
        host = address.host.partition("%")[0] or "localhost"
        pins: Collection[str] = ()
        if isinstance(tls, ssl.SSLContext):
            context = tls
        else:
            tls = tls or Tls()
            pins = tls.pins
            context = client_context(tls)
        try:
            return cls(context, address, host=host, pins=pins)
        except ValueError as error:
            raise TlsError(f"{address}: {error}.", address=address, stage="tls") from error

    @property
    def peer_fingerprint(self) -> str | None:
        """That of the peer's certificate; None if it has shown none (so far)."""
        try:
            certificate = self._tls.getpeercert(binary_form=True)
        except ValueError:  # the handshake has not been done
            return None
        return fingerprint_of(certificate) if certificate else None

    @property
    def alpn(self) -> str | None:
        """The protocol that both agreed on (RFC 7301), after the handshake; None for none."""
        return self._tls.selected_alpn_protocol()

    def handshake(self) -> bool:
        """Go on with the handshake; return whether it is done.

        Raises:
            TlsError: it failed. The output may hold an alert for the peer.
        """
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            if self._ended:
                raise TlsError(
                    f"{self._who()} ended the connection instead of agreeing on TLS.",
                    address=self._peer,
                    stage="tls",
                    advice="It may not speak TLS there, or it does not want this client.",
                ) from None
            return False
        except ssl.SSLError as error:
            raise self._error(error) from error
        if self._pins and self.peer_fingerprint not in self._pins:
            self.take_output()  # nothing more for a stranger, least of all our own certificate
            raise TlsError(
                f"no safe connection to {self._who()}: its certificate is not the expected one, "
                f"but has the fingerprint {self.peer_fingerprint}.",
                address=self._peer,
                stage="tls",
                advice="Somebody may be in between. If it has a new identity instead, "
                "ask its owner for the new fingerprint.",
            )
        return True

    def feed(self, data: bytes) -> None:
        """Take what came from the network; ``b""`` for its end."""
        if data:
            self._incoming.write(data)
        else:
            self._ended = True

    def read(self, max_bytes: int) -> bytes | None:
        """Return 1 to `max_bytes` plain bytes; ``b""`` at the end; None if more must come first.

        Raises:
            TruncatedError: the connection ended without the goodbye of TLS (close_notify), so
                that somebody on the way may have cut it.
            TlsError: what came is no TLS, or was changed on its way.
        """
        if self._early:
            data = bytes(self._early[:max_bytes])
            del self._early[:max_bytes]
            return data
        try:
            return self._tls.read(max_bytes)  # b"" after close_notify
        except ssl.SSLZeroReturnError:
            return b""
        except ssl.SSLWantReadError:
            if self._ended:
                raise TruncatedError(
                    f"the connection to {self._who()} was cut: it ended without TLS's goodbye.",
                    address=self._peer,
                    stage="read",
                    advice="What came before is genuine, but more may have been meant to come.",
                ) from None
            return None
        except ssl.SSLError as error:
            raise self._error(error) from error

    def write(self, data: bytes | memoryview) -> None:
        """Encrypt `data` into the output.

        Raises:
            TlsError: the session is broken.
        """
        try:
            if data:
                self._tls.write(data)
        except ssl.SSLError as error:
            raise self._error(error) from error

    def close_sending(self) -> None:
        """Say goodbye (close_notify): nothing more will be written. Reading goes on."""
        # OpenSSL looks for the peer's goodbye at once, and gives up where data comes before it:
        # what has arrived is read first.
        with suppress(ssl.SSLError):
            while data := self._tls.read(_PIECE):
                self._early += data
        with suppress(ssl.SSLError):  # mostly "want read": the peer's goodbye has not come yet
            self._tls.unwrap()

    def take_output(self) -> bytes:
        """Return what must go to the network; each byte is returned once."""
        return self._outgoing.read()

    def _who(self) -> str:
        return str(self._peer) if self._peer else "the peer"

    def _error(self, error: ssl.SSLError) -> TlsError:
        """Turn OpenSSL's words into ours."""
        if isinstance(error, ssl.SSLCertVerificationError):
            what, advice = _CERTIFICATES.get(
                error.verify_code, (f"its certificate is refused: {error.verify_message}", "")
            )
        else:
            reason = error.reason or str(error)
            words = _REASONS.get(reason, (reason.replace("_", " ").lower(), ""))
            what, advice = _CLIENT_REASONS.get(reason, words) if self._server_side else words
        return TlsError(
            f"no safe connection to {self._who()}: {what}.",
            address=self._peer,
            stage="tls",
            advice=advice,
        )
