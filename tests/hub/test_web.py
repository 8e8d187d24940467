"""HTTP and WebSocket of the hub over real sockets."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import re
import resource
import socket
import ssl
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from tests.hub.process import PATIENCE, HubProcess, config

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

TEXT, BINARY = "text.ircv3.net", "binary.ircv3.net"


@pytest.fixture(scope="module")
def hub() -> Iterator[HubProcess]:
    """A hub in memory; at its end it has complained of nothing."""
    with HubProcess("--memory") as process:
        yield process
        assert process.end() == (0, "")


class Answer:
    """What came back for a request."""

    def __init__(self, data: bytes) -> None:
        head, _, self.body = data.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        self.status = int(first.split()[1])
        self.headers = {
            name.lower(): value for name, _, value in (line.partition(": ") for line in lines)
        }

    @property
    def text(self) -> str:
        return self.body.decode()


def ask(hub: HubProcess, request: str, *, end: bool = True) -> Answer:
    """Send a request, head and all; return the answer."""
    with socket.create_connection(("127.0.0.1", hub.port), PATIENCE) as web:
        web.sendall(request.replace("\n", "\r\n").encode())
        data = b""
        while piece := web.recv(65536):
            data += piece
            if not end:
                break
        return Answer(data)


def get(hub: HubProcess, path: str, *headers: str, host: str = "localhost") -> Answer:
    lines = [f"GET {path} HTTP/1.1", f"Host: {host}", "Connection: close", *headers]
    return ask(hub, "\n".join(lines) + "\n\n")


# HTTP


def test_the_page_says_what_this_is_and_how_to_join(hub: HubProcess) -> None:
    answer = get(hub, "/", host=f"127.0.0.1:{hub.port}")
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "Razem" in answer.text
    assert f"razem chat 127.0.0.1:{hub.port}" in answer.text
    assert f"any IRC client at 127.0.0.1, port {hub.port}, with or without TLS" in answer.text
    style = get(hub, "/base.css")
    assert (style.status, style.headers["content-type"]) == (200, "text/css; charset=utf-8")
    again = get(hub, "/base.css", f"If-None-Match: {style.headers['etag']}")
    assert (again.status, again.body) == (304, b"")


def test_what_the_configuration_says_is_text_on_the_page(tmp_path: Path) -> None:
    text = 'memory = true\ndescription = "<script>alert(1)</script> & $host"\n'
    with HubProcess("--config", config(tmp_path, text)) as hub:
        page = get(hub, "/").text
        assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; $host" in page
        assert "<script>" not in page


@pytest.mark.parametrize("path", ["/", "/base.css", "/health", "/nothing", "/metrics"])
def test_every_answer_forbids_what_it_does_not_need(hub: HubProcess, path: str) -> None:
    headers = get(hub, path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "aiohttp" not in headers["server"]


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        ("GET /nothing", 404),
        ("GET /index.html", 404),  # its place is "/"
        ("GET /../hub.toml", 404),
        ("GET /%2e%2e/%2e%2e/etc/passwd", 404),
        ("GET /page/base.css", 404),
        ("POST /", 405),
        ("PUT /health", 405),
        ("DELETE /base.css", 405),
        ("OPTIONS /metrics", 405),
        ("HEAD /", 200),
        ("GET /?a=b", 200),
        ("GET /ws", 426),
        ("GET \x01", 400),
        ("GET", 400),
    ],
)
def test_what_there_is_not(hub: HubProcess, request_line: str, status: int) -> None:
    request = f"{request_line} HTTP/1.1\nHost: localhost\nConnection: close\n\n"
    if request_line == "GET":
        request = "GET \nHost: localhost\n\n"
    answer = ask(hub, request)
    assert answer.status == status
    assert "Traceback" not in answer.text
    assert ("allow" in answer.headers) == (status == 405)


@pytest.mark.parametrize(
    "request_text",
    [
        "GET / HTTP/1.1\n\n",  # no Host
        "GET / HTTP/1.1\nHost: a b\n\n",
        "GET / HTTP/1.1\nHost: <script>\n\n",
        "GET / HTTP/1.1\nHost: localhost\nX: " + "x" * 20_000 + "\n\n",
        "GET /" + "x" * 20_000 + " HTTP/1.1\nHost: localhost\n\n",
        "GET / HTTP/9.9\nHost: localhost\n\n",
        "GET / HTTP/1.1\nHost: localhost\nContent-Length: x\n\n",
        "GET / HTTP/1.1\nHost: localhost\nTransfer-Encoding: chunked\nContent-Length: 1\n\n",
        "PRI * HTTP/2.0\n\nSM\n\n",
        "GET /ws HTTP/1.1\nHost: localhost\nConnection: Upgrade\nUpgrade: websocket\n\n",
        (
            "GET /ws HTTP/1.1\nHost: localhost\nConnection: Upgrade\nUpgrade: websocket\n"
            "Sec-WebSocket-Version: 13\nSec-WebSocket-Key: short\n\n"
        ),
    ],
)
def test_what_is_wrong_is_told_and_nothing_breaks(hub: HubProcess, request_text: str) -> None:
    answer = ask(hub, request_text, end=False)
    assert answer.status == 400
    assert "Traceback" not in answer.text
    assert "aiohttp" not in str(answer.headers)


def test_a_long_body_is_not_read(hub: HubProcess) -> None:
    head = "POST / HTTP/1.1\nHost: localhost\nContent-Length: 999999999\n\n"
    assert ask(hub, head + "x" * 1000, end=False).status == 405


def test_several_requests_on_one_connection(hub: HubProcess) -> None:
    request = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with socket.create_connection(("127.0.0.1", hub.port), PATIENCE) as web:
        web.sendall(request * 3)
        data = b""
        while data.count(b'"status":"ok"') < 3:
            data += web.recv(65536)


# Health and figures


def test_health(tmp_path: Path) -> None:
    with HubProcess("--data", str(tmp_path)) as hub:
        ana = hub.person("ana", "#a")
        answer = get(hub, "/health")
        assert answer.status == 200
        report = json.loads(answer.body)
        assert (report["status"], report["sessions"], report["users"]) == ("ok", 1, 1)
        # A disk that takes no more: files may not grow (SIGXFSZ is ignored by Python).
        pid = hub.process.pid
        _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, hard))
        ana.say("PRIVMSG #a :" + "x" * 300)
        ana.until("FAIL")
        answer = get(hub, "/health")
        assert answer.status == 503
        assert json.loads(answer.body)["status"] == "the log cannot be written"
        assert "razem_healthy 0" in get(hub, "/metrics").text
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))
        ana.say("PRIVMSG #a :again", "PING said")
        ana.until("PONG")
        ana.say("TOPIC #a :is kept", "PING said")
        ana.until("PONG")
        assert get(hub, "/health").status == 200
        ana.close()
        assert hub.end()[0] == 0


def figures(hub: HubProcess) -> dict[str, float]:
    answer = get(hub, "/metrics")
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    pattern = r'[a-z_]+(\{[a-z_]+="[^"]*"\})? [0-9.e+-]+'
    assert all(re.fullmatch(pattern, line) for line in lines), lines
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def test_figures_tell_what_happened(tmp_path: Path) -> None:
    with HubProcess("--data", str(tmp_path)) as hub:
        people = [hub.person(nick, "#a") for nick in ("ana", "bo", "cy")]
        before = figures(hub)
        for number in range(10):
            people[0].say(f"PRIVMSG #a :{number}")
        for person in people[1:]:
            for _ in range(10):
                person.until("PRIVMSG")
        after = figures(hub)
        grown = {name: after[name] - before[name] for name in after if name in before}
        assert after["razem_sessions"] == after["razem_users"] == 3
        assert after["razem_channels"] == 1
        assert grown["razem_entries_total"] == 10
        assert grown["razem_deliveries_total"] >= 20
        assert grown["razem_received_bytes_total"] == 10 * len("PRIVMSG #a :0\r\n")
        assert grown["razem_sent_bytes_total"] == 20 * len(":ana!~ana@localhost PRIVMSG #a :0\r\n")
        assert 1 <= grown["razem_commit_seconds_count"] <= 10
        assert grown["razem_commit_seconds_sum"] > 0
        buckets = [value for name, value in after.items() if "_bucket" in name]
        assert buckets == sorted(buckets)
        assert buckets[-1] == after["razem_commit_seconds_count"]
        for person in people:
            person.close()


def test_figures_are_for_this_machine_and_those_named(tmp_path: Path) -> None:
    text = 'memory = true\nplaintext = "everywhere"\nproxies = ["127.0.0.1"]\n'
    text += 'metrics = ["192.0.2.0/24"]\n'
    with HubProcess("--config", config(tmp_path, text)) as hub:

        def read(address: str, *headers: str, host: str = "localhost") -> int:
            lines = ["GET /metrics HTTP/1.0", f"Host: {host}", *headers]
            return ask(
                hub, f"PROXY TCP4 {address} {address} 1 2\n" + "\n".join(lines) + "\n\n"
            ).status

        assert read("127.0.0.1") == 200
        assert read("192.0.2.9") == 200
        assert read("198.51.100.1") == 403
        # Of a reverse proxy on this machine, or of a page that gave its name our address.
        assert read("127.0.0.1", "X-Forwarded-For: 198.51.100.1") == 403
        assert read("127.0.0.1", host="evil.example") == 403
        assert hub.end() == (0, "")


# WebSocket


@contextlib.asynccontextmanager
async def websocket(
    hub: HubProcess, *protocols: str, path: str = "/ws", **options: Any
) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    async with (
        aiohttp.ClientSession() as session,
        asyncio.timeout(PATIENCE),
        session.ws_connect(
            f"ws://127.0.0.1:{hub.port}{path}", protocols=protocols, **options
        ) as connected,
    ):
        yield connected


async def say(web: aiohttp.ClientWebSocketResponse, *lines: str, binary: bool = False) -> None:
    for line in lines:
        await (web.send_bytes(line.encode()) if binary else web.send_str(line))


async def until(web: aiohttp.ClientWebSocketResponse, command: str) -> list[str]:
    """Return messages up to the first with this command."""
    heard: list[str] = []
    while True:
        message = await web.receive()
        assert message.type in {aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY}, (message, heard)
        data = message.data
        line = data if isinstance(data, str) else data.decode()
        assert not line.endswith(("\r", "\n"))
        assert "\n" not in line
        heard.append(line)
        if command in line.split(" ")[:2]:
            return heard


@pytest.mark.parametrize("path", ["/", "/ws"])
@pytest.mark.parametrize(
    ("asked", "chosen"),
    [
        ([TEXT], TEXT),
        ([BINARY], BINARY),
        ([BINARY, TEXT], BINARY),  # "respecting the client's order of preference"
        ([TEXT, BINARY], TEXT),
        (["other", BINARY], BINARY),
    ],
)
def test_irc_over_websocket(hub: HubProcess, asked: list[str], chosen: str, path: str) -> None:
    async def talk() -> None:
        async with websocket(hub, *asked, path=path) as web:
            assert web.protocol == chosen
            binary = chosen == BINARY
            nick = f"w{len(asked)}{chosen[0]}{len(path)}"
            await say(web, f"NICK {nick}", f"USER {nick} 0 * :é", binary=binary)
            await until(web, "422")
            await say(web, f"JOIN #{nick}", f"PRIVMSG {nick} :čau", binary=binary)
            message = (await until(web, "PRIVMSG"))[-1]
            assert message == f":{nick}!~{nick}@localhost PRIVMSG {nick} :čau"
            await say(web, "QUIT :bye", binary=binary)
            await until(web, "ERROR")
            kind = aiohttp.WSMsgType.BINARY if binary else aiohttp.WSMsgType.TEXT
            assert kind != (await web.receive()).type  # it closes
            assert web.close_code == 1000

    asyncio.run(talk())


@pytest.mark.parametrize("binary", [False, True])
def test_without_a_subprotocol_the_first_message_tells_the_kind(
    hub: HubProcess, binary: bool
) -> None:
    async def talk() -> None:
        async with websocket(hub) as web:
            assert web.protocol is None
            await say(web, "PING 1", binary=binary)
            message = await web.receive()
            kinds = aiohttp.WSMsgType
            assert message.type is (kinds.BINARY if binary else kinds.TEXT)

    asyncio.run(talk())


def test_people_over_websocket_and_tcp_hear_the_same(hub: HubProcess) -> None:
    async def talk() -> list[str]:
        async with websocket(hub, TEXT) as web:
            await say(web, "NICK webby", "USER w 0 * :w", "JOIN #same")
            await until(web, "366")
            with hub.person("wired", "#same") as wired:
                wired.say(*(f"PRIVMSG #same :{number} {'x' * number}" for number in range(200)))
                heard = [(await until(web, "PRIVMSG"))[-1] for _ in range(200)]
                await say(web, "PRIVMSG #same :thanks")
                assert wired.until("PRIVMSG")[-1].params == ("#same", "thanks")
            return heard

    assert asyncio.run(talk()) == [
        f":wired!~wired@localhost PRIVMSG #same :{number} {'x' * number}" for number in range(200)
    ]


@pytest.mark.parametrize(
    ("protocol", "message", "code"),
    [
        (TEXT, b"PING 1", 1003),  # of the other kind
        (BINARY, "PING 1", 1003),
        (TEXT, "PING 1\r\nPING 2", 1008),  # "a single IRC line"
        (TEXT, "x" * 20_000, 1009),
        (BINARY, b"x" * 20_000, 1009),
    ],
)
def test_who_does_not_keep_to_the_rules_is_closed_with_a_code(
    hub: HubProcess, protocol: str, message: str | bytes, code: int
) -> None:
    async def talk() -> int | None:
        async with websocket(hub, protocol, max_msg_size=0) as web:
            await (web.send_str(message) if isinstance(message, str) else web.send_bytes(message))
            while not web.closed:
                await web.receive()
            return web.close_code

    assert asyncio.run(talk()) == code


def test_a_line_that_is_too_long_is_refused_as_elsewhere(hub: HubProcess) -> None:
    async def talk() -> None:
        async with websocket(hub, TEXT) as web:
            await say(web, "NICK lengthy", "USER l 0 * :l", "PRIVMSG lengthy :" + "x" * 600)
            await until(web, "417")  # ERR_INPUTTOOLONG
            await say(web, "PING \r\n", "PING 2\n")  # lenient with what it MUST NOT send
            await until(web, "PONG")

    asyncio.run(talk())


def test_bytes_that_are_no_utf8_do_not_reach_text(hub: HubProcess) -> None:
    async def talk() -> None:
        async with websocket(hub, BINARY) as web:
            await say(web, "NICK bytes", "USER l 0 * :l", binary=True)
            await until(web, "422")
            await web.send_bytes(b"PRIVMSG bytes :\xff\xfe")
            assert " INVALID_UTF8 " in (await until(web, "FAIL"))[-1]

    asyncio.run(talk())


def test_pings_are_answered(hub: HubProcess) -> None:
    async def talk() -> None:
        async with websocket(hub, TEXT, autoping=False) as web:
            await web.ping(b"are you there")
            message = await web.receive()
            assert (message.type, message.data) == (aiohttp.WSMsgType.PONG, b"are you there")

    asyncio.run(talk())


def test_a_hub_that_stops_says_so() -> None:
    async def talk(hub: HubProcess) -> int | None:
        async with websocket(hub, TEXT) as web:
            await say(web, "NICK w", "USER l 0 * :l")
            await until(web, "422")
            loop = asyncio.get_running_loop()
            ended = loop.run_in_executor(None, hub.end)
            assert (await until(web, "ERROR"))[-1] == (
                "ERROR :Closing link: the hub is shutting down"
            )
            await web.receive()
            assert await ended == (0, "")
            return web.close_code

    with HubProcess("--memory") as hub:
        assert asyncio.run(talk(hub)) == 1001  # going away


def test_who_reads_too_slowly_is_dropped(tmp_path: Path) -> None:
    text = "memory = true\n[limits]\nflood = false\noutbox = 100000\n"

    def listen(hub: HubProcess) -> socket.socket:
        deaf = raw_websocket(hub)
        for line in (b"NICK deaf", b"USER d 0 * :d", b"JOIN #a"):
            deaf.sendall(masked(line))
        return deaf

    with HubProcess("--config", config(tmp_path, text)) as hub:
        deaf, ana = listen(hub), hub.person("ana", "#a")
        for _ in range(40):
            ana.say(*["PRIVMSG #a :" + "x" * 400] * 500)
        ana.say("PING said")
        heard = ana.until("PONG")
        quits = [line for line in heard if line.command == "QUIT"] or [ana.until("QUIT")[-1]]
        assert quits[0].params == ("Too slow: output queue exceeded",)
        assert figures(hub)["razem_outbox_dropped_total"] == 1
        deaf.close()
        ana.close()
        assert hub.end() == (0, "")


def test_who_sends_too_fast_waits_and_loses_nothing(tmp_path: Path) -> None:
    text = "memory = true\n[limits]\nflood_rate = 2000\nflood_burst = 5\n"
    with HubProcess("--config", config(tmp_path, text)) as hub:

        async def talk() -> list[str]:
            async with websocket(hub, TEXT) as web:
                await say(web, *(f"PING {number}" for number in range(1000)))
                return [(await until(web, "PONG"))[-1] for _ in range(1000)]

        heard = asyncio.run(talk())
        assert [line.rpartition(" ")[2].lstrip(":") for line in heard] == [
            str(number) for number in range(1000)
        ]
        assert hub.end() == (0, "")


# Raw bytes of RFC 6455


def raw_websocket(hub: HubProcess, *headers: str, secure: bool = False) -> socket.socket:
    """Shake hands as section 1.3 has it, key and all."""
    web = socket.create_connection(("127.0.0.1", hub.port), PATIENCE)
    if secure:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.set_alpn_protocols(["http/1.1"])  # as browsers do it
        web = context.wrap_socket(web)
    lines = [
        "GET /ws HTTP/1.1",
        f"Host: 127.0.0.1:{hub.port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
        *headers,
    ]
    web.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += web.recv(1)
    assert head.startswith(b"HTTP/1.1 101 ")
    assert b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in head  # section 1.3
    return web


def masked(payload: bytes, first: int = 0x81, mask: bytes = b"\x37\xfa\x21\x3d") -> bytes:
    """A short frame of a client (section 5.7)."""
    body = bytes(byte ^ mask[place % 4] for place, byte in enumerate(payload))
    return bytes([first, 0x80 | len(payload)]) + mask + body


@pytest.mark.parametrize("secure", [False, True])
def test_frames_and_fragments_of_the_specification(hub: HubProcess, secure: bool) -> None:
    protocol = "Sec-WebSocket-Protocol: text.ircv3.net"
    with raw_websocket(hub, protocol, secure=secure) as web:
        # "PING Hello", as two fragments with a ping in between (section 5.4)
        web.sendall(masked(b"PING Hel", 0x01) + masked(b"?", 0x89) + masked(b"lo", 0x80))
        data = b""
        while b"Hello" not in data:
            data += web.recv(65536)
        assert data.startswith(b"\x8a\x01?\x81")  # the pong, then a text message
        web.sendall(masked(b"\x03\xe8", 0x88))  # close, 1000
        assert web.recv(65536) == b"\x88\x02\x03\xe8"
        assert web.recv(1) == b""


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (masked(b"\xff\xfe"), 1007),  # text that is no UTF-8: section 8.1
        (masked(b"x", 0x83), 1002),  # an opcode that is not known
        (masked(b"x", 0xC1), 1002),  # a reserved bit
        (masked(b"x", 0x80), 1002),  # a continuation of nothing
        (b"\x81\x06PING 1", 1002),  # no mask: section 5.1
    ],
)
def test_frames_that_are_none_end_it(hub: HubProcess, data: bytes, code: int) -> None:
    with raw_websocket(hub) as web:
        web.sendall(data)
        answer = web.recv(65536)
        assert answer[0] == 0x88
        assert int.from_bytes(answer[2:4], "big") == code
    with hub.connect() as ana:
        ana.say("PING 1")
        ana.until("PONG")


def test_any_bytes_after_the_handshake_harm_nobody(hub: HubProcess) -> None:
    for length in (1, 10, 200, 3000):
        with raw_websocket(hub) as web:
            web.sendall(os.urandom(length))
    with hub.connect() as ana:
        ana.say("PING 1")
        ana.until("PONG")


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://127.0.0.1:{port}", 101),
        ("https://127.0.0.1:{port}", 101),
        ("http://evil.example", 403),
        ("http://localhost:1", 403),
        ("null", 403),
    ],
)
def test_pages_of_others_may_not_open_a_websocket(
    hub: HubProcess, origin: str, status: int
) -> None:
    key = base64.b64encode(bytes(16)).decode()
    lines = [
        "GET /ws HTTP/1.1",
        f"Host: 127.0.0.1:{hub.port}",
        f"Origin: {origin.format(port=hub.port)}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {key}",
        "Sec-WebSocket-Version: 13",
    ]
    assert ask(hub, "\n".join(lines) + "\n\n", end=False).status == status


def test_behind_a_reverse_proxy_of_this_machine_nobody_is_free(hub: HubProcess) -> None:
    """It comes from loopback, but its clients do not: they need an invitation."""
    headers = {"X-Forwarded-For": "198.51.100.1"}

    async def talk() -> str:
        async with websocket(hub, TEXT, headers=headers) as web:
            await say(web, "NICK far", "USER f 0 * :f")
            return (await until(web, "ERROR"))[-1]

    assert "invite" in asyncio.run(talk())


def test_a_websocket_that_ends_is_a_session_that_ends(hub: HubProcess) -> None:
    web = raw_websocket(hub)
    for line in (b"NICK gone", b"USER d 0 * :d", b"JOIN #gone"):
        web.sendall(masked(line))
    while b"366" not in web.recv(65536):
        pass
    with hub.person("stays", "#gone") as stays:
        web.close()
        assert stays.until("QUIT")[-1].source == "gone!~d@localhost"
