"""Addresses: parsing, the canonical form, and errors that point at the wrong place."""

from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from razem import Address, AddressError
from razem.sockets.protocols import PROTOCOLS
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
    ("UDP://*:Domain", "udp://:53"),
    ("udp://[::1]:syslog", "udp://[::1]:514"),
    ("unix+dgram:/run/x", "unix+dgram:///run/x"),
    ("UNIX+DGRAM:@x", "unix+dgram:@x"),
    ("unix+seqpacket:here", "unix+seqpacket:here"),
    ("icmp://LocalHost", "icmp://localhost"),
    ("icmp://127.0.0.1/", "icmp://127.0.0.1"),
    ("icmp://[0::1%lo]", "icmp://[::1%lo]"),
    ("icmp://*", "icmp://"),
    ("ip://127.0.0.1/OSPF", "ip://127.0.0.1/89"),
    ("ip://[::1]/253", "ip://[::1]/253"),
    ("ip:///0", "ip:///0"),
    ("packet://Eth0.5", "packet://Eth0.5"),
    ("packet://eth0/02:00:5E:10:00:01", "packet://eth0/02:00:5e:10:00:01"),
    ("packet://eth0/", "packet://eth0"),
    ("fd:03", "fd:3"),
    ("stdio:", "stdio:"),
    ("STDIO://", "stdio:"),
    ("exec:tr 'a-z' A-Z", "exec:tr 'a-z' A-Z"),
    ("code:", "code:"),
    ("code:07-Guitar-OCEAN", "code:7-guitar-ocean"),
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
    assert Address("ip://h/udp").number == 17
    assert Address("fd:3").number == 3
    assert Address("exec:cat -u").command == "cat -u"
    assert Address("code:1-a-b").code == "1-a-b"
    packet = Address("packet://eth0/02:00:5e:10:00:01")
    assert (packet.host, packet.hardware) == ("eth0", "02:00:5e:10:00:01")
    assert (packet.command, packet.code, packet.number) == ("", "", None)
    assert Address.of("ip", host="::1", number=1) == Address("ip://[::1]/icmp")
    assert Address("unix+dgram:@x").is_unix


WRONG = [
    ("", 1, "tcp://localhost:9090"),
    ("localhost:9090", 1, "tcp://localhost:9090"),
    ("localhost", 1, "tcp://localhost:9090"),
    ("/run/x", 1, "unix:///run/x"),
    ("@x", 1, "unix:@x"),
    ("http://x", 1, "tcp, tls, udp, unix, unix+dgram"),
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
    ("udp://localhost", 16, "udp://localhost:9090"),
    ("udp://a:b:1", 8, "[::1]"),
    ("unix+dgram:", 12, "unix+dgram:@name"),
    ("unix+dgram://tmp/x", 14, "unix+dgram:///tmp/x"),
    ("unix+seqpacket:@", 17, "unix+seqpacket:@name"),
    ("icmp:host", 6, "icmp://host"),
    ("icmp://host:7", 12, "icmp://host"),
    ("icmp://::1", 8, "[::1]"),
    ("icmp://[::1", 8, "[::1]"),
    ("icmp://[::1]:7", 13, "icmp://[::1]"),
    ("icmp://host/x", 12, "icmp://host"),
    ("icmp://a b", 9, "Remove"),
    ("ip://host", 10, "ip://host/253"),
    ("ip://host/", 10, "ip://host/253"),
    ("ip://host?x", 10, "ip://host/253"),
    ("ip://host/256", 11, "0 to 255"),
    ("ip://host/ospff", 11, "ospf (89)"),
    ("ip://host/zzzzzz", 11, "number"),
    ("packet://", 10, "packet://eth0"),
    ("packet://a b", 11, "ip link"),
    ("packet://eth0:1", 14, "ip link"),
    ("packet://..", 10, "ip link"),
    ("packet://sixteen-letters0", 10, "15 bytes"),
    ("packet://eth0/02:0", 15, "02:00:5e:10:00:01"),
    ("fd:", 4, "fd:3"),
    ("fd:-1", 4, "fd:3"),
    ("fd:x", 4, "fd:3"),
    ("fd:9999999999", 4, "2147483647"),
    ("stdio:x", 7, "stdio:"),
    ("exec:", 6, "exec:cat"),
    ("exec: ", 6, "exec:cat"),
    ("exec:''", 6, "exec:cat"),
    ("exec:echo 'a", 6, "quotation"),
    ("exec:a\0", 7, "Remove"),
    ("code:guitar-ocean", 6, "7-guitar-ocean"),
    ("code:7", 7, "7-guitar-ocean"),
    ("code:7-gu1tar-ocean", 8, "7-guitar-ocean"),
    ("code:7-guitar-", 15, "7-guitar-ocean"),
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
    st.builds("udp://{}:{}".format, hosts, ports),
    st.builds("{}:{}".format, st.sampled_from(["unix+dgram", "unix+seqpacket", "exec"]), text),
    st.builds("icmp://{}".format, hosts),
    st.builds("ip://{}/{}".format, hosts, st.integers(0, 255) | st.sampled_from([*PROTOCOLS])),
    st.builds("packet://{}/{}".format, text, st.from_regex(r"([0-9a-fA-F]{2}:){5}ff|")),
    st.builds("fd:{}".format, st.integers()),
    st.builds("code:{}-{}".format, st.integers(), text | st.just("guitar-Ocean")),
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
    assert again._parts == address._parts
