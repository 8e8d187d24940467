"""Addresses: parsing, the canonical form, and errors that point at the wrong place."""

from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from razem import Address, AddressError
from razem.sockets.services import PORTS

# text as it may be written -> its canonical form
CANONICAL = [
    ("tcp://localhost:9090", "tcp://localhost:9090"),
    ("TCP://LocalHost:9090/", "tcp://localhost:9090"),
    ("tcp://:9090", "tcp://:9090"),
    ("tcp://*:9090", "tcp://:9090"),
    ("tcp://:0", "tcp://:0"),
    ("tcp://127.0.0.1:http", "tcp://127.0.0.1:80"),
    ("tcp://host.example.:HTTPS", "tcp://host.example.:443"),
    ("TCP://[0:0::1]:http", "tcp://[::1]:80"),
    ("tcp://[FE80::1%eth0]:1", "tcp://[fe80::1%eth0]:1"),
    ("tls://münchen.de:443", "tls://münchen.de:443"),
    ("tls://हिन्दी.example:1", "tls://हिन्दी.example:1"),
    ("unix:///tmp/a socket", "unix:///tmp/a socket"),
    ("unix:/tmp/x", "unix:///tmp/x"),
    ("unix:here", "unix:here"),
    ("unix:@Name", "unix:@Name"),
    ("razem://Host", "razem://host"),
    ("razem://host:6697", "razem://host"),
    ("razem://host:7000/", "razem://host:7000"),
    ("razem://:7000", "razem://:7000"),
    ("razem://host/#Lobby", "razem://host/#Lobby"),
    ("razem://host#lobby", "razem://host/#lobby"),
    ("razem://host:6697/#lobby?key=a%26b", "razem://host/#lobby?key=a%26b"),
    ("razem://host/##a%3Fb", "razem://host/##a%3Fb"),
    ("razem://host?key=1", "razem://host/?key=1"),
    ("razem://host/?b=2&a=1&&a=3", "razem://host/?a=3&b=2"),
    ("razem://host/путь/a%20b", "razem://host/путь/a%20b"),
    ("razem://[::1]/#x", "razem://[::1]/#x"),
]


@pytest.mark.parametrize(("text", "canonical"), CANONICAL)
def test_canonical_form(text: str, canonical: str) -> None:
    assert str(Address(text)) == canonical
    assert Address(canonical) == Address(text)


def test_parts() -> None:
    hub = Address("razem://[fe80::1%eth0]/#a%20b".replace("%20", "") + "?key=s%3Dt&x")
    assert (hub.scheme, hub.host, hub.port) == ("razem", "fe80::1%eth0", 6697)
    assert (hub.channel, hub.path, hub.query) == ("#ab", "", {"key": "s=t", "x": ""})
    assert Address("razem://h/a%20b").path == "/a b"
    assert Address("unix:@x").path == "@x"
    assert Address("unix:x").port is None


WRONG = [
    ("", 1, "tcp://localhost:9090"),
    ("localhost:9090", 1, "tcp://localhost:9090"),
    ("localhost", 1, "tcp://localhost:9090"),
    ("/run/x", 1, "unix:///run/x"),
    ("@x", 1, "unix:@x"),
    ("http://x", 1, "tcp, tls, unix, razem"),
    ("tcp:localhost:9090", 5, "tcp://localhost:9090"),
    ("tcp:///localhost:9090", 7, "tcp://localhost:9090"),
    ("tcp://localhost", 16, "tcp://localhost:9090"),
    ("tcp://", 7, "tcp://localhost:9090"),
    ("tcp://localhost:", 17, "0 to 65535"),
    ("tcp://localhost:65536", 17, "0 to 65535"),
    ("tcp://localhost:-1", 17, "number"),
    ("tcp://localhost:٣", 17, "number"),
    ("tcp://localhost:htpt", 17, "http (80)"),
    ("tcp://localhost:80/x", 19, "tcp://localhost:80"),
    ("tcp://::1:80", 7, "[::1]"),
    ("tcp://[::1:80", 7, "[::1]"),
    ("tcp://[::1]80", 12, "[::1]:80"),
    ("tcp://[::g]:80", 8, "[::1]"),
    ("tcp://[fe80::1%]:80", 16, "%eth0"),
    ("tcp://[fe80::1%e/0]:80", 7, "Close"),
    ("tcp://256.1.1.1:80", 7, "127.0.0.1"),
    ("tcp://127.1:80", 7, "127.0.0.1"),
    ("tcp://010.0.0.1:80", 7, "leading zeros"),
    ("tcp://a..b:80", 9, "dot"),
    ("tcp://a b:80", 8, "Remove"),
    ("tcp://user@host:80", 11, "Remove"),
    (f"tcp://{'a' * 64}:80", 7, "63"),
    ("unix:", 6, "unix:@name"),
    ("unix:@", 7, "unix:@name"),
    ("unix://tmp/x", 8, "unix:///tmp/x"),
    ("unix:///a\0b", 10, "Remove"),
    ("razem://", 9, "razem://localhost"),
    ("razem://h/#", 12, "#lobby"),
    ("razem://h/#a,b", 11, "Remove"),
    ("razem://h/a#b", 12, "#lobby"),
    ("razem://h/?=1", 12, "?key=value"),
]


