"""TLS: who is trusted, and what is said when it fails, with both drivers."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

import razem
from razem import aio
from razem.sockets.tls import TlsSession

from .pairs import certificate, client_context, server_context, tls_pair

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator


@contextmanager
def server(handle: Callable[[socket.socket], None]) -> Iterator[int]:
    """Python's own sockets as the other side: take one client, and hand it over."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            client, _ = listener.accept()
            with client:
                handle(client)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(20)


def speak_tls(client: socket.socket) -> None:
    try:
        with server_context().wrap_socket(client, server_side=True) as stream:
            stream.sendall(stream.recv(100).upper())
            stream.unwrap()
    except OSError:  # the client does not want us
        return


def ask_blocking(address: str, context: ssl.SSLContext | None) -> bytes:
    with razem.connect(address, tls=context, timeout=20) as stream:
        stream.send(b"hello")
        return b"".join(stream)


def ask_asyncio(address: str, context: ssl.SSLContext | None) -> bytes:
    async def main() -> bytes:
        async with await aio.connect(address, tls=context, timeout=20) as stream:
            await stream.send(b"hello")
            return b"".join([piece async for piece in stream])

    return asyncio.run(main())


every_driver = pytest.mark.parametrize("ask", [ask_blocking, ask_asyncio])


@every_driver
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", ""])
def test_speaks_with_pythons_own_tls(ask: Callable[..., bytes], host: str) -> None:
    with server(speak_tls) as port:
        assert ask(f"tls://{host}:{port}", client_context()) == b"HELLO"


@every_driver
def test_the_systems_authorities(
    ask: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate()[0]))
    with server(speak_tls) as port:
        assert ask(f"tls://localhost:{port}", None) == b"HELLO"


@every_driver
def test_a_stranger_is_refused(ask: Callable[..., bytes]) -> None:
    with server(speak_tls) as port, pytest.raises(razem.TlsError) as caught:
        ask(f"tls://localhost:{port}", None)
    assert f"no safe connection to tls://localhost:{port}: its certificate" in str(caught.value)
    assert caught.value.stage == "tls"
    assert isinstance(caught.value, OSError)


@every_driver
def test_another_name_is_refused(ask: Callable[..., bytes]) -> None:
    with server(speak_tls) as port, pytest.raises(razem.TlsError, match="is for another name"):
        ask(f"tls://localhost.:{port}", client_context())


@every_driver
def test_a_server_without_tls(ask: Callable[..., bytes]) -> None:
    def greet(client: socket.socket) -> None:
        client.sendall(b"220 mail.example ready\r\n")
        client.recv(1000)

    with server(greet) as port, pytest.raises(razem.TlsError, match="does not speak TLS there"):
        ask(f"tls://localhost:{port}", client_context())


@every_driver
def test_a_server_that_leaves_in_the_handshake(ask: Callable[..., bytes]) -> None:
    def leave(client: socket.socket) -> None:
        client.recv(10_000)

    with server(leave) as port, pytest.raises(razem.TlsError, match="ended the connection instead"):
        ask(f"tls://localhost:{port}", client_context())


@every_driver
def test_a_cut_is_no_end(ask: Callable[..., bytes]) -> None:
    def cut(client: socket.socket) -> None:
        with server_context().wrap_socket(client, server_side=True) as stream:
            stream.sendall(stream.recv(100))
            socket.socket.shutdown(stream, socket.SHUT_RDWR)  # without TLS's goodbye

    with server(cut) as port, pytest.raises(razem.TruncatedError, match="without TLS's goodbye"):
        ask(f"tls://localhost:{port}", client_context())


@pytest.mark.parametrize("step", [1, 7, 1000])
def test_sessions_meet_without_io(step: int) -> None:
    """However the bytes are cut on their way."""
    ends = [
        TlsSession.client(razem.Address("tls://localhost:1"), client_context()),
        TlsSession(server_context(), None, server_side=True),
    ]

    def carry() -> None:
        for sender, receiver in (ends, ends[::-1]):
            data = sender.take_output()
            for start in range(0, len(data), step):
                receiver.feed(data[start : start + step])

    done = [False, False]
    while not all(done):
        done = [end.handshake() for end in ends]
        carry()
    ends[0].write(b"hello")
    carry()
    assert ends[1].read(3) == b"hel"
    assert ends[1].read(80) == b"lo"
    assert ends[1].read(80) is None
    ends[0].close_sending()
    carry()
    assert ends[1].read(80) == b""
    ends[1].write(b"late")
    carry()
    assert ends[0].read(80) == b"late"
    ends[0].feed(b"")
    with pytest.raises(razem.TruncatedError):
        ends[0].read(80)


def test_damaged_bytes_are_noticed() -> None:
    client, other = tls_pair()
    with client, other:
        other._inner.send(b"\x17\x03\x03\x00\x20" + bytes(32))  # type: ignore[attr-defined]
        with pytest.raises(razem.TlsError):
            client.receive()
