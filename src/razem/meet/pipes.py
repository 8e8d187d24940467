"""Pipes between two ends, and what is said on them before TLS and at its beginning."""

from __future__ import annotations

import ssl
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from razem.errors import Error, LimitError, RemoteProtocolError
from razem.meet.messages import LIMIT, Message, Whereabouts, decode, encode
from razem.sockets.address import Address
from razem.sockets.aio.tls_stream import TlsStream
from razem.sockets.clock import deadline_after, earlier, remaining
from razem.sockets.tls import TlsSession
from razem.sockets.tls_config import Tls, client_context, server_context
from razem.sockets.tls_identity import fingerprint_of

if TYPE_CHECKING:
    from razem.meet.proof import Pair
    from razem.sockets.aio.stream import Stream
    from razem.sockets.tls_identity import Identity

__all__ = ["Pipe", "Secured", "certificate_of", "drop", "hear", "say", "secure"]

SECONDS: Final = 10.0  # for the other end to say what comes next

Said = TypeVar("Said", bound=Message)
Other = TypeVar("Other", bound=Message)


class Pipe(NamedTuple):
    """A connection that may lead to the other end.

    Attributes:
        stream: it belongs to whoever has the pipe.
        relayed: it goes by a hub.
        ours: this end has made it.
        where: to whom, in words.
    """

    stream: Stream
    relayed: bool
    ours: bool
    where: str


class Secured(NamedTuple):
    """A pipe within which both are alone.

    Attributes:
        stream: TLS.
        pipe: below it.
        peer: where else the other end can be reached.
    """

    stream: TlsStream
    pipe: Pipe
    peer: Whereabouts


async def say(stream: Stream, message: Message, deadline: float | None = None) -> None:
    """Send a message."""
    deadline = earlier(deadline, deadline_after(SECONDS))
    await stream.send(encode(message), timeout=remaining(deadline))


async def hear(
    stream: Stream,
    kind: type[Said],
    other: type[Other],
    *,
    seconds: float | None = SECONDS,
) -> Said | Other:
    """Wait for a message of this kind, or the other.

    Raises:
        RemoteProtocolError: it is of another, or none at all.
    """
    try:
        payload = await stream.receive_record(LIMIT, timeout=seconds)
    except LimitError as error:
        raise RemoteProtocolError("what came is no message.", stage="read") from error
    message = decode(payload)
    if isinstance(message, kind):
        return message
    if isinstance(message, other):
        return message
    raise RemoteProtocolError(
        f"a {type(message).__name__} that does not belong here.", stage="read"
    )


async def drop(stream: Stream) -> None:
    """Close without a word."""
    with suppress(Error, OSError):
        await stream.abort()


def certificate_of(identity: Identity) -> bytes:
    """Return the certificate of an identity (DER)."""
    return ssl.PEM_cert_to_DER_cert(identity.certificates)


async def secure(
    pipe: Pipe, pair: Pair, identity: Identity, here: Whereabouts, *, offers: bool
) -> Secured:
    """Speak TLS on a pipe with the other end of the pair, and nobody else.

    Args:
        pipe: it is closed if that fails.
        pair: whom to expect.
        identity: of this end.
        here: where this end can be reached.
        offers: whether this end offered the code, and so is the server of TLS.

    Raises:
        TlsError: it is somebody else.
    """
    stream = pipe.stream
    address = stream.remote or Address("code:")
    expected = fingerprint_of(pair.certificate)
    authority = ssl.DER_cert_to_PEM_cert(pair.certificate)
    tls = Tls(identity=identity, fingerprint=expected, authorities=authority)
    if offers:
        context = server_context(address, tls)
        session = TlsSession(context, address, server_side=True, pins=tls.pins)
    else:
        context = client_context(tls)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        session = TlsSession(context, address, host="razem.invalid", pins=tls.pins)
    try:
        secured = TlsStream(stream, session)
        await secured.handshake(deadline_after(SECONDS))
        await say(secured, here)
        return Secured(secured, pipe, await hear(secured, Whereabouts, Whereabouts))
    except BaseException:
        await drop(stream)
        raise
