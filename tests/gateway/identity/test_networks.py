"""From where a program may speak: the rules, and the same at the door."""

import asyncio
from collections.abc import Callable
from ipaddress import ip_network
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import select

from gateway.identity.networks import MOST, allows, covers, listed, network_of
from gateway.proxy.balancers import Balancers
from gateway.trail.tables import DoorRecord
from shared.auth import InvalidToken
from shared.auth.revocations import TYPE
from tests.fixtures.service import event_types
from tests.gateway.revocations.test_revoking import follower, two_programs
from tests.gateway.tokens.test_issuing import prepared, token_of

pytestmark = pytest.mark.anyio

__all__ = ["prepared"]  # A fixture by its name.
Running = Callable[..., Any]
OFFICE = ("203.0.113.0/30", "2001:db8:5::/48")


@pytest.mark.requirement("X01")
@pytest.mark.parametrize(
    "address",
    ["203.0.113.0", "203.0.113.3", "2001:db8:5::", "2001:db8:5:ffff:ffff:ffff:ffff:ffff"],
)
def test_the_first_and_the_last_address_of_a_network_are_within(address: str) -> None:
    assert allows(OFFICE, address)
    assert allows((), address)


@pytest.mark.refusing
@pytest.mark.requirement("X01")
@pytest.mark.parametrize(
    "address",
    [
        "203.0.112.255", "203.0.113.4", "2001:db8:4:ffff:ffff:ffff:ffff:ffff", "2001:db8:6::",
        "::ffff:203.0.113.1", "", "unknown", "203.0.113.1:80",
    ],
)  # fmt: skip
def test_its_neighbours_are_not_nor_what_is_no_address(address: str) -> None:
    assert not allows(OFFICE, address)


def test_a_network_has_one_spelling() -> None:
    assert network_of("203.0.113.7") == "203.0.113.7/32"
    assert network_of("2001:DB8:0::/48") == "2001:db8::/48"
    assert listed(["10.1.0.0/16", "9.0.0.0/8", "2001:db8::/32", "10.1.0.0/16"]) == [
        "9.0.0.0/8", "10.1.0.0/16", "2001:db8::/32",
    ]  # fmt: skip


@pytest.mark.refusing
@pytest.mark.parametrize(
    "text",
    ["0.0.0.0/0", "::/0", "10.0.0.1/8", "10.0.0.0/33", "::ffff:10.0.0.0/104", "10.0.0.0/", "a", ""],
)
def test_what_is_no_network_or_everybodys_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        network_of(text)


@pytest.mark.parametrize(
    ("now", "before", "still"),
    [
        ([], [], True),
        ([], ["10.0.0.0/8"], True),
        (["10.0.0.0/8"], [], False),
        (["10.0.0.0/8"], ["10.0.0.0/8"], True),
        (["10.0.0.0/8"], ["10.255.255.255/32"], True),
        (["10.0.0.0/8"], ["11.0.0.0/32"], False),
        (["10.0.0.0/9"], ["10.0.0.0/8"], False),
        (["10.0.0.0/9", "10.128.0.0/9"], ["10.0.0.0/8"], True),
        (["10.0.0.0/9", "10.128.0.1/32"], ["10.0.0.0/8"], False),
        (["10.0.0.0/8", "2001:db8::/32"], ["10.1.0.0/16", "2001:db8:5::/48"], True),
        (["10.0.0.0/8"], ["10.1.0.0/16", "2001:db8:5::/48"], False),
        (["::a00:0/104"], ["10.0.0.0/8"], False),
    ],
)
def test_a_list_that_leaves_nothing_out_ends_no_token(
    now: list[str], before: list[str], still: bool
) -> None:
    assert covers(now, before) is still


class Places:
    """A gateway behind a balancer that is believed, and two programs of it."""

    def __init__(self, gateway: Any, made: dict[str, Any], admin_token: str) -> None:
        self.gateway, self.made = gateway, made
        self.admin = self.at("192.0.2.1", admin_token)
        self.path = f"/v1/identity/clients/{made['m01']['client_id']}/networks"

    def at(self, address: str, token: str = "") -> httpx.AsyncClient:
        """Give a caller who comes from an address, as the balancer tells it."""
        caller: httpx.AsyncClient = self.gateway.client()
        caller.headers["X-Forwarded-For"] = address
        if token:
            caller.headers["Authorization"] = f"Bearer {token}"
        return caller

    async def token(self, address: str, name: str = "m01") -> httpx.Response:
        return await token_of(self.at(address), self.made[name])

    async def use(self, address: str, token: str) -> httpx.Response:
        return await self.at(address, token).get("/v1/me/requests")

    async def limit(self, *networks: str) -> httpx.Response:
        return await self.admin.put(self.path, json={"networks": list(networks)})


@pytest.fixture
async def places(running: Running, prepared: Any) -> Any:
    async with running("gateway") as gateway:
        made = await two_programs(gateway, prepared)
        # Both of them judge by this gateway's own keys, as in its process.
        gateway.asgi._verify = gateway.app.state.verifier.verify
        gateway.asgi.edge.balancers = Balancers([ip_network("127.0.0.0/8")])
        token = (await token_of(gateway.client(), made["admin"])).json()["access_token"]
        yield Places(gateway, made, token)


