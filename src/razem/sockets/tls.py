"""TLS without I/O: bytes of the network in, bytes of the network out."""

from __future__ import annotations

import ssl
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from razem.errors import TlsError, TruncatedError

if TYPE_CHECKING:
    from razem.sockets.address import Address

__all__ = ["TlsSession"]

# OpenSSL's x509_vfy.h: X509_V_ERR_...
_CERTIFICATES: Final = {
    9: ("its certificate is not valid yet", "Check the clocks of both machines."),
    10: ("its certificate has expired", "Its owner must renew it; or this clock is wrong."),
    18: ("its certificate is signed by itself only", "Trust it explicitly, if it is yours."),
    19: ("its certificate chain ends in an unknown authority", "Trust that, if it is yours."),
    20: ("its certificate is signed by an unknown authority", "Trust that, if it is yours."),
    62: ("its certificate is for another name", "Use the name that it is for."),
    64: ("its certificate is not for this number", "Connect by its name."),
}
# Names of ssl.SSLError.reason
_REASONS: Final = {
    "WRONG_VERSION_NUMBER": ("it does not speak TLS there", "Check the port, or use tcp://."),
    "RECORD_LAYER_FAILURE": ("it does not speak TLS there", "Check the port, or use tcp://."),
    "PACKET_LENGTH_TOO_LONG": ("it does not speak TLS there", "Check the port, or use tcp://."),
    "UNSUPPORTED_PROTOCOL": ("it speaks only versions of TLS that are unsafe", "Update it."),
    "TLSV1_ALERT_PROTOCOL_VERSION": ("it knows no version of TLS that is safe", "Update it."),
}


class TlsSession:
    """One end of TLS. It has no socket: the driver carries `take_output` and `feed`.

    Call `handshake` until it is True, feeding what arrives between; then `write`, and `read`.
    After each call, take the output to the peer.

    Args:
        context: whom to trust and which certificate to show.
        peer: for messages.
        server_side: whether we were connected to.
        host: whom the peer must prove to be; for clients.
    """

    def __init__(
        self,
        context: ssl.SSLContext,
        peer: Address | None,
        *,
        server_side: bool = False,
        host: str | None = None,
    ) -> None:
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._peer = peer
        self._ended = False  # the peer's close_notify or its end has come
        self._tls = context.wrap_bio(
            self._incoming, self._outgoing, server_side=server_side, server_hostname=host
        )

    @classmethod
    def client(cls, address: Address, context: ssl.SSLContext | None) -> TlsSession:
        """Make the end that connects to the address; trust the system's authorities by default.

        Raises:
            TlsError: nothing can be proven about such a host.
        """
        # Without a zone: a certificate knows none. Host "" is this machine.
        host = address.host.partition("%")[0] or "localhost"
        try:
            return cls(context or ssl.create_default_context(), address, host=host)
        except ValueError as error:
            raise TlsError(f"{address}: {error}.", address=address, stage="tls") from error

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
            what, advice = _REASONS.get(reason, (reason.replace("_", " ").lower(), ""))
        return TlsError(
            f"no safe connection to {self._who()}: {what}.",
            address=self._peer,
            stage="tls",
            advice=advice,
        )
