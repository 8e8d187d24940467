"""Identities for TLS: a private key with a certificate, known by its fingerprint.

A fingerprint is the SHA-256 of the certificate's DER form, written as ``sha256:`` and 64 hex
digits in lower case. ``openssl x509 -noout -fingerprint -sha256`` shows the same digits.
"""

from __future__ import annotations

import os
import ssl
import tempfile
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from razem.errors import TlsError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Identity", "fingerprint_of", "parse_fingerprint"]

_PREFIX: Final = "sha256:"
_DIGITS: Final = 64
_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"


def fingerprint_of(certificate: bytes) -> str:
    """Return the fingerprint of a certificate in DER form."""
    return _PREFIX + sha256(certificate).hexdigest()


def parse_fingerprint(text: str) -> str:
    """Return the canonical form of a fingerprint as people write it.

    >>> parse_fingerprint("SHA256 Fingerprint=AB:CD:" + "00:" * 29 + "EF")
    'sha256:abcd0000000000000000000000000000000000000000000000000000000000ef'

    Raises:
        TlsError: it is none.
    """
    digits = text.strip().lower().replace(" ", "").rpartition("=")[2]
    digits = digits.removeprefix(_PREFIX).replace(":", "")
    if len(digits) != _DIGITS or not set(digits) <= set("0123456789abcdef"):
        raise TlsError(
            f"{text!r} is no fingerprint.",
            stage="tls",
            advice=f"It is written {_PREFIX} and then {_DIGITS} digits from 0 to f.",
        )
    return _PREFIX + digits


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate, those that vouch for it, and its private key. A value.

    >>> Identity.make("ana").fingerprint.partition(":")[0]
    'sha256'

    Attributes:
        certificates: PEM, the own one first.
        key: PEM, not encrypted; keep it secret.
    """

    certificates: str
    key: str = field(repr=False)

    @classmethod
    def make(cls, name: str = "razem", *, hosts: Sequence[str] = (), days: int = 3650) -> Self:
        """Make a new key (ECDSA on P-256) and a certificate signed by itself.

        Args:
            name: whom it names (its common name), 1 to 64 characters.
            hosts: names and numbers it may be connected to by, for those who check them; who pins
                its fingerprint does not.
            days: from now on, for which it is valid.

        Raises:
            TlsError: the name, a host or the days cannot stand in a certificate.
        """
        from razem.sockets.tls_making import make_certificate  # noqa: PLC0415  slow to import

        try:
            certificate, key = make_certificate(name, hosts, days)
        except (ValueError, OverflowError) as error:
            raise TlsError(
                f"cannot make a certificate for {', '.join([name, *hosts])}: {error}.",
                stage="tls",
                advice="A name has 1 to 64 characters, a host is written in ASCII.",
            ) from error
        return cls(certificate, key)

    @classmethod
    def load(cls, file: Path | str, key: Path | str | None = None) -> Self:
        """Read an identity that was saved, or made elsewhere, in PEM form.

        Args:
            file: the certificate, those that vouch for it, and the private key.
            key: the private key, where it has a file of its own.

        Raises:
            TlsError: a file cannot be read, or the two are not in it, or do not fit.
        """
        text = _read(file)
        identity = cls(
            "".join(f"{_BEGIN}{body}{_END}\n" for body in _certificates(text)),
            _key(text if key is None else _read(key)),
        )
        place = str(file if key is None else key)
        if not identity.certificates:
            raise _unusable(str(file), "there is no certificate in it")
        if not identity.key:
            raise _unusable(place, "there is no private key in it")
        if "ENCRYPTED" in identity.key:
            raise _unusable(place, "its key is encrypted; take that off (openssl pkey)")
        try:
            identity.load_into(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
        except (ssl.SSLError, ValueError) as error:
            raise _unusable(place, _why(error)) from error
        return identity

    def save(self, file: Path | str) -> None:
        """Write certificates and key to a file that only this user may read.

        A file of that name is replaced, whole or not at all.

        Raises:
            TlsError: it cannot be written.
        """
        target = Path(file)
        try:
            descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
            try:
                with os.fdopen(descriptor, "w", encoding="ascii") as new:  # mkstemp: mode 0600
                    new.write(self.certificates + self.key)
                    new.flush()
                    os.fsync(new.fileno())
                Path(name).replace(target)
            except BaseException:
                with suppress(OSError):
                    Path(name).unlink()
                raise
        except OSError as error:
            raise TlsError(
                f"cannot save the identity in {target}: {error.strerror or error}.",
                stage="tls",
                advice="Choose a folder that this user may write to.",
            ) from error

    @property
    def fingerprint(self) -> str:
        """By which others know it; see the top of this module."""
        first = f"{_BEGIN}{_certificates(self.certificates)[0]}{_END}"
        return fingerprint_of(ssl.PEM_cert_to_DER_cert(first))

    def load_into(self, context: ssl.SSLContext) -> None:
        """Let a context show it to its peers.

        Raises:
            ssl.SSLError: OpenSSL does not take it.
        """
        with _as_file(self.certificates + self.key) as name:
            context.load_cert_chain(name, password=lambda: b"")  # never asks the terminal


@contextmanager
def _as_file(text: str) -> Iterator[str]:
    """Give the text a file name for a moment, because OpenSSL reads nothing else here."""
    if hasattr(os, "memfd_create"):  # Linux
        descriptor = os.memfd_create("identity")  # in memory: a key does not touch the disk
        try:
            os.write(descriptor, text.encode("ascii", "replace"))
            yield f"/proc/self/fd/{descriptor}"
        finally:
            os.close(descriptor)
        return
    descriptor, name = tempfile.mkstemp()
    try:
        with os.fdopen(descriptor, "w", encoding="ascii", errors="replace") as file:
            file.write(text)
        yield name
    finally:
        Path(name).unlink()


def _read(file: Path | str) -> str:
    try:
        return Path(file).read_text("ascii", errors="replace")
    except OSError as error:
        raise TlsError(
            f"cannot read the identity in {file}: {error.strerror or error}.",
            stage="tls",
            advice="Identity.make().save(FILE) makes a new one.",
        ) from error


def _certificates(text: str) -> list[str]:
    """What stands between the marks of each certificate."""
    return [part.partition(_END)[0] for part in text.split(_BEGIN)[1:] if _END in part]


def _key(text: str) -> str:
    """The block of the private key; "" for none. Each kind of key has marks of its own."""
    lines = text.splitlines()
    marks = [number for number, line in enumerate(lines) if "PRIVATE KEY-----" in line]
    return "\n".join(lines[marks[0] : marks[1] + 1]) + "\n" if len(marks) > 1 else ""


def _why(error: Exception) -> str:
    if isinstance(error, ssl.SSLError) and error.reason == "KEY_VALUES_MISMATCH":
        return "its key belongs to another certificate"
    reason = getattr(error, "reason", None) or str(error)
    return f"OpenSSL does not take it ({reason.replace('_', ' ').lower()})"


def _unusable(file: str, what: str) -> TlsError:
    advice = "An identity is a certificate and its private key, both in PEM form."
    return TlsError(f"{file} is no identity: {what}.", stage="tls", advice=advice)
