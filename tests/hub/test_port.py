"""The one port over real sockets: what speaks what, who may come, and who is shown out.

A proxy named in the configuration lets a test come from any address.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from razem.hub.config import Config
from razem.hub.running import running_hub
from razem.sockets.tls_identity import Identity, fingerprint_of
from tests.hub.process import PATIENCE, Client, HubProcess, config

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CERTIFICATE = 'memory = true\n[tls]\ncertificate = "{}"\n'


@pytest.fixture(scope="module")
def hub() -> Iterator[HubProcess]:
    """A hub in memory; at its end it has complained of nothing."""
    with HubProcess("--memory") as process:
        yield process
        assert process.end() == (0, "")


def raw(hub: HubProcess, host: str = "127.0.0.1") -> socket.socket:
    connected = socket.create_connection((host, hub.port), PATIENCE)
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connected


def tls(
    connected: socket.socket,
    *alpn: str,
    version: ssl.TLSVersion | None = None,
    identity: Identity | None = None,
) -> ssl.SSLSocket:
    """Shake hands over a connection, without asking who the hub is."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if version is not None:
        context.minimum_version = context.maximum_version = version
    if alpn:
        context.set_alpn_protocols(list(alpn))
    if identity is not None:
        identity.load_into(context)
    return context.wrap_socket(connected)


def from_address(hub: HubProcess, address: str) -> socket.socket:
    """Come from somewhere, as a proxy says it (PROXY protocol, version 1)."""
    connected = raw(hub)
    family = "TCP6" if ":" in address else "TCP4"
    connected.sendall(f"PROXY {family} {address} {address} 1 2\r\n".encode())
    return connected


def register(client: Client, nick: str) -> None:
    client.say(f"NICK {nick}", f"USER {nick} 0 * :x", "PING ready")
    client.until("PONG")


def rest(connected: socket.socket) -> bytes:
    """Read to the end of the connection."""
    data = b""
    with contextlib.suppress(ConnectionResetError):
        while piece := connected.recv(65536):
            data += piece
    return data


# What is spoken


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("alpn", [(), ("irc",), ("h2", "irc")])
def test_irc_over_tls(hub: HubProcess, version: ssl.TLSVersion, alpn: tuple[str, ...]) -> None:
    with Client(tls(raw(hub), *alpn, version=version)) as ana:
        assert isinstance(ana.socket, ssl.SSLSocket)
        assert ana.socket.selected_alpn_protocol() == ("irc" if alpn else None)
        register(ana, f"a{version.value}{len(alpn)}")


@pytest.mark.parametrize("alpn", [(), ("http/1.1",), ("h2", "http/1.1"), ("h2",)])
def test_http_over_tls(hub: HubProcess, alpn: tuple[str, ...]) -> None:
    with tls(raw(hub), *alpn) as connected:
        chosen = "http/1.1" if "http/1.1" in alpn else None
        assert connected.selected_alpn_protocol() == chosen
        connected.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert rest(connected).startswith(b"HTTP/1.1 200 OK\r\n")


def test_what_alpn_says_holds(hub: HubProcess) -> None:
    """So that nobody can make a browser speak IRC (ALPACA)."""
    with tls(raw(hub), "http/1.1") as connected:
        connected.sendall(b"NICK ana\r\n\r\n")
        assert rest(connected).startswith(b"HTTP/1.0 400")
    with Client(tls(raw(hub), "irc")) as client:
        client.socket.sendall(b"GET / HTTP/1.1\r\n\r\n")
        line = client.line()
        assert line is not None
        assert line.command in {"421", "451"}  # ERR_UNKNOWNCOMMAND, ERR_NOTREGISTERED


def test_a_page_that_posts_irc_is_no_client_of_irc(hub: HubProcess) -> None:
    with raw(hub) as connected:
        body = b"NICK eve\r\nUSER e 0 * :e\r\nPRIVMSG ana :hello\r\n"
        connected.sendall(
            b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 53\r\n\r\n" + body
        )
        assert b" 405 " in connected.recv(65536)


@pytest.mark.parametrize("secure", [False, True])
def test_first_bytes_come_one_by_one(hub: HubProcess, secure: bool) -> None:
    def talk(data: bytes) -> socket.socket:
        connected = tls(raw(hub)) if secure else raw(hub)
        for number in range(len(data)):
            connected.sendall(data[number : number + 1])
        return connected

    with Client(talk(b"PING 1\r\nPATCH\r\n")) as client:
        client.until("421")  # ERR_UNKNOWNCOMMAND: of IRC
    with talk(b"GET /health HTTP/1.0\r\nHost: localhost\r\n\r\n") as connected:
        assert b" 200 " in connected.recv(65536)