@pytest.mark.refusing
@pytest.mark.requirement("X01", "X07")
async def test_a_program_speaks_from_its_networks_and_from_nowhere_else(places: Places) -> None:
    anywhere = (await places.token("198.51.100.9")).json()["access_token"]
    assert (await places.use("198.51.100.9", anywhere)).status_code == 200
    told = await places.limit(*reversed(OFFICE))
    assert (told.status_code, told.json()["networks"]) == (200, list(OFFICE))
    await asyncio.sleep(1.1)  # Tokens of the second in which others ended end with them.
    for near in ("203.0.113.3", "2001:db8:5::1", "::ffff:203.0.113.1"):
        given = await places.token(near)
        assert given.status_code == 200, given.text
        token = given.json()["access_token"]
        assert (await places.use(near, token)).status_code == 200
    for far in ("203.0.113.4", "2001:db8:6::1", "198.51.100.9"):
        refused = await places.token(far)
        assert (refused.status_code, refused.json()["error"]) == (400, "address_not_allowed")
        elsewhere = await places.use(far, token)
        assert (elsewhere.status_code, elsewhere.json()["code"]) == (403, "ADDRESS_NOT_ALLOWED")
        auth = (places.made["m01"]["client_id"], places.made["m01"]["client_secret"])
        for question in ("introspect", "revoke"):
            asked = await places.at(far).post(
                f"/oauth/{question}", data={"token": token}, auth=auth
            )
            assert asked.json()["error"] == "address_not_allowed"
    # Whoever does not know the secret is told nothing of networks.
    wrong = {**places.made["m01"], "client_secret": "x" * 43}
    assert (await token_of(places.at("203.0.113.4"), wrong)).json()["error"] == "invalid_client"
    # A program without networks is as it was.
    other = (await places.token("198.51.100.9", "m02")).json()["access_token"]
    assert (await places.use("198.51.100.9", other)).status_code == 200
    await places.gateway.asgi.trail.flush()
    found = await _records(places)
    assert {
        ("request.refused", "198.51.100.9", places.made["m01"]["client_id"]),
        ("token.refused", "198.51.100.9", places.made["m01"]["client_id"]),
        ("token.given", "203.0.113.1", places.made["m01"]["client_id"]),
    } <= found


async def _records(places: Places) -> set[tuple[str, str, str | None]]:
    async with places.gateway.sessions.reading() as session:
        rows = (await session.scalars(select(DoorRecord))).all()
    return {(row.kind.value, row.address, row.client_id) for row in rows}


@pytest.mark.refusing
@pytest.mark.requirement("X01")
async def test_tokens_end_when_the_list_narrows_and_stay_when_it_widens(places: Places) -> None:
    first = (await places.token("203.0.113.1")).json()["access_token"]
    assert (await places.limit(*OFFICE)).status_code == 200
    await asyncio.sleep(1.1)  # The list is signed at most once a second.
    caller = places.gateway.client()
    services = await follower(caller)
    with pytest.raises(InvalidToken):
        await services.verify(first)
    second = (await places.token("203.0.113.1")).json()["access_token"]
    assert (await services.verify(second))["networks"] == list(OFFICE)
    for networks in ((*OFFICE, "198.51.100.0/24"), (*OFFICE, "198.51.100.0/24"), ()):
        assert (await places.limit(*networks)).status_code == 200
    text = (await caller.get("/.well-known/revocations")).json()["list"]
    services.revocations.take(await services.statement(text, TYPE))
    assert await services.verify(second)
    # Wider holds for the next token: this one still says what it was made under.
    assert (await places.use("198.51.100.9", second)).status_code == 403
    third = (await places.token("198.51.100.9")).json()["access_token"]
    assert (await places.use("198.51.100.9", third)).status_code == 200
    events = await event_types(places.gateway.sessions)
    assert events.count("client.networks_set") == 3


@pytest.mark.refusing
@pytest.mark.requirement("X04")
async def test_only_its_own_people_and_admins_say_from_where(places: Places) -> None:
    own = (await places.token("192.0.2.1")).json()["access_token"]
    other = (await places.token("192.0.2.1", "m02")).json()["access_token"]
    body = {"networks": ["203.0.113.0/24"]}
    stranger = await places.at("192.0.2.1", other).put(places.path, json=body)
    assert stranger.status_code == 404
    assert (await places.at("192.0.2.1", own).put(places.path, json=body)).status_code == 200
    listed_now = (await places.admin.get("/v1/identity/clients")).json()["items"]
    assert {tuple(one["networks"]) for one in listed_now} >= {("203.0.113.0/24",), ()}
    for wrong in (["0.0.0.0/0"], ["203.0.113.1/24"], ["x"], [7], ["10.0.0.0/8"] * (MOST + 1), None):
        refused = await places.admin.put(places.path, json={"networks": wrong})
        assert refused.status_code == 422, wrong
    registered = {
        "name": "税务", "org_id": str(uuid4()), "person": {"name": "周启明"},
        "networks": ["2001:DB8::/32", "10.0.0.0/8", "10.0.0.0/8"],
    }  # fmt: skip
    made = await places.admin.post("/v1/identity/clients", json=registered)
    assert made.status_code == 201
    newest = (await places.admin.get("/v1/identity/clients")).json()["items"][0]
    assert newest["networks"] == ["10.0.0.0/8", "2001:db8::/32"]
    gone = f"/v1/identity/clients/{newest['client_id']}"
    assert (await places.admin.delete(gone)).status_code == 204
    ended = await places.admin.put(f"{gone}/networks", json={"networks": []})
    assert (ended.status_code, ended.json()["code"]) == (409, "CLIENT_ENDED")
