"""Whose address a request has: the peer's, or what balancers that are trusted say of it."""

from ipaddress import ip_network

import pytest

from gateway.limits.rules import holder_of
from gateway.proxy.balancers import MOST_HOPS, Balancers, plain
from gateway.settings import GatewaySettings
from gateway.trail import rules as trail
from tests.gateway.proxy.test_passing import seen
from tests.gateway.running_door import RunningDoor, running_door
from tests.gateway.trail.test_trail import happened

CENTERS = "/v1/registry/centers"
TRUSTED = Balancers([ip_network(one) for one in ("10.0.0.0/30", "fd00:1::/64")])


def told(peer: str, *said: str) -> str:
    return TRUSTED.told(peer, [(b"x-forwarded-for", one.encode("latin-1")) for one in said])


@pytest.mark.requirement("X07")
@pytest.mark.parametrize(
    ("peer", "said", "address"),
    [
        ("10.0.0.1", ("203.0.113.9",), "203.0.113.9"),
        ("10.0.0.3", ("203.0.113.9",), "203.0.113.9"),
        # What a caller sent himself stands to the left of what the balancer added.
        ("10.0.0.1", ("6.6.6.6, 203.0.113.9",), "203.0.113.9"),
        ("10.0.0.1", ("6.6.6.6", "203.0.113.9"), "203.0.113.9"),
        ("10.0.0.1", ("garbage, \xff, 203.0.113.9",), "203.0.113.9"),
        # Two balancers, one behind the other.
        ("10.0.0.1", ("6.6.6.6, 203.0.113.9, 10.0.0.2",), "203.0.113.9"),
        ("10.0.0.1", ("6.6.6.6, 203.0.113.9", "10.0.0.2"), "203.0.113.9"),
        ("10.0.0.1", ("10.0.0.2",), "10.0.0.2"),
        # As the trade writes it.
        ("10.0.0.1", ("203.0.113.9:40112",), "203.0.113.9"),
        ("10.0.0.1", (" 2001:DB8::0:9 ",), "2001:db8::9"),
        ("10.0.0.1", ("[2001:db8::9]:40112",), "2001:db8::9"),
        ("10.0.0.1", ("[2001:db8::9]",), "2001:db8::9"),
        ("10.0.0.1", ("::ffff:203.0.113.9",), "203.0.113.9"),
        ("::ffff:10.0.0.1", ("203.0.113.9",), "203.0.113.9"),
        ("fd00:1::5", ("203.0.113.9",), "203.0.113.9"),
        ("fd00:1::5", ("2001:db8::9, ::ffff:10.0.0.2",), "2001:db8::9"),
    ],
)
def test_the_nearest_hop_that_nobody_trusts_is_the_caller(
    peer: str, said: tuple[str, ...], address: str
) -> None:
    assert told(peer, *said) == address


@pytest.mark.refusing
@pytest.mark.requirement("X07")
@pytest.mark.parametrize(
    ("peer", "said", "address"),
    [
        # One address beyond the network, on both sides and in both families.
        ("10.0.0.4", ("203.0.113.9",), "10.0.0.4"),
        ("9.255.255.255", ("203.0.113.9",), "9.255.255.255"),
        ("::ffff:10.0.0.4", ("203.0.113.9",), "10.0.0.4"),
        ("fd00:1:0:1::5", ("203.0.113.9",), "fd00:1:0:1::5"),
        ("2001:db8::1", ("10.0.0.1",), "2001:db8::1"),
        # A balancer that does not say, or says nothing that is an address.
        ("10.0.0.1", (), "10.0.0.1"),
        ("10.0.0.1", ("",), "10.0.0.1"),
        ("10.0.0.1", ("203.0.113.9,",), "10.0.0.1"),
        ("10.0.0.1", ("unknown",), "10.0.0.1"),
        ("10.0.0.1", ("203.0.113.256",), "10.0.0.1"),
        ("10.0.0.1", ("203.0.113.09",), "10.0.0.1"),
        ("10.0.0.1", ("3405803785",), "10.0.0.1"),
        ("10.0.0.1", ("203.0.113.9:port",), "10.0.0.1"),
        ("10.0.0.1", ("fe80::1%eth0",), "10.0.0.1"),
        ("10.0.0.1", ("203.0.113.9, unknown, 10.0.0.2",), "10.0.0.2"),
        ("10.0.0.1", ("\xb2\xb3.0.113.9",), "10.0.0.1"),
    ],
)
def test_nothing_else_is_believed(peer: str, said: tuple[str, ...], address: str) -> None:
    assert told(peer, *said) == address