def test_a_clienthello_in_pieces(hub: HubProcess) -> None:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    arriving, leaving = ssl.MemoryBIO(), ssl.MemoryBIO()
    inside = context.wrap_bio(arriving, leaving)
    with raw(hub) as connected:
        while True:
            with contextlib.suppress(ssl.SSLWantReadError):
                inside.do_handshake()
                break
            hello = leaving.read()
            for number in range(len(hello)):
                connected.sendall(hello[number : number + 1])
            arriving.write(connected.recv(65536))
        inside.write(b"PING 1\r\n")
        connected.sendall(leaving.read())
        assert inside.version() == "TLSv1.3"


def test_who_says_nothing_keeps_nobody_waiting(hub: HubProcess) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(60):
            stack.enter_context(raw(hub))
        half = stack.enter_context(raw(hub))
        half.sendall(b"\x16\x03\x01")  # the beginning of a handshake
        with hub.connect() as ana:
            register(ana, "quick")


def test_a_client_that_waits_for_the_hub_to_speak_first_is_served_once_it_speaks(
    hub: HubProcess,
) -> None:
    with hub.connect() as patient:
        assert select.select([patient.socket], [], [], 0.3)[0] == []
        register(patient, "patient")


def test_who_is_gone_at_once_is_forgotten(hub: HubProcess) -> None:
    for _ in range(20):
        raw(hub).close()
        with raw(hub) as connected:
            connected.sendall(b"\x16")
    with hub.connect() as ana:
        register(ana, "still")


