"""TLS listeners and identities: who is taken, who is refused and in which words, both drivers."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, TypeAlias, cast

import pytest

import razem
from razem import Identity, Tls, aio
from razem.sockets.tls_identity import parse_fingerprint

from .pairs import identity

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from razem.sockets.aio.tls_stream import TlsStream as AsyncTlsStream
    from razem.sockets.tls_stream import TlsStream


class Seen:
    """What the listener's side saw: the client's fingerprint, or the error."""

    fingerprint: str | None = None
    error: razem.Error | None = None


@contextmanager
def blocking_listener(tls: Tls) -> Iterator[tuple[razem.Address, Seen]]:
    """Take one client, and send back what it sends in upper case."""
    seen = Seen()

    def serve(listener: razem.Listener) -> None:
        try:
            with listener.accept(timeout=20) as stream:
                data = b"".join(stream)
                seen.fingerprint = cast("TlsStream", stream).peer_fingerprint
                stream.send(data.upper())
                stream.close_sending()
        except razem.Error as error:
            seen.error = error

    with razem.listen("tls://localhost:0", tls=tls) as listener, ThreadPoolExecutor(1) as pool:
        served = pool.submit(serve, listener)
        yield listener.local, seen
        served.result(20)


@contextmanager
def asyncio_listener(tls: Tls) -> Iterator[tuple[razem.Address, Seen]]:
    """The same in a loop of its own."""
    seen = Seen()

    async def serve(told: Callable[[razem.Address], None]) -> None:
        async with await aio.listen("tls://localhost:0", tls=tls) as listener:
            told(listener.local)
            try:
                async with await listener.accept(timeout=20) as stream:
                    data = b"".join([piece async for piece in stream])
                    seen.fingerprint = cast("AsyncTlsStream", stream).peer_fingerprint
                    await stream.send(data.upper())
                    await stream.close_sending()
            except razem.Error as error:
                seen.error = error

    ready = threading.Event()
    addresses: list[razem.Address] = []

    def told(address: razem.Address) -> None:
        addresses.append(address)
        ready.set()

    with ThreadPoolExecutor(1) as pool:
        served = pool.submit(lambda: asyncio.run(serve(told)))
        assert ready.wait(20)
        yield addresses[0], seen
        served.result(20)


Listening: TypeAlias = Callable[[Tls], AbstractContextManager[tuple[razem.Address, Seen]]]
Ask: TypeAlias = Callable[[razem.Address, Tls | None], bytes]


def ask_blocking(address: razem.Address, tls: Tls | None) -> bytes:
    with razem.connect(address, tls=tls, timeout=20) as stream:
        stream.send(b"hello\n")
        stream.close_sending()
        return b"".join(stream)


def ask_asyncio(address: razem.Address, tls: Tls | None) -> bytes:
    async def main() -> bytes:
        async with await aio.connect(address, tls=tls, timeout=20) as stream:
            await stream.send(b"hello\n")
            await stream.close_sending()
            return b"".join([piece async for piece in stream])

    return asyncio.run(main())


both_drivers = pytest.mark.parametrize(
    ("listening", "ask"),
    [(blocking_listener, ask_blocking), (asyncio_listener, ask_asyncio)],
    ids=["blocking", "asyncio"],
)


@pytest.fixture(scope="module")
def client() -> Identity:
    return Identity.make("ana")


@pytest.fixture
def clients(client: Identity, tmp_path: Path) -> Path:
    """A file of the clients that are known."""
    file = tmp_path / "clients.pem"
    file.write_text(client.certificates)
    return file


@both_drivers
def test_a_pinned_identity(listening: Listening, ask: Ask) -> None:
    with listening(Tls(identity())) as (address, seen):
        assert ask(address, Tls(fingerprint=identity().fingerprint)) == b"HELLO\n"
    assert seen.error is None
    assert seen.fingerprint is None


@both_drivers
def test_one_of_several_pins(listening: Listening, ask: Ask, client: Identity) -> None:
    pins = [client.fingerprint, identity().fingerprint.upper()]
    with listening(Tls(identity())) as (address, _):
        assert ask(address, Tls(fingerprint=pins)) == b"HELLO\n"


@both_drivers
def test_another_identity_than_the_pinned_one(
    listening: Listening, ask: Ask, client: Identity
) -> None:
    with listening(Tls(identity())) as (address, seen):
        with pytest.raises(razem.TlsError, match="is not the expected one") as caught:
            ask(address, Tls(identity=client, fingerprint=client.fingerprint))
        assert identity().fingerprint in str(caught.value)
        assert caught.value.address == address
    assert isinstance(seen.error, razem.TlsError)
    assert "ended the connection instead of agreeing" in str(seen.error)


@both_drivers
def test_an_identity_as_its_own_authority(listening: Listening, ask: Ask, tmp_path: Path) -> None:
    file = tmp_path / "server.pem"
    file.write_text(identity().certificates)
    with listening(Tls(identity())) as (address, _):
        assert ask(address, Tls(authorities=file)) == b"HELLO\n"


@both_drivers
def test_the_systems_authorities_do_not_know_it(listening: Listening, ask: Ask) -> None:
    with (
        listening(Tls(identity())) as (address, seen),
        pytest.raises(razem.TlsError, match=r"signed by itself only\. .* pin its fingerprint"),
    ):
        ask(address, None)
    assert isinstance(seen.error, razem.TlsError)
    assert "does not accept the certificate of this end" in str(seen.error)


@both_drivers
@pytest.mark.parametrize(
    ("hosts", "days", "words"),
    [
        (["localhost"], -1, "has expired. Its owner must renew it"),
        (["elsewhere.example"], 9, "is for another name. Use the name that it is for"),
    ],
)
def test_a_certificate_that_proves_nothing(
    listening: Listening, ask: Ask, tmp_path: Path, hosts: list[str], days: int, words: str
) -> None:
    bad = Identity.make("bad", hosts=hosts, days=days)
    file = tmp_path / "bad.pem"
    file.write_text(bad.certificates)
    with listening(Tls(bad)) as (address, seen), pytest.raises(razem.TlsError) as caught:
        ask(address, Tls(authorities=file))
    assert words in str(caught.value)
    assert isinstance(seen.error, razem.TlsError)


@both_drivers
@pytest.mark.parametrize("pinned", [False, True])
def test_a_known_client(
    listening: Listening, ask: Ask, client: Identity, clients: Path, pinned: bool
) -> None:
    pins = [client.fingerprint] if pinned else []
    with listening(Tls(identity(), fingerprint=pins, authorities=clients)) as (address, seen):
        assert ask(address, Tls(client, fingerprint=identity().fingerprint)) == b"HELLO\n"
    assert seen.fingerprint == client.fingerprint


@both_drivers
def test_a_client_without_a_certificate(listening: Listening, ask: Ask, clients: Path) -> None:
    with listening(Tls(identity(), authorities=clients)) as (address, seen):
        with pytest.raises(razem.Error) as caught:
            ask(address, Tls(fingerprint=identity().fingerprint))
        if isinstance(caught.value, razem.TlsError):  # else the break was seen before the alert
            assert "asks for a certificate, and this end has none" in str(caught.value)
    assert isinstance(seen.error, razem.TlsError)
    assert "it has no certificate, and this end asks for one" in str(seen.error)


@both_drivers
def test_an_unknown_client(listening: Listening, ask: Ask, clients: Path) -> None:
    stranger = Identity.make("stranger")
    with (
        listening(Tls(identity(), authorities=clients)) as (address, seen),
        pytest.raises(razem.Error),
    ):
        ask(address, Tls(stranger, fingerprint=identity().fingerprint))
    assert isinstance(seen.error, razem.TlsError)
    assert "its certificate is signed by itself only" in str(seen.error)


@both_drivers
@pytest.mark.parametrize("said", [b"hello\n" * 4, b"GET / HTTP/1.1\r\n\r\n", b"\0" * 64])
def test_a_client_that_speaks_no_tls(listening: Listening, ask: Ask, said: bytes) -> None:
    del ask
    with (
        listening(Tls(identity())) as (address, seen),
        socket.create_connection(("localhost", address.port)) as plain,
    ):
        plain.sendall(said)
        while plain.recv(1000):
            pass
    assert isinstance(seen.error, razem.TlsError)
    assert "it does not speak TLS. Connect with tls://" in str(seen.error)


@both_drivers
def test_a_cut_is_told_from_an_end(listening: Listening, ask: Ask) -> None:
    del ask
    with listening(Tls(identity())) as (address, seen):
        stream = razem.connect(address, tls=Tls(fingerprint=identity().fingerprint))
        stream.send(b"half a sen")
        cast("TlsStream", stream)._inner.close()
    assert isinstance(seen.error, razem.TruncatedError)
    assert "without TLS's goodbye" in str(seen.error)


def test_a_silent_client_keeps_nobody_waiting() -> None:
    """Who connects and says nothing waits for its own handler, not in the way of others."""
    with razem.listen("tls://localhost:0", tls=Tls(identity())) as listener:
        thread = threading.Thread(
            target=listener.serve, args=(lambda stream: stream.send(b"welcome"),)
        )
        thread.start()
        tls = Tls(fingerprint=identity().fingerprint)
        with (
            socket.create_connection(("localhost", listener.local.port)),
            razem.connect(listener.local, tls=tls, timeout=20) as stream,
        ):
            assert stream.receive_exactly(7, timeout=20) == b"welcome"
            listener.close()
        thread.join(20)


def test_one_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("razem.sockets.tls_config.TLS_PATIENCE", 0.05)
    with (
        razem.listen("tls://localhost:0", tls=Tls(identity())) as listener,
        socket.create_connection(("localhost", listener.local.port)),
        listener.accept(timeout=20) as stream,
        pytest.raises(razem.TimedOutError),
    ):
        stream.receive()


def test_closing_ends_a_handshake_in_another_thread() -> None:
    with (
        razem.listen("tls://localhost:0", tls=Tls(identity())) as listener,
        socket.create_connection(("localhost", listener.local.port)),
        ThreadPoolExecutor(1) as pool,
    ):
        stream = listener.accept(timeout=20)
        waiting = pool.submit(stream.receive)
        with pytest.raises(razem.TimedOutError):
            stream.send(b"", timeout=0.02)  # the other thread is in the handshake, or will be
        stream.close()
        with pytest.raises(razem.ClosedError):
            waiting.result(20)


# -- beside OpenSSL ------------------------------------------------------------------------------

needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is missing")


@needs_openssl
@both_drivers
def test_openssl_as_client(
    listening: Listening, ask: Ask, tmp_path: Path, client: Identity, clients: Path
) -> None:
    del ask
    (tmp_path / "server.pem").write_text(identity().certificates)
    client.save(tmp_path / "client.pem")
    with listening(Tls(identity(), authorities=clients)) as (address, seen):
        command = f"openssl s_client -connect localhost:{address.port} -quiet -no_ign_eof"
        files = "-CAfile server.pem -verify_return_error -cert client.pem -key client.pem"
        with subprocess.Popen(
            [*command.split(), *files.split(), "-tls1_3"],
            cwd=tmp_path,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            process.communicate(b"hello", timeout=20)
    assert seen.error is None or isinstance(seen.error, razem.BrokenError)  # it leaves at once
    assert seen.fingerprint == client.fingerprint


@needs_openssl
@pytest.mark.parametrize("ask", [ask_blocking, ask_asyncio])
def test_openssl_as_server(ask: Ask, tmp_path: Path, client: Identity, clients: Path) -> None:
    identity().save(tmp_path / "server.pem")
    command = "openssl s_server -accept 127.0.0.1:0 -cert server.pem -key server.pem -rev"
    with subprocess.Popen(
        [*command.split(), "-naccept", "1", "-Verify", "1", "-CAfile", str(clients)],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            assert process.stdout
            while "ACCEPT" not in (line := process.stdout.readline()):
                assert process.poll() is None
            address = razem.Address(f"tls://{line.split()[1]}")
            tls = Tls(client, fingerprint=identity().fingerprint)
            assert ask(address, tls) == b"olleh\n"
        finally:
            process.kill()


@needs_openssl
def test_the_fingerprint_is_openssls(tmp_path: Path) -> None:
    identity().save(tmp_path / "identity.pem")
    shown = subprocess.run(
        ["openssl", "x509", "-noout", "-fingerprint", "-sha256", "-in", "identity.pem"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert parse_fingerprint(shown) == identity().fingerprint


# -- identities ----------------------------------------------------------------------------------


def test_an_identity_is_saved_and_loaded(tmp_path: Path, client: Identity) -> None:
    file = tmp_path / "identity.pem"
    identity().save(file)
    client.save(file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert Identity.load(file) == client
    assert [each.name for each in tmp_path.iterdir()] == ["identity.pem"]
    assert "PRIVATE" not in repr(client)


def test_certificate_and_key_in_files_of_their_own(tmp_path: Path, client: Identity) -> None:
    (tmp_path / "cert").write_text("some words before\n" + client.certificates)
    (tmp_path / "key").write_text(client.key)
    assert Identity.load(tmp_path / "cert", tmp_path / "key") == client


def test_files_that_hold_no_identity(tmp_path: Path, client: Identity) -> None:
    file = tmp_path / "file"
    broken = client.certificates.replace("M", "A", 3)
    for text, words in [
        (None, "cannot read the identity"),
        ("", "there is no certificate in it"),
        ("\0\xff", "there is no certificate in it"),
        (client.key, "there is no certificate in it"),
        (client.certificates, "there is no private key in it"),
        (client.certificates + identity().key, "its key belongs to another certificate"),
        (broken + client.key, "OpenSSL does not take it"),
        (client.certificates + client.key.replace("PRIVATE", "ENCRYPTED PRIVATE"), "is encrypted"),
    ]:
        if text is not None:
            file.write_text(text, "utf-8")
        with pytest.raises(razem.TlsError, match=words) as caught:
            Identity.load(file)
        assert str(file) in str(caught.value)
        assert caught.value.advice
    with pytest.raises(razem.TlsError, match="cannot save the identity"):
        client.save(tmp_path / "none" / "file")


def test_what_cannot_be_in_a_certificate() -> None:
    for name, hosts, days in [("", [], 9), ("x" * 65, [], 9), ("a", ["ä.b"], 9), ("a", [], 10**9)]:
        with pytest.raises(razem.TlsError, match="cannot make a certificate"):
            Identity.make(name, hosts=hosts, days=days)


@pytest.mark.parametrize("text", ["", "sha256:", "sha256:" + "0" * 63, "g" * 64, "md5:" + "0" * 64])
def test_what_is_no_fingerprint(text: str) -> None:
    with pytest.raises(razem.TlsError, match="is no fingerprint"):
        razem.connect("tls://localhost:1", tls=Tls(fingerprint=text))


def test_a_listener_that_could_prove_nothing(tmp_path: Path) -> None:
    with pytest.raises(razem.TlsError, match="by fingerprint only"):
        razem.listen("tls://localhost:0", tls=Tls(identity(), fingerprint="0" * 64))
    for authorities in (tmp_path / "none", tmp_path):
        with pytest.raises(razem.TlsError, match="cannot read the authorities"):
            razem.listen("tls://localhost:0", tls=Tls(identity(), authorities=authorities))
        with pytest.raises(razem.TlsError, match="cannot read the authorities"):
            razem.connect("tls://localhost:1", tls=Tls(authorities=authorities))