def test_hops_are_bounded_however_many_are_named() -> None:
    hops = ["203.0.113.9", *["10.0.0.2"] * (MOST_HOPS - 1)]
    assert told("10.0.0.1", ", ".join(hops)) == "203.0.113.9"
    assert told("10.0.0.1", ", ".join([*hops, "10.0.0.3"])) == "10.0.0.2"
    assert told("10.0.0.1", "203.0.113.9," * 1_000 + ",".join(["10.0.0.2"] * 900)) == "10.0.0.2"


def test_an_address_has_one_spelling_and_ipv6_is_counted_by_its_subscriber() -> None:
    assert plain("::ffff:192.0.2.1") == "192.0.2.1"
    assert plain("fe80::1%eth0") == "fe80::1"
    assert plain("2001:DB8:0::1") == "2001:db8::1"
    assert (plain("192.0.2.1"), plain(""), plain("no:address")) == ("192.0.2.1", "", "no:address")
    assert holder_of("2001:db8::1") == holder_of("2001:db8::ffff:0:0:9") == "2001:db8::/64"
    assert holder_of("2001:db8:0:1::1") != holder_of("2001:db8::1")
    assert (holder_of("192.0.2.1"), holder_of("no:address")) == ("192.0.2.1", "no:address")
    # A subscriber of IPv6 fills the trail no faster than one of IPv4.
    flood = [
        happened(trail.Kind.REFUSED, status=401, address=f"2001:db8::{number:x}")
        for number in range(1_000)
    ]
    assert len(trail.folded(flood)) == trail.MOST_ALIKE + 1


@pytest.mark.refusing
@pytest.mark.parametrize(
    "networks",
    ["0.0.0.0/0", "::/0", "10.0.0.1/8", "::ffff:10.0.0.0/104", "balancer", "10.0.0.1,,x"],
)
def test_nobody_trusts_everybody_or_what_is_no_network(networks: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        _ = GatewaySettings(trusted_balancers=networks).balancers
    assert GatewaySettings().balancers == []


def test_behind_a_trusted_balancer_limits_and_services_go_by_the_caller() -> None:
    with running_door(
        trusted_balancers="127.0.0.0/8", limit_address=2, address_connections=1
    ) as door:
        # The balancer's own connections are everybody's.
        held = [door.connect() for _ in range(3)]
        assert _asked_for(door, "203.0.113.9")["x-forwarded-for"] == "203.0.113.9"
        assert _asked_for(door, "6.6.6.6, 203.0.113.9")["x-forwarded-for"] == "203.0.113.9"
        refused = door.ask(CENTERS, headers={"X-Forwarded-For": "203.0.113.9"})
        assert refused.json()["code"] == "RATE_LIMITED"
        assert _asked_for(door, "203.0.113.8")["x-forwarded-for"] == "203.0.113.8"
        # The door's own figures stay the inside's.
        inside = {"X-Forwarded-For": "127.0.0.1"}
        assert door.ask("/metrics", headers=inside).status == 404
        for one in held:
            one.close()


def _asked_for(door: RunningDoor, address: str) -> dict[str, str]:
    return seen(door.ask(CENTERS, headers={"X-Forwarded-For": address}).body)
