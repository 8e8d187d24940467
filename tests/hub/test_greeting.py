"""What a client speaks, told from its first bytes."""

from __future__ import annotations

import ssl

import pytest

from razem.hub.greeting import begins_tls, offers_http, speech_of

HTTP = [
    b"GET / HTTP/1.1\r\n",
    b"HEAD /x HTTP/1.0\r\n",
    b"POST / HTTP/1.1\r\n",
    b"PUT / HTTP/1.1\r\n",
    b"PATCH / HTTP/1.1\r\n",
    b"DELETE / HTTP/1.1\r\n",
    b"OPTIONS * HTTP/1.1\r\n",
    b"TRACE / HTTP/1.1\r\n",
    b"CONNECT example.org:443 HTTP/1.1\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",  # RFC 9113, 3.4
]
IRC = [
    b"NICK ana\r\n",
    b"CAP LS 302\r\n",
    b"PASS x\r\n",
    b"PING 1\r\n",
    b"PRIVMSG ana :GET / HTTP/1.1\r\n",
    b"TRACE\r\n",
    b"TRACE ana\r\n",
    b"CONNECT hub 6667\r\n",
    b"HELP\r\n",
    b"get / http/1.1\r\n",
    b"OPER ana x\r\n",
    b"@label=1 PING x\r\n",
    b":ana NICK bo\r\n",
    b"\r\n",
    b"\xff\xfe",
    b"TRACE " + b"x" * 600,
]


@pytest.mark.parametrize("data", HTTP)
def test_requests_are_http(data: bytes) -> None:
    assert speech_of(data) == "http"


@pytest.mark.parametrize("data", IRC)
def test_all_else_is_irc(data: bytes) -> None:
    assert speech_of(data) == "irc"


@pytest.mark.parametrize("data", HTTP + IRC)
def test_it_does_not_matter_how_the_bytes_come(data: bytes) -> None:
    """What a beginning is taken for holds for the whole."""
    told = [speech_of(data[:length]) for length in range(len(data) + 1)]
    first = next(speech for speech in told if speech is not None)
    assert first == speech_of(data)
    assert set(told) <= {None, first}
    assert told[0] is None


def hello(*protocols: str) -> bytes:
    """The first bytes of a client of TLS."""
    context = ssl.create_default_context()
    if protocols:
        context.set_alpn_protocols(list(protocols))
    out = ssl.MemoryBIO()
    tls = context.wrap_bio(ssl.MemoryBIO(), out, server_hostname="hub.example")
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    return out.read()


def test_a_clienthello_is_told_from_all_that_is_plain() -> None:
    assert begins_tls(hello())
    assert begins_tls(hello()[:1])
    assert not any(begins_tls(data) for data in HTTP + IRC)


def test_a_clienthello_tells_whether_it_is_of_a_browser() -> None:
    assert offers_http(hello("h2", "http/1.1"))
    assert offers_http(hello("http/1.1"))
    assert not offers_http(hello("irc"))
    assert not offers_http(hello())
