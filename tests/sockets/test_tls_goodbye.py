"""Saying goodbye in TLS loses nothing of what has arrived and was not read yet."""

from __future__ import annotations

import razem
from razem.sockets.tls import TlsSession
from razem.sockets.tls_config import server_context

ADDRESS = razem.Address("tls://localhost:1")


def agreed() -> tuple[TlsSession, TlsSession]:
    """Two ends that have agreed, without a network."""
    identity = razem.Identity.make(hosts=["localhost"])
    client = TlsSession.client(ADDRESS, razem.Tls(fingerprint=identity.fingerprint))
    context = server_context(ADDRESS, razem.Tls(identity=identity))
    server = TlsSession(context, None, server_side=True)
    done = [False, False]
    while not all(done):
        done[0] = client.handshake()
        carry(client, server)
        done[1] = server.handshake()
        carry(server, client)
    return client, server


def carry(source: TlsSession, target: TlsSession) -> None:
    if output := source.take_output():
        target.feed(output)


def test_data_and_goodbye_that_came_before_ours() -> None:
    client, server = agreed()
    client.write(b"secret")
    client.close_sending()
    carry(client, server)
    server.close_sending()
    carry(server, client)
    assert (server.read(3), server.read(100), server.read(100)) == (b"sec", b"ret", b"")
    assert client.read(100) == b""


def test_data_that_comes_after_our_goodbye() -> None:
    client, server = agreed()
    client.write(b"one ")
    carry(client, server)
    server.close_sending()
    client.write(b"two")
    client.close_sending()
    carry(client, server)
    assert [server.read(100) for _ in range(3)] == [b"one ", b"two", b""]
