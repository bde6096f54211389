"""Attempts on the door: clocks without an end, services that are gone, requests that are traced."""

import time
import uuid

import httpx
import pytest

from shared.services import SERVICES
from tests.fixtures.stack import World
from zhichuang.demo.client import Caller, soon

pytestmark = pytest.mark.xdist_group("stack")

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.mark.refusing
@pytest.mark.requirement("X10")
@pytest.mark.parametrize("now", ["9999-12-31T23:59:59Z", "2200-01-01T00:00:00Z"])
def test_the_clock_is_not_put_where_days_end(now: str, world: World) -> None:
    problem = world.caller("admin").refused("PUT", "/v1/sandbox/clock", {"now": now})
    assert (problem["status"], problem["code"]) == (422, "FIELD_INVALID")


@pytest.mark.refusing
@pytest.mark.requirement("X10")
def test_an_instant_that_no_calendar_holds_is_content(world: World) -> None:
    body = {"now": "0001-01-01T00:00:00+14:00"}
    problem = world.caller("admin").refused("PUT", "/v1/sandbox/clock", body)
    assert problem["status"] == 422


def test_a_service_that_is_gone_is_503_and_comes_back(world: World) -> None:
    member = world.caller("m01")
    member.get("/v1/me")
    world.kill("ip_ledger")
    try:
        gone = member._send("GET", "/v1/ip-ledger/assets")
        assert (gone.status_code, gone.json()["code"]) == (503, "UNAVAILABLE")
        assert int(gone.headers["retry-after"]) >= 1
        assert member._send("GET", "/v1/registry/centers").status_code == 200
        document = httpx.get(f"{world.url}/openapi.json", timeout=30, trust_env=False)
        assert document.status_code == 200
        assert "/v1/registry/centers" in document.json()["paths"]
    finally:
        world.revive("ip_ledger")
    assert member.get("/v1/ip-ledger/assets")["items"] is not None


def test_a_request_keeps_its_id_and_trace_through_every_hop(world: World) -> None:
    sent = {"X-Request-Id": "attack-1", "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
    member = world.caller("m01")
    answer = member._send("GET", "/v1/ip-ledger/licenses/zzz", headers=sent)
    assert answer.json()["request_id"] == answer.headers["x-request-id"] == "attack-1"
    assert answer.headers["traceparent"].split("-")[1] == TRACE
    for name in ("gateway", "ip_ledger"):
        log = world.stack.services[name].log
        # Log lines are written in groups, a moment later.
        soon(lambda log=log: log.read_text(encoding="utf-8"), lambda text: "attack-1" in text)  # type: ignore[misc]  # bound now


@pytest.mark.refusing
@pytest.mark.requirement("X01")
def test_a_revoked_token_is_refused_by_every_service_within_five_seconds(world: World) -> None:
    body = {"name": "ERP", "org_id": str(uuid.uuid4()), "person": {"name": "周启明"}}
    made = world.caller("admin").post("/v1/identity/clients", body)
    token = Caller(world.url, "leaver", made)._fresh()
    # Past the door: each service judges for itself.
    ports = {name: world.stack.services[name.replace("-", "_")].port for name in SERVICES}
    places = {name: f"http://127.0.0.1:{port}/v1/{name}/tasks" for name, port in ports.items()}
    places["gateway"] = f"{world.url}/v1/me"

    def asked(name: str) -> int:
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.get(places[name], headers=headers, trust_env=False).status_code

    assert {asked(name) for name in places} == {200}
    revoked = httpx.post(
        f"{world.url}/oauth/revoke",
        data={"token": token},
        auth=(made["client_id"], made["client_secret"]),
        trust_env=False,
    )
    began = time.monotonic()
    assert revoked.status_code == 200
    for name in places:
        while asked(name) != 401:
            assert time.monotonic() - began < 5, name
            time.sleep(0.05)
    assert time.monotonic() - began < 5
