from __future__ import annotations

import pytest

from razem.errors import AddressError
from razem.sockets.address import Address
from razem.talk.client.place import find_place


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
    assert find_place(text) == (Address(address), channel)


@pytest.mark.parametrize("text", ["", "::1", "a b", "razem://localhost/file.txt", "http://x"])
def test_what_is_no_hub(text: str) -> None:
    with pytest.raises(AddressError):
        find_place(text)