def test_what_is_asked_before_the_end_of_a_tls_connection_is_answered(hub: HubProcess) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not there")
    done = subprocess.run(
        ["openssl", "s_client", "-quiet", "-connect", f"127.0.0.1:{hub.port}", "-alpn", "irc"],
        input=b"NICK ssl\r\nUSER s 0 * :S\r\nQUIT :done\r\n",
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    assert b" 001 ssl " in done.stdout
    assert done.stdout.endswith(b"ERROR :Closing link: Quit: done\r\n") or b"ERROR" in done.stdout


# Places to listen


def test_tls_addresses_are_for_tls_only() -> None:
    with HubProcess("--memory", "--listen", "tls://127.0.0.1:0") as hub:
        assert hub.addresses[0].startswith("tls://")
        with Client(tls(raw(hub))) as ana:
            register(ana, "ana")
        with hub.connect() as plain:
            plain.say("NICK bo", "USER b 0 * :b")
            assert plain.rest()[-1].params == (
                "Closing link: Connect with TLS (SSL) to this same port",
            )
        assert hub.end() == (0, "")


def test_one_port_for_both_families() -> None:
    with HubProcess("--memory", "--listen", "tcp://:0") as hub:
        for host in ("127.0.0.1", "::1"):
            try:
                connected = socket.create_connection((host, hub.port), PATIENCE)
            except OSError:
                assert host == "::1"  # a machine without IPv6
                continue
            with Client(connected) as client:
                register(client, f"n{len(host)}")
        assert hub.end() == (0, "")


def test_unix_sockets_speak_everything(tmp_path: Path) -> None:
    path = tmp_path / "hub"
    text = 'memory = true\nplaintext = "never"\n'
    with HubProcess("--config", config(tmp_path, text), "--listen", f"unix://{path}") as hub:

        def connect() -> socket.socket:
            unix = socket.socket(socket.AF_UNIX)
            unix.settimeout(PATIENCE)
            unix.connect(str(path))
            return unix

        with Client(connect()) as ana, Client(tls(connect())) as bo:
            register(ana, "ana")
            register(bo, "bo")
        with connect() as web:
            web.sendall(b"GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n")
            assert b"razem_sessions" in rest(web)
        assert hub.end() == (0, "")


@pytest.mark.parametrize("arguments", [(), ("--listen", "fd:3")])
def test_an_inherited_socket_and_its_readiness(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """As systemd does it: sd_listen_fds(3), sd_notify(3)."""
    place = str(tmp_path / "notify")
    with (
        socket.create_server(("127.0.0.1", 0)) as listening,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager,
    ):
        manager.bind(place)
        manager.settimeout(PATIENCE)
        port = listening.getsockname()[1]
        # What systemd does between fork and exec.
        script = (
            "import os, sys; os.dup2(int(sys.argv[1]), 3); os.set_inheritable(3, True);"
            "os.environ |= {'LISTEN_FDS': '1', 'LISTEN_PID': str(os.getpid())};"
            "os.execv(sys.executable, [sys.executable, '-m', 'razem', 'hub', *sys.argv[2:]])"
        )
        hub = subprocess.Popen(
            [sys.executable, "-c", script, str(listening.fileno()), "--memory", *arguments],
            pass_fds=[listening.fileno()],
            env=os.environ | {"NOTIFY_SOCKET": place},
            stdout=subprocess.DEVNULL,
        )
        try:
            said = manager.recv(4096).decode().splitlines()
            assert said == ["READY=1", f"STATUS=listening on tcp://127.0.0.1:{port}"]
            with Client(socket.create_connection(("127.0.0.1", port), PATIENCE)) as ana:
                register(ana, "ana")
            hub.send_signal(signal.SIGTERM)
            assert manager.recv(4096) == b"STOPPING=1"
            assert hub.wait(PATIENCE) == 0
        finally:
            hub.kill()
            hub.wait()


# Certificates


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_session_knows_the_certificate_of_its_client(version: ssl.TLSVersion) -> None:
    """Nobody vouches for it: who has it is known by it (SASL EXTERNAL)."""
    identity = Identity.make("ana")
    config = Config(memory=True, listen="tcp://127.0.0.1:0")

    async def meet() -> list[str]:
        async with running_hub(config) as hub:
            port = hub.addresses[0].port
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            context.minimum_version = context.maximum_version = version
            certificates = []
            for shown in (False, True):
                if shown:
                    identity.load_into(context)
                reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
                writer.write(b"PING 1\r\n")
                await reader.readline()
                (session,) = hub.hub.sessions.values()
                assert session.origin.secure
                assert session.origin.transport == "tls"
                certificates.append(session.origin.certificate)
                writer.transport.abort()
                while hub.hub.sessions:
                    await asyncio.sleep(0)
            return certificates

    assert asyncio.run(meet()) == ["", identity.fingerprint.removeprefix("sha256:")]


def test_a_browser_is_asked_for_no_certificate(hub: HubProcess) -> None:
    """It would ask its user for one. (`openssl s_client` tells whether it was asked.)"""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not there")
    command = ["openssl", "s_client", "-connect", f"127.0.0.1:{hub.port}", "-alpn"]
    asked = {}
    for alpn in ("http/1.1", "irc"):
        done = subprocess.run(
            [*command, alpn], input=b"", capture_output=True, timeout=PATIENCE, check=False
        )
        asked[alpn] = b"Requested Signature Algorithms" in done.stdout
    assert asked == {"http/1.1": False, "irc": True}


def test_another_certificate_is_shown_after_sighup_and_no_connection_is_lost(
    tmp_path: Path,
) -> None:
    file = tmp_path / "hub.pem"
    first, second = Identity.make("one"), Identity.make("two")
    first.save(file)
    with HubProcess("--config", config(tmp_path, CERTIFICATE.format(file))) as hub:

        def shown() -> str:
            with tls(raw(hub)) as connected:
                certificate = connected.getpeercert(binary_form=True)
                assert certificate
                return fingerprint_of(certificate)

        assert shown() == first.fingerprint
        with Client(tls(raw(hub))) as ana, hub.connect() as bo:
            register(ana, "ana")
            register(bo, "bo")
            second.save(file)
            hub.process.send_signal(signal.SIGHUP)
            _until(lambda: shown() == second.fingerprint)
            file.write_text("nonsense")
            hub.process.send_signal(signal.SIGHUP)
            ana.say("PRIVMSG bo :still here")
            assert bo.until("PRIVMSG")[-1].params[-1] == "still here"
            assert shown() == second.fingerprint
        code, complaint = hub.end()
        assert code == 0
        assert "no certificate in it" in complaint
        assert "Traceback" not in complaint


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline


# Who may come, and how

PROXIED = """
memory = true
access = "open"
proxies = ["127.0.0.1"]
[limits]
connections_by_address = 2
connections_by_network = 3
"""


@pytest.fixture
def proxied(tmp_path: Path) -> Iterator[HubProcess]:
    """A hub behind a proxy."""
    with HubProcess("--config", config(tmp_path, PROXIED)) as process:
        yield process
        assert process.end() == (0, "")


def test_plain_irc_from_elsewhere_is_told_to_use_tls(proxied: HubProcess) -> None:
    with Client(from_address(proxied, "192.0.2.7")) as ana:
        ana.say("NICK ana", "USER ana 0 * :Ana")
        (line,) = ana.rest()
        assert line.command == "ERROR"
        assert line.params == ("Closing link: Connect with TLS (SSL) to this same port",)
    with Client(from_address(proxied, "127.0.0.9")) as ana:
        register(ana, "ana")


def test_tls_from_elsewhere_is_let_in_by_its_own_address(proxied: HubProcess) -> None:
    with (
        Client(tls(from_address(proxied, "192.0.2.7"))) as ana,
        Client(tls(from_address(proxied, "2001:db8::7"))) as bo,
        Client(tls(from_address(proxied, "::1"))) as cy,
    ):
        for client, nick in ((ana, "ana"), (bo, "bo"), (cy, "cy")):
            register(client, nick)
        cy.say("JOIN #a")
        cy.until("366")
        for client in (ana, bo):
            client.say("JOIN #a")
        hosts = {str(cy.until("JOIN")[-1].source).partition("@")[2] for _ in range(2)}
        assert hosts == {"192.0.2.7", "2001:db8::7"}


def test_plain_http_from_elsewhere_is_sent_to_https(proxied: HubProcess) -> None:
    def ask(request: bytes) -> tuple[str, str]:
        with from_address(proxied, "192.0.2.7") as web:
            web.sendall(request)
            head = rest(web).decode().partition("\r\n\r\n")[0].split("\r\n")
        places = [line for line in head if line.lower().startswith("location:")]
        return head[0].split()[1], "".join(places).partition(": ")[2]

    host = f"Host: hub.example:{proxied.port}\r\n\r\n".encode()
    assert ask(b"GET /a?b=c HTTP/1.1\r\n" + host) == (
        "307",
        f"https://hub.example:{proxied.port}/a?b=c",
    )
    assert ask(b"GET http://evil.example/ HTTP/1.1\r\n" + host)[1] == (
        f"https://hub.example:{proxied.port}/"
    )
    assert ask(b"POST / HTTP/1.1\r\nConnection: close\r\n" + host) == ("403", "")
    assert ask(b"GET / HTTP/1.0\r\nHost: a b\r\n\r\n") == ("400", "")
    upgrade = b"GET /ws HTTP/1.1\r\nConnection: close, Upgrade\r\nUpgrade: websocket\r\n"
    assert ask(upgrade + host) == ("403", "")


@pytest.mark.parametrize(("allowed", "near", "far"), [("everywhere", True, True),
                                                      ("never", False, False)])  # fmt: skip
def test_plain_text_can_be_allowed_everywhere_or_nowhere(
    tmp_path: Path, allowed: str, near: bool, far: bool
) -> None:
    text = f'plaintext = "{allowed}"\n{PROXIED}'
    with HubProcess("--config", config(tmp_path, text)) as hub:
        for address, welcome in (("127.0.0.1", near), ("192.0.2.7", far)):
            with Client(from_address(hub, address)) as ana:
                ana.say("NICK ana", "USER ana 0 * :Ana")
                line = ana.line()
                assert line is not None
                assert (line.command == "ERROR") != welcome
        assert hub.end() == (0, "")


def test_a_proxy_has_to_say_where_its_clients_are(proxied: HubProcess) -> None:
    for data in (b"NICK ana\r\n", b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x00\x05", b"\0" * 99):
        with raw(proxied) as connected:
            connected.sendall(data)
            assert rest(connected) == b""


def test_a_proxy_that_does_not_know_its_client_gives_it_no_privilege(proxied: HubProcess) -> None:
    with Client(raw(proxied)) as ana:
        ana.socket.sendall(b"PROXY UNKNOWN\r\nNICK ana\r\n")
        assert ana.rest()[-1].command == "ERROR"
    signature = b"\r\n\r\n\0\r\nQUIT\n"
    with raw(proxied) as health:  # LOCAL: the proxy itself
        health.sendall(signature + b"\x20\0\0\0GET /health HTTP/1.0\r\nHost: localhost\r\n\r\n")
        assert rest(health).startswith(b"HTTP/1.0 200 OK")


def test_a_header_and_tls_in_one_packet_and_in_many(proxied: HubProcess) -> None:
    header = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0f" + bytes([192, 0, 2, 7] * 2) + b"\0\1\0\2\4\0\0"
    with raw(proxied) as connected:
        for number in range(len(header)):
            connected.sendall(header[number : number + 1])
        with Client(tls(connected)) as ana:
            register(ana, "ana")
    with raw(proxied) as connected:
        connected.sendall(header.replace(b"\x21\x11\0\x0f", b"\x20\0\0\x0f") + b"PING 1\r\n")
        assert connected.recv(65536)


# How many


def test_an_address_and_a_network_have_a_bound(proxied: HubProcess) -> None:
    with contextlib.ExitStack() as stack:
        for address in ("192.0.2.1", "192.0.2.1", "192.0.2.2"):
            client = stack.enter_context(Client(tls(from_address(proxied, address))))
            register(client, f"n{len(stack._exit_callbacks)}")  # type: ignore[attr-defined]
        for address, reason in (("192.0.2.1", "address (2)"), ("192.0.2.3", "network (3)")):
            with Client(from_address(proxied, address)) as refused:
                assert refused.rest()[-1].params == (
                    f"Closing link: Too many connections from your {reason}",
                )
        with Client(tls(from_address(proxied, "198.51.100.1"))) as other:
            register(other, "other")

    def let_in() -> bool:  # once the hub knows that the others have gone
        with Client(from_address(proxied, "192.0.2.1")) as again:
            again.say("PING 1")
            return again.rest()[-1].params[-1].endswith("same port")

    _until(let_in)


def test_connections_in_all_have_a_bound(tmp_path: Path) -> None:
    text = "memory = true\n[limits]\nconnections = 3\n"
    with HubProcess("--config", config(tmp_path, text)) as hub:
        with hub.connect() as ana, hub.connect(), raw(hub) as silent:
            register(ana, "ana")
            with hub.connect() as refused:
                assert refused.rest()[-1].params == (
                    "Closing link: Too many connections, try again later",
                )
            silent.close()
            register(ana, "ana")
            _until(lambda: _served(hub))
        assert hub.end() == (0, "")


def _served(hub: HubProcess) -> bool:
    with hub.connect() as client:
        client.say("PING 1")
        line = client.line()
        return line is not None and line.command == "PONG"


def test_a_hub_without_descriptors_goes_on(tmp_path: Path) -> None:
    import resource

    with HubProcess("--memory") as hub:
        with contextlib.ExitStack() as stack:
            ana = stack.enter_context(hub.connect())
            register(ana, "ana")
            used = len(os.listdir(f"/proc/{hub.process.pid}/fd"))  # noqa: PTH208
            _, hard = resource.prlimit(hub.process.pid, resource.RLIMIT_NOFILE)
            resource.prlimit(hub.process.pid, resource.RLIMIT_NOFILE, (used + 3, hard))
            waiting = [stack.enter_context(hub.connect()) for _ in range(6)]
            for client in waiting:
                client.say("PING 1")
            ana.say("PING 2")
            ana.until("PONG")
            for client in waiting[:3]:
                assert client.line() is not None
                client.close()
            for client in waiting[3:]:  # their turn comes when others have gone
                assert client.line() is not None
        code, complaint = hub.end()
        assert code == 0
        assert complaint.count("\n") == complaint.count("no more connections can be taken")


# Time


def test_who_is_silent_is_let_go(tmp_path: Path) -> None:
    text = "memory = true\n[limits]\nregistration_seconds = 3\nhandshake_seconds = 3\n"
    with HubProcess("--config", config(tmp_path, text)) as hub:
        with raw(hub) as half, hub.connect() as silent:
            half.sendall(b"\x16\x03\x01\x02\x00")
            with tls(raw(hub)) as inside:
                assert rest(inside) == b"ERROR :Closing link: Registration timed out\r\n"
            assert silent.rest()[-1].params == ("Closing link: Registration timed out",)
            assert rest(half) == b""
        assert hub.end() == (0, "")


def test_a_hub_that_stops_lets_go_of_all_who_are_on_their_way() -> None:
    with (
        HubProcess("--memory") as other,
        raw(other) as silent,
        raw(other) as half,
        tls(raw(other)) as inside,
        raw(other) as web,
    ):
        half.sendall(b"\x16\x03\x01\x02\x00")
        web.sendall(b"GET / HTT")
        with other.connect() as ana:
            register(ana, "ana")
        assert other.end() == (0, "")
        assert rest(silent) == b"ERROR :Closing link: the hub is shutting down\r\n"
        for connected in (half, inside, web):
            rest(connected)
