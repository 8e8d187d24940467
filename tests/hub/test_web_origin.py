"""Which web pages may speak to the hub."""

from __future__ import annotations

import pytest

from razem.hub.web_origin import host_name, is_host, may_speak

OWN = {"hub.example"}
OTHERS = ["https://chat.example.org"]


@pytest.mark.parametrize(
    ("page", "host", "local", "expected"),
    [
        (None, "anything", True, True),  # no browser
        ("http://localhost:6697", "localhost:6697", True, True),
        ("http://127.0.0.1:6697", "127.0.0.1:6697", True, True),
        ("http://[::1]:6697", "[::1]:6697", True, True),
        ("http://hub.example:6697", "hub.example:6697", True, True),
        ("https://Hub.Example", "hub.example", False, True),
        ("https://any.example:6697", "any.example:6697", False, True),
        ("https://evil.example", "localhost:6697", True, False),
        ("https://evil.example", "hub.example:6697", False, False),
        ("http://localhost:80", "localhost:6697", True, False),  # another program of this machine
        ("http://evil.example:6697", "evil.example:6697", True, False),  # DNS rebinding
        ("null", "localhost:6697", True, False),
        ("", "localhost:6697", True, False),
        ("file://", "localhost:6697", True, False),
        ("http://[", "localhost:6697", True, False),
        ("https://chat.example.org", "hub.example:6697", False, True),
        ("https://chat.example.org", "localhost:6697", True, True),
        ("http://chat.example.org", "hub.example:6697", False, False),
        ("https://chat.example.org.evil.example", "hub.example:6697", False, False),
    ],
)
def test_pages(page: str | None, host: str, local: bool, expected: bool) -> None:
    assert may_speak(page, host, local=local, own=OWN, others=OTHERS) is expected


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("localhost", "localhost"),
        ("Hub.example:80", "hub.example"),
        ("[::1]:80", "::1"),
        ("[::1]", "::1"),
        ("192.0.2.1:6697", "192.0.2.1"),
    ],
)
def test_names_of_hosts(host: str, name: str) -> None:
    assert is_host(host)
    assert host_name(host) == name


@pytest.mark.parametrize(
    "host", ["", "a b", "a/b", "a@b", "[::1", "a:b", "::1", 'a"', "<a>", "a\n"]
)
def test_what_is_no_host(host: str) -> None:
    assert not is_host(host)