@pytest.mark.parametrize(("text", "column", "way_out"), WRONG)
def test_errors_point_at_the_place(text: str, column: int, way_out: str) -> None:
    with pytest.raises(AddressError) as caught:
        Address(text)
    error = caught.value
    assert error.column == column
    assert f"at column {column}." in error.message
    assert way_out in error.advice
    assert str(error).isprintable()
    assert isinstance(error, ValueError)


def test_it_is_a_value() -> None:
    address = Address("tcp://localhost:9090")
    assert address == Address(address)
    assert hash(address) == hash(Address("TCP://localhost:9090"))
    assert address != "tcp://localhost:9090"
    assert copy.deepcopy(address) == pickle.loads(pickle.dumps(address)) == address
    with pytest.raises(AttributeError):
        address.scheme = "tls"
    with pytest.raises(AttributeError):
        del address.scheme
    assert repr(address) == "Address('tcp://localhost:9090')"


def test_pattern_matching() -> None:
    match Address("tcp://localhost:9090"):
        case Address("tcp", host, port):
            assert (host, port) == ("localhost", 9090)
        case _:
            pytest.fail("did not match")


def test_replace() -> None:
    address = Address("razem://host/#lobby?key=1")
    assert str(address.replace(port=1)) == "razem://host:1/#lobby?key=1"
    assert str(Address("tcp://a:1").replace(host="::1")) == "tcp://[::1]:1"


hosts = st.one_of(
    st.just(""),
    st.from_regex(r"[a-zA-Z0-9_]([a-zA-Z0-9-]{0,20})(\.[a-z0-9]{1,10}){0,3}\.?", fullmatch=True),
    st.ip_addresses(v=4).map(str),
    st.ip_addresses(v=6).map(lambda ip: f"[{ip}]"),
    st.ip_addresses(v=6).map(lambda ip: f"[{ip}%eth0]"),
    st.text(st.characters(categories=["L", "M", "Nd"]), min_size=1, max_size=20),
)
ports = st.one_of(st.integers(0, 65535).map(str), st.sampled_from(sorted(PORTS)))
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
addresses = st.one_of(
    st.builds("{}://{}:{}".format, st.sampled_from(["tcp", "tls", "TCP"]), hosts, ports),
    st.builds("unix:{}".format, text),
    st.builds("unix:///{}".format, text),
    st.builds("razem://{}:{}/#{}?{}={}".format, hosts, ports, text, text, text),
    st.builds("razem://{}/{}?{}".format, hosts, text, text),
    st.text(max_size=60),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # on a busy machine
@given(addresses)
def test_parsing_and_printing_are_inverses(written: str) -> None:
    try:
        address = Address(written)
    except AddressError:
        return
    assert Address(str(address)) == address
    assert str(Address(str(address))) == str(address)
    again = Address(str(address))
    assert (again.host, again.port, again.path, again.channel, again.query) == (
        address.host,
        address.port,
        address.path,
        address.channel,
        address.query,
    )
