from __future__ import annotations

import pytest

from razem.errors import AddressError
from razem.sockets.address import Address
from razem.talk.client.place import find_place
from razem.talk.invitations import Key, make_token


@pytest.mark.parametrize(
    ("text", "address", "channel"),
    [
        ("localhost", "tcp://localhost:6697", ""),
        ("localhost:7000", "tcp://localhost:7000", ""),
        ("127.0.0.1", "tcp://127.0.0.1:6697", ""),
        ("[::1]:7000/#net", "tcp://[::1]:7000", "#net"),
        ("razem://localhost/#net", "tcp://localhost:6697", "#net"),
        ("chat.example", "tls://chat.example:6697", ""),
        ("tcp://chat.example:6667", "tcp://chat.example:6667", ""),
        ("unix:///run/hub", "unix:///run/hub", ""),
        ("unix:@hub", "unix:@hub", ""),
    ],
)
def test_what_people_write_for_a_hub(text: str, address: str, channel: str) -> None:
    assert find_place(text) == (Address(address), channel, "", "")


@pytest.mark.parametrize(
    "text", ["", "::1", "a b", "razem://localhost/file.txt", "http://x", "razem://x/?key=damaged"]
)
def test_what_is_no_hub(text: str) -> None:
    with pytest.raises(AddressError):
        find_place(text)


@pytest.mark.parametrize("host", ["chat.example", "localhost", "[::1]"])
def test_an_invitation_says_how_to_come_in_and_whom_to_trust(host: str) -> None:
    key = Key(make_token(b"0123456789abcdef"), "sha256:" + "0f" * 32)
    place = find_place(f"razem://{host}:7000/#net?key={key}")
    assert place == (Address(f"tls://{host}:7000"), "#net", key.password, key.fingerprint)
    bare = find_place(f"{host}/#net?key={key.token}")
    assert (bare.password, bare.fingerprint) == (key.password, "")


def test_where_only_tls_will_do_nothing_else_is_taken() -> None:
    assert find_place("localhost", secure=True).address == Address("tls://localhost:6697")
    assert find_place("tls://localhost:7000", secure=True).address == Address(
        "tls://localhost:7000"
    )
    for plain in ("tcp://localhost:7000", "unix:///run/hub"):
        with pytest.raises(AddressError, match="no certificate that could be checked"):
            find_place(plain, secure=True)
