"""How many connections there may be: in all, from one address, from one network."""

from __future__ import annotations

from ipaddress import ip_address

from razem.hub.places import Place, Places
from razem.talk.settings import Limits


def come(places: Places, address: str | None = None) -> tuple[Place | None, str]:
    place = places.enter()
    if place is None:
        return None, "full"
    refusal = places.settle(place, ip_address(address) if address else None)
    if refusal:
        place.leave()
    return place, refusal


def test_connections_in_all_have_a_bound() -> None:
    places = Places(Limits(connections=2), most=100)
    first, _ = come(places)
    come(places, "192.0.2.1")
    assert come(places) == (None, "full")
    assert first is not None
    first.leave()
    first.leave()  # again is harmless
    assert come(places)[1] == ""
    assert places.count == 2


def test_the_system_has_the_last_word() -> None:
    places = Places(Limits(connections=0), most=1)
    come(places)
    assert come(places) == (None, "full")
    places = Places(Limits(connections=5), most=1)
    come(places)
    assert come(places) == (None, "full")


def test_an_address_has_a_bound_of_its_own() -> None:
    places = Places(Limits(connections_by_address=2), most=100)
    one, _ = come(places, "192.0.2.1")
    come(places, "192.0.2.1")
    assert come(places, "192.0.2.1")[1] == "Too many connections from your address (2)"
    assert come(places, "192.0.2.2")[1] == ""
    assert one is not None
    one.leave()
    assert come(places, "192.0.2.1")[1] == ""


def test_a_network_has_a_bound_of_its_own() -> None:
    places = Places(Limits(connections_by_network=2), most=100)
    for address, other in (("192.0.2.", "192.0.3.1"), ("2001:db8::", "2001:db8:0:1::1")):
        assert come(places, f"{address}1")[1] == ""
        assert come(places, f"{address}2")[1] == ""
        assert come(places, f"{address}3")[1] == "Too many connections from your network (2)"
        assert come(places, other)[1] == ""


def test_how_large_a_network_is_can_be_said() -> None:
    limits = Limits(connections_by_network=1, ipv4_network=32, ipv6_network=48)
    places = Places(limits, most=100)
    assert come(places, "192.0.2.1")[1] == ""
    assert come(places, "192.0.2.2")[1] == ""
    assert come(places, "2001:db8::1")[1] == ""
    assert come(places, "2001:db8:0:1::1")[1] != ""


def test_without_flood_control_addresses_have_no_bound() -> None:
    places = Places(Limits(flood=False, connections_by_address=1, connections=3), most=100)
    assert [come(places, "192.0.2.1")[1] for _ in range(4)] == ["", "", "", "full"]


def test_unix_sockets_have_no_address() -> None:
    places = Places(Limits(connections_by_address=1, connections_by_network=1), most=100)
    assert [come(places)[1] for _ in range(3)] == ["", "", ""]


def test_nothing_is_left_of_who_left() -> None:
    places = Places(Limits(), most=100)
    come_and_gone = [come(places, f"192.0.2.{n}")[0] for n in range(50)]
    for place in come_and_gone:
        assert place is not None
        place.leave()
    assert places.count == 0
    assert not places._addresses
    assert not places._networks
