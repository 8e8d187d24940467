"""How an end uses TLS: who it is, and whom it trusts."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from razem.errors import TlsError
from razem.sockets.tls_identity import parse_fingerprint

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from razem.sockets.address import Address
    from razem.sockets.tls_identity import Identity

__all__ = ["TLS_PATIENCE", "Tls", "client_context", "server_context"]

TLS_PATIENCE: Final = 30.0  # seconds that a listener gives its clients to agree


@dataclass(frozen=True, slots=True)
class Tls:
    """What an end of TLS shows and asks for. A value.

    Who connects trusts the system's authorities by default, and checks the name. A listener needs
    an identity, and asks its clients for none by default.

    Attributes:
        identity: the certificate to show.
        fingerprint: of the peer's certificate, or of several: it must show one of these. To who
            connects, no authority, name or date counts then. A listener needs `authorities` with
            the certificates themselves, too.
        authorities: a file (PEM) of those to trust instead of the system's, or the text of one; a
            certificate signed by itself is its own authority. A listener that has it takes only
            clients whose certificate is from there.
        alpn: names of what is spoken within, the first being preferred (RFC 7301); none: it is
            not told.
    """

    identity: Identity | None = None
    fingerprint: str | Collection[str] = ()
    authorities: Path | str | None = None
    alpn: tuple[str, ...] = ()

    @property
    def pins(self) -> frozenset[str]:
        """The fingerprints in canonical form; none for any.

        Raises:
            TlsError: one of them is none.
        """
        texts = self.fingerprint
        return frozenset(map(parse_fingerprint, [texts] if isinstance(texts, str) else texts))


def client_context(tls: Tls) -> ssl.SSLContext:
    """Make the context of who connects.

    Raises:
        TlsError: the authorities or the identity cannot be used.
    """
    try:
        context = ssl.create_default_context(cafile=_file(tls), cadata=_text(tls))
    except OSError as error:
        raise _no_authorities(tls, error) from error
    if tls.pins:  # TlsSession compares them
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if tls.alpn:
        context.set_alpn_protocols(list(tls.alpn))
    _show(tls, context)
    return context


def server_context(address: Address, tls: Tls | None) -> ssl.SSLContext:
    """Make the context of a listener: TLS 1.3 only.

    Raises:
        TlsError: there is no identity; it, or the authorities, cannot be used.
    """
    if tls is None or tls.identity is None:
        raise TlsError(
            f"cannot listen on {address} without a certificate.",
            address=address,
            stage="tls",
            advice="Give one: tls=Tls(identity=Identity.make()), or Identity.load(FILE).",
        )
    if tls.pins and tls.authorities is None:
        raise TlsError(
            f"{address}: a listener cannot ask for certificates that it knows by fingerprint only.",
            address=address,
            stage="tls",
            advice="Put the clients' certificates into a file, and name that as authorities.",
        )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    # Tickets to resume by would lie unread where a client only sends: its close(2) would make a
    # reset of that, and what it had sent could be lost.
    context.num_tickets = 0
    if tls.authorities is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        try:
            context.load_verify_locations(cafile=_file(tls), cadata=_text(tls))
        except OSError as error:
            raise _no_authorities(tls, error) from error
    if tls.alpn:
        context.set_alpn_protocols(list(tls.alpn))
    _show(tls, context)
    return context


def _show(tls: Tls, context: ssl.SSLContext) -> None:
    """Let the context show the identity."""
    if tls.identity is not None:
        try:
            tls.identity.load_into(context)
        except (ssl.SSLError, ValueError) as error:
            raise TlsError(
                f"the identity cannot be used: {error}.",
                stage="tls",
                advice="Make a new one, or check what it was put together from.",
            ) from error


def _text(tls: Tls) -> str | None:
    """The authorities themselves, where they are given so."""
    text = str(tls.authorities or "")
    return text if "-----BEGIN" in text else None


def _file(tls: Tls) -> str | None:
    """The file of the authorities, where one is named."""
    return None if tls.authorities is None or _text(tls) else str(tls.authorities)


def _no_authorities(tls: Tls, error: OSError) -> TlsError:
    reason = "there is no certificate in it" if isinstance(error, ssl.SSLError) else error.strerror
    return TlsError(
        f"cannot read the authorities in {tls.authorities}: {reason or error}.",
        stage="tls",
        advice="It takes a file of certificates in PEM form.",
    )
